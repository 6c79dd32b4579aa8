"""Networks that hide their gradients, each made of an ordinary one in about ten lines: for measurement only.

None of them makes a network harder to fool. What an attack leaves of them beyond what it leaves of the
network inside is a failure of that attack, and has to be flagged (malt_core/trust). After Athalye, Carlini
and Wagner, arXiv 1802.00420, whose shattered, stochastic and vanishing gradients they are.

Every function takes a network from (B, C, H, W) in [0, 1] to logits (B, K) and returns another such network.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

Wrapper = Callable[[nn.Module], nn.Module]


class Wrapped(nn.Module):
    """A network between a step on its input and one on its output."""

    def __init__(
        self,
        inner: nn.Module,
        before: Callable[[Tensor], Tensor] = lambda x: x,
        after: Callable[[Tensor], Tensor] = lambda z: z,
    ) -> None:
        super().__init__()
        self.inner, self.before, self.after = inner, before, after

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.inner(self.before(x)))


def with_backward(forward: Callable[[Tensor], Tensor], backward: Callable[[Tensor], Tensor]):
    """Return a function with the values of `forward` whose gradients pass through `backward`."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(_context, x: Tensor) -> Tensor:
            return forward(x).clone()

        @staticmethod
        def backward(_context, gradient: Tensor) -> Tensor:
            return backward(gradient)

    return Function.apply


def _same(x: Tensor) -> Tensor:
    return x


# Shattered: steps that have no gradient, or one that means nothing.


def levels_16(x: Tensor) -> Tensor:
    """Round to 16 levels, without a gradient."""
    return (x * 15).round() / 15


def thermometer(x: Tensor) -> Tensor:
    """Count the thresholds that a value exceeds (Buckman et al. 2018, summed up again)."""
    thresholds = torch.arange(1, 17, device=x.device) / 17
    return (x[..., None] > thresholds).to(x.dtype).mean(-1)


def jpeg(x: Tensor, quality: int = 75) -> Tensor:
    """Through a JPEG file and back, in which no gradient survives."""
    found = []
    for image in (x.detach() * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy():
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        found.append(np.asarray(Image.open(file)))
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).to(x) / 255


def staircase(x: Tensor) -> Tensor:
    """Sixteen smooth steps, flat nearly everywhere."""
    scaled = x * 15
    return (scaled.floor() + torch.sigmoid(200 * (scaled - scaled.floor() - 0.5))) / 15


def soft_staircase(x: Tensor) -> Tensor:
    """Sixteen steps, so smooth that a gradient passes, and next to none at a third of the values."""
    scaled = x * 15
    return (scaled.floor() + torch.sigmoid(20 * (scaled - scaled.floor() - 0.5))) / 15


def shattered(x: Tensor) -> Tensor:
    """A ripple far too fine to matter, with slopes far steeper than the picture's."""
    return x + 1e-3 * torch.sin(1e4 * x)


def median(x: Tensor) -> Tensor:
    """The median of 3 x 3 pixels."""
    b, c, h, w = x.shape
    patches = F.unfold(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3).view(b, c, 9, h, w)
    return patches.median(2).values


class _KWinners(nn.Module):
    """The largest fifth of a layer's values; the others are 0 (Xiao, Zhong and Zheng 2020)."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        least = flat.topk(max(1, flat.shape[1] // 5), dim=1).values[:, -1:]
        return torch.where(flat >= least, flat, 0.0).view_as(x)


def k_winners(network: nn.Module) -> nn.Module:
    """Let F.relu within the network keep only the largest values as well."""
    return _WithRelu(network, _KWinners())


class _WithRelu(nn.Module):
    def __init__(self, inner: nn.Module, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.inner, self.activation = inner, activation

    def forward(self, x: Tensor) -> Tensor:
        real = F.relu
        F.relu = lambda value, inplace=False: self.activation(real(value))
        try:
            return self.inner(x)
        finally:
            F.relu = real


def quantised_activations(network: nn.Module) -> nn.Module:
    """Round every activation to eighths, with a straight-through gradient of the wrong shape."""
    rounded = with_backward(lambda x: (x * 8).round() / 8, lambda g: g * torch.sign(torch.sin(1e3 * g)))
    return _WithRelu(network, rounded)


def quantised(network: nn.Module) -> nn.Module:
    """Its linear layers in 8-bit integers, which have no gradient."""
    found = copy.deepcopy(network).cpu()
    return torch.ao.quantization.quantize_dynamic(found, {nn.Linear}, dtype=torch.qint8)


# False: gradients that somebody has exchanged.


def _false(backward: Callable[[Tensor], Tensor]) -> Wrapper:
    return lambda network: Wrapped(network, before=with_backward(_same, backward))


def _nan_in_a_tenth(gradient: Tensor) -> Tensor:
    return torch.where(gradient.abs() > gradient.abs().flatten(1).quantile(0.9), torch.nan, gradient)


def _few(gradient: Tensor) -> Tensor:
    """Keep the gradient of one pixel in sixteen."""
    mask = torch.zeros_like(gradient)
    mask[..., ::4, ::4] = 1
    return gradient * mask


def one_member_with_gradient(network: nn.Module) -> nn.Module:
    """The mean of a network on the picture and, out of autograd's sight, on the picture mirrored."""
    return _Ensemble(network)


class _Ensemble(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return 0.3 * self.inner(x) + 0.7 * self.inner(x.flip(3)).detach()


class Detector(nn.Module):
    """Answers a picture that looks noisy from a smoothed copy, behind a hard condition."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        smooth = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, 1)
        noisy = (x - smooth).abs().flatten(1).mean(1) > 0.015
        return torch.where(noisy[:, None], self.inner(smooth).detach(), self.inner(x))


class KnowsGradients(nn.Module):
    """Gives another answer when a gradient will be asked for."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        z = self.inner(x)
        return z.flip(1) if torch.is_grad_enabled() and x.requires_grad else z


# Stochastic.


def noise(x: Tensor) -> Tensor:
    """Gaussian noise of 8/255."""
    return x + 8 / 255 * torch.randn_like(x)


def noise_of_the_image(x: Tensor) -> Tensor:
    """Gaussian noise of 8/255 whose seed is the image: the same for the same image, and no other."""
    seeds = (x.detach().double().flatten(1).sum(1) * 1e9).long().tolist()
    draws = [torch.randn(x.shape[1:], generator=torch.Generator().manual_seed(s)) for s in seeds]
    return x + 8 / 255 * torch.stack(draws).to(x)


def dropout(x: Tensor) -> Tensor:
    """Drop a tenth of the pixels, always."""
    return F.dropout(x, 0.1, training=True)


def random_resize(x: Tensor) -> Tensor:
    """Random resizing and padding (Xie et al. 2018)."""
    size = x.shape[-1] - int(torch.randint(0, 6, ()))
    small = F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
    left, top = (int(torch.randint(0, x.shape[-1] - size + 1, ())) for _ in range(2))
    return F.pad(small, (left, x.shape[-1] - size - left, top, x.shape[-1] - size - top))


class Stateful(nn.Module):
    """Shifts its picture by another pixel with each call."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.calls = inner, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.inner(x.roll(self.calls % 4, 3))


# Vanishing.


def saturated(z: Tensor) -> Tensor:
    """Probabilities at a temperature of 1e-4: 0 and 1 for float32."""
    return (1e4 * z).softmax(1)


def likeliest_only(z: Tensor) -> Tensor:
    """The likeliest class's logit; all others at -100."""
    return torch.where(z == z.amax(1, keepdim=True), z, -100.0)


def vanishing(z: Tensor) -> Tensor:
    """Sigmoids upon sigmoids."""
    for _ in range(3):
        z = torch.sigmoid(10 * z)
    return z


def _before(step: Callable[[Tensor], Tensor]) -> Wrapper:
    return lambda network: Wrapped(network, before=step)


def _after(step: Callable[[Tensor], Tensor]) -> Wrapper:
    return lambda network: Wrapped(network, after=step)


def _bend(x: Tensor, backward: Callable[[Tensor], Tensor]) -> Tensor:
    x = x.view_as(x)
    if x.requires_grad:
        x.register_hook(backward)
    return x


WRAPPERS: dict[str, Wrapper] = {
    "rounding": _before(levels_16),
    "thermometer": _before(thermometer),
    "jpeg": _before(jpeg),
    "staircase": _before(staircase),
    "soft-staircase": _before(soft_staircase),
    "shattered": _before(shattered),
    "median": _before(median),
    "k-winners": k_winners,
    "quantised": quantised,
    "quantised-activations": quantised_activations,
    "wrong-surrogate": _before(with_backward(levels_16, lambda g: g.flip(3))),
    "false-zero": _false(torch.zeros_like),
    "false-noise": _false(lambda g: torch.randn_like(g) * g.abs().mean()),
    "false-mixed": _false(lambda g: g + 3 * torch.randn_like(g) * g.std()),
    "false-negated": _false(torch.neg),
    "false-scaled": _false(lambda g: 1e-3 * g),
    "false-shuffled": _false(lambda g: g.flip(2)),
    "false-few": _false(_few),
    "false-nan": _false(_nan_in_a_tenth),
    "clipped": lambda network: Wrapped(network, before=lambda x: _bend(x, lambda g: g.clamp(-1e-9, 1e-9))),
    "ensemble": one_member_with_gradient,
    "detector": Detector,
    "knows-gradients": KnowsGradients,
    "noise": _before(noise),
    "noise-of-the-image": _before(noise_of_the_image),
    "dropout": _before(dropout),
    "random-resize": _before(random_resize),
    "stateful": Stateful,
    "softmax": _after(lambda z: z.softmax(1)),
    "log-softmax": _after(lambda z: z.log_softmax(1)),
    "temperature": _after(lambda z: 1e4 * z),
    "saturated": _after(saturated),
    "offset": _after(lambda z: z + 1e7),
    "sigmoid": _after(lambda z: z.sigmoid()),
    "likeliest-only": _after(likeliest_only),
    "rounded-logits": _after(lambda z: z.round()),
    "vanishing": _after(vanishing),
    "constant": _after(lambda z: 0 * z),
}
"""By name, what makes a network that hides its gradients."""
