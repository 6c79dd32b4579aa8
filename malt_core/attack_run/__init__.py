"""One image attacked and measured: the run, its words, pictures and record."""
