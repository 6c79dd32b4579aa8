"""Power laws in plain words. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.comparison.power_law import Common, ErrorCurve, PowerLaw


def exponent_text(law: PowerLaw) -> str:
    """Return the exponent with its standard error, as "1.32 ± 0.11"."""
    return f"{law.exponent:.2f} ± {law.exponent_error:.2f}"


def fit_text(law: PowerLaw) -> str:
    """Return whether the law fits the counts, in a few words."""
    if law.fits:
        return f"fits (p = {law.misfit:.2f})"
    return f"does not fit ({chance_text(law.misfit)})"


def chance_text(chance: float) -> str:
    """Return "p = 0.012", or that it is too small to tell."""
    return f"p = {chance:.3f}" if chance >= 0.001 else "p < 0.001"


def verdict(laws: Sequence[PowerLaw], common: Common | None) -> str:
    """Return whether one power law holds for all of these, in plain sentences.

    common: what common_exponent says of them.
    """
    if not laws:
        return "No curve here has points enough for a power law."
    fitting = sum(law.fits for law in laws)
    if common is None:
        held = "fits" if fitting else "does not fit"
        return f"One curve has points enough: a power law {held}, with the exponent {exponent_text(laws[0])}."
    each = (
        f"Each of the {len(laws)} curves can be a power law"
        if fitting == len(laws)
        else f"{fitting or 'None'} of the {len(laws)} curves can be a power law"
    )
    lowest, highest = min(laws, key=lambda law: law.exponent), max(laws, key=lambda law: law.exponent)
    between = f"from {exponent_text(lowest)} to {exponent_text(highest)}"
    if common.one:
        return (
            f"{each}. Their exponents, {between}, are no further apart than chance allows "
            f"({chance_text(common.difference)}): one exponent would do, {common.exponent:.2f} ± "
            f"{common.error:.2f}."
        )
    return (
        f"{each}. Their exponents go {between}, further apart than chance allows "
        f"({chance_text(common.difference)}): **not one curve for all**."
    )


def usable_text(curve: ErrorCurve) -> str:
    """Return how many points of the curve a law can be fitted to."""
    return f"{len(curve.usable)} of {len(curve.points)}"
