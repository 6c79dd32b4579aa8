"""The figure of each record, with its words and numbers: what its page and its command both give away.

Plotly is imported when a figure is asked for, which takes a while.
"""

from __future__ import annotations

from malt_core.answers import marks as answers_marks
from malt_core.answers.record import AnswersRecord
from malt_core.defence_run import words as defence_words
from malt_core.defence_run.record import DefencesRecord
from malt_core.epsilon import Epsilon
from malt_core.explanations import words as explanation_words
from malt_core.explanations.record import DistancesRecord, RanksRecord
from malt_core.export.take_away import Taken, of_figure
from malt_core.networks import network_info
from malt_core.transfer import words as transfer_words
from malt_core.transfer.record import TransferRecord


def network(id: str) -> str:
    """Return how a network is named below a figure: for people, and by its id."""
    title = network_info(id).title
    return title if title == id else f"{title} ({id})"


def answers(record: AnswersRecord) -> Taken:
    """Return the curves of a run by answers alone."""
    from malt_core.answers.figures import curves_figure, curves_rows

    behind = f", behind {record.levels} colour levels" if record.levels else ""
    return of_figure(
        curves_figure(record),
        name="malt-answers",
        title=f"{record.image} attacked by answers alone",
        rows=curves_rows(record),
        about=f"{network(record.model)}{behind}; one image, “{record.label.name}”; "
        f"ε = {Epsilon(record.eps, record.norm)}; up to {record.budget:,} queries each, seed {record.seed}.",
        alt=answers_marks.alt(record),
    )


def defences(record: DefencesRecord) -> Taken:
    """Return the bars of the defences."""
    from malt_core.defence_run.figures import columns_figure, table_rows

    return of_figure(
        columns_figure(record),
        name="malt-defences",
        title="Right answers: clean, under a transferred attack, under one that knows the defence",
        rows=table_rows(record),
        about=f"{defences_counted(record)} of {record.data}; {defence_words.settings(record)}. "
        f"{defence_words.assumed(record)} Whiskers: 95% intervals.",
        alt=defence_words.headline(record),
    )


def defences_counted(record: DefencesRecord) -> str:
    """Return of how many images the bars are."""
    numbers = {len(row.outcomes) for row in record.begun}
    if len(numbers) > 1 or len(record.begun) < len(record.rows):
        return f"{min(numbers)} to {max(numbers)} images so far"
    n = numbers.pop()
    return "1 image" if n == 1 else f"{n} images"


def transfer(record: TransferRecord) -> Taken:
    """Return the transfer matrix."""
    from malt_core.transfer.figures import matrix_figure, matrix_rows

    return of_figure(
        matrix_figure(record),
        name="malt-transfer",
        title="Adversarial images made on one network and tried on another: how many fool it",
        rows=matrix_rows(record),
        about=f"Of the images that both networks get right. {transfer_words.settings(record)}",
        alt=transfer_words.headline(record),
    )


def ranks(record: RanksRecord) -> Taken:
    """Return at which place of either order attacks succeeded. For records with images attacked."""
    from malt_core.explanations.figures import ranks_figure, ranks_rows

    return of_figure(
        ranks_figure(record),
        name="malt-ranks",
        title="At which place of its order an attack first succeeded",
        rows=ranks_rows(record),
        about=f"{network(record.model)}, {len(record.attacked):,} attacked images. "
        f"{explanation_words.ranks_settings(record)}",
        alt=explanation_words.ranks_sentence(record),
    )


def distances(record: DistancesRecord) -> Taken:
    """Return predicted against true distance."""
    from malt_core.explanations.figures import distances_figure, distances_rows

    return of_figure(
        distances_figure(record),
        name="malt-distances",
        title="How far each wrong class is: as MALT predicts, and in truth",
        rows=distances_rows(record),
        about=f"{network(record.model)}; one image, {record.image} (“{record.label.name}”), "
        f"{len(record.distances)} classes, searched up to {Epsilon(record.eps_max, record.norm)}.",
        alt=f"{explanation_words.correlation(record)} {explanation_words.error(record)}".strip(),
    )
