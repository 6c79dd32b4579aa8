"""How well MALT's score, and the order of confidence, foretell the true distances, over several pictures.

`python -m benchmarks.distances --model tiny-imagenet/robust --data FILE --n 20` goes through a data set, a
ZIP or a folder of photos, and takes the first n pictures that the network gets right (where nobody says what
they show, as what it says). For the nine likeliest wrong classes of each it searches the true distance, as
`malt distances` does, and prints both rank correlations (Spearman's), picture by picture and in the mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import fmean, median

from malt_core import Model, load_model
from malt_core.datasets.decoded import decoded
from malt_core.datasets.pictures import open_pictures
from malt_core.explanations.classes import score_classes
from malt_core.explanations.limits import EPS_MAX
from malt_core.explanations.record import DistancesRecord
from malt_core.explanations.run import measure_distances
from malt_core.types import NORMS, Norm

TARGETS = 9
LOOKED_THROUGH = 1000  # pictures, at most


def measure(model: Model, data: str, n: int, norm: Norm) -> Iterator[DistancesRecord]:
    """Yield what was measured of each picture."""
    held, done = open_pictures(data, model.info, LOOKED_THROUGH), 0
    for record in held.content:
        sound, pixels, _ = decoded([record], model.info.size)
        if not sound:
            continue
        *_, scored = score_classes(model, pixels[0], norm=norm, n_candidates=TARGETS)
        if record.label >= 0 and scored.label != record.label:
            continue
        how = {"n_targets": TARGETS, "nearest": False, "norm": norm, "eps_max": EPS_MAX[norm], "seed": 0}
        *_, found = measure_distances(model, pixels[0], scored, image=record.name, **how)
        yield found
        done += 1
        if done == n:
            return


def summary(records: list[DistancesRecord]) -> str:
    """Return the means over the pictures, and how far off the predicted distances are."""
    pairs = [(one.predicted, one.reached) for record in records for one in record.distances]
    off = [abs(p - r) / r for p, r in pairs if p is not None and r]
    malt = [record.correlation for record in records if record.correlation is not None]
    confidence = [r.confidence_correlation for r in records if r.confidence_correlation is not None]
    return (
        f"{len(records)} pictures, {len(pairs)} classes: mean rank correlation {fmean(malt):.3f} for "
        f"MALT's score, {fmean(confidence):.3f} for confidence; predicted distance off by "
        f"{median(off):.1%} (median); {sum(r is None for _, r in pairs)} not reached"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="benchmarks.distances", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, metavar="ID")
    parser.add_argument("--data", required=True, help="a data set, a ZIP or a folder")
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--norm", choices=NORMS, default="linf")
    args = parser.parse_args()
    records = []
    for record in measure(load_model(args.model), args.data, args.n, args.norm):
        records.append(record)
        said = " ".join(
            "–" if c is None else f"{c:.2f}" for c in (record.correlation, record.confidence_correlation)
        )
        print(f"{record.image}: {said}", flush=True)
    print(summary(records))


if __name__ == "__main__":
    main()
