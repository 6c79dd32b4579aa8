"""MALT on one image, as a stream of events that a page can draw as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from malt_core.attacks import second_opinion
from malt_core.attacks.malt import budget, pruning, targeting
from malt_core.attacks.malt.concurrent_targets import Best, ConcurrentTargets, Goal, copies_of
from malt_core.attacks.types import (
    TOP,
    AttackConfig,
    AttackEvent,
    AttackResult,
    Finished,
    Look,
    Ranked,
    RankedTarget,
    RankingProgress,
    Step,
    look_away,
)
from malt_core.errors import BadConfig
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.checks import check_class, check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import eot, refusals, review
from malt_core.trust.eot import Averaged
from malt_core.trust.flags import Flag
from malt_core.trust.soundness import TriedOut
from malt_core.types import Sample

MANY = 40  # candidates, and four times as many as targets; with fewer, all are measured


def _rank(
    model: Network,
    x0: Tensor,
    z0: Tensor,
    goal: Goal,
    config: AttackConfig,
    passes: Passes,
    runs: ConcurrentTargets,
) -> Iterator[RankingProgress | tuple[RankedTarget, ...]]:
    """Yield progress, then every candidate in the order of attack; an aim is always among them.

    runs: is told of gradients that it will ask for.
    """
    confident = targeting.confident_classes(z0, goal.y, z0.shape[1], goal.shared)[0]
    candidates = confident[: config.n_candidates]
    if goal.aim is not None and goal.aim not in candidates:
        candidates = torch.cat((candidates, goal.aim))
    sizes, exact = None, None
    if _prunes(model, config, len(candidates)):
        net = pruning.ShortPasses(model, x0.expand(copies_of(x0), -1, -1, -1), passes)
        if net.layer is not None:
            y, z = int(goal.y), z0[0]
            aim = None if goal.aim is None else int(goal.aim)
            for found in pruning.nearest_rows(
                net, y, candidates, z[y] - z[candidates], config.norm, n=config.n_targets, aim=aim
            ):
                if isinstance(found, int):
                    yield RankingProgress(done=found, total=len(candidates))
                    continue
                sizes, exact = found.size, found.exact
                runs.know(found.gradient)
    if sizes is None:
        for sizes in _all_sizes(model, x0, goal, candidates, config, passes):
            if isinstance(sizes, RankingProgress):
                yield sizes
    places = {index: place for place, index in enumerate(confident.tolist(), start=1)}
    yield tuple(
        replace(target, confidence_rank=places[target.index])
        for target in targeting.rank(z0[0], int(goal.y), candidates, sizes, config.targeting, exact)
    )


def _prunes(model: Network, config: AttackConfig, candidates: int) -> bool:
    """Return whether it pays, and is wanted, to measure only what is near."""
    wanted = not config.faithful and config.targeting == "malt"
    many = candidates >= max(MANY, 4 * config.n_targets)
    return wanted and many and pruning.can_be_pruned(model)


def _all_sizes(
    model: Network, x0: Tensor, goal: Goal, candidates: Tensor, config: AttackConfig, passes: Passes
) -> Iterator[RankingProgress | Tensor]:
    """Yield progress, then the dual norm of the margin's gradient for each candidate, (c,)."""
    table, total = _in_rows(candidates, x0), len(candidates)
    copies, y = x0.expand(len(table), -1, -1, -1), goal.y.expand(len(table))
    sizes = []
    for column in targeting.gradient_norms(model, copies, y, table, config.norm, passes):
        sizes.append(column)
        yield RankingProgress(done=min(len(sizes) * len(table), total), total=total)
    yield torch.stack(sizes, dim=1).flatten()[:total]


def _in_rows(candidates: Tensor, x0: Tensor) -> Tensor:
    """Return the candidates (c,) as a table (rows, columns), one copy of a small image for each row.

    What is left of the table is filled with the last candidate. x0: (1, C, H, W).
    """
    columns = math.ceil(len(candidates) / copies_of(x0))
    rows = math.ceil(len(candidates) / columns)
    filling = candidates[-1:].expand(rows * columns - len(candidates))
    return torch.cat([candidates, filling]).view(rows, columns)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def attack(
    model: Network, sample: Sample, config: AttackConfig, *, look: Look = look_away
) -> Iterator[AttackEvent]:
    """Attack one image and yield what happens: Ranking..., Ranked, (Step..., TargetDone)..., Finished.

    model maps (B, C, H, W) in [0, 1] to logits (B, K >= 2); it is evaluated in float32 (float64 if all its
    weights are), in evaluation mode, and left as it was when the iterator ends or is closed
    (numerics/guard.py says what is promised where attacks overlap). sample.x: (C, H, W), of any kind that
    `malt` takes. The label is sample.label, else the model's own prediction; an image that the model gets
    wrong already yields Finished at once, unattacked.

    Targets are attacked in order, in rounds, and the first success ends the attack. Steps are spent as `malt`
    does: the nearest target briefly, by a first step along its gradient; where the image comes close, the
    others within reach and longer runs of the nearest, each from its random start; and no run goes on where
    its gradients say that it will get no further (budget.py). With config.faithful there is one round, of
    every target with all its steps (arXiv 2407.02240, algorithm 1); so it is with config.target, for that
    class alone, and only its answer is a success that ends the attack. Of a small image, runs share passes
    (concurrent_targets.py), which changes the time, not what happens. Closing the iterator stops the work.
    Where the answer is still the same at the end, config.check, or a flag that was raised, has a second
    opinion asked for (second_opinion.py), with Asking events. look: is shown where the attack is.

    Randomness comes from config.seed alone, so equal arguments give equal results, whoever else attacks.
    Raises BadImage for a sample of the wrong type or range, BadConfig for a label, target or model that does
    not fit; warns and refuses as soundness.try_out says, which costs seven forward passes and a backward one.
    """
    with gradients.evaluation_mode(model):
        yield from _attack(model, sample, config, look)


def _likeliest(z: Tensor) -> tuple[tuple[int, float], ...]:
    """Return the likeliest classes of logits (1, K) with their confidences."""
    top = z.softmax(1)[0].topk(min(TOP, z.shape[1]))
    return tuple(zip(top.indices.tolist(), top.values.tolist(), strict=True))


def _goal(y: Tensor, config: AttackConfig, shared: losses.SharedLogits | None, classes: int) -> Goal:
    """Return what the attack is after. Raises BadConfig for a target that the model cannot answer with."""
    if config.target is None:
        return Goal(y, None, shared)
    aim = torch.full_like(y, check_class(config.target, classes, "Target"))
    if aim == y:
        raise BadConfig(
            f"target {config.target} is the class that the model is to be led away from: choose another.",
            setting="target",
        )
    if shared is not None and shared.same_as[aim] != aim:
        raise BadConfig(
            f"target {config.target} always has the same logit as class {int(shared.same_as[aim])}, and the "
            "model answers with that instead: choose it."
        )
    return Goal(y, aim, shared)


def _kept(
    model: Network, best: Best, x0: Tensor, goal: Goal, config: AttackConfig, passes: Passes
) -> tuple[Tensor, Tensor, bool]:
    """Return the image to return (1, C, H, W), its logits, and whether it fools when rounded to 8 bits.

    The verdict is passed afresh, on this very image, not taken from the attack's own steps.
    """
    z = gradients.logits(model, best.x, passes)
    rounded = norms.eight_bit_image(best.x, x0, config.norm, config.eps)
    z_png = z if best.survives else gradients.logits(model, rounded, passes)
    survives = bool(z_png.argmax(1) != goal.y) and (not best.won or goal.won(z_png))
    if config.eight_bit and survives and best.fools:
        return rounded, z_png, survives
    return best.x, z, survives


def _flags(
    model: Network,
    x0: Tensor,
    z0: Tensor,
    x: Tensor,
    z: Tensor,
    goal: Goal,
    tried: TriedOut,
    runs: ConcurrentTargets,
) -> tuple[Flag, ...]:
    """Return what is to be said of an attack that returns x (1, C, H, W) with logits z (1, K)."""
    config, passes, y = runs.config, runs.passes, goal.y
    known = list(tried.flags)
    left = (z0.argmax(1) == y) & (z.argmax(1) == y)
    if isinstance(model, Averaged):
        passes.forward += 1
        known = [*tried.flags, *eot.flags_of(model.votes(x), [0], config.eot)]
    elif left and runs.best.fools:
        known += review.better_iterates(model, x, y, [0], passes)
    flags, _, _ = review.review(
        model,
        x0,
        y,
        z0,
        left.nonzero()[:, 0],
        seen=review.Gradients(*(y.new_tensor([n]) for n in (runs.asked, runs.zero, runs.broken))),
        ends={0: runs.best.x[0]},
        known=tuple(known),
        norm=config.norm,
        eps=config.eps,
        passes=passes,
        shared=goal.shared,
    )
    return flags


def _attack(model: Network, sample: Sample, config: AttackConfig, look: Look) -> Iterator[AttackEvent]:
    started, passes = time.perf_counter(), Passes()
    given = check_image(sample.x, "The sample")
    x0 = gradients.placed(model, given).clone()
    if not norms.has_eight_bits(x0):
        config = replace(config, eight_bit=False)  # rounded, it could leave the ball around the original
    tried = eot.try_out(model, x0, config.eot, config.seed)
    model = tried.network
    z0, unanswered = refusals.verdict(model, x0, passes)
    gradients.check_finite(z0)
    clean = int(z0.argmax(1))
    label = clean if sample.label is None else check_class(sample.label, z0.shape[1])
    shared = losses.shared_logits(torch.cat((z0, tried.logits)))
    y = torch.full_like(z0.argmax(1), label)
    model, right = refusals.with_labels(model, x0, y), clean == label and not unanswered
    goal = _goal(y, config, shared, z0.shape[1])
    confidence = float(z0.softmax(1)[0, clean])
    runs = ConcurrentTargets(model, x0, z0, goal, config, passes, look)
    ranking, attempts, trace = (), [], []
    targets: Sequence[RankedTarget] = ()

    if right:
        for ranking in _rank(model, x0, z0, goal, config, passes, runs):
            if isinstance(ranking, RankingProgress):
                yield ranking
        targets = ranking[: config.n_targets]
        if config.target is not None:
            targets = [target for target in ranking if target.index == config.target]
        yield Ranked(
            label=label,
            clean_index=clean,
            clean_confidence=confidence,
            targets=ranking,
            n_targets=len(targets),
        )
        near = sum(t.predicted_distance <= budget.REACH * config.eps for t in targets)
        near = near if config.targeting == "malt" else len(targets)
        for event in runs.attack(targets, budget.rounds_of(config, [t.index for t in targets], near)):
            (trace if isinstance(event, Step) else attempts).append(event)
            yield event

    x, z, survives_png = _kept(model, runs.best, x0, goal, config, passes)
    best, opinion = runs.best, None
    flags = _flags(model, x0, z0, x, z, goal, tried, runs)
    if (
        right
        and label == int(z.argmax(1))
        and (config.check or (eot.settled(flags) if eot.averages(model) else flags))
    ):
        opinion = yield from second_opinion.ask_in_turns(
            model,
            x0,
            y,
            norm=config.norm,
            eps=config.eps,
            seed=config.seed,
            queries=second_opinion.QUERIES,
            passes=passes,
            shared=shared,
        )
        flags = (*opinion.flags, *flags)
        if opinion.fooled:
            best = Best(opinion.adversarial, best.target, fools=True)
            x, z, survives_png = _kept(model, best, x0, goal, config, passes)
    answer = int(z.argmax(1))
    refused = refusals.refusing_within(tried.network) and refusals.verdict(tried.network, x, passes)[1]
    yield Finished(
        result=AttackResult(
            label=label,
            clean_index=clean,
            clean_confidence=confidence,
            clean_top=_likeliest(z0),
            already_wrong=not right,
            success=right and label != answer,
            reached=best.target is not None and answer == best.target.index,
            margin_left=runs.share(goal.margin(z)) if right else math.nan,
            adversarial=x[0].to(given.device),
            adversarial_index=answer,
            adversarial_confidence=float(z.softmax(1).amax(1)),
            survives_png=survives_png,
            target=best.target,
            steps=best.steps,
            steps_total=sum(a.steps for a in attempts),
            n_forward=config.eot * passes.forward,
            n_backward=config.eot * passes.backward,
            seconds=time.perf_counter() - started,
            device=x0.device.type,
            perturbation_norm=float(norms.size(x - x0, config.norm)),
            loss=losses.loss_name(z0.shape[1] if shared is None else len(shared.distinct)),
            ranking=ranking,
            n_targets=len(targets),
            attempts=tuple(attempts),
            trace=tuple(trace),
            flags=flags,
            second_opinion=opinion and opinion.record.with_draws(config.eot),
            refused=bool(refused),
        )
    )
