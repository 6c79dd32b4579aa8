"""What a result becomes outside: files, pages, the command that repeats it."""
