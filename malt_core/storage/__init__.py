"""How files and folders are found, read and written."""
