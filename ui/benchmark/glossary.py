"""Words of the Benchmark page for newcomers: tooltips, and the longer explanations."""

INTRODUCTION = (
    "How many images of a data set can an attack not change into something else to the model? Compare "
    "attacks by the reports of `python -m malt_core evaluate`, or let them run here on a few images."
)
BOUND = (
    "A robust accuracy found by attacks is an **upper bound**, and no proof: a stronger attack might fool "
    "the model on images that withstood these. What was fooled, was fooled for certain."
)
REPORTS = "The files report.json that `python -m malt_core evaluate` writes, one or several."
SHOWN = "Take reports out of the comparison, and put them back."
FILE = "The file stays on the computer that runs this page."
AUTOATTACK = (
    "AutoAttack takes a minute or more for each image that withstands it, even with a small model: begin "
    "with few images. **Stop** keeps what is done."
)

CLEAN = "Share of the images that the model gets right without any attack."
ROBUST = (
    "Share of the images that it still gets right under attack, those it gets wrong anyway counted as wrong."
)
INTERVAL = (
    "Of all images like these, the share under attack lies in here with 95% confidence (Wilson's interval "
    "for a share; it speaks of chance in the choice of images, not of stronger attacks)."
)
PASSES = "Forward and backward passes for each image: the cost of the attack, whatever the computer."
SECONDS = "Seconds for each image on the computer that ran it, turns of other people's work included."
READ = "How many images could be read and were evaluated."

WHAT_ACCURACY = (
    "The upright **line** is the accuracy without attack, the **mark** the accuracy under attack, and the "
    "bar around it the 95% interval. Stars are figures that others have published. The further left the "
    "mark, the more the attack found."
)
WHAT_CURVE = (
    "The more room an attack has, the more it fools. At ε = 0 nothing can be changed, so that is the "
    "accuracy without attack. Each curve is of the same images throughout."
)
WHAT_IMAGES = (
    "Every column is an image, every row an attack: orange where it **fooled** the model, blue where the "
    "image **withstood** it, grey where the model was **wrong** without any attack. Attacks differ in the "
    "columns that are not of one colour."
)
WHAT_CLASSES = (
    "Some classes are harder to defend than others. With few images of a class, its figures are examples "
    "rather than measurements."
)
WHAT_PUBLISHED = (
    "RobustBench lists every model of its zoo with the lowest robust accuracy that anybody has found. Ours "
    "should agree within the interval, given the same test set."
)
