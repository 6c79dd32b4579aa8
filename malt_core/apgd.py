"""APGD (Croce & Hein 2020, arXiv 2003.01690, algorithm 1), targeted, on rows that may come and go.

The paper's loop runs one batch from the first step to the last. Here each row carries its own step
count, so that a row which has fooled the model can leave at once and another take its place. Row by row
the numbers are those of AutoAttack's implementation; tests/test_apgd.py compares them step by step.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from malt_core import gradients, losses, norms
from malt_core.gradients import Network, Passes
from malt_core.types import Norm

MOMENTUM = 0.75  # the paper's alpha
RHO = 0.75  # halve the step if fewer than this share of a window's steps raised the loss


@dataclass(frozen=True)
class Schedule:
    """When the step size is reconsidered: after `first` steps, then ever sooner, but not under `least`."""

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

    x: where each row stands; x_before: where it stood a step ago; gradient: of the loss at x.
    evaluations: 0 for a row that waits at its random start, then 1 + steps taken.
    window, since: length of the current checkpoint window and steps taken in it; rises: how many of
    them raised the loss. halved: whether the last checkpoint halved the step.
    """

    image: Tensor
    y: Tensor
    target: Tensor
    x0: Tensor
    x: Tensor
    x_before: Tensor
    x_best: Tensor
    gradient: Tensor
    gradient_best: Tensor
    loss: Tensor
    loss_best: Tensor
    loss_best_checkpoint: Tensor
    step_size: Tensor
    evaluations: Tensor
    window: Tensor
    since: Tensor
    rises: Tensor
    halved: Tensor

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


def generator(seed: int, image: int, target: int) -> torch.Generator:
    """Return the random source of one (image, target): the same whatever else is attacked, in any order."""
    digest = hashlib.sha256(f"{seed}/{image}/{target}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def begin(
    image: Tensor, x0: Tensor, y: Tensor, target: Tensor, start: Tensor, *, eps: float, n_iter: int
) -> Rows:
    """Return rows that stand at `start` (R, C, H, W), not yet evaluated. image: (R,) names the rows."""
    zeros = torch.zeros(len(y), dtype=x0.dtype, device=x0.device)
    counts = torch.zeros_like(y)
    return Rows(
        image=image,
        y=y,
        target=target,
        x0=x0,
        x=start,
        x_before=start,
        x_best=start,
        gradient=torch.zeros_like(start),
        gradient_best=torch.zeros_like(start),
        loss=zeros,
        loss_best=zeros - torch.inf,
        loss_best_checkpoint=zeros,
        step_size=zeros + 2 * eps,
        evaluations=counts,
        window=counts + Schedule(n_iter).first,
        since=counts,
        rises=counts,
        halved=torch.ones_like(y, dtype=torch.bool),
    )


def _image_shape(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _next_point(rows: Rows, norm: Norm, eps: float) -> Tensor:
    """Return where the rows go next: a projected gradient step, mixed with the step before (momentum)."""
    uphill = rows.x + _image_shape(rows.step_size) * norms.steepest(rows.gradient, norm)
    plain = norms.project(uphill, rows.x0, norm, eps)
    keep = _image_shape(torch.where(rows.evaluations > 1, MOMENTUM, 1.0).to(rows.x.dtype))
    mixed = rows.x + keep * (plain - rows.x) + (1 - keep) * (rows.x - rows.x_before)
    return norms.project(mixed, rows.x0, norm, eps)


def _checkpoint(rows: Rows, n_iter: int) -> None:
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
    rows.x = torch.where(_image_shape(halve), rows.x_best, rows.x)
    rows.gradient = torch.where(_image_shape(halve), rows.gradient_best, rows.gradient)
    schedule = Schedule(n_iter)
    shorter = (rows.window - schedule.shrink).clamp(min=schedule.least)
    rows.window = torch.where(due, shorter, rows.window)
    rows.since = rows.since.masked_fill(due, 0)
    rows.rises = rows.rises.masked_fill(due, 0)


def visit(
    model: Network, rows: Rows, *, norm: Norm, eps: float, n_iter: int, passes: Passes, bfloat16: bool = False
) -> tuple[Tensor, Tensor]:
    """Move every row one step (fresh rows stay at their start) and evaluate it there, in place.

    Returns the visited points x_k, (R, C, H, W), and their logits, (R, K). The rows themselves may already
    stand elsewhere, since a checkpoint sends some back to their best point. One forward and one backward
    pass for each row; bfloat16 computes both in that precision (never trust its verdict).
    """
    fresh = rows.evaluations == 0
    here = rows.x
    rows.x = torch.where(_image_shape(fresh), here, _next_point(rows, norm, eps))
    rows.x_before = here

    passes.backward += len(rows)
    leaf = rows.x.detach().requires_grad_()
    with torch.enable_grad():
        z = gradients.forward(model, leaf, passes, bfloat16=bfloat16)
        loss = losses.targeted_loss(z, rows.y, rows.target)
        rows.gradient = gradients.usable(gradients.input_gradient(loss.sum(), leaf))
    visited, z, loss = rows.x, z.detach(), loss.detach()

    better = loss > rows.loss_best
    rows.x_best = torch.where(_image_shape(better), rows.x, rows.x_best)
    rows.gradient_best = torch.where(_image_shape(better), rows.gradient, rows.gradient_best)
    rows.loss_best = torch.where(better, loss, rows.loss_best)
    rows.rises = rows.rises + (~fresh & (loss > rows.loss)).long()
    # AutoAttack compares the loss of the first step with an unset 0, not with that of the start.
    rows.loss = torch.where(fresh, torch.zeros_like(loss), loss)
    rows.since = rows.since + (~fresh).long()
    rows.evaluations = rows.evaluations + 1
    _checkpoint(rows, n_iter)
    return visited, z
