"""Why this class, how far and how straight: distances, ranks, the smallest ε, two attacks, scales, planes."""
