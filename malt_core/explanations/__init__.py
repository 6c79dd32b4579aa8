"""Why this class, and how far: true distances, ranks of success, the smallest ε, two attacks side by side."""
