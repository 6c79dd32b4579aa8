"""MALT on a batch of images: ranking, search and verdict (arXiv 2407.02240, algorithm 1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from malt_core.attacks import second_opinion
from malt_core.attacks.malt import budget, targeting
from malt_core.attacks.malt.candidates import CandidateScores
from malt_core.attacks.malt.scheduler import RowScheduler
from malt_core.attacks.types import AttackConfig, Begin, MaltResult, Targeting, ignore_stage
from malt_core.epsilon import as_number
from malt_core.errors import BadConfig, NotFinite
from malt_core.numerics import gradients, losses
from malt_core.numerics.checks import check_batch, check_labels
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.precision import prefers_bfloat16
from malt_core.trust import eot as draws
from malt_core.trust import refusals, review
from malt_core.trust.eot import Averaged
from malt_core.trust.soundness import TriedOut
from malt_core.types import Norm, check_count

PART = 4  # batches of images that are ranked before they are attacked: their gradients are kept meanwhile
BLURRED = 0.02  # a margin that is a smaller share of the largest logit means little in bfloat16


def _attack(search: RowScheduler, ranking: CandidateScores, right: Tensor) -> None:
    """Spend the published budget on the images `right` (I,), or the frugal one."""
    config = search.config

    def targets(image: int) -> list[int]:
        return ranking.order(image)[: config.n_targets]

    if config.faithful:
        ranking.extend(right, config.n_candidates)
        search.run({i: budget.published(targets(i), config.n_iter) for i in right.tolist()})
        return
    half = search.bfloat16
    for part in right.split(PART * search.batch_size):
        ranking.find_nearest(part)
        probes = {i: budget.probe(targets(i), config.n_iter) for i in part.tolist()}
        search.run(probes, leave=search.batch_size // 2)
    search.run({})
    close = _unfooled(search, right, budget.hopeful(config), half)
    ranking.extend_while_near(close)
    others = {i: targets(i)[: ranking.near(i)] for i in close.tolist()}
    search.run({i: budget.press(near, config.n_iter, float(search.left[i])) for i, near in others.items()})
    search.bfloat16 = False  # the last hundredths of a margin are beyond its precision
    closest = _unfooled(search, close, budget.CLOSE, half)
    search.run({i: budget.finish(targets(i), config.n_iter) for i in closest.tolist()})


def _unfooled(search: RowScheduler, images: Tensor, left: float, half: bool) -> Tensor:
    """Return which of the images (I,) are not fooled, but have come close.

    left: what may be left of the margin; half: whether it was computed in bfloat16, which cannot tell a
    margin of some hundredths of the largest logit from none.
    """
    margin = search.margin[images]
    near = left * margin
    if half:
        near = torch.maximum(near, BLURRED * search.z[images].abs().amax(1))
    close = ~(search.left[images] * margin > near)
    return images[(search.target[images] < 0) & ~search.invalid[images] & close]


def _announcing(begin: Begin) -> Callable[[str], None]:
    """Return what to call with the name of a stage: it tells `begin` if that is another than before."""
    now = ""

    def announce(stage: str) -> None:
        nonlocal now
        if stage != now:
            begin(stage, None)
        now = stage

    return announce


def _logits(model: Network, x: Tensor, batch_size: int, passes: Passes) -> Tensor:
    parts = (gradients.match_memory_format(model, part) for part in x.split(batch_size))
    return torch.cat([gradients.logits(model, part, passes, any_number=True) for part in parts])


def _verdict(model: Network, x: Tensor, batch_size: int, passes: Passes) -> tuple[Tensor, Tensor]:
    """Return logits (B, K) for images x (B, C, H, W), and which the model gives no answer to, (B,) bool."""
    parts = (gradients.match_memory_format(model, part) for part in x.split(batch_size))
    z, refused = zip(*(refusals.verdict(model, part, passes) for part in parts), strict=True)
    return torch.cat(z), torch.cat(refused)


def _votes(model: Averaged, x: Tensor, batch_size: int, passes: Passes) -> Tensor:
    passes.forward += len(x)
    parts = [model.votes(gradients.match_memory_format(model, part)) for part in x.split(batch_size)]
    return torch.cat(parts)


def _computes_in_bfloat16(model: Network, x: Tensor, precision: str, passes: Passes) -> bool:
    """Return whether to compute in bfloat16 what is judged in float32 later. x: some images, maybe none."""
    if x.dtype != torch.float32 or not len(x):
        return False
    if precision != "auto":
        return precision == "bfloat16"
    return prefers_bfloat16(model, x, passes)


def _malt_rank(ranking: CandidateScores, target: Tensor) -> Tensor:
    """Return the places of the targets (B,) in the order of attack, from 1; 0 for no target or no scores."""
    if ranking.config.targeting == "naive":
        return torch.zeros_like(target)
    places = [ranking.order(i).index(t) + 1 if t >= 0 else 0 for i, t in enumerate(target.tolist())]
    return target.new_tensor(places)


def _confidence_rank(z: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return the places of the targets (B,) among all classes besides y by logit, from 1; 0 for no target."""
    by_confidence = targeting.confident_classes(z, y, z.shape[1])
    return ((by_confidence == target[:, None]).int().argmax(1) + 1).where(target >= 0, 0)


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
    faithful: bool = False,
    eot: int = 1,
    check: bool = False,
    first: int = 0,
    begin: Begin = ignore_stage,
    tried: TriedOut | None = None,
) -> MaltResult:
    """Attack a batch of images with MALT (arXiv 2407.02240, algorithm 1).

    model: any torch module (or function) from (B, C, H, W) in [0, 1] to logits (B, K), K >= 2; evaluated in
    evaluation mode, with the modules that a function refers to, and left as it was. x: (B, C, H, W), floating
    point in [0, 1], in a tensor or a numpy array. y: (B,) class indices, whole numbers of any kind; None for
    the model's own predictions. eps: radius in the unit of x. batch_size: rows a step. precision: "float32",
    "bfloat16", or "auto" to measure which is faster here; success is always judged in float32. targeting
    "naive" attacks the most confident classes instead, as AutoAttack does. faithful: give every target all
    its n_iter steps, one after the other, as published, and score all n_candidates; otherwise steps go where
    they pay (see budget.py), gradients are taken of classes that can be among the nearest (candidates.py),
    and several targets of an image may be under way at once (scheduler.py). eot: draws of a randomised
    network's noise, over which gradients are averaged and by whose majority each verdict is passed
    (trust/eot.py); passes then count each draw. check: ask for a second opinion
    on some of the images left (second_opinion.py); where a flag was raised it is asked for all the same.

    first: index of x[0] in its data set: each image's random starts depend on seed, first + its place in the
    batch, and the target alone, so that a data set attacked in parts takes the same ways as the whole.
    begin: called as begin(stage, None) ahead of the stages "clean", "ranking" and "targets"; the last two may
    come in turns; then as second_opinion.ask says. tried: what soundness.try_out has said of this model,
    where that was asked before; otherwise it is asked here, for seven forward passes and a backward one.

    An image whose logits are not finite, by itself or at a point on the way, is `invalid` in the result, and
    the others are attacked all the same. Of classes that share a logit in all images (losses.shared_logits),
    one is aimed at. Attacks on one model may overlap, in threads too; numerics/guard.py says what is
    promised. Warns (MaltWarning) of noise in the network, and of what it changes while it is attacked. Raises
    BadImage for arrays that are no images, BadConfig for settings, labels or models that do not fit (see
    soundness.try_out), NotFinite where all images are invalid, unless `tried` was given.
    """
    announce = _announcing(begin)
    announce("clean")
    started, passes = time.perf_counter(), Passes()
    config = AttackConfig(
        norm=norm,
        eps=as_number(eps),
        n_targets=n_targets,
        n_candidates=n_candidates,
        n_iter=n_iter,
        targeting=targeting,
        seed=seed,
        eight_bit=False,
        faithful=faithful,
        eot=eot,
    )
    check_count("batch_size", batch_size, 1, 1_000_000)
    if precision not in ("auto", "float32", "bfloat16"):
        raise BadConfig(f"Unknown precision {precision!r}: choose auto, float32 or bfloat16.")
    given = check_batch(x)
    x = gradients.placed(model, given)
    with gradients.evaluation_mode(model):
        if alone := tried is None:
            tried = draws.try_out(model, x, eot, seed)
            model = tried.network
        elif eot > 1:
            model = Averaged(model, eot, seed)
        z, refused = _verdict(model, x, batch_size, passes)
        y = check_labels(y, z)
        model = refusals.with_labels(model, x, y)
        invalid = ~gradients.finite_rows(z)
        if alone and invalid.all():
            gradients.check_finite(z)
        already_wrong = ((z.argmax(1) != y) | refused) & ~invalid
        right = (~already_wrong & ~invalid).nonzero()[:, 0]
        bfloat16 = _computes_in_bfloat16(model, x[right[:batch_size]], precision, passes)
        shared = losses.shared_logits(
            torch.cat((z[~invalid], tried.logits[gradients.finite_rows(tried.logits)]))
        )
        how = {"batch_size": batch_size, "bfloat16": bfloat16, "passes": passes, "shared": shared}
        margin = losses.best_margin(z, y, shared)
        ranking = CandidateScores(model, x, y, z, config, begin=partial(announce, "ranking"), **how)
        search = RowScheduler(
            model,
            x,
            y,
            z,
            margin,
            config,
            first=first,
            frugal=not faithful,
            gradient_of=ranking.gradient_of,
            begin=partial(announce, "targets"),
            **how,
        )
        _attack(search, ranking, right)
        # Each image that was found is judged once, in full precision, apart from the steps of the attack.
        unjudged = ((search.target >= 0) & ~search.judged).nonzero()[:, 0]
        success = already_wrong | search.judged
        if len(unjudged):
            after = _logits(model, search.adversarial[unjudged], batch_size, passes)
            success[unjudged] = (after.argmax(1) != y[unjudged]) & gradients.finite_rows(after)
            invalid[unjudged] |= ~gradients.finite_rows(after)
            search.forward_of[unjudged] += 1
        invalid |= search.invalid
        if alone and invalid.all():
            raise NotFinite(
                "The model's logits are not finite numbers for any of the images, or for points close to "
                "them; check its weights and input."
            )
        success &= ~invalid
        refuted = (search.target >= 0) & ~success
        flags = list(tried.flags if eot == 1 else draws.settled(tried.flags))
        if eot > 1:
            judged = (~already_wrong & ~invalid).nonzero()[:, 0]
            votes = _votes(model, search.adversarial[judged], batch_size, passes)
            search.forward_of[judged] += 1
            success[judged] = draws.fooled(votes, y[judged])
            flags += draws.flags_of(votes, judged.tolist(), eot)
            refuted = (search.target >= 0) & ~success
        elif refuted.any():
            places = refuted.nonzero()[:, 0]
            flags += review.better_iterates(
                model, search.adversarial[places], y[places], places.tolist(), passes
            )
        search.adversarial[refuted] = x[refuted]
        flags, forward_of, backward_of = review.review(
            model,
            x,
            y,
            z,
            (~success & ~invalid).nonzero()[:, 0],
            seen=review.Gradients(search.backward_of, search.zero_of, search.broken_of),
            ends=search.ends,
            known=tuple(flags),
            norm=norm,
            eps=config.eps,
            passes=passes,
            shared=shared,
        )
        search.forward_of += forward_of
        search.backward_of += backward_of
        asked = second_opinion.first_left(~success & ~invalid)
        opinion = None
        if len(asked) and (check or (draws.settled(flags) if draws.averages(model) else flags)):
            opinion = second_opinion.ask(
                model,
                x[asked],
                y[asked],
                norm=norm,
                eps=config.eps,
                seed=seed,
                queries=second_opinion.QUERIES,
                passes=passes,
                shared=shared,
                begin=begin,
            )
            flags = (*(flag.at(asked.tolist()) for flag in opinion.flags), *flags)
            success[asked] = opinion.fooled
            search.adversarial[asked] = opinion.adversarial
            search.forward_of[asked] += opinion.forward_of
            search.backward_of[asked] += opinion.backward_of
    target = search.target.where(success, -1)
    return MaltResult(
        adversarial=search.adversarial.to(given.device).contiguous(),
        success=success.to(given.device),
        already_wrong=(already_wrong & ~invalid).to(given.device),
        invalid=invalid.to(given.device),
        target=target.to(given.device),
        malt_rank=_malt_rank(ranking, target).to(given.device),
        confidence_rank=_confidence_rank(z, y, target).to(given.device),
        forward_of=eot * (1 + ranking.forward_of + search.forward_of).to(given.device),
        backward_of=eot * (ranking.backward_of + search.backward_of).to(given.device),
        n_forward=eot * passes.forward,
        n_backward=eot * passes.backward,
        seconds=time.perf_counter() - started,
        precision="bfloat16" if bfloat16 else str(x.dtype).removeprefix("torch."),
        flags=flags,
        second_opinion=opinion and opinion.record.at(asked.tolist()).with_draws(eot),
    )
