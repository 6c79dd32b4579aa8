"""At which place of each order an attack first succeeds: MALT's order against that of confidence.

The figure of the paper (arXiv 2407.02240): among the images that are fooled, at which rank. Both orders have
the published budget, target after target, each with all its steps. A run towards a class is the same in
either (same start, same steps), so what the first order has found out is not computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import torch
from torch import Tensor

from malt_core.attacks.malt import budget
from malt_core.attacks.malt.candidates import CandidateScores
from malt_core.attacks.malt.scheduler import RowScheduler
from malt_core.attacks.types import AttackConfig
from malt_core.datasets.base import DataSet, Record
from malt_core.datasets.decoded import decoded
from malt_core.explanations.types import Comparing, OrdersOfImage, Skipped
from malt_core.harness import verdict
from malt_core.harness.counting import CountingModel, try_out_uncounted
from malt_core.harness.stepwise import Turn, stepwise
from malt_core.models.loaders import Model
from malt_core.numerics import gradients, losses
from malt_core.numerics.checks import check_batch
from malt_core.numerics.gradients import Network, Passes

TOGETHER = 4  # images that are compared together, and rows in the model at a time
TURN = 0.1  # seconds of work after which it pauses, ahead of the next forward pass


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def compare_orders(
    model: Network,
    x: Tensor,
    y: Sequence[int | None],
    config: AttackConfig,
    *,
    names: Sequence[str] = (),
    first: int = 0,
) -> list[OrdersOfImage]:
    """Attack images in either order of targets, and return for each at which place it first succeeded.

    model maps (B, C, H, W) in [0, 1] to logits (B, K >= 2). x: (B, C, H, W) in [0, 1]; y: class indices, None
    for the model's own answer. config: norm, eps, n_targets, n_candidates, n_iter and seed count. names: of
    the images; first: index of x[0] in its data set, on which random starts depend. Success is judged in
    float32 on the final image. Raises BadImage, BadConfig as `malt_core.malt` does.
    """
    x = gradients.placed(model, check_batch(x))
    with gradients.evaluation_mode(model):
        tried = try_out_uncounted(model, x)
        attacks = _Orders(tried.network, x, y, config, first, tried.logits)
        malt = attacks.run({i: attacks.malt_order(i) for i in attacks.right})
        todo, failed = {}, {}
        for i in attacks.right:
            failed[i] = set(takewhile(lambda t, i=i: t != malt[i], attacks.malt_order(i)))
            before = takewhile(lambda t, i=i: t != malt[i], attacks.naive_order(i))
            todo[i] = [t for t in before if t not in failed[i]]
        naive = attacks.run({i: targets for i, targets in todo.items() if targets})
    results = []
    for i in range(len(x)):
        name = names[i] if names else ""
        label = int(attacks.y[i])
        if i not in malt:
            results.append(OrdersOfImage(index=first + i, name=name, label=label, attacked=False))
            continue
        orders = attacks.malt_order(i), attacks.naive_order(i)
        found = naive.get(i, -1)
        if found < 0 and malt[i] in orders[1]:
            found = malt[i]
        results.append(
            OrdersOfImage(
                index=first + i,
                name=name,
                label=label,
                attacked=True,
                malt=_place(orders[0], malt[i]),
                naive=_place(orders[1], found),
                malt_target=malt[i],
                naive_target=found,
                first_malt=orders[0][0],
                first_naive=orders[1][0],
            )
        )
    return results


def _place(order: Sequence[int], target: int) -> int:
    return order.index(target) + 1 if target >= 0 else 0


class _Orders:
    """A few images, ranked both ways. right: which the model gets right; y: (B,) their labels."""

    def __init__(
        self,
        model: Network,
        x: Tensor,
        y: Sequence[int | None],
        config: AttackConfig,
        first: int,
        tried: Tensor,
    ) -> None:
        self.model, self.x, self.config, self.first, self.passes = model, x, config, first, Passes()
        z = gradients.logits(model, gradients.match_memory_format(model, x), self.passes, any_number=True)
        self.z, finite, answers = z, gradients.finite_rows(z), z.argmax(1)
        self.y = torch.stack(
            [
                answer if label is None else answer.new_tensor(label)
                for label, answer in zip(y, answers, strict=True)
            ]
        )
        right = ((answers == self.y) & finite).nonzero()[:, 0]
        self.right = right.tolist()
        self.shared = losses.shared_logits(torch.cat((z[finite], tried[gradients.finite_rows(tried)])))
        self.margin = losses.best_margin(z, self.y, self.shared)
        self.ranking = CandidateScores(
            model,
            x,
            self.y,
            z,
            config,
            batch_size=TOGETHER,
            bfloat16=False,
            passes=self.passes,
            shared=self.shared,
        )
        self.ranking.extend(right, config.n_candidates)

    def malt_order(self, image: int) -> list[int]:
        """Return the classes that MALT aims at, in its order."""
        return self.ranking.order(image)[: self.config.n_targets]

    def naive_order(self, image: int) -> list[int]:
        """Return as many of the likeliest classes, the likeliest first."""
        return self.ranking.candidates[image, : self.config.n_targets].tolist()

    def run(self, targets: dict[int, list[int]]) -> dict[int, int]:
        """Attack images by these targets in order; return the first that succeeds for each, -1 for none."""
        search = RowScheduler(
            self.model,
            self.x,
            self.y,
            self.z,
            self.margin,
            self.config,
            first=self.first,
            frugal=False,
            batch_size=TOGETHER,
            bfloat16=False,
            passes=self.passes,
            shared=self.shared,
        )
        search.run({i: budget.published(order, self.config.n_iter) for i, order in targets.items()})
        judged = verdict.what_counts(search.adversarial, self.x, self.config.norm, self.config.eps)
        z = gradients.logits(self.model, judged, self.passes, any_number=True)
        fooled = (z.argmax(1) != self.y) & gradients.finite_rows(z)
        return {i: int(search.target[i]) if fooled[i] else -1 for i in targets}


def orders_over(
    model: Model, data: DataSet, config: AttackConfig, *, n: int | None = None
) -> Iterator[Comparing | OrdersOfImage | Skipped]:
    """Compare the orders over the first n images of a data set, all if None, a few at a time.

    Labels below 0 are unknown: the model's own answer is attacked. Between the events nothing is computed;
    closing the iterator stops the work. Raises what the data set and `compare_orders` raise.
    """
    total = len(data.labels) if n is None else min(n, len(data.labels))
    for begin in range(0, total, TOGETHER):
        records = data.records(range(begin, min(begin + TOGETHER, total)))
        yield from _in_turns(model, records, config, begin, total)


def _in_turns(
    model: Model, records: Sequence[Record], config: AttackConfig, begin: int, total: int
) -> Generator[Comparing | OrdersOfImage | Skipped, None, None]:
    sound, pixels, corrupt = decoded(records, model.info.size)
    for record, reason in corrupt:
        yield Skipped(name=record.name, reason=reason)
    if not sound:
        return
    passes = Passes()
    x = gradients.placed(model, torch.stack(pixels))

    def call(pause: Callable[[Comparing], None]) -> list[OrdersOfImage]:
        turn = Turn(TURN)

        def pause_now_and_then() -> None:
            if turn.over:
                pause(Comparing(done=begin, total=total, n_forward=passes.forward))
                turn.begin()

        watched = CountingModel(model, passes, pause_now_and_then)
        labels = [record.label if record.label >= 0 else None for record in sound]
        names = [record.name for record in sound]
        return compare_orders(watched, x, labels, config, names=names, first=begin)

    for found, record in zip((yield from stepwise(call)), sound, strict=True):
        yield replace(found, index=record.index)
