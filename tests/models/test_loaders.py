import hashlib
import io
import threading
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig, BadImage, ModelUnavailable
from malt_core.models import loaders
from malt_core.models.catalogue import list_models
from malt_core.models.loaders import load_model
from malt_core.models.providers import autoattack_example, robustbench_zoo
from malt_core.models.weights import downloads
from tests.models.webserver import Page, Server

OFFLINE = "autoattack/resnet18-cifar10"
SMALL_ROBUSTBENCH = "robustbench/cifar10/Linf/Addepalli2022Efficient_RN18"
TIMM_ROBUSTBENCH = "robustbench/cifar10/Linf/Debenedetti2022Light_XCiT-S12"
SMALL_TORCHVISION = "torchvision/squeezenet1_1"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def ramp(size: int) -> Tensor:
    return torch.linspace(0, 1, 3 * size * size).reshape(1, 3, size, size)


@torch.no_grad()
def logits(network: nn.Module, x: Tensor) -> Tensor:
    return network.eval()(x)


def saved(weights: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    return buffer.getvalue()


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_the_offline_model_gives_its_stored_logits() -> None:
    stored = [4.3965, -1.3015, 7.2768, -2.8499, -0.6119, -0.7020, -1.3763, -1.6295, -1.0632, -2.1375]
    torch.testing.assert_close(
        logits(load_model(OFFLINE), ramp(32)), torch.tensor([stored]), atol=2e-3, rtol=0
    )


def test_the_offline_model_knows_cifar10() -> None:
    file = SHARED / "cifar10_test_500.parquet"
    if not file.exists():
        pytest.skip(f"{file.name} is not in ../shared/data")
    import numpy as np
    import pyarrow.parquet as parquet
    from PIL import Image

    table = parquet.read_table(file).slice(0, 100).to_pydict()
    images = [np.array(Image.open(io.BytesIO(image["bytes"])).convert("RGB")) for image in table["image"]]
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous().float() / 255
    right = logits(load_model(OFFLINE), x).argmax(1) == torch.tensor(table["label"])
    assert right.float().mean() > 0.9


def test_a_model_is_frozen_but_its_input_has_a_gradient() -> None:
    model = load_model(OFFLINE)
    assert model.info.id == OFFLINE
    assert not model.training
    assert not any(module.training for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    x = ramp(32).requires_grad_()
    model(x)[0, 0].backward()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("shape", [(1, 3, 224, 224), (3, 32, 32), (1, 1, 32, 32), (2, 32, 32, 3)])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadImage, match=r"takes images of shape \(B, 3, 32, 32\), not \("):
        load_model(OFFLINE)(torch.zeros(shape))


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(BadConfig, match="Did you mean 'autoattack/resnet18-cifar10'"):
        load_model("autoattack/resnet20-cifar10")


def test_threads_that_want_the_same_model_load_it_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []

    def slow(info: object, progress: object) -> nn.Module:
        loads.append(info)
        time.sleep(0.05)
        return nn.Flatten()

    monkeypatch.setattr(autoattack_example, "load", slow)
    got: list[nn.Module] = []
    threads = [threading.Thread(target=lambda: got.append(load_model(OFFLINE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(got) == 8
    assert len({id(model) for model in got}) == 1


def test_a_failure_is_not_remembered(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(info: object, progress: object) -> nn.Module:
        raise ImportError("No module named 'pyautoattack'")

    with monkeypatch.context() as patch:
        patch.setattr(autoattack_example, "load", missing)
        with pytest.raises(ModelUnavailable, match=r"pyautoattack.*pip install malt-lab"):
            load_model(OFFLINE)
    assert load_model(OFFLINE).info.id == OFFLINE


def robustbench_network(id: str) -> nn.Module:
    robustbench_zoo.zoo()
    from robustbench.model_zoo import model_dicts
    from robustbench.model_zoo.enums import BenchmarkDataset, ThreatModel

    _, dataset, threat, name = id.split("/")
    return model_dicts[BenchmarkDataset(dataset)][ThreatModel(threat)][name]["model"]()


def robustbench_file(cache: Path, id: str) -> Path:
    path = cache / f"{id}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_robustbench_file_in_the_cache_loads_without_network(cache: Path) -> None:
    network = robustbench_network(SMALL_ROBUSTBENCH)
    wrapped = {"state_dict": {f"module.{name}": value for name, value in network.state_dict().items()}}
    robustbench_file(cache, SMALL_ROBUSTBENCH).write_bytes(saved(wrapped))
    model = load_model(SMALL_ROBUSTBENCH)
    torch.testing.assert_close(logits(model, ramp(32)), logits(network, ramp(32)))
    assert model.info.robust
    assert load_model(SMALL_ROBUSTBENCH) is model


def test_a_robustbench_model_downloads_from_google_drive(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = robustbench_network(SMALL_ROBUSTBENCH)
    body = saved(network.state_dict())
    monkeypatch.setattr(downloads, "DRIVE", server.url)
    server.pages["/uc?id=1m5vhdzIUUKhDbsZdOG9z76Eyp6f4xe_f"] = Page(body)
    seen: list[tuple[str, int, int | None]] = []
    model = load_model(SMALL_ROBUSTBENCH, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("Downloading Addepalli2022Efficient_RN18.pt", len(body), len(body))
    torch.testing.assert_close(logits(model, ramp(32)), logits(network, ramp(32)))


def test_a_robustbench_model_without_network_says_what_to_fetch(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "DRIVE", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable) as failed:
        load_model(SMALL_ROBUSTBENCH)
    assert "/uc?id=1m5vhdzIUUKhDbsZdOG9z76Eyp6f4xe_f in a browser" in str(failed.value)
    assert str(cache / f"{SMALL_ROBUSTBENCH}.pt") in str(failed.value)


def test_a_timm_model_of_robustbench_loads_from_the_cache(cache: Path) -> None:
    robustbench_zoo.zoo()
    import timm

    network = timm.create_model("debenedetti2022light_xcit_s12_cifar10_linf", num_classes=10)
    robustbench_file(cache, TIMM_ROBUSTBENCH).write_bytes(saved(network[1].state_dict()))
    torch.testing.assert_close(logits(load_model(TIMM_ROBUSTBENCH), ramp(32)), logits(network, ramp(32)))


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"conv1.weight": torch.zeros(1000)}, "Error.* in loading state_dict"),
        ([torch.zeros(1000)], "cannot be loaded"),
    ],
)
def test_robustbench_weights_of_another_network_are_refused(
    cache: Path, weights: object, reason: str
) -> None:
    path = robustbench_file(cache, SMALL_ROBUSTBENCH)
    path.write_bytes(saved(weights))
    with pytest.raises(ModelUnavailable, match=reason) as failed:
        load_model(SMALL_ROBUSTBENCH)
    assert str(path) in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("id", [SMALL_ROBUSTBENCH, TIMM_ROBUSTBENCH])
def test_code_in_a_checkpoint_is_never_run(cache: Path, id: str) -> None:
    mark = cache / "it-ran"
    robustbench_file(cache, id).write_bytes(saved({"state_dict": Trap(mark), "padding": torch.zeros(1000)}))
    with pytest.raises(ModelUnavailable, match="more than weights"):
        load_model(id)
    assert not mark.exists()


def test_every_robustbench_model_has_an_address_for_each_of_its_files(tmp_path: Path) -> None:
    robustbench_zoo.zoo()
    ensembles = 0
    for info in list_models("robustbench/*"):
        _, dataset, threat, name = info.id.split("/")
        remotes = robustbench_zoo._remotes(tmp_path, dataset, threat, name)
        ensembles += len(remotes) > 1
        for remote in remotes:
            assert remote.url.startswith("https://")
            assert not remote.url.endswith(("=", "None"))
        assert len({remote.path for remote in remotes}) == len(remotes)
    assert ensembles >= 5


@pytest.fixture
def squeezenet(server: Server, monkeypatch: pytest.MonkeyPatch) -> tuple[nn.Module, Page, str]:
    """A random network, the page with its weights, and its file's name; torchvision's address leads there."""
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

    network = squeezenet1_1()
    page = Page(saved(network.state_dict()))
    name = f"squeezenet1_1-{hashlib.sha256(page.body).hexdigest()[:8]}.pth"
    monkeypatch.setattr(SqueezeNet1_1_Weights.DEFAULT.value, "url", f"{server.url}/{name}")
    server.pages[f"/{name}"] = page
    return network, page, name


def test_a_torchvision_model_downloads_and_normalises(
    server: Server, cache: Path, squeezenet: tuple[nn.Module, Page, str]
) -> None:
    import torch.hub
    import torchvision.models
    from torchvision.transforms.functional import normalize

    network, page, name = squeezenet
    seen: list[tuple[str, int, int | None]] = []
    model = load_model(SMALL_TORCHVISION, progress=lambda *step: seen.append(step))
    assert seen[-1] == (f"Downloading {name}", len(page.body), len(page.body))
    assert (cache / "torchvision" / name).read_bytes() == page.body
    normalised = normalize(ramp(224), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(logits(model, ramp(224)), logits(network, normalised))
    assert torchvision.models._api.load_state_dict_from_url is torch.hub.load_state_dict_from_url

    loaders._models.clear()
    load_model(SMALL_TORCHVISION)
    assert server.asked == [f"/{name}"]


def test_a_torchvision_file_with_another_hash_is_refused(
    cache: Path, squeezenet: tuple[nn.Module, Page, str]
) -> None:
    network, page, name = squeezenet
    page.body = saved({key: value + 1 for key, value in network.state_dict().items()})
    with pytest.raises(
        ModelUnavailable, match=f"SHA-256.*Fetch http://.*/{name} in a browser and save it as"
    ):
        load_model(SMALL_TORCHVISION)
    assert list((cache / "torchvision").iterdir()) == []


def test_only_the_models_used_last_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [info.id for info in list_models("torchvision/*")[: loaders.KEPT + 1]]
    monkeypatch.setattr(loaders, "_network", lambda info, progress: nn.Identity())
    first = loaders.load_model(ids[0])
    for id in ids[1:-1]:
        loaders.load_model(id)
    assert loaders.load_model(ids[0]) is first
    loaders.load_model(ids[-1])
    assert [id for id, device in loaders._models] == [*ids[2:-1], ids[0], ids[-1]]
