"""Numbers for people: lengths, shares, counts, times."""

from __future__ import annotations

from malt_core.types import Norm


def length(value: float, norm: Norm) -> str:
    """Return a perturbation's size for people: n/255 for linf, a plain number for l2."""
    return f"{value * 255:.3g}/255" if norm == "linf" else f"{value:.3g}"


def percent(probability: float) -> str:
    """Return a probability for people; what is only close to certain is never called 100%."""
    if probability > 0.9995:
        return "over 99.9%"
    return f"{probability:.1%}" if probability >= 0.985 or probability < 0.015 else f"{probability:.0%}"


def exact_percent(share: float) -> str:
    """Return a share from 0 to 1 to a tenth of a per cent, as the path player does, never as certainty."""
    return ">99.9%" if share > 0.9995 else "<0.1%" if share < 0.0005 else f"{share:.1%}"


def steps(n: int) -> str:
    """Return "1 step" or "7 steps"."""
    return f"{n:,} step" if n == 1 else f"{n:,} steps"


def duration(seconds: float) -> str:
    """Return how long something will take, roughly: "50 s", "12 min" or "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def stopwatch(seconds: float) -> str:
    """Return how long something took, to two digits: "0.42 s", "3.1 s", "31 s" or "2 min 5 s"."""
    if seconds < 99.5:
        return f"{seconds:.{2 if seconds < 0.995 else 1 if seconds < 9.95 else 0}f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s"
