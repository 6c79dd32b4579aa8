"""Adversarial images made on one network and tried on another."""
