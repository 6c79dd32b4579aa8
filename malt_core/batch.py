"""MALT on a batch, with the batch kept full.

The unit of work is one (image, target). An image that fools the model leaves at once with all its rows;
a row that has used up its steps makes room for the image's next target. So no step is spent on an image
that is done, and the network always sees a batch near its most efficient size.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

from malt_core import apgd, gradients, norms, targeting
from malt_core.errors import BadConfig
from malt_core.gradients import Network, Passes
from malt_core.images import check_batch
from malt_core.precision import prefers_bfloat16
from malt_core.types import AttackConfig, MaltResult, Norm, Targeting, check_count

# Most successes come within about eight steps, so a second target of the same image may use a free place
# only when the first has gone on for longer.
SPECULATE_AFTER = 10


class _Search:
    """One call of `malt`: which (image, target) pairs wait, which are in flight, what has been found."""

    def __init__(
        self, model: Network, x: Tensor, y: Tensor, config: AttackConfig, batch_size: int, passes: Passes
    ) -> None:
        self.model, self.x, self.y, self.config = model, x, y, config
        self.batch_size, self.passes = batch_size, passes
        self.adversarial = x.clone()
        self.target = torch.full_like(y, -1)
        self.open: dict[int, list[int]] = {}  # image -> targets not yet begun, in order
        self.rows: apgd.Rows | None = None
        self.bfloat16 = False

    def rank(self, images: Tensor, z: Tensor) -> None:
        """Put each image's targets in order. images: (I,) indices; z: (I, K) their logits."""
        config = self.config
        for chunk in torch.arange(len(images)).split(self.batch_size):
            index, zc = images[chunk], z[chunk]
            y = self.y[index]
            candidates = targeting.confident_classes(zc, y, config.n_candidates)
            if config.targeting == "malt":
                sizes = targeting.gradient_norms(
                    self.model, self.x[index], y, candidates, config.norm, self.passes
                )
                margins = zc.gather(1, y[:, None]) - zc.gather(1, candidates)
                score = targeting.scores(margins, torch.stack(list(sizes), dim=1))
                candidates = targeting.order_by_score(candidates, score)
            for i, order in zip(index.tolist(), candidates[:, : config.n_targets].tolist(), strict=True):
                self.open[i] = order

    def _next_pairs(self, free: int) -> list[tuple[int, int]]:
        """Choose up to `free` (image, target) pairs: idle images first, then second targets of slow ones."""
        flying: dict[int, int] = {}
        if self.rows is not None:
            for i, n in zip(self.rows.image.tolist(), self.rows.evaluations.tolist(), strict=True):
                flying[i] = min(n, flying.get(i, n))
        waiting = [i for i, targets in self.open.items() if targets]
        chosen = [i for i in waiting if i not in flying][:free]
        slow = [i for i in waiting if flying.get(i, 0) > SPECULATE_AFTER]
        return [(i, self.open[i].pop(0)) for i in chosen + slow[: free - len(chosen)]]

    def refill(self) -> None:
        """Fill the free places of the batch."""
        free = self.batch_size - (0 if self.rows is None else len(self.rows))
        pairs = self._next_pairs(free) if free > 0 else []
        if not pairs:
            return
        config = self.config
        image = torch.tensor([i for i, _ in pairs], device=self.x.device)
        target = torch.tensor([t for _, t in pairs], device=self.x.device)
        x0 = self.x[image]
        sources = [apgd.generator(config.seed, i, t) for i, t in pairs]
        start = norms.random_start(x0, config.norm, config.eps, sources)
        fresh = apgd.begin(image, x0, self.y[image], target, start, eps=config.eps, n_iter=config.n_iter)
        self.rows = fresh if self.rows is None else self.rows.join(fresh)

    def step(self) -> None:
        """Move every row once; take out images that fool the model and rows that have used up their steps."""
        rows, config = self.rows, self.config
        x, z = apgd.visit(
            self.model,
            rows,
            norm=config.norm,
            eps=config.eps,
            n_iter=config.n_iter,
            passes=self.passes,
            bfloat16=self.bfloat16,
        )
        fooled = (z.argmax(1) != rows.y).nonzero()[:, 0]
        if self.bfloat16 and len(fooled):
            verdict = gradients.logits(self.model, x[fooled], self.passes).argmax(1)
            fooled = fooled[verdict != rows.y[fooled]]
        for r in reversed(fooled.tolist()):  # of several rows of one image the first keeps the last word
            i = int(rows.image[r])
            self.adversarial[i], self.target[i] = x[r], rows.target[r]
            self.open[i] = []
        over = (rows.evaluations > config.n_iter) | (self.target[rows.image] >= 0)
        if over.any():
            self.rows = rows.select(~over) if not over.all() else None

    def run(self) -> None:
        """Search until every image is fooled or out of targets."""
        self.refill()
        while self.rows is not None:
            self.step()
            self.refill()


def _check_labels(y: Tensor | None, z: Tensor) -> Tensor:
    if y is None:
        return z.argmax(1)
    try:
        y = torch.as_tensor(y, device=z.device)
    except (TypeError, ValueError, RuntimeError):
        raise BadConfig(
            f"y must hold class indices; this {type(y).__name__} cannot be read as such."
        ) from None
    if y.shape != z.shape[:1] or y.dtype.is_floating_point or y.dtype == torch.bool:
        raise BadConfig(
            f"y must hold one class index for each of the {len(z)} images, not {y.dtype} {tuple(y.shape)}."
        )
    if y.min() < 0 or y.max() >= z.shape[1]:
        raise BadConfig(
            f"y has labels from {int(y.min())} to {int(y.max())}; the model has 0 to {z.shape[1] - 1}."
        )
    return y.long()


def _placed(model: Network, x: Tensor) -> Tensor:
    """Move x to the model's device, and to float64 if that is what the model computes in."""
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    if parameter is None:
        return x
    if parameter.dtype in (torch.float16, torch.bfloat16):
        raise BadConfig(f"The model's weights are {parameter.dtype}; give a float32 model: model.float().")
    return x.to(parameter.device, torch.float64 if parameter.dtype == torch.float64 else torch.float32)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def malt(
    model: Network,
    x: Tensor,
    y: Tensor | None = None,
    *,
    norm: Norm = "linf",
    eps: float = 4 / 255,
    n_targets: int = 9,
    n_candidates: int = 100,
    n_iter: int = 100,
    seed: int = 0,
    targeting: Targeting = "malt",
    batch_size: int = 64,
    precision: str = "auto",
) -> MaltResult:
    """Attack a batch of images with MALT (arXiv 2407.02240, algorithm 1).

    model: any torch module (or function) from (B, C, H, W) in [0, 1] to logits (B, K), K >= 2; evaluated in
    evaluation mode and left as it was. x: (B, C, H, W), floating point in [0, 1]. y: (B,) class indices,
    None for the model's own predictions. eps: radius in the unit of x. batch_size: rows a step.
    precision: "float32", "bfloat16", or "auto" to measure which is faster here; success is always judged in
    float32. targeting "naive" attacks the most confident classes instead, as AutoAttack does.

    Each image's random starts depend on seed, its place in the batch and the target alone. Raises BadImage
    for arrays that are no images, BadConfig for settings, labels or models that do not fit.
    """
    started, passes = time.perf_counter(), Passes()
    config = AttackConfig(
        norm=norm,
        eps=eps,
        n_targets=n_targets,
        n_candidates=n_candidates,
        n_iter=n_iter,
        targeting=targeting,
        seed=seed,
        eight_bit=False,
    )
    check_count("batch_size", batch_size, 1, 1_000_000)
    if precision not in ("auto", "float32", "bfloat16"):
        raise BadConfig(f"Unknown precision {precision!r}: choose auto, float32 or bfloat16.")
    given = check_batch(x)
    x = _placed(model, given)
    with gradients.evaluation_mode(model):
        z = torch.cat([gradients.logits(model, chunk, passes) for chunk in x.split(batch_size)])
        y = _check_labels(y, z)
        right = (z.argmax(1) == y).nonzero()[:, 0]
        search = _Search(model, x, y, config, batch_size, passes)
        if len(right):
            if x.dtype == torch.float32:
                search.bfloat16 = precision == "bfloat16" or (
                    precision == "auto" and prefers_bfloat16(model, x[right[:batch_size]], passes)
                )
            search.rank(right, z[right])
            search.run()
        verdict = torch.cat(
            [gradients.logits(model, chunk, passes) for chunk in search.adversarial.split(batch_size)]
        )
    success = verdict.argmax(1) != y
    adversarial = search.adversarial.where(success[:, None, None, None], x)
    return MaltResult(
        adversarial=adversarial.to(given.device),
        success=success.to(given.device),
        already_wrong=(z.argmax(1) != y).to(given.device),
        target=search.target.where(success, -1).to(given.device),
        n_forward=passes.forward,
        n_backward=passes.backward,
        seconds=time.perf_counter() - started,
        precision="bfloat16" if search.bfloat16 else str(x.dtype).removeprefix("torch."),
    )
