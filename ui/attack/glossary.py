"""Words for newcomers: tooltips of table columns and numbers, and the longer explanations."""

from ui.pictures.picker import WHAT_UPLOAD as PICTURES

INTRODUCTION = (
    "A photograph, hardly changed, becomes something else to a neural network. The attack, "
    "[MALT](https://arxiv.org/abs/2407.02240), bets on a straight line. See whether it is one."
)

CLASS = "The wrong answer that the attack aims at."
RANK = (
    "1 is attacked first: the shortest predicted distance for MALT, the likeliest class for naive targeting."
)
CONFIDENCE_RANK = "1 is the class that the model finds likeliest, besides the right one."
DISTANCE = (
    "How much every colour value would have to change to reach this class if the model were linear: the "
    "margin divided by the length of its gradient (its slope). “More than”: every class that is attacked is "
    "nearer, so it was not measured. Empty where there is no slope to follow."
)
MARGIN = (
    "How far this class lies behind at the start, in logits: the model's raw scores, before they become "
    "probabilities. Below zero the model changes its mind."
)
HAPPENED = (
    "Reached: the picture became this class. Became another: on the way to this class, it became another "
    "one. No: neither. Empty where the attack did not get as far, since it stops at the first success."
)

ALL_STEPS = "Gradient steps towards all classes that were tried."
SECONDS = "Duration of the attack, turns taken by other people's attacks included."
MOVED = "The size of the change that was found. It never exceeds ε."
R2 = (
    "How well the straight line explains the true margin: 1 is perfect, 0 is no better than a level line. "
    "The boundary is where the model changes its mind."
)

WHAT_MARGIN = (
    "The **margin** is the lead of the original answer over the wrong one, in **logits** (the model's raw "
    "scores). Where it falls below zero, the model changes its mind. The **straight line** is what the "
    "slope at your picture alone predicts. MALT chooses its targets by that line, so it is at its best where "
    "line and truth agree. From very close, every such network is straight; from far away, none is. What "
    "counts is the distance at which an attack works."
)
WHAT_ATTEMPTS = (
    "Each colour is a wrong class that was tried, one after the other. The line is the margin at every point "
    "that the attack visited: step 0 is where it starts, your picture itself at first, later a random point "
    "near it. It walks in big steps first, so the line may jump. The attack has won as soon as any class "
    "gets below zero."
)
WHAT_TABLE = (
    "Before it attacks, MALT estimates how far away each wrong class is: its margin divided by the length of "
    "its gradient. The nearest are attacked first. The likeliest class is often not the nearest."
)
HOW_LITTLE = (
    "Searches for the smallest ε at which the network's answer to this picture changes, to any wrong class, "
    "whatever is set for ε. A few seconds on a small network, up to a minute on a large one."
)
WHAT_SURVIVES = (
    "Treats the adversarial picture as pictures are treated on their way to others (JPEG, WebP, half the "
    "size, a screenshot, enlarged and sent by a messenger), and asks the network again. The original is "
    "treated likewise."
)
WHAT_SEES = "The model looks at a small square picture. This is yours at that size, pixel by pixel."
WHAT_UPLOAD = f"{PICTURES} A .malt file, which holds a whole run, shows that run again."
