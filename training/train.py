"""Train one of the bundled models: python -m training.train --recipe standard --data DIR --out DIR.

On a GPU the images lie in its memory and are augmented there: the processors only say what is next.

Every random choice of a step is drawn from generators seeded by (seed, step), so a run that was stopped goes
on exactly as if it had not been: the checkpoint holds no generator's state, only the number of steps done.
"""

import argparse
import copy
import csv
import io
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from malt_core.cli.options import path
from malt_core.errors import BadConfig, MaltError
from malt_core.storage.whole_files import write_whole
from training import card, checkpoint, finished, soft_labels
from training import tutor as taught
from training.augment import augment
from training.data import Images, load_images
from training.evaluate import clean_accuracy, noise_accuracy, pgd_accuracy, recalibrate
from training.optim import schedule, update_average
from training.parallel import Workers
from training.recipes import FURTHER, RECIPES, batch_loss
from training.run import Run
from training.soft_labels import SoftLabels
from training.tutor import Taught

SAVE_EVERY_S = 150
WATCHED = 500  # validation images attacked after every epoch
DRAWS = 100  # of noise on each of them at the end


@dataclass
class Trainer:
    """Carries a run to its end.

    teacher: the finished standard network, for the recipes that build on one. soft: of the training images.
    tutor: what is asked about every batch, in place of soft.
    """

    run: Run
    teacher: nn.Module | None
    train_images: Images
    val_images: Images
    out: Path
    device: torch.device
    soft: SoftLabels | None = None
    tutor: Taught | None = None

    def __post_init__(self) -> None:
        self.workers = Workers(self.run.shares)
        self.per_epoch = len(self.train_images) // self.run.recipe.batch_size
        if not self.per_epoch:
            raise BadConfig(
                f"{len(self.train_images)} images do not fill one batch of {self.run.recipe.batch_size}: "
                "give more images, or a smaller --batch-size."
            )
        self.total = self.per_epoch * self.run.recipe.epochs

    def train(self, stop_after: int | None = None) -> None:
        """Train to the end, or by `stop_after` more steps, saving as it goes; at the end, write the card."""
        run = self.run
        last = self.total if stop_after is None else min(self.total, run.step + stop_after)
        interval = 0.2 if sys.stderr.isatty() else 20
        name = run.recipe.name
        with tqdm(total=self.total, initial=run.step, desc=name, unit="step", mininterval=interval) as bar:
            while run.step < last:
                self._epoch(bar, last)
                if run.step % self.per_epoch == 0:
                    self._finish_epoch()
                self.save()
        if run.step == self.total:
            self._finish()

    def save(self) -> None:
        checkpoint.save(self.out / "checkpoint.pt", self.run.state())

    def _epoch(self, bar: tqdm, last: int) -> None:
        """Train on what is left of this epoch, or until `last` steps are done."""
        run, size = self.run, self.run.recipe.batch_size
        epoch, position = divmod(run.step, self.per_epoch)
        order = torch.randperm(len(self.train_images), generator=_generator(run.seed, -1 - epoch))
        order = order.to(self.device)
        started = saved = time.monotonic()
        for i in range(position, min(self.per_epoch, position + last - run.step)):
            run.loss_sum += self._step(order[i * size : (i + 1) * size])
            run.step += 1
            bar.set_postfix(loss=f"{run.loss_sum / (i + 1):.3f}", refresh=False)
            bar.update()
            now = time.monotonic()
            run.seconds, started = run.seconds + now - started, now
            if now - saved > SAVE_EVERY_S:
                self.save()
                saved = now

    def _step(self, chosen: Tensor) -> float:
        """One optimiser step on the images with the indices `chosen`; the mean loss comes back."""
        run, recipe, shares = self.run, self.run.recipe, self.run.shares
        progress = run.step / self.total

        def loss(net: nn.Module, share: int) -> Tensor:
            mine = chosen[share::shares]
            generator = _generator(run.seed, run.step * shares + share, self.device)
            size = recipe.size_at(progress)
            x = augment(self.train_images.pixels[mine], size, recipe.augmentation, generator)
            y = self.train_images.labels[mine]
            soft = None if self.soft is None else self.soft.probabilities(mine)
            tutor = None if self.tutor is None else self.tutor.probabilities
            return batch_loss(recipe, net, self.teacher, x, y, soft, progress, generator, tutor)

        run.net.train()
        mean_loss = self.workers.gradients(run.net, loss)
        factor = schedule((run.step + 1) / (self.total + 1))
        for optimiser, peak in zip(run.optimisers, (recipe.lr, recipe.rest_lr), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * factor
            optimiser.step()
        update_average(run.average, run.net, min(recipe.average_decay, (1 + run.step) / (10 + run.step)))
        return mean_loss

    def _finish_epoch(self) -> None:
        """Measure the averaged network on the validation images, and add a row to metrics.csv."""
        run = self.run
        size = run.recipe.size_at((run.step - 1) / self.total)
        net = copy.deepcopy(run.average)
        recalibrate(net, self.train_images, size, self.device, run.recipe.sigma, run.recipe.clean)
        row = {
            "epoch": run.step // self.per_epoch,
            "size": size,
            "loss": round(run.loss_sum / self.per_epoch, 4),
            "clean_accuracy": clean_accuracy(net, self.val_images, size, self.device, self.workers),
            "seconds": round(run.seconds),
        }
        if run.recipe.eps:
            row["pgd10_accuracy"] = self._pgd_accuracy(net, run.recipe.eps, size)
        if run.recipe.sigma:
            row["noise_accuracy"] = self._noise_accuracy(net, size, 1)
        run.history.append(row)
        run.loss_sum = 0.0
        tqdm.write(", ".join(f"{k} {v}" for k, v in row.items()), file=sys.stdout)
        sys.stdout.flush()
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(row))
        writer.writeheader()
        writer.writerows(run.history)
        write_whole(self.out / "metrics.csv", text.getvalue())

    def _pgd_accuracy(self, net: nn.Module, eps: float, size: int) -> float:
        return pgd_accuracy(net, self.val_images, WATCHED, size, eps, self.device, self.workers)

    def _noise_accuracy(self, net: nn.Module, size: int, draws: int) -> float:
        sigma = self.run.recipe.sigma
        return noise_accuracy(net, self.val_images, WATCHED, size, sigma, draws, self.device, self.workers)

    def _finish(self) -> None:
        """Give the averaged network its statistics at full size, save it, and write the card."""
        run, recipe = self.run, self.run.recipe
        full = self.train_images.pixels.shape[1]
        recalibrate(run.average, self.train_images, full, self.device, recipe.sigma, recipe.clean)
        self.save()
        net = checkpoint.load_average(self.out / "checkpoint.pt").to(self.device)
        size, count = self.val_images.pixels.shape[1], min(WATCHED, len(self.val_images))
        attacked = tuple(
            card.Attacked("PGD-10", f"{k}/255", count, self._pgd_accuracy(net, k / 255, size)) for k in (1, 4)
        )
        if recipe.sigma:
            accuracy = self._noise_accuracy(net, size, DRAWS)
            attacked += (card.under_noise(recipe.sigma, DRAWS, count, accuracy),)
        settings = asdict(recipe)
        written = card.Card(
            recipe=recipe.name,
            settings={k: settings[k] for k in settings if k not in ("name", "epochs", "needs_standard")},
            dataset=self.train_images.dataset,
            classes=len(self.train_images.classes),
            train_images=len(self.train_images),
            val_images=len(self.val_images),
            parameters=sum(p.numel() for p in net.parameters()),
            epochs=recipe.epochs,
            seed=run.seed,
            builds_on=tuple(run.lineage),
            hours=round(run.seconds / 3600, 2),
            date=card.today(),
            machine=card.machine(self.device),
            clean_accuracy=clean_accuracy(net, self.val_images, size, self.device, self.workers),
            attacked=attacked,
            licence=card.LICENCES.get(self.train_images.dataset, "See where the data came from."),
            limits=card.limits(recipe.name),
            soft_labels=run.soft_labels,
            versions={"torch": torch.__version__},
        )
        card.write(written, self.out / "card.json")


def _generator(seed: int, number: int, device: torch.device | str = "cpu") -> torch.Generator:
    return torch.Generator(device).manual_seed(seed * 1_000_003 + number)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    gpu = torch.cuda.is_available()
    p = argparse.ArgumentParser(prog="python -m training.train", description="Train one of the models.")
    p.add_argument("--recipe", choices=RECIPES, required=True)
    p.add_argument("--data", type=path, required=True, help="parquet shards or a folder of images")
    p.add_argument("--out", type=path, required=True, help="where checkpoint, metrics and card go")
    p.add_argument("--standard", type=path, help="finished standard model to build on (.pt or .safetensors)")
    p.add_argument("--further", type=path, help="finished model of the same recipe to go on from, likewise")
    soft = p.add_mutually_exclusive_group()
    soft.add_argument("--soft-labels", type=path, help="what training.soft_labels wrote for these images")
    soft.add_argument("--tutor", type=path, help="what training.tutor wrote for these classes")
    p.add_argument("--epochs", type=int, help="default: the recipe's")
    p.add_argument("--batch-size", type=int, help="default: the recipe's")
    p.add_argument("--limit", type=int, help="use only the first LIMIT training images")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint in --out, if there is one"
    )
    p.add_argument("--cache", type=path, help="where decoded images go (default: OUT/cache)")
    workers = 1 if gpu else min(8, os.cpu_count() or 1)
    p.add_argument("--workers", type=int, default=workers, help=f"parts of a batch (default here: {workers})")
    p.add_argument("--device", default="cuda" if gpu else "cpu")
    return p


def prepare(args: argparse.Namespace) -> Trainer:
    """Read the data and build the run that `args` describe, resumed where asked. Raises BadConfig."""
    if args.further and args.recipe not in FURTHER:
        raise BadConfig(f"There are no settings to go on with {args.recipe}; only for {', '.join(FURTHER)}.")
    given = {"epochs": args.epochs, "batch_size": args.batch_size}
    recipe = (FURTHER if args.further else RECIPES)[args.recipe]
    recipe = replace(recipe, **{k: v for k, v in given.items() if v is not None})
    device = torch.device(args.device)
    args.out.mkdir(parents=True, exist_ok=True)
    cache = args.cache or args.out / "cache"
    images, val_images = (load_images(args.data, split, cache) for split in ("train", "val"))
    soft = tutor = None
    if args.soft_labels and recipe.soft:
        soft = soft_labels.read(args.soft_labels, len(images), len(images.classes)).to(device)
    elif args.tutor and recipe.soft:
        tutor = taught.read(args.tutor, len(images.classes))
        tutor.net.to(device)
    given_soft = soft or tutor
    recipe = replace(recipe, label_smoothing=0.0) if given_soft else replace(recipe, soft=0.0)
    if args.limit is not None:
        images = images.first(args.limit)
    run = Run.new(recipe, args.seed, args.workers, len(images.classes), device)
    run.soft_labels = given_soft.about if given_soft else ""
    teacher = _begin(run, args.standard, args.further, device)
    path = args.out / "checkpoint.pt"
    if path.exists() and not args.resume:
        raise BadConfig(f"{path} exists: add --resume to go on with it, or choose another --out.")
    if path.exists():
        run.restore(checkpoint.load(path))
    return Trainer(run, teacher, images.to(device), val_images.to(device), args.out, device, soft, tutor)


def _begin(run: Run, standard: Path | None, further: Path | None, device: torch.device) -> nn.Module | None:
    """Give `run` the weights that it begins with; the network that it builds on comes back."""
    if further is None and not run.recipe.needs_standard:
        return None
    path = further or standard
    if path is None:
        raise BadConfig(f"The recipe {run.recipe.name} builds on a standard model: give --standard FILE.")
    before = finished.load(path)
    wanted = run.recipe.name if further else "standard"
    if before.recipe != wanted:
        raise BadConfig(f"{path} is a {before.recipe} model, not a {wanted} one.")
    run.lineage = [*before.lineage]
    run.soft_labels = run.soft_labels or before.soft_labels
    net = before.net.to(device)
    weights = net.state_dict()
    if run.recipe.name == "distilled":
        weights |= {k: v for k, v in run.net.state_dict().items() if k.startswith("head.")}
    run.start_from(weights)
    return net


def main(argv: list[str] | None = None) -> int:
    """Train as the command line says; 2 after a mistake in it."""
    torch.set_num_threads(1)  # the workers are the parallelism
    try:
        prepare(parser().parse_args(argv)).train()
    except MaltError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
