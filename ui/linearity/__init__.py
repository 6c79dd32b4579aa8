"""The Linearity page."""
