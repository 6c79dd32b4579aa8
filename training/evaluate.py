"""Clean accuracy, accuracy under a ten-step projected-gradient attack, and batch-norm statistics for both."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.augment import to_batch
from training.data import Images
from training.parallel import Workers
from training.recipes import logits, noisy

BATCH = 125
RECALIBRATED = 3000  # training images


@torch.no_grad()
def recalibrate(
    net: nn.Module,
    images: Images,
    size: int,
    device: torch.device,
    sigma: float = 0.0,
    clean: float = 0.0,
) -> None:
    """Replace the batch-norm statistics by those of unaugmented training images at `size` x `size` pixels.

    What was gathered while training belongs to crops and changed colours, and to smaller images: measured on
    a short `standard` run, 37% with those statistics, 44% with these. `net` is left in eval mode.

    sigma, clean: as in `noisy`. With the statistics of clean images alone, a `noise` network named 4% of
    noisy images, with those of noisy images alone, 21% of clean ones.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    momentum = [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # a plain mean over the batches
    net.train()
    generator = torch.Generator(device).manual_seed(0)
    for batch in _batches(min(RECALIBRATED, len(images))):
        logits(net, noisy(_load(images, batch, size, device)[0], sigma, generator, clean))
    for m, before in zip(norms, momentum, strict=True):
        m.momentum = before
    net.eval()


def clean_accuracy(
    net: nn.Module, images: Images, size: int, device: torch.device, workers: Workers
) -> float:
    """Share of right top-1 answers in float32 at `size` x `size` pixels; `net` is put into eval mode."""
    net.eval()

    def right(batch: slice) -> int:
        x, y = _load(images, batch, size, device)
        with torch.no_grad():
            return int((net(x).argmax(1) == y).sum())

    return sum(workers.map(right, _batches(len(images)))) / len(images)


def pgd_accuracy(
    net: nn.Module,
    images: Images,
    count: int,
    size: int,
    eps: float,
    device: torch.device,
    workers: Workers,
    steps: int = 10,
) -> float:
    """Share of the first `count` images that stay right under PGD (Linf, step eps / 4, from the image).

    Steps in bfloat16, judged in float32. An upper bound on robust accuracy, cheap enough for every epoch: a
    sudden fall to 0 is catastrophic overfitting, the known failure of single-step adversarial training.
    """
    net.eval()
    count = min(count, len(images))

    def right(batch: slice) -> int:
        x, y = _load(images, batch, size, device)
        adversarial = pgd(net, x, y, eps, steps)
        with torch.no_grad():
            return int(((net(x).argmax(1) == y) & (net(adversarial).argmax(1) == y)).sum())

    return sum(workers.map(right, _batches(count))) / count


def noise_accuracy(
    net: nn.Module,
    images: Images,
    count: int,
    size: int,
    sigma: float,
    draws: int,
    device: torch.device,
    workers: Workers,
) -> float:
    """Share of the first `count` images that the majority of `draws` noisy copies names right, in float32.

    The noise is Gaussian, of standard deviation sigma, not clipped; seeded, so that the number comes again.
    """
    net.eval()
    count = min(count, len(images))

    def right(batch: slice) -> int:
        x, y = _load(images, batch, size, device)
        generator = torch.Generator(device).manual_seed(batch.start)
        votes = 0
        for _ in range(draws):
            with torch.no_grad():
                z = net(noisy(x, sigma, generator))
            votes = votes + F.one_hot(z.argmax(1), z.shape[1])
        return int((votes.argmax(1) == y).sum())

    return sum(workers.map(right, _batches(count))) / count


def pgd(net: nn.Module, x: Tensor, y: Tensor, eps: float, steps: int) -> Tensor:
    """x: (B, 3, H, W) in [0, 1] to images at most eps away in Linf, along the cross-entropy's gradient."""
    adversarial = x
    for _ in range(steps):
        adversarial = adversarial.detach().requires_grad_()
        loss = F.cross_entropy(logits(net, adversarial), y, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, adversarial)
        moved = adversarial.detach() + eps / 4 * gradient.sign()
        adversarial = moved.clamp(min=x - eps, max=x + eps).clamp_(0, 1)
    return adversarial


def _batches(count: int) -> list[slice]:
    return [slice(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]


def _load(images: Images, batch: slice, size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    x = to_batch(images.pixels[batch].to(device))
    if size != x.shape[-1]:
        x = F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return x, images.labels[batch].to(device)
