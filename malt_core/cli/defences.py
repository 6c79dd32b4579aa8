"""The command `malt defences`: networks and defences as they are, under a carried-over attack, and under one
that knows them.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from malt_core.cli.explain import print_json, table
from malt_core.cli.figure import add_figure, write_figures
from malt_core.cli.options import add_ball, add_device, by_flag, path, say_flags, source, whole_number
from malt_core.cli.terminal import Status, one_line
from malt_core.defence_run.contestants import UNDEFENDED, check_rows, row_records, rows_for
from malt_core.defence_run.record import empty_record
from malt_core.defence_run.types import DefenceConfig
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.networks import network_info
from malt_core.storage.folders import cannot_write, prepare_folder
from malt_core.types import check_count

if TYPE_CHECKING:
    from malt_core.datasets.in_memory import InMemoryData
    from malt_core.defence_run.record import DefencesRecord

HELP = "compare defences: as they are, under a transferred attack, and under one that knows them"
DESCRIPTION = (
    "Put the first pictures of a data set through rows of networks and defences, and count how many answers "
    "are right: without any attack; under PGD made on the undefended network (transfer); under MALT on the "
    "row itself (adaptive). An image that the transferred attack fools counts as fooled in the adaptive "
    "column, too. Pictures without a label are taken for what the undefended network says of them."
)
EPS = {"linf": "4/255", "l2": "0.5"}
COUNTS = (
    ("--steps", "steps", "how many steps of each attack towards each class"),
    ("--targets", "targets", "how many classes MALT aims at, in order"),
    ("--candidates", "candidates", "how many of the likeliest classes it ranks"),
    ("--draws", "draws", "draws of a defence's randomness, over which it is averaged"),
    ("--seed", "seed", "number that fixes what is random"),
)


def add_defences(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    command.add_argument(
        "--data",
        metavar="PATH",
        type=source,
        required=True,
        help="a parquet file, a ZIP or a folder of pictures, or gallery, as in `malt ranks`",
    )
    command.add_argument(
        "--rows",
        metavar="ID,ID",
        type=lambda text: [word.strip() for word in text.split(",") if word.strip()],
        help="the networks and defences to compare, with commas between them (default: the undefended one "
        f"and all defences that there are for it, {', '.join(rows_for(UNDEFENDED))})",
    )
    command.add_argument(
        "--undefended",
        metavar="ID",
        default=UNDEFENDED,
        help="the network that the transferred attack is made on (default: %(default)s)",
    )
    command.add_argument(
        "--n", metavar="N", type=whole_number, default=100, help="only the first N (default: %(default)s)"
    )
    add_ball(command)
    for flag, name, text in COUNTS:
        default = getattr(DefenceConfig, name)
        how = {"metavar": "N", "type": whole_number, "default": default}
        command.add_argument(flag, dest=name, help=f"{text} (default: %(default)s)", **how)
    add_device(command)
    command.add_argument("--out", metavar="DIR", type=path, help="a folder to write defences.json to")
    command.add_argument(
        "--resume", action="store_true", help="go on with the comparison that --out holds, if it holds one"
    )
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_figure(command)


def defences(args: argparse.Namespace) -> None:
    """Compare as the command line says and print the result. Raises MaltError, and KeyboardInterrupt."""
    try:
        check_count("n", args.n, 1, 10**9)
        eps = Epsilon.parse(args.eps or EPS[args.norm], args.norm).value
        config = DefenceConfig(
            norm=args.norm, eps=eps, **{name: getattr(args, name) for _, name, _ in COUNTS}
        )
        rows = rows_for(args.undefended) if args.rows is None else args.rows
        check_rows(args.undefended, rows)
    except BadConfig as error:
        raise by_flag(error) from None
    if args.resume and args.out is None:
        raise BadConfig("--resume needs --out: the folder that holds the comparison to go on with.")
    from malt_core.datasets.pictures import open_pictures
    from malt_core.defence_run import resumed

    data = open_pictures(args.data, network_info(args.undefended), args.n)
    record = empty_record(
        args.undefended,
        row_records(args.undefended, rows),
        config,
        data=data.name,
        fingerprint=data.fingerprint,
        total=len(data.labels),
    )
    if args.out is not None:
        if not args.resume and (args.out / "defences.json").exists():
            raise BadConfig(
                f"{args.out} holds a comparison already: go on with it by --resume, or choose another folder."
            )
        prepare_folder(args.out)
        record = resumed.earlier(args.out, record)
    status, stopped = Status(), None
    try:
        for grown in _steps(args, record, data, status):
            record = grown
            if args.out is not None:
                _write(record, args)
    except KeyboardInterrupt:
        stopped = f"{record.finished:,} of {record.total:,} images are done"
    finally:
        status.show()
    from malt_core.export import records

    if record.images:
        write_figures(args, lambda: records.defences(record))
        if args.json:
            print_json(record)
        else:
            print(*_lines(record), sep="\n", flush=True)
        for row in record.rows:
            say_flags(row.flags)
    if stopped is not None:
        raise KeyboardInterrupt(stopped)


def _steps(args: argparse.Namespace, record: DefencesRecord, data: InMemoryData, status: Status):
    """Yield the record after each few images that all rows have been through."""
    status.show("Loading the networks …")
    # Only now the imports and downloads that take a while: mistakes are answered at once.
    from malt_core.defence_run.contestants import contestant, told
    from malt_core.defence_run.record import grown
    from malt_core.defence_run.run import compare_defences
    from malt_core.defence_run.types import Looking

    try:
        loaded = [
            contestant(row.id, record.config, device=args.device, progress=status.download)
            for row in record.rows
        ]
        undefended = contestant(
            record.undefended, record.config, device=args.device, progress=status.download
        )
    except BadConfig as error:
        raise by_flag(error) from None
    record, waiting = replace(record, rows=told(record.rows, loaded)), []
    events = compare_defences(
        undefended.network,
        loaded,
        data,
        record.config,
        size=network_info(record.undefended).size,
        start=record.looked_at,
    )
    with closing(events):
        for event in events:
            if isinstance(event, Looking):
                at = loaded[event.row].id if event.row >= 0 else "the transferred attack"
                status.show(f"{event.done:,} of {record.total:,} images; {at}, {event.n_forward:,} passes")
                if event.row < 0 and waiting:
                    record, waiting = grown(record, waiting), []
                    yield record
            else:
                waiting.append(event)
    if waiting:
        yield grown(record, waiting)


def _write(record: DefencesRecord, args: argparse.Namespace) -> None:
    from malt_core.defence_run import resumed

    try:
        resumed.write(record, args.out)
    except OSError as error:
        raise cannot_write(args.out, error) from error


def _lines(record: DefencesRecord) -> list[str]:
    from malt_core.defence_run import words

    rows = [("", "clean", "transfer", "adaptive")]
    rows += [
        (row.id, *(words.counted(share) for share in (row.clean, row.transfer, row.adaptive)))
        for row in record.begun
    ]
    said = [f"{row.id}: {' '.join(words.sentences(row, record))}" for row in record.begun]
    return [
        one_line(f"{record.data}: {len(record.images):,} images, {words.settings(record)}"),
        f"Transfer: an attack (PGD) made on {record.undefended}. Adaptive: MALT on the row itself.",
        *table(rows),
        *map(one_line, filter(None, [*said, words.assumed(record), *record.skipped])),
    ]
