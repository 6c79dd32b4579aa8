"""From files to pixels to tensors, and back."""
