"""The model card: what a network was trained on, how, and what it reached, as JSON and as Markdown."""

import json
import platform
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from malt_core.storage.whole_files import write_together

LICENCES = {
    "tiny-imagenet": "Tiny-ImageNet is a subset of ImageNet: for non-commercial research and teaching.",
}


@dataclass(frozen=True)
class Attacked:
    """Accuracy that was left by one attack: on the first `images` of the validation images, in [0, 1]."""

    attack: str
    eps: str
    images: int
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything that the card says; accuracies in [0, 1]; `epochs` of `train_images` images each.

    builds_on: the finished runs that it started or learnt from, the oldest first. hours: of this run alone.
    soft_labels: where those came from that it, or what it builds on, learnt; empty: none.
    photos, photos_right: ordinary photographs of its classes that were tried, and how many it names right.
    sha256: of the exported weights, empty before the export.
    """

    recipe: str
    settings: dict[str, Any]
    dataset: str
    classes: int
    train_images: int
    val_images: int
    parameters: int
    epochs: int
    seed: int
    builds_on: tuple[str, ...]
    hours: float
    date: str
    machine: str
    clean_accuracy: float
    attacked: tuple[Attacked, ...]
    licence: str
    limits: str
    versions: dict[str, str] = field(default_factory=dict)
    soft_labels: str = ""
    photos: int = 0
    photos_right: int = 0
    sha256: str = ""


FLATTERED = (
    "Tiny-ImageNet's pictures are a selection of ImageNet's training pictures, which that network was "
    "trained on: the accuracies on validation images flatter. Other photographs are the fairer measure."
)


def under_noise(sigma: float, draws: int, images: int, accuracy: float) -> Attacked:
    """The row of a card that says how many the majority of noisy copies names right."""
    return Attacked(f"Gaussian noise, majority of {draws}", f"σ = {sigma}", images, round(accuracy, 4))


def limits(recipe: str) -> str:
    """What the network should not be used for, in a sentence or two."""
    common = "A small network for teaching and for studying attacks; not for decisions about anything real."
    if recipe == "robust":
        return common + " Its robustness was measured for small changes of every pixel (Linf) only."
    if recipe == "noise":
        return common + (
            " It is meant for randomised smoothing with the noise that it was trained with: alone, it has no "
            "dependable robustness."
        )
    return common + " It has no dependable robustness: expect an attack at 4/255 to succeed."


def machine(device: torch.device) -> str:
    """The processor or the GPU that did the work, in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU"


def today() -> str:
    """The date in UTC, as in 2026-11-21."""
    return datetime.now(UTC).date().isoformat()


def write(card: Card, path: Path) -> None:
    """Write `path` (.json) and the same as Markdown beside it."""
    write_together(path.parent, contents(card, path.name))


def contents(card: Card, name: str) -> dict[str, str]:
    """What `write` writes: the text of the file called `name` (.json), and of the Markdown beside it."""
    return {
        name: json.dumps(asdict(card), indent=1) + "\n",
        str(Path(name).with_suffix(".md")): markdown(card),
    }


def read(path: Path) -> Card:
    """Read a card that `write` wrote."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["attacked"] = tuple(Attacked(**a) for a in fields["attacked"])
    fields["builds_on"] = tuple(fields["builds_on"])
    return Card(**fields)


def with_measured(card: Card, clean_accuracy: float, attacked: tuple[Attacked, ...]) -> Card:
    """The card with its measured numbers replaced; attacks that were not repeated stay."""
    repeated = {(a.attack, a.eps, a.images) for a in attacked}
    kept = tuple(a for a in card.attacked if (a.attack, a.eps, a.images) not in repeated)
    return replace(card, clean_accuracy=clean_accuracy, attacked=kept + attacked)


def markdown(card: Card) -> str:
    """The card for people."""
    rows = [f"| clean | | {card.val_images} | {card.clean_accuracy:.1%} |"]
    if card.photos:
        rows.append(
            f"| clean, {card.photos} photographs from elsewhere | | | {card.photos_right} of {card.photos} |"
        )
    rows += [f"| {a.attack} | {a.eps} | {a.images} | {a.accuracy:.1%} |" for a in card.attacked]
    return "\n".join(
        [
            f"# {card.dataset}/{card.recipe}",
            "",
            f"Pre-activation residual network with SiLU, {card.parameters / 1e6:.1f}M parameters, "
            f"{card.classes} classes, input 64x64 RGB in [0, 1] (normalised inside the network).",
            "",
            f"Trained on {card.train_images} images for {card.epochs} epochs, seed {card.seed}, "
            f"{card.hours:.1f} hours on a {card.machine}, finished {card.date}.",
            *([f"Builds on: {'; '.join(card.builds_on)}."] if card.builds_on else []),
            "",
            "| attack | size (Linf ε, or σ) | validation images | accuracy |",
            "|---|---|---|---|",
            *rows,
            "",
            *([f"**Soft labels.** {card.soft_labels}. {FLATTERED}", ""] if card.soft_labels else []),
            f"**Limits.** {card.limits}",
            "",
            f"**Data.** {card.licence}",
            "",
            "**Settings.** " + ", ".join(f"{k} {v}" for k, v in card.settings.items()),
            "",
        ]
    )
