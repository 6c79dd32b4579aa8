"""Words for newcomers that several pages use."""

FORWARD = "How often an image went through the model."
BACKWARD = (
    "How often a gradient was computed: the slope of a score with respect to every pixel. Each step takes "
    "one, and so does each class that MALT ranks before its first step: with few steps, most are the "
    "ranking's."
)
