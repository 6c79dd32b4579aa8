"""The command `malt ranks`: at which place of MALT's order, and of that of confidence, attacks succeed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from malt_core.attacks.types import AttackConfig
from malt_core.cli.explain import print_json, table
from malt_core.cli.figure import add_figure, write_figures
from malt_core.cli.options import (
    add_ball,
    add_counts,
    add_device,
    add_model,
    by_flag,
    counts,
    eps_text,
    load_on,
    source,
    whole_number,
)
from malt_core.cli.terminal import Status, one_line
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.networks import network_info
from malt_core.types import check_count

if TYPE_CHECKING:
    from malt_core.explanations.record import RanksRecord

HELP = "count at which place of MALT's order, and of that of confidence, attacks first succeed"
DESCRIPTION = (
    "Attack many pictures in either order of targets, MALT's and that of confidence, each target with all "
    "its "
    "steps, and count at which place an attack first succeeded. Pictures without a label are attacked as "
    "what "
    "the network says of them."
)


def add_ranks(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    add_model(command)
    command.add_argument(
        "--data",
        metavar="PATH",
        type=source,
        required=True,
        help="a parquet file with the columns image and label; a ZIP or a folder, with a sub-folder for each "
        "class or with pictures of any kind; cifar10, cifar100, imagenet or gallery as in `evaluate`",
    )
    command.add_argument(
        "--n", metavar="N", type=whole_number, default=200, help="only the first N (default: %(default)s)"
    )
    add_ball(command)
    add_counts(command, AttackConfig())
    add_device(command)
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_figure(command)


def ranks(args: argparse.Namespace) -> None:
    """Compare as the command line says and print the result. Raises MaltError, and KeyboardInterrupt."""
    info = network_info(args.model)
    try:
        check_count("n", args.n, 1, 10**9)
        eps = Epsilon.parse(eps_text(args), args.norm).value
        config = AttackConfig(norm=args.norm, eps=eps, faithful=True, **counts(args))
    except BadConfig as error:
        raise by_flag(error) from None
    from malt_core.datasets.pictures import open_pictures

    data = open_pictures(args.data, info, args.n)
    status, events, stopped = Status(), [], None
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        model = load_on(args, status)
        from malt_core.explanations.ranks import orders_over
        from malt_core.explanations.types import Comparing

        for event in orders_over(model, data, config):
            if isinstance(event, Comparing):
                status.show(
                    f"{event.done:,} of {event.total:,} images, {event.n_forward:,} passes for the next"
                )
            else:
                events.append(event)
    except KeyboardInterrupt:
        stopped = f"{len(events):,} of {len(data.labels):,} images are compared"
    finally:
        status.show()
    from malt_core.explanations.record import ranks_record
    from malt_core.export import records

    if events:
        record = ranks_record(events, info, data.name, config)
        if args.json:
            print_json(record)
        else:
            print(*_lines(record, data.left_out), sep="\n", flush=True)
        if record.attacked:
            write_figures(args, lambda: records.ranks(record))
    if stopped is not None:
        raise KeyboardInterrupt(stopped)


def _lines(record: RanksRecord, left_out: tuple[str, ...]) -> list[str]:
    from malt_core.datasets.picture_files import left_out_sentence
    from malt_core.explanations import words

    histogram = record.histogram()
    rows = [
        ("order", "1st", "2nd", "3rd", "beyond", "fooled"),
        *(
            (name, *map(str, histogram[key]), str(sum(histogram[key])))
            for key, name in (("malt", "MALT"), ("naive", "confidence"))
        ),
    ]
    said = [
        words.ranks_sentence(record),
        words.only_one(record),
        *record.skipped,
        left_out_sentence(left_out),
    ]
    return [
        f"{record.model} on {one_line(words.ranks_settings(record))}",
        *table(rows),
        *map(one_line, filter(None, said)),
    ]
