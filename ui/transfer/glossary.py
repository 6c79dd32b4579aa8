"""Words of the Transfer page for newcomers."""

INTRODUCTION = (
    "Whoever wants to fool a network need not see inside it: an image that was made to fool one network "
    "often fools another, too. Here images are made on each network and tried on all of them."
)
NO_IMAGES = "Choose images to begin."
EXAMPLE = (
    "A finished example: {data}, of which no picture is kept here. **Measure** computes your settings "
    "before your eyes."
)
FROM_MEMORY = "Already computed, shown from memory."
STOPPED = "Stopped. Below is what there was by then."
PATIENCE = (
    "On two processor cores an image takes a few seconds for each network, more for one of 224 pixels. "
    "Stop keeps what is there by then."
)
WHAT_MATRIX = (
    "A row is the network that the images were **made on**, a column the one that they are **tried "
    "on**. A cell says how many of them fool the column's network. What counts are only images that "
    "both networks get right without any attack; their number stands below the share. A dashed frame "
    "marks a network's own images.\n\n"
    "**Noise** is the control: every colour value moved by ε, up or down by chance, counted over the "
    "same images and the same other networks as the row. What an attack does beyond that, it does by "
    "its direction. Equal ε can hide very different lengths, so L2 stands in the table below.\n\n"
    "Point at a cell for its 95% interval, and for how many were taken for the **same wrong class** on "
    "both networks, or for another one."
)
WHAT_COMPARED = (
    "The same images and the same pairs of networks, made in two ways. A point to the right of 0 says "
    "that the first of the two travels further; the line is the 95% interval over images like these. "
    "Where it holds 0, these images do not tell.\n\n"
    "**MALT's target** is the class that the straight line puts nearest, the other one the "
    "**likeliest** wrong class. **Momentum** adds up the gradients on the way "
    "([MI-FGSM](https://arxiv.org/abs/1710.06081)). **The mean of several networks**: all others of one "
    "kind are attacked at once, by the mean of their logits, and the image is tried on the one that is "
    "left out; beside it, the same images made on one of them."
)
WHAT_TABLE = (
    "Every cell with its counts. **Same** and **other**: taken for the same wrong class by both "
    "networks, or for another. **Noise**: how many of these images random noise of the same ε changes. "
    "**L2**: mean length of the change in the row's pixels, beside that of the noise. **Resized**: the "
    "picture is brought to another size on its way."
)
WHAT_ANSWERS = (
    "What each network says of the picture: as it is, with random noise, and after an attack on each "
    "network. A picture that goes to a network of another size is resized before it is asked."
)
UNLABELLED = "Pictures without a label are attacked as what each row's network says of them."
FILE = (
    "A ZIP of pictures, with a folder for each class or without labels, or a parquet file with the "
    "columns image and label. It stays in the memory of the computer that runs this page."
)
