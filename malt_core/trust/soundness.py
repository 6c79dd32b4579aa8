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
from malt_core.numerics.random import own_randomness
from malt_core.trust import flags
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
    Warns (MaltWarning) of a network that answers the same image otherwise when asked again, and flags it: as
    randomised where torch's random numbers explain it, else as stateful. It also flags one that answers
    otherwise where a gradient is asked for, and one whose answer does not change with the image. Raises
    BadConfig, saying what to do, where the network fails on such images, or on another number of them; where
    what it returns are no logits; where the answer to an image depends on what else is in the batch, or on
    its place there; and where the answer changes with the image, and no gradient reaches it.
    """
    tried = look_at(network, x)
    noise = next((flag for flag in tried.flags if flag.code in ("randomised", "stateful")), None)
    if noise is not None:
        warnings.warn(
            f"{noise.message} It is attacked as it is, so what withstands may be fooled in another try, "
            "and what was fooled may be classified rightly.",
            MaltWarning,
            stacklevel=4,
        )
    return tried


def begin_anew(network: Network, seed: int) -> None:
    """Let every part of a network that draws random numbers of its own, and says so, begin with this seed.

    Such a part has a method reseed(seed).
    """
    for module in modules_within(network):
        reseed = getattr(module, "reseed", None)
        if callable(reseed):
            reseed(seed)


def look_at(network: Network, x: Tensor) -> TriedOut:
    """Do as `try_out`, without a warning."""
    begin_anew(network, 0)
    x = gradients.match_memory_format(network, x)
    first = x[:1]
    pair, twice = torch.cat((first, _another(first))), torch.cat((first, first))
    given = pair.clone()
    z = _answer(network, given, x)
    if not torch.equal(given, pair):
        network = OwnInput(network)
    found = _check_repeatable(network, pair, twice, z, x)
    found += _check_gradient(network, first, z, x, noisy=bool(found))
    return TriedOut(network, z, tuple(found))


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


def changes(network: Network, x: Tensor, z: Tensor, passes: Passes) -> list[Flag]:
    """Return a flag where the network answers images x (N, C, H, W) otherwise than before, with z (N, K)."""
    now = gradients.logits(network, x, passes, any_number=True)
    change = max(_difference(a, b, b) for a, b in zip(now, z, strict=True))
    return [_changing(network, x[:1], change, passes)] if change > SAME else []


def _changing(network: Network, x: Tensor, change: float, passes: Passes) -> Flag:
    """Return whether it is noise or state by which the answer to images x changes by so much."""
    answers = []
    for seed in (0, 0, 1):
        begin_anew(network, seed)
        with own_randomness(seed, x.device):
            answers.append(gradients.logits(network, x, passes, any_number=True)[0])
    still, other = (_difference(answers[0], answer, answers[0]) for answer in answers[1:])
    return flags.randomised(change) if still <= SAME < other else flags.stateful(change)


def _check_repeatable(network: Network, pair: Tensor, twice: Tensor, z: Tensor, x: Tensor) -> list[Flag]:
    """Flag noise, refuse an answer that depends on the neighbours; `pair` and `twice` begin alike."""

    def ask(images: Tensor) -> Tensor:
        return _answer(network, images, x)

    again, elsewhere = ask(pair)[0], ask(twice)
    noise, change = _difference(again, z[0], z[0]), _difference(elsewhere[0], z[0], z[0])
    place = _difference(elsewhere[1], elsewhere[0], z[0])
    if noise <= SAME and max(change, place) > DEPENDENT:
        raise BadConfig(_depends(max(change, place)))
    if change > DEPENDENT:
        answers = []
        for images in (pair, twice, pair, twice):
            with own_randomness(0, x.device):  # the same noise each time
                answers.append(ask(images)[0])
        still = max(_difference(answers[i], answers[i + 2], z[0]) for i in (0, 1))
        change = min(_difference(answers[i], answers[i + 1], z[0]) for i in (0, 2))
        if change > max(DEPENDENT, NOISE * still):
            raise BadConfig(_depends(change))
    return [_changing(network, pair, noise, Passes())] if noise > SAME else []


def _depends(change: float) -> str:
    return (
        "The network's answer to an image depends on what else is in the batch, or on its place there: with "
        f"another neighbour the scores change by {change:.1%} of their range. Attacks put images together as "
        "they like, so the result would mean nothing. Put the network into evaluation mode (model.eval()), "
        "and let it take no statistics over a batch."
    )


def _check_gradient(network: Network, first: Tensor, z: Tensor, x: Tensor, *, noisy: bool) -> list[Flag]:
    """Refuse a network whose answer changes with the image in a way that autograd cannot follow.

    z: (2, K), the answers to this image and to another. Flag one that answers this image otherwise where a
    gradient is asked for, unless it is noisy anyway, and one that answers both images alike.
    """
    leaf = first.detach().clone().requires_grad_()
    try:
        with torch.enable_grad():
            answer = gradients.forward(network, leaf, Passes(), any_number=True)
            value = answer.sum()
            reached = value.requires_grad and _reaches(value, leaf)
    except (MaltError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise BadConfig(_failure(network, first, x, error)) from error
    found = []
    change = _difference(answer[0].detach(), z[0], z[0])
    if change > SAME and not noisy:
        found.append(flags.other_answer(change))
    if _difference(z[1], z[0], z[0]) <= 1e-6:  # as is, too, where an answer is not finite
        found += [flags.constant()] if z.isfinite().all() else []
    elif not reached:
        raise BadConfig(
            "No gradient reaches the images: the network's answer changes with the image, but not in a way "
            "that autograd can follow. An attack by gradients finds nothing then, however easily the network "
            "is fooled. Look for torch.no_grad, inference_mode, detach, numpy or a quantised layer inside, "
            "and attack the network without it, or wrap that step in malt_core.straight_through."
        )
    return found


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
