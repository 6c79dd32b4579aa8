"""Defences that stand around a network: each gives logits like any other, and a gradient for who knows it."""
