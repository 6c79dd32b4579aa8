"""The models there are. Importing this loads no torch, so a page can offer models at once.

A provider is a module with two functions: `infos()` yields a ModelInfo for each of its models without heavy
imports, and `load(info, progress)` returns the network, which maps pixels (B, 3, H, W) in [0, 1] to logits
(B, K), or raises ModelUnavailable. One of models that work offline may have a third, `weights_file(info)`,
which says where their weights lie. To add models, write such a module and list it in PROVIDERS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Protocol

from malt_core.errors import BadConfig
from malt_core.models.providers import (
    autoattack_example,
    bundled,
    efficientnet_lite,
    robustbench_zoo,
    torchvision_zoo,
    uploaded,
)
from malt_core.models.weights.downloads import Progress, cache_dir
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn


DEFAULT_MODEL = "imagenet/efficientnet-lite0"
"""What is attacked where nobody chose: it knows most photographs, offline, and is quick on two cores."""


class Provider(Protocol):
    """What the catalogue asks of a source of models; a module will do."""

    def infos(self) -> Iterator[ModelInfo]: ...

    def load(self, info: ModelInfo, progress: Progress) -> nn.Module: ...


PROVIDERS: tuple[Provider, ...] = (
    efficientnet_lite,
    bundled,
    autoattack_example,
    robustbench_zoo,
    torchvision_zoo,
)


@cache
def _catalogue() -> dict[str, tuple[ModelInfo, Provider]]:
    return {info.id: (info, provider) for provider in PROVIDERS for info in provider.infos()}


def list_models(pattern: str | None = None) -> tuple[ModelInfo, ...]:
    """Return the models whose id matches a pattern such as "robustbench/cifar10/*", or all of them.

    A pattern without any of * ? [ matches wherever it occurs in an id. Case does not matter.
    """
    infos = (info for info, _ in _catalogue().values())
    if pattern is None:
        return tuple(infos)
    wanted = pattern.strip().casefold()
    if not any(sign in wanted for sign in "*?["):
        wanted = f"*{wanted}*"
    return tuple(info for info in infos if fnmatchcase(info.id.casefold(), wanted))


def model_info(id: str) -> ModelInfo:
    """Return what is known of the model with this id, such as "autoattack/resnet18-cifar10".

    Raises BadConfig for an unknown id, with the nearest ones.
    """
    return _entry(id)[0]


def provider_of(id: str) -> Provider:
    """Return the provider that loads the model with this id. Raises BadConfig as `model_info` does."""
    return _entry(id)[1]


@cache
def weights_digest(id: str) -> str:
    """Return the SHA-256 of the weights' file of an offline model, in hexadecimal digits; "" for all others.

    Raises BadConfig as `model_info` does.
    """
    if id.startswith(uploaded.START):
        return uploaded.find(id).sha256
    info, provider = _entry(id)
    file = provider.weights_file(info) if info.offline and hasattr(provider, "weights_file") else None
    return hashlib.sha256(file.read_bytes()).hexdigest() if file is not None and file.is_file() else ""


def describe_models(pattern: str | None = None) -> str:
    """Return a plain table of the models that match (see `list_models`) for a terminal.

    Raises BadConfig if none does.
    """
    infos = list_models(pattern)
    if not infos:
        raise BadConfig(f"No model matches {pattern!r}. {_suggestion(pattern or '')}")
    rows = [("id", "data set", "input", "classes", "suggested eps", "loads")]
    rows += [
        (
            info.id,
            info.dataset,
            f"{info.size[0]} × {info.size[1]}",
            str(len(info.classes)),
            f"{info.suggested_eps * 255:g}/255",
            _how_it_loads(info),
        )
        for info in infos
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    count = "1 model" if len(infos) == 1 else f"{len(infos)} models"
    return "\n".join([*lines, "", f"{count}. Downloads are kept in {cache_dir()}."])


def _how_it_loads(info: ModelInfo) -> str:
    if info.needs:
        return f"after pip install {info.needs}"
    return "offline" if info.offline else "by download"


def _entry(id: str) -> tuple[ModelInfo, Provider]:
    if id.startswith(uploaded.START):
        return uploaded.find(id).info, uploaded
    try:
        return _catalogue()[id]
    except KeyError:
        raise BadConfig(f"Unknown model {id!r}. {_suggestion(id)}") from None


def _suggestion(id: str) -> str:
    """Name up to three ids that hold the text, else are spelt like it, else one of whose parts is."""
    spelt = {known.casefold(): known for known in _catalogue()}
    by_part: dict[str, list[str]] = {}
    for known in spelt:
        for part in known.split("/"):
            by_part.setdefault(part, []).append(known)
    wanted = id.strip().casefold().strip("*")
    part = wanted.rpartition("/")[2]
    near = (
        [known for known in spelt if wanted and wanted in known]
        or get_close_matches(wanted, spelt, n=3, cutoff=0.8)
        or [known for near in get_close_matches(part, by_part, n=3) for known in by_part[near]]
    )
    names = " or ".join(repr(spelt[known]) for known in near[:3])
    question = f"Did you mean {names}? " if names else ""
    return f"{question}`malt models` lists all."
