"""What attacks are given, and what they tell: settings, events of a running attack, results. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import torch
from malt_core.epsilon import Epsilon, as_number, check_eps
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import MAX_SEED, NORMS, Norm, check_count

Targeting = Literal["malt", "naive"]
TARGETINGS: tuple[Targeting, ...] = ("malt", "naive")
TOP = 5
Begin = Callable[[str, int | None], None]
"""Called as begin(stage, most) ahead of each stage of an attack; most: how often it calls the model."""


Look = Callable[["torch.Tensor"], None]
"""Called as look(x) with each point (C, H, W) that an attack visits, ahead of its Step."""


def look_away(_x: torch.Tensor) -> None:
    """Be a Look that does nothing."""


def ignore_stage(_stage: str, _most: int | None) -> None:
    """Be a Begin that does nothing."""


@dataclass(frozen=True, kw_only=True)
class AttackConfig:
    """How to attack; the defaults are the paper's (arXiv 2407.02240, section 3).

    eps: radius in [0, 1] pixel units, over 0; at most 1 for linf.
    n_candidates: how many of the most confident classes are scored (the paper's c).
    n_targets: how many of those are attacked, in order (the paper's a). Both are capped by what there is.
    n_iter: APGD steps a target, at most.
    faithful: give every target all its steps, as published; otherwise they go where they pay
        (malt/budget.py).
    target: the index of the class that alone is attacked, with all its steps, until the model answers with
        it; it is ranked all the same. None for any wrong class.
    eight_bit: go on until the image rounded to 8 bits fools the model too, since that is what
        a saved PNG holds; an image that only fools unrounded is kept if nothing better is found.
    eot: draws of a randomised network's noise over which gradients are averaged, and by whose majority each
        verdict is passed (trust/eot.py); 1 takes the network as it is.
    check: ask for a second opinion where the answer is still the same (attacks/second_opinion.py); it is
        asked for all the same where a flag was raised.

    Raises BadConfig where a value is out of range.
    """

    norm: Norm = "linf"
    eps: float = 4 / 255
    n_targets: int = 9
    n_candidates: int = 100
    n_iter: int = 100
    targeting: Targeting = "malt"
    seed: int = 0
    eight_bit: bool = True
    faithful: bool = False
    target: int | None = None
    eot: int = 1
    check: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", as_number(self.eps))
        if self.norm not in NORMS:
            raise BadConfig(f"Unknown norm {self.norm!r}: choose linf or l2.")
        if self.targeting not in TARGETINGS:
            raise BadConfig(f"Unknown targeting {self.targeting!r}: choose malt or naive.")
        check_eps(self.eps, self.norm)
        check_count("n_targets", self.n_targets, 1, 1000)
        check_count("n_candidates", self.n_candidates, 1, 100_000)
        check_count("n_iter", self.n_iter, 1, 10_000)
        check_count("seed", self.seed, 0, MAX_SEED)
        check_count("eot", self.eot, 1, 1000)
        if self.target is not None:
            check_count("target", self.target, 0, 10**9)

    @property
    def epsilon(self) -> Epsilon:
        """The radius: eps together with its norm."""
        return Epsilon(self.eps, self.norm)


@dataclass(frozen=True, kw_only=True)
class RankedTarget:
    """One candidate class of one image, as the ranking saw it before the attack.

    rank: 1 for the first to be attacked; confidence_rank: 1 for the highest logit besides the label.
    margin: m_i(x0) in logits; gradient_norm: dual norm of its gradient (L1 for linf, L2 for l2).
    predicted_distance: margin / gradient_norm, the distance at which a linear model would flip,
        in the unit of eps; inf where the gradient vanishes.
    at_least: whether the distance was not measured, since that of every target is smaller: it is then more
        than predicted_distance, and the norm less than gradient_norm (malt/pruning.py).
    """

    index: int
    rank: int
    confidence_rank: int
    margin: float
    gradient_norm: float
    predicted_distance: float
    at_least: bool = False


@dataclass(frozen=True, kw_only=True)
class RankingProgress:
    """Event: how far done of total candidates are is known, exactly or at least."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Event: the order is known. targets: every candidate, by rank; see RankedTarget.at_least.

    The first n_targets get attacked; where config.target names one, it alone, and n_targets is 1.
    """

    label: int
    clean_index: int
    clean_confidence: float
    targets: tuple[RankedTarget, ...]
    n_targets: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """Event: APGD has visited one more point x_k on the way to `target`.

    order: the target's place in the order of attack, from 1. round: 1, then 2, ... where the budget goes on;
        in each, targets are attacked in order, and one that was attacked before begins anew, with more steps.
        So (round, order) names one run of APGD. step: k, 0 for its random start. most: its last step, but
        for those that an image that fools the model is granted until it does when rounded to 8 bits, too.
    true_margin: m_target(x_k); linear_margin: m_target(x0) + <grad m_target(x0), x_k - x0>, in logits.
    best_margin: the smallest m_i(x_k) over all classes i; below 0 the model is fooled.
    """

    target: int
    order: int
    round: int
    step: int
    most: int
    true_margin: float
    linear_margin: float
    best_margin: float


@dataclass(frozen=True, kw_only=True)
class TargetDone:
    """Event: one run of APGD towards a target is over. order, round: as in its steps; steps: taken.

    fooled: whether the model gave a wrong answer on the way; reached: whether that was the target, in the
    best image of the run.
    """

    target: int
    order: int
    round: int
    steps: int
    fooled: bool
    reached: bool


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Event: a second opinion is under way.

    stage: "square" or "unbounded"; done, total: calls of the model in it, so far and at most.
    """

    stage: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """What an attack on one image found.

    clean_top: the likeliest classes of the original, at most TOP, likeliest first, with their confidences
        from 0 to 1.
    success: the attack turned a rightly classified image into a misclassified one (float32 verdict on
        `adversarial`). False as well for an image that was misclassified from the start (already_wrong).
    reached: it is classified as `target`. A success that has not reached it ended in another wrong class.
    margin_left: the smallest margin of `adversarial` as a share of the original's: 1 where the attack began,
        0 at the boundary, below past it. Of the attacked class alone where config.target names one, over the
        likeliest other class; nan where already_wrong.
    adversarial: (C, H, W) float32 (float64 if the model computes in that) in [0, 1] inside the eps-ball;
        without success the closest attempt, and the original itself where already_wrong. With
        config.eight_bit, rounded to 8 bits if survives_png and the original has 8 bits itself.
    survives_png: the image rounded to 8 bits (eight_bit_image of norms.py) is misclassified too, and as
        config.target if the image was.
    target: the attacked class of the returned image, None where already_wrong; steps: APGD steps on it.
    steps_total: over all runs. n_forward, n_backward: images sent through the model each way. seconds: wall
        time. device: where the model computed, such as "cpu" or "cuda".
    perturbation_norm: of adversarial - original, in the config's norm.
    loss: "dlr-targeted" (AutoAttack's) or "margin" (fewer than four classes).
    flags: signs that the attack failed where the network is not robust, see trust/flags.py; the image is 0.
    second_opinion: what an attack without gradients made of the image, None where it was not asked for; the
        image is 0. Where it fooled the model, `adversarial` is its image, and steps is 0.
    refused: the model gives no answer to `adversarial`: it refuses it, or abstains (trust/refusals.py).
    """

    label: int
    clean_index: int
    clean_confidence: float
    clean_top: tuple[tuple[int, float], ...]
    already_wrong: bool
    success: bool
    reached: bool
    margin_left: float
    adversarial: torch.Tensor
    adversarial_index: int
    adversarial_confidence: float
    survives_png: bool
    target: RankedTarget | None
    steps: int
    steps_total: int
    n_forward: int
    n_backward: int
    seconds: float
    device: str
    perturbation_norm: float
    loss: str
    ranking: tuple[RankedTarget, ...]
    n_targets: int
    attempts: tuple[TargetDone, ...]
    trace: tuple[Step, ...]
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None
    refused: bool = False

    def __repr__(self) -> str:
        return (
            f"AttackResult(label={self.label}, answer={self.adversarial_index}, success={self.success}, "
            f"margin_left={self.margin_left:.3g}, steps={self.steps_total}, n_forward={self.n_forward}, "
            f"n_backward={self.n_backward}, seconds={self.seconds:.3g}, flags={_codes(self.flags)})"
        )


def _codes(flags: tuple[Flag, ...]) -> str:
    return f"[{', '.join(flag.code for flag in flags)}]"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Event, the last: the attack is over."""

    result: AttackResult


AttackEvent = RankingProgress | Ranked | Step | TargetDone | Asking | Finished


@dataclass(frozen=True, kw_only=True)
class MaltResult:
    """What `malt_core.malt` found for a batch of B images.

    adversarial: (B, C, H, W), each inside its eps-ball and [0, 1]; the original where nothing was found.
    success: (B,) bool, adversarial[i] is classified other than y[i], judged in float32; true as well where
        the model was wrong from the start. already_wrong: (B,) bool, those.
    invalid: (B,) bool, images whose logits are not finite numbers, by themselves or at a point on the way:
        neither fooled nor robust, not in success nor in already_wrong.
    target: (B,) int64, the attacked class that led to success, -1 where none did. malt_rank,
        confidence_rank: (B,) int64, that class's place among the scored candidates and among all others by
        logit, from 1; 0 where there is no target (malt_rank also with naive targeting, which scores none).
    forward_of, backward_of: (B,) int64, passes spent on each image, the calibration of "auto" left out.
    n_forward, n_backward: images sent through the model each way, but for the trial of the network ahead of
        the attack (trust/soundness.py); seconds: wall time.
    precision: "float32", "bfloat16" or "float64", what the steps were computed in; adversarial is float64
        for a model that computes in that.
    flags: signs that the attack failed where the network is not robust, see trust/flags.py.
    second_opinion: what an attack without gradients made of some of the images left, None where it was not
        asked for. Those that it fooled are in success, with its images, and have no target.
    """

    adversarial: torch.Tensor
    success: torch.Tensor
    already_wrong: torch.Tensor
    invalid: torch.Tensor
    target: torch.Tensor
    malt_rank: torch.Tensor
    confidence_rank: torch.Tensor
    forward_of: torch.Tensor
    backward_of: torch.Tensor
    n_forward: int
    n_backward: int
    seconds: float
    precision: str
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None

    def __repr__(self) -> str:
        fooled = self.success & ~self.already_wrong
        robust = ~self.success & ~self.invalid
        return (
            f"MaltResult(images={len(self.success)}, fooled={int(fooled.sum())}, robust={int(robust.sum())}, "
            f"already_wrong={int(self.already_wrong.sum())}, invalid={int(self.invalid.sum())}, "
            f"n_forward={self.n_forward}, n_backward={self.n_backward}, seconds={self.seconds:.3g}, "
            f"precision={self.precision}, flags={_codes(self.flags)})"
        )

    @property
    def order(self) -> torch.Tensor:
        """(B,) int64, the place of `target` in the order of attack, from 1; 0 where there is no target."""
        return self.malt_rank.where(self.malt_rank > 0, self.confidence_rank)
