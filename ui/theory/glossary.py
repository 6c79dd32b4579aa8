"""Words of the Theory page: what the papers say, and what each figure shows."""

INTRODUCTION = (
    "Why would a straight line foretell what a network does? The proof is about a small one: **two "
    "layers**, trained on **data that fill only a few of many dimensions**. Here it is trained before your "
    "eyes, and steps are taken off its data."
)
EXAMPLE_OF_THIS = "A finished experiment with these settings. **Train** runs it before your eyes."
EXAMPLE = "A finished experiment with other settings than yours. **Train** runs yours."
FROM_MEMORY = "These settings were already tried: the result is shown from memory."
BY_LINK = "The link asked for this to start at once (run=1), so it did, this once."
STOPPED = "Stopped. Below is what there was by then. **Train** begins anew."
PATIENCE = (
    "The first results come within seconds. The sweeps train a hundred networks more; Stop keeps what is "
    "there."
)
NOTHING_YET = "This is still to come: first the network is trained, then its settings are varied."
PAPER, SEEN = "What a paper says", "What this experiment shows"

OFF_PAPER = (
    "Two-layer networks that are trained by standard gradient methods on data from a low-dimensional "
    "linear subspace have **large gradients orthogonal to it**, and small steps in these directions change "
    "their answers (Melamed, Yehudai, Vardi, NeurIPS 2023, [arXiv "
    "2303.00783](https://arxiv.org/abs/2303.00783), abstract)."
)
STRAIGHT_PAPER = (
    "MALT's way to choose targets is that of a linear predictor. Its authors prove formally and show by "
    "experiment that it “also applies to standard non-linear models”: between the scale of single ReLU "
    "pieces and that of the whole network, they call it almost linear (Melamed, Yehudai, Shamir, NeurIPS "
    "2024, [arXiv 2407.02240](https://arxiv.org/abs/2407.02240))."
)
SIZE_PAPER = (
    "For a two-layer network with **random** weights, one step along the gradient changes the answer, and "
    "it need only be about **‖x‖/√d** long, where d is the dimension of the input. For ReLU this is proved "
    "for widths well above d, though not exponential in it (Bubeck, Cherapanamjeri, Gidel, Tachet des "
    "Combes, NeurIPS 2021, [arXiv 2104.03863](https://arxiv.org/abs/2104.03863), introduction)."
)
CURES_PAPER = (
    "A smaller initial scale, or L2 regularisation (weight decay), can make the trained network more "
    "robust to steps orthogonal to the data (Melamed, Yehudai, Vardi, [arXiv "
    "2303.00783](https://arxiv.org/abs/2303.00783), abstract)."
)
DEEP_PAPER = (
    "All of the proofs quoted on this page are about two layers. For deep networks there are experiments: "
    "[arXiv 2407.02240](https://arxiv.org/abs/2407.02240) compares how the gradient changes along random "
    "and along adversarial steps on CIFAR-100 and ImageNet."
)
PAPERS = f"""
**The setting.** Data x lie on a linear subspace of few dimensions in an input of many, d. The network is
N(x) = Σ uᵢ · ReLU(⟨wᵢ, x⟩), its sign is the answer, and it is trained by gradient descent.

**Large gradients off the data.** {OFF_PAPER}

**Two cures.** {CURES_PAPER}

**How long a step.** {SIZE_PAPER} That is a network before any training.

**Lazy training.** Overparametrised networks whose weights hardly move in training stay vulnerable to one
gradient step, too (Wang, Ullah, Mianjy, Arora, NeurIPS 2022,
[arXiv 2207.00411](https://arxiv.org/abs/2207.00411), abstract).

**Almost linear.** {STRAIGHT_PAPER}

The exact conditions and constants are in the papers; none are quoted here, and no figure on this page is
theirs.
"""
PENCIL = (
    "**Why the gradient off the data stays, with a pencil.** The training loss's gradient by wᵢ is a sum "
    "of multiples of the data. So gradient descent never moves the part of wᵢ that is orthogonal to the "
    "data: it stays as random as it began, and the network's gradient off the data is made of it. With "
    "weight decay, that part shrinks at every step. This project's tests hold its code to both."
)
HERE = (
    "**What is done here.** The first weights are as in the code of 2303.00783: Gaussian, with variance "
    "1/d in the first layer and 1/width in the second; there are no biases. Both layers are trained, on "
    "all points at once, with the logistic loss; the step of gradient descent grows by 2% at a time and is "
    "halved where the loss would rise. Training ends when every point is right by a margin of 0.3, as in "
    "that code; with weight decay, or where that is out of reach, when the loss stands still. Distances to "
    "the boundary are exact: along a line the network is made of straight pieces."
)
LAZY = "**Random or lazy weights, and these.** {measured}"

WHAT_LOSS = (
    "The mean logistic loss on the training points, all of which are used at every step. Points lie on the "
    "subspace, so training moves weights within it only."
)
WHAT_GRADIENT = (
    "A dot is a training point. The gradient of the network's output there has a part within the data's "
    "subspace and a part off it: how strongly the output reacts to steps of either kind. No training point "
    "ever said anything of steps off the data."
)
WHAT_DIRECTIONS = (
    "How far one has to go from a training point until the answer changes, in the median. ‖x‖ is the "
    "length of the point, d the dimension of the input."
)
WHAT_DRIFT = (
    "Drift: how far the gradient after a step is from the gradient at the point, over the length of the "
    "latter. 0 for a linear network. The unit of the axis is each point's own distance to the boundary off "
    "the data. Lines are medians over points; half of the points lie in the bands. The drift counts change "
    "in all directions, not only in that of the step: the output can follow a straight line although the "
    "gradient drifts."
)
WHAT_VALUE = (
    "The network's output along the same steps, as a share of its output at the point: 1 at the point, 0 "
    "at the boundary. The dotted line is the linear prediction, made at the point alone."
)
WHAT_PREDICTION = (
    "Each point's distance to the boundary off the data: as the straight line foretells it, and as it is. "
    "On the dotted line both are the same."
)
WHAT_LENGTH = (
    "The same experiment with inputs of other dimensions and the same subspace of data. Points grow as √d, "
    "so a step of the same length becomes a smaller share of them. The diamonds are data on a line in the "
    "plane: what one can draw on paper. Both axes are logarithmic; means over five seeds, and bars of one "
    "standard deviation, are those of the logarithms."
)
WHAT_SWEEP = (
    "Every point is the mean over five seeds, which change data and first weights; bars are one standard "
    "deviation. The drift is that of the figure under “How straight?”, at the boundary; the deviation is "
    "the output where the straight line foretells 0, as a share of the output at the point. A narrow "
    "network has few bends to cross, and so little drift: that is not what the papers mean by wide."
)
WHAT_CURE = (
    "The gradient's part off the data, and the shortest step off the data that changes the answer, over "
    "the point's own length. The upright axis is logarithmic; means over five seeds, and bars of one "
    "standard deviation, are those of the logarithms."
)
WHAT_DEEP = (
    "From a photograph, a step down the gradient of the margin between the network's answer and the "
    "nearest class (of the ten likeliest others, by the straight line). Lengths are L2, colour values go "
    "from 0 to 1 and stay there. Lines are medians over the gallery's photographs; the thick one is yours."
)
WHAT_DEEP_TABLE = (
    "Medians over the photographs whose boundary was found. Error of the straight line: between the "
    "predicted and the true distance, as a share of the latter. Drift: at the boundary. Gradient off the "
    "data: the share of its squared length off the spatial frequencies that hold 95% of what the gallery's "
    "photographs vary by, which stand for the data's subspace; in brackets, the share that a random "
    "direction has there."
)
DEEP_STORED = (
    "Measured ahead on {images} photographs of the gallery. **Measure** takes the network and photograph "
    "of your choice."
)
DEEP_OWN = "Yours: {network} on “{photo}”. {sentence}"
DEEP_NEVER = "No boundary was found on the way, up to four predicted distances."
