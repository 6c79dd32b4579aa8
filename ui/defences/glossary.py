"""Words of the Defences page for newcomers."""

INTRODUCTION = (
    "Many defences looked strong because they were tried with an attack that was made for another "
    "network. Here each one is tried three times: with clean pictures, with that **transferred** "
    "attack, and with an **adaptive** attack, made on the defence itself. Only the last says what a "
    "defence is worth."
)
EXAMPLE = "A finished example: {n} images of {data}, {settings}. They are not kept here."
EXAMPLE_PROOFS = "A finished example: {n} images of {data}. They are not kept here."
FROM_MEMORY = "Already computed, shown from memory."
STOPPED = "Stopped. Below is what there was by then."
TIME_IS_UP = (
    "The time that you gave it is up. `malt defences --data … --n …` goes on for as long as it takes, "
    "and `--resume` where it was."
)
NO_ROWS = "No defence of those chosen is there for this network."
PATIENCE = "It ends by itself after {seconds} seconds; each image goes through all rows before the next."
UNLABELLED = (
    "Where fewer than ten of them show a class of the network's, what the network says of each without an "
    "attack counts as right."
)
FILE = (
    "A ZIP of pictures, with a folder for each class or without labels, or a parquet file with the "
    "columns image and label. It stays in the memory of the computer that runs this page."
)
WHAT_COLUMNS = (
    "Each bar counts the images that a network or defence still gets right, of all of them. **Clean**: "
    "without any attack. **Transferred attack**: PGD was run on the undefended network, once for each "
    "image, and its images are shown to every row. **Attack that knows it**: MALT on the row itself, "
    "through everything that the defence does: where a step has no gradient one is lent to it, what is "
    "random is averaged over several draws, of an ensemble all members are attacked at once, and a "
    "detector's alarm is part of what the attack avoids. An image that the transferred attack fools "
    "counts as fooled in the last column, too.\n\n"
    "The thin line across the end of a bar is its 95% interval (Wilson): how far chance alone could "
    "move it on other images of the same kind. An image that is wrong without any attack is wrong in "
    "all three columns; it is not “detected”."
)
WHAT_ROWS = (
    "What each row's three bars say, in a sentence. A flag is a sign that the attack fails for a reason "
    "of its own, so that what is left may be less than it looks.\n\n"
    "A detector may refuse an image: a clean one that it refuses counts as wrong, an attacked one as "
    "withstood. The thresholds here were set so that each detector refuses 5% of clean training pictures. "
    "Where a vote or a smoothed network finds no answer, that is an error, attacked or not."
)
WHAT_PUBLISHED = (
    "What others measured of the same ideas. These numbers are theirs, on other networks, other data "
    "and other radii: they cannot be compared with the bars digit by digit, but the pattern can."
)
WHAT_CURVE = (
    "**Randomised smoothing** asks the network about many noisy copies of a picture and gives the "
    "commonest answer. How often that comes gives a distance (L2) within which no change whatever can "
    "make another answer the commonest, with a stated probability of error. The curve is the share of "
    "images that are right and certain up to a distance. At 0 it is not the clean accuracy: an image "
    "without a certain answer counts as an error. The dotted line is as far as so many samples can "
    "certify, were all of them to agree. Diamonds: what an attack on the smoothed network leaves at "
    "that distance (gradients averaged over 10 draws of the noise). Proof and attack enclose the truth."
)
WHAT_BOUNDS = (
    "A network of two layers as on the Theory page, small enough that everything can be computed. For "
    "each training point: how far every coordinate may move until the answer can change. The **interval "
    "bound** lets every hidden unit take its worst value by itself. The **convex outer bound** (Wong "
    "and Kolter, arXiv 1711.00851) lets them share one point, but a unit that may be on or off may lie "
    "anywhere in a triangle around its kink. The **exact** answer tries on and off (a mixed-integer "
    "program), which only small networks allow. The **attack** is a point at which the answer is "
    "another one. In this order they grow; a bound that is too careful is not wrong."
)
NOT_ATTACKED = (
    "Live certificates come without the attack beside them, which takes minutes more; the example has it."
)
