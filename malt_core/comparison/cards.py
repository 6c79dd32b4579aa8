"""What should be known of a network before its figures are trusted: its card. Needs no torch."""

from __future__ import annotations

from functools import cache

from malt_core.comparison.published import ROBUSTBENCH, published_of
from malt_core.networks import defence_of, network_info, undefended
from malt_core.storage.assets import assets_folder
from malt_core.types import ModelInfo

FOLDER = assets_folder() / "models"
LIMITS = (
    "It calls every picture one of its classes, however little it shows of them. Not for decisions about "
    "anything real."
)


@cache
def model_card(model: str) -> str:
    """Return as Markdown what it is, what it was trained on and against, its accuracy, its limits.

    Of a network of the project's this is its own card, without the title; of others what the catalogue and
    RobustBench's published table know. Raises BadConfig for a model that does not exist.
    """
    info, defence = network_info(model), defence_of(model)
    if defence is not None:
        what = f"{info.title}. {defence.sentence} (arXiv {defence.arxiv}.)"
        return f"{what}\n\nThe network without it:\n\n{model_card(undefended(model))}"
    file = FOLDER / f"{model.replace('/', '-')}.md"
    if file.is_file():
        _, _, text = file.read_text(encoding="utf-8").partition("\n")
        return text.strip()
    if info.defence == "unknown":
        return _own_card(info)
    height, width = info.size
    parts = [
        f"{info.title}: {len(info.classes):,} classes, input {width} × {height} pixels.",
        f"Trained {info.trained}.",
        _accuracy(model),
        f"**Limits.** {LIMITS}",
        f"**Source.** {info.source}",
        f"**Licence.** {info.licence or 'Not stated.'}",
    ]
    return "\n\n".join(parts)


def _own_card(info: ModelInfo) -> str:
    return (
        f"{info.title}: {len(info.classes):,} classes, input {info.size[1]} × {info.size[0]} pixels.\n\n"
        f"These weights were given by you; nothing else is known of them.\n\n**Limits.** {LIMITS}"
    )


def _accuracy(model: str) -> str:
    known = published_of(model)
    if known is None:
        return "Its accuracy has not been measured here, and is not in RobustBench's table."
    return (
        f"Published by RobustBench ({ROBUSTBENCH}), of {known.images:,} test images: {known.clean:.1%} "
        f"right, {known.lowest:.1%} at ε = {known.epsilon} under the best attacks known."
    )
