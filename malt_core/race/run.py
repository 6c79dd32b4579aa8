"""MALT, AutoAttack and others on the same images, each a lane that can be watched, paused and stopped.

Every lane is run alike: handed over to a thread that works only while its events are asked for, its time,
passes and successes taken by a referee. So times leave out whatever else the process computes meanwhile, and
a lane's result does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial

import torch
from torch import Tensor, nn

from malt_core.attacks import autoattack, pgd
from malt_core.attacks.malt.batch import malt
from malt_core.attacks.types import Targeting
from malt_core.errors import BadConfig
from malt_core.harness.seeding import SeededDraws
from malt_core.harness.stepwise import stepwise
from malt_core.numerics import gradients
from malt_core.numerics.checks import check_batch
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.precision import prefers_bfloat16
from malt_core.race.referee import Referee
from malt_core.race.types import Fell, LaneDone, LaneName, LineUp, Progress, RaceConfig, StageName

N_ITER, N_TARGETS = 100, 9  # as in AutoAttack's standard ensemble and in the paper of MALT

Ranks = dict[int, int]
Attack = Callable[[], tuple[Tensor, Ranks]]


def line_up(model: Network, x: Tensor, labels: Sequence[int | None]) -> LineUp:
    """Return what there is to attack in x, (B, C, H, W) float32 in [0, 1].

    labels: B class indices, None for the model's own prediction. Raises BadImage for arrays that are no
    images, BadConfig for labels or a model that do not fit.
    """
    x = check_batch(x)
    if len(labels) != len(x):
        raise BadConfig(f"There are {len(labels)} labels for {len(x)} images; give one for each, or None.")
    with gradients.evaluation_mode(model):
        z = gradients.logits(model, x, Passes())
    for label in labels:
        if label is not None and not 0 <= label < z.shape[1]:
            raise BadConfig(f"Label {label} is out of range: the model has classes 0 to {z.shape[1] - 1}.")
    clean = z.argmax(1).tolist()
    attacked = (said if label is None else label for label, said in zip(labels, clean, strict=True))
    return LineUp(labels=tuple(attacked), clean=tuple(clean))


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def run_lane(
    lane: LaneName, model: Network, x: Tensor, lined_up: LineUp, config: RaceConfig
) -> Generator[Progress | Fell | LaneDone, None, Tensor]:
    """Attack the images that stand, and yield what happens: Progress (see referee.TURN), Fell, LaneDone.

    Returns (B, C, H, W): where each image fell; the original of one that stands or was not attacked.

    x: (B, C, H, W) float32 in [0, 1], as lined up with this model. "malt" is this library's attack as it
    comes, "malt-published" the same with the paper's whole budget, "naive" that budget with naive targeting,
    hence APGD-T; "autoattack" and "apgd-ce" are pyautoattack's, unchanged. All with 100 steps, and up to
    nine targets where they aim at any. The model is left as it was. Closing the iterator ends the attack and
    its thread. Raises BadConfig where a lane does not fit the model.
    """
    x = check_batch(x).contiguous()
    adversarial, ranks = x.clone(), {}
    y = torch.tensor(lined_up.labels, device=x.device)
    numbers = list(lined_up.standing)
    referee = Referee(lane, model, x[numbers], y[numbers], numbers=lined_up.standing, config=config)
    if numbers:
        with gradients.evaluation_mode(model):
            ranks = yield from _race(referee, config)
        adversarial[numbers] = referee.adversarial
    yield LaneDone(
        lane=lane,
        seconds=referee.clock.seconds,
        n_forward=referee.passes.forward,
        n_backward=referee.passes.backward,
        robust=len(referee.standing),
        ranks=ranks,
    )
    return adversarial


def _race(referee: Referee, config: RaceConfig) -> Generator[Progress | Fell, None, Ranks]:
    """Yield the referee's news, turn by turn, and return the ranks of the targets that images fell to."""

    def work(pause: Callable[[], None]) -> Ranks:
        referee.pause = pause
        with SeededDraws(config.seed) as draws:
            attack = _LANES[referee.lane](referee, config, draws)
            referee.clock.start()
            returned, ranks = attack()
            referee.clock.stop()
        referee.examine(returned)
        return ranks

    with closing(stepwise(work)) as turns:
        ranks = None
        while ranks is None:
            with autoattack.own_randomness(referee.x):  # what pyautoattack seeds is put back every time
                try:
                    next(turns)
                except StopIteration as end:
                    ranks = end.value
            news, referee.news = referee.news, []
            yield from news
    return ranks


# What follows prepares a lane's attack, off the clock; the attack itself is a call without arguments.


def _malt(
    referee: Referee,
    config: RaceConfig,
    _draws: SeededDraws,
    *,
    targeting: Targeting = "malt",
    faithful: bool,
) -> Attack:
    # By the network itself, which remembers it: measured anew, it might differ from race to race.
    bfloat16 = prefers_bfloat16(referee.model, referee.x, Passes())

    def tell_stage(_module: nn.Module, inputs: tuple[Tensor]) -> None:
        """MALT ranks by gradients at the originals, and takes its steps elsewhere."""
        (x,) = inputs
        if x.requires_grad:
            stage = "ranking" if referee.at_the_originals(x) else "targets"
            if stage != referee.stage:
                referee.begin(stage, None)

    referee.register_forward_pre_hook(tell_stage)

    def attack() -> tuple[Tensor, Ranks]:
        result = malt(
            referee,
            referee.x,
            referee.y,
            norm=config.norm,
            eps=config.eps,
            n_targets=N_TARGETS,
            n_iter=N_ITER,
            seed=config.seed,
            targeting=targeting,
            precision="bfloat16" if bfloat16 else "float32",
            faithful=faithful,
        )
        places = result.malt_rank if targeting == "malt" else result.confidence_rank
        ranks = zip(referee.numbers, places.tolist(), strict=True)
        return result.adversarial, {image: rank for image, rank in ranks if rank}

    return attack


def _autoattack(referee: Referee, config: RaceConfig, draws: SeededDraws) -> Attack:
    x = referee.x
    classes = gradients.logits(referee.model, x[:1], Passes()).shape[1]
    ensemble = autoattack.standard_ensemble(
        referee, x, norm=config.norm, eps=config.eps, seed=config.seed, classes=classes
    )

    def begin(stage: StageName, most: int) -> None:
        referee.begin(stage, most)
        draws.seed(config.seed)

    autoattack.announce_stages(ensemble, begin)
    referee.begin("checks", None)
    return lambda: (ensemble.run_standard_evaluation(x, referee.y)[0].detach(), {})


def _apgd_ce(referee: Referee, config: RaceConfig, _draws: SeededDraws) -> Attack:
    attack = autoattack.apgd_ce_attack(
        referee, referee.x, norm=config.norm, eps=config.eps, n_iter=N_ITER, seed=config.seed
    )
    referee.begin("apgd-ce", autoattack.calls_of_apgd(N_ITER))
    return torch.no_grad()(lambda: (attack.perturb(referee.x, referee.y).detach(), {}))


def _fgsm(referee: Referee, config: RaceConfig, _draws: SeededDraws) -> Attack:
    referee.begin("fgsm", 1)
    how = {"norm": config.norm, "eps": config.eps}
    return lambda: (pgd.fgsm(referee, referee.x, referee.y, **how, passes=Passes()), {})


def _pgd(referee: Referee, config: RaceConfig, _draws: SeededDraws) -> Attack:
    referee.begin("pgd", N_ITER)
    how = {"norm": config.norm, "eps": config.eps, "n_iter": N_ITER, "seed": config.seed}
    return lambda: (pgd.pgd(referee, referee.x, referee.y, **how, passes=Passes()), {})


_LANES: dict[LaneName, Callable[[Referee, RaceConfig, SeededDraws], Attack]] = {
    "malt": partial(_malt, faithful=False),
    "malt-published": partial(_malt, faithful=True),
    "naive": partial(_malt, targeting="naive", faithful=True),
    "autoattack": _autoattack,
    "apgd-ce": _apgd_ce,
    "fgsm": _fgsm,
    "pgd": _pgd,
}
