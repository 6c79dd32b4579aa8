"""What a finished run leaves behind: run.json, as types. Needs no torch.

The types have the fields of run.json in their order, and docs/run.schema.json is made from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from malt_core.attack_run.survival_types import Survival
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import Targeting
from malt_core.errors import BadConfig
from malt_core.storage.typed_json import finite_or_none, parse_json, plain, typed
from malt_core.storage.versions import versions
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import Crop, NamedClass, Norm, PredictedClass

RECORD = "run.json"


@dataclass(frozen=True, kw_only=True)
class AttackedClass(NamedClass):
    """The class that the attack aimed at. rank, confidence_rank: as in the ranking."""

    rank: int
    confidence_rank: int


@dataclass(frozen=True, kw_only=True)
class ImageRecord:
    """The image as the model saw it."""

    name: str
    source: Annotated[str, Meta(description="What `malt attack` takes to open it: a file, or gallery:ID.")]
    crop: Annotated[
        Crop,
        Meta(
            description="How the picture was cut to the model's resolution: centre, fit (whole, on grey) or "
            "a frame LEFT,TOP,WIDTH, as shares of the picture."
        ),
    ]
    credit: Annotated[str, Meta(description="Author and licence of the picture; empty: not known.")] = ""
    sha256: Annotated[str, Meta(description="Digest of the 8-bit pixels.")]
    height: Annotated[int, Meta(description="In pixels.")]
    width: Annotated[int, Meta(description="In pixels.")]


@dataclass(frozen=True, kw_only=True)
class RankedClass(NamedClass):
    """A candidate class, as the ranking saw it before the attack, and whether it was attacked."""

    rank: Annotated[int, Meta(description="Its place in the order of attack, from 1.")]
    margin: Annotated[
        float | None, Meta(description="m(x0), in logits: by how much the label leads. Null: not finite.")
    ]
    gradient_norm: Annotated[
        float | None, Meta(description="Dual norm of the margin's gradient: L1 for linf, L2 for l2.")
    ]
    predicted_distance: Annotated[
        float | None,
        Meta(description="margin / gradient_norm, where a straight line puts the flip. Null: nowhere."),
    ]
    at_least: Annotated[
        bool,
        Meta(
            description="Not measured, since every target is nearer: the distance is more than "
            "predicted_distance, the norm less than gradient_norm."
        ),
    ] = False
    confidence_rank: Annotated[int, Meta(description="Its place among all other classes by logit, from 1.")]
    tried: Annotated[bool, Meta(description="Whether it was attacked.")]
    succeeded: Annotated[bool, Meta(description="Whether that fooled the model.")]
    reached: Annotated[bool, Meta(description="Whether the model answered with it then, not with another.")]


@dataclass(frozen=True, kw_only=True)
class GradientDrift:
    """How far the margin's gradient turns along the way. All lists are of one length."""

    t: Annotated[tuple[float, ...], Meta(description="Shares of the way: 0 the original, 1 the end.")]
    relative_change: Annotated[
        tuple[float | None, ...],
        Meta(description="Length of the gradient's change, as a share of its length at x0. Null: unbounded."),
    ]
    cosine: Annotated[tuple[float, ...], Meta(description="Between the gradients there and at x0.")]
    random_relative_change: Annotated[
        tuple[float | None, ...], Meta(description="The same after a random change as long.")
    ]
    random_cosine: Annotated[tuple[float, ...], Meta(description="The same after a random change as long.")]


@dataclass(frozen=True, kw_only=True)
class LinearityRecord:
    """The margin of the label over `target` on x(t) = clip(x0 + t (x_adv - x0), 0, 1)."""

    target: NamedClass
    t: Annotated[tuple[float, ...], Meta(description="Shares of the way, from 0 to past 1.")]
    true_margin: Annotated[tuple[float, ...], Meta(description="m(x(t)), in logits, for each t.")]
    linear_margin: Annotated[
        tuple[float, ...], Meta(description="What the gradient at x0 predicts, in logits, for each t.")
    ]
    r2_to_crossing: Annotated[
        float | None,
        Meta(
            description="Coefficient of determination of the prediction from t = 0 to the true crossing; "
            "where there is none up to t = 1, the same as r2."
        ),
    ]
    max_deviation_to_crossing: Annotated[
        float | None,
        Meta(description="Largest error there, as a share of the margin's drop. Null: no drop."),
    ]
    r2: Annotated[
        float | None, Meta(description="Coefficient of determination of the prediction on 0 <= t <= 1.")
    ]
    max_deviation: Annotated[
        float | None,
        Meta(description="Largest error on 0 <= t <= 1, as a share of the margin's drop. Null: no drop."),
    ]
    predicted_crossing: Annotated[
        float | None, Meta(description="First t where the prediction is 0. Null: none within t.")
    ]
    true_crossing: Annotated[
        float | None, Meta(description="First t where the margin is 0. Null: none within t.")
    ]
    gradient_drift: GradientDrift


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One finished attack on one image: run.json, field by field.

    Lengths are in pixel values from 0 to 1, margins in logits. Null stands where a value is undefined.
    """

    model: Annotated[str, Meta(description="The id of the model in the catalogue.")]
    dataset: Annotated[str, Meta(description="What the model was trained on.")]
    image: ImageRecord
    norm: Annotated[Norm, Meta(description="What eps measures.")]
    eps: Annotated[float, Meta(description="The radius: how far the attack was allowed to go.")]
    targeting: Annotated[
        Targeting,
        Meta(description="Which classes come first: the nearest by linear prediction, or likeliest."),
    ]
    n_targets: Annotated[int, Meta(description="Classes to be attacked, at most.")]
    n_candidates: Annotated[int, Meta(description="The likeliest classes that were ranked.")]
    n_iter: Annotated[int, Meta(description="Steps towards each class, at most.")]
    faithful: Annotated[
        bool,
        Meta(description="Each class got all its steps, as published, not as many as looked worth while."),
    ]
    aim: Annotated[NamedClass | None, Meta(description="The class that was asked for. Null: any wrong one.")]
    loss: Annotated[str, Meta(description="dlr-targeted (AutoAttack's) or margin (under four classes).")]
    label: Annotated[NamedClass, Meta(description="The class that was attacked.")]
    clean_label: Annotated[PredictedClass, Meta(description="The prediction for the original.")]
    clean_top: Annotated[
        tuple[PredictedClass, ...], Meta(description="The likeliest classes of the original, five at most.")
    ]
    already_misclassified: Annotated[
        bool, Meta(description="The model was wrong without any attack, so that there was none.")
    ]
    success: Annotated[bool, Meta(description="The attack made a right prediction a wrong one.")]
    reached: Annotated[bool, Meta(description="The prediction became the target, not another class.")]
    margin_left: Annotated[
        float | None,
        Meta(
            description="The margin of what is returned, as a share of the original's: 1 none gone, 0 at the "
            "boundary, below 0 past it. To the aim, if there was one, else to the nearest class. Null: no "
            "attack."
        ),
    ]
    adversarial_label: Annotated[
        PredictedClass, Meta(description="The prediction for the adversarial image, or for the closest try.")
    ]
    target: Annotated[
        AttackedClass | None, Meta(description="The class of the attack that is returned. Null: no attack.")
    ]
    steps: Annotated[int, Meta(description="Steps of the run that found what is returned.")]
    steps_total: Annotated[int, Meta(description="Steps of all runs.")]
    n_forward: Annotated[int, Meta(description="Images sent through the model.")]
    n_backward: Annotated[int, Meta(description="Images sent back through it, for gradients.")]
    seconds: Annotated[float, Meta(description="Wall time.")]
    device: Annotated[str, Meta(description="What computed it: cpu, cuda, mps, or a browser.")]
    perturbation_norm: Annotated[float, Meta(description="Length of the change that was made, in the norm.")]
    largest_change: Annotated[float, Meta(description="The largest change of a colour value.")]
    ssim: Annotated[
        float | None,
        Meta(
            description="Structural similarity of the original and what is returned: 1 the same. Null: "
            "pictures under 7 pixels."
        ),
    ]
    survives_png: Annotated[bool, Meta(description="The image rounded to 8 bits fools the model, too.")]
    ranking: Annotated[tuple[RankedClass, ...], Meta(description="The candidates in the order of attack.")]
    linearity: Annotated[
        LinearityRecord | None, Meta(description="How straight the way was. Null: no attack.")
    ]
    seed: Annotated[int, Meta(description="What fixes the random starts.")]
    versions: Annotated[dict[str, str], Meta(description="Of the software.")]
    eot: Annotated[
        int, Meta(description="Draws of a randomised model's noise, for gradients and verdicts.")
    ] = 1
    check: Annotated[
        bool, Meta(description="A second opinion was asked for where the answer stayed the same.")
    ] = False
    flags: Annotated[
        tuple[Flag, ...],
        Meta(
            description="Signs that the attack failed where the model is not robust; the picture is image 0."
        ),
    ] = ()
    second_opinion: Annotated[
        SecondOpinion | None,
        Meta(
            description="What an attack without gradients made of the picture, which is image 0. Where it "
            "fooled the model, what is returned is its image. Null: not asked for."
        ),
    ] = None
    refused: Annotated[
        bool,
        Meta(
            description="The model gives no answer to what is returned: it refuses it, or abstains. Where it "
            "was wrong without any attack, that is why, if the first answer is the label."
        ),
    ] = False
    survives: Annotated[
        tuple[Survival, ...] | None,
        Meta(
            description="What the model says of the saved picture, and of the original, after each way to "
            "pass them on. Null: not asked for."
        ),
    ] = None
    format_version: Annotated[Literal[1], Meta(description="Of this file's fields.")] = 1


def by_second_opinion(record: RunRecord) -> bool:
    """Return whether it was the second opinion that fooled the model."""
    return record.second_opinion is not None and bool(record.second_opinion.fooled)


def record_of(run: AttackRun) -> RunRecord:
    """Return what run.json says of the run; values that are not finite become None."""
    result, config = run.result, run.config
    target = result.target
    return RunRecord(
        model=run.model.id,
        dataset=run.model.dataset,
        image=ImageRecord(
            name=run.sample.name,
            source=run.source,
            crop=run.crop,
            credit=run.sample.credit,
            sha256=run.sample.digest,
            height=run.sample.x.shape[1],
            width=run.sample.x.shape[2],
        ),
        norm=config.norm,
        eps=config.eps,
        targeting=config.targeting,
        n_targets=result.n_targets,
        n_candidates=len(result.ranking),
        n_iter=config.n_iter,
        faithful=config.faithful,
        aim=None if config.target is None else NamedClass(**_named(run, config.target)),
        loss=result.loss,
        label=NamedClass(**_named(run, result.label)),
        clean_label=PredictedClass(**_named(run, result.clean_index), confidence=result.clean_confidence),
        clean_top=tuple(
            PredictedClass(**_named(run, index), confidence=share) for index, share in result.clean_top
        ),
        already_misclassified=result.already_wrong,
        success=result.success,
        reached=result.reached,
        margin_left=finite_or_none(result.margin_left),
        adversarial_label=PredictedClass(
            **_named(run, result.adversarial_index), confidence=result.adversarial_confidence
        ),
        target=target
        and AttackedClass(
            **_named(run, target.index), rank=target.rank, confidence_rank=target.confidence_rank
        ),
        steps=result.steps,
        steps_total=result.steps_total,
        n_forward=result.n_forward,
        n_backward=result.n_backward,
        seconds=result.seconds,
        device=result.device,
        perturbation_norm=result.perturbation_norm,
        largest_change=run.likeness.largest_change,
        ssim=run.likeness.ssim,
        survives_png=result.survives_png,
        ranking=_ranking(run),
        linearity=_linearity(run),
        seed=config.seed,
        versions=versions(),
        eot=config.eot,
        check=config.check,
        flags=result.flags,
        second_opinion=result.second_opinion,
        refused=result.refused,
    )


def record_to_json(record: RunRecord) -> dict[str, Any]:
    """Return the content of run.json; docs/run.schema.json explains it."""
    return plain(record)


def record_text(record: RunRecord) -> str:
    """Return the text of run.json."""
    return json.dumps(record_to_json(record), indent=2) + "\n"


def read_record(path: Path) -> RunRecord:
    """Read run.json, given itself or as the folder that it lies in.

    Raises BadConfig for a file that is no record of a run.
    """
    file = path / RECORD if path.is_dir() else path
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise BadConfig(f"There is no {file}: `malt attack` writes such files.") from None
    except OSError as error:
        raise BadConfig(f"Cannot read {file}: {error.strerror}.") from error
    return record_from_bytes(data, str(file))


def record_from_bytes(data: bytes, where: str) -> RunRecord:
    """Return the record in a file. where: its name, for messages. Raises BadConfig if there is none."""
    return typed(RunRecord, parse_json(data, where), where)


def _named(run: AttackRun, index: int) -> dict[str, Any]:
    return {"index": index, "name": run.model.classes[index]}


def _ranking(run: AttackRun) -> tuple[RankedClass, ...]:
    tried = {attempt.target for attempt in run.result.attempts}
    fooled = {attempt.target for attempt in run.result.attempts if attempt.fooled}
    reached = {attempt.target for attempt in run.result.attempts if attempt.reached}
    return tuple(
        RankedClass(
            **_named(run, candidate.index),
            rank=candidate.rank,
            margin=finite_or_none(candidate.margin),
            gradient_norm=finite_or_none(candidate.gradient_norm),
            predicted_distance=finite_or_none(candidate.predicted_distance),
            at_least=candidate.at_least,
            confidence_rank=candidate.confidence_rank,
            tried=candidate.index in tried,
            succeeded=candidate.index in fooled,
            reached=candidate.index in reached,
        )
        for candidate in run.result.ranking
    )


def _linearity(run: AttackRun) -> LinearityRecord | None:
    report = run.linearity
    if report is None:
        return None
    return LinearityRecord(
        target=NamedClass(**_named(run, report.target)),
        t=report.t,
        true_margin=report.true_margin,
        linear_margin=report.linear_margin,
        r2_to_crossing=finite_or_none(report.r2_to_crossing),
        max_deviation_to_crossing=finite_or_none(report.max_deviation_to_crossing),
        r2=finite_or_none(report.r2),
        max_deviation=finite_or_none(report.max_deviation),
        predicted_crossing=report.predicted_crossing,
        true_crossing=report.true_crossing,
        gradient_drift=GradientDrift(
            t=report.drift_t,
            relative_change=_all_finite(report.drift),
            cosine=report.cosine,
            random_relative_change=_all_finite(report.random_drift),
            random_cosine=report.random_cosine,
        ),
    )


def _all_finite(values: Iterable[float]) -> tuple[float | None, ...]:
    return tuple(map(finite_or_none, values))
