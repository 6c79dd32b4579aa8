"""The Defences page."""
