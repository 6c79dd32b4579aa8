"""What can be typed after `python -m malt_core`, and the settings that it stands for. Needs no torch."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from malt_core import __version__
from malt_core.cli import app
from malt_core.cli.arguments_evaluate import HELP, add_evaluate
from malt_core.cli.arguments_shared import add_ball, add_counts, add_model, by_flag, counts, parse_eps
from malt_core.errors import BadConfig
from malt_core.gallery import GALLERY, gallery
from malt_core.types import CROPS, TARGETINGS, AttackConfig


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage that argparse prints first."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=prog, description="Adversarial attacks by almost linearity (MALT).")
    parser.add_argument("--version", action="version", version=f"MALT Lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{attack,evaluate,models,app}")
    _add_attack(
        commands.add_parser(
            "attack",
            help="attack one image and write pictures, an interactive page and run.json",
            description="Attack one image and write original.png, perturbation.png, adversarial.png, "
            "figure.html and run.json. “No adversarial example found” is a result too: exit status 0.",
        )
    )
    add_evaluate(commands.add_parser("evaluate", help=HELP))
    models = commands.add_parser("models", help="list the models", description="List the models.")
    models.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        help="only these, such as 'robustbench/cifar10/*' or wang2023",
    )
    app.add_app(commands.add_parser("app", help=app.HELP))
    return parser


def _add_attack(attack: argparse.ArgumentParser) -> None:
    default = AttackConfig()
    photos = ", ".join(GALLERY + photo.id for photo in gallery())
    attack.add_argument("image", metavar="IMAGE", help=f"a picture file, or one of {photos}")
    add_model(attack)
    attack.add_argument(
        "--label", metavar="NAME|INDEX", help="the true class; default: what the model says of the image"
    )
    add_ball(attack)
    add_counts(attack, default)
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


def attack_config(args: argparse.Namespace) -> AttackConfig:
    """Return the settings that were typed. Raises BadConfig, naming the option, where one is out of range."""
    eps = parse_eps(args.eps)
    try:
        return AttackConfig(norm=args.norm, eps=eps, targeting=args.targeting, **counts(args))
    except BadConfig as error:  # which knows the setting by its name in Python
        raise by_flag(error) from None


def _glue_negatives(argv: Sequence[str]) -> list[str]:
    """Write "--eps -1/255" as "--eps=-1/255": argparse would take the value for an unknown option."""
    out: list[str] = []
    for word in argv:
        if out and out[-1] == "--eps" and word.startswith("-"):
            out[-1] = f"--eps={word}"
        else:
            out.append(word)
    return out


def parse(argv: Sequence[str], prog: str = "python -m malt_core") -> argparse.Namespace:
    """Read a command line, word by word. Raises SystemExit: 2 with a line on a mistake, 0 after --help.

    prog: what the person typed before these words, for the help and the complaints.
    """
    return _parser(prog).parse_args(_glue_negatives(argv))
