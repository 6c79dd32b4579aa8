"""Whether the pruned ranking finds the nearest classes that all gradients give, and what it takes.

    python -m benchmarks.pruned_ranking --photos DIR [--model imagenet/efficientnet-lite0] [--crops A B]

On each photograph of DIR, in each of two crops, and on the gallery's: the nine nearest of the hundred
likeliest classes from all gradients, and from malt_core/attacks/malt/pruning.py. The same nine count as the
same in any order where their distances differ by less than 2 thousandths. Prints a line for each, with the
whole gradients and the seconds of both, and ends with a count. Attacks use the pruned ranking unless
faithful=True.

Tried and dropped: random forward-mode products (torch.func.jvp) for all classes at once. Gradient norms
differ by 7 to 13% from class to class, so it takes about 2% to tell the nine, which random directions give
after a thousand products; a product costs as much as a whole gradient there. Bounds from the products with
the sign of known gradients (Hoelder) reach 70% of a norm, give or take 5%. Predicting norms from the last
layer's weights explains less than a quarter of their spread. bfloat16: rows take three times as long there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from malt_core import load_model
from malt_core.attacks.malt import pruning, targeting
from malt_core.errors import MaltError
from malt_core.images.decoding import decode
from malt_core.images.gallery import gallery, open_photo
from malt_core.images.resize import to_sample
from malt_core.models.loaders import Model
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Passes

N_TARGETS, N_CANDIDATES = 9, 100
TIE = 2e-3  # distances that differ by a smaller share are in any order


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pruned_ranking",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--photos", type=Path, metavar="DIR", help="a folder of pictures")
    parser.add_argument("--model", default="imagenet/efficientnet-lite0", metavar="ID")
    parser.add_argument("--crops", nargs="*", default=["centre", "0,0,0.7"], help="as for malt attack")
    return parser.parse_args(argv)


def pictures(args: argparse.Namespace, size: tuple[int, int]) -> Iterator[tuple[str, Tensor]]:
    """Yield names and pictures, (1, 3, H, W)."""
    for file in sorted(args.photos.iterdir()) if args.photos else []:
        picture = decode(file.read_bytes(), file.name)
        for crop in args.crops:
            yield f"{file.stem} {crop}", to_sample(picture, size, crop=crop, name=file.name).x[None]
    for photo in gallery():
        yield photo.id, to_sample(open_photo(photo.id), size, crop="centre", name=photo.id).x[None]


def same(distance: Tensor, found: Sequence[int]) -> bool:
    """Return whether the candidates `found` are nearest by distance (c,), in order, but for ties."""
    order = distance.argsort()[: len(found)]
    return bool((distance[list(found)] <= distance[order] * (1 + TIE)).all())


def compare(model: Model, x: Tensor) -> tuple[bool, int, float, float]:
    """Return whether both rankings agree, the whole gradients of the pruned one, and the seconds of both."""
    z = gradients.logits(model, x, Passes())
    y = z.argmax(1)
    candidates = targeting.confident_classes(z, y, N_CANDIDATES)
    margin = (z.gather(1, y[:, None]) - z.gather(1, candidates))[0]
    started = time.perf_counter()
    every = gradients.margin_gradients(model, x, y, candidates, Passes())
    size = torch.cat([norms.dual_size(gradient, "linf") for gradient in every])
    between = time.perf_counter()
    net = pruning.ShortPasses(model, x, Passes())
    if net.layer is None:
        raise MaltError("This network has no layer for short passes.")
    *_, rows = pruning.nearest_rows(net, int(y), candidates[0], margin, "linf", n=N_TARGETS)
    ended = time.perf_counter()
    pruned = (margin / rows.size).where(rows.exact, torch.inf).argsort(stable=True)[:N_TARGETS]
    return same(margin / size, pruned.tolist()), int(rows.exact.sum()), between - started, ended - between


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: 0, 2 for a mistake in it."""
    args = _arguments(sys.argv[1:] if argv is None else argv)
    agreed, whole, every, pruned = [], [], [], []
    try:
        model = load_model(args.model)
        for name, x in pictures(args, model.info.size):
            agrees, rows, all_seconds, seconds = compare(model, x)
            print(
                f"{name}: {'same' if agrees else 'OTHER'}, {rows} whole gradients, {seconds:.2f} s against "
                f"{all_seconds:.2f} s",
                flush=True,
            )
            for values, value in zip(
                (agreed, whole, every, pruned), (agrees, rows, all_seconds, seconds), strict=True
            ):
                values.append(value)
    except MaltError as error:
        print(f"benchmarks.pruned_ranking: {error}", file=sys.stderr)
        return 2
    n = len(agreed)
    print(
        f"the same {N_TARGETS} on {sum(agreed)} of {n} pictures; {sum(whole) / n:.1f} whole gradients "
        f"instead of {N_CANDIDATES}, {sum(pruned) / n:.2f} s instead of {sum(every) / n:.2f} s a picture"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
