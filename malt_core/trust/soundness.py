"""A network tried out ahead of an attack: what every attack relies on, and nobody sees if it does not hold.

Attacks put images together as they like, ask for gradients at the input and take the answer of the network as
that to this image. A network for which that is not so would give wrong figures without a word.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig, MaltError, MaltWarning
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Passes
from malt_core.numerics.modules import Network, modules_within
from malt_core.trust.flags import Flag

SAME = 1e-3  # answers that differ by less, as a share of the range of an image's logits, are the same
DEPENDENT = 1e-2  # ... and by more are another; rounding in half precision lies between
NOISE = 10.0  # so many times as far as by the network's own noise
FORWARD, BACKWARD = 7, 1  # images that are sent through the network for it


class OwnInput(nn.Module):
    """The same function as `network`, which is given a copy of the images, to overwrite as it likes."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.training = False

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.clone())


@dataclass(frozen=True)
class TriedOut:
    """A network that can be attacked. network: as given, or wrapped so that it overwrites none of its input.

    logits: (2, K), of an image and of another that differs from it everywhere. flags: what the trial found.
    """

    network: Network
    logits: Tensor
    flags: tuple[Flag, ...] = ()


def try_out(network: Network, x: Tensor) -> TriedOut:
    """Find out whether the network can be attacked, on the first of the images x (B, C, H, W), in [0, 1].

    network: already in evaluation mode. Costs FORWARD and BACKWARD passes, no part of an attack's cost.
    Warns (MaltWarning) of a network that answers the same image otherwise when asked again. Raises BadConfig,
    saying what to do, where the network fails on such images, or on another number of them; where what it
    returns are no logits; where the answer to an image depends on what else is in the batch; and where the
    answer changes with the image, and no gradient reaches it.
    """
    x = gradients.match_memory_format(network, x)
    first = x[:1]
    pair, twice = torch.cat((first, _another(first))), torch.cat((first, first))
    given = pair.clone()
    z = _answer(network, given, x)
    if not torch.equal(given, pair):
        network = OwnInput(network)
    _check_repeatable(network, pair, twice, z, x)
    _check_gradient(network, first, z, x)
    return TriedOut(network, z)


def _another(image: Tensor) -> Tensor:
    """Return an image (1, C, H, W) in [0, 1] that differs by a half in three of seven pixels."""
    places = torch.arange(image.numel(), device=image.device).view(image.shape)
    return torch.where(places % 7 < 4, image, torch.where(image < 0.5, image + 0.5, image - 0.5))


def _answer(network: Network, images: Tensor, x: Tensor) -> Tensor:
    """Return the logits of a few images like x; what goes wrong is put into a sentence."""
    try:
        return gradients.logits(network, images, Passes(), any_number=True)
    except (MaltError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise BadConfig(_failure(network, images, x, error)) from error


def _difference(a: Tensor, b: Tensor, z: Tensor) -> float:
    """Return how far two answers (K,) to an image lie apart, as a share of the range of its logits z (K,).

    Where one is not finite there is nothing to compare, so that is 0.
    """
    spread = float(z.max() - z.min()) + 1e-3 * float(z.abs().max())
    far = float((a - b).abs().max())
    return far / spread if spread > 0 and far == far and far != float("inf") else 0.0


def _check_repeatable(network: Network, pair: Tensor, twice: Tensor, z: Tensor, x: Tensor) -> None:
    """Warn of noise, refuse an answer that depends on the neighbours; `pair` and `twice` begin alike."""

    def ask(images: Tensor, *, seed: int | None = None) -> Tensor:
        if seed is not None:
            torch.manual_seed(seed)
        return _answer(network, images, x)[0]

    again, elsewhere = ask(pair), ask(twice)
    noise, change = _difference(again, z[0], z[0]), _difference(elsewhere, z[0], z[0])
    if noise > SAME:
        warnings.warn(
            "The network gives another answer when it is asked again about the same image (scores change by "
            f"{noise:.1%} of their range): there is noise in it. It is attacked as it is, so what withstands "
            "may be fooled in another try, and what was fooled may be classified rightly.",
            MaltWarning,
            stacklevel=5,
        )
    if change <= DEPENDENT:
        return
    with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):  # with the same noise each time
        answers = [ask(images, seed=0) for images in (pair, twice, pair, twice)]
    noise = max(_difference(answers[i], answers[i + 2], z[0]) for i in (0, 1))
    change = min(_difference(answers[i], answers[i + 1], z[0]) for i in (0, 2))
    if change > max(DEPENDENT, NOISE * noise):
        raise BadConfig(
            "The network's answer to an image depends on what else is in the batch: with another neighbour "
            f"the scores change by {change:.1%} of their range. Attacks put images together as they like, so "
            "the result would mean nothing. Put the network into evaluation mode (model.eval()), and let it "
            "take no statistics over a batch."
        )


def _check_gradient(network: Network, first: Tensor, z: Tensor, x: Tensor) -> None:
    """Refuse a network whose answer changes with the image in a way that autograd cannot follow.

    z: (2, K), the answers to this image and to another.
    """
    leaf = first.detach().clone().requires_grad_()
    try:
        with torch.enable_grad():
            value = gradients.forward(network, leaf, Passes(), any_number=True).sum()
            reached = value.requires_grad and _reaches(value, leaf)
    except (MaltError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise BadConfig(_failure(network, first, x, error)) from error
    if not reached and _difference(z[1], z[0], z[0]) > 1e-6:
        raise BadConfig(
            "No gradient reaches the images: the network's answer changes with the image, but not in a way "
            "that autograd can follow. An attack by gradients finds nothing then, however easily the network "
            "is fooled. Look for torch.no_grad, inference_mode, detach, numpy or a quantised layer inside, "
            "and attack the network without it."
        )


def _reaches(value: Tensor, leaf: Tensor) -> bool:
    with torch.autocast(leaf.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(value, leaf, allow_unused=True)
    return gradient is not None


def _failure(network: Network, images: Tensor, x: Tensor, error: Exception) -> str:
    """Return what to do about a network that raised this error on the images, which are like those of x."""
    modules = modules_within(network)
    tensors = [t for m in modules for t in (*m.parameters(recurse=False), *m.buffers(recurse=False))]
    if any(tensor.is_inference() for tensor in tensors):
        return (
            "The model was made under torch.inference_mode, so no gradient can be taken of it. Make or load "
            "it outside, or attack a copy: copy.deepcopy(model), outside inference_mode."
        )
    dtypes = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
    half = next((dtype for dtype in dtypes if dtype in (torch.float16, torch.bfloat16)), None)
    if half is not None and "type" in str(error):
        return f"The model's weights are {half}; give a float32 model: model.float()."
    if images.shape[3] <= 4 < images.shape[1]:
        return (
            f"The shape {tuple(x.shape)} looks like (batch, height, width, channels), and the model fails on "
            "it. Expected (batch, channels, height, width): give x.permute(0, 3, 1, 2)."
        )
    said = " ".join(str(error).split())[:300]
    hints = " ".join(_hints(network, images, x, dtypes))
    return (
        f"The model fails on images of shape {tuple(images.shape)}, "
        f"{str(images.dtype).removeprefix('torch.')}: {type(error).__name__}: {said.rstrip('.')}. {hints}"
    ).rstrip()


def _hints(network: Network, images: Tensor, x: Tensor, dtypes: list[torch.dtype]) -> Iterator[str]:
    """Yield what may be wrong."""
    if torch.float64 in dtypes and images.dtype == torch.float32:
        yield "It has float64 weights: let the function give it float64 images, x.double()."
    if any(hasattr(module, "_orig_mod") for module in modules_within(network)):
        yield (
            "It was compiled: give the network that was given to torch.compile, which works without a "
            "compiler."
        )
    other = next((n for n in (1, 2, len(x)) if n != len(images) and _takes(network, x, n)), None)
    if other is not None:
        yield (
            f"It takes {other} images at a time, but not {len(images)}: attacks send any number, so let it "
            "take any, or wrap it in a function that fills up the batch."
        )


def _takes(network: Network, x: Tensor, n: int) -> bool:
    """Return whether the network takes n images at a time."""
    try:
        gradients.logits(
            network, x[torch.arange(n, device=x.device) % len(x)].clone(), Passes(), any_number=True
        )
    except Exception:
        return False
    return True
