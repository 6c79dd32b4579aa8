"""MALT against pyautoattack's targeted APGD, side by side in one run on the same images.

    python -m benchmarks.malt_vs_apgd_t --data FILE.parquet [--n 100] [--eps 1/255 2/255]

FILE.parquet has the columns image (bytes) and label, such as CIFAR-10's test set from a data hub. Both
attacks get the first n images that the model classifies correctly, nine targets and the same iterations.
What they return must lie inside the ball and [0, 1] and is judged here, by one forward pass in float32.
The order alternates from one eps to the next, so that neither always runs on a warmed-up processor.
"""

from __future__ import annotations

import argparse
import io
import logging
import time
from collections.abc import Callable

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from malt_core import load_model, malt
from malt_core.arguments import parse_eps
from malt_core.baseline import apgd_t

MODEL = "autoattack/resnet18-cifar10"
BALL_SLACK = 1e-6  # float32 rounding of x0 ± eps


def images_of(path: str) -> tuple[Tensor, Tensor]:
    """Return images (N, 3, H, W) in [0, 1] and labels (N,) of a parquet file."""
    table = pq.read_table(path).to_pylist()
    pixels = [np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")) for row in table]
    x = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous().float() / 255
    return x, torch.tensor([row["label"] for row in table])


@torch.no_grad()
def predictions(model: torch.nn.Module, x: Tensor) -> Tensor:
    """Return the classes (N,) that the model gives x, in float32."""
    return torch.cat([model(chunk.float()).argmax(1) for chunk in x.split(50)])


def judge(model: torch.nn.Module, x: Tensor, x_adv: Tensor, y: Tensor, eps: float) -> int:
    """Return how many images are misclassified; an image outside the ball or [0, 1] is an error."""
    assert (x_adv - x).abs().max() <= eps + BALL_SLACK, "an attack left the ball"
    assert ((x_adv >= 0) & (x_adv <= 1)).all(), "an attack left [0, 1]"
    return int((predictions(model, x_adv) != y).sum())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--eps", nargs="+", default=["1/255", "2/255"])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.getLogger("auto-attack").setLevel(logging.ERROR)

    model = load_model(MODEL)
    x, y = images_of(args.data)
    right = (predictions(model, x) == y).nonzero()[: args.n, 0]
    x, y = x[right], y[right]
    print(f"{len(x)} correctly classified images, {MODEL}, linf, 9 targets, {args.steps} steps")
    for place, text in enumerate(args.eps):
        eps = parse_eps(text)
        attacks: dict[str, Callable[[], Tensor]] = {
            "MALT (ours)": lambda eps=eps: (
                malt(model, x, y, eps=eps, n_iter=args.steps, seed=args.seed).adversarial
            ),
            "APGD-T (pyautoattack)": lambda eps=eps: apgd_t(
                model, x, y, eps=eps, n_iter=args.steps, seed=args.seed
            ),
        }
        seconds = {}
        for name in list(attacks)[:: -1 if place % 2 else 1]:
            started = time.perf_counter()
            x_adv = attacks[name]()
            seconds[name] = time.perf_counter() - started
            fooled = judge(model, x, x_adv, y, eps)
            print(
                f"eps {text:>6}  {name:<22} fooled {fooled:3d} of {len(x)}  {seconds[name]:7.1f} s",
                flush=True,
            )
        ours, theirs = (seconds[name] for name in attacks)
        print(f"eps {text:>6}  time, ours over theirs: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
