"""The command `malt survives`: what is left of an attack when its picture is passed on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from malt_core.cli.options import add_device, load_on, path
from malt_core.cli.terminal import Status
from malt_core.errors import BadConfig
from malt_core.storage.typed_json import plain

HELP = "see whether an adversarial picture still fools after JPEG, scaling, a screenshot or a messenger"
DESCRIPTION = (
    "Treat the adversarial picture that `malt attack` wrote, and the original, as pictures are treated that "
    "are "
    "passed on, and ask the network again. That nothing survives is a result too: exit status 0."
)
NAMES = ("original.png", "adversarial.png")


def add_survives(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    command.add_argument(
        "run_folder", metavar="FILE", type=path, help="the folder of a run, or its adversarial.png"
    )
    add_device(command)
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")


def survives(args: argparse.Namespace) -> None:
    """Judge as the command line says and print the result. Raises MaltError."""
    from malt_core.attack_run.record import read_record
    from malt_core.attack_run.survival_types import survival_sentence, survival_table

    folder = args.run_folder if args.run_folder.is_dir() else args.run_folder.parent
    record = read_record(folder)
    if not record.success:
        raise BadConfig(f"{folder} is of an attack that fooled nobody: there is nothing that could survive.")
    original, adversarial = (_read(folder / name) for name in NAMES)
    args.model = record.model
    status = Status()
    try:
        status.show(f"Loading {record.model} …")
        model = load_on(args, status)
        from malt_core.attack_run.survival import survival

        found = list(survival(model, original, adversarial, record.clean_label.index))
    finally:
        status.show()
    if args.json:
        print(json.dumps(plain(found), indent=2), flush=True)
        return
    print(*survival_table(found), survival_sentence(found), sep="\n", flush=True)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadConfig(
            f"Cannot read {file}: {error.strerror}. `malt attack` writes it beside run.json; where no PNG "
            "can hold the change (ε below 1/255) there is none."
        ) from error
