"""APGD (Croce & Hein 2020, arXiv 2003.01690, algorithm 1), targeted, on rows that may come and go.

The paper's loop runs one batch from the first step to the last. Here each row carries its own step
count, so that a row which has fooled the model can leave at once and another take its place. Row by row
the numbers are those of AutoAttack's implementation; tests/attacks/test_apgd.py compares them step by step.
What is not in the paper, and used by the frugal budget alone: rows may begin at the image itself, along a
gradient that is known already, and each tells whether there is anything left to hope for (`Rows.settled`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm

MOMENTUM = 0.75  # the paper's alpha
RHO = 0.75  # halve the step if fewer than this share of a window's steps raised the loss
POOR = 0.3  # an outlook (see `_outlook`) below which a row hardly rises any more
SETTLED = 2  # so many poor outlooks in a row, and it has never been seen to


@dataclass(frozen=True)
class Schedule:
    """When a run of n_iter steps reconsiders its step size.

    After `first` steps, then ever sooner by `shrink` steps, but not under `least`.
    """

    n_iter: int

    @property
    def first(self) -> int:
        return max(int(0.22 * self.n_iter), 1)

    @property
    def shrink(self) -> int:
        return max(int(0.03 * self.n_iter), 1)

    @property
    def least(self) -> int:
        return max(int(0.06 * self.n_iter), 1)


@dataclass
class Rows:
    """R attacks in progress. x0, x, ... are (R, C, H, W), everything else (R,).

    n_iter: steps that the row may take; x: where it stands; x_before: where it stood a step ago; gradient:
    of the loss at x. slope: largest absolute value of the gradient last asked for, not finite where it held
    anything that is not. evaluations: 0 for a row that waits at its random start, then 1 + steps taken.
    window, since: length of the current checkpoint window and steps taken in it; rises: how many of them
    raised the loss; shrink, least: of its Schedule. halved: whether the last checkpoint halved the step.
    settled: how many of its last points in a row had a poor outlook (`visit` with watch).
    """

    image: Tensor
    y: Tensor
    target: Tensor
    n_iter: Tensor
    x0: Tensor
    x: Tensor
    x_before: Tensor
    x_best: Tensor
    gradient: Tensor
    gradient_best: Tensor
    loss: Tensor
    loss_best: Tensor
    loss_best_checkpoint: Tensor
    slope: Tensor
    step_size: Tensor
    evaluations: Tensor
    window: Tensor
    since: Tensor
    rises: Tensor
    shrink: Tensor
    least: Tensor
    halved: Tensor
    settled: Tensor

    @property
    def hopeless(self) -> Tensor:
        """Which rows (R,) have ended where they will not get any further."""
        return self.settled >= SETTLED

    def __len__(self) -> int:
        return len(self.y)

    def select(self, index: Tensor) -> Rows:
        """Return the rows that a mask or an index picks."""
        return Rows(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def join(self, other: Rows) -> Rows:
        """Return these rows followed by the other's."""
        return Rows(
            **{f.name: torch.cat((getattr(self, f.name), getattr(other, f.name))) for f in fields(self)}
        )

    def replace(self, places: Tensor, other: Rows) -> None:
        """Put the other's rows in these places, without moving the rest."""
        for f in fields(self):
            getattr(self, f.name)[places] = getattr(other, f.name)


@dataclass(frozen=True)
class Known:
    """What is known of R rows at their images x0: the margins to their targets and the loss, (R,).

    gradient: (R, C, H, W), of the margin; finite.
    """

    margin: Tensor
    gradient: Tensor
    loss: Tensor


def begin(
    image: Tensor, x0: Tensor, y: Tensor, target: Tensor, start: Tensor, *, eps: float, n_iter: int | Tensor
) -> Rows:
    """Return rows that stand at `start` (R, C, H, W), not yet evaluated.

    image: (R,) names the rows; n_iter: steps that each may take, one number or (R,).
    """
    zeros = torch.zeros(len(y), dtype=x0.dtype, device=x0.device)
    counts = torch.zeros_like(y)
    n_iter = counts + n_iter
    schedules = [Schedule(n) for n in n_iter.tolist()]
    return Rows(
        image=image,
        y=y,
        target=target,
        n_iter=n_iter,
        x0=x0,
        x=start,
        x_before=start.clone(),
        x_best=start.clone(),
        gradient=torch.zeros_like(start),
        gradient_best=torch.zeros_like(start),
        loss=zeros.clone(),
        loss_best=zeros - torch.inf,
        loss_best_checkpoint=zeros.clone(),
        slope=zeros.clone(),
        step_size=zeros + 2 * eps,
        evaluations=counts.clone(),
        window=counts.new_tensor([s.first for s in schedules]),
        since=counts.clone(),
        rises=counts.clone(),
        shrink=counts.new_tensor([s.shrink for s in schedules]),
        least=counts.new_tensor([s.least for s in schedules]),
        halved=torch.ones_like(y, dtype=torch.bool),
        settled=counts.clone(),
    )


def begin_informed(
    image: Tensor,
    x0: Tensor,
    y: Tensor,
    target: Tensor,
    known: Known,
    *,
    norm: Norm,
    eps: float,
    n_iter: int | Tensor,
) -> Rows:
    """Return rows that stand at x0 (R, C, H, W), evaluated: their first step takes no pass but its own."""
    rows = begin(image, x0, y, target, x0.clone(), eps=eps, n_iter=n_iter)
    rows.gradient, rows.gradient_best = -known.gradient, -known.gradient
    rows.loss_best = known.loss.clone()
    rows.evaluations = torch.ones_like(y)
    poor = norms.Ball(x0, norm, eps).rise(rows.gradient, x0) < POOR * known.margin
    rows.settled = poor.long()
    return rows


def _image_shape(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _next_point(rows: Rows, ball: norms.Ball) -> Tensor:
    """Return where the rows go next: a projected gradient step, mixed with the step before (momentum)."""
    step = norms.steepest(rows.gradient, ball.norm).mul_(_image_shape(rows.step_size))
    plain = ball.project_(step.add_(rows.x))
    keep = _image_shape(torch.where(rows.evaluations > 1, MOMENTUM, 1.0).to(rows.x.dtype))
    mixed = plain.sub_(rows.x).mul_(keep).add_(rows.x)
    mixed.add_((rows.x - rows.x_before).mul_(1 - keep))
    return ball.project_(mixed)


def _checkpoint(rows: Rows) -> None:
    """Halve the step, and go back to the best point, where the loss swings or has stopped rising."""
    due = rows.since == rows.window
    if not due.any():
        return
    swinging = rows.rises <= RHO * rows.window
    stuck = ~rows.halved & (rows.loss_best_checkpoint >= rows.loss_best)
    halve = due & (swinging | stuck)
    rows.halved = torch.where(due, halve, rows.halved)
    rows.loss_best_checkpoint = torch.where(due, rows.loss_best, rows.loss_best_checkpoint)
    rows.step_size = torch.where(halve, rows.step_size / 2, rows.step_size)
    back = halve.nonzero()[:, 0]
    if len(back):
        rows.x = rows.x.clone()  # the caller holds the point visited
        rows.x[back] = rows.x_best[back]
        rows.gradient[back] = rows.gradient_best[back]
    rows.window = torch.where(due, torch.maximum(rows.window - rows.shrink, rows.least), rows.window)
    rows.since = rows.since.masked_fill(due, 0)
    rows.rises = rows.rises.masked_fill(due, 0)


def _outlook(rows: Rows, loss: Tensor, ball: norms.Ball) -> Tensor:
    """Return how much of what the loss (R,) lacks its gradient still promises within the ball, (R,).

    1 where a straight line would reach the boundary, 0 where the row stands at the best point of the ball
    already, as far as its gradient tells; inf where the target has overtaken the label. (The promise is the
    duality gap of Frank and Wolfe, 1956: no linear function rises further.)
    """
    lacking = loss < 0
    return (ball.rise(rows.gradient, rows.x) / -loss.where(lacking, -1.0)).where(lacking, torch.inf)


def visit(
    model: Network,
    rows: Rows,
    *,
    norm: Norm,
    eps: float,
    passes: Passes,
    bfloat16: bool = False,
    shared: losses.SharedLogits | None = None,
    aimed: bool = False,
    watch: bool = False,
) -> tuple[Tensor, Tensor]:
    """Move every row one step (fresh rows stay at their start) and evaluate it there.

    Returns the visited points x_k, (R, C, H, W), and their logits, (R, K). The rows themselves may already
    stand elsewhere, since a checkpoint sends some back to their best point. One forward and one backward
    pass for each row; bfloat16 computes both in that precision (never trust its verdict). shared: as
    losses.shared_logits returns it. aimed: let the target overtake whatever class leads besides, not only the
    label. watch: keep `settled` up to date. Logits that are not finite are for the caller to see to; they
    change nothing for the other rows.
    """
    fresh, ball = rows.evaluations == 0, norms.Ball(rows.x0, norm, eps)
    here, moved = rows.x, _next_point(rows, ball)
    at_start = fresh.nonzero()[:, 0]
    moved[at_start] = here[at_start]
    rows.x, rows.x_before = moved, here

    passes.backward += len(rows)
    leaf = rows.x.detach().requires_grad_()
    with torch.enable_grad():
        z = gradients.forward(model, leaf, passes, bfloat16=bfloat16, any_number=True)
        rivals = losses.others(z, rows.target, shared).argmax(1) if aimed else rows.y
        loss = losses.targeted_loss(z, rivals, rows.target, shared)
        gradient = gradients.input_gradient(loss.sum(), leaf)
    rows.slope = torch.linalg.vector_norm(gradient, torch.inf, dim=(1, 2, 3))
    rows.gradient = gradients.finite_or_zero(gradient, moved)
    visited, z, loss = rows.x, z.detach(), loss.detach()
    if watch:
        poor = _outlook(rows, loss, ball) < POOR
        rows.settled = torch.where(poor, rows.settled + 1, 0)

    better = loss > rows.loss_best
    improved = better.nonzero()[:, 0]
    rows.x_best[improved] = rows.x[improved]
    rows.gradient_best[improved] = rows.gradient[improved]
    rows.loss_best = torch.where(better, loss, rows.loss_best)
    rows.rises = rows.rises + (~fresh & (loss > rows.loss)).long()
    # AutoAttack compares the loss of the first step with an unset 0, not with that of the start.
    rows.loss = torch.where(fresh, torch.zeros_like(loss), loss)
    rows.since = rows.since + (~fresh).long()
    rows.evaluations = rows.evaluations + 1
    _checkpoint(rows)
    return visited, z
