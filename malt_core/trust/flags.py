"""Flags: signs that a network looks robust because the attack fails, not because nothing fools it. No torch.

What is flagged follows AutoAttack's flags (github.com/fra31/auto-attack, flags_doc.md), Carlini et al. (On
Evaluating Adversarial Robustness, arXiv 1902.06705, section 5), Athalye, Carlini and Wagner (Obfuscated
Gradients Give a False Sense of Security, arXiv 1802.00420, section 3.1) and Pintor et al. (Indicators of
Attack Failure, arXiv 2106.09947).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from malt_core.trust.opinion import SecondOpinion

Images = Sequence[int] | None

_ANOTHER_WAY = (
    "Attack the network without the step that hides its gradient, or wrap that step in "
    "malt_core.straight_through."
)
_NEARER = (
    "Part of the network lends its gradient (straight_through), and here that is a poor guide: lend it that "
    "of a function nearer to the step itself, and ask for a second opinion."
)
_AVERAGE = "Attack it with eot=N: gradients averaged, and the verdict by majority, over N draws."
_LOGITS = "Give the network's logits: leave out its softmax, its temperature or its rounding."

CODES: dict[str, tuple[str, str]] = {
    "no-gradient": ("No gradient reaches the image.", _ANOTHER_WAY),
    "zero-gradient": ("The gradient is zero, so that no step has a direction.", _ANOTHER_WAY),
    "vanishing-gradient": (
        "At many colour values the gradient all but vanishes, so that steps leave them as they are.",
        _ANOTHER_WAY,
    ),
    "nan-gradient": ("The gradient holds values that are no finite numbers.", _ANOTHER_WAY),
    "misleading-gradient": ("The gradient does not foretell how the margin changes.", _ANOTHER_WAY),
    "constant": (
        "The answer does not change with the image.",
        "See whether the network's weights are loaded and its input is used.",
    ),
    "randomised": ("The network answers the same image otherwise when asked again.", _AVERAGE),
    "stateful": (
        "The answer to an image depends on what the network was asked before.",
        "Attack a network that remembers nothing: its answer to an image must depend on that image alone.",
    ),
    "training-mode": (
        "Part of the network runs as in training: dropout, or statistics of the batch.",
        "Put the whole network into evaluation mode: model.eval().",
    ),
    "probabilities": ("The outputs are probabilities, not logits.", _LOGITS),
    "saturated": ("The outputs are so large that float32 rounds changes of them away.", _LOGITS),
    "cut-off": ("Most outputs of an image are one and the same number.", _LOGITS),
    "better-iterate": (
        "A point on the way fooled the network, and the image that was returned does not.",
        "Ask for a second opinion; the network's answer to an image may change from call to call.",
    ),
    "black-box-wins": (
        "The gradients led away from what fools the network.",
        "Count those images as fooled, as is done here, and do not trust what is left: use an attack made "
        "for this network.",
    ),
    "transfer-wins": (
        "An image made for another network fools this one, and the attack on this one found none.",
        "Count those images as fooled, as is done here, and give the attack more steps, targets or draws.",
    ),
    "unbounded-fails": (
        "Even an attack that may change every pixel as it likes finds nothing, as no network can withstand.",
        _ANOTHER_WAY,
    ),
}
"""Every code that a flag can have, for good, with what it means and what to do."""


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A reason not to trust that a network is robust.

    code: one of CODES. message: what was seen, with its number; advice: what to do; both are sentences for
    people. images: indices, from 0, of the images that it concerns, in the order in which they were given;
    None for the network as a whole.
    """

    code: str
    message: str
    advice: str
    images: tuple[int, ...] | None = None

    def at(self, index: Sequence[int]) -> Flag:
        """Return the same flag where image i is called index[i]: for a part of a larger set of images."""
        return self if self.images is None else replace(self, images=tuple(index[i] for i in self.images))


def flag(code: str, message: str, images: Images = None, *, advice: str = "") -> Flag:
    """Return a flag of this code, one of CODES, with the code's own advice unless another is given."""
    return Flag(
        code=code,
        message=message,
        advice=advice or CODES[code][1],
        images=None if images is None else tuple(images),
    )


def merged(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return one flag for each code, in the order in which they first came.

    Of several it has the first one's message and advice, and the images of all, each once, ascending; None
    where one concerns the network as a whole.
    """
    found: dict[str, Flag] = {}
    for each in flags:
        known = found.setdefault(each.code, each)
        if known.images is None or each.images is None:
            found[each.code] = replace(known, images=None)
        else:
            found[each.code] = replace(known, images=tuple(sorted({*known.images, *each.images})))
    return tuple(found.values())


def no_gradient(images: Images = None) -> Flag:
    """The answer changes with the image, but not in a way that autograd can follow."""
    return flag(
        "no-gradient",
        "No gradient reaches the images, although the network's answer changes with them.",
        images,
    )


def zero_gradient(images: Images, zero: int, asked: int) -> Flag:
    """The margin's gradient was zero: zero of the asked ones."""
    return flag("zero-gradient", f"The gradient of the margin was zero {zero} of {asked} times.", images)


def vanishing_gradient(share: float, where: int, points: int) -> Flag:
    """At `where` of so many points the gradient is next to nothing at up to this share of the values."""
    return flag(
        "vanishing-gradient",
        f"At {where} of {points} points looked at, the gradient is below a hundredth of its mean at many "
        f"colour values (up to {share:.0%}), as where a network rounds its input softly.",
    )


def nan_gradient(images: Images, broken: int, asked: int) -> Flag:
    """The margin's gradient was not finite: broken of the asked ones."""
    return flag(
        "nan-gradient", f"The gradient of the margin was not finite {broken} of {asked} times.", images
    )


def _signed(value: float) -> str:
    """Return a change with its sign; none at all has none."""
    return f"{value:+.3g}" if value else "0"


def misleading_gradient(
    foretold: float, real: float, stray: float, where: int, points: int, *, lent: bool = False
) -> Flag:
    """At `where` of so many points the margin does not change as its gradient says.

    foretold, real: by how much it should have fallen, and fell, over a small step along the gradient, in
    logits; stray: how far off small random steps were, in standard deviations of what was foretold of them.
    lent: whether a step of the network lends a gradient that is not its own (straight_through).
    """
    return flag(
        "misleading-gradient",
        f"At {where} of {points} points looked at, the margin does not change as its gradient says: a small "
        f"step along it should change it by {_signed(-foretold)} logits, and changes it by {_signed(-real)}; "
        f"small random steps were off by {stray:.2g} times what they should do.",
        advice=_NEARER if lent else "",
    )


def other_answer(change: float) -> Flag:
    """The scores change by this share of their range where a gradient is asked for."""
    return flag(
        "misleading-gradient",
        f"Where a gradient is asked for, the network changes its scores by {change:.1%} of their range.",
    )


def constant() -> Flag:
    """The network gives every image the same answer."""
    return flag("constant", "The network gives two quite different images the very same answer.")


def _another(change: float) -> str:
    return (
        "The network gives another answer when it is asked again about the same image (scores change by "
        f"{change:.1%} of their range)"
    )


def randomised(change: float, images: Images = None, *, advice: str = "") -> Flag:
    """The answer to the same image changes by this share of the range of its logits."""
    return flag(
        "randomised",
        f"{_another(change)}: there is noise in it.",
        images,
        advice=advice,
    )


def wavering(images: Images, ties: int, draws: int) -> Flag:
    """Over so many draws, the majority's answer to these images may be another next time."""
    return flag(
        "randomised",
        f"Over {draws} draws of the network's noise, the majority is not clear for {len(images or ())} "
        f"images ({ties} ties, which count as not fooled).",
        images,
        advice="Give eot more draws.",
    )


def stateful(change: float) -> Flag:
    """The answer to an image changes by this share of the range of its logits, and not by torch's noise."""
    return flag(
        "stateful",
        f"{_another(change)}, and torch's random numbers do not explain it: it remembers what it was asked, "
        "or draws numbers of its own.",
    )


def training_mode(module: str) -> Flag:
    """A module of this name or kind runs as in training."""
    return flag("training-mode", f"{module} runs as in training while the network is attacked.")


def probabilities() -> Flag:
    """The outputs of each image lie in [0, 1] and add up to 1."""
    return flag("probabilities", "The network's outputs lie between 0 and 1 and add up to 1 for each image.")


def saturated(images: Images, margin: float, rounding: float) -> Flag:
    """A margin of so many units moves, over the way of the attack, by less than float32's rounding."""
    return flag(
        "saturated",
        f"A margin of {margin:.3g} moves by less than its rounding in float32, {rounding:.1g}: no step shows "
        "whether it helped.",
        images,
    )


def cut_off(images: Images, alike: int, classes: int) -> Flag:
    """So many of the classes have the same output for an image."""
    return flag(
        "cut-off",
        f"{alike} of {classes} outputs of an image are one and the same number, which tells nothing of how "
        "near their classes are.",
        images,
    )


def better_iterate(images: Images) -> Flag:
    """Points that fooled the network were visited, and the images returned do not."""
    return flag(
        "better-iterate",
        "Points on the way fooled the network, but asked again about them it gives the right answer.",
        images,
    )


def black_box_wins(images: Images, asked: int, queries: int) -> Flag:
    """An attack without gradients fooled these of the asked images within so many queries each."""
    by = f"An attack without gradients (Square, {queries} queries an image) fooled"
    what = "the network" if asked == 1 else f"{len(images or ())} of {asked} images"
    return flag("black-box-wins", f"{by} {what} where the attack by gradients had found nothing.", images)


def transfer_wins(images: Images) -> Flag:
    """Images made on another network fooled this one, where the attack on it had found nothing."""
    what = "an image" if len(images or ()) == 1 else "images"
    message = f"The transferred attack fooled it with {what} where the attack on it had found nothing."
    return flag("transfer-wins", message, images)


def unbounded_fails(images: Images, asked: int) -> Flag:
    """With ε = 1, where nothing can be robust, the attack failed on these of the asked images."""
    which = "fool the network" if asked == 1 else f"fool {len(images or ())} of {asked} images"
    return flag(
        "unbounded-fails",
        f"With ε = 1, which allows any image, steps along the gradient still did not {which}.",
        images,
    )


OF_OPINION = ("black-box-wins", "unbounded-fails")
"""The codes that a second opinion raises."""


def of_opinion(opinion: SecondOpinion) -> tuple[Flag, ...]:
    """Return what a second opinion raises; first, that an attack without gradients fooled what was left."""
    asked, fooled, failed = len(opinion.images), opinion.fooled, opinion.unbounded_failed
    return (
        *([black_box_wins(fooled, asked, opinion.queries)] if fooled else []),
        *([unbounded_fails(failed, asked)] if failed else []),
    )
