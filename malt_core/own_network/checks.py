"""A network of one's own, step by step: what attacks rely on, and nobody sees if it does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig, MaltError
from malt_core.images.decoding import decode
from malt_core.images.gallery import DEFAULT_PHOTO, GALLERY
from malt_core.images.resize import reduced, to_sample
from malt_core.images.sources import open_sample
from malt_core.models.architectures import Normalise
from malt_core.models.classes import class_index
from malt_core.models.named_architectures import IMAGENET
from malt_core.models.providers.uploaded import Own, Spec, build
from malt_core.numerics.modules import modules_within
from malt_core.own_network.types import Labelled, Step
from malt_core.trust import outputs, soundness
from malt_core.trust.review import training
from malt_core.types import ModelInfo

_OTHER_PHOTO = "cat"


def examine(
    spec: Spec,
    data: bytes,
    names: Sequence[str] | None = None,
    labelled: Labelled | None = None,
    *,
    pickled: bool = False,
) -> Iterator[Step | Own]:
    """Yield each step of a network of these weights, and then the network itself, unless a step failed that
    must not. The arguments are those of uploaded.build.
    """
    try:
        own = build(spec, data, names, pickled=pickled)
    except BadConfig as error:
        yield Step("classes" if error.setting == "classes" else "keys", False, str(error))
        return
    fine = True
    for step in check(own, labelled):
        fine = fine and not step.fatal
        yield step
    if fine:
        yield own


def check(own: Own, labelled: Labelled | None = None) -> Iterator[Step]:
    """Yield each step of a network whose weights are in it already; the last is the first that fails.

    labelled: a picture that it should name. Never raises a MaltError: what goes wrong is said in a step.
    """
    notes = " ".join(own.notes)
    count = len(own.network.state_dict())
    yield Step("keys", True, f"{count - 2:,} tensors, names, shapes and numbers. {notes}".strip())
    yield Step("classes", True, _named(own.info))
    for step in _behaviour(own.network, own.info):
        yield step
        if step.fatal:
            return
    if labelled is not None:
        yield _right(own, labelled)


def _behaviour(network: nn.Module, info: ModelInfo) -> Iterator[Step]:
    """Yield what can be seen of any network that answers pictures in [0, 1] of the size in info."""
    yield _normalisation(network)
    x = torch.stack([_photo(photo, info.size) for photo in (DEFAULT_PHOTO, _OTHER_PHOTO)])
    try:
        with torch.no_grad():
            z = network(x)
        yield _logits(z, len(info.classes))
        tried = soundness.look_at(network, x)
    except MaltError as error:
        name = "gradient" if "gradient" in str(error) else "repeatable"
        yield Step(name, False, str(error))
        return
    except (RuntimeError, ValueError, IndexError, AssertionError) as error:
        said = " ".join(str(error).split())[:160].rstrip(".")
        yield Step(
            "logits", False, f"It fails on pictures of {info.size[0]} pixels: {said}. Give another size."
        )
        return
    changing = [*training(network), *(f for f in tried.flags if f.code in ("randomised", "stateful"))]
    if changing:
        yield Step("repeatable", False, f"{changing[0].message} {changing[0].advice}")
        return
    yield Step("repeatable", True, "Asked again, and beside other pictures, it answers as before.")
    dead = next((flag for flag in tried.flags if flag.code in ("constant", "no-gradient")), None)
    yield _gradient(network, x) if dead is None else Step("gradient", False, f"{dead.message} {dead.advice}")


def _photo(photo: str, size: tuple[int, int]) -> Tensor:
    return open_sample(f"{GALLERY}{photo}", size, crop="centre").x


def _named(info: ModelInfo) -> str:
    count = f"{len(info.classes):,}"
    if info.dataset == "imagenet":
        return f"{count}: taken for ImageNet's. If they are others, give their names, one a line."
    if info.classes[0] == "class 0":
        return f"{count}, without names. Give a text file with one name a line to see them."
    return f"{count}, from “{info.classes[0]}” to “{info.classes[-1]}”."


def _normalisation(network: nn.Module) -> Step:
    """Return how the network normalises pictures in [0, 1]."""
    inside = next((m for m in modules_within(network) if isinstance(m, Normalise)), None)
    if inside is None:
        return Step("normalisation", True, "The network is given pixels from 0 to 1 as they are.")
    mean, std = (", ".join(f"{v:g}" for v in t.flatten().tolist()) for t in (inside.mean, inside.std))
    return Step("normalisation", True, f"Pixels from 0 to 1, less {mean}, divided by {std}.")


def _logits(z: Tensor, classes: int) -> Step:
    if not isinstance(z, Tensor) or z.shape != (2, classes):
        return Step("logits", False, f"It does not answer with one number for each of {classes:,} classes.")
    if not z.isfinite().all():
        return Step(
            "logits", False, "Its answers are no finite numbers: give another checkpoint, or float32."
        )
    if found := outputs.probabilities(z):
        return Step("logits", False, f"{found[0].message} {found[0].advice}")
    return Step("logits", True, f"From {float(z.min()):.1f} to {float(z.max()):.1f} on two photographs.")


def _gradient(network: nn.Module, x: Tensor) -> Step:
    leaf = x.clone().requires_grad_()
    with torch.enable_grad():
        top = network(leaf).topk(2, dim=1).values
        (gradient,) = torch.autograd.grad((top[:, 0] - top[:, 1]).sum(), leaf)
    if not gradient.isfinite().all():
        return Step(
            "gradient", False, "The gradient at a picture holds NaN: look for square roots or logs of 0."
        )
    if not gradient.flatten(1).abs().amax(1).gt(0).all():
        return Step(
            "gradient",
            False,
            "The gradient at a picture is zero, so that no step has a direction: look for rounding inside, "
            "or weights that are all zero.",
        )
    length = float(gradient.flatten(1).norm(dim=1).mean())
    return Step(
        "gradient", True, f"Its length at two photographs is {length:.2g}, in logits a unit of pixels."
    )


def _right(own: Own, labelled: Labelled) -> Step:
    """Return whether the user's picture is named as it should be; if not, what would name it so."""
    info = own.info
    try:
        label = class_index(info.classes, labelled.label)
        image = reduced(decode(labelled.data, labelled.name))
        x = to_sample(image, info.size, crop="centre", name=labelled.name).x[None]
    except MaltError as error:
        return Step("labelled", False, str(error))
    index, sure = _answer(own.network, x)
    names = f"“{info.classes[index]}” ({sure:.1%})"
    if index == label:
        return Step("labelled", True, f"It says {names}.")
    ways = {
        "without a normalisation (mean 0, std 1): perhaps it normalises inside already": own.network[-1],
        "with blue and red exchanged: it was trained on BGR pictures, not offered here": nn.Sequential(
            _Flipped(), own.network
        ),
        "with ImageNet's mean and std, 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225": nn.Sequential(
            Normalise(*IMAGENET), own.network[-1]
        ),
        "with pixels from 0 to 255: it was trained without a division by 255": nn.Sequential(
            _Scaled(), own.network[-1]
        ),
    }
    other = next((way for way, network in ways.items() if _answer(network, x)[0] == label), None)
    hint = (
        f"It is right {other}."
        if other
        else "See whether the class names stand in the order of its outputs, and whether mean, std and "
        "size are those of its training."
    )
    return Step("labelled", False, f"It says {names}, not “{info.classes[label]}”. {hint}")


def _answer(network: nn.Module, x: Tensor) -> tuple[int, float]:
    with torch.no_grad():
        sure, index = network(x).softmax(1)[0].max(0)
    return int(index), float(sure)


class _Flipped(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flip(1)


class _Scaled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 255


def failed(steps: list[Step]) -> BadConfig | None:
    """Return the error that ends it, where a step failed that must not."""
    bad = next((step for step in steps if step.fatal), None)
    return None if bad is None else BadConfig(f"{bad.title}: no. {bad.said}")
