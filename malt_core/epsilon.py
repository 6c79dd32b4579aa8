"""The radius of an attack, eps: parsed, checked and printed here and nowhere else. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from malt_core.errors import BadConfig
from malt_core.types import ModelInfo, Norm

SUGGESTED_L2 = 0.5  # hardly visible on a small picture


@dataclass(frozen=True)
class Epsilon:
    """How far an attack may go.

    value: in [0, 1] pixel units, over 0, for linf at most 1. norm: what is measured. Raises BadConfig for any
    other value.
    """

    value: float
    norm: Norm = "linf"

    def __post_init__(self) -> None:
        check_eps(self.value, self.norm)

    @classmethod
    def parse(cls, text: str, norm: Norm = "linf") -> Epsilon:
        """Read "4/255" or "0.0157", in pixel units. Raises BadConfig for anything else."""
        try:
            value, _ = _quotient(text)
        except (ValueError, ZeroDivisionError):
            raise BadConfig(
                f"eps {text!r} is not a number: write it as 4/255 or 0.0157.", setting="eps"
            ) from None
        return cls(value, norm)

    @property
    def number(self) -> float:
        """As people count: the n of n/255 for linf, the value itself for l2."""
        return float(f"{self.value * 255:.10g}") if self.norm == "linf" else self.value

    @property
    def text(self) -> str:
        """As a person would type it, without losing a digit: 4/255, 1.5/255, or the plain number."""
        steps = f"{self.value * 255:.6g}"
        exact = self.norm == "linf" and float(steps) / 255 == self.value
        return f"{steps}/255" if exact else repr(float(self.value))

    @property
    def fits_eight_bits(self) -> bool:
        """Whether the ball around an 8-bit image holds any other: from 1/255 on, in either norm."""
        return self.value > 0.999 / 255

    @property
    def plain(self) -> str:
        """For people, to three digits, where the words around it name the norm: "4/255", or "0.5"."""
        return f"{self.value * 255:.3g}/255" if self.norm == "linf" else f"{self.value:.3g}"

    def __str__(self) -> str:
        """Return it for people, to three digits: "4/255", or "0.5 (L2)"."""
        return self.plain if self.norm == "linf" else f"{self.plain} (L2)"


def suggested_epsilon(info: ModelInfo, norm: Norm) -> Epsilon:
    """Return the radius at which an attack on this network is worth looking at."""
    return Epsilon(info.suggested_eps if norm == "linf" else SUGGESTED_L2, norm)


def parse_number(text: str, norm: Norm) -> float:
    """Read a radius as people count: the n of n/255 for linf ("4" as well as "4/255"), itself for l2.

    Raises BadConfig for what is no number; whether it is in range is for the caller to say.
    """
    try:
        value, divided = _quotient(text)
    except (ValueError, ZeroDivisionError):
        raise BadConfig(f"eps {text[:20]!r} is not a number.", setting="eps") from None
    unit = 255.0 if norm == "linf" else 1.0
    return float(f"{value * unit:.10g}") if divided else value


def _quotient(text: str) -> tuple[float, bool]:
    """A number as people write it, "4,5" and "9/2" among them, and whether it was divided."""
    top, slash, bottom = text.strip().replace(",", ".").partition("/")
    value = float(top) / (float(bottom) if slash else 1.0)
    if not math.isfinite(value):
        raise ValueError(text)
    return value, bool(slash)


def as_number(eps: object) -> object:
    """Return as a float a number that a tensor or numpy holds; anything else as it is, for check_eps."""
    if not hasattr(eps, "dtype") or getattr(eps, "size", None) is None:
        return eps
    try:
        return float(eps) if "bool" not in str(eps.dtype) and len(eps.shape) == 0 else eps
    except (TypeError, ValueError, RuntimeError):
        return eps


def check_eps(eps: float, norm: Norm = "linf") -> None:
    """Raise BadConfig unless eps is a usable attack radius: over 0, and at most 1 for linf."""
    if isinstance(eps, bool) or not isinstance(eps, Real) or not math.isfinite(eps):
        raise BadConfig(f"eps must be a number such as 4/255, not {eps!r}.", setting="eps")
    if eps <= 0:
        raise BadConfig(
            f"eps is {eps:g}, but an attack needs room to move: give a value over 0, such as 4/255.",
            setting="eps",
        )
    if norm == "linf" and eps > 1:
        meant = f"{eps:g}/255" if eps < 255 else "8/255"
        raise BadConfig(
            f"eps is {eps:g}, but pixels run from 0 to 1, so eps can be at most 1. "
            f"In steps of an 8-bit image write it as {meant}.",
            setting="eps",
        )
