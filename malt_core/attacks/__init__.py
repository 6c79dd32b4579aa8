"""The attacks: ours, and those of others that it is compared with."""
