"""The command `malt transfer`: adversarial images made on some networks and tried on others."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from malt_core.cli.explain import table
from malt_core.cli.figure import add_figure, write_figures
from malt_core.cli.options import add_device, by_flag, path, source, whole_number
from malt_core.cli.terminal import Status, one_line, say
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info
from malt_core.transfer.types import COMPARISONS, N_ITER, TransferConfig
from malt_core.types import check_count

if TYPE_CHECKING:
    from malt_core.transfer.record import TransferRecord

HELP = "make adversarial images on some networks and count how many fool the others"
DESCRIPTION = """\
Attack images on the networks of the rows, try each on those of the columns, and count how many fool them: of
the images that both networks get right without any attack, beside random noise of the same size. Every
attack takes all its steps. Between networks of different input sizes a picture is resized, clean and
adversarial alike. Rows and columns must know common classes: one data set, or ImageNet and Tiny-ImageNet."""
EPILOG = """\
examples:
  %(prog)s --rows tiny-imagenet/standard tiny-imagenet/robust --data images.parquet --n 100
  %(prog)s --rows tiny-imagenet/standard --columns imagenet/efficientnet-lite0 --data gallery --eps 8/255"""
DEFAULT_ROWS = ("tiny-imagenet/standard", "tiny-imagenet/robust", "tiny-imagenet/distilled")


def add_transfer(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.description, command.epilog = DESCRIPTION, EPILOG
    command.add_argument(
        "--rows",
        metavar="ID",
        nargs="+",
        default=list(DEFAULT_ROWS),
        help=f"networks to make images on (default: {' '.join(DEFAULT_ROWS)})",
    )
    command.add_argument(
        "--columns", metavar="ID", nargs="+", help="networks to try them on (default: those of --rows)"
    )
    command.add_argument(
        "--data",
        metavar="PATH",
        type=source,
        required=True,
        help="a parquet file with the columns image and label, a ZIP or a folder, as in `ranks`; or gallery",
    )
    command.add_argument(
        "--n", metavar="N", type=whole_number, default=100, help="only the first N (default: %(default)s)"
    )
    command.add_argument(
        "--eps",
        default="8/255",
        help="largest change of a colour value, in the row's pixels (default: 8/255)",
    )
    command.add_argument(
        "--n-iter",
        metavar="N",
        type=whole_number,
        default=N_ITER,
        help="steps of every attack, all of which are taken (default: %(default)s)",
    )
    command.add_argument(
        "--seed", metavar="N", type=whole_number, default=0, help="of the random noise (default: 0)"
    )
    command.add_argument(
        "--compare",
        metavar="WHAT",
        nargs="*",
        choices=COMPARISONS,
        default=list(COMPARISONS),
        help="what else to try: naive (the likeliest class as target), momentum, several (the mean of "
        "several networks); nothing after --compare for none of them (default: all)",
    )
    add_device(command)
    command.add_argument("--out", metavar="FILE", type=path, help="where to write the record, as JSON")
    command.add_argument("--json", action="store_true", help="print the record as JSON instead of a table")
    add_figure(command)


def _ids(words: Sequence[str]) -> tuple[str, ...]:
    """Return the ids that were typed, with spaces or commas between them."""
    return tuple(id for word in words for id in word.split(",") if id)


def transfer(args: argparse.Namespace) -> None:
    """Attack as the command line says and print the matrix. Raises MaltError, and KeyboardInterrupt."""
    rows = _ids(args.rows)
    columns = rows if args.columns is None else _ids(args.columns)
    infos = {id: model_info(id) for id in (*rows, *columns)}
    try:
        check_count("n", args.n, 1, 10**9)
        config = TransferConfig(
            rows=rows,
            columns=columns,
            eps=Epsilon.parse(args.eps).value,
            n_iter=args.n_iter,
            seed=args.seed,
            compare=tuple(args.compare),
        )
    except BadConfig as error:
        raise by_flag(error) from None
    from malt_core.storage.whole_files import write_whole
    from malt_core.transfer.classes import check_classes
    from malt_core.transfer.images import open_images

    check_classes([infos[id] for id in config.rows], [infos[id] for id in config.columns])
    data = open_images(args.data, [infos[id] for id in config.networks], args.n)
    status, events, stopped = Status(), [], None
    try:
        models = []
        from malt_core.models.loaders import load_model
        from malt_core.transfer.run import transfer as run
        from malt_core.transfer.types import Working

        for id in config.networks:
            status.show(f"Loading {id} …")
            models.append(load_model(id, device=args.device, progress=status.download))
        for event in run(models, data.images, config):
            if isinstance(event, Working):
                status.show(f"{event.done:,} of {event.total:,} images; {event.doing}")
            else:
                events.append(event)
    except KeyboardInterrupt:
        stopped = "what there is by then is kept"
    finally:
        status.show()
    from malt_core.export import records
    from malt_core.transfer.record import transfer_record, transfer_to_json

    if not events:
        raise KeyboardInterrupt
    names = [image.record.name for image in data.images]
    record = transfer_record(
        events, config, infos, data.name, names, left_out=data.left_out, complete=stopped is None
    )
    text = json.dumps(transfer_to_json(record), indent=2, ensure_ascii=False) + "\n"
    if args.out is not None:
        write_whole(args.out, text)
    write_figures(args, lambda: records.transfer(record))
    if args.json:
        print(text, end="", flush=True)
    else:
        print(*_lines(record), sep="\n", flush=True)
    for sentence in record.skipped:
        say(f"malt_core: {one_line(sentence)}")
    if stopped is not None:
        raise KeyboardInterrupt(stopped)


def _lines(record: TransferRecord) -> list[str]:
    from malt_core.transfer import words
    from malt_core.transfer.statistics import matrix

    heads = ["made on", *(f"{words.LETTERS[i]}" for i in range(len(record.columns))), "noise", "L2"]
    rows = []
    for place, found in enumerate(matrix(record)):
        lengths = [one.l2 for one in found if one.l2 is not None]
        rows.append(
            [
                record.rows[place].id,
                *("–" if one.share is None else f"{one.fooled}/{one.of}" for one in found),
                words.control_text(record, place),
                f"{sum(lengths) / len(lengths):.2f}" if lengths else "–",
            ]
        )
    said = [
        words.headline(record),
        words.diagonal(record),
        words.attacker(record),
        *(sentence for _, sentence in words.comparisons(record)),
        words.resizing(record),
        words.mapping(record),
        words.unlabelled(record),
    ]
    return [
        words.settings(record),
        *(f"{words.LETTERS[i]}: {column.id}" for i, column in enumerate(record.columns)),
        *table([heads, *rows]),
        *filter(None, said),
    ]
