"""`python -m malt_core`: the command line."""
