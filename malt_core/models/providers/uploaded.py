"""Networks of one's own: weights in a file, the architecture by name. Importing this loads no torch.

Such a network's id says all that is needed to load it again:
"file:PATH?arch=timm/resnet18&size=64&classes=names.txt&mean=0.5,0.5,0.5&std=0.25,0.25,0.25&digest=…".
What is added here is known in this process until it is forgotten; nothing is written anywhere. No path is
opened by asking for what is known of an id: only `open_file` does that.
"""

from __future__ import annotations

import hashlib
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.errors import BadConfig
from malt_core.models.classes import class_names
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn

    from malt_core.models.weights.downloads import Progress

START = "file:"
SIZES = (8, 1024)
_DIGITS = 12
_IMAGENET = 1000


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Which weights, and what they are of.

    path: of the weights, or their name where they came without a path. arch: timm/NAME or torchvision/NAME.
    classes: a file with a name a line, "" for none. mean, std: for pixels in [0, 1], None for what the file
    or the architecture says; size: height and width, None for the architecture's. digest: of the weights
    that are meant, "" for any.
    """

    path: str
    arch: str
    classes: str = ""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: int | None = None
    digest: str = ""

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is None:
                continue
            if len(values) != 3 or not all(abs(value) < float("inf") for value in values):
                raise BadConfig(f"{name} must be three numbers, for red, green and blue.", setting=name)
            if max(values) > 1 or (name == "std" and min(values) <= 0):
                raise BadConfig(
                    f"{name} must be for pixels from 0 to 1, not {values[0]:g} and so on: divide what is "
                    "meant for 0 to 255 by 255; a std is above 0.",
                    setting=name,
                )
        if self.size is not None and not SIZES[0] <= self.size <= SIZES[1]:
            raise BadConfig(f"size must be from {SIZES[0]} to {SIZES[1]} pixels.", setting="size")

    @property
    def id(self) -> str:
        """The network's id."""
        said = {"arch": self.arch, "size": self.size or "", "classes": self.classes}
        for name, values in (("mean", self.mean), ("std", self.std)):
            said[name] = ",".join(f"{value:g}" for value in values or ())
        said["digest"] = self.digest
        words = urllib.parse.urlencode({name: text for name, text in said.items() if text}, safe="/,.")
        return f"{START}{self.path}?{words}"

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return Path(self.path).name or self.path


def parse(id: str) -> Spec:
    """Return what an id stands for. Raises BadConfig where it is none, or no architecture is named."""
    path, _, words = id.removeprefix(START).rpartition("?arch=")
    if not path.strip():
        raise BadConfig(
            f"{id[:80]!r} does not say which architecture the weights are of: add --arch timm/NAME or "
            "torchvision/NAME."
        )
    said = dict(urllib.parse.parse_qsl(f"arch={words}"))
    size = said.get("size", "")
    if size and not size.isdecimal():
        raise BadConfig(f"size must be a whole number, not {size[:20]!r}.", setting="size")
    return Spec(
        path=path,
        arch=said.get("arch", ""),
        classes=said.get("classes", ""),
        mean=numbers(said["mean"].split(",")) if "mean" in said else None,
        std=numbers(said["std"].split(",")) if "std" in said else None,
        size=int(size) if size else None,
        digest=said.get("digest", ""),
    )


def numbers(words: Sequence[str]) -> tuple[float, ...]:
    """Return three numbers, or one three times. Raises BadConfig for anything else."""
    try:
        values = tuple(float(word) for word in words if word.strip())
    except ValueError:
        values = ()
    if len(values) not in (1, 3):
        raise BadConfig(
            f"Three numbers were expected, for red, green and blue, not {','.join(words)[:40]!r}."
        )
    return values * 3 if len(values) == 1 else values


@dataclass(frozen=True)
class Own:
    """A network of somebody's own: its info, itself, the SHA-256 of its weights' file, and what was changed
    in these to fit, a sentence each.
    """

    info: ModelInfo
    network: nn.Module
    sha256: str
    notes: tuple[str, ...] = ()


_kept: dict[str, tuple[Own, int]] = {}
_guard = threading.Lock()


def add(own: Own) -> None:
    """Let this process know the network by its id, until it is forgotten as often as it was added."""
    with _guard:
        known, count = _kept.get(own.info.id, (own, 0))
        _kept[own.info.id] = known, count + 1


def forget(id: str) -> None:
    """Whoever added the network has gone."""
    with _guard:
        own, count = _kept.pop(id, (None, 0))
        if count > 1:
            _kept[id] = own, count - 1


def find(id: str) -> Own:
    """Return a network that was added. Raises BadConfig for all others, whatever lies at their path."""
    try:
        return _kept[id][0]
    except KeyError:
        name = Path(id.removeprefix(START).partition("?")[0]).name
        raise BadConfig(
            f"{name!r} is a network of somebody's own, which is not kept here: give its weights again, by "
            "--model file:PATH --arch NAME or on the page Own network."
        ) from None


def count() -> int:
    """Return how many networks this process keeps."""
    return len(_kept)


def is_kept(id: str) -> bool:
    """Return whether the network was added and not forgotten."""
    return id in _kept


def infos() -> Iterator[ModelInfo]:
    """Yield nothing: these networks are nobody else's, so no list has them."""
    yield from ()


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return a network that was added. Raises BadConfig as `find` does."""
    return find(info.id).network


def open_file(spec: Spec, names: Sequence[str] | None = None) -> Own:
    """Return the network of weights on this computer, not yet added. Raises BadConfig as `build` does.

    names: the classes', by default those in spec.classes. Torch's own files are read with weights_only=True.
    """
    from malt_core.models.weights.state_dict import read_file

    if names is None and spec.classes:
        names = read_names(read_file(Path(spec.classes)), spec.classes)
    return build(spec, read_file(Path(spec.path)), names, pickled=True)


def read_names(data: bytes, name: str) -> tuple[str, ...]:
    """Return the names in the lines of a text file. Raises BadConfig where it is none."""
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise BadConfig(f"{name} is no text in UTF-8: write one class name a line.") from None
    names = tuple(line.strip()[:80] for line in lines if line.strip())
    if len(set(names)) < max(2, len(names)):
        raise BadConfig(f"{name} must hold two or more different names, one class a line.")
    return names


def build(spec: Spec, data: bytes, names: Sequence[str] | None = None, *, pickled: bool = False) -> Own:
    """Return the network of these bytes, behind its normalisation, in evaluation mode.

    Raises BadConfig, saying what to change, where the bytes are no weights, do not fit the architecture, or
    the names are not as many as the classes, and where they are others than the digest says.
    """
    from torch import nn

    from malt_core.models.architectures import Normalise
    from malt_core.models.fitting import fit
    from malt_core.models.named_architectures import architecture
    from malt_core.models.weights.state_dict import read_state

    sha256 = hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256("\n".join([sha256, *(names or ())]).encode()).hexdigest()[:_DIGITS]
    if spec.digest not in ("", digest):
        raise BadConfig(
            f"{spec.name} has changed since: its digest is {digest}, not {spec.digest[:_DIGITS]}."
        )
    arch = architecture(spec.arch)
    fitted = fit(read_state(data, spec.name, pickled=pickled), arch, spec.size)
    if names is not None and len(names) != fitted.classes:
        raise BadConfig(
            f"{spec.classes or 'The list'} names {len(names):,} classes, and the network tells "
            f"{fitted.classes:,} apart: give one name a line, in the order of its outputs.",
            setting="classes",
        )
    network = arch.build(fitted.classes, spec.size)
    network.load_state_dict(fitted.state)
    mean = spec.mean or fitted.mean or arch.mean
    std = spec.std or fitted.std or arch.std
    spec = replace(spec, mean=mean, std=std, size=spec.size or arch.size, digest=digest)
    network = nn.Sequential(Normalise(mean, std), network).eval()
    return Own(_info(spec, fitted.classes, names), network, sha256, fitted.notes)


def _info(spec: Spec, count: int, names: Sequence[str] | None) -> ModelInfo:
    imagenet = names is None and count == _IMAGENET
    if names is None:
        names = class_names("imagenet") if imagenet else [f"class {i}" for i in range(count)]
    return ModelInfo(
        id=spec.id,
        title=f"{spec.name}, {'ImageNet' if imagenet else 'own classes'}, {spec.arch}",
        dataset="imagenet" if imagenet else "own",
        size=(spec.size, spec.size),
        classes=tuple(names),
        suggested_eps=1 / 255,
        offline=True,
        source=spec.path,
        licence="",
        defence="unknown",
    )
