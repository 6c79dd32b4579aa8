"""What can be typed after `python -m malt_core`, and the settings that it stands for. Needs no torch."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from malt_core import __version__
from malt_core.errors import BadConfig
from malt_core.gallery import GALLERY, gallery
from malt_core.types import CROPS, NORMS, TARGETINGS, AttackConfig

DEFAULT_MODEL = "autoattack/resnet18-cifar10"
COUNTS = (
    ("--targets", "n_targets", "how many classes to attack, in order, until one succeeds"),
    ("--candidates", "n_candidates", "how many of the likeliest classes to rank"),
    ("--steps", "n_iter", "how many steps towards each class at most"),
    ("--seed", "seed", "number that fixes the random starts"),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage that argparse prints first."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, not {text!r}") from None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m malt_core", description="Adversarial attacks by almost linearity (MALT)."
    )
    parser.add_argument("--version", action="version", version=f"MALT Lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{attack,models}")
    _add_attack(
        commands.add_parser(
            "attack",
            help="attack one image and write pictures, an interactive page and run.json",
            description="Attack one image and write original.png, perturbation.png, adversarial.png, "
            "figure.html and run.json. “No adversarial example found” is a result too: exit status 0.",
        )
    )
    models = commands.add_parser("models", help="list the models", description="List the models.")
    models.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        help="only these, such as 'robustbench/cifar10/*' or wang2023",
    )
    return parser


def _add_attack(attack: argparse.ArgumentParser) -> None:
    default = AttackConfig()
    photos = ", ".join(GALLERY + photo.id for photo in gallery())
    attack.add_argument("image", metavar="IMAGE", help=f"a picture file, or one of {photos}")
    attack.add_argument("--model", metavar="ID", default=DEFAULT_MODEL, help="default: %(default)s")
    attack.add_argument(
        "--label", metavar="NAME|INDEX", help="the true class; default: what the model says of the image"
    )
    attack.add_argument(
        "--norm",
        choices=NORMS,
        default=default.norm,
        help="what eps limits: the change of every colour value (linf, the default) or the length of the "
        "whole change (l2)",
    )
    attack.add_argument(
        "--eps", default="4/255", help="largest change, with colour values from 0 to 1 (default: %(default)s)"
    )
    for flag, name, text in COUNTS:
        attack.add_argument(
            flag,
            dest=name,
            metavar="N",
            type=_whole_number,
            default=getattr(default, name),
            help=f"{text} (default: %(default)s)",
        )
    attack.add_argument(
        "--targeting",
        choices=TARGETINGS,
        default=default.targeting,
        help="which classes come first: the nearest by linear prediction (malt, the default) or the "
        "likeliest (naive)",
    )
    attack.add_argument(
        "--crop",
        choices=CROPS,
        default="centre",
        help="cut out the centre (the default), or fit the whole picture in between grey bars",
    )
    attack.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("malt-out"),
        help="folder for the files, made if it is missing (default: %(default)s)",
    )
    attack.add_argument("--json", action="store_true", help="print run.json instead of sentences")


def parse_eps(text: str) -> float:
    """Return the number that "4/255" or "0.03" stands for. Raises BadConfig for any other text."""
    top, slash, bottom = text.partition("/")
    try:
        return float(top) / (float(bottom) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        raise BadConfig(f"--eps {text!r} is not a number: write it as 4/255 or 0.0157.") from None


def attack_config(args: argparse.Namespace) -> AttackConfig:
    """Return the settings that were typed. Raises BadConfig, naming the option, where one is out of range."""
    eps = parse_eps(args.eps)
    counts = {name: getattr(args, name) for _, name, _ in COUNTS}
    try:
        return AttackConfig(norm=args.norm, eps=eps, targeting=args.targeting, **counts)
    except BadConfig as error:  # which knows the setting by its name in Python
        setting, rest = str(error).split(" ", 1)
        flags = {name: flag for flag, name, _ in COUNTS} | {"eps": "--eps"}
        raise BadConfig(f"{flags.get(setting, setting)} {rest}") from None


def _glue_negatives(argv: Sequence[str]) -> list[str]:
    """Write "--eps -1/255" as "--eps=-1/255": argparse would take the value for an unknown option."""
    out: list[str] = []
    for word in argv:
        if out and out[-1] == "--eps" and word.startswith("-"):
            out[-1] = f"--eps={word}"
        else:
            out.append(word)
    return out


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line, word by word. Raises SystemExit: 2 with a line on a mistake, 0 after --help."""
    return _parser().parse_args(_glue_negatives(argv))
