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
