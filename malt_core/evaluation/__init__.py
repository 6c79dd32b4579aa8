"""Attacks on whole data sets: planned, computed in chunks by any number of workers, and reported."""
