"""The loop: fetch → verify → compile → image → observe → plan → guard → apply → report."""
