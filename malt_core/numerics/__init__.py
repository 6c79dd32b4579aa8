"""Pure functions on tensors: norms, losses, gradients, precision, random numbers, checks of input."""
