"""The command `malt distances`: how far each wrong class is, as predicted and in truth."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from malt_core.cli.explain import add_search, eps_max, print_json, table
from malt_core.cli.figure import add_figure, write_figures
from malt_core.cli.options import by_flag, load_on, whole_number
from malt_core.cli.terminal import Status, one_line
from malt_core.errors import BadConfig
from malt_core.images.sources import open_sample
from malt_core.models.classes import class_index
from malt_core.networks import network_info
from malt_core.types import check_count

if TYPE_CHECKING:
    from malt_core.explanations.record import DistancesRecord

CANDIDATES = 100  # classes among which those are that MALT puts nearest
HELP = "measure how far the leading wrong classes are, and how well MALT and confidence foretell it"
DESCRIPTION = (
    "For some wrong classes of one picture, print MALT's predicted distance and the smallest radius at which "
    "the boundary to that class was reached, with the rank correlation of MALT's score and of the order of "
    "confidence. A class that was not reached up to --eps-max counts as further than all that were."
)


def add_distances(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    add_search(command)
    command.add_argument(
        "--label",
        metavar="NAME|INDEX",
        help="the class to start from; default: what the model says of the image",
    )
    command.add_argument(
        "--targets",
        dest="n_targets",
        metavar="N",
        type=whole_number,
        default=9,
        help="how many classes (default: %(default)s)",
    )
    command.add_argument(
        "--of",
        choices=("likeliest", "nearest"),
        default="likeliest",
        help="which: the likeliest wrong classes (the default) or those that MALT's score puts nearest, "
        "among "
        "the 100 likeliest",
    )
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_figure(command)


def distances(args: argparse.Namespace) -> None:
    """Measure as the command line says and print the result. Raises MaltError."""
    info = network_info(args.model)
    most = eps_max(args)
    try:
        check_count("n_targets", args.n_targets, 1, 1000)
    except BadConfig as error:
        raise by_flag(error) from None
    label = None if args.label is None else class_index(info.classes, args.label)
    sample = open_sample(args.image, info.size, crop=args.crop)
    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        model = load_on(args, status)
        from malt_core.explanations.classes import score_classes
        from malt_core.explanations.run import measure_distances
        from malt_core.explanations.types import Search

        nearest = args.of == "nearest"
        candidates = max(CANDIDATES, args.n_targets) if nearest else args.n_targets
        *_, scored = score_classes(model, sample.x, label, norm=args.norm, n_candidates=candidates)
        for event in measure_distances(
            model,
            sample.x,
            scored,
            n_targets=args.n_targets,
            nearest=nearest,
            image=sample.name,
            norm=args.norm,
            eps_max=most,
            seed=args.seed,
        ):
            if isinstance(event, Search):
                status.show(f"Looking for the boundary to {info.classes[event.target]}: {event.steps} steps")
    finally:
        status.show()
    from malt_core.export import records

    if args.json:
        print_json(event)
    else:
        print(*_lines(event), sep="\n", flush=True)
    write_figures(args, lambda: records.distances(event))


def _lines(record: DistancesRecord) -> list[str]:
    from malt_core.explanations import words
    from malt_core.formatting import length

    def shown(value: float | None) -> str:
        return "–" if value is None else length(value, record.norm)

    rows = [("class", "by confidence", "predicted", "reached", "answered there")]
    for one in record.distances:
        answered = "" if one.reached is None else "yes" if one.wins else "no"
        rows.append((one.name, str(one.confidence_rank), shown(one.predicted), shown(one.reached), answered))
    return [
        f"{one_line(record.image)}, from “{record.label.name}”:",
        *table(rows),
        words.correlation(record),
        *filter(None, [words.error(record)]),
    ]
