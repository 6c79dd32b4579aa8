"""One chunk of a data set: decode its images, attack them, and judge what the attack found.

The verdict never is the attack's own. An image counts as fooled only if it lies inside the ball and inside
[0, 1] and the model, asked afresh in float32, gives it another class than the label.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor

from malt_core.attacks import autoattack
from malt_core.attacks.malt.batch import malt
from malt_core.datasets.base import Record
from malt_core.errors import BadImage
from malt_core.evaluation.types import Chunk, ChunkResult, Corrupt, EvaluationConfig, ImageResult
from malt_core.harness.counting import CountingModel
from malt_core.harness.seeding import SeededDraws
from malt_core.images.decoding import decode, to_rgb
from malt_core.images.preprocessing import Preprocessing
from malt_core.images.resize import to_sample
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm

SLACK = 1e-5  # relative, and ...
SLACK_ABSOLUTE = 2e-7  # ... in pixel units: how far float32 rounding can carry an image out of its ball


@dataclass
class _Found:
    """What an attack returns: adversarial (B, 3, H, W), and for each image whatever it tells."""

    adversarial: Tensor
    told: dict[str, list[int]] = field(default_factory=dict)


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
    if sound:
        x = torch.stack(pixels).to(_device(model))
        y = torch.tensor([record.label for record in sound], device=x.device)
        with gradients.evaluation_mode(model):
            clean = _classes(model, x, config.batch_size, passes)
            found = _attack(model, x, y, clean == y, chunk.records[0].index, config, passes)
            inside = _inside(found.adversarial, x, config.norm, config.eps)
            judged = torch.where(inside[:, None, None, None], found.adversarial, x)
            verdict = _classes(model, judged, config.batch_size, passes)
        images = _results(sound, clean, verdict, found)
    return ChunkResult(
        number=chunk.number,
        images=images,
        corrupt=tuple(corrupt),
        n_forward=passes.forward,
        n_backward=passes.backward,
        seconds=time.perf_counter() - started,
    )


def _decoded(
    records: Sequence[Record], size: tuple[int, int]
) -> tuple[list[Record], list[Tensor], list[Corrupt]]:
    """Return the records that hold a picture, those pictures (3, H, W), and what is wrong with the rest."""
    sound, pixels, corrupt = [], [], []
    for record in records:
        try:
            if record.image is None:
                raise BadImage(record.problem)
            pixels.append(to_sample(_picture(record, size), size, crop="centre", name=record.name).x)
            sound.append(record)
        except BadImage as error:
            reason, digest = str(error), record.digest
            corrupt.append(Corrupt(index=record.index, name=record.name, reason=reason, digest=digest))
    return sound, pixels, corrupt


def _picture(record: Record, size: tuple[int, int]) -> Image.Image:
    """Return the picture of a record, brought to the model's size (H, W) if its makers say how."""
    image = record.image
    if isinstance(image, bytes):
        image = decode(image, record.name, as_stored=record.as_published)
    if record.preprocessing and (record.as_published or image.size != size[::-1]):
        return Preprocessing.named(record.preprocessing)(to_rgb(image, record.name))
    return image


def readable_images(records: Sequence[Record], size: tuple[int, int]) -> list[Tensor]:
    """Return the pictures among the records, (3, H, W) float32 in [0, 1] each, as a model sees them."""
    return _decoded(records, size)[1]


def _device(model: Network) -> torch.device:
    parameter = next(model.parameters(), None) if isinstance(model, torch.nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


def _classes(model: Network, x: Tensor, batch_size: int, passes: Passes) -> Tensor:
    return torch.cat([gradients.logits(model, part, passes).argmax(1) for part in x.split(batch_size)])


def _inside(adversarial: Tensor, x: Tensor, norm: Norm, eps: float) -> Tensor:
    """Return which images (B,) are finite, in [0, 1], and in the ball, but for rounding."""
    within = norms.size(adversarial - x, norm) <= eps * (1 + SLACK) + SLACK_ABSOLUTE
    flat = adversarial.flatten(1)
    return within & (flat.amin(1) >= 0) & (flat.amax(1) <= 1)  # NaN is none of the three


def _attack(
    model: Network, x: Tensor, y: Tensor, right: Tensor, first: int, config: EvaluationConfig, passes: Passes
) -> _Found:
    """Attack the images that the model gets right; the others stay as they are."""
    if config.attack in ("malt", "naive"):
        return _ours(model, x, y, first, config, passes)
    counted, adversarial = CountingModel(model, passes), x.clone()
    for part in right.nonzero()[:, 0].split(config.batch_size):
        if len(part):
            adversarial[part] = _published(counted, x[part], y[part], config)
    return _Found(adversarial)


def _ours(
    model: Network, x: Tensor, y: Tensor, first: int, config: EvaluationConfig, passes: Passes
) -> _Found:
    result = malt(
        model,
        x,
        y,
        norm=config.norm,
        eps=config.eps,
        n_targets=config.n_targets,
        n_candidates=config.n_candidates,
        n_iter=config.n_iter,
        seed=config.seed,
        targeting=config.attack,
        batch_size=config.batch_size,
        precision=config.precision,
        faithful=config.faithful or config.attack == "naive",
        first=first,
    )
    passes.forward += result.n_forward
    passes.backward += result.n_backward
    told = {
        "target": result.target,
        "malt_rank": result.malt_rank,
        "confidence_rank": result.confidence_rank,
        "n_forward": result.forward_of + 2,  # here as well, images are classified before and after
        "n_backward": result.backward_of,
    }
    return _Found(result.adversarial.float(), {name: values.tolist() for name, values in told.items()})


def _published(model: Network, x: Tensor, y: Tensor, config: EvaluationConfig) -> Tensor:
    """Run one of pyautoattack's attacks on images x (B, 3, H, W) with labels y (B,)."""
    common = {"norm": config.norm, "eps": config.eps, "seed": config.seed}
    with SeededDraws(config.seed) as draws:
        if config.attack == "apgd-ce":
            return autoattack.apgd_ce(model, x, y, n_iter=config.n_iter, **common)
        if config.attack == "apgd-t":
            return autoattack.apgd_t(model, x, y, n_targets=config.n_targets, n_iter=config.n_iter, **common)
        return autoattack.autoattack(
            model,
            x,
            y,
            batch_size=config.batch_size,
            begin=lambda _stage, _most: draws.seed(config.seed),
            **common,
        )


def _results(
    sound: Sequence[Record], clean: Tensor, verdict: Tensor, found: _Found
) -> tuple[ImageResult, ...]:
    results = []
    for i, (record, before, after) in enumerate(zip(sound, clean.tolist(), verdict.tolist(), strict=True)):
        told = {name: values[i] for name, values in found.told.items()}
        fooled = before == record.label != after
        for name, nothing in (("target", -1), ("malt_rank", 0), ("confidence_rank", 0)):
            if not fooled or told.get(name) == nothing:
                told[name] = None
        results.append(
            ImageResult(
                index=record.index,
                name=record.name,
                label=record.label,
                clean=before,
                digest=record.digest,
                outcome="wrong" if before != record.label else "fooled" if fooled else "robust",
                adversarial=after if fooled else None,
                **told,
            )
        )
    return tuple(results)
