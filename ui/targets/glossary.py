"""Words of the Targets page for newcomers."""

INTRODUCTION = (
    "An attack on a network has to choose a wrong class to aim at. The usual choice is the likeliest. "
    "[MALT](https://arxiv.org/abs/2407.02240) takes the one whose boundary a straight line puts nearest."
)
NO_PICTURE = "Choose a picture to begin."
NO_FILE = "Choose a file to begin."
EXAMPLE_OF_THIS = "A finished example of these settings. **Measure** computes it before your eyes."
EXAMPLE = "A finished example: {what}. **Measure** computes your settings."
FROM_MEMORY = "Already computed, shown from memory."
STOPPED = "Stopped. Below is what there was by then."
MARKS = (
    "Diamonds: among the first nine of both orders. Circles: of MALT's only. Squares: of the likeliest only."
)
CLICK = "Click a point to attack that class."
WHAT_CLASSES = (
    "Each point is a wrong class. To the **right**: less likely by the network's own confidence. **Up**: "
    "further "
    "away by MALT's score, the margin (how far the class lies behind, in logits) divided by the size of its "
    "gradient (how fast a small change can close it). If likeliest meant nearest, the points would rise from "
    "left to right. Attacks that aim at the likeliest take the points at the left, MALT those at the bottom."
)
WHAT_DISTANCES = (
    "Across: the distance that the straight line predicts. Up: the smallest radius at which a picture was "
    "found "
    "where that class has caught up with the first answer, searched with an attack, ball after ball. On the "
    "dotted line both are equal. A search finds what is enough; whether less would do, it cannot prove. "
    "**Rank "
    "correlation** (Spearman's) compares orders: 1 for the same order, 0 for no relation."
)
WHAT_TWO = (
    "The logits, the network's raw scores, of all its classes along two attacks with the same number of "
    "steps. "
    "Above, the attack raises the likeliest wrong class; below, MALT's first. An attack has done it as "
    "soon as "
    "any class is above the first answer. Step 0 is a random point within ε, where both begin."
)
WHAT_MANY = (
    "Every image that the network gets right is attacked in two orders of nine classes: MALT's, and that of "
    "confidence. Each class gets all its steps, and the first that does it counts. A bar tells for how "
    "many of "
    "the images that an order fooled this was its first class, its second, its third, or a later one."
)
PATIENCE_MANY = (
    "An image that withstands costs all steps towards up to eighteen classes: on two processor cores ten "
    "seconds "
    "to minutes, depending on the network. Stop keeps what is there by then."
)
UNLABELLED = "Pictures without a label are attacked as what the network says of them."
SAME_TARGET = "MALT's first target is the likeliest class here, too, so both attacks are one and the same."
NOT_HERE = "These images are not kept here, so none of them can be opened from the example."
FILE = (
    "A ZIP of pictures, with a folder for each class or without labels, or a parquet file with the "
    "columns image "
    "and label. It stays in the memory of the computer that runs this page."
)
