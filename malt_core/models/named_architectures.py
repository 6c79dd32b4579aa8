"""Architectures of timm and torchvision by name, built without weights and without any download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import torch
from torch import nn

from malt_core.errors import BadConfig
from malt_core.models.weights.checkpoints import alone_and_quiet

LIBRARIES = ("timm", "torchvision")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_COUNTS = (7, 11)  # classes of two trials, whose shapes tell which tensors depend on the number


@dataclass(frozen=True)
class Architecture:
    """A named architecture. arch: "timm/NAME" or "torchvision/NAME"; size: height and width that it was made
    for; mean, std: the normalisation of its published weights, in the unit of pixels in [0, 1].
    """

    arch: str
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def build(self, classes: int, size: int | None = None) -> nn.Module:
        """Return the network for so many classes, with weights drawn at random and no normalisation.

        size: of square images, where its shapes depend on that. Raises BadConfig where it cannot be built.
        """
        library, _, name = self.arch.partition("/")
        try:
            with alone_and_quiet():
                if library == "torchvision":
                    return _torchvision(name, classes)
                return _timm(name, classes, None if size == self.size else size)
        except BadConfig:
            raise
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            said = " ".join(str(error).split())[:160].rstrip(".")
            raise BadConfig(f"{self.arch} cannot be built here: {said}. Choose another --arch.") from None

    def shapes(self, size: int | None = None) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
        """Return the shape of each tensor of the state dict, and, for those that depend on the number of
        classes, in which of its dimensions. Those dimensions' sizes mean nothing.
        """
        first, second = (self._shapes(count, size) for count in _COUNTS)
        depends = {
            name: next(i for i, (a, b) in enumerate(zip(shape, second[name], strict=True)) if a != b)
            for name, shape in first.items()
            if shape != second[name]
        }
        return first, depends

    def _shapes(self, classes: int, size: int | None) -> dict[str, tuple[int, ...]]:
        try:
            with torch.device("meta"):  # costs no memory, which some architectures cannot do without
                network = self.build(classes, size)
        except BadConfig:
            network = self.build(classes, size)
        return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def architecture(arch: str) -> Architecture:
    """Return the architecture of that name. Raises BadConfig, with the nearest names, for an unknown one."""
    library, _, name = arch.partition("/")
    if library not in LIBRARIES or not name:
        raise BadConfig(
            f"The architecture must be timm/NAME or torchvision/NAME, such as timm/resnet18, not "
            f"{arch[:80]!r}."
        )
    with alone_and_quiet():
        names = names_of(library)
        if name.partition(".")[0] not in names:
            near = get_close_matches(name, names, 3, 0.6)
            hint = (
                f"Did you mean {' or '.join(f'{library}/{one}' for one in near)}?"
                if near
                else "See its list."
            )
            raise BadConfig(f"{library} has no image classifier {name[:60]!r}. {hint}")
        if library == "torchvision":
            from torchvision.models import get_model_weights

            published = get_model_weights(name)
            if not len(published):
                return Architecture(arch, 224, *IMAGENET)
            prepare = published.DEFAULT.transforms()
            return Architecture(arch, prepare.crop_size[0], tuple(prepare.mean), tuple(prepare.std))
        import timm

        config = timm.get_pretrained_cfg(name, allow_unregistered=True)
        return Architecture(arch, config.input_size[-1], tuple(config.mean), tuple(config.std))


def names_of(library: str) -> list[str]:
    """Return the names of all image classifiers of "timm" or "torchvision"."""
    if library == "torchvision":
        from torchvision import models

        return models.list_models(module=models)
    import timm

    return timm.list_models()


def _torchvision(name: str, classes: int) -> nn.Module:
    from torchvision.models import get_model

    return get_model(name, weights=None, num_classes=classes)


def _timm(name: str, classes: int, size: int | None) -> nn.Module:
    import timm

    make: Callable[..., nn.Module] = timm.create_model
    how = {"pretrained": False, "num_classes": classes}
    if size is not None:
        try:
            return make(name, img_size=size, **how)
        except TypeError:  # most convolutional networks take any size
            pass
    return make(name, **how)
