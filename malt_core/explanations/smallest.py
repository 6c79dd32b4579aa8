"""How little is enough: the smallest ε at which one picture is fooled, and the PNG that holds it.

The smallest radius is searched along MALT's first targets (arXiv 2407.02240), each as radius.py does, but
with any wrong answer as the goal, and never beyond what an earlier target has reached.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Step
from malt_core.epsilon import check_eps
from malt_core.explanations.classes import scores_of
from malt_core.explanations.one_image import OneImage
from malt_core.explanations.radius import RadiusSearch
from malt_core.explanations.types import Scored, Search, SmallestEpsilon
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network
from malt_core.types import MAX_SEED, Norm, Sample, check_count

CANDIDATES, TARGETS = 30, 4  # classes that are ranked, and that are aimed at
HOPELESS = 2.0  # a class predicted so many times as far as what was reached already is not tried
HARDER = 4  # whole steps of 1/255 beyond the first that could hold a picture, which are tried as well
LONGER = 1.04  # by how much a change is lengthened at a time, in L2, until its rounded picture fools
LENGTHENED = 40  # times at most


def smallest_epsilon(
    model: Network, x0: Tensor, *, norm: Norm = "linf", eps_max: float = 1.0, seed: int = 0
) -> SmallestEpsilon:
    """Return the smallest ε that was found to fool x0, (C, H, W); see search_smallest."""
    *_, found = search_smallest(model, x0, norm=norm, eps_max=eps_max, seed=seed)
    return found


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def search_smallest(
    model: Network, x0: Tensor, *, norm: Norm = "linf", eps_max: float = 1.0, seed: int = 0
) -> Iterator[Scored | Search | SmallestEpsilon]:
    """Yield what happens in search of the smallest ε, and last the SmallestEpsilon.

    model, x0: as in boundary_distances; what the model says of x0 is what is attacked. eps_max: as there.
    Raises BadImage, BadConfig as boundary_distances does.
    """
    check_eps(eps_max, norm)
    check_count("seed", seed, 0, MAX_SEED)
    started = time.perf_counter()
    with gradients.evaluation_mode(model):
        image = OneImage.of(model, x0, None, norm)
        for scored in scores_of(image, CANDIDATES):
            yield scored
        ranking = scored.targets
        best, tried, steps = None, 0, 0
        for target in ranking[:TARGETS]:
            most = best.radius if best else eps_max
            if target.predicted_distance > HOPELESS * most:
                break
            _, gradient = image.line_to(target.index)
            search = RadiusSearch(image, target.index, gradient, lambda z: _lead(z, image), seed=seed)
            yield from search.run(target.predicted_distance, most, doubt=best is None)
            tried, steps = tried + 1, steps + search.steps
            if search.x is not None and (best is None or search.radius < best.radius):
                best = search
        saved = _Saved(None, math.inf, int(image.y))
        if best is not None:
            saved = yield from _eight_bit(model, image, best, eps_max, seed)
        predicted = {target.index: target.predicted_distance for target in ranking}
        yield SmallestEpsilon(
            label=int(image.y),
            reached=best.radius if best else math.inf,
            adversarial=best.x[0].clone() if best else None,
            answer=int(best.z.argmax(1)) if best else int(image.y),
            target=best.target if best else -1,
            predicted=predicted[best.target] if best else ranking[0].predicted_distance,
            eight_bit=saved.image,
            eight_bit_eps=saved.eps,
            eight_bit_answer=saved.answer,
            tried=tried,
            steps=steps,
            seconds=time.perf_counter() - started,
        )


def _lead(z: Tensor, image: OneImage) -> float:
    """Return the lead of the label over all others, (1, K) logits: at most 0 where the model is fooled."""
    lead = float(losses.best_margin(z, image.y, image.shared))
    return max(lead, 1e-12) if bool(z.argmax(1) == image.y) else min(lead, 0.0)


@dataclass(frozen=True)
class _Saved:
    """An image of whole steps of 1/255 that fools the model, (C, H, W), None if none was found; see types."""

    image: Tensor | None
    eps: float
    answer: int


def _eight_bit(
    model: Network, image: OneImage, found: RadiusSearch, eps_max: float, seed: int
) -> Generator[Search, None, _Saved]:
    """Look for the smallest ε that 8 bits can hold, and yield what is visited meanwhile."""
    x0, delta = image.x0, found.x - image.x0
    none = _Saved(None, math.inf, int(image.y))
    if image.norm == "l2":
        whole = (x0 * 255).round() / 255
        for i in range(LENGTHENED):
            rounded = ((x0 + delta * LONGER**i).clamp(0.0, 1.0) * 255).round() / 255
            eps = float(norms.size(rounded - whole, "l2"))
            saved = _judged(image, rounded, eps)
            if saved is not None or eps > eps_max:
                return saved if saved is not None and 0 < eps <= eps_max else none
        return none
    first = max(1, math.ceil(found.radius * 255 - 1e-4))
    for k in range(first, min(first + HARDER, math.floor(eps_max * 255 + 1e-6)) + 1):
        eps = k / 255
        stretched = (x0 + delta * (eps / found.radius)).clamp(0.0, 1.0)
        if saved := _judged(image, norms.eight_bit_image(stretched, x0, "linf", eps), eps):
            return saved
        sample = Sample(x=x0[0], name="", digest="")
        for event in attack(model, sample, AttackConfig(norm="linf", eps=eps, seed=seed)):
            if isinstance(event, Step):
                yield Search(target=event.target, radius=eps, nearest=found.radius, steps=found.steps)
        attacked = event.result.adversarial[None].to(x0)
        if saved := _judged(image, norms.eight_bit_image(attacked, x0, "linf", eps), eps):
            return saved
    return none


def _judged(image: OneImage, rounded: Tensor, eps: float) -> _Saved | None:
    """Return it if the model is fooled by these very pixels."""
    answer = int(gradients.logits(image.model, rounded, image.passes).argmax(1))
    return None if answer == int(image.y) else _Saved(rounded[0], eps, answer)
