"""A network as one ONNX file from which a browser has logits and input gradients."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from malt_core.errors import BadConfig
from malt_core.models.loaders import Model
from malt_core.models.providers import uploaded
from malt_core.portable import check, onnx_file
from malt_core.portable.check import Agreement
from malt_core.portable.trace import traced, untraceable
from malt_core.storage.folders import cannot_write
from malt_core.storage.whole_files import write_whole
from malt_core.types import ModelInfo

FORMAT = 1  # of what stands in the metadata


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def export_gradient(
    model: nn.Module, path: Path | str, *, shape: tuple[int, int, int], info: ModelInfo | None = None
) -> Agreement:
    """Write `model` with its input gradient as one ONNX file, and return how well the file agrees with it.

    model: any torch module from images (B, C, H, W) in [0, 1] to logits (B, K), normalisation inside; it is
    left as it was. shape: (C, H, W) of the images; the file takes one at a time. Inputs: `image`
    (1, C, H, W), `weights` (1, K). Outputs: `logits` (1, K), and `gradient` (1, C, H, W) of
    (logits * weights).sum() in the image, which is zero, and costs nothing, where all weights are. Arrays of
    256 numbers and more are rounded to float16 and stored so; all is computed in float32. info: what is known
    of the network; that of a network of the catalogue is known already. The metadata has model id, title,
    class names, size, suggested ε, how it was trained, and a digest of the unrounded weights.

    The file is tried out over ten images against the network with the same rounded weights, and written only
    where logits agree within 1e-3 of their range, gradients within a cosine of 0.9999 in the median and 0.999
    each. Raises BadConfig for a network that cannot be traced or does not agree, where packages are missing
    (pip install 'malt-lab[browser]') and where the file cannot be written. Takes some seconds.
    """
    path = Path(path)
    onnx_file.need_packages()
    network, info = _bare(model, info)
    _check_shape(shape)
    digest = weights_digest(network)
    network = copy.deepcopy(network).to("cpu", torch.float32).eval().requires_grad_(False)
    onnx_file.round_weights(network)
    image = torch.full((1, *shape), 0.5)
    classes = _classes(network, image)
    graph = traced(network, image, classes)
    try:
        proto = onnx_file.exported(graph, image, torch.ones(1, classes))
    except Exception as error:  # torch's exporter raises what an operator leads it to
        raise untraceable((str(error).strip().splitlines() or ["no reason given"])[0][:200]) from error
    onnx_file.halve(proto)
    onnx_file.branch_off_gradient(proto)
    onnx_file.describe(proto, _facts(info, shape, classes, digest))
    data = proto.SerializeToString()
    found = check.agreement(network, data, shape, classes)
    check.check(found, proto)
    try:
        write_whole(path, data)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    return found


def weights_digest(network: nn.Module) -> str:
    """Return the SHA-256 of a network's weights and their names, which changes with any of them."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes())
    return digest.hexdigest()


def _bare(model: nn.Module, info: ModelInfo | None) -> tuple[nn.Module, ModelInfo | None]:
    """Return the network within a model of the catalogue, and what is known of it."""
    if isinstance(model, Model):
        return model.network, info or model.info
    if not isinstance(model, nn.Module):
        raise BadConfig(f"Only a torch module can be written as a file, not a {type(model).__name__}.")
    return model, info


def _check_shape(shape: tuple[int, int, int]) -> None:
    if len(shape) != 3 or any(not isinstance(n, int) or n < 1 for n in shape):
        raise BadConfig(f"shape must be (channels, height, width), not {shape!r}.", setting="shape")


def _classes(network: nn.Module, image: torch.Tensor) -> int:
    try:
        with torch.no_grad():
            z, again = network(image), network(image)
    except Exception as error:  # whatever the network raises
        raise untraceable(str(error).splitlines()[0][:200]) from error
    if not isinstance(z, torch.Tensor) or z.dim() != 2 or len(z) != 1 or z.shape[1] < 2:
        raise untraceable("it does not answer one image with a row of logits")
    if not torch.equal(z, again):
        raise untraceable("it answers the same image otherwise when asked again")
    return z.shape[1]


def published(id: str) -> str:
    """Return an id as everybody may be told it: without the folders that a network of one's own lies in."""
    if not id.startswith(uploaded.START):
        return id
    spec = uploaded.parse(id)
    return replace(spec, path=spec.name, classes=Path(spec.classes).name if spec.classes else "").id


def published_source(info: ModelInfo) -> str:
    """Return where a network comes from, likewise."""
    return uploaded.parse(info.id).name if info.id.startswith(uploaded.START) else info.source


def _facts(info: ModelInfo | None, shape: tuple[int, int, int], classes: int, digest: str) -> dict[str, Any]:
    """Return what the file says of the network. classes: their number."""
    known = {
        "id": "own/network",
        "title": "A network of your own",
        "dataset": "",
        "suggested_eps": 1 / 255,
        "robust": False,
        "trained": "",
        "source": "",
        "licence": "",
        "classes": [f"class {i}" for i in range(classes)],
    }
    if info is not None:
        names = ("id", "title", "dataset", "suggested_eps", "robust", "trained", "source", "licence")
        known |= {name: getattr(info, name) for name in names}
        known |= {"id": published(info.id), "source": published_source(info)}
        if len(info.classes) == classes:
            known["classes"] = list(info.classes)
    return {"format": FORMAT, **known, "shape": list(shape), "sha256": digest}
