"""The Own network page."""
