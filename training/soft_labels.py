"""What an ImageNet network says of every training image, as soft labels for the recipes.

python -m training.soft_labels --data DATA --to soft.npz

EfficientNet-Lite0 sees each image scaled up. Its batch-norm statistics are taken anew from such blurred
images. Its last layer is replaced by one for the data's own classes, fitted to their labels in FOLDS parts:
each image's soft label comes from a layer that never saw that image's own label. (A layer fitted to all
images repeats the labels.)
"""

import argparse
import copy
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from malt_core.errors import BadConfig, MaltError
from malt_core.models.catalogue import model_info
from malt_core.models.efficientnet_lite import EfficientNetLite
from malt_core.models.providers.efficientnet_lite import read_network
from malt_core.storage.whole_files import whole_file
from training.augment import to_batch
from training.data import Images, load_images
from training.precision import autocast

TEACHER = "imagenet/efficientnet-lite0"
BATCH = 125
RECALIBRATED = 3000  # images
FOLDS = 5
DROPOUT = 0.6


@dataclass(frozen=True)
class SoftLabels:
    """logits: (N, K) float16, of the training images in order; about: where they come from."""

    logits: Tensor
    about: str

    def probabilities(self, chosen: Tensor) -> Tensor:
        """(B, K) float32, of the images with the indices `chosen`."""
        return self.logits[chosen].float().softmax(1)

    def to(self, device: torch.device) -> "SoftLabels":
        """The same on `device`."""
        return replace(self, logits=self.logits.to(device))


def write(soft: SoftLabels, path: Path) -> None:
    """Write the .npz that `read` reads."""
    with whole_file(path) as file:
        np.savez(file, logits=soft.logits.numpy(), about=np.array(soft.about))


def read(path: Path, count: int, classes: int) -> SoftLabels:
    """Read what `write` wrote. Raises BadConfig where it is missing or of other images or classes."""
    try:
        with np.load(path) as file:
            soft = SoftLabels(torch.from_numpy(file["logits"]), str(file["about"]))
    except (OSError, ValueError, KeyError) as e:
        raise BadConfig(f"{path} is no file of soft labels that training.soft_labels wrote ({e}).") from e
    if soft.logits.shape != (count, classes):
        raise BadConfig(
            f"{path} has soft labels of {len(soft.logits)} images and {soft.logits.shape[1]} classes; "
            f"the data has {count} and {classes}."
        )
    return soft


@torch.no_grad()
def features(net: EfficientNetLite, images: Images, side: int, workers: int, device: torch.device) -> Tensor:
    """(N, F) float32 before the last layer, of images scaled up to `side`; changes `net`, on device."""

    def enlarged(batch: slice) -> Tensor:
        x = to_batch(images.pixels[batch].to(device))
        return F.interpolate(x, (side, side), mode="bicubic").clamp(0, 1)

    def seen(x: Tensor) -> Tensor:
        with torch.no_grad(), autocast(device):
            return net.features(x).float().cpu()

    batches = [slice(i, i + BATCH) for i in range(0, len(images), BATCH)]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    net.train()
    for batch in batches[: RECALIBRATED // BATCH]:
        seen(enlarged(batch))
    net.eval()
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda batch: seen(enlarged(batch)), batches)
        return torch.cat(list(tqdm(found, total=len(batches), desc="features", unit="batch")))


def fit_head(x: Tensor, y: Tensor, classes: int, epochs: int = 12, seed: int = 0) -> nn.Linear:
    """A linear layer from x (N, F) to the labels y (N,), by AdamW with a rate that falls to zero.

    Without dropout it names 83% of the images that it was fitted to, and no more of the others.
    """
    torch.manual_seed(seed)
    head = nn.Linear(x.shape[1], classes)
    optimiser = torch.optim.AdamW(head.parameters(), 1e-3, weight_decay=0.1)
    size = min(1000, -(-len(x) // 60))
    per_epoch = len(x) // size
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, epochs * per_epoch)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for i in range(per_epoch):
            chosen = order[i * size : (i + 1) * size]
            optimiser.zero_grad()
            F.cross_entropy(head(F.dropout(x[chosen], DROPOUT)), y[chosen]).backward()
            optimiser.step()
            decay.step()
    return head.requires_grad_(False)


def cross_fitted(x: Tensor, y: Tensor, classes: int) -> Tensor:
    """(N, classes) logits of each of x (N, F), from a head fitted to the other folds."""
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    fold = torch.arange(len(x)) % FOLDS  # the shards are shuffled
    logits = torch.empty(len(x), classes)
    for k in range(FOLDS):
        head = fit_head(x[fold != k], y[fold != k], classes)
        logits[fold == k] = head(x[fold == k])
    return logits


def make(
    teacher: EfficientNetLite, images: Images, side: int, workers: int, device: torch.device
) -> SoftLabels:
    """The soft labels of `images`; prints how often they name the label, which they have not seen."""
    seen = features(copy.deepcopy(teacher).to(device), images, side, workers, device)
    logits = cross_fitted(seen, images.labels, len(images.classes))
    right = (logits.argmax(1) == images.labels).float().mean().item()
    print(f"{len(images)} images, {right:.1%} named as labelled", flush=True)
    about = (
        f"EfficientNet-Lite0, trained on ImageNet, at {side} px under a new last layer ({right:.1%} right)"
    )
    return SoftLabels(logits.half(), about)


def main(argv: list[str] | None = None) -> int:
    """Write the soft labels that the command line asks for; 2 after a mistake in it."""
    gpu = torch.cuda.is_available()
    p = argparse.ArgumentParser(prog="python -m training.soft_labels", description="Make soft labels.")
    p.add_argument("--data", type=Path, required=True, help="parquet shards or a folder of images")
    p.add_argument("--to", type=Path, required=True, help="the .npz to write")
    p.add_argument("--side", type=int, default=160, help="pixels that the images are scaled up to")
    p.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded images go")
    p.add_argument("--workers", type=int, default=1 if gpu else min(8, os.cpu_count() or 1))
    p.add_argument("--device", default="cuda" if gpu else "cpu")
    args = p.parse_args(argv)
    torch.set_num_threads(1)  # the workers are the parallelism
    try:
        images = load_images(args.data, "train", args.cache)
        soft = make(
            read_network(model_info(TEACHER)), images, args.side, args.workers, torch.device(args.device)
        )
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    args.to.parent.mkdir(parents=True, exist_ok=True)
    write(soft, args.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
