"""What can be proven of a network's answer: randomised smoothing, and bounds for two layers."""
