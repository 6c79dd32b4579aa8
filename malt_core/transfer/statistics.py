"""The cells of a transfer matrix, and what can be said of it for all images like these. No torch."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from malt_core.transfer.record import TransferRecord
from malt_core.transfer.types import COMPARISONS, Comparison, Method

Z = 1.959964  # of the normal distribution, for 95%
FEWEST = 5  # images of which an interval says anything


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Images made on the row's network and tried on the column's.

    of: images that both networks get right without any attack; fooled: of those, which the column's network
    gets wrong then; same: of those, as the same class as the row's network. noise: of `of`, which random
    noise of the same size fools. own: which fool the row's network, as the attack itself saw it.
    l2, noise_l2: mean length of change and noise in the row's pixels, None where `of` is 0.
    """

    of: int
    fooled: int
    same: int
    noise: int
    own: int
    l2: float | None
    noise_l2: float | None

    @property
    def share(self) -> float | None:
        """How many of the images fool the column's network, 0 to 1; None where there is none."""
        return self.fooled / self.of if self.of else None

    @property
    def other(self) -> int:
        """Images that the column's network takes for another wrong class than the row's."""
        return self.fooled - self.same

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval of the share (Wilson 1927); None where there is no image."""
        if not self.of:
            return None
        n, share = self.of, self.fooled / self.of
        centre, spread = share + Z * Z / (2 * n), Z * math.sqrt(share * (1 - share) / n + (Z / n) ** 2 / 4)
        return max(0.0, (centre - spread) / (1 + Z * Z / n)), min(1.0, (centre + spread) / (1 + Z * Z / n))


def cell(record: TransferRecord, row: int, column: int, method: Method = "malt") -> Cell:
    """Return one cell for the attack of that name."""
    entries = [entry for entry in record.entries if entry.row == row and entry.counts(column)]
    tried = [(entry, attempt) for entry in entries if (attempt := entry.attempt(method)) is not None]
    fooled = [(entry, one) for entry, one in tried if entry.fooled(column, one.answers[column])]
    return Cell(
        of=len(tried),
        fooled=len(fooled),
        same=sum(one.same[column] for _, one in fooled),
        noise=sum(entry.fooled(column, entry.column_noise[column]) for entry, _ in tried),
        own=sum(one.own not in entry.right for entry, one in tried),
        l2=fmean(one.l2 for _, one in tried) if tried else None,
        noise_l2=fmean(entry.noise_l2 for entry, _ in tried) if tried else None,
    )


def matrix(record: TransferRecord, method: Method = "malt") -> list[list[Cell]]:
    """Return all cells, row by row."""
    return [
        [cell(record, row, column, method) for column in range(len(record.columns))]
        for row in range(len(record.rows))
    ]


def control(record: TransferRecord, row: int) -> tuple[int, int]:
    """Return how many answers of the columns the noise of a row's size changes, and of how many.

    They are of the images, and of the networks besides the row's own, that the row's other cells count; of
    its own network where there is no other.
    """
    own = record.own_column(row)
    others = [column for column in range(len(record.columns)) if column != own]
    cells = [cell(record, row, column) for column in others or range(len(record.columns))]
    return sum(one.noise for one in cells), sum(one.of for one in cells)


def diagonal_holds(record: TransferRecord) -> bool:
    """Whether each network's own images fool it in its cell as often as the attack itself had seen."""
    return all(
        one.fooled == one.own
        for row in range(len(record.rows))
        if (column := record.own_column(row)) is not None
        for one in [cell(record, row, column)]
    )


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over pairs of an image and a way from network to network. images, pairs: how many.

    low, high: its 95% interval over images like these; None for fewer than FEWEST images.
    """

    mean: float
    low: float | None
    high: float | None
    images: int
    pairs: int

    @property
    def told(self) -> int:
        """1 or -1 where the interval is above or below 0, otherwise 0: these images do not tell."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def student(freedom: int) -> float:
    """Return the 97.5% point of Student's t for at least 4 degrees of freedom, to a thousandth.

    Abramowitz and Stegun, 26.7.5: scipy takes a while to load, and first screens are without it.
    """
    z, n = Z, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / n**power for power, term in enumerate(terms, start=1))


def estimate(values: Iterable[tuple[int, float]]) -> Estimate | None:
    """Return the mean of values, each with its image; None where there is none.

    Values of one image hang together. So images, not pairs, are what is drawn by chance: the interval is that
    of a ratio of two sums over images (Cochran, Sampling Techniques, 1977, section 6.3), with Student's t.
    """
    by_image: dict[int, list[float]] = defaultdict(list)
    for image, value in values:
        by_image[image].append(value)
    if not by_image:
        return None
    images, pairs = len(by_image), sum(map(len, by_image.values()))
    mean = sum(map(sum, by_image.values())) / pairs
    if images < FEWEST:
        return Estimate(mean=mean, low=None, high=None, images=images, pairs=pairs)
    squares = sum((sum(found) - mean * len(found)) ** 2 for found in by_image.values())
    error = math.sqrt(squares * images / (images - 1)) / pairs
    reach = student(images - 1) * error
    return Estimate(mean=mean, low=mean - reach, high=mean + reach, images=images, pairs=pairs)


def hits(
    record: TransferRecord, method: Method = "malt", *, column: int | None = None
) -> dict[tuple[int, int, int], bool]:
    """Return by (image, row, column) whether the image fools the column's network, off the diagonal.

    column: that one alone.
    """
    return {
        (entry.index, entry.row, place): entry.fooled(place, attempt.answers[place])
        for entry in record.entries
        if (attempt := entry.attempt(method)) is not None
        for place in range(len(record.columns))
        if place != record.own_column(entry.row) and entry.counts(place) and column in (None, place)
    }


def noise_hits(record: TransferRecord) -> dict[tuple[int, int, int], bool]:
    """Return the same for random noise."""
    return {
        (entry.index, entry.row, place): entry.fooled(place, entry.column_noise[place])
        for entry in record.entries
        if entry.attempts
        for place in range(len(record.columns))
        if place != record.own_column(entry.row) and entry.counts(place)
    }


def travelled(record: TransferRecord, method: Method = "malt") -> Estimate | None:
    """Return how often an image fools a network that it was not made on."""
    return estimate((image, float(hit)) for (image, _, _), hit in hits(record, method).items())


def beyond_noise(record: TransferRecord) -> Estimate | None:
    """Return how much more often that is than with random noise of the same size."""
    noise = noise_hits(record)
    return estimate((key[0], float(hit) - float(noise[key])) for key, hit in hits(record).items())


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two ways to make images, over the same images and the same pairs of networks.

    first, second: how often those of each fool the network that they are tried on, 0 to 1; for "several",
    second is that of its members one by one. only_first, only_second: pairs in which the first did better, or
    the second. difference: of first less second.
    """

    what: Comparison
    first: float
    second: float
    only_first: int
    only_second: int
    difference: Estimate


def compared(record: TransferRecord, what: Comparison) -> Compared | None:
    """Return one comparison; None where it was not made or no image counts.

    naive: MALT's target first, the likeliest class second; momentum: with it first, plain steps second;
    several: the mean of several networks first, one of them second.
    """
    pairs = _several(record) if what == "several" else _methods(record, what)
    if not pairs:
        return None
    difference = estimate((image, first - second) for image, first, second in pairs)
    assert difference is not None
    return Compared(
        what=what,
        first=fmean(first for _, first, _ in pairs),
        second=fmean(second for _, _, second in pairs),
        only_first=sum(first > second for _, first, second in pairs),
        only_second=sum(second > first for _, first, second in pairs),
        difference=difference,
    )


def all_compared(record: TransferRecord) -> list[Compared]:
    """Return every comparison that was made."""
    return [one for what in COMPARISONS if what in record.compare and (one := compared(record, what))]


def _methods(record: TransferRecord, what: Method) -> Sequence[tuple[int, float, float]]:
    plain, other = hits(record), hits(record, what)
    both = [(key[0], float(plain[key]), float(other[key])) for key in other]
    return both if what == "naive" else [(image, other, plain) for image, plain, other in both]


def _several(record: TransferRecord) -> Sequence[tuple[int, float, float]]:
    single = hits(record)
    right = {
        (entry.index, entry.row, column): entry.column_right[column]
        for entry in record.entries
        for column in range(len(record.columns))
    }
    return [
        (
            one.index,
            float(one.answer not in right[one.index, one.members[0], one.column]),
            fmean(float(single[one.index, member, one.column]) for member in one.members),
        )
        for one in record.several
    ]
