"""The setting of the proof: a two-layer network, data on a low-dimensional subspace, a step off it."""
