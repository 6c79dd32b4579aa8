"""The five recipes: what each is trained with, and the loss of one batch.

standard     cross-entropy with label smoothing.
robust       adversarial training with N-FGSM (de Jorge et al. 2022, arXiv 2202.01181): one gradient-sign
             step from a noisy start, not clipped back into the ball; eps grows over the first part.
distilled    defensive distillation (Papernot et al. 2016, arXiv 1511.04508): learns the probabilities that
             the standard model gives. The network learns its logits divided by the temperature, and its
             head is multiplied by the temperature at the end; that is training at a temperature T and
             using the result at 1, only better conditioned. To save time it starts with the teacher's
             convolutions, under a fresh head.
regularised  cross-entropy plus the squared norm of its gradient in the input (Drucker and LeCun 1992;
             Ross and Doshi-Velez 2018, arXiv 1711.09404), by differentiating twice.
noise        Gaussian noise on every image (Cohen et al. 2019, arXiv 1902.02918), for randomised smoothing. It
             is not clipped to [0, 1]: the certificate is for the whole of it. A fifth of the images stays
             clean, so that the network knows pictures without noise as well.

Where soft labels (soft_labels.py) or a tutor (tutor.py) are given, all but `distilled` learn a mixture of
what those say and the labels.
RECIPES begin from the start or from the finished standard network; FURTHER goes on with a finished network of
the same recipe.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.augment import Augmentation, cutmix
from training.precision import autocast

Name = Literal["standard", "robust", "distilled", "regularised", "noise"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What one kind of training is made of.

    lr: Muon's peak; rest_lr: AdamW's, for what Muon does not train (see optim.py).
    stages: (share of the run at which it starts, image side in pixels).
    eps: Linf radius in [0, 1] that the training attack grows to; eps_grown: share of the run when it is
        there. penalty: weight of the squared input gradient. temperature: of the distillation.
    sigma: standard deviation of the Gaussian noise, in [0, 1] pixel units. clean: share of images without it.
    soft: share of soft labels or tutor in what is learnt. With them label_smoothing is 0, without, soft is.
    cutmix: share of the images that get a box of another image (see augment.cutmix); for long runs.
    needs_standard: whether it starts from, or is taught by, a finished standard model.
    """

    name: Name
    epochs: int
    lr: float
    rest_lr: float
    stages: tuple[tuple[float, int], ...]
    augmentation: Augmentation
    label_smoothing: float = 0.1
    batch_size: int = 384
    average_decay: float = 0.98
    eps: float = 0.0
    eps_grown: float = 0.3
    penalty: float = 0.0
    temperature: float = 1.0
    sigma: float = 0.0
    clean: float = 0.0
    soft: float = 0.5
    cutmix: float = 0.0
    needs_standard: bool = True

    def size_at(self, progress: float) -> int:
        """Side of the training images, in pixels, at `progress` in [0, 1]."""
        return [size for start, size in self.stages if progress >= start][-1]

    def eps_at(self, progress: float) -> float:
        """Radius of the training attack at `progress`: from a quarter of eps up to eps."""
        if not self.eps_grown:
            return self.eps
        return self.eps * min(1.0, 0.25 + 0.75 * progress / self.eps_grown)


STRONG = Augmentation(min_side=0.65)
LIGHT = Augmentation(min_side=0.75)

RECIPES: dict[str, Recipe] = {
    r.name: r
    for r in (
        Recipe(
            name="standard",
            epochs=12,
            lr=0.08,
            rest_lr=0.004,
            stages=((0.0, 32), (0.4, 48), (0.85, 64)),
            augmentation=STRONG,
            needs_standard=False,
        ),
        Recipe(
            name="robust",
            epochs=4,
            lr=0.05,
            rest_lr=0.0025,
            stages=((0.0, 32), (0.2, 48), (0.8, 64)),
            augmentation=LIGHT,
            eps=4 / 255,
        ),
        Recipe(
            name="distilled",
            epochs=2,
            lr=0.008,
            rest_lr=0.004,  # the head is fresh, the convolutions are the teacher's
            stages=((0.0, 48), (0.7, 64)),
            augmentation=LIGHT,
            temperature=20.0,
            soft=0.0,
        ),
        Recipe(
            name="regularised",
            epochs=2,
            lr=0.02,
            rest_lr=0.001,
            stages=((0.0, 48), (0.85, 64)),
            augmentation=LIGHT,
            penalty=0.05,
        ),
        Recipe(
            name="noise",
            epochs=2,
            lr=0.03,
            rest_lr=0.0015,
            stages=((0.0, 48), (0.7, 64)),
            augmentation=LIGHT,
            sigma=0.12,
            clean=0.2,
        ),
    )
}

FURTHER: dict[str, Recipe] = {
    r.name: r
    for r in (
        replace(
            RECIPES["standard"],
            epochs=8,
            lr=0.05,
            rest_lr=0.0025,
            stages=((0.0, 40), (0.4, 48), (0.85, 64)),
        ),
        replace(
            RECIPES["robust"],
            epochs=12,
            lr=0.04,
            rest_lr=0.002,
            stages=((0.0, 48), (0.4, 64)),
            augmentation=Augmentation(min_side=0.7),
            average_decay=0.995,
            soft=0.4,
            eps_grown=0.0,
        ),
    )
}


def batch_loss(
    recipe: Recipe,
    net: nn.Module,
    teacher: nn.Module | None,
    x: Tensor,
    y: Tensor,
    soft: Tensor | None,
    progress: float,
    generator: torch.Generator,
    tutor: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """The loss of one batch, a scalar.

    x: (B, 3, S, S) in [0, 1]; y: (B,) int64; soft: (B, K) probabilities, or None where there are none;
    tutor: what gives such probabilities of the batch as it is shown, in place of soft.
    """
    smoothing = recipe.label_smoothing
    target = F.one_hot(y, net.head.out_features).float()
    if soft is not None:
        target = torch.lerp(target, soft, recipe.soft)
    if recipe.cutmix:
        x, target = cutmix(x, target, recipe.cutmix, generator)
    if tutor is not None:
        target = torch.lerp(target, tutor(x), recipe.soft)
    if recipe.name == "robust":
        x = n_fgsm(net, x, y, recipe.eps_at(progress), generator)
    if recipe.name == "noise":
        x = noisy(x, recipe.sigma, generator, recipe.clean)
    if recipe.name == "distilled":
        with torch.no_grad():
            target = logits(teacher, x).softmax(1)
        smoothing = 0.0
    if recipe.name == "regularised":
        x = x.requires_grad_()
        loss = F.cross_entropy(logits(net, x), target, label_smoothing=smoothing)
        (gradient,) = torch.autograd.grad(loss * len(x), x, create_graph=True)
        return loss + recipe.penalty * gradient.square().sum((1, 2, 3)).mean()
    return F.cross_entropy(logits(net, x), target, label_smoothing=smoothing)


def logits(net: nn.Module, x: Tensor) -> Tensor:
    """(B, K) float32, computed in bfloat16 where that is fast."""
    with autocast(x.device):
        z = net(x)
    return z.float()


def n_fgsm(net: nn.Module, x: Tensor, y: Tensor, eps: float, generator: torch.Generator) -> Tensor:
    """Noise of up to 2 eps, then one step of eps along the gradient's sign; only [0, 1] is clipped to."""
    noise = torch.rand(x.shape, generator=generator, device=x.device) * 2 - 1
    start = (x + 2 * eps * noise).clamp_(0, 1).requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(logits(net, start), y), start)
    return (start.detach() + eps * gradient.sign()).clamp_(0, 1)


def noisy(x: Tensor, sigma: float, generator: torch.Generator, clean: float = 0.0) -> Tensor:
    """x (B, 3, H, W) with Gaussian noise of deviation sigma on all but a share `clean` of it; not clipped."""
    sigmas = sigma * (torch.rand((len(x), 1, 1, 1), generator=generator, device=x.device) >= clean)
    return x + sigmas * torch.randn(x.shape, generator=generator, device=x.device)
