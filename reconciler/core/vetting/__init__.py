"""What a plugin or theme is judged on: pure rules over its files. Nothing of it is executed here."""
