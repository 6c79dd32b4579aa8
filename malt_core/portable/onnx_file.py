"""The ONNX file: weights in half precision, what the network is in its metadata, and a way to skip gradients.

Every weight is stored as float16 and computed with as float32: half the size, the same speed. Nodes that the
gradient alone needs stand in a branch which is taken only where `weights` are not all zero, so that a mere
answer costs a forward pass.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import onnx

LARGE = 256  # numbers from which an array is stored in half precision
OPSET = 20
INPUTS, OUTPUTS = ("image", "weights"), ("logits", "gradient")
MISSING = "This needs packages that are not installed here: pip install 'malt-lab[browser]'."


def need_packages() -> None:
    """Raise BadConfig, saying what to install, unless ONNX can be written and run here."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise BadConfig(MISSING) from None


@torch.no_grad()
def round_weights(network: nn.Module) -> None:
    """Round what the file stores in half precision, in place, so that the file holds it exactly."""
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point() and tensor.numel() >= LARGE:
            rounded = tensor.to(torch.float16)
            if rounded.isfinite().all():
                tensor.copy_(rounded)


def exported(graph: torch.fx.GraphModule, image: Tensor, weights: Tensor) -> onnx.ModelProto:
    """Return the traced function as ONNX, in float32. Raises whatever torch's exporter raises."""
    with _quiet():
        program = torch.onnx.export(
            graph,
            (image, weights),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            verbose=False,
        )
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what torch's exporter prints, logs and warns of."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def halve(model: onnx.ModelProto) -> None:
    """Store in half precision, with a cast behind it, each large array that loses nothing by that."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        array = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if array.size < LARGE or not np.array_equal(half.astype(np.float32), array):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])


def branch_off_gradient(model: onnx.ModelProto) -> None:
    """Put the nodes that only the gradient needs into a branch, taken where any weight is not zero."""
    from onnx import TensorProto, helper

    graph = model.graph
    needed = _ancestors(graph.node, OUTPUTS[0])
    stored = {tensor.name for tensor in graph.initializer}
    needed |= {i for i, node in enumerate(graph.node) if set(node.input) <= stored}  # weights' own casts
    forward = [node for i, node in enumerate(graph.node) if i in needed]
    backward = [node for i, node in enumerate(graph.node) if i not in needed]
    gradient = next(value for value in graph.output if value.name == OUTPUTS[1])
    made = {name for node in backward for name in node.output}
    if OUTPUTS[1] not in made:
        return
    shape = [dim.dim_value for dim in gradient.type.tensor_type.shape.dim]
    inner = helper.make_tensor_value_info("gradient.taken", TensorProto.FLOAT, shape)
    none = helper.make_tensor_value_info("gradient.none", TensorProto.FLOAT, shape)
    zeros = helper.make_node(
        "ConstantOfShape",
        ["gradient.shape"],
        ["gradient.none"],
        value=helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
    )
    sizes = helper.make_tensor("gradient.shape", TensorProto.INT64, [len(shape)], shape)
    for node in backward:
        for i, name in enumerate(node.output):
            node.output[i] = "gradient.taken" if name == OUTPUTS[1] else name
    ask = [
        helper.make_node("Abs", ["weights"], ["asked.sizes"]),
        helper.make_node("ReduceSum", ["asked.sizes"], ["asked.size"], keepdims=0),
        helper.make_node("Cast", ["asked.size"], ["asked"], to=TensorProto.BOOL),
        helper.make_node(
            "If",
            ["asked"],
            [OUTPUTS[1]],
            then_branch=helper.make_graph(backward, "gradient", [], [inner]),
            else_branch=helper.make_graph([zeros], "none", [], [none], initializer=[sizes]),
        ),
    ]
    del graph.node[:]
    graph.node.extend([*forward, *ask])


def _ancestors(nodes: Iterable[Any], output: str) -> set[int]:
    """Return the places of the nodes that an output depends on."""
    nodes = list(nodes)
    maker = {name: i for i, node in enumerate(nodes) for name in node.output}
    found, queue = set(), [output]
    while queue:
        i = maker.get(queue.pop())
        if i is not None and i not in found:
            found.add(i)
            queue += list(nodes[i].input)
    return found


def describe(model: onnx.ModelProto, facts: dict[str, Any]) -> None:
    """Write facts into the file's metadata, all in one entry, "malt", as JSON."""
    del model.metadata_props[:]
    model.metadata_props.add(key="malt", value=json.dumps(facts, ensure_ascii=False))


def facts_of(path: Path) -> dict[str, Any]:
    """Return what `describe` wrote. Raises BadConfig for a file that is none of ours."""
    need_packages()
    import onnx

    try:
        model = onnx.load(path)
        (value,) = (prop.value for prop in model.metadata_props if prop.key == "malt")
        return json.loads(value)
    except Exception as error:  # protobuf and JSON raise what a damaged file leads them to
        raise BadConfig(f"{path} is no network that `malt export-onnx` wrote.") from error
