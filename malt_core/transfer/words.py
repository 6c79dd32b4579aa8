"""What a transfer matrix says, in plain sentences. No torch."""

from __future__ import annotations

from malt_core.epsilon import Epsilon
from malt_core.transfer.record import TransferRecord
from malt_core.transfer.statistics import (
    Cell,
    Compared,
    Estimate,
    all_compared,
    beyond_noise,
    cell,
    control,
    diagonal_holds,
    hits,
    noise_hits,
    travelled,
)
from malt_core.transfer.types import Comparison

NAMES: dict[Comparison, tuple[str, str]] = {
    "naive": ("MALT's target", "the likeliest wrong class"),
    "momentum": ("with momentum", "plain steps"),
    "several": ("the mean of several networks", "one of them"),
}
"""What each comparison sets side by side."""
LETTERS = "ABCDEFGHIJKL"


def short(id: str) -> str:
    """Return what tells a network apart: the last part of its id."""
    return id.rpartition("/")[2]


def eps_text(record: TransferRecord) -> str:
    """Return ε for people."""
    return Epsilon(record.eps).plain if record.eps else "0"


def of_images(count: int) -> str:
    """Return "1 image" or "7 images"."""
    return f"{count:,} image" if count == 1 else f"{count:,} images"


def interval(found: Estimate) -> str:
    """Return the interval of a share, to follow it: " (95% interval 12–30%)"; "" where there is none."""
    if found.low is None or found.high is None:
        return ""
    return f" (95% interval {max(0.0, found.low):.0%} to {min(1.0, found.high):.0%})"


def headline(record: TransferRecord) -> str:
    """Return the result in one sentence."""
    if (found := travelled(record)) is None:
        if {network.id for network in (*record.rows, *record.columns)} == {record.rows[0].id}:
            return "There is one network only: these images were tried on no other."
        return "No image is named right by two of these networks, so there is nothing to count between them."
    image = "the adversarial image" if found.images == 1 else "an adversarial image"
    made = f"Made on one network, {image} fools another one in {found.mean:.0%} of {found.pairs:,} cases"
    of = " of one image" if found.images == 1 else f" of {of_images(found.images)}{interval(found)}"
    noise = list(noise_hits(record).values())
    share = sum(noise) / len(noise)
    return f"{made}{of}; random noise of the same ε does so in {share:.0%}."


def attacker(record: TransferRecord) -> str:
    """Return what that means for an attacker who sees nothing but answers."""
    found = travelled(record)
    if found is None:
        return ""
    who = "An attacker who sees only a network's answers can make images on a network of their own instead"
    if not any(hits(record).values()):
        return f"{who}. With these networks and this ε that would not have fooled anybody else's."
    told = beyond_noise(record)
    if told is not None and told.told > 0:
        first = f"{found.mean:.0%} of these would have worked at the first try"
        return f"{who}: {first}, without one question to the network that they fool."
    return f"{who}; these images do not tell whether that does more than random noise of the same size."


def as_by_noise(record: TransferRecord) -> str:
    """Return between which networks noise does at least half of what the attack does; "" if nowhere."""
    found = [
        f"from {short(made.id)} to {short(tried.id)} {one.noise} of {one.of} (the attack {one.fooled})"
        for row, made in enumerate(record.rows)
        for column, tried in enumerate(record.columns)
        if column != record.own_column(row)
        and (one := cell(record, row, column)).fooled
        and 2 * one.noise >= one.fooled
    ]
    if not found:
        return ""
    return (
        f"Random noise alone fools {'; '.join(found)}: there, most of what seems to travel need not be the "
        "attack's doing."
    )


def diagonal(record: TransferRecord) -> str:
    """Return what the diagonal checks."""
    cells = [
        cell(record, row, column)
        for row in range(len(record.rows))
        if (column := record.own_column(row)) is not None
    ]
    if not any(one.of for one in cells):
        return ""
    if diagonal_holds(record):
        fooled, of = sum(one.own for one in cells), sum(one.of for one in cells)
        return (
            f"The diagonal checks itself: tried on the network that they were made on, {fooled:,} of {of:,} "
            "images fool it, exactly as many as the attacks themselves had seen."
        )
    return (
        "The diagonal does not hold: some images fool the network that they were made on less often, or more "
        "often, than the attack had seen. Its network answers the same image in different ways."
    )


def resizing(record: TransferRecord) -> str:
    """Return what happens between input sizes; "" where all are the same."""
    sizes = {network.size for network in (*record.rows, *record.columns)}
    if len(sizes) == 1:
        return ""
    between = " and ".join(f"{height} × {width}" for height, width in sorted(sizes))
    return (
        f"Between networks of one input size, pixels travel as they are. Between sizes ({between} pixels) a "
        "picture is saved in 8 bits and resized, as any photograph would be, the clean one and the "
        "adversarial one alike; ε counts in the row's pixels. So there the resizing is part of what the "
        "attack must survive, and the count holds pictures that are right after it."
    )


def mapping(record: TransferRecord) -> str:
    """Return how classes go together; "" where all networks have the same ones."""
    counts = {network.classes for network in (*record.rows, *record.columns)}
    if len(counts) == 1:
        return ""
    told = " and ".join(f"{count:,}" for count in sorted(counts))
    return (
        f"Networks of {told} classes are compared by WordNet id: a class is the same where it has the same "
        "id. An answer outside the classes that both know counts as another wrong class."
    )


def unlabelled(record: TransferRecord) -> str:
    """Return how images without a label count; "" where there is none."""
    if all(entry.labelled for entry in record.entries):
        return ""
    return (
        "Of pictures without a label nobody knows what is right: what the row's network says of them stands "
        "in for it, and the column's has to say the same."
    )


def settings(record: TransferRecord) -> str:
    """Return what ran, for people."""
    return (
        f"{record.data}: {of_images(record.done)}{'' if record.complete else f' of {record.total:,}'}; "
        f"ε = {eps_text(record)} (L∞); MALT's target, {record.n_iter} steps of ε/{1 / record.step:g}, all of "
        "which are taken: the last point is what travels, whether it fools or not."
    )


def in_cell(found: Cell, row: str, column: str) -> str:
    """Return one cell in a sentence."""
    if found.share is None or (bounds := found.interval) is None:
        return f"From {row} to {column}: no image is right on both without any attack."
    return (
        f"From {row} to {column}: {found.fooled} of {of_images(found.of)} ({found.share:.0%}, 95% interval "
        f"{bounds[0]:.0%} to {bounds[1]:.0%}): {found.same} as the same wrong class, {found.other} as "
        f"another; random noise {found.noise}. Length (L2) {found.l2:.2f}, noise {found.noise_l2:.2f}."
    )


def control_text(record: TransferRecord, row: int) -> str:
    """Return the share of a row's control, "–" where there is none."""
    fooled, of = control(record, row)
    return f"{fooled / of:.0%}" if of else "–"


def comparison(found: Compared) -> str:
    """Return which of two travels further, or that these images do not tell."""
    first, second = NAMES[found.what]
    seen = f"{_capital(first)} {found.first:.0%}, {second} {found.second:.0%}"
    of = found.difference
    counted = f"in {of.pairs:,} cases of {of_images(of.images)}"
    only = f"better in {found.only_first:,} cases, worse in {found.only_second:,}"
    if of.low is None or of.high is None:
        return f"{seen}, {counted}. So few images do not tell which travels further."
    bounds = f"a difference of {_points(of.mean)} (95% interval {_points(of.low)} to {_points(of.high)})"
    if not found.only_first and not found.only_second:
        return f"{seen}, {counted}: no difference anywhere. These images do not tell which travels further."
    if not of.told:
        end = "The interval holds 0: these images do not tell which travels further."
    else:
        end = f"On these networks, {first if of.told > 0 else second} travels further."
    return f"{seen}, {counted}; {only}: {bounds}. {end}"


def comparisons(record: TransferRecord) -> list[tuple[Comparison, str]]:
    """Return each comparison that was made, in a sentence."""
    return [(one.what, comparison(one)) for one in all_compared(record)]


def _points(value: float) -> str:
    return f"{value * 100:+.0f} points".replace("-", "\N{MINUS SIGN}").replace("+0 ", "0 ")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
