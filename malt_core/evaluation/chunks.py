"""One chunk of a data set: decode its images, attack them, and judge what the attack found.

The verdict never is the attack's own: see harness/verdict.py.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from malt_core.attacks import registry
from malt_core.attacks.types import MaltResult
from malt_core.datasets.base import Record
from malt_core.errors import BadImage
from malt_core.evaluation.types import Chunk, ChunkResult, Corrupt, EvaluationConfig, ImageResult
from malt_core.harness import verdict
from malt_core.images.decoding import decode, to_rgb
from malt_core.images.preprocessing import Preprocessing
from malt_core.images.resize import to_sample
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes


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
            adversarial, details = _attack(model, x, y, clean == y, chunk.records[0].index, config, passes)
            judged = verdict.what_counts(adversarial, x, config.norm, config.eps)
            after = _classes(model, judged, config.batch_size, passes)
        images = _results(sound, clean, after, _per_image(details))
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


def _attack(
    model: Network, x: Tensor, y: Tensor, right: Tensor, first: int, config: EvaluationConfig, passes: Passes
) -> tuple[Tensor, MaltResult | None]:
    """Attack the images that the model gets right; the others stay as they are.

    An attack that tells what it did with each image gets all of them, so that each keeps its place, on which
    its random starts depend; it leaves the misclassified ones alone by itself.
    """
    info = config.attack_info
    adversarial, details = x.clone(), None
    parts = [slice(None)] if info.ranks_targets else right.nonzero()[:, 0].split(config.batch_size)
    for part in parts:
        if not len(y[part]):
            continue
        found = registry.run(
            info.id,
            model,
            x[part],
            y[part],
            norm=config.norm,
            eps=config.eps,
            seed=config.seed,
            batch_size=config.batch_size,
            first=first,
            **{name: getattr(config, name) for name in info.settings},
        )
        adversarial[part], details = found.adversarial.float(), found.details
        passes.forward += found.passes.forward
        passes.backward += found.passes.backward
    return adversarial, details


def _per_image(details: MaltResult | None) -> dict[str, list[int]]:
    """Return what an attack told of each image, by the names in ImageResult."""
    if details is None:
        return {}
    values = {
        "target": details.target,
        "malt_rank": details.malt_rank,
        "confidence_rank": details.confidence_rank,
        "n_forward": details.forward_of + 2,  # here as well, images are classified before and after
        "n_backward": details.backward_of,
    }
    return {name: numbers.tolist() for name, numbers in values.items()}


def _results(
    sound: Sequence[Record], clean: Tensor, after: Tensor, per_image: dict[str, list[int]]
) -> tuple[ImageResult, ...]:
    results = []
    for i, (record, before, now) in enumerate(zip(sound, clean.tolist(), after.tolist(), strict=True)):
        told = {name: values[i] for name, values in per_image.items()}
        fooled = before == record.label != now
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
                adversarial=now if fooled else None,
                **told,
            )
        )
    return tuple(results)
