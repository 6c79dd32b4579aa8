"""What decides the result of an evaluation, decided before it begins: batch size, precision, chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace

import torch
from torch import Tensor

from malt_core.datasets.base import DIGITS, DataSet, Record
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import readable_images
from malt_core.evaluation.types import (
    DataSource,
    EvaluationConfig,
    Plan,
)
from malt_core.images.preprocessing import CENTRE
from malt_core.models.loaders import Model
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Passes
from malt_core.numerics.precision import prefers_bfloat16
from malt_core.storage.versions import versions
from malt_core.types import check_count

# Of a batch, on a processor and on a GPU: at most so many images, and bytes kept for the backward pass.
LARGEST = {"cpu": 32, "cuda": 256, "mps": 64}
MEMORY = {"cpu": 1 << 30, "cuda": 8 << 30, "mps": 2 << 30}


def make_plan(
    model: Model,
    data: DataSet,
    config: EvaluationConfig,
    *,
    n: int | None = None,
    earlier: Plan | None = None,
) -> Plan:
    """Decide everything that decides the result.

    n: evaluate the first n images, all if None or more than there are. A batch_size of None becomes the
    largest power of two whose activations fit into a fixed budget; precision "auto" is measured on the first
    images; a chunk of None becomes one batch. earlier: the plan of an interrupted run that is to go on; what
    was decided then is not decided anew.
    Raises BadConfig for n below 1, and where `earlier` is of another model, data set, setting or software.
    """
    images = len(data.labels)
    if n is not None:
        check_count("n", n, 1, 10**12)
        images = min(n, images)
    device = _device(model)
    config = replace(config, eps_text=config.eps_text or config.epsilon.text)
    plan = Plan(
        model=model.info.id,
        classes=model.info.classes,
        data=_source(data, images),
        config=config,
        device=device.type,
        versions=versions() | {"weights": _weights(model)},
    )
    if earlier is not None:
        check_same(plan, earlier)
        return earlier
    batch_size = config.batch_size or _fitting_batch(model, device)
    config = replace(config, batch_size=batch_size, chunk=config.chunk or batch_size)
    if config.precision == "auto":
        records = data.records(range(min(batch_size, images)))
        config = replace(config, precision=_precision(model, config, records, device))
    return replace(plan, config=config)


def _weights(model: Model) -> str:
    """Return a digest of all that the model computes with: one name can come to stand for other files."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        if isinstance(tensor, Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy())
    return digest.hexdigest()[:DIGITS]


def _source(data: DataSet, images: int) -> DataSource:
    return DataSource(
        path=data.path,
        name=data.name,
        images=images,
        fingerprint=data.fingerprint,
        preprocessing=getattr(data, "preprocessing", "") or CENTRE,
        left_out=tuple(getattr(data, "left_out", ())),
    )


def check_same(plan: Plan, earlier: Plan) -> None:
    """Raise BadConfig, naming what differs, unless `plan` is that of `earlier`.

    What `plan` leaves open, and where the files lie, may differ.
    """
    differing = _differences({"model": plan.model}, {"model": earlier.model})
    settings = asdict(plan.config)
    del settings["eps_text"]  # one eps can be written in several ways
    differing += _differences(settings, asdict(earlier.config), leave={None, "auto"})
    differing += _differences(
        {"number of images": plan.data.images, "device": plan.device},
        {"number of images": earlier.data.images, "device": earlier.device},
    )
    if (plan.data.fingerprint, plan.classes) != (earlier.data.fingerprint, earlier.classes):
        differing.append(f"the data set: its files are no longer those of {earlier.data.path}")
    differing += _differences(
        {"preprocessing": plan.data.preprocessing}, {"preprocessing": earlier.data.preprocessing}
    )
    differing += _differences(plan.versions, earlier.versions)
    if differing:
        raise BadConfig(
            f"This is not the evaluation that was begun there; it differs in {'; '.join(differing)}. Go on "
            "with what it was begun with, or begin anew in another folder."
        )


def _differences(now: dict, then: dict, leave: Sequence = frozenset()) -> list[str]:
    return [
        f"{name} (then {then.get(name)}, now {value})"
        for name, value in now.items()
        if value not in leave and value != then.get(name)
    ]


def _device(model: Model) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def _precision(
    model: Model, config: EvaluationConfig, records: Sequence[Record], device: torch.device
) -> str:
    if "precision" not in config.attack_info.settings:
        return "float32"  # what pyautoattack computes in
    pictures = readable_images(records, model.info.size)
    if not pictures:
        return "float32"
    with gradients.evaluation_mode(model):
        fast = prefers_bfloat16(model, torch.stack(pictures).to(device), Passes())
    return "bfloat16" if fast else "float32"


def _fitting_batch(model: Model, device: torch.device) -> int:
    """Return a power of two of images whose activations fit into MEMORY: the same on every machine."""
    one = _kept_bytes(model, 2, device) - _kept_bytes(model, 1, device)
    batch = LARGEST[device.type]
    while batch > 1 and batch * one > MEMORY[device.type]:
        batch //= 2
    return batch


def _kept_bytes(model: Model, images: int, device: torch.device) -> int:
    """Return how many bytes, weights included, a forward pass of so many images keeps for the backward."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    x = torch.full((images, 3, *model.info.size), 0.5, device=device, requires_grad=True)
    keeping = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with gradients.evaluation_mode(model), torch.enable_grad(), keeping:
        graph = model(x)
    del graph
    return sum(kept.values())
