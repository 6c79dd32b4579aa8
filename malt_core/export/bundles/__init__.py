"""A run in one file, NAME.malt: written whole, read with suspicion, shown again without attacking."""
