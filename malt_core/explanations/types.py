"""What the explanations tell. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from malt_core.attacks.types import RankedTarget

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Event: so many of the classes are scored. label: what is attacked, and what the model answers.

    targets: those scored so far, in the order of their scores, the nearest first; rank and confidence_rank as
    in RankedTarget, rank among those. total: how many there will be.
    """

    label: int
    targets: tuple[RankedTarget, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class Search:
    """Event: one more point is visited in search of a boundary.

    target: the class; radius: of the ball that is searched, in the unit of eps; nearest: the smallest radius
    at which the boundary was reached so far, inf before; steps: taken so far towards this class.
    """

    target: int
    radius: float
    nearest: float
    steps: int


@dataclass(frozen=True, kw_only=True)
class BoundaryDistance:
    """How far one class is: by MALT's straight line, and in truth as far as a search found out.

    predicted: MALT's score, margin / dual norm of its gradient, in the unit of eps; below 0 where the target
        leads already, inf where the gradient vanishes.
    reached: the smallest radius at which an image was found whose logit of the target is at least that of the
        label; 0 where that holds for the original, inf where none was found up to eps_max.
    adversarial: that image, (C, H, W); None if none. wins: whether the target is the model's answer there,
        no third class before it. steps: APGD steps spent.
    """

    target: int
    predicted: float
    reached: float
    adversarial: torch.Tensor | None
    wins: bool
    steps: int


@dataclass(frozen=True, kw_only=True)
class SmallestEpsilon:
    """The smallest radius at which an image was found that fools the model, and what 8 bits can hold of it.

    label: what the model says of the original. reached: that radius, inf where none was found up to the
        largest; adversarial: the image there, (C, H, W), None if none; answer: what the model says of it, and
        target: the class that was aimed at, -1 if none.
    predicted: MALT's score of that class, of the nearest one where nothing was found.
    eight_bit: an image of whole steps of 1/255 that fools the model, (C, H, W), None if none was found;
        eight_bit_eps: the radius that it needs: k/255 for linf, its distance for l2; eight_bit_answer: what
        the model says of it, judged on these very pixels.
    tried: classes aimed at; steps: APGD steps spent; seconds: wall time.
    """

    label: int
    reached: float
    adversarial: torch.Tensor | None
    answer: int
    target: int
    predicted: float
    eight_bit: torch.Tensor | None
    eight_bit_eps: float
    eight_bit_answer: int
    tried: int
    steps: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class OrdersOfImage:
    """At which place of each order an attack on one image first succeeded; places count from 1, 0 for none.

    index, name: of the image in its data set; label: its class, or what the model says of it.
    attacked: False where the model is wrong without any attack, or has no finite logits.
    malt, naive: the place in MALT's order and in that of confidence; malt_target, naive_target: the class
        aimed at there, -1 for none. first_malt, first_naive: the first class of each order, -1 if not
        attacked.
    """

    index: int
    name: str
    label: int
    attacked: bool
    malt: int = 0
    naive: int = 0
    malt_target: int = -1
    naive_target: int = -1
    first_malt: int = -1
    first_naive: int = -1

    @property
    def fooled(self) -> bool:
        """Whether either order found an adversarial image."""
        return bool(self.malt or self.naive)


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Event: an image that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Event: a few images are under way. done: images before them; total: of all; n_forward: images sent
    through the model for these so far.
    """

    done: int
    total: int
    n_forward: int


@dataclass(frozen=True, kw_only=True)
class LogitStep:
    """Event: two attacks on one image have gone one step. step: 0 for their random starts.

    logits: of all K classes, for the attack on the likeliest wrong class, then for that on MALT's first.
    """

    step: int
    logits: tuple[tuple[float, ...], tuple[float, ...]]
