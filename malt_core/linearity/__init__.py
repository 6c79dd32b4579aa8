"""The margin along a path: its linear prediction against the truth."""
