"""A tutor for the recipes: an ImageNet network fine-tuned to the data, asked about every batch.

python -m training.tutor --data DATA --to tutor.safetensors

EfficientNet-Lite0 under a new last layer for the data's own classes, trained as a whole on the training
images, scaled up. Unlike soft labels (soft_labels.py), which are made once for whole images, its word is of
each batch just as it was cropped and mixed (Beyer et al. 2022, arXiv 2106.05237: a good teacher is
consistent). It costs a pass of the tutor for each image and epoch: for a GPU.
"""

import argparse
import copy
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from tqdm import tqdm

from malt_core.cli.options import path
from malt_core.errors import BadConfig, MaltError
from malt_core.models.catalogue import model_info
from malt_core.models.efficientnet_lite import FEATURES, EfficientNetLite
from malt_core.models.providers.efficientnet_lite import read_network
from malt_core.storage.whole_files import write_whole
from training.augment import augment, cutmix
from training.data import Images, load_images
from training.evaluate import clean_accuracy
from training.optim import schedule
from training.parallel import Workers
from training.precision import autocast
from training.recipes import STRONG
from training.soft_labels import TEACHER

BATCH = 256
LR = 0.001  # AdamW's peak; 0.003 unlearns ImageNet
SMOOTHING = 0.1
CUTMIX = 0.5


class Tutor(nn.Module):
    """(B, 3, S, S) images in [0, 1] to (B, classes) logits; they are seen scaled up to `side` pixels."""

    def __init__(self, lite0: EfficientNetLite, classes: int, side: int) -> None:
        super().__init__()
        self.lite0, self.side = lite0, side
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, (self.side, self.side), mode="bicubic").clamp(0, 1)
        return self.head(self.lite0.features(x)).float()


@dataclass(frozen=True)
class Taught:
    """A finished tutor, frozen; about: where it comes from, for the cards of what learns from it."""

    net: Tutor
    about: str

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """(B, K) float32, what the tutor says of x (B, 3, S, S) in [0, 1]."""
        with autocast(x.device):
            z = self.net(x)
        return z.float().softmax(1)


def fine_tune(lite0: EfficientNetLite, images: Images, side: int, epochs: int, seed: int = 0) -> Tutor:
    """A tutor for the classes of `images`, trained where they are; the rate rises, then falls to zero."""
    device = images.pixels.device
    torch.manual_seed(seed)
    net = Tutor(copy.deepcopy(lite0).requires_grad_(), len(images.classes), side)
    net.to(device, memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(net.parameters(), LR, weight_decay=0.05)
    size = min(BATCH, len(images))
    per_epoch = len(images) // size
    for step in tqdm(range(epochs * per_epoch), desc="tutor", unit="step", mininterval=5):
        if step % per_epoch == 0:
            order = torch.randperm(len(images)).to(device)
        chosen = order[step % per_epoch * size :][:size]
        generator = torch.Generator(device).manual_seed(seed * 1_000_003 + step)
        x = augment(images.pixels[chosen], images.pixels.shape[1], STRONG, generator)
        y = F.one_hot(images.labels[chosen], len(images.classes)).float()
        x, y = cutmix(x, y, CUTMIX, generator)
        optimiser.param_groups[0]["lr"] = LR * schedule((step + 1) / (epochs * per_epoch + 1))
        optimiser.zero_grad()
        with autocast(device):
            z = net(x)
        F.cross_entropy(z.float(), y, label_smoothing=SMOOTHING).backward()
        optimiser.step()
    return net.eval().requires_grad_(False)


def write(taught: Taught, path: Path) -> None:
    """Write the .safetensors file that `read` reads, weights as float16."""
    state = taught.net.state_dict()
    state = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}
    write_whole(path, save(state, {"about": taught.about, "side": str(taught.net.side)}))


def read(path: Path, classes: int) -> Taught:
    """Read what `write` wrote. Raises BadConfig where it is missing, or of another number of classes."""
    try:
        with safe_open(path, "pt") as file:
            about, side = file.metadata()["about"], int(file.metadata()["side"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        net = Tutor(EfficientNetLite(0), len(state["head.bias"]), side)
        net.load_state_dict(state)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as e:
        raise BadConfig(f"{path} is no tutor that training.tutor wrote ({e}).") from e
    if net.head.out_features != classes:
        raise BadConfig(f"{path} knows {net.head.out_features} classes; the data has {classes}.")
    return Taught(net.eval().requires_grad_(False).to(memory_format=torch.channels_last), about)


def main(argv: list[str] | None = None) -> int:
    """Train the tutor that the command line asks for; 2 after a mistake in it."""
    gpu = torch.cuda.is_available()
    p = argparse.ArgumentParser(prog="python -m training.tutor", description="Fine-tune a tutor.")
    p.add_argument("--data", type=path, required=True, help="parquet shards or a folder of images")
    p.add_argument("--to", type=path, required=True, help="the .safetensors file to write")
    p.add_argument("--side", type=int, default=128, help="pixels that the images are scaled up to")
    p.add_argument("--epochs", type=int, default=4)
    p.add_argument("--limit", type=int, help="use only the first LIMIT training images")
    p.add_argument("--cache", type=path, default=Path("runs/cache"), help="where decoded images go")
    p.add_argument("--device", default="cuda" if gpu else "cpu")
    args = p.parse_args(argv)
    try:
        device = torch.device(args.device)
        images, val_images = (load_images(args.data, s, args.cache).to(device) for s in ("train", "val"))
        if args.limit is not None:
            images = images.first(args.limit)
        net = fine_tune(read_network(model_info(TEACHER)), images, args.side, args.epochs)
        right = clean_accuracy(net, val_images, val_images.pixels.shape[1], device, Workers(1))
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    print(f"{right:.1%} of {len(val_images)} validation images named right", flush=True)
    about = (
        f"EfficientNet-Lite0, trained on ImageNet, fine-tuned for {args.epochs} epochs at {args.side} px "
        f"({right:.1%} right), asked about every batch as it was cropped and mixed"
    )
    args.to.parent.mkdir(parents=True, exist_ok=True)
    write(Taught(net.cpu(), about), args.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
