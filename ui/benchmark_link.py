"""The part of the address that holds the settings of the Benchmark page; see ui/link.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from malt_core.evaluation.types import ATTACKS, Attack
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import NORMS, ModelInfo, Norm
from ui import link
from ui.benchmark_run import MOST_IMAGES

Source = Literal["gallery", "file"]
SOURCES: tuple[Source, ...] = ("gallery", "file")


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings:
    """What the widgets say.

    eps: as typed, one or a few, right or wrong. n: how many images of a file. A link cannot hold the file.
    """

    model: str
    eps: str
    attacks: tuple[Attack, ...] = ("malt", "naive")
    norm: Norm = "linf"
    source: Source = "gallery"
    n: int = 20


def write(settings: BenchmarkSettings) -> dict[str, str]:
    """The query parameters of these settings."""
    return {
        "model": settings.model,
        "attacks": ",".join(settings.attacks),
        "eps": settings.eps,
        "norm": settings.norm,
        "images": settings.source,
        "n": str(settings.n),
    }


def read(
    params: Mapping[str, str], models: Sequence[str], info: Callable[[str], ModelInfo]
) -> tuple[BenchmarkSettings, list[str]]:
    """Settings, and complaints about what could not be used, for which there are the defaults."""
    complaints: list[str] = []
    norm = link.pick("norm", params.get("norm"), NORMS, "linf", complaints)
    model = link.pick("model", params.get("model"), models, DEFAULT_MODEL, complaints)
    start = BenchmarkSettings(model=model, norm=norm, eps=f"{link.default_eps(info(model), norm):g}")
    asked = [name for name in params.get("attacks", ",".join(start.attacks)).split(",") if name]
    chosen = {link.pick("attack", name, ATTACKS, "", complaints) for name in asked}
    n = params.get("n", str(start.n))
    if not (n.isdecimal() and 1 <= int(n[:9]) <= MOST_IMAGES):
        complaints.append(f"The link says n={n[:20]}: it must be from 1 to {MOST_IMAGES}.")
        n = str(start.n)
    settings = BenchmarkSettings(
        model=model,
        eps=params.get("eps", start.eps),
        attacks=tuple(attack for attack in ATTACKS if attack in chosen),
        norm=norm,
        source=link.pick("images", params.get("images"), SOURCES, "gallery", complaints),
        n=int(n),
    )
    return settings, complaints
