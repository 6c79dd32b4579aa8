"""A batch that is kept full: the unit of work is one run of APGD, from one image towards one class.

An image that fools the model leaves at once with all its rows; a row that has used up its steps makes room
for another. So no step is spent on an image that is done, and the network always sees a batch near its most
efficient size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from malt_core.attacks import apgd
from malt_core.attacks.malt.budget import Rounds, Try
from malt_core.attacks.types import AttackConfig
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator

MOST_ENDS = 16  # images of which the end of a try is kept


@dataclass
class _Open:
    """An image that is being attacked: its budget, and this round's tries that wait, and how many run.

    left: of its margin, as `budget` means it; None before the first round has ended.
    """

    rounds: Rounds
    waiting: deque[Try] = field(default_factory=deque)
    running: int = 0
    left: float | None = None


class RowScheduler:
    """Attacks on the rows of x (B, C, H, W) with labels y (B,), which the model gets right.

    margin: (B,) of the clean images. What it finds: adversarial (B, C, H, W), the original where nothing
    was found; target (B,), -1 there; left (B,), the smallest margin reached as a share of the clean one, inf
    where nothing was tried; invalid (B,) bool, where the logits of a point on the way were not finite and
    nothing was found before; forward_of, backward_of (B,), passes spent on each image; zero_of, broken_of
    (B,), how many of its gradients were zero, and not finite; ends, where the best try of some of the images
    that withstand ended, (C, H, W) by image.
    first: index of x[0] in its data set. speculate: whether free places may go to the next targets of an
    image before those under way have failed; otherwise which target wins depends on that image alone.
    shared: as losses.shared_logits returns it.
    begin: called ahead of the steps of each `run`.
    """

    def __init__(
        self,
        model: Network,
        x: Tensor,
        y: Tensor,
        margin: Tensor,
        config: AttackConfig,
        *,
        batch_size: int,
        first: int,
        bfloat16: bool,
        speculate: bool,
        passes: Passes,
        shared: losses.SharedLogits | None = None,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.model, self.x, self.y, self.margin, self.config = model, x, y, margin, config
        self.speculate, self.begin, self.shared = speculate, begin, shared
        self.batch_size, self.first, self.bfloat16, self.passes = batch_size, first, bfloat16, passes
        self.adversarial = x.clone()
        self.target = torch.full_like(y, -1)
        self.left = torch.full(y.shape, torch.inf, device=y.device, dtype=torch.float32)
        self.forward_of, self.backward_of = torch.zeros_like(y), torch.zeros_like(y)
        self.zero_of, self.broken_of = torch.zeros_like(y), torch.zeros_like(y)
        self.ends: dict[int, Tensor] = {}
        self.invalid = torch.zeros_like(y, dtype=torch.bool)
        self.open: dict[int, _Open] = {}
        self.idle: deque[int] = deque()  # open images of which nothing runs
        self.rows: apgd.Rows | None = None

    def run(self, budgets: dict[int, Rounds]) -> None:
        """Spend each image's budget, until it is fooled or there is no more."""
        for image, rounds in reversed(budgets.items()):
            self.open[image] = _Open(rounds)
            self._next_round(image)
        self._refill(torch.empty(0, dtype=torch.int64, device=self.x.device))
        if self.rows is not None:
            self.begin()
        while self.rows is not None:
            self._refill(self._step())

    def _next_round(self, image: int) -> None:
        """Line up the next tries of an image, or close it where there are none."""
        entry = self.open[image]
        try:
            tries = entry.rounds.send(entry.left)
        except StopIteration:
            del self.open[image]
            return
        entry.waiting.extend(tries)
        self.idle.appendleft(image)  # what takes long is best begun early, while the batch is full

    def _next_pairs(self, free: int) -> list[tuple[int, Try]]:
        """Take up to `free` tries: those of idle images first, then further ones of images under way."""
        chosen = []
        while self.idle and len(chosen) < free:
            chosen.append(self._begin(self.idle.popleft()))
        if self.speculate and self.rows is not None:
            for i in dict.fromkeys(self.rows.image.tolist()):
                while i in self.open and self.open[i].waiting and len(chosen) < free:
                    chosen.append(self._begin(i))
        return chosen

    def _begin(self, image: int) -> tuple[int, Try]:
        entry = self.open[image]
        entry.running += 1
        return image, entry.waiting.popleft()

    def _refill(self, over: Tensor) -> None:
        """Put new tries in the places of the rows that are over, and close the gaps that stay."""
        rows = 0 if self.rows is None else len(self.rows)
        pairs = self._next_pairs(self.batch_size - rows + len(over))
        reused, rest = over[: len(pairs)], over[len(pairs) :]
        if pairs:
            fresh = self._fresh(pairs)
            index = torch.arange(len(pairs), device=self.x.device)
            if len(reused):
                self.rows.replace(reused, fresh.select(index[: len(reused)]))
            if len(pairs) > len(reused):
                added = fresh.select(index[len(reused) :])
                self.rows = added if self.rows is None else self.rows.join(added)
        if len(rest):
            stays = torch.ones(len(self.rows), dtype=torch.bool, device=self.x.device)
            stays[rest] = False
            self.rows = self.rows.select(stays) if stays.any() else None

    def _fresh(self, pairs: list[tuple[int, Try]]) -> apgd.Rows:
        """Rows at their random starts."""
        config, device = self.config, self.x.device
        image = torch.tensor([i for i, _ in pairs], device=device)
        target = torch.tensor([t for _, (t, _) in pairs], device=device)
        x0 = gradients.match_memory_format(self.model, self.x[image])
        sources = [row_generator(config.seed, self.first + i, t) for i, (t, _) in pairs]
        start = norms.random_start(x0, config.norm, config.eps, sources)
        n_iter = torch.tensor([n for _, (_, n) in pairs], device=device)
        return apgd.begin(image, x0, self.y[image], target, start, eps=config.eps, n_iter=n_iter)

    def _step(self) -> Tensor:
        """Move every row once and keep what fools the model; the places of rows that are over come back."""
        rows, config = self.rows, self.config
        x, z = apgd.visit(
            self.model,
            rows,
            norm=config.norm,
            eps=config.eps,
            passes=self.passes,
            bfloat16=self.bfloat16,
            shared=self.shared,
        )
        one = torch.ones_like(rows.image)
        self.forward_of.index_add_(0, rows.image, one)
        self.backward_of.index_add_(0, rows.image, one)
        self.zero_of.index_add_(0, rows.image, (rows.slope == 0).long())
        self.broken_of.index_add_(0, rows.image, (~rows.slope.isfinite()).long())
        finite = gradients.finite_rows(z)
        margin = losses.best_margin(z, rows.y, self.shared)
        left = (margin / self.margin[rows.image]).to(self.left.dtype).where(finite, torch.inf)
        self.left.scatter_reduce_(0, rows.image, left, "amin")
        fooled = ((z.argmax(1) != rows.y) & finite).nonzero()[:, 0]
        bad = (~finite).nonzero()[:, 0]
        if self.bfloat16 and len(asked := torch.cat((fooled, bad))):
            verdict = gradients.logits(self.model, x[asked], self.passes, any_number=True)
            self.forward_of.index_add_(0, rows.image[asked], one[asked])
            finite = gradients.finite_rows(verdict)
            bad, sound = asked[~finite], asked[finite]
            fooled = sound[verdict[finite].argmax(1) != rows.y[sound]]
        for r in reversed(fooled.tolist()):  # of several rows of one image the first keeps the last word
            i = int(rows.image[r])
            self.adversarial[i], self.target[i] = x[r], rows.target[r]
            self.open.pop(i, None)
            self.ends.pop(i, None)
        for i in rows.image[bad].tolist():
            if self.target[i] < 0:
                self.invalid[i] = True
                self.open.pop(i, None)
        over = (rows.evaluations > rows.n_iter) | (self.target[rows.image] >= 0)
        over |= self.invalid[rows.image]
        over = over.nonzero()[:, 0]
        for r, i in zip(over.tolist(), rows.image[over].tolist(), strict=True):
            if i in self.open and (i in self.ends or len(self.ends) < MOST_ENDS):
                self.ends[i] = rows.x_best[r].clone()
            self._count_out(i)
        return over

    def _count_out(self, image: int) -> None:
        """One of the image's tries has ended without success; the last of its round leads to the next."""
        entry = self.open.get(image)
        if entry is None:
            return
        entry.running -= 1
        if entry.running:
            return
        entry.left = float(self.left[image])
        if entry.waiting:
            self.idle.appendleft(image)
        else:
            self._next_round(image)
