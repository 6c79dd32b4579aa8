"""What is done to a picture that is passed on, and what a network says of it afterwards. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malt_core.formatting import percent
from malt_core.types import PredictedClass


@dataclass(frozen=True)
class Treatment:
    """What is done to a picture that is passed on. id: its name in records; title: for people."""

    id: str
    title: str


TREATMENTS = (
    Treatment("none", "As it was saved (PNG)"),
    Treatment("jpeg95", "JPEG, quality 95"),
    Treatment("jpeg85", "JPEG, quality 85"),
    Treatment("jpeg70", "JPEG, quality 70"),
    Treatment("webp", "WebP, quality 80"),
    Treatment("half", "Half the size, and back"),
    Treatment("screenshot", "Screenshot at 125%"),
    Treatment("messenger", "Enlarged to 1280 pixels, sent by a messenger (JPEG 70)"),
)


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What the network says after one treatment.

    original, adversarial: its answers to the two pictures. known: whether the original still gets the answer
    that the attack led away from. fooled: whether the adversarial picture gets another.
    """

    treatment: Treatment
    original: PredictedClass
    adversarial: PredictedClass
    known: bool
    fooled: bool


def survival_sentence(found: Sequence[Survival]) -> str:
    """Return what the treatments come to. found: of all of them, the untreated pictures among them."""
    treated = [one for one in found if one.treatment.id != "none"]
    fair = [one for one in treated if one.known]
    kept = [one for one in fair if one.fooled]
    told = f"Still fooled after {len(kept)} of {len(fair)} ways to pass the picture on"
    if len(fair) == len(treated):
        return f"{told}."
    lost = len(treated) - len(fair)
    return (
        f"{told}. After {lost} other{'s' if lost > 1 else ''} the network does not know the original "
        "any more either, so a changed answer there says nothing."
    )


def survival_rows(found: Sequence[Survival]) -> list[dict[str, str]]:
    """Return a row for each treatment: what was done, and what the network says of both pictures."""
    return [
        {
            "treatment": one.treatment.title,
            "adversarial picture": f"{one.adversarial.name} ({percent(one.adversarial.confidence)})",
            "original": f"{one.original.name} ({percent(one.original.confidence)})",
            "still fooled": ("yes" if one.fooled else "no") if one.known else "cannot be told",
        }
        for one in found
    ]


def survival_table(found: Sequence[Survival]) -> list[str]:
    """Return the rows as lines for a terminal."""
    return [
        f"{row['treatment']:34} {row['still fooled']:15} {row['adversarial picture']}; the original: "
        f"{row['original']}"
        for row in survival_rows(found)
    ]
