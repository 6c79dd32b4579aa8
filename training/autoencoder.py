"""Train MagNet's small autoencoder, and take the thresholds of the detectors on clean images.

python -m training.autoencoder --data DIR --cache runs/cache --to assets/models
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import torch as safetensors
from torch import Tensor, nn

from malt_core.cli.options import path
from malt_core.defences.autoencoder import Autoencoder, load_autoencoder, reconstruction_error
from malt_core.defences.card import WEIGHTS, Card, load_card
from malt_core.defences.squeezing import squeezed_distance
from malt_core.errors import MaltError
from malt_core.models.catalogue import list_models
from malt_core.models.loaders import load_model
from malt_core.storage.whole_files import write_together
from training.data import Images, load_images

NOISE = 0.02  # standard deviation; MagNet's own is 0.025 of [0, 1] for CIFAR-10
RATE, BATCH = 4e-3, 64
FALSE_ALARMS = 0.05
MOST = 1.99  # of a distance that is 2 at most: no threshold above tells pictures apart
CHOSEN = 600  # training images of which thresholds are taken, and held-back ones to check them on
LICENCE = "Tiny-ImageNet is a subset of ImageNet: for non-commercial research and teaching."


def batch(images: Images, places: Tensor) -> Tensor:
    """Return those images as (B, 3, H, W) float32 in [0, 1]."""
    return images.pixels[places].permute(0, 3, 1, 2).float().div(255).contiguous()


def train(images: Images, epochs: int, seed: int) -> Autoencoder:
    """Return an autoencoder that has learnt to take noise off the images."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Autoencoder().to(memory_format=torch.channels_last)
    steps = epochs * (len(images) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
    done = 0
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=generator)
        for places in order[: len(order) // BATCH * BATCH].split(BATCH):
            x = batch(images, places)
            noisy = (x + NOISE * torch.randn(x.shape, generator=generator)).clamp(0, 1)
            loss = F.mse_loss(network.unclipped(noisy.contiguous(memory_format=torch.channels_last)), x)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            done += 1
            if done % 50 == 0:
                print(f"epoch {epoch + 1}, step {done} of {steps}: {float(loss):.5f}", flush=True)
    return network.eval().requires_grad_(False)


@torch.no_grad()
def errors_of(autoencoder: nn.Module, x: Tensor) -> Tensor:
    """Return the reconstruction errors of images (N, 3, H, W), (N,)."""
    return torch.cat([reconstruction_error(autoencoder, part) for part in x.split(256)])


@torch.no_grad()
def distances_of(network: nn.Module, x: Tensor) -> Tensor:
    """Return feature squeezing's distances of images (N, 3, H, W), (N,)."""
    parts = (part.contiguous(memory_format=torch.channels_last) for part in x.split(64))
    return torch.cat([squeezed_distance(network, part, network(part)) for part in parts])


def write(network: Autoencoder, card: Card, folder: Path) -> Card:
    """Write weights, card.json and card.md, all or none. Returns the card with its digest."""
    state = {name: values.half().contiguous() for name, values in network.state_dict().items()}
    weights = safetensors.save(state)
    card = replace(card, sha256=hashlib.sha256(weights).hexdigest())
    write_together(
        folder,
        {
            WEIGHTS.name: weights,
            WEIGHTS.with_suffix(".md").name: _described(card, sum(map(torch.numel, state.values()))),
            WEIGHTS.with_suffix(".json").name: json.dumps(asdict(card), indent=1) + "\n",
        },
        last=WEIGHTS.with_suffix(".json").name,
    )
    return card


def _described(card: Card, parameters: int) -> str:
    rows = "\n".join(
        f"| {name} | {card.squeezing.get(name, card.detector):.4g} | {card.held_back[name]:.1%} |"
        for name in card.held_back
    )
    return f"""# {card.dataset}/autoencoder

MagNet's reformer and detector (arXiv 1705.09064) for 64x64 RGB pictures in [0, 1]: a convolutional
autoencoder with {parameters:,} parameters, trained on {card.train_images:,} clean training images
(epochs: {card.epochs}) with Gaussian noise of σ = {card.noise}, seed {card.seed}, finished {card.date}.
Mean squared error on held-back images: {card.squared_error:.5f}.

Thresholds of the detectors: {card.false_alarms:.0%} of {CHOSEN:,} clean training images lie above.
"detector": mean absolute reconstruction error. A network's id: feature squeezing's largest L1 distance
between its answers (arXiv 1704.01155).

| detector | threshold | false alarms, {card.held_back_images:,} held-back clean images |
|---|---|---|
{rows}

**Limits.** It was trained and measured on Tiny-ImageNet alone. Pictures from elsewhere are refused more or
less often.

**Data.** {card.licence}
"""


def measured(card: Card, train_set: Images, held_back: Images) -> Card:
    """Return the card with thresholds and false alarms, of the autoencoder and the networks as stored."""
    generator = torch.Generator().manual_seed(card.seed + 1)
    chosen = batch(train_set, torch.randperm(len(train_set), generator=generator)[:CHOSEN])
    others = batch(held_back, torch.arange(min(CHOSEN, len(held_back))))
    autoencoder = load_autoencoder()
    keep = 1 - FALSE_ALARMS
    detector = float(errors_of(autoencoder, chosen).quantile(keep))
    alarms = {"detector": float((errors_of(autoencoder, others) > detector).float().mean())}
    squeezing = {}
    for info in list_models(f"{card.dataset}/*"):
        network = load_model(info.id)
        threshold = float(distances_of(network, chosen).quantile(keep))
        if threshold > MOST:  # as sure answers as a distilled network's are as far apart as answers can be
            continue
        squeezing[info.id] = threshold
        alarms[info.id] = float((distances_of(network, others) > squeezing[info.id]).float().mean())
        print(f"{info.id}: {squeezing[info.id]:.4f}, false alarms {alarms[info.id]:.2%}", flush=True)
    squared = float(F.mse_loss(torch.cat([autoencoder(part) for part in others.split(256)]), others))
    return replace(
        card,
        squared_error=squared,
        detector=detector,
        squeezing=squeezing,
        held_back=alarms,
        held_back_images=len(others),
    )


def main(argv: list[str] | None = None) -> int:
    """Train and measure as the command line says; 2 after a mistake in it."""
    p = argparse.ArgumentParser(prog="python -m training.autoencoder", description="Train the autoencoder.")
    p.add_argument("--data", type=path, required=True, help="folder with training and validation images")
    p.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded images go")
    p.add_argument("--to", type=path, default=WEIGHTS.parent, help="folder to write to")
    p.add_argument("--epochs", type=int, default=1)
    p.add_argument("--images", type=int, default=20_000, help="training images to learn from, at random")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--measure-only", action="store_true", help="take the thresholds again, of what is stored")
    args = p.parse_args(argv)
    try:
        train_set = load_images(args.data, "train", args.cache)
        held_back = load_images(args.data, "val", args.cache)
        if args.measure_only:
            network, card = load_autoencoder(), load_card()
        else:
            some = torch.randperm(len(train_set), generator=torch.Generator().manual_seed(args.seed))
            some = some[: args.images].sort().values
            learnt = replace(train_set, pixels=train_set.pixels[some], labels=train_set.labels[some])
            network = train(learnt, args.epochs, args.seed)
            empty = Card(
                sha256="",
                dataset=train_set.dataset,
                train_images=len(learnt),
                held_back_images=0,
                epochs=args.epochs,
                noise=NOISE,
                seed=args.seed,
                squared_error=0.0,
                false_alarms=FALSE_ALARMS,
                detector=0.0,
                squeezing={},
                held_back={},
                date=datetime.now(UTC).date().isoformat(),
                licence=LICENCE,
            )
            card = write(network, empty, args.to)
        write(network, measured(card, train_set, held_back), args.to)
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
