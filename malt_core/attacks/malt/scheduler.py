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
from malt_core.trust import eot

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

    z, margin: (B, K) and (B,), of the clean images. What it finds: adversarial (B, C, H, W), the original
    where nothing was found; target (B,), -1 there; left (B,), the smallest margin reached as a share of the
    clean one, inf where nothing was tried; judged (B,) bool, whether the network was asked in full precision,
    apart from the steps, if what was found fools it; invalid (B,) bool, where the logits of a point on the
    way were not finite and nothing was found before; forward_of, backward_of (B,), passes spent on each
    image; zero_of, broken_of (B,), how many of its gradients were zero, and not finite; ends, where the best
    try of some of the images that withstand ended, (C, H, W) by image.
    first: index of x[0] in its data set. frugal: whether free places may go to the next targets of an image
    before those under way have failed (otherwise which target wins depends on that image alone), and whether
    a try ends where its steps have nothing left to hope for (apgd.Rows.hopeless).
    gradient_of: of the margin at images, to the first target that is tried there; such a try begins with a
    step along it, without a random start. Used once, and taken out. shared: as losses.shared_logits returns
    it. begin: called ahead of the steps of each `run`.
    """

    def __init__(
        self,
        model: Network,
        x: Tensor,
        y: Tensor,
        z: Tensor,
        margin: Tensor,
        config: AttackConfig,
        *,
        batch_size: int,
        first: int,
        bfloat16: bool,
        frugal: bool,
        passes: Passes,
        gradient_of: dict[int, Tensor] | None = None,
        shared: losses.SharedLogits | None = None,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.model, self.x, self.y, self.z, self.margin, self.config = model, x, y, z, margin, config
        self.frugal, self.begin, self.shared = frugal, begin, shared
        self.gradient_of = {} if gradient_of is None else gradient_of
        self.batch_size, self.first, self.bfloat16, self.passes = batch_size, first, bfloat16, passes
        self.averages = eot.averages(model)  # other draws may say otherwise
        self.adversarial = x.clone()
        self.target = torch.full_like(y, -1)
        self.left = torch.full(y.shape, torch.inf, device=y.device, dtype=torch.float32)
        self.forward_of, self.backward_of = torch.zeros_like(y), torch.zeros_like(y)
        self.zero_of, self.broken_of = torch.zeros_like(y), torch.zeros_like(y)
        self.ends: dict[int, Tensor] = {}
        self.invalid, self.judged = (torch.zeros_like(y, dtype=torch.bool) for _ in range(2))
        self.open: dict[int, _Open] = {}
        self.idle: deque[int] = deque()  # open images of which nothing runs
        self.rows: apgd.Rows | None = None

    def run(self, budgets: dict[int, Rounds], *, leave: int = 0) -> None:
        """Spend each image's budget, until it is fooled or there is no more.

        leave: end as soon as no more than so many rows are left to move and none waits; the next `run` goes
        on with them, so that the batch stays full in between.
        """
        for image, rounds in reversed(budgets.items()):
            self.open[image] = _Open(rounds)
            self._next_round(image)
        self._refill(torch.empty(0, dtype=torch.int64, device=self.x.device))
        if self.rows is not None:
            self.begin()
        while self.rows is not None and (self.idle or len(self.rows) > leave):
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
        if self.frugal and self.rows is not None:
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
        """Rows at their random starts, and at the images of which a gradient is known."""
        known = [pair for pair in pairs if pair[0] in self.gradient_of]
        others = [pair for pair in pairs if pair[0] not in self.gradient_of]
        if not known:
            return self._at_random(others)
        informed = self._informed(known)
        return informed.join(self._at_random(others)) if others else informed

    def _at_random(self, pairs: list[tuple[int, Try]]) -> apgd.Rows:
        config = self.config
        image, x0, target, n_iter = self._told(pairs)
        sources = [row_generator(config.seed, self.first + i, t) for i, (t, _) in pairs]
        start = norms.random_start(x0, config.norm, config.eps, sources)
        return apgd.begin(image, x0, self.y[image], target, start, eps=config.eps, n_iter=n_iter)

    def _informed(self, pairs: list[tuple[int, Try]]) -> apgd.Rows:
        image, x0, target, n_iter = self._told(pairs)
        y, z = self.y[image], self.z[image]
        known = apgd.Known(
            margin=losses.margin_to(z, y, target),
            gradient=gradients.match_memory_format(
                self.model, torch.stack([self.gradient_of.pop(i) for i, _ in pairs])
            ),
            loss=losses.targeted_loss(z, y, target, self.shared),
        )
        ball = {"norm": self.config.norm, "eps": self.config.eps}
        return apgd.begin_informed(image, x0, y, target, known, **ball, n_iter=n_iter)

    def _told(self, pairs: list[tuple[int, Try]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the images (R,) of the pairs by number and as pixels (R, C, H, W), the targets and steps."""
        image = torch.tensor([i for i, _ in pairs], device=self.x.device)
        target, n_iter = torch.tensor([tried for _, tried in pairs], device=self.x.device).unbind(1)
        return image, gradients.match_memory_format(self.model, self.x[image]), target, n_iter

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
            watch=self.frugal,
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
        if (self.bfloat16 or self.averages) and len(asked := torch.cat((fooled, bad))):
            verdict = gradients.logits(self.model, x[asked], self.passes, any_number=True)
            self.forward_of.index_add_(0, rows.image[asked], one[asked])
            finite = gradients.finite_rows(verdict)
            bad, sound = asked[~finite], asked[finite]
            fooled = sound[verdict[finite].argmax(1) != rows.y[sound]]
        for r in reversed(fooled.tolist()):  # of several rows of one image the first keeps the last word
            i = int(rows.image[r])
            self.adversarial[i], self.target[i] = x[r], rows.target[r]
            self.judged[i] = self.bfloat16 or (self.averages and config.eot == 1)
            self.open.pop(i, None)
            self.ends.pop(i, None)
        for i in rows.image[bad].tolist():
            if self.target[i] < 0:
                self.invalid[i] = True
                self.open.pop(i, None)
        over = (rows.evaluations > rows.n_iter) | (self.target[rows.image] >= 0)
        over |= self.invalid[rows.image]
        if self.frugal:
            over |= rows.hopeless
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
