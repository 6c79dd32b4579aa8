"""The command `malt answers`: one picture attacked by answers alone, without any gradient."""

from __future__ import annotations

import argparse

from malt_core.answers.types import MOST_LEVELS, QUERIES, AnswersConfig
from malt_core.cli.explain import print_json, table
from malt_core.cli.figure import add_figure, write_figures
from malt_core.cli.options import (
    add_ball,
    add_device,
    add_image,
    add_model,
    by_flag,
    eps_text,
    load_on,
    whole_number,
)
from malt_core.cli.terminal import Status, one_line
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.images.sources import open_sample
from malt_core.networks import network_info

HELP = "attack one picture by the network's answers alone, without any gradient"
DESCRIPTION = (
    "Attack one picture three times without any gradient: Square sees all scores, HopSkipJump and an "
    "evolutionary search hear only which class is answered. Every query counts, the first ones and those of "
    "failures as well; MALT's passes on the same picture stand beside them. That none succeeds is a result "
    "too: exit status 0."
)


def add_answers(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    add_image(command)
    add_model(command)
    add_ball(command)
    command.add_argument(
        "--queries",
        metavar="N",
        type=whole_number,
        default=QUERIES,
        help="how often each method may ask the network (default: %(default)s)",
    )
    command.add_argument(
        "--levels",
        metavar="N",
        type=whole_number,
        default=0,
        help=f"round colours to so many levels ahead of the network, up to {MOST_LEVELS}, so that nothing of "
        "it can be differentiated (default: 0, the network as it is)",
    )
    command.add_argument(
        "--seed",
        metavar="N",
        type=whole_number,
        default=0,
        help="number that fixes what is random (default: %(default)s)",
    )
    add_device(command)
    command.add_argument(
        "--json", action="store_true", help="print JSON (docs/answers.schema.json) instead of sentences"
    )
    add_figure(command)


def answers(args: argparse.Namespace) -> None:
    """Attack as the command line says and print the result. Raises MaltError."""
    info = network_info(args.model)
    try:
        config = AnswersConfig(
            norm=args.norm,
            eps=Epsilon.parse(eps_text(args), args.norm).value,
            queries=args.queries,
            seed=args.seed,
            levels=args.levels,
        )
    except BadConfig as error:
        raise by_flag(error) from None
    sample = open_sample(args.image, info.size, crop=args.crop)
    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        model = load_on(args, status)
        from malt_core.answers import words
        from malt_core.answers.record import record_of
        from malt_core.answers.run import attack_by_answers

        events = []
        for event in attack_by_answers(model, sample, config):
            events.append(event)
            if len(events) % 20 == 0 and (record := record_of(events, info, sample.name, config)):
                status.show(words.progress(record)[0])
    finally:
        status.show()
    record = record_of(events, info, sample.name, config)
    assert record is not None
    from malt_core.export import records

    write_figures(args, lambda: records.answers(record))
    if args.json:
        print_json(record)
        return
    print(f"{one_line(sample.name)}: {words.headline(record)}")
    if record.malt is not None:
        print(one_line(words.yardstick(record.malt)))
    for one in record.methods:
        print(" ".join(filter(None, (words.told(one, record), words.start(one)))))
    found = words.rows(record)
    head = [str(name) for name in found[0]]
    cells = [["–" if row[name] is None else f"{row[name]}" for name in head] for row in found]
    print("", *table([head, *cells]), sep="\n", flush=True)
