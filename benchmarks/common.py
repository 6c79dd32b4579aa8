"""What the benchmarks share: arguments, a network, images that it gets right, and an independent judge."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import torch
from torch import Tensor, nn

from malt_core import Model, load_model
from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import readable_images
from malt_core.numerics import norms
from malt_core.types import Norm

CHUNK = 50  # images read, classified or judged at a time
BALL_SLACK = 1e-6  # float32 rounding of x0 ± eps
RANDOM = "random/"


def arguments(prog: str, description: str) -> argparse.ArgumentParser:
    """Return a parser of what every benchmark is told: network, images, budget, and where the results go."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", required=True, metavar="ID", help="an id, random/CLASSES or MODULE:FUNCTION"
    )
    parser.add_argument("--data", required=True, help="a parquet file, a folder, or a data set's name")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--eps", default="4/255", help="default: 4/255")
    parser.add_argument("--no-bf16", action="store_true", help="keep all of ours in float32")
    return parser


def network(spec: str) -> nn.Module:
    """Return a frozen network from (B, C, H, W) in [0, 1] to logits, in evaluation mode.

    spec: an id of the catalogue; "random/200" for the body of the bundled networks, untrained, with 200
    classes, always the same; or "MODULE:FUNCTION", a function of no arguments that returns a network of
    yours (a malt_core.Model, if images are to be read for it). Raises BadConfig where there is none such.
    """
    if spec.startswith(RANDOM):
        return _untrained(spec.removeprefix(RANDOM))
    if ":" not in spec:
        return load_model(spec)
    module, _, function = spec.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError) as error:
        raise BadConfig(f"--model {spec}: there is no such function ({error}).") from error
    return made.eval().requires_grad_(False)


def _untrained(classes: str) -> nn.Module:
    from malt_core.models.architectures import SmallResNet

    if not classes.isdecimal() or int(classes) < 2:
        raise BadConfig(f"--model {RANDOM}{classes}: write the number of classes, such as {RANDOM}200.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = SmallResNet(int(classes))
    return made.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@torch.no_grad()
def predictions(model: nn.Module, x: Tensor) -> Tensor:
    """Return the classes (N,) that the model gives x, in float32."""
    return torch.cat([model(chunk.float()).argmax(1) for chunk in x.split(CHUNK)])


def right_images(model: nn.Module, source: str, n: int) -> tuple[Tensor, Tensor, list[int]]:
    """Return the first n images that the model classifies correctly, their labels and places in the data set.

    source: as for malt_core.datasets. Fewer where it has no more; what cannot be read is passed over. Raises
    BadConfig where there is none at all, or where the model does not say of which classes and size it is.
    """
    if not isinstance(model, Model):
        raise BadConfig(
            "--model must know its classes: give an id, or a function that returns a malt_core.Model."
        )
    data = open_data(source, model.info)
    found: list[tuple[Tensor, Tensor]] = []
    places: list[int] = []
    for start in range(0, len(data.labels), CHUNK):
        records = data.records(range(start, min(start + CHUNK, len(data.labels))))
        read = [(record, x) for record in records for x in readable_images([record], model.info.size)]
        if not read:
            continue
        x = torch.stack([pixels for _, pixels in read])
        y = torch.tensor([record.label for record, _ in read])
        right = (predictions(model, x) == y).nonzero()[: n - len(places), 0]
        found.append((x[right], y[right]))
        places += [read[i][0].index for i in right.tolist()]
        if len(places) == n:
            break
    if not places:
        raise BadConfig(f"The model gets no image of {source} right: is it the right data set?")
    return torch.cat([x for x, _ in found]), torch.cat([y for _, y in found]), places


class LeftTheBall(Exception):
    """An attack returned an image that it was not allowed to."""


def judge(model: nn.Module, x: Tensor, x_adv: Tensor, y: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return which images (N,) are misclassified, whatever the attack said.

    Written apart from malt_core/harness/verdict.py on purpose, since malt_core is what is measured: another
    slack, and an image that breaks the rules ends the comparison instead of counting as its original.
    Raises LeftTheBall where one is outside the ball of eps around x, outside [0, 1], or not finite.
    """
    if x_adv.shape != x.shape or not x_adv.isfinite().all() or x_adv.min() < 0 or x_adv.max() > 1:
        raise LeftTheBall("an image outside [0, 1]")
    furthest = float(norms.size(x_adv - x, norm).max())
    if furthest > eps + BALL_SLACK:
        raise LeftTheBall(f"a change of {furthest * 255:.3f}/255 where {eps * 255:.3f}/255 was allowed")
    return predictions(model, x_adv) != y
