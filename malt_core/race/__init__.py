"""Attacks on the same few images, each alone on the machine, stage by stage."""
