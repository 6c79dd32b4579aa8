"""Words of the Linearity page for newcomers: introductions, and the longer explanations."""

INTRODUCTION = (
    "Every network is straight from very close, and none is from far away. "
    "[MALT](https://arxiv.org/abs/2407.02240) says that robust ones are almost straight at the scale of "
    "an attack, “mesoscopic almost linearity”. See at which scale it holds."
)
EXAMPLE_OF_THIS = "A finished measurement of these settings. **Measure** computes it before your eyes."
EXAMPLE = (
    "A finished measurement: {picture}, ε = {eps}. **Measure** computes it anew, with your picture and "
    "your settings."
)
FROM_MEMORY = "This was already computed, and is shown from memory."
BY_LINK = "The link asked for this to start at once (run=1), so it did, this once."
STOPPED = "Stopped. Below is what there was by then. **Measure** begins anew."
PATIENCE = (
    "What is there can be looked at meanwhile. On two processor cores a network of 64 pixels takes some "
    "ten seconds, one of 224 pixels up to a minute."
)
LEFT_OUT = "{network} is left out: {reason}"

WHAT_SCALES = (
    "The attack's change is made smaller and larger, and the picture follows it: from the original on the "
    "left to a hundredth of ε, to ε, and to 30 ε. The **margin** is the lead of the first answer over the "
    "class that the attack led to, in logits (raw scores). Where it falls below zero, that class is "
    "ahead. The **straight line** is what the slope at the original alone predicts, for the same "
    "pictures: what leaves the range of colours is clipped in both.\n\n"
    "A network of ReLUs is made of **linear pieces**: inside one it is exactly straight. How many are "
    "entered on the way is counted by the units that switch on or off between neighbouring places (16 "
    "steps a scale), so there may be more. Networks with smooth units (SiLU) have no pieces. For them, "
    "**curvature** says by which share the slope changes over 1/255: the mean second difference of the "
    "margin over a quarter of the way, divided by the gradient's length (its L1 norm; for L2, its L2 "
    "norm)."
)
WHAT_PLANE = (
    "A cut through the space of all pictures. The circle is your picture; to the right, up to the "
    "triangle, goes MALT's perturbation; the other axis comes from an attack on the likeliest wrong class "
    "(the square), made perpendicular to the first. Both axes have the same scale: 1 is the length of "
    "MALT's perturbation. Colours are the network's answers. Thin lines are places of equal margin; where "
    "they are evenly spaced and parallel, the margin is a plane. The dashed line is where the slope at "
    "the picture alone predicts the boundary, the dotted outline where the ball of all allowed changes is "
    "cut, exactly. The attack's steps lie outside of this plane; their way is drawn as seen from straight "
    "above.\n\n"
    "**Point at a place**, or move with the arrow keys, to see the picture there: it is put together in "
    "your browser. Answer and margin are those of the nearest computed point."
)
RANDOM = (
    "This is the flattering choice: one axis is random noise. Noise changes the margin hardly at all, so "
    "any boundary looks like a straight upright line. Networks look straighter here than they are."
)
WHAT_LOGITS = (
    "The classes that lead on the way, after the paper's figure: above their real logits, below what the "
    "straight line of each predicts from its own slope at the original. The thick lines are the first "
    "answer and the class that the attack led to. These are logits, not probabilities: those saturate, "
    "and look like a step where logits are a line."
)
WHAT_DRIFT = (
    "A linear margin has the same gradient (slope) everywhere. **Drift** is how much the gradient has "
    "changed after a step, as a share of its length at the start; **cosine** is 1 where it still points "
    "the same way, 0 where nothing is left of its direction. Adversarial steps follow the gradient "
    "downhill, eight of ε/8; random steps are as long (in L2), all in one random direction. Lines are the "
    "mean over several pictures, each with MALT's nearest class of its own; bands reach from the least to "
    "the largest.\n\n"
    "**GradAlign's number** is the cosine between the gradients of the loss at the picture and at a "
    "random point within ε ([arXiv 2007.02617](https://arxiv.org/abs/2007.02617); here the mean of four "
    "points). Where it is low, single steps can look harmless though the network is not robust: "
    "straightness along one way is then no proof."
)
WHAT_BESIDE = (
    "The same picture and the same ε on each network, each at its own resolution and along its own "
    "attack. “Off” is the largest distance between truth and line: until the other class takes over as a "
    "share of the lead, else of the change that the line predicts. Margins in the figure are shares of "
    "where they begin, so that networks can be laid over each other."
)
