"""One chunk of a data set: decode its images, attack them, and judge what the attack found.

The verdict never is the attack's own: see harness/verdict.py.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from malt_core.attacks import registry
from malt_core.attacks.registry import Found
from malt_core.attacks.types import MaltResult
from malt_core.datasets.base import Record
from malt_core.datasets.decoded import decoded
from malt_core.evaluation.types import Chunk, ChunkResult, Corrupt, EvaluationConfig, ImageResult, Outcome
from malt_core.harness import verdict
from malt_core.harness.counting import try_out_uncounted
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import refusals
from malt_core.trust.eot import Averaged
from malt_core.trust.flags import merged
from malt_core.trust.soundness import TriedOut


def evaluate_chunk(
    model: Network, size: tuple[int, int], chunk: Chunk, config: EvaluationConfig
) -> ChunkResult:
    """Evaluate the images of one chunk.

    model: maps images (B, 3, H, W) in [0, 1] to logits (B, K); size: (H, W), what images of another size are
    brought to. config: with batch_size and precision decided. Records that hold no picture are left out.

    Raises BadConfig where model and labels or settings do not go together.
    """
    started, passes = time.perf_counter(), Passes()
    sound, pixels, corrupt = _decoded(chunk.records, size)
    images: tuple[ImageResult, ...] = ()
    flags, opinion = (), None
    if sound:
        x = gradients.placed(model, torch.stack(pixels))
        y = torch.tensor([record.label for record in sound], device=x.device)
        with gradients.evaluation_mode(model):
            tried = try_out_uncounted(model, x)
            judge, judging = _judge(tried.network, config), Passes()
            clean, finite, unanswered = _classes(judge, x, config.batch_size, judging)
            right = (clean == y) & finite & ~unanswered
            adversarial, found = _attack(tried, x, y, right, chunk.records[0].index, config, passes)
            judged = verdict.what_counts(adversarial, x, config.norm, config.eps)
            after, finite_after, unanswered_after = _classes(judge, judged, config.batch_size, judging)
        passes.forward += config.eot * judging.forward
        details = found.details
        flags = tuple(flag.at([record.index for record in sound]) for flag in found.flags)
        invalid = ~(finite & finite_after)
        if details is not None:
            invalid |= details.invalid
            if details.second_opinion is not None:
                opinion = details.second_opinion.at([record.index for record in sound])
        clean_or_none = [c if f else None for c, f in zip(clean.tolist(), finite.tolist(), strict=True)]
        after_attack = unanswered_after & right
        fooled = (after != y) & ~unanswered_after | (after_attack & refusals.abstains(judge))
        images = _results(
            sound,
            clean_or_none,
            after.tolist(),
            _outcomes(unanswered | (clean != y) & finite, invalid, fooled),
            (unanswered | after_attack).tolist(),
            _per_image(details, config.eot),
        )
    return ChunkResult(
        number=chunk.number,
        images=images,
        corrupt=tuple(corrupt),
        n_forward=passes.forward,
        n_backward=passes.backward,
        seconds=time.perf_counter() - started,
        flags=flags,
        second_opinion=opinion,
    )


def _decoded(
    records: Sequence[Record], size: tuple[int, int]
) -> tuple[list[Record], list[Tensor], list[Corrupt]]:
    """Return the records that hold a picture, those pictures (3, H, W), and what is wrong with the rest."""
    sound, pixels, unreadable = decoded(records, size)
    corrupt = [
        Corrupt(index=record.index, name=record.name, reason=reason, digest=record.digest)
        for record, reason in unreadable
    ]
    return sound, pixels, corrupt


def readable_images(records: Sequence[Record], size: tuple[int, int]) -> list[Tensor]:
    """Return the pictures among the records, (3, H, W) float32 in [0, 1] each, as a model sees them."""
    return decoded(records, size)[1]


def _classes(model: Network, x: Tensor, batch_size: int, passes: Passes) -> tuple[Tensor, Tensor, Tensor]:
    """Return the classes of images (B, C, H, W), (B,), whose logits are finite numbers, and which it refuses
    or abstains from, each (B,) bool."""
    answers = (refusals.verdict(model, part, passes) for part in x.split(batch_size))
    parts = [(z.argmax(1), gradients.finite_rows(z), unanswered) for z, unanswered in answers]
    classes, finite, unanswered = zip(*parts, strict=True)
    return torch.cat(classes), torch.cat(finite), torch.cat(unanswered)


def _attack(
    tried: TriedOut, x: Tensor, y: Tensor, right: Tensor, first: int, config: EvaluationConfig, passes: Passes
) -> tuple[Tensor, Found]:
    """Attack the images that the model gets right; the others stay as they are.

    Returns where all have come to, and what the attack said: its flags name images by place in x.

    An attack that tells what it did with each image gets all of them, so that each keeps its place, on which
    its random starts depend; it leaves the misclassified ones alone by itself.
    """
    info = config.attack_info
    adversarial, said = x.clone(), Found(adversarial=x, passes=Passes(), flags=tried.flags)
    everything = torch.arange(len(x), device=x.device)
    parts = [everything] if info.ranks_targets else right.nonzero()[:, 0].split(config.batch_size)
    for part in parts:
        if not len(part):
            continue
        found = registry.run(
            info.id,
            tried.network,
            x[part],
            y[part],
            norm=config.norm,
            eps=config.eps,
            seed=config.seed,
            batch_size=config.batch_size,
            first=first,
            tried=tried,
            **{name: getattr(config, name) for name in info.settings},
        )
        adversarial[part] = found.adversarial.to(x.dtype)
        flags = (flag.at(part.tolist()) for flag in found.flags)
        said = replace(found, flags=merged((*flags, *said.flags)))
        passes.forward += found.passes.forward
        passes.backward += found.passes.backward
    return adversarial, said


def _judge(network: Network, config: EvaluationConfig) -> Network:
    """Return the network that passes the verdict: of a randomised one, the majority of several answers."""
    return network if config.eot == 1 else Averaged(network, config.eot, config.seed)


def _per_image(details: MaltResult | None, draws: int) -> dict[str, list[int]]:
    """Return what an attack told of each image, by the names in ImageResult. draws: for each verdict."""
    if details is None:
        return {}
    values = {
        "target": details.target,
        "malt_rank": details.malt_rank,
        "confidence_rank": details.confidence_rank,
        "n_forward": details.forward_of + 2 * draws,  # here as well, images are classified before and after
        "n_backward": details.backward_of,
    }
    return {name: numbers.tolist() for name, numbers in values.items()}


def _results(
    sound: Sequence[Record],
    clean: Sequence[int | None],
    after: Sequence[int],
    outcomes: Sequence[Outcome],
    refused: Sequence[bool],
    per_image: dict[str, list[int]],
) -> tuple[ImageResult, ...]:
    """clean, outcomes, refused: as in ImageResult; after: the classes of what was found."""
    results = []
    for i, (record, before, now) in enumerate(zip(sound, clean, after, strict=True)):
        told = {name: values[i] for name, values in per_image.items()}
        outcome = outcomes[i]
        for name, nothing in (("target", -1), ("malt_rank", 0), ("confidence_rank", 0)):
            if outcome != "fooled" or told.get(name) == nothing:
                told[name] = None
        results.append(
            ImageResult(
                index=record.index,
                name=record.name,
                label=record.label,
                clean=before,
                digest=record.digest,
                outcome=outcome,
                adversarial=now if outcome == "fooled" else None,
                refused=refused[i],
                **told,
            )
        )
    return tuple(results)


def _outcomes(wrong: Tensor, invalid: Tensor, fooled: Tensor) -> list[Outcome]:
    """Return what became of each image: which are wrong without any attack, and so on, (B,) bool."""
    rows = zip(wrong.tolist(), invalid.tolist(), fooled.tolist(), strict=True)
    return [
        "wrong" if is_wrong else "invalid" if is_invalid else "fooled" if is_fooled else "robust"
        for is_wrong, is_invalid, is_fooled in rows
    ]
