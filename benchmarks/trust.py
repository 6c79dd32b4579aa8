"""Is what MALT Lab leaves robust? One row a network: plain ones, and ones that hide their gradients.

    python -m benchmarks.trust --tiny FILE --cifar FILE --photos FOLDER --out DIR [--n 24] [--seconds 120]

For each: how many images MALT Lab leaves; how many AutoAttack standard leaves of as many as it gets through
in so many seconds, beginning with those that MALT Lab leaves; how many an attack leaves that knows what is
hidden (straight_through, eot); and which flags were raised. A row in which we leave more images than
AutoAttack, without a flag or a refusal, is marked as a failure, and ends the run with status 1. Rows are
kept in DIR/trust.json one by one; what is there already is not measured again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

import malt_core
from benchmarks import common, hidden_gradients
from benchmarks.hidden_gradients import Wrapped
from malt_core.attacks import registry
from malt_core.epsilon import Epsilon
from malt_core.errors import MaltError
from malt_core.images.sources import open_sample
from malt_core.storage.whole_files import write_whole

RESNET = "autoattack/resnet18-cifar10"
PLAIN = {
    "tiny-imagenet/robust": "4/255",
    "tiny-imagenet/standard": "1/255",
    "tiny-imagenet/distilled": "1/255",
    "tiny-imagenet/regularised": "1/255",
    "tiny-imagenet/noise": "1/255",
    "imagenet/efficientnet-lite0": "1/255",
    RESNET: "1/255",
}
HIDDEN = {
    "rounding": "input rounding",
    "thermometer": "thermometer code",
    "jpeg": "JPEG in the forward pass",
    "noise": "noise",
    "saturated": "saturated logits",
    "false-noise": "a false backward",
}
"""By name in hidden_gradients.WRAPPERS; all over the CIFAR-10 ResNet-18."""
HIDDEN_EPS = "2/255"
DRAWS = 10  # of noise, for the attack that knows of it and for every verdict on it


@dataclass(frozen=True)
class Row:
    """One network's numbers. left: of `images`; autoattack_left, ours_of_those: of autoattack_images.

    None where an attack does not work on the network, or was not asked for.
    """

    network: str
    eps: str
    images: int
    left: int | None
    refused: str
    autoattack_images: int
    autoattack_left: int | None
    ours_of_those: int | None
    adaptive_left: int | None
    flags: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether more is left than AutoAttack leaves, and nobody is told."""
        told = self.flags or self.refused or self.autoattack_left is None
        return not told and self.ours_of_those > self.autoattack_left


def adaptive(name: str, plain: nn.Module) -> nn.Module:
    """Return the network to attack where what it hides is known; its images are judged on the hidden one."""
    if name == "saturated":
        return plain
    step = hidden_gradients.WRAPPERS[name](plain).before
    return Wrapped(plain, before=step if name == "noise" else malt_core.straight_through(step))


def left_by(model: nn.Module, x_adv: Tensor, y: Tensor, *, noisy: bool) -> Tensor:
    """Return which images (N,) the model still gets right, a noisy one by the majority of its draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        votes = [common.predictions(model, x_adv) == y for _ in range(DRAWS if noisy else 1)]
    return torch.stack(votes).float().mean(0) > 0.5


def autoattack(model: nn.Module, x: Tensor, y: Tensor, eps: float, seconds: float) -> list[Tensor]:
    """Return what AutoAttack makes of the images, one at a time, until the time is up; [] where it fails."""
    found, started = [], time.monotonic()
    for image, label in zip(x.split(1), y.split(1), strict=True):
        if found and time.monotonic() - started > seconds:
            break
        try:
            found.append(registry.run("autoattack", model, image, label, norm="linf", eps=eps).adversarial)
        except (MaltError, RuntimeError):
            return []
    return found


def measure(
    title: str, model: nn.Module, x: Tensor, y: Tensor, radius: str, seconds: float, known: nn.Module | None
) -> Row:
    """Return the row of a network, which gets the images x with labels y right."""
    eps, noisy = Epsilon.parse(radius).value, title.endswith(HIDDEN["noise"])
    left, refused, codes = None, "", ()
    try:
        result = malt_core.malt(model, x, y, eps=eps)
        left = left_by(model, result.adversarial, y, noisy=noisy)
        codes = tuple(flag.code for flag in result.flags)
    except MaltError as error:
        refused = str(error).partition(":")[0]
    order = torch.arange(len(x)) if left is None else left.int().argsort(descending=True, stable=True)
    found = autoattack(model, x[order], y[order], eps, seconds)
    those = order[: len(found)]
    theirs = left_by(model, torch.cat(found), y[those], noisy=noisy) if found else None
    adapted = None
    if known is not None:
        attacked = malt_core.malt(known, x, y, eps=eps, eot=DRAWS if noisy else 1).adversarial
        adapted = int(left_by(model, attacked, y, noisy=noisy).sum())
    return Row(
        network=title,
        eps=radius,
        images=len(x),
        left=None if left is None else int(left.sum()),
        refused=refused,
        autoattack_images=len(found),
        autoattack_left=None if theirs is None else int(theirs.sum()),
        ours_of_those=None if left is None else int(left[those].sum()),
        adaptive_left=adapted,
        flags=codes,
    )


def photographs(model: malt_core.Model, folder: Path, n: int) -> tuple[Tensor, Tensor]:
    """Return up to n photographs and what the network calls them, as their labels."""
    files = sorted(folder.iterdir())[:n]
    x = torch.stack([open_sample(str(file), model.info.size, crop="centre").x for file in files])
    return x, common.predictions(model, x)


def rows(args: argparse.Namespace) -> dict[str, Callable[[], Row]]:
    """Return what measures each row, by its title."""

    def plain(name: str) -> Row:
        model = malt_core.load_model(name)
        if "efficientnet" in name:
            x, y = photographs(model, args.photos, args.n)
        else:
            x, y, _ = common.right_images(model, args.cifar if name == RESNET else args.tiny, args.n)
        return measure(name, model, x, y, PLAIN[name], args.seconds, None)

    def hidden(name: str, title: str) -> Row:
        inner = malt_core.load_model(RESNET)
        x, y, _ = common.right_images(inner, args.cifar, args.n)
        model = hidden_gradients.WRAPPERS[name](inner).eval()
        right = left_by(model, x, y, noisy=name == "noise")
        known = adaptive(name, inner)
        return measure(title, model, x[right], y[right], HIDDEN_EPS, args.seconds, known)

    found: dict[str, Callable[[], Row]] = {name: lambda name=name: plain(name) for name in PLAIN}
    for name, words in HIDDEN.items():
        title = f"{RESNET}, {words}"
        found[title] = lambda name=name, title=title: hidden(name, title)
    return found


def table(found: list[Row]) -> str:
    """Return the rows as Markdown."""

    def of(count: int | None, images: int) -> str:
        return "—" if count is None else f"{count} of {images}"

    lines = [
        "| network | ε | MALT Lab leaves | AutoAttack leaves | ours of those | adaptive leaves | flags |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        theirs = of(row.autoattack_left, row.autoattack_images) if row.autoattack_images else "does not run"
        cells = (
            row.network,
            row.eps,
            "refused" if row.refused else of(row.left, row.images),
            theirs,
            of(row.ours_of_those, row.autoattack_images) if row.autoattack_images else "—",
            of(row.adaptive_left, row.images),
            ", ".join(row.flags) + (" **FAILED**" if row.failed else ""),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure what is missing, print the table; 1 if a row has failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trust",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tiny", required=True, help="Tiny-ImageNet's validation images, a parquet file")
    parser.add_argument("--cifar", required=True, help="CIFAR-10's test images, a parquet file")
    parser.add_argument("--photos", required=True, type=Path, help="a folder of photographs")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--n", type=int, default=24, help="images of each network (default: 24)")
    parser.add_argument("--seconds", type=float, default=120, help="for AutoAttack on each (default: 120)")
    parser.add_argument("--only", default="", help="rows whose title has this in it")
    args = parser.parse_args(arguments)
    file = args.out / "trust.json"
    stored = json.loads(file.read_text()) if file.exists() else []
    found = {row["network"]: Row(**{**row, "flags": tuple(row["flags"])}) for row in stored}
    args.out.mkdir(parents=True, exist_ok=True)
    for title, measured in rows(args).items():
        if title in found or args.only not in title:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", malt_core.MaltWarning)
            found[title] = measured()
        write_whole(file, json.dumps([asdict(row) for row in found.values()], indent=1).encode())
        print(table([found[title]]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(list(found.values())))
    return int(any(row.failed for row in found.values()))


if __name__ == "__main__":
    sys.exit(main())
