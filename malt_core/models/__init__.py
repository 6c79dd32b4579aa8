"""Which models exist (catalogue, without torch), how their classes are called, and how they load."""
