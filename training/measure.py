"""Every number of a model card, measured on the shipped weights.

python -m training.measure --weights FILE --data DIR

Clean accuracy on all validation images; robust accuracy on the first 500, by our MALT and by pyautoattack
(apgd-ce, then apgd-t on what is left), at each --eps; for `noise`, how many of those the majority of 100
noisy copies names right; with --photos, how many photographs it names right. The card beside the weights is
brought up to date.
"""

import argparse
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor, nn

from malt_core import malt
from malt_core.attacks.autoattack import apgd_ce, apgd_t
from malt_core.cli.options import path
from malt_core.errors import BadConfig, MaltError
from malt_core.harness.counting import CountingModel
from malt_core.models.providers.bundled import read_network
from malt_core.numerics.gradients import Passes
from training import card
from training.augment import to_batch
from training.data import Images, load_images, load_photos
from training.evaluate import clean_accuracy, noise_accuracy, pgd_accuracy
from training.parallel import Workers

ATTACKS = ["pgd", "malt", "autoattack"]
DRAWS = 100  # of noise on each image


def malt_accuracy(net: nn.Module, x: Tensor, y: Tensor, eps: float) -> float:
    """Share of the images that stay right under MALT."""
    return 1 - malt(net, x, y, eps=eps).success.float().mean().item()


def autoattack_accuracy(net: nn.Module, x: Tensor, y: Tensor, eps: float) -> float:
    """Share of the images that stay right under AutoAttack's APGD on cross-entropy, then on 9 targets."""
    counted = CountingModel(net, Passes())
    for attack in (apgd_ce, apgd_t):
        left = (predictions(net, x) == y).nonzero()[:, 0]
        for chunk in left.split(100):
            x = x.index_copy(0, chunk, attack(counted, x[chunk], y[chunk], eps=eps))
    return (predictions(net, x) == y).float().mean().item()


@torch.no_grad()
def predictions(net: nn.Module, x: Tensor) -> Tensor:
    """Classes (B,) of x, in float32."""
    return torch.cat([net(batch).argmax(1) for batch in x.split(100)])


def measure(
    net: nn.Module, images: Images, count: int, radii: list[str], attacks: list[str]
) -> tuple[float, tuple[card.Attacked, ...]]:
    """Clean accuracy, and what each attack leaves of the first `count` images at each radius ("4/255")."""
    x, y = to_batch(images.pixels[:count]), images.labels[:count]
    device, workers = torch.device("cpu"), Workers(1)
    size = images.pixels.shape[1]
    clean = clean_accuracy(net, images, size, device, workers)
    print(f"clean, {len(images)} images: {clean:.2%}", flush=True)
    rows = []
    for radius in radii:
        eps = float(Fraction(radius))
        for attack in attacks:
            if attack == "pgd":
                name, accuracy = "PGD-10", pgd_accuracy(net, images, count, size, eps, device, workers)
            elif attack == "malt":
                name, accuracy = "MALT", malt_accuracy(net, x, y, eps)
            else:
                name, accuracy = "pyautoattack apgd-ce + apgd-t", autoattack_accuracy(net, x, y, eps)
            print(f"{name} at {radius}, {len(y)} images: {accuracy:.2%}", flush=True)
            rows.append(card.Attacked(name, radius, len(y), round(accuracy, 4)))
    return clean, tuple(rows)


def measure_noise(net: nn.Module, images: Images, count: int, sigma: float) -> card.Attacked:
    """How many of the first `count` images the majority of DRAWS noisy copies names right."""
    size, workers = images.pixels.shape[1], Workers(1)
    accuracy = noise_accuracy(net, images, count, size, sigma, DRAWS, torch.device("cpu"), workers)
    row = card.under_noise(sigma, DRAWS, min(count, len(images)), accuracy)
    print(f"{row.attack}, {row.eps}, {row.images} images: {accuracy:.2%}", flush=True)
    return row


def measure_photos(net: nn.Module, folder: Path, images: Images) -> dict[str, int]:
    """The card's photos and photos_right, for the photographs in `folder` of the classes of `images`."""
    pixels, labels = load_photos(folder, images.classes, images.pixels.shape[1])
    right = int((predictions(net, to_batch(pixels)) == labels).sum())
    print(f"photographs: {right} of {len(labels)}", flush=True)
    return {"photos": len(labels), "photos_right": right}


def main(argv: list[str] | None = None) -> int:
    """Measure as the command line says; 2 after a mistake in it."""
    p = argparse.ArgumentParser(prog="python -m training.measure", description="Measure shipped weights.")
    p.add_argument(
        "--weights", type=path, required=True, help="a .safetensors file that training.export wrote"
    )
    p.add_argument("--data", type=path, required=True, help="folder with the validation images")
    p.add_argument("--cache", type=path, default=Path("runs/cache"), help="where decoded images go")
    p.add_argument("--count", type=int, default=500, help="validation images to attack, the first ones")
    p.add_argument("--eps", nargs="+", default=["1/255", "4/255"])
    p.add_argument("--attacks", nargs="*", default=ATTACKS, choices=ATTACKS)
    p.add_argument("--photos", type=Path, help="folder of photographs named WNID_NAME.jpg")
    args = p.parse_args(argv)
    try:
        if not args.weights.exists():
            raise BadConfig(f"There are no weights at {args.weights}: export a finished run first.")
        images = load_images(args.data, "val", args.cache)
        net, file = read_network(args.weights), args.weights.with_suffix(".json")
        written = card.read(file)
        clean, rows = measure(net, images, args.count, args.eps, args.attacks)
        if written.settings.get("sigma"):
            rows += (measure_noise(net, images, args.count, written.settings["sigma"]),)
        if args.photos:
            written = replace(written, **measure_photos(net, args.photos, images))
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    card.write(card.with_measured(written, clean, rows), file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
