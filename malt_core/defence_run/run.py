"""Rows of networks and defences under three columns, image after image.

Clean; transfer: an attack made once on the undefended network, tried on every row; adaptive: MALT on the row
itself, whose gradient is that of the whole defence. Where only the carried-over image fools a row, it counts
against the row in the adaptive column, too: what is known to fool it, fools it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from malt_core.attacks.malt.batch import malt
from malt_core.attacks.pgd import pgd
from malt_core.datasets.base import DataSet, Record
from malt_core.datasets.decoded import decoded
from malt_core.defence_run.judge import judge
from malt_core.defence_run.types import (
    DefenceConfig,
    DefenceEvent,
    ImageBegun,
    Judged,
    Looking,
    Outcome,
    Unreadable,
    Verdict,
    withstood,
)
from malt_core.defences.randomised import Randomised
from malt_core.errors import NotFinite
from malt_core.harness import verdict
from malt_core.harness.counting import CountingModel
from malt_core.harness.stepwise import Turn, stepwise
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.guard import evaluation_mode
from malt_core.numerics.modules import modules_within
from malt_core.trust import eot, soundness
from malt_core.trust.flags import Flag, transfer_wins
from malt_core.trust.refusals import refusing_within
from malt_core.trust.soundness import TriedOut

TURN = 0.1  # seconds of work after which it pauses, ahead of the next forward pass
TOGETHER = 4  # images that are attacked together


@dataclass(frozen=True)
class Contestant:
    """A row. network: from (B, C, H, W) in [0, 1] to logits (B, K); it may refuse (trust/refusals.py)."""

    id: str
    network: Network

    @property
    def detects(self) -> bool:
        """Whether it may refuse an image that looks attacked to it."""
        refusing = refusing_within(self.network)
        return refusing is not None and not refusing.abstains


def compare_defences(
    undefended: Network,
    rows: Sequence[Contestant],
    data: DataSet,
    config: DefenceConfig,
    *,
    size: tuple[int, int],
    n: int | None = None,
    start: int = 0,
) -> Iterator[DefenceEvent]:
    """Go through the images start to n of a data set, all if None, a few at a time, each through all rows.

    size: (H, W) of the networks' input. Labels below 0 are unknown: what the undefended network says is
    taken for right. Between the events nothing is computed; closing the iterator stops the work. The results
    of an image do not depend on where one started. Raises what the data set and `malt` raise.
    """
    total = len(data.labels) if n is None else min(n, len(data.labels))
    passes = Passes()
    for begin in range(start, total, TOGETHER):
        records = data.records(range(begin, min(begin + TOGETHER, total)))
        sound, pixels, corrupt = decoded(records, size)
        for record, reason in corrupt:
            yield Unreadable(index=record.index, name=record.name, reason=reason)
        if sound:
            few = _Few(undefended, sound, torch.stack(pixels), config, begin, total, passes)
            yield from few.through(rows)


class _Few:
    """A few images on their way through the rows. first: the place of the first in the data set."""

    def __init__(
        self,
        undefended: Network,
        records: Sequence[Record],
        x: Tensor,
        config: DefenceConfig,
        first: int,
        total: int,
        passes: Passes,
    ) -> None:
        self.undefended, self.records, self.config = undefended, records, config
        self.x = gradients.placed(undefended, x)
        self.first, self.total, self.passes = first, total, passes

    def through(self, rows: Sequence[Contestant]) -> Iterator[DefenceEvent]:
        y, carried = yield from self._working(-1, self.undefended, self._carried)
        for record, label in zip(self.records, y.tolist(), strict=True):
            yield ImageBegun(index=record.index, name=record.name, label=label, assumed=record.label < 0)
        for place, row in enumerate(rows):
            started, before = time.perf_counter(), (self.passes.forward, self.passes.backward)

            def call(network: Network, row: Contestant = row) -> list[tuple[Outcome, tuple[Flag, ...]]]:
                return self._attacked(row, network, y, carried)

            found = yield from self._working(place, row.network, call)
            seconds = (time.perf_counter() - started) / len(found)
            for number, (outcome, flags) in enumerate(found):
                yield Judged(
                    row=row.id,
                    outcome=outcome,
                    flags=flags,
                    n_forward=self._each(self.passes.forward - before[0], number),
                    n_backward=self._each(self.passes.backward - before[1], number),
                    seconds=seconds,
                )

    def _each(self, total: int, number: int) -> int:
        """Return the share of a total that is told with the image of this number: whole, and in sum right."""
        n = len(self.records)
        return total * (number + 1) // n - total * number // n

    def _working(
        self, row: int, network: Network, call: Callable[[Network], object]
    ) -> Generator[Looking, None, object]:
        """Let call(network) work, with a pause ahead of a forward pass now and then."""
        turn = Turn(TURN)

        def paused(pause: Callable[[Looking], None]) -> object:
            def now_and_then() -> None:
                if turn.over:
                    pause(self._looking(row))
                    turn.begin()

            return call(CountingModel(network, self.passes, now_and_then))

        yield self._looking(row)
        return (yield from stepwise(paused))

    def _looking(self, row: int) -> Looking:
        return Looking(done=self.first, total=self.total, row=row, n_forward=self.passes.forward)

    def _carried(self, network: Network) -> tuple[Tensor, Tensor]:
        """Return the labels (B,) and the images (B, C, H, W) that an attack on the undefended network makes.

        PGD goes on to its end: an attack that stops as soon as one network is fooled carries less far.
        """
        with evaluation_mode(network):
            answers = gradients.logits(network, self.x, Passes(), any_number=True).argmax(1)
            given = answers.new_tensor([record.label for record in self.records])
            y = given.where(given >= 0, answers)
            found = pgd(
                network,
                self.x,
                y,
                norm=self.config.norm,
                eps=self.config.eps,
                n_iter=self.config.steps,
                seed=self.config.seed,
                first=self.first,
                passes=Passes(),
            )
        return y, verdict.what_counts(found, self.x, self.config.norm, self.config.eps)

    def _attacked(
        self, row: Contestant, network: Network, y: Tensor, carried: Tensor
    ) -> list[tuple[Outcome, tuple[Flag, ...]]]:
        x, places = self.x, range(len(self.records))
        clean, _ = judge(row.network, network, x, y)
        if "right" not in clean:
            return [(self._outcome(place, clean[place], clean[place], clean[place]), ()) for place in places]
        transfer, wrong = judge(row.network, network, carried, y)
        adversarial, flags = self._adaptive(network, y)
        adaptive, _ = judge(row.network, network, adversarial, y)
        found = []
        for place in places:
            if clean[place] != "right":
                found.append((self._outcome(place, clean[place], clean[place], clean[place]), ()))
                continue
            borrowed = withstood(adaptive[place]) and not withstood(transfer[place])
            outcome = self._outcome(
                place, "right", transfer[place], transfer[place] if borrowed else adaptive[place]
            )
            own = [self._flag(flag, place) for flag in flags if flag.images is None or place in flag.images]
            if borrowed:
                own.append(transfer_wins([outcome.index]))
            found.append((replace(outcome, borrowed=borrowed, unseen=wrong[place]), tuple(own)))
        return found

    def _outcome(self, place: int, clean: Verdict, transfer: Verdict, adaptive: Verdict) -> Outcome:
        index = self.records[place].index
        return Outcome(index=index, clean=clean, transfer=transfer, adaptive=adaptive)

    def _flag(self, flag: Flag, place: int) -> Flag:
        """Return the flag as it concerns the image at this place."""
        return flag if flag.images is None else replace(flag, images=(self.records[place].index,))

    def _adaptive(self, network: Network, y: Tensor) -> tuple[Tensor, tuple[Flag, ...]]:
        """Return MALT's images (B, C, H, W) on the row itself, and its flags."""
        config = self.config
        try:
            result = malt(
                network,
                self.x,
                y,
                norm=config.norm,
                eps=config.eps,
                n_targets=config.targets,
                n_candidates=config.candidates,
                n_iter=config.steps,
                seed=config.seed,
                precision="float32",
                faithful=True,  # a lent gradient does not tell whether anything is left to hope for
                first=self.first,
                tried=_tried_out(network, self.x),
            )
        except NotFinite:
            return self.x, ()
        return verdict.what_counts(result.adversarial, self.x, config.norm, config.eps), result.flags


def _tried_out(network: Network, x: Tensor) -> TriedOut:
    """Return soundness.look_at. That a defence which averages its own draws is random is no surprise."""
    with evaluation_mode(network):
        tried = soundness.look_at(network, x)
    averaged = any(isinstance(part, Randomised) for part in modules_within(network))
    return replace(tried, flags=eot.settled(tried.flags)) if averaged else tried
