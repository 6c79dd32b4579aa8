"""What MALT costs as images, classes and the batch size grow: time, passes, and memory that stays flat.

    python -m benchmarks.curves --model ID --data DATA --out DIR [--eps 4/255] [--steps 20] [--n 32]
        [--images 8 32 128] [--classes 10 100 200 1000] [--batch-sizes 1 8 64 256] [--no-bf16]

Quick by default; for the whole picture: --steps 100 --images 8 32 128 512 1000 --n 128. Writes curves.json
and curves.png. Images and batch sizes are varied on the network given, on images that it classifies
correctly. Classes are varied on untrained networks, the body of the bundled ones with other heads, and on
what they predict for the same images: fine for cost, as a pass takes as long whatever the weights, but how
many images they withstand means nothing. Each point is measured in a fresh process (worker.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from benchmarks.attacks import Settings
from benchmarks.common import RANDOM, LeftTheBall, arguments, judge, network, predictions, right_images
from benchmarks.speed import machine
from benchmarks.worker import AttackFailed, in_fresh_process, save_images
from malt_core.cli.options import by_flag
from malt_core.epsilon import Epsilon
from malt_core.errors import MaltError
from malt_core.storage.whole_files import whole_file, write_whole
from malt_core.types import check_count

ATTACK = "malt"
CURVES = {"images": "images", "classes": "classes", "batch_size": "images a pass"}
PANELS = {"seconds": "time, s", "passes": "passes", "peak_mb": "memory, MB"}


@dataclass(frozen=True, kw_only=True)
class Point:
    """One measurement, at `value` of a curve. model: as for common.network; x: (N, C, H, W), y: (N,)."""

    curve: str
    value: int
    model: str
    x: Tensor
    y: Tensor
    settings: Settings


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = arguments("python -m benchmarks.curves", __doc__)
    parser.add_argument("--steps", type=int, default=20, help="a target (default: 20)")
    parser.add_argument("--n", type=int, default=32, help="images where something else varies (default: 32)")
    parser.add_argument("--images", type=int, nargs="*", default=[8, 32, 128])
    parser.add_argument("--classes", type=int, nargs="*", default=[10, 100, 200, 1000])
    parser.add_argument("--batch-sizes", type=int, nargs="*", default=[1, 8, 64, 256])
    return parser.parse_args(argv)


def points(args: argparse.Namespace) -> Iterator[Point]:
    """Yield what is to be measured. Raises MaltError for mistakes in `args`."""
    for value in (args.n, *args.images, *args.classes, *args.batch_sizes):
        check_count("A number on the command line", value, 1, 1_000_000)
    eps = Epsilon.parse(args.eps).value
    settings = Settings(eps=eps, steps=args.steps, bf16=not args.no_bf16)
    x, y, _ = right_images(network(args.model), args.data, max(args.n, *args.images, 1))
    for n in args.images:
        if n > len(x):
            print(f"images: {n}, left out: there are only {len(x)} that the network gets right", flush=True)
            continue
        yield Point(curve="images", value=n, model=args.model, x=x[:n], y=y[:n], settings=settings)
    few, labels = x[: args.n], y[: args.n]
    for classes in args.classes:
        model = f"{RANDOM}{classes}"
        guessed = predictions(network(model), few)
        yield Point(curve="classes", value=classes, model=model, x=few, y=guessed, settings=settings)
    for size in args.batch_sizes:
        chosen = replace(settings, batch_size=size)
        yield Point(curve="batch_size", value=size, model=args.model, x=few, y=labels, settings=chosen)


def measure(point: Point) -> dict[str, Any]:
    """Return what one point costs. Raises AttackFailed or LeftTheBall."""
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images.pt"
        save_images(point.x, point.y, images)
        found, cost = in_fresh_process(ATTACK, point.model, images, point.settings, Path(scratch))
    fooled = judge(network(point.model), point.x, found, point.y, "linf", point.settings.eps)
    return {
        "value": point.value,
        "images": len(point.x),
        "robust": int((~fooled).sum()),
        "passes": cost["n_forward"] + cost["n_backward"],
        **cost,
    }


def draw(curves: dict[str, list[dict[str, Any]]], title: str, file: Path) -> None:
    """Write a picture: a column for each curve, and time, passes and memory in rows."""
    from matplotlib.figure import Figure  # without pyplot, which would look for a screen

    figure = Figure(figsize=(10, 8), layout="constrained")
    grid = figure.subplots(len(PANELS), len(CURVES), sharex="col", squeeze=False)
    for column, (name, axis) in enumerate(CURVES.items()):
        for row, (key, unit) in enumerate(PANELS.items()):
            panel = grid[row][column]
            measured = [(p["value"], p[key]) for p in curves[name] if p[key] is not None]
            if measured:
                values, heights = zip(*measured, strict=True)
                panel.plot(values, heights, marker="o")
                panel.set_xscale("log")
                panel.set_xticks(values, labels=[str(value) for value in values])
                panel.minorticks_off()
            panel.margins(y=0.15)
            panel.set_ylim(bottom=0)
            panel.set_ylabel(unit if column == 0 else "")
            panel.set_xlabel(axis if row == len(PANELS) - 1 else "")
    figure.suptitle(title)
    with whole_file(file) as whole:
        figure.savefig(whole, dpi=120, format="png")


def _save(results: dict[str, Any], folder: Path) -> None:
    write_whole(folder / "curves.json", json.dumps(results, indent=1) + "\n")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure all points and write both files; curves.json is written anew after each point."""
    asked = {
        "model": args.model,
        "data": Path(args.data).name,
        "eps": args.eps,
        "steps": args.steps,
        "n": args.n,
    }
    results: dict[str, Any] = {
        "format": "malt-lab-curves",
        "format_version": 1,
        "settings": asked | {"attack": ATTACK, "bf16": not args.no_bf16},
        "machine": machine(),
        "curves": {name: [] for name in CURVES},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    for point in points(args):
        where = f"{CURVES[point.curve]}: {point.value}"
        try:
            cost = measure(point)
        except (AttackFailed, LeftTheBall) as error:
            print(f"{where}, failed: {error}", flush=True)
            continue
        results["curves"][point.curve].append(cost)
        memory = "" if cost["peak_mb"] is None else f", {cost['peak_mb']:.0f} MB"
        print(f"{where}, {cost['seconds']:.1f} s, {cost['passes']:,} passes{memory}", flush=True)
        _save(results, args.out)
    _save(results, args.out)
    title = f"MALT, {args.model}, eps {args.eps}, {args.steps} steps a target; classes on untrained networks"
    draw(results["curves"], title, args.out / "curves.png")
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: 0, 2 for a mistake in it, 130 where it was interrupted."""
    try:
        run(_arguments(sys.argv[1:] if argv is None else argv))
    except MaltError as error:
        print(f"benchmarks.curves: {by_flag(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbenchmarks.curves: interrupted; curves.json has what was measured", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
