"""MALT (arXiv 2407.02240): which classes to aim at, and how many steps to spend where."""
