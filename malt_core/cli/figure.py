"""The option --figure of commands whose result can be drawn: the figure of the app, as a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.cli.options import path

if TYPE_CHECKING:
    from malt_core.export.take_away import Taken

ENDINGS = ("png", "svg", "html", "csv", "json")


def add_figure(command: argparse.ArgumentParser) -> None:
    """Add the option."""
    command.add_argument(
        "--figure",
        metavar="FILE",
        dest="figures",
        type=_figure_path,
        action="append",
        default=[],
        help="also write the figure: .png, .svg or .html, or its numbers: .csv or .json "
        "(docs/figure.schema.json); may be given several times",
    )


def _figure_path(text: str) -> Path:
    """Return the file that was typed; argparse says at once what could not be written later."""
    found = path(text)
    if found.suffix[1:].lower() not in ENDINGS:
        raise argparse.ArgumentTypeError(f"{text!r} should end with one of .{', .'.join(ENDINGS)}")
    if not found.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(found.parent)!r}")
    return found


def write_figures(args: argparse.Namespace, taken: Callable[[], Taken]) -> None:
    """Write the files that were asked for. taken: makes what they show. Raises OSError."""
    if not args.figures:
        return
    # Only now the libraries that draw.
    from malt_core.export.take_away import KINDS
    from malt_core.storage.whole_files import write_whole

    made = taken()
    for file in args.figures:
        write_whole(file, KINDS[file.suffix[1:].lower()].make(made))
