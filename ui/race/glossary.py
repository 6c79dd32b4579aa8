"""Words of the Race page for newcomers: tooltips, and the longer explanations."""

INTRODUCTION = (
    "Three attacks, the same pictures: **MALT** claims to fool whatever **AutoAttack**, the field's "
    "yardstick, fools, and much sooner."
)
NO_PICTURE = "Choose at least one picture to begin."
EXAMPLE_OF_THIS = "A finished race of these settings. **Start** computes it before your eyes."
EXAMPLE = "A finished race: {network}, ε = {eps}. **Start** races anew, with your settings."
NOT_KEPT = (
    "The race of these settings is not kept here: **Start** races it anew. Below, an example with other "
    "settings."
)
FROM_MEMORY = (
    "This race was already computed: it is shown from memory, with the times measured then. **Measure "
    "again** races anew."
)
PARTLY_FROM_MEMORY = "Shown from memory, with the times measured in an earlier race: {lanes}."
BY_LINK = "The link asked for this race to start at once (run=1), so it did, this once."
STOPPED = (
    "Stopped. Below is what there was by then. **Start** runs the attacks that had not come to their end, "
    "from their beginning; the others keep their results."
)
PATIENCE = (
    "AutoAttack takes its time: a picture that withstands costs nearly 8,000 forward and 2,000 backward "
    "passes, on two processor cores a minute or more with a small network, and a quarter of an hour or more "
    "with one of ImageNet's size. Stop keeps what is there by then."
)
SECONDS = "The attack's own working time, without that of other people's attacks and of the judging."
LAST_FALL = "When it changed the last answer that it changed. The rest of its time went into the others."
CHANGED = "About how many pictures it changed the network's answer."
PNG = "How many of these answers stay changed once the picture is rounded to 8 bits, as a saved one is."
UNCHANGED = (
    "About how many pictures the network still says what it said. Of those it was right about, its robust "
    "count."
)
JUDGED = (
    "Nobody's own word counts. An answer is changed at the first point that any of them visits inside the "
    "ball of size ε around the picture which the network, asked again in float32 apart from the attack, "
    "calls something else. That judging costs the attacks neither time nor passes. Each picture is attacked"
    " as what the network says of it; whether a changed answer means that it was *fooled* depends on "
    "whether it was right before."
)
LANE_MALT = (
    "this project's attack on all pictures at once: nine targets and 100 steps for each at most, a picture "
    "leaves as soon as its answer changes, and steps are spent where they still promise something. They are"
    " computed in bfloat16 where this computer is faster in that (tried out once for each network, off the "
    "clock), the other packages' in float32."
)
LANE_MALT_PUBLISHED = (
    "the same with the paper's whole budget: all candidates ranked, and 100 steps towards each of nine "
    "targets, one target after the other, until the answer changes."
)
LANE_NAIVE = (
    "this project's APGD with the paper's whole budget, aimed at the nine likeliest classes instead of the "
    "nearest, as AutoAttack's APGD-T chooses them. What differs from MALT as published is the targets and "
    "their order."
)
LANE_AUTOATTACK = (
    "the standard ensemble, unchanged, from the package pyautoattack: APGD-CE, APGD-T, FAB-T, then Square "
    "with up to 5,000 queries. It stops at the first success for each picture: a later attack runs only on "
    "what the earlier ones have left. Inside an attack it goes on to the end with what has changed already."
)
LANE_APGD_CE = "AutoAttack's first attack alone, unchanged: 100 steps, aimed at no class."
LANE_PGD = "the attack of Madry et al.: 100 steps of ε/4 up the cross-entropy, from a random start."
LANE_FGSM = "the attack of Goodfellow et al.: one step of length ε up the cross-entropy."
WHAT_RACE = (
    "The attacks ran one after the other, each alone on this computer, and are drawn as if they had begun "
    "together: only an attack's own working time counts. Each step down of a line is a picture about which "
    "the network changed its answer; the dot is where the attack ended. It goes on after its last success "
    "with the pictures that are left, and AutoAttack also ends each attack that it is in. Where the times "
    "lie far apart, each tenfold takes the same room (a logarithmic axis)."
)
WHAT_NUMBERS = (
    "Seconds depend on the computer. Passes do not: a forward pass is one picture sent through the network,"
    " a backward pass one gradient taken (the slope of its answer with respect to every colour value), "
    "which costs about twice as much. A step of an attack takes one of each for every picture that it is "
    "at."
)
WHAT_PICTURES = (
    "For each attack: what the network took the picture for then, which part or target did it, when, and "
    "what that means where the network was not right before. Targets are the wrong classes that an attack "
    "aims at, numbered in its own order."
)
