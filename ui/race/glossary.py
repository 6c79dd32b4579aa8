"""Words of the Race page for newcomers: tooltips, and the longer explanations."""

INTRODUCTION = (
    "MALT claims to fool whatever AutoAttack, the field's usual yardstick, fools, and to be several times "
    "faster. Let them race on pictures of your choice, on this computer."
)
BEFORE = (
    "The lanes run one after the other, each alone, MALT first and AutoAttack last. **AutoAttack takes its "
    "time**: a hundred steps even where the first one fools the network, and for a picture that withstands "
    "all its attacks nearly 8,000 forward and 2,000 backward passes. On two processor cores that is a minute "
    "or more for each such picture with a small network, and a quarter of an hour or more with a network of "
    "ImageNet's size. **Stop** keeps what is there by then."
)
TIMES = (
    "The lanes run one after the other, each alone on this computer, and are drawn as if they had started "
    "together. Only a lane's own working time counts."
)
SECONDS = "The lane's own working time, without that of other people's attacks and of the judging."
LAST_FALL = "When the last picture fell that fell at all. The rest of the time went into the others."
FOOLED = "On how many pictures the network was fooled."
PNG = "How many of these still fool the network once they are rounded to 8 bits, as a saved picture is."
STAND = "How many pictures the network still gets right: its robust count."
JUDGED = (
    "Nobody's own word counts. A picture falls at the first point that any lane visits inside the ball of "
    "size ε around it which the network, asked again in float32 apart from the attack, calls something else. "
    "That judging costs the lanes neither time nor passes. A picture is attacked as what it certainly shows, "
    "if the network has a word for it, else as what the network says of it."
)
LANE_MALT = (
    "this project's attack on all pictures at once: nine targets and 100 steps for each at most, a picture "
    "leaves as soon as it falls, and steps are spent where they still promise something. They are computed "
    "in bfloat16 where this computer is faster in that (tried out once for each network, off the clock), "
    "the other packages' in float32."
)
LANE_MALT_PUBLISHED = (
    "the same with the paper's whole budget: all candidates ranked, and 100 steps towards each of nine "
    "targets, one target after the other, until the picture falls."
)
LANE_NAIVE = (
    "this project's APGD with the paper's whole budget, aimed at the nine likeliest classes instead of the "
    "nearest, as AutoAttack's APGD-T chooses them. What differs from MALT as published is the targets and "
    "their order."
)
LANE_AUTOATTACK = (
    "the standard ensemble, unchanged, from the package pyautoattack: APGD-CE, APGD-T, FAB-T, then Square "
    "with up to 5,000 queries. It stops at the first success for each picture: a later attack runs only on "
    "what the earlier ones have left. Inside an attack it goes on to the end with what has fallen already."
)
LANE_APGD_CE = "AutoAttack's first attack alone, unchanged: 100 steps, aimed at no class."
LANE_PGD = "the attack of Madry et al.: 100 steps of ε/4 up the cross-entropy, from a random start."
LANE_FGSM = "the attack of Goodfellow et al.: one step of length ε up the cross-entropy."
WHAT_RACE = (
    "Each stair down is a picture that **falls**: the moment at which a lane first visited a version of it "
    "within ε that the network gets wrong. The bars below show what each lane was doing meanwhile; the "
    "triangles are the falls. A lane goes on after its last fall with the pictures that are left, and "
    "AutoAttack also ends the attack that it is in."
)
WHAT_NUMBERS = (
    "Seconds depend on the computer. Passes do not: a forward pass is one picture sent through the network, "
    "a backward pass one gradient taken, and the latter costs about twice the former."
)
WHAT_PICTURES = (
    "For each lane: what the network took the picture for when it fell, which attack or target did it, and "
    "when. Targets are numbered in the lane's own order: target 1 is the first that it aims at."
)
