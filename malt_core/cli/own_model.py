"""A network of one's own on the command line: the options beside --model, and the command `malt check`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.cli.terminal import one_line, say
from malt_core.errors import BadConfig
from malt_core.models.providers import uploaded
from malt_core.networks import DEFENDED

if TYPE_CHECKING:
    from malt_core.models.providers.uploaded import Own
    from malt_core.own_network.types import Labelled, Step

HELP = "look at a network of your own, step by step, as is done ahead of every attack on it"
DESCRIPTION = (
    "Look at a network of your own step by step: whether the weights fit, how many classes there are, what "
    "normalises the pixels, whether it answers with logits, the same twice and in any batch, whether there "
    "is a gradient, and, with a picture, whether that is named rightly. Each step that fails says what to "
    "change. Weights are read without running any code in them."
)
_OPTIONS = ("arch", "classes", "mean", "std", "size")


def add_own(command: argparse.ArgumentParser) -> None:
    """Add what goes with `--model file:PATH`."""
    own = command.add_argument_group(
        "a network of your own (--model file:PATH)",
        "weights as safetensors, or a plain state dict of torch.save (.pt, .pth), which is read with "
        "weights_only=True",
    )
    own.add_argument("--arch", metavar="NAME", help="what they are of: timm/NAME or torchvision/NAME")
    own.add_argument(
        "--classes", metavar="FILE", help="a text file with the name of one class a line, in order"
    )
    for name, what in (("mean", "subtracted from"), ("std", "dividing")):
        own.add_argument(
            f"--{name}",
            nargs="+",
            metavar="X",
            help=f"one number or three (red, green, blue), {what} pixels from 0 to 1 (default: the "
            "architecture's published ones)",
        )
    own.add_argument(
        "--size", metavar="N", help="height and width of its pictures (default: the architecture's)"
    )


def settle(args: argparse.Namespace) -> None:
    """Load, look at and remember the network of `--model file:PATH`; args.model is its whole id then.

    Says each step on standard error. Raises BadConfig, saying what to change, where one fails.
    """
    model = getattr(args, "model", None)
    if model is None or not hasattr(args, "arch"):
        return
    around, own, path = model.partition(uploaded.START)
    if not own or (around and not around.startswith(DEFENDED)):
        given = [name for name in _OPTIONS if getattr(args, name) is not None]
        if given:
            raise BadConfig(f"--{given[0]} goes with --model file:PATH, a network of your own, only.")
        return
    found, steps = look(args, own + path)
    uploaded.add(found)
    for step in steps:
        say(_line(step))
    args.model = around + found.info.id


def look(args: argparse.Namespace, model: str, labelled: Labelled | None = None) -> tuple[Own, list[Step]]:
    """Return the network, and what was seen. Raises BadConfig for the first step that fails and must not."""
    spec = _spec(args, model)
    from malt_core.models.weights.state_dict import read_file
    from malt_core.own_network.checks import examine, failed
    from malt_core.own_network.types import Step

    names = uploaded.read_names(read_file(Path(spec.classes)), spec.classes) if spec.classes else None
    seen = list(examine(spec, read_file(Path(spec.path)), names, labelled, pickled=True))
    steps = [one for one in seen if isinstance(one, Step)]
    if error := failed(steps):
        raise error
    return seen[-1], steps


def _spec(args: argparse.Namespace, model: str) -> uploaded.Spec:
    """Return what was typed: the id's own words, and the options over them."""
    try:
        if "?arch=" in model:
            spec = uploaded.parse(model)
        else:
            if args.arch is None:
                raise BadConfig(
                    f"{one_line(model)} does not say which architecture the weights are of: add --arch "
                    "timm/NAME or --arch torchvision/NAME."
                )
            spec = uploaded.Spec(path=model.removeprefix(uploaded.START), arch=args.arch)
        if args.size is not None and not args.size.isdecimal():
            raise BadConfig(f"size must be a whole number, not {args.size[:20]!r}.", setting="size")
        typed = {
            "arch": args.arch,
            "classes": args.classes,
            "mean": args.mean and uploaded.numbers(_words(args.mean)),
            "std": args.std and uploaded.numbers(_words(args.std)),
            "size": args.size and int(args.size),
        }
        return replace(spec, **{name: value for name, value in typed.items() if value is not None})
    except BadConfig as error:
        if error.setting in _OPTIONS:
            raise BadConfig(f"--{error}") from None
        raise


def _words(typed: Sequence[str]) -> list[str]:
    return [word for text in typed for word in text.replace(",", " ").split()]


def _line(step: Step) -> str:
    return one_line(f"{'✓' if step.passed else '✗'} {step.title}: {step.said}")


def add_check(command: argparse.ArgumentParser) -> None:
    """Add the options of `malt check`."""
    command.description = DESCRIPTION
    command.add_argument(
        "image", metavar="IMAGE", nargs="?", help="a picture file that it should name rightly"
    )
    command.add_argument("--model", metavar="file:PATH", required=True, help="the weights")
    add_own(command)
    command.add_argument("--label", metavar="CLASS", help="what IMAGE shows: a class, by name or number")
    command.add_argument("--json", action="store_true", help="print the steps as JSON")


def check(args: argparse.Namespace) -> None:
    """Run `malt check`. Raises BadConfig where a step fails that must not."""
    from malt_core.models.weights.state_dict import read_file
    from malt_core.own_network.types import Labelled

    if not args.model.startswith(uploaded.START):
        raise BadConfig(f"--model must be file:PATH here, not {args.model!r}: the others are known to work.")
    if (args.image is None) != (args.label is None):
        raise BadConfig("IMAGE and --label go together: a picture file, and the class that it shows.")
    labelled = args.image and Labelled(read_file(Path(args.image)), Path(args.image).name, args.label)
    found, steps = look(args, args.model, labelled or None)
    if args.json:
        print(json.dumps({"model": found.info.id, "steps": [asdict(step) for step in steps]}, indent=2))
        return
    print("\n".join(map(_line, steps)))
    print(f"It can be attacked: malt attack IMAGE --model '{found.info.id}'")
