"""A network of one's own: looked at step by step before it is attacked."""
