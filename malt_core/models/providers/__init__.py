"""Where networks come from: a module for each source, with infos() and load()."""
