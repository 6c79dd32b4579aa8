"""The command `malt smallest`: the smallest ε at which one picture is fooled."""

from __future__ import annotations

import argparse
from pathlib import Path

from malt_core.cli.explain import add_search, eps_max, print_json
from malt_core.cli.options import load_on, path
from malt_core.cli.terminal import Status, one_line
from malt_core.images.sources import open_sample
from malt_core.networks import network_info
from malt_core.storage.folders import cannot_write
from malt_core.storage.whole_files import write_whole

HELP = "find the smallest ε at which the network's answer to one picture changes"
DESCRIPTION = (
    "Search for the smallest ε at which the network's answer to one picture changes, by bisection along "
    "MALT's "
    "first targets. That nothing was found up to --eps-max is a result too: exit status 0."
)


def add_smallest(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    add_search(command)
    command.add_argument(
        "--png",
        metavar="FILE",
        type=path,
        help="also write the picture at the next ε that 8 bits can hold, judged from these very pixels; a "
        "file "
        "of that name is replaced",
    )
    command.add_argument("--json", action="store_true", help="print JSON instead of sentences")


def smallest(args: argparse.Namespace) -> None:
    """Search as the command line says and print the result. Raises MaltError."""
    info = network_info(args.model)
    most = eps_max(args)
    sample = open_sample(args.image, info.size, crop=args.crop)
    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        model = load_on(args, status)
        from malt_core.explanations import words
        from malt_core.explanations.record import smallest_record
        from malt_core.explanations.smallest import search_smallest
        from malt_core.explanations.types import Search
        from malt_core.formatting import length
        from malt_core.images.pixels import png_bytes

        for event in search_smallest(model, sample.x, norm=args.norm, eps_max=most, seed=args.seed):
            if isinstance(event, Search):
                status.show(f"Towards {info.classes[event.target]}: trying {length(event.radius, args.norm)}")
    finally:
        status.show()
    record = smallest_record(event, info, sample.name, norm=args.norm, eps_max=most, seed=args.seed)
    written = None
    if args.png is not None and event.eight_bit is not None:
        written = _write(args.png, png_bytes(event.eight_bit))
    if args.json:
        print_json(record)
        return
    print(
        f"{one_line(sample.name)}: {words.smallest_headline(record)}", words.smallest_told(record), sep="\n"
    )
    if args.png is not None:
        print(f"Written: {written}" if written else "No file was written.", flush=True)


def _write(file: Path, data: bytes) -> Path:
    try:
        write_whole(file, data)
    except OSError as error:
        raise cannot_write(file.parent, error) from error
    return file
