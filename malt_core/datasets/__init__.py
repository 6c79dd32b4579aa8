"""Labelled data sets as they lie on disk, read a few images at a time."""
