"""How straight a network was, in plain words; each sentence is true of the numbers that it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from malt_core.epsilon import Epsilon
from malt_core.explanations.straightness_summary import Summary, summary
from malt_core.explanations.straightness_types import Straightness
from malt_core.formatting import length
from malt_core.linearity.types import Scale
from malt_core.linearity.words import shape
from malt_core.types import Norm

Names = Sequence[str] | Mapping[int, str]
"""Class names by index."""

_CALLED = {"straight": "almost straight", "slightly bent": "slightly bent", "bent": "bent"}
CHANGE = "the change that it predicts"
LOW_ALIGNMENT = 0.5  # of gradients, below which a straight way may be an artefact


def share(value: float | None) -> str:
    """Return a deviation for people."""
    if value is None:
        return "–"
    if value >= 1:
        return f"{value:.1f} times"
    return "under 0.1%" if value < 0.001 else f"{value:.1%}" if value < 0.0995 else f"{value:.0%}"


def part(value: float | None, whole: str) -> str:
    """Return a deviation as a part of something: "6.2% of the lead", "1.6 times the lead"."""
    return f"{share(value)} {whole}" if value is not None and value >= 1 else f"{share(value)} of {whole}"


def headline(found: Straightness) -> str:
    """Return how straight the way is up to ε and at 30 ε, in one sentence; "" before that is known."""
    known = summary(found)
    if known.meso is None:
        return ""
    near, radius = _CALLED[shape(known.meso)], Epsilon(found.eps, found.norm)
    said = f"Up to ε = {radius} the margin is {near}: the line is off by {part(known.meso, CHANGE)}"
    if known.macro is None:
        return f"{said}."
    return f"{said}. Up to 30 ε it is {_CALLED[shape(known.macro)]}: off by {part(known.macro, CHANGE)}."


def crossing(found: Straightness, names: Names) -> str:
    """Return where the other class takes over, by the line and in truth; "" before that is known."""
    if not found.scales:
        return ""
    known, end = summary(found), found.scales[-1].reach
    label, target = names[found.label], names[found.target]
    if known.true is None:
        after = f"“{target}” does not overtake “{label}” up to {end:g} ε"
        if known.predicted is None:
            return f"{after}, and the line does not say so."
        return f"{after}; the line says that it does at {_at(known.predicted, found)}."
    said = f"“{target}” overtakes “{label}” at {_at(known.true, found)}"
    if known.predicted is None:
        return f"{said}; the line does not foresee that."
    off = (
        ""
        if known.to_crossing is None
        else f" Up to there it is off by {part(known.to_crossing, 'the lead')}."
    )
    return f"{said}; the line says at {_at(known.predicted, found)}.{off}"


def _at(place: float, found: Straightness) -> str:
    return f"{place:.2g} ε ({length(place * found.eps, found.norm)})"


def counted(scale: Scale, norm: Norm) -> str:
    """Return how many linear pieces a scale crosses or, where a network has none, how curved it is."""
    if scale.switches is not None:
        if scale.switches == 0:
            return "Within one linear piece, as far as 16 places tell: no unit switched."
        return (
            f"Linear pieces entered: at least {scale.switches:,} (units that switched from place to place)."
        )
    if scale.curvature is None or scale.rounding is None:
        return "No slope at the start, so there is nothing to measure curvature by."
    unit = "1/255" if norm == "linf" else "1 of length"
    if scale.curvature <= scale.rounding:
        return (
            f"Curvature: below {scale.rounding:.2g} per {unit}, the least that float32 can tell so close by."
        )
    return f"Curvature: per {unit} the slope changes by {share(scale.curvature)} of the first one."


def cut_off(scale: Scale) -> str:
    """Return how much of the picture is clipped at the end of a scale."""
    if scale.clipped == 0:
        return "No colour value is clipped."
    return f"At the end, {share(scale.clipped)} of the colour values are clipped to black or full brightness."


def drift_sentence(found: Straightness) -> str:
    """Return how far the gradient drifts, and whether it can be trusted; "" before that is known."""
    known = summary(found)
    if known.alignment is None:
        return ""
    images = "1 picture" if len(found.drift) == 1 else f"{len(found.drift)} pictures"
    said = []
    if known.drift is not None and known.random_drift is not None:
        said.append(
            f"After all steps, at ε, the gradient has changed by {part(known.drift, 'its length')}; after "
            f"random steps as long, by {share(known.random_drift)} (the median of {images})."
        )
    said.append(
        "Gradients at the picture and at random points within ε have a mean cosine of "
        f"{known.alignment:.2f} (GradAlign's number; 1: all alike, 0: nothing in common)."
    )
    if known.alignment < LOW_ALIGNMENT:
        said.append(
            "That is low: a way that looks straight may then be an artefact of gradients that lead nowhere."
        )
    return " ".join(said)


def comparison(found: Sequence[Straightness], titles: Mapping[str, str]) -> str:
    """Return which of several networks is the straightest, up to the crossing and beyond; "" for one alone.

    titles: of the networks, by id.
    """
    known = {titles[one.model]: summary(one) for one in found}
    rows = [
        (
            "up to where the other class takes over",
            {k: v.to_crossing for k, v in known.items()},
            "the lead",
        ),
        ("up to ε", {k: v.meso for k, v in known.items()}, CHANGE),
        ("up to 30 ε", {k: v.macro for k, v in known.items()}, CHANGE),
    ]
    return " ".join(said for row in rows if (said := _straightest(*row)))


def _straightest(where: str, values: Mapping[str, float | None], whole: str) -> str:
    there = sorted((value, name) for name, value in values.items() if value is not None)
    if len(there) < 2:
        return ""
    (best, first), (worst, last) = there[0], there[-1]
    beginning = where[0].upper() + where[1:]
    if share(best) == share(worst):
        return f"{beginning} they are alike: the line is off by {part(best, whole)}."
    return (
        f"{beginning} {first} is the straightest: the line is off by {part(best, whole)}; "
        f"{last} is the least straight: {share(worst)}."
    )


def rows(found: Sequence[Straightness], titles: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the table of several networks, in numbers; places in ε, shares from 0."""
    return [_row(titles[one.model], summary(one)) for one in found]


def _row(title: str, known: Summary) -> dict[str, object]:
    return {
        "network": title,
        "overtaken at (ε)": known.true,
        "predicted (ε)": known.predicted,
        "off until then": known.to_crossing,
        "off at ε/100": known.micro,
        "off up to ε": known.meso,
        "off up to 30 ε": known.macro,
        "drift at ε": known.drift,
        "random drift": known.random_drift,
        "GradAlign cosine": known.alignment,
    }
