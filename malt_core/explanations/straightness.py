"""How straight a network is around one picture: attacked twice, measured at every scale and on a plane."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, AttackResult, Finished, RankedTarget, RankingProgress
from malt_core.errors import BadConfig
from malt_core.explanations.plane import REACH, ParallelDirections, decision_plane, levels_for, plane_axes
from malt_core.explanations.plane_types import Plane, View
from malt_core.explanations.straightness_summary import summary
from malt_core.explanations.straightness_types import Doing, DriftOfImage, Straightness
from malt_core.linearity.drift import STEPS as DRIFT_STEPS
from malt_core.linearity.drift import drift, gradient_alignment, random_direction, random_points
from malt_core.linearity.logits_along import logits_along
from malt_core.linearity.scales import scales
from malt_core.models.loaders import Model
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.trust import soundness
from malt_core.trust.flags import merged
from malt_core.types import Norm, Sample

STEPS, TARGETS = 20, 3  # of the attacks: a direction is wanted, not the last image that gives way
NEAREST_OF = 9  # the likeliest classes, among which another image's nearest one is looked for
ATTACK, SCALES, PLANES = 0.3, 0.4, 0.8  # of the whole work: when each is over
WIDER = 2.5  # half the side of a view of the boundary, in distances to it
SAME_VIEW = (0.5, 1.6)  # places of the boundary, in these lengths, that a view of the ball shows well
_AXIS = -2  # the place of a target among the random sources

Work = Generator[Straightness | Doing, None, Straightness]


@dataclass
class _Images:
    """x0, x_adv, x_naive: (C, H, W) where the model computes; way: what MALT's attack visited."""

    x0: Tensor
    x_adv: Tensor
    x_naive: Tensor
    way: list[Tensor] = field(default_factory=list)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def straightness(
    model: Model, sample: Sample, others: Sequence[Sample], *, eps: float, norm: Norm = "linf", seed: int = 0
) -> Iterator[Straightness | Doing]:
    """Measure a network around the sample, and its gradient's drift around the others as well.

    The label is the network's own answer. MALT attacks the sample (TARGETS classes at most, STEPS steps each
    at first), and so does an attack on the likeliest class besides MALT's. Along the first one scales, logits
    and drift are measured; both together span the plane. Raises BadConfig where the gradient gives no
    direction to go, and as malt_core.attack does.
    """
    config = AttackConfig(norm=norm, eps=eps, seed=seed, n_iter=STEPS, n_targets=TARGETS, eight_bit=False)
    known, images = yield from _attack_twice(model, replace(sample, label=None), config)
    with gradients.evaluation_mode(model):
        network = soundness.try_out(model, images.x0[None]).network
        known = yield from _along(network, images, known)
        known = yield from _planes(network, images, known, seed)
        yield from _drifts(network, [sample, *others], known, seed)


def _attack_twice(
    model: Model, sample: Sample, config: AttackConfig
) -> Generator[Straightness | Doing, None, tuple[Straightness, _Images]]:
    way: list[Tensor] = []
    first = yield from _attack(model, sample, config, way)
    # Without a gradient the attack still wanders, from a random start.
    if first.target is None or first.perturbation_norm == 0 or first.target.gradient_norm == 0:
        raise BadConfig(
            "The attack could not move this picture: the network's gradient gives no direction to go, so "
            "there is no way whose straightness could be measured."
        )
    target = first.adversarial_index if first.success else first.target.index
    likeliest = min((r for r in first.ranking if r.index != target), key=_place, default=first.target).index
    # Alone, the class that is aimed at need not be ranked among a hundred others.
    aimed = replace(config, target=likeliest, targeting="naive", n_candidates=1)
    second = yield from _attack(model, replace(sample, label=first.label), aimed, [])
    x0, x_adv, x_naive = (_placed(model, x) for x in (sample.x, first.adversarial, second.adversarial))
    known = Straightness(
        model=model.info.id,
        norm=config.norm,
        eps=config.eps,
        label=first.label,
        target=target,
        likeliest=likeliest,
        success=first.success,
        planes={},
        flags=merged((*first.flags, *second.flags)),
    )
    return known, _Images(x0, x_adv, x_naive, way)


def _placed(model: Network, x: Tensor) -> Tensor:
    """Return an image (C, H, W) where and as the model computes."""
    return gradients.match_memory_format(model, gradients.placed(model, x[None].float()))[0]


def _place(target: RankedTarget) -> int:
    return target.confidence_rank


def _attack(
    model: Model, sample: Sample, config: AttackConfig, way: list[Tensor]
) -> Generator[Doing, None, AttackResult]:
    """Attack, and put what is visited into `way`."""
    share = 0.0 if config.target is None else 0.8 * ATTACK
    for event in attack(model, sample, config, look=lambda x: way.append(x.detach().clone())):
        if isinstance(event, RankingProgress):
            share = 0.5 * ATTACK * event.done / event.total if config.target is None else share
        if isinstance(event, Finished):
            return event.result
        what = "MALT attacks the picture" if config.target is None else "The likeliest class is attacked, too"
        yield Doing(what=f"{what} …", share=share)
    raise AssertionError("an attack ends with Finished")


def _along(network: Network, images: _Images, known: Straightness) -> Work:
    """Measure scales and logits on the way to the adversarial image."""
    way = (network, images.x0, images.x_adv, known.label, known.target)
    yield Doing(what="Following the margin, from close by to far away …", share=ATTACK)
    for scale in scales(*way, eps=known.eps, norm=known.norm):
        known = replace(known, scales=(*known.scales, scale))
        yield known
    known = replace(known, logits=logits_along(*way, eps=known.eps, norm=known.norm))
    yield known
    return known


def _planes(network: Network, images: _Images, known: Straightness, seed: int) -> Work:
    """Compute views of the planes: first, and as fine as it gets, the one that shows the boundary."""
    found = summary(known)
    crossing = found.predicted if found.true is None else found.true
    length = float(norms.size((images.x_adv - images.x0)[None], known.norm)) / known.eps
    place = None if not crossing else crossing / length
    levels = levels_for(images.x0)
    views: list[tuple[View, float, tuple[int, ...]]] = [("ball", REACH, levels)]
    if place and not SAME_VIEW[0] <= place <= SAME_VIEW[1]:
        views = [("boundary", WIDER * place, levels), ("ball", REACH, levels[:-1])]
    views.append(("random", views[0][1], levels[:-1]))
    for number, (view, reach, points) in enumerate(views):
        share = SCALES + (PLANES - SCALES) * number / len(views)
        yield Doing(what="Looking around on the plane …", share=share)
        try:
            events = _view(network, images, known, view, seed, levels=points, reach=reach)
            for event in events:
                if isinstance(event, Plane):
                    known = replace(known, planes={**known.planes, view: event})
                    yield known
                else:
                    part = (PLANES - SCALES) / len(views) * event
                    yield Doing(what="Looking around on the plane …", share=share + part)
        except ParallelDirections:
            continue
    return known


def _view(
    network: Network,
    images: _Images,
    known: Straightness,
    view: View,
    seed: int,
    **how: Any,
) -> Iterator[Plane | float]:
    """Compute a view. Raises ParallelDirections where the perturbations do not span a plane."""
    x0, first = images.x0, images.x_adv - images.x0
    if view == "random":
        direction = random_direction(x0, row_generator(seed, 0, _AXIS))
        second = random_points(x0, direction, first.norm()[None])[0] - x0
    else:
        second = images.x_naive - x0
    kind = "random" if view == "random" else "naive"
    axes = plane_axes(x0, first, second, eps=known.eps, norm=known.norm, kind=kind, way=images.way)
    yield from decision_plane(network, x0, known.label, known.target, first, second, axes, **how)


def _drifts(network: Network, samples: Sequence[Sample], known: Straightness, seed: int) -> Work:
    """Measure the drift around each image, the first of which is the one that was attacked."""
    how = {"eps": known.eps, "norm": known.norm, "seed": seed}
    for place, sample in enumerate(samples):
        doing = Doing(
            what=f"Measuring how the gradient drifts (picture {place + 1} of {len(samples)}) …",
            share=PLANES + (1 - PLANES) * place / len(samples),
        )
        yield doing
        x = _placed(network, sample.x)
        y, target = known.label, known.target
        if place:
            y, target = _nearest(network, x[None], known.norm)
            yield doing
        points = []
        for point in drift(network, x, y, target, **how):
            points.append(point)
            if len(points) < DRIFT_STEPS:
                yield doing
        alignment = gradient_alignment(network, x, y, eps=known.eps, seed=seed)
        of_image = DriftOfImage(name=sample.name, points=tuple(points), alignment=alignment)
        known = replace(known, drift=(*known.drift, of_image))
        yield known
    return known


def _nearest(network: Network, x: Tensor, norm: Norm) -> tuple[int, int]:
    """Return what the network says of x (1, C, H, W), and MALT's first target among the likeliest classes."""
    passes = Passes()
    z = gradients.logits(network, x, passes)
    y = z.argmax(1)
    candidates = targeting.confident_classes(z, y, NEAREST_OF)
    sizes = torch.stack([*targeting.gradient_norms(network, x, y, candidates, norm, passes)], dim=1)
    scores = targeting.scores(z.gather(1, y[:, None]) - z.gather(1, candidates), sizes)
    return int(y), int(targeting.order_by_score(candidates, scores)[0, 0])
