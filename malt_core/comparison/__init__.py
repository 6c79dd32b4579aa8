"""Reports side by side, and the published figures beside them."""
