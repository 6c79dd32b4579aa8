"""Words for newcomers: tooltips of settings, table columns and numbers, and the longer explanations."""

INTRODUCTION = (
    "A photo, changed by less than the eye can see, becomes something else to a neural network. The attack "
    "is [MALT](https://arxiv.org/abs/2407.02240); it bets that the way there is almost a straight line. See "
    "whether it is."
)
MODEL = (
    "The neural network to fool. Type to search: a name, a data set, or “robust” for networks that were "
    "trained to resist attacks. Those marked ⬇ are downloaded the first time."
)
PHOTO = "The picture to attack: one of these photographs, a file of yours, or the camera."
UPLOAD = (
    "The file stays on the computer that runs this page. It is scaled down to what the model sees; of an "
    "animation, the first frame is taken."
)
EPS_LINF = (
    "ε (epsilon) limits how far each colour value of each pixel may move, in steps of which 255 lead from "
    "black to full brightness. 4 is hardly visible. Whole numbers survive being saved as a picture best."
)
EPS_L2 = (
    "ε (epsilon) limits the length of the whole change: the square root of the sum of all squared changes, "
    "with colour values from 0 to 1. 0.5 is hardly visible on a small picture."
)
NORM = (
    "How the size of the change is measured. L∞ limits every single colour value; L2 limits the total, "
    "so that a few pixels may change more."
)
CROP = "How the picture becomes square: cut to its centre, or shown whole between grey bars."
TARGETS = "How many wrong classes are tried, one after the other, until one of them works."
STEPS = "How many steps the attack (APGD, a gradient descent) may take towards each wrong class."
TARGETING = (
    "Which wrong classes are tried first. MALT: those whose boundary would be nearest if the model were "
    "linear. Naive: those that the model finds likeliest, as the AutoAttack benchmark does."
)
SEED = "The attack starts at a random point. The same number starts it at the same point again."
LABEL = "The class to lead the model away from. Choose the true one to see whether it is right at all."

CLASS = "The wrong answer that the attack aims at."
RANK = (
    "1 is attacked first: the shortest predicted distance for MALT, the likeliest class for naive targeting."
)
CONFIDENCE_RANK = "1 is the class that the model finds likeliest, besides the right one."
DISTANCE = (
    "How far every pixel would have to move to reach this class if the model were linear: the margin "
    "divided by the length of its gradient (its slope). Empty where there is no slope to follow."
)
MARGIN = (
    "How far this class lies behind at the start, in logits: the model's raw scores, before they become "
    "probabilities. Below zero the model changes its mind."
)
TRIED = "Whether the attack got as far as this class; it stops at the first success."
FOOLED = "Whether the attack towards this class fooled the model, be it into another wrong class."

ALL_STEPS = "Gradient steps towards all classes that were tried."
FORWARD = "How often an image went through the model."
BACKWARD = "How often a gradient was computed: the slope of a score with respect to every pixel."
SECONDS = "Duration of the attack, turns taken by other people's attacks included."
MOVED = "The size of the change that was found. It never exceeds ε."
R2 = "How well the straight line explains the true margin: 1 is perfect, 0 is no better than a constant."

WHAT_MARGIN = (
    "The **margin** is the lead of the original answer over the wrong one, in **logits** (the model's raw "
    "scores). Where it falls below zero, the model changes its mind. The **straight line** is what the "
    "slope at your picture alone predicts. MALT chooses its targets by that line, so it is at its best where "
    "line and truth agree. From very close, every such network is straight; from far away, none is. What "
    "counts is the distance at which an attack works."
)
WHAT_ATTEMPTS = (
    "Each colour is a wrong class that was tried, one after the other. The line is the margin at every point "
    "that the attack visited: step 0 is a random point near the picture, where it starts. It walks in big "
    "steps first, so the line may jump. The attack has won as soon as any class gets below zero."
)
WHAT_TABLE = (
    "Before it attacks, MALT estimates how far away each wrong class is: its margin divided by the length of "
    "its gradient. The nearest are attacked first. The likeliest class is often not the nearest."
)
WHAT_SEES = "The model looks at a small square picture. This is yours at that size, pixel by pixel."

RACE_INTRODUCTION = (
    "MALT claims to fool whatever AutoAttack, the field's usual yardstick, fools, and to be several times "
    "faster. Let them race on pictures of your choice, on this computer."
)
RACE_PHOTOS = "The pictures to race on: any of these photographs, and files of yours."
THIRD_LANE = "Who runs beside MALT and AutoAttack, for comparison."
RACE_BEFORE = (
    "The lanes run one after the other, each alone, MALT first and AutoAttack last. **AutoAttack takes its "
    "time**: a hundred steps even where the first one fools the network, and for a picture that withstands "
    "all its attacks nearly 8,000 forward and 2,000 backward passes. On two processor cores that is a minute "
    "or more for each such picture with a small network, and a quarter of an hour or more with a network of "
    "ImageNet's size. **Stop** keeps what is there by then."
)
RACE_TIMES = (
    "The lanes run one after the other, each alone on this computer, and are drawn as if they had started "
    "together. Only a lane's own working time counts."
)
RACE_SECONDS = "The lane's own working time, without that of other people's attacks and of the judging."
RACE_LAST_FALL = "When the last picture fell that fell at all. The rest of the time went into the others."
RACE_FOOLED = "On how many pictures the network was fooled."
RACE_PNG = "How many of these still fool the network once they are rounded to 8 bits, as a saved picture is."
RACE_STAND = "How many pictures the network still gets right: its robust count."
RACE_JUDGED = (
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
WHAT_RACE_NUMBERS = (
    "Seconds depend on the computer. Passes do not: a forward pass is one picture sent through the network, "
    "a backward pass one gradient taken, and the latter costs about twice the former."
)
WHAT_RACE_PICTURES = (
    "For each lane: what the network took the picture for when it fell, which attack or target did it, and "
    "when. Targets are numbered in the lane's own order: target 1 is the first that it aims at."
)
