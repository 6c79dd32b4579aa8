"""Words of the Answers page for newcomers: introductions, and the longer explanations."""

INTRODUCTION = (
    "Whoever only gets answers from a network, and not its inside, has no gradient. The same photograph is "
    "attacked three times like that, and every question asked is counted. MALT, which has the gradient, "
    "is the yardstick."
)
EXAMPLE_OF_THIS = "A finished run of these settings. **Ask the network** computes it before your eyes."
EXAMPLE = (
    "A finished run: {picture}, {network}, ε = {eps}, {queries:,} queries for each method. **Ask the "
    "network** computes it anew, with your picture and your settings."
)
FROM_MEMORY = "This was already computed, and is shown from memory."
BY_LINK = "The link asked for this to start at once (run=1), so it did, this once."
STOPPED = "Stopped. Below is what there was by then. **Ask the network** begins anew."
PATIENCE = (
    "The three take turns: whoever has asked least is next, so that all curves grow together. On two "
    "processor cores, 2,000 queries each take about a minute at 64 pixels, some four minutes at 224."
)
OWN_PICTURE = "A link cannot hold a picture of your own: send it along with the settings."

WHAT_CURVES = (
    "Upwards, what a method itself can know of how far it is. **Left**: Square sees all scores, so it sees "
    "the margin, the lead of the network's answer over the next class in logits. Below zero the network is "
    "fooled; it never leaves the ball of ε around the picture. **Right**: the other two hear only which "
    "class is answered. They begin with an image that fools, however far (noise), and come nearer; drawn is "
    "the distance of the nearest image that fools, and the dotted line is ε.\n\n"
    "To the right, **queries**: images that the network was asked about. Every one counts, also those that "
    "look for a start, and those of a method that ends with nothing. A dot marks the first image within "
    "ε.\n\n"
    "The dashed line is **MALT's cost** on the same picture: its forward passes and its backward passes (one "
    "for each gradient), each counted once. In time a backward pass costs about as much as two forward "
    "ones. Where MALT does not fool the network, the line is where it ended.\n\n"
    "Who fooled the network is not for a method to say: its last image is shown to the network once more, "
    "alone, in float32. That look is not charged."
)
WHAT_METHODS = (
    "**Square** ([arXiv 1912.00049](https://arxiv.org/abs/1912.00049), as AutoAttack has it): changes a "
    "random square of the picture by ±ε at a time, and keeps what lowers the margin.\n\n"
    "**HopSkipJump** ([arXiv 1904.02144](https://arxiv.org/abs/1904.02144)): goes to the boundary, asks "
    "about a hundred and more small random changes there, takes the mean of those that fool for the "
    "gradient's direction, steps along it, and goes back to the boundary.\n\n"
    "**Evolutionary search**: an individual is a direction away from the picture, its fitness the distance "
    "at which the answer flips along it. A child changes a random rectangle of its parent's direction, and "
    "takes its place if the network is still fooled a little nearer. What is changed becomes larger after "
    "successes and smaller after failures (the one-fifth rule). After “morphing in the dark” ([arXiv "
    "1705.07535](https://arxiv.org/abs/1705.07535)), which is about PDF malware, not about pictures: what "
    "carries over is that accepted or rejected is all that steers the search, and that a candidate is scored "
    "by how far along a way the answer flips. There each change also has to leave the malware working, which "
    "a second program checks; here every picture is valid. That plain signs make good directions for L∞ is "
    "RayS's finding ([arXiv 2006.12792](https://arxiv.org/abs/2006.12792)).\n\n"
    "None of the three asks for a gradient; the counting wrapper around the network would show it (the "
    "column “gradients”)."
)
WHAT_IMAGES = (
    "Above, the last image of each method that fools the network, whether or not it lies within ε; below, "
    "what was added to the picture, strengthened: grey is no change. Rounded to 8 bits for showing; judged "
    "was the float32 image."
)
NO_IMAGE = "Nothing has fooled the network yet."
LEVELS = (
    "Here the network sees colours rounded to {levels} levels. The gradient through a rounding is zero, so "
    "that gradients lead nowhere: where MALT fails, that says nothing about robustness."
)
