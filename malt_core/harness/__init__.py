"""Somebody else's attack made countable, pausable, seeded and judged."""
