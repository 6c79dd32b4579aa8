"""Options that several commands have, and what is typed for them. Needs no torch."""

from __future__ import annotations

import argparse

from malt_core.errors import BadConfig
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import NORMS

COUNTS = (
    ("--targets", "n_targets", "how many classes to attack, in order, until one succeeds"),
    ("--candidates", "n_candidates", "how many of the likeliest classes to rank"),
    ("--steps", "n_iter", "how many steps towards each class at most"),
    ("--seed", "seed", "number that fixes the random starts"),
)
_FLAGS = {name: flag for flag, name, _ in COUNTS} | {
    name: f"--{name.replace('_', '-')}"
    for name in ("eps", "n", "workers", "batch_size", "precision", "faithful")
}


def whole_number(text: str) -> int:
    """Return the number that was typed; argparse says so where it is none."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}") from None


def add_model(command: argparse.ArgumentParser) -> None:
    """Add --model."""
    command.add_argument("--model", metavar="ID", default=DEFAULT_MODEL, help="default: %(default)s")


def add_ball(command: argparse.ArgumentParser) -> None:
    """Add --norm and --eps."""
    command.add_argument(
        "--norm",
        choices=NORMS,
        default="linf",
        help="what eps limits: the change of every colour value (linf, the default) or the length of the "
        "whole change (l2)",
    )
    command.add_argument(
        "--eps", default="4/255", help="largest change, with colour values from 0 to 1 (default: %(default)s)"
    )


def add_counts(command: argparse.ArgumentParser, defaults: object) -> None:
    """Add the options of COUNTS; `defaults` has their default values as attributes."""
    for flag, name, text in COUNTS:
        command.add_argument(
            flag,
            dest=name,
            metavar="N",
            type=whole_number,
            default=getattr(defaults, name),
            help=f"{text} (default: %(default)s)",
        )


def counts(args: argparse.Namespace) -> dict[str, int]:
    """Return what was typed for the options of COUNTS, by the setting's name in Python."""
    return {name: getattr(args, name) for _, name, _ in COUNTS}


def parse_eps(text: str) -> float:
    """Return the number that "4/255" or "0.03" stands for. Raises BadConfig for any other text."""
    top, slash, bottom = text.partition("/")
    try:
        return float(top) / (float(bottom) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        raise BadConfig(f"--eps {text!r} is not a number: write it as 4/255 or 0.0157.") from None


def by_flag(error: BadConfig) -> BadConfig:
    """Return an error about a setting, which begins with its name in Python, as one about the option."""
    setting, rest = str(error).split(" ", 1)
    return BadConfig(f"{_FLAGS.get(setting, setting)} {rest}")
