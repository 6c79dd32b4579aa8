"""The command line: `malt attack IMAGE`, `malt evaluate` and others; also `python -m malt_core`.

Exit status: 0 for any result, an attack that found nothing included; 2 for a user's mistake or a model that
cannot be loaded, with one line on standard error that says what to do; 130 where it was interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from malt_core import __version__
from malt_core.cli import (
    answers,
    app,
    attack,
    defences,
    distances,
    evaluate,
    evaluate_options,
    export_onnx,
    open_run,
    own_model,
    ranks,
    site,
    smallest,
    survives,
    transfer,
)
from malt_core.cli.dashes import protect_values
from malt_core.cli.terminal import say
from malt_core.defences.catalogue import DEFENCES
from malt_core.errors import MaltError, MaltWarning
from malt_core.models.catalogue import describe_models

WITH_IMAGE = (
    "attack",
    "answers",
    "check",
    "distances",
    "open",
    "smallest",
)  # commands that take a file without a flag


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage that argparse prints first."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def make_parser(prog: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=prog, description="Adversarial attacks by almost linearity (MALT).")
    parser.add_argument("--version", action="version", version=f"MALT Lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("attack", help=attack.HELP)
    attack.add_attack(one)
    one.set_defaults(run=attack.attack)
    many = commands.add_parser("evaluate", help=evaluate_options.HELP)
    evaluate_options.add_evaluate(many)
    many.set_defaults(run=evaluate.evaluate)
    for name, text, add, run in (
        ("check", own_model.HELP, own_model.add_check, own_model.check),
        ("defences", defences.HELP, defences.add_defences, defences.defences),
        ("answers", answers.HELP, answers.add_answers, answers.answers),
        ("export-onnx", export_onnx.HELP, export_onnx.add_export_onnx, export_onnx.export_onnx),
        ("distances", distances.HELP, distances.add_distances, distances.distances),
        ("open", open_run.HELP, open_run.add_open, open_run.open_run),
        ("ranks", ranks.HELP, ranks.add_ranks, ranks.ranks),
        ("site", site.HELP, site.add_site, site.site),
        ("smallest", smallest.HELP, smallest.add_smallest, smallest.smallest),
        ("survives", survives.HELP, survives.add_survives, survives.survives),
        ("transfer", transfer.HELP, transfer.add_transfer, transfer.transfer),
    ):
        command = commands.add_parser(name, help=text)
        add(command)
        command.set_defaults(run=run)
    models = commands.add_parser("models", help="list the models", description="List the models.")
    models.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        help="only these, such as 'robustbench/cifar10/*' or wang2023",
    )
    models.set_defaults(run=_list_models)
    pages = commands.add_parser("app", help=app.HELP)
    app.add_app(pages)
    pages.set_defaults(run=app.start_app)
    return parser


def _list_models(args: argparse.Namespace) -> None:
    print(describe_models(args.pattern), flush=True)
    print(f"Behind a defence: defended/DEFENCE/ID, with {', '.join(DEFENCES)}.", flush=True)


def parse(argv: Sequence[str], prog: str = "python -m malt_core") -> argparse.Namespace:
    """Read a command line, word by word. Raises SystemExit: 2 with a line on a mistake, 0 after --help.

    prog: what the person typed before these words, for the help and the complaints.
    """
    parser = make_parser(prog)
    words = list(argv)
    (commands,) = (action.choices for action in parser._actions if isinstance(action.choices, dict))
    if words and words[0] in commands:
        words[1:] = protect_values(commands[words[0]], words[1:], files=words[0] in WITH_IMAGE)
    return parser.parse_args(words)


def malt() -> int:
    """The console command `malt`, the same as `python -m malt_core`."""
    return main(prog="malt")


def main(argv: Sequence[str] | None = None, prog: str = "python -m malt_core") -> int:
    """Run the command line and return its exit status (SystemExit for --help and mistyped options)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal and code page knows “ and ²
    args = parse(sys.argv[1:] if argv is None else argv, prog)
    try:
        with _warnings_as_lines():
            if args.run is not own_model.check:
                own_model.settle(args)
            args.run(args)
    except MaltError as error:
        say(f"malt_core: {' '.join(str(error).split())}")
        return 2
    except KeyboardInterrupt as interruption:
        say("\nmalt_core: interrupted", *interruption.args, sep="; ")
        return 130
    except BrokenPipeError:  # whoever reads the output, such as `head`, has seen enough
        _print_no_more()
    except OSError as error:
        say("malt_core: " + ": ".join(filter(None, (error.filename, error.strerror or str(error)))) + ".")
        if error.filename is None:
            _print_no_more()
        return 2
    return 0


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Say each of our own warnings once, as a line on standard error; leave others' as they are."""
    said: set[str] = set()
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, MaltWarning):
                others(message, category, *where, **more)
            elif str(message) not in said:
                said.add(str(message))
                say(f"malt_core: {' '.join(str(message).split())}")

        warnings.simplefilter("always", MaltWarning)
        warnings.showwarning = show
        yield


def _print_no_more() -> None:
    """Let Python end without trying to print what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
