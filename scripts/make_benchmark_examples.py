"""Compute the reports that the Benchmark page shows on opening: `python -m scripts.make_benchmark_examples`.

They are of a robust network, where the attacks leave something, on the first images of a data set that is
named on the command line.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

from malt_core.datasets.open_data import open_data
from malt_core.evaluation.report import Report, report_to_json
from malt_core.evaluation.types import EvaluationConfig, Progress
from malt_core.evaluation.workers.local import cores, local_workers
from malt_core.evaluation.workers.worker import catalogue_model
from malt_core.models.catalogue import model_info
from malt_core.storage.whole_files import write_together, write_whole
from ui.benchmark.store import EXAMPLES

MODEL = "tiny-imagenet/robust"
ATTACKS = ("malt", "naive", "apgd-ce")


def compute(model_id: str, data: str, name: str, n: int, config: EvaluationConfig) -> Report:
    """The report on the first n images, by worker processes. name: of the data, in place of its path."""
    import torch

    from malt_core import load_model
    from malt_core.evaluation.plan import make_plan
    from malt_core.evaluation.run import evaluate

    torch.set_num_threads(1)  # as in the workers, for whom the speed of bfloat16 is measured here
    images = open_data(data, model_info(model_id))
    plan = make_plan(load_model(model_id), images, config, n=n)
    run = local_workers(partial(catalogue_model, model_id), plan, cores())
    for event in evaluate(plan, images, run):
        if isinstance(event, Progress):
            print(f"\r{config.attack} {config.eps_text}: {event.done} of {event.total}", end="", flush=True)
    print()
    return replace(event, plan=replace(plan, data=replace(plan.data, name=name, path=name)))


def text_of(report: Report) -> tuple[str, str]:
    """Return the name of the report's file, and its text, as small as it gets."""
    config = report.plan.config
    text = json.dumps(report_to_json(report), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{config.attack}-{config.eps * 255:g}.json", text + "\n"


def write(report: Report, folder: Path = EXAMPLES) -> Path:
    """Write the report into the folder and return the path."""
    folder.mkdir(parents=True, exist_ok=True)
    name, text = text_of(report)
    write_whole(folder / name, text)
    return folder / name


def main() -> None:
    suggested = model_info(MODEL).suggested_eps * 255
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="as of `python -m malt_core evaluate`")
    parser.add_argument(
        "--name", required=True, help='what people read for it, such as "CIFAR-10\'s test set"'
    )
    parser.add_argument("--n", type=int, default=60, help="images (default: %(default)s)")
    parser.add_argument(
        "--eps",
        type=float,
        nargs="+",
        default=[suggested / 2, suggested, suggested * 2],
        help="radii in 1/255 (default: half, all and twice of what the model suggests)",
    )
    args = parser.parse_args()
    configs = [
        EvaluationConfig(attack=attack, eps=eps / 255, eps_text=f"{eps:g}/255")
        for attack in ATTACKS
        for eps in args.eps
    ]
    new = dict(text_of(compute(MODEL, args.data, args.name, args.n, config)) for config in configs)
    old = dict.fromkeys(file.name for file in EXAMPLES.glob("*.json"))
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for file in write_together(EXAMPLES, old | new):
        print(f"wrote {file} ({file.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
