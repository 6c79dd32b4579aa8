"""What can be typed after `malt evaluate`, and the settings that it stands for. No torch."""

from __future__ import annotations

import argparse

from malt_core.attacks import catalogue
from malt_core.attacks.catalogue import AttackInfo
from malt_core.cli.options import (
    add_ball,
    add_check,
    add_counts,
    add_device,
    add_model,
    by_flag,
    counts,
    eps_text,
    path,
    source,
    whole_number,
)
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.evaluation.types import ATTACKS, PRECISIONS, EvaluationConfig
from malt_core.types import check_count

HELP = "attack a whole data set and report the robust accuracy"
DESCRIPTION = """\
Attack every image of a data set that the model gets right, and write report.json: clean and robust
accuracy, and what became of each image. The verdict always falls in float32, on the image found.

The work is cut into chunks, each kept in DIR/chunks as soon as it is done. After an interruption the same
command with --resume goes on from there and ends with the same report."""
EPILOG = """\
examples:
  %(prog)s --data tiny_imagenet_valid.parquet --n 500 --out malt
  %(prog)s --data tiny_imagenet_valid.parquet --n 500 --attack autoattack --out autoattack
  %(prog)s --model torchvision/resnet50 --data photos/ --eps 1/255 --out photos-malt
  %(prog)s --model robustbench/cifar100/Linf/Wang2023Better_WRN-28-10 \\
      --data cifar100 --data-dir ~/data --eps 8/255 --ray auto --resume --out everything"""


def add_evaluate(evaluate: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    evaluate.formatter_class = argparse.RawDescriptionHelpFormatter
    evaluate.description, evaluate.epilog = DESCRIPTION, EPILOG
    _add_what(evaluate)
    _add_attack(evaluate)
    _add_machine(evaluate)
    evaluate.add_argument(
        "--out",
        metavar="DIR",
        type=path,
        required=True,
        help="folder for report.json and the chunks, made if it is missing",
    )
    evaluate.add_argument("--resume", action="store_true", help="go on with the evaluation in --out")
    evaluate.add_argument("--json", action="store_true", help="print report.json instead of a table")


def _add_what(evaluate: argparse.ArgumentParser) -> None:
    add_model(evaluate)
    evaluate.add_argument(
        "--data",
        metavar="PATH",
        type=source,
        required=True,
        help="a parquet file with the columns image and label; a folder with a sub-folder for each class, "
        "called by its name, WordNet id or number; cifar10, cifar100 or imagenet; or gallery, for the "
        "labelled photographs that come along",
    )
    evaluate.add_argument(
        "--data-dir",
        metavar="DIR",
        type=path,
        help="where the files of cifar10, cifar100 or imagenet are, laid out as torchvision and RobustBench "
        "do (default: ./data, then the folder data in MALT Lab's cache)",
    )
    evaluate.add_argument(
        "--n",
        metavar="N",
        type=whole_number,
        help="only the first N images (of a folder, some of each class)",
    )


def _add_attack(evaluate: argparse.ArgumentParser) -> None:
    default = EvaluationConfig()
    evaluate.add_argument(
        "--attack",
        choices=ATTACKS,
        default=default.attack,
        help="; ".join(_attack_help(catalogue.ATTACKS[attack]) for attack in ATTACKS)
        + " (default: %(default)s)",
    )
    add_ball(evaluate)
    add_counts(evaluate, default)
    evaluate.add_argument(
        "--all-steps",
        "--faithful",
        dest="faithful",
        action="store_true",
        help="let malt spend as many steps on every target as the published algorithm does",
    )
    add_check(evaluate)


def _attack_help(info: AttackInfo) -> str:
    return (
        f"{info.id} ({info.title}): {info.description}{', from pyautoattack' * (info.code == 'pyautoattack')}"
    )


def _add_machine(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument(
        "--batch-size",
        metavar="auto|N",
        default="auto",
        help="images in the model at a time, and in a chunk (default: auto, as many as fit into 1 GB, up to "
        "32; on a GPU 8 GB, 256)",
    )
    evaluate.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="what malt and naive compute steps in (default: auto, whichever is faster here, as "
        "measured at the start; name one where runs are to agree to the last digit)",
    )
    add_device(evaluate)
    machine = evaluate.add_mutually_exclusive_group()
    machine.add_argument(
        "--workers",
        metavar="N",
        type=whole_number,
        help="processes to work with, each on one core with a copy of the model (default: one a core; on a "
        "GPU, one); their number does not change the report",
    )
    machine.add_argument(
        "--ray",
        metavar="ADDRESS",
        nargs="?",
        const="",
        help="work on the Ray cluster at ADDRESS (auto: the one that runs on this computer); without "
        "ADDRESS, on the one in $RAY_ADDRESS, else on one of this computer alone (needs `pip install "
        "'malt-lab[ray]'`)",
    )


def evaluation_config(args: argparse.Namespace) -> EvaluationConfig:
    """Return the settings that were typed. Raises BadConfig, naming the option, where one is out of range."""
    try:
        for name in ("n", "workers"):
            if getattr(args, name) is not None:
                check_count(name, getattr(args, name), 1, 10**9)
        return EvaluationConfig(
            attack=args.attack,
            norm=args.norm,
            eps=Epsilon.parse(eps_text(args), args.norm).value,
            eps_text=eps_text(args),
            batch_size=_batch_size(args.batch_size),
            precision=args.precision,
            faithful=args.faithful,
            check=args.check,
            **counts(args),
        )
    except BadConfig as error:
        raise by_flag(error) from None


def _batch_size(text: str) -> int | None:
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise BadConfig(
            f"batch_size must be auto or a whole number, not {text!r}.", setting="batch_size"
        ) from None
