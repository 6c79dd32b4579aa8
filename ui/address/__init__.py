"""The address of a page: which parameters there are, how they are read and written."""
