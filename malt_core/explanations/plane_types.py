"""The decision plane of one image as numbers. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from malt_core.explanations.box_cut import Corner

Axis = Literal["naive", "random"]
View = Literal["boundary", "ball", "random"]
"""A part of a plane to look at: around the boundary, around the ball, or with a random second axis."""


@dataclass(frozen=True, kw_only=True)
class PlaneAxes:
    """A plane through an image x0, spanned by two perturbations made orthogonal, with what is drawn into it.

    The place (a, b) stands for x0 + a d1 + b k (d2 - c d1), clipped to [0, 1]: d1 and d2 are the
    perturbations, the other two numbers make both axes as long in L2 and at right angles. So the scale is
    equal on both axes, and 1 is the length of d1.

    second: what d2 is: "naive", towards the likeliest wrong class, or "random", noise as long as d1.
    end: the place of d2; that of d1 is (1, 0). c, k: see above. length: of d1, in L2.
    ball: the outline of the ball's cut with the plane. way: where the attack went, each point of it seen
    straight from above, since it leaves the plane; off: how far at most, as a share of d1's length.
    image: a PNG file of x0. first, second_image: lossless WebP files of d1 and d2, in which a byte 128 + n is
    a change of n * unit_first or n * unit_second.
    """

    second: Axis
    end: Corner
    c: float
    k: float
    length: float
    ball: tuple[Corner, ...]
    way: tuple[Corner, ...]
    off: float
    image: bytes
    first: bytes
    second_image: bytes
    unit_first: float
    unit_second: float


@dataclass(frozen=True, kw_only=True)
class PlaneGrid:
    """What the network says on a square of the plane, -reach to reach on both axes.

    n: points a side; rows go from b = -reach upwards, in each a rises. answers: the class, by index; margin:
    m = z_y - z_target there, in logits, linear: its prediction m(x0) + <grad m(x0), x - x0> on the same
    clipped image; clipped: share of the colour values that 0 or 1 cuts off. n * n values each.
    """

    n: int
    reach: float
    answers: tuple[int, ...]
    margin: tuple[float, ...]
    linear: tuple[float, ...]
    clipped: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A decision plane as far as it is computed. grid: None before its first resolution is there."""

    axes: PlaneAxes
    grid: PlaneGrid | None = None
