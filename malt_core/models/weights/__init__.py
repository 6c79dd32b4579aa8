"""Weight files: downloaded, checked, read without running code in them."""
