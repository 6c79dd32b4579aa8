"""MALT, AutoAttack and others on the same images, each a lane that can be watched, paused and stopped.

Every lane is run alike: an attack of attacks/registry.py, in a thread of its own that works only while its
events are asked for, its time, passes and successes taken by a referee. So times leave out whatever else the
process computes meanwhile, and a lane's result does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core.attacks import registry
from malt_core.attacks import second_opinion as opinions
from malt_core.attacks.catalogue import AttackId, attack_info
from malt_core.attacks.types import Asking
from malt_core.harness.seeding import SeededDraws
from malt_core.harness.stepwise import stepwise
from malt_core.numerics import gradients
from malt_core.numerics.checks import check_batch
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.precision import prefers_bfloat16
from malt_core.race.referee import Referee
from malt_core.race.types import Checked, Fell, LaneDone, LineUp, Progress, RaceConfig
from malt_core.trust import refusals, soundness
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.trust.soundness import TriedOut

N_ITER, N_TARGETS = 100, 9  # as in AutoAttack's standard ensemble and in the paper of MALT


@torch.inference_mode(False)  # gradients are needed to try the model out
def line_up(model: Network, x: Tensor) -> LineUp:
    """Return what there is to attack in x, (B, C, H, W) float32 in [0, 1].

    Raises BadImage for arrays that are no images, BadConfig for a model that does not fit.
    """
    x = gradients.placed(model, check_batch(x))
    with gradients.evaluation_mode(model):
        model = soundness.try_out(model, x).network
        z, refused = refusals.verdict(model, x, Passes())
    finite = gradients.finite_rows(z).tolist()
    if not any(finite):
        gradients.check_finite(z)
    confidences = z.softmax(1).amax(1).tolist()
    return LineUp(
        answers=tuple(z.argmax(1).tolist()),
        confidences=tuple(c if sound else None for c, sound in zip(confidences, finite, strict=True)),
        invalid=tuple(i for i, sound in enumerate(finite) if not sound),
        refused=tuple(refused.nonzero()[:, 0].tolist()),
    )


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def run_lane(
    lane: AttackId, model: Network, x: Tensor, lined_up: LineUp, config: RaceConfig
) -> Generator[Progress | Fell | LaneDone, None, Tensor]:
    """Attack the images that stand, and yield what happens: Progress (see referee.TURN), Fell, LaneDone.

    Returns (B, C, H, W): where each image fell; the original of one that stands or was not attacked. An image
    of which a point on the way has logits that are not finite numbers is named at the end, if it did not
    fall.

    lane: the attack, run with 100 steps, and up to nine targets where it aims at any. x: (B, C, H, W) float32
    in [0, 1], as lined up with this model, which is left as it was. Closing the iterator ends the attack and
    its thread. Raises BadConfig where a lane does not fit the model.
    """
    given = check_batch(x)
    x = gradients.placed(model, given).contiguous()
    adversarial, told = x.clone(), _Told({})
    y = torch.tensor(lined_up.answers, device=x.device)
    numbers = list(lined_up.standing)
    with gradients.evaluation_mode(model):
        tried = soundness.try_out(model, x[numbers]) if numbers else TriedOut(model, x.new_empty(0))
        network = refusals.with_labels(tried.network, x[numbers], y[numbers])
        referee = Referee(lane, network, x[numbers], y[numbers], numbers=lined_up.standing, config=config)
        if numbers:
            told = yield from _race(referee, config, tried)
            adversarial[numbers] = referee.adversarial
    yield LaneDone(
        lane=lane,
        seconds=referee.clock.seconds,
        n_forward=referee.passes.forward,
        n_backward=referee.passes.backward,
        robust=len(referee.standing - referee.invalid),
        ranks=told.ranks,
        invalid=tuple(sorted(numbers[i] for i in referee.standing & referee.invalid)),
        flags=tuple(flag.at(numbers) for flag in told.flags),
        second_opinion=told.opinion and told.opinion.at(numbers),
    )
    return adversarial.to(given.device)


def second_opinion(
    model: Network, x: Tensor, lined_up: LineUp, left: Sequence[int], config: RaceConfig
) -> Iterator[Asking | Checked]:
    """Ask for a second opinion on images that every lane has left, and yield Asking..., Checked.

    x: as in run_lane; left: their indices, in ascending order; of more than are asked about, the first count.
    """
    asked = list(left)[: opinions.IMAGES]
    x = gradients.placed(model, check_batch(x))[asked].contiguous()
    y = torch.tensor([lined_up.answers[i] for i in asked], device=x.device)
    with gradients.evaluation_mode(model):
        network = refusals.with_labels(soundness.try_out(model, x).network, x, y)
        opinion = yield from opinions.ask_in_turns(
            network,
            x,
            y,
            norm=config.norm,
            eps=config.eps,
            seed=config.seed,
            queries=opinions.QUERIES,
            passes=Passes(),
        )
        into = gradients.logits(network, opinion.adversarial, Passes(), any_number=True).argmax(1)
    yield Checked(
        opinion=opinion.record.at(asked), into={asked[i]: int(into[i]) for i in opinion.record.fooled}
    )


@dataclass(frozen=True)
class _Told:
    """What an attack told of itself: ranks as in LaneDone, flags and second opinion by place."""

    ranks: dict[int, int]
    flags: tuple[Flag, ...] = ()
    opinion: SecondOpinion | None = None


def _race(referee: Referee, config: RaceConfig, tried: TriedOut) -> Generator[Progress | Fell, None, _Told]:
    """Yield the referee's news, and return what the attack told."""

    def work(pause: Callable[[Progress | Fell], None]) -> _Told:
        def hand_over_news() -> None:
            while referee.news:
                pause(referee.news.pop(0))

        referee.pause = hand_over_news
        with _equal_burden(referee.lane, config.seed):
            found = registry.run(
                referee.lane,
                referee,
                referee.x,
                referee.y,
                norm=config.norm,
                eps=config.eps,
                seed=config.seed,
                classes=tried.logits.shape[1],
                tried=tried,
                begin=referee.begin,
                **_settings(referee),
            )
        referee.clock.stop()
        referee.examine(found.adversarial)
        hand_over_news()
        if found.details is None:
            return _Told({}, found.flags)
        ranks = zip(referee.numbers, found.details.order.tolist(), strict=True)
        by_image = {image: rank for image, rank in ranks if rank}
        return _Told(by_image, found.flags, found.details.second_opinion)

    return (yield from stepwise(work, referee.x.device))


def _equal_burden(lane: AttackId, seed: int) -> AbstractContextManager:
    """Slow every lane down as much as pyautoattack's, whose random numbers are watched over: by about 1%."""
    return nullcontext() if attack_info(lane).code == "pyautoattack" else SeededDraws(seed)


def _settings(referee: Referee) -> dict[str, int | str]:
    """Return what the race tells the attack besides ball and seed, of what the attack can be told."""
    known = attack_info(referee.lane).settings
    settings: dict[str, int | str] = {"n_targets": N_TARGETS, "n_iter": N_ITER}
    if "precision" in known:
        # By the network itself, which remembers it: measured anew, it might differ from race to race.
        fast = prefers_bfloat16(referee.model, referee.x, Passes())
        settings["precision"] = "bfloat16" if fast else "float32"
    return {name: value for name, value in settings.items() if name in known}
