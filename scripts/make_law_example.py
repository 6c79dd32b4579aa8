"""Compute the curves of the bundled networks for "One curve for all?": `python -m scripts.make_law_example`.

Every network and attack on the first images of a data set, at many ε. What was computed is kept in the file
as it comes; the next call goes on with what is missing.
"""

from __future__ import annotations

import argparse
import json

from malt_core import load_model
from malt_core.comparison.power_law import ErrorCurve, ErrorPoint
from malt_core.datasets.open_data import open_data
from malt_core.models.catalogue import model_info
from malt_core.share import Share
from malt_core.storage.typed_json import plain
from malt_core.storage.whole_files import write_whole
from ui.benchmark.laws import FILE, stored_curves

MODELS = (
    "tiny-imagenet/robust",
    "tiny-imagenet/regularised",
    "tiny-imagenet/noise",
    "tiny-imagenet/standard",
    "tiny-imagenet/distilled",
)
ATTACKS = ("malt", "fgsm")
EPS = (0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # in 1/255


def compute(model_id: str, attack: str, data: str, n: int) -> ErrorCurve:
    """One curve, of the images that the model gets right. A new set of images is attacked at each ε."""
    import torch

    from malt_core.attacks.registry import run
    from malt_core.evaluation.chunks import readable_images
    from malt_core.harness.verdict import what_counts
    from malt_core.numerics import gradients
    from malt_core.numerics.gradients import Passes

    info = model_info(model_id)
    model, records = load_model(model_id), open_data(data, info).records(range(n))
    x = torch.stack(readable_images(records, info.size))
    y = torch.tensor([record.label for record in records])
    right = gradients.logits(model, x, Passes()).argmax(1) == y
    x, y = x[right], y[right]
    points = []
    for eps in EPS:
        found = run(attack, model, x, y, norm="linf", eps=eps / 255)
        counted = what_counts(found.adversarial, x, "linf", eps / 255)
        fooled = int((gradients.logits(model, counted, Passes()).argmax(1) != y).sum())
        points.append(ErrorPoint(eps=eps / 255, fooled=Share(count=fooled, of=len(y))))
        print(f"{model_id} {attack} {eps:g}/255: {fooled} of {len(y)}", flush=True)
    return ErrorCurve(model=model_id, attack=attack, norm="linf", points=tuple(points))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="as of `malt evaluate`")
    parser.add_argument("--n", type=int, default=200, help="images (default: %(default)s)")
    parser.add_argument("--anew", action="store_true", help="forget what is there")
    args = parser.parse_args()
    curves = [] if args.anew else list(stored_curves())
    there = {(curve.model, curve.attack) for curve in curves}
    for model_id in MODELS:
        for attack in ATTACKS:
            if (model_id, attack) not in there:
                curves.append(compute(model_id, attack, args.data, args.n))
                write_whole(FILE, json.dumps(plain(curves), indent=1) + "\n")
    print(f"wrote {FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
