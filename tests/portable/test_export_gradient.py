"""A network and its gradient as one file: what it computes, what it says of itself, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from malt_core.errors import BadConfig
from malt_core.models.efficientnet_lite import _Block
from malt_core.models.loaders import Model
from malt_core.portable import check, export, shelf
from malt_core.portable.export import export_gradient
from malt_core.types import ModelInfo

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter has its own

SHAPE, K = (3, 16, 16), 5


def tiny(seed: int = 0) -> nn.Module:
    """A network with each operator whose gradient is written anew: strides, groups, kinks, averages."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        _Block(2, 8, 12, 1, 3),
        nn.AvgPool2d(2),
        nn.Conv2d(12, 12, 3, 1, 1, groups=4),
        nn.ReLU(),
        nn.Conv2d(12, 32, 1),
        nn.SiLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, K),
    ).eval()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    network = tiny()
    info = ModelInfo(
        id="own/tiny", title="Tiny", dataset="toy", size=(16, 16), classes=tuple("abcde"),
        suggested_eps=4 / 255, offline=True, source="here", licence="MIT",
    )  # fmt: skip
    path = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    found = export_gradient(Model(info, network), path, shape=SHAPE)
    return network, path, found


def test_the_file_gives_the_networks_logits_and_gradient(written) -> None:
    network, path, found = written
    assert found.good
    session = check.session_of(path.read_bytes())
    assert [value.name for value in session.get_inputs()] == ["image", "weights"]
    assert [value.name for value in session.get_outputs()] == ["logits", "gradient"]
    x = torch.rand(1, *SHAPE, generator=torch.Generator().manual_seed(1))
    w = torch.tensor([[0.0, 1.0, 0.0, -1.0, 0.5]])
    leaf = x.clone().requires_grad_()
    z = network(leaf)
    (gradient,) = torch.autograd.grad((z * w).sum(), leaf)
    logits, slope = session.run(None, {"image": x.numpy(), "weights": w.numpy()})
    assert np.abs(logits - z.detach().numpy()).max() < 2e-3 * float(z.max() - z.min())  # rounded weights
    cosine = torch.nn.functional.cosine_similarity(torch.from_numpy(slope).flatten(), gradient.flatten(), 0)
    assert cosine > 0.999
    without, none = session.run(None, {"image": x.numpy(), "weights": np.zeros((1, K), np.float32)})
    assert np.allclose(without, logits, atol=1e-6)
    assert not none.any()
    assert none.shape == (1, *SHAPE)


def test_the_file_says_what_it_is_and_holds_half_precision(written) -> None:
    import onnx

    network, path, _ = written
    model = onnx.load(path)
    facts = export.onnx_file.facts_of(path)
    assert facts["id"] == "own/tiny"
    assert facts["classes"] == list("abcde")
    assert facts["sha256"] == export.weights_digest(network)
    assert facts["shape"] == list(SHAPE)
    kinds = {tensor.data_type for tensor in model.graph.initializer}
    assert onnx.TensorProto.FLOAT16 in kinds
    assert next(iter(network.parameters())).dtype == torch.float32  # the network itself is as it was


class Choosing(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x.flatten(1)[:, :K]
        return z if float(x.mean()) > 0.5 else -z


class Noisy(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)[:, :K] + torch.rand(K)


@pytest.mark.parametrize("network", [Choosing(), Noisy(), nn.Conv2d(3, 4, 1)])
def test_what_cannot_be_traced_is_refused_in_one_sentence(network, tmp_path) -> None:
    with pytest.raises(BadConfig, match="cannot be written as one file"):
        export_gradient(network, tmp_path / "x.onnx", shape=SHAPE)
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_agree_is_not_written(written, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(check, "LOGITS", 0.0)
    with pytest.raises(BadConfig, match=r"Nothing was written.*Conv \("):
        export_gradient(tiny(), tmp_path / "x.onnx", shape=SHAPE)
    assert not list(tmp_path.iterdir())


def test_bad_files_and_shapes_get_a_sentence(tmp_path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"<html>404</html>")
    with pytest.raises(BadConfig, match="no network that `malt export-onnx` wrote"):
        export.onnx_file.facts_of(damaged)
    with pytest.raises(BadConfig, match="shape must be"):
        export_gradient(tiny(), tmp_path / "x.onnx", shape=(3, 16))


def test_what_is_published_names_no_folder() -> None:
    own = "file:/home/me/secret/w.safetensors?arch=timm/resnet18&classes=/home/me/names.txt"
    assert export.published("tiny-imagenet/robust") == "tiny-imagenet/robust"
    assert export.published(own) == "file:w.safetensors?arch=timm/resnet18&classes=names.txt"
    assert "/" not in shelf.file_name(own)
    assert "home" not in shelf.file_name(own)
