"""Options that several commands have, and what is typed for them. Needs no torch."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.cli.own_model import add_own
from malt_core.cli.terminal import Status, one_line, say
from malt_core.epsilon import suggested_epsilon
from malt_core.errors import BadConfig, MaltError
from malt_core.export.commands import COUNTS
from malt_core.export.formats import FORMATS, formats_of
from malt_core.images.frame import check_crop
from malt_core.images.gallery import GALLERY, gallery
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.models.devices import DEVICES
from malt_core.networks import network_info
from malt_core.trust.flags import Flag
from malt_core.trust.words import line
from malt_core.types import NORMS

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

_FLAGS = (
    {name: flag for flag, name, _ in COUNTS}
    | {
        name: f"--{name.replace('_', '-')}"
        for name in (
            "eps",
            "n",
            "workers",
            "batch_size",
            "precision",
            "target",
            "device",
            "queries",
            "levels",
            "rows",
        )
    }
    | {"faithful": "--all-steps", "check": "--check"}
)


def whole_number(text: str) -> int:
    """Return the number that was typed; argparse says so where it is none."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}") from None


def path(text: str) -> Path:
    """Return the path that was typed; argparse says so where nothing was: "" would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a path, not nothing; . is the current folder")
    return Path(text)


def source(text: str) -> str:
    """Return the file or data set that was typed; argparse says so where nothing was."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a name, not nothing")
    return text


def crop(text: str) -> str:
    """Return the crop that was typed; argparse says so where it is none."""
    try:
        return check_crop(text)
    except BadConfig as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_image(command: argparse.ArgumentParser) -> None:
    """Add the picture, and --crop."""
    photos = ", ".join(photo.id for photo in gallery())
    which = f"a picture file, a float32 image as .npy, or {GALLERY}ID with one of {photos}"
    command.add_argument("image", metavar="IMAGE", type=source, help=which)
    command.add_argument(
        "--crop",
        metavar="centre|fit|LEFT,TOP,WIDTH",
        type=crop,
        default="centre",
        help="cut out the centre (the default), fit the whole picture in between grey bars, or cut out a "
        "frame that is given in shares of the picture, such as 0.1,0.2,0.5",
    )


def add_model(command: argparse.ArgumentParser) -> None:
    """Add --model, and what goes with one's own."""
    command.add_argument(
        "--model",
        metavar="ID",
        default=DEFAULT_MODEL,
        help="one of `models`, or file:PATH with --arch (default: %(default)s)",
    )
    add_own(command)


def add_device(command: argparse.ArgumentParser) -> None:
    """Add --device."""
    command.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where to compute (auto, the default: on a CUDA graphics card where there is one, else on the "
        "processor)",
    )


def load_on(args: argparse.Namespace, status: Status) -> Model:
    """Return the model of --model on --device, and show its download. Raises as load_network does."""
    from malt_core.networks import load_network

    try:
        return load_network(args.model, device=args.device, progress=status.download)
    except BadConfig as error:
        raise by_flag(error) from None


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
        "--eps",
        help="largest change, with colour values from 0 to 1 (default: what `models` suggests for the model; "
        "0.5 for l2)",
    )


def eps_text(args: argparse.Namespace) -> str:
    """Return what was typed for --eps, else what suits the model. Raises BadConfig for an unknown model."""
    if args.eps is not None:
        return args.eps
    return suggested_epsilon(network_info(args.model), args.norm).text


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


def add_formats(command: argparse.ArgumentParser, what: str) -> None:
    """Add --formats and --all-formats. what: to write."""
    wanted = command.add_mutually_exclusive_group()
    wanted.add_argument(
        "--formats",
        metavar="LIST",
        default="",
        help=f"{what}: png and square (a figure; png-dark and square-dark on a dark ground), svg and csv "
        "(the curves), gif and mp4 (the way, moving), webp (the picture alone on its way, every colour value "
        "exact), ipynb and py (a notebook and a script that repeat the run), malt (the whole run in one "
        "file, for `open` and the Attack page)",
    )
    wanted.add_argument("--all-formats", action="store_true", help="all of these")


def chosen_formats(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the formats that were typed. Raises BadConfig for unknown ones."""
    return tuple(FORMATS) if args.all_formats else formats_of(args.formats)


def add_check(command: argparse.ArgumentParser) -> None:
    """Add --check."""
    command.add_argument(
        "--check",
        action="store_true",
        help="ask an attack without gradients (Square) for a second opinion on images that are left, and try "
        "ε = 1, which must not fail; where a flag is raised that is done anyway",
    )


def say_flags(flags: Sequence[Flag]) -> None:
    """Say each flag in a line of its own on standard error."""
    for flag in flags:
        say(f"malt_core: {one_line(line(flag))}")


def counts(args: argparse.Namespace) -> dict[str, int]:
    """Return what was typed for the options of COUNTS, by the setting's name in Python."""
    return {name: getattr(args, name) for _, name, _ in COUNTS}


def by_flag(error: MaltError) -> MaltError:
    """Return an error about a setting, which it names as in Python, as one about the option."""
    setting = getattr(error, "setting", None)
    return BadConfig(f"{_FLAGS[setting]}{str(error).removeprefix(setting)}") if setting in _FLAGS else error
