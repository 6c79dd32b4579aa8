"""What `malt distances` and `malt smallest` share: the options, and the table that they print."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from malt_core.cli.options import add_device, add_image, add_model, by_flag, whole_number
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.explanations.limits import EPS_MAX
from malt_core.storage.typed_json import plain
from malt_core.types import MAX_SEED, NORMS, check_count


def add_search(command: argparse.ArgumentParser) -> None:
    """Add the picture, the network, and how far to search."""
    add_image(command)
    add_model(command)
    command.add_argument(
        "--norm",
        choices=NORMS,
        default="linf",
        help="what is measured: the largest change of a colour value (linf, the default) or the length of "
        "the "
        "whole change (l2)",
    )
    command.add_argument(
        "--eps-max",
        help="how far to search, with colour values from 0 to 1 (default: "
        f"{Epsilon(EPS_MAX['linf']).text}; {EPS_MAX['l2']:g} for l2)",
    )
    command.add_argument(
        "--seed",
        metavar="N",
        type=whole_number,
        default=0,
        help="number that fixes what is random (default: %(default)s)",
    )
    add_device(command)


def eps_max(args: argparse.Namespace) -> float:
    """Return how far to search, as typed. Raises BadConfig, naming the option, for what is no radius.

    A seed out of range is told of as well, ahead of all that takes time.
    """
    try:
        check_count("seed", args.seed, 0, MAX_SEED)
        return EPS_MAX[args.norm] if args.eps_max is None else Epsilon.parse(args.eps_max, args.norm).value
    except BadConfig as error:
        if error.setting == "eps":
            raise BadConfig(f"--eps-max{str(error).removeprefix('eps')}") from None
        raise by_flag(error) from None


def print_json(record: object) -> None:
    """Print a record of malt_core/explanations."""
    print(json.dumps(plain(record), indent=2), flush=True)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
