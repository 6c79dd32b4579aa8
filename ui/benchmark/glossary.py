"""Words of the Benchmark page for newcomers: tooltips, and the longer explanations."""

INTRODUCTION = (
    "Attack many labelled pictures at once, and count: how many does the network get right, and how many "
    "still under attack?"
)
GONE = (
    "The results of this address are not kept any more: the server was restarted since, or has newer ones. "
    "Evaluate again with the settings of the address, or hand in the reports that you have saved."
)
MEANWHILE = (
    "You may turn to other pages meanwhile. **Stop** keeps what is done, and **Evaluate** goes on from there."
)
EXAMPLE = "An example, computed ahead; what you evaluate takes its place."
MARKS = (
    "Grey line: right without attack. Mark: right under attack, and around it the range in which the share "
    "of all images like these may lie."
)
STAR = "Star: published by others."
KEPT = (
    "Loading this page again finds these results by the id in its address, and so does whoever else has "
    "that address, until the server restarts or needs the room. To have them for good, download them."
)
NOT_KEPT = "These reports are too large to be kept for this page: after loading it again, hand them in again."
UNDER_WAY = (
    "An evaluation was under way when this page was loaded again. Hand in its file and press **Evaluate**: "
    "it goes on after the images that are done."
)
REMEMBERED = "All this had been evaluated on this server before, and is shown from memory."
REPORTS = "The files report.json that `malt evaluate` writes, one or several."
SHOWN = "Take reports out of the comparison, and put them back."
FILE = "The file stays on the computer that runs this page."
AUTOATTACK = (
    "AutoAttack takes a minute or more for each image that withstands it, even with a small network: begin "
    "with few images. **Stop** keeps what is done."
)

CLEAN = "Share of the images that the network gets right without any attack."
ROBUST = (
    "Share of the images that it still gets right under attack, those it gets wrong anyway counted as wrong."
)
INTERVAL = (
    "With other images of the same kind, these same attacks would leave a share in here, with 95% confidence "
    "(Wilson's interval). It speaks of chance in the choice of images; a stronger attack could leave less."
)
PASSES = "Forward and backward passes for each image: the cost of the attack, whatever the computer."
SECONDS = "Seconds for each image on the computer that ran it, turns of other people's work included."
READ = "How many images could be read and were evaluated."

WHAT_ACCURACY = (
    "The upright **line** is the accuracy without attack, the **mark** the accuracy under attack, and the "
    "bar around it the 95% interval: where the share may lie for all images like these. The further left "
    "the mark, the more the attack found. Stars are figures that others have published."
)
WHAT_CURVE = (
    "The more room an attack has, the more it fools. At ε = 0 nothing can be changed, so that is the "
    "accuracy without attack. Each curve is of the same images throughout."
)
AXES = (
    "Logarithmic axes have no place for 0: the accuracy without attack, and where none is left, is not on "
    "them."
)
WHAT_LAW = (
    "Of the images that the network gets right, the share that is fooled, against ε; both axes are "
    "logarithmic, so a power law, c · ε^a, is a straight line and its exponent a the slope. The line of "
    "each curve makes its counts likeliest, each count being binomial; the error of the exponent comes "
    "from these counts. Only points where some are fooled and no more than half are fitted: beyond, every "
    "curve bends towards 100%. Bars are 95% intervals."
)
LAW_PAPER = (
    "Adversarial error grows as a power law of ε, of the same form for many data sets, networks and "
    "attacks (Cubuk, Zoph, Schoenholz, Le, [arXiv 1711.02846](https://arxiv.org/abs/1711.02846), abstract)."
)
LAW_SEEN = "**Here:** {verdict}"
LAW_STORED = (
    "Our own networks on the first 200 images of Tiny-ImageNet's validation set, computed ahead, each attack "
    "and ε anew on all images that the network gets right."
)
LAW_OWN = "The reports above."
LAW_ERROR = (
    "Standard error. The images are the same at every ε and for every attack, and count as independent here: "
    "the true error is rather smaller, and a small difference between exponents may be missed."
)
LAW_FIT = (
    "The chance p that counts of such a law lie this far from it or further: below 0.05, the curve is no "
    "power law beyond chance."
)

WHAT_IMAGES = (
    "Every column is an image, every row an attack: orange where it **fooled** the network, blue where "
    "the image **withstood** it, grey where the network was **wrong** without any attack. "
    "Attacks differ in the columns that are not of one colour."
)
WHAT_BECAME = (
    "For each image its right class, what the network says without an attack, and the class that the attack "
    "led it to. An image that it gets wrong anyway is not attacked."
)
WHAT_CLASSES = (
    "Some classes are harder to defend than others. With few images of a class, its figures are examples "
    "rather than measurements."
)
PUBLISHED = "The lowest accuracy under attack that anybody has published, by whatever attack."
ZOO = (
    "As RobustBench lists them, of their whole test set. A click on a column's head sorts. Each of these "
    "networks is found by its name in the box on the left, and is downloaded the first time."
)
WHAT_PUBLISHED = (
    "RobustBench lists every model of its zoo with the lowest robust accuracy that anybody has found. Ours "
    "should agree within the interval, given the same test set."
)
FLAGS = (
    "Signs that the attack failed where the network is not robust, such as a gradient of zero. Where one "
    "stands, what is left says little of the network; the box above has the reasons."
)
LINK = "This view (reports of your own as long as this server keeps them)"
