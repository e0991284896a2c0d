"""The long-running loop and what it shows."""
