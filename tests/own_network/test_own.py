"""Somebody's own network: what is read from its file, what is seen of it, and that its id loads it again."""

from __future__ import annotations

import io
import json

import pytest
import torch
from PIL import Image
from safetensors.torch import save
from torch import nn

from malt_core import load_model
from malt_core.errors import BadConfig
from malt_core.images.gallery import open_photo
from malt_core.models.providers import uploaded
from malt_core.models.providers.uploaded import Own, Spec
from malt_core.networks import network_info
from malt_core.own_network.checks import check, examine
from malt_core.own_network.types import STEPS, Labelled, Step
from malt_core.types import ModelInfo
from tests.cli.calls import call
from tests.helpers.own_weights import ARCH, CLASSES, SIZE, changed, state

HERE = Spec(path="own.safetensors", arch=ARCH, size=SIZE)


def built(found: dict, spec: Spec = HERE, names=CLASSES) -> Own:
    return uploaded.build(spec, save(found), names)


def answer(own: Own) -> torch.Tensor:
    with torch.no_grad():
        return own.network(torch.linspace(0, 1, 3 * SIZE * SIZE).view(1, 3, SIZE, SIZE))


def test_prefix_and_normalisation_in_the_file_are_understood():
    sound = built(state())
    inside = {f"module.1.{key}": tensor for key, tensor in state().items()}
    inside |= {"module.0.mean": torch.full((3, 1, 1), 0.5), "module.0.std": torch.full((3, 1, 1), 0.25)}
    own = built(inside)
    told = built(state(), Spec(path="a", arch=ARCH, size=SIZE, mean=(0.5,) * 3, std=(0.25,) * 3))
    assert torch.equal(answer(own), answer(told))
    assert not torch.equal(answer(own), answer(sound))
    assert "module.1." in own.notes[0]
    assert "normalisation" in own.notes[1]
    assert own.info.classes == CLASSES


def test_half_precision_is_turned_into_float32():
    own = built(
        {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in state().items()}
    )
    assert {tensor.dtype for tensor in own.network.parameters()} == {torch.float32}
    torch.testing.assert_close(answer(own), answer(built(state())), rtol=0, atol=1e-3)


def test_torchvisions_architectures_load_too():
    from torchvision.models import get_model

    network = get_model("mobilenet_v3_small", weights=None, num_classes=3).eval()
    own = built(network.state_dict(), Spec(path="a", arch="torchvision/mobilenet_v3_small"), None)
    assert own.info.size == (224, 224)
    assert own.info.classes == ("class 0", "class 1", "class 2")
    x = torch.rand((1, 3, 224, 224), generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        torch.testing.assert_close(own.network(x), network((x - mean) / std))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"arch": "resnet10t"}, "must be timm/NAME or torchvision/NAME"),
        ({"arch": "timm/resnet10"}, "Did you mean timm/resnet10t"),
        ({"arch": "timm/hf_hub:some/where"}, "has no image classifier"),
        ({"arch": "torchvision/resnet18"}, "The keys are not those of torchvision/resnet18"),
        (
            {"arch": "timm/resnet18"},
            "Give the --arch whose state_dict() was saved, torchvision/resnet18 perhaps",
        ),
        ({"mean": (123.7, 116.3, 103.5)}, "divide what is meant for 0 to 255 by 255"),
        ({"std": (0.0, 0.2, 0.2)}, "a std is above 0"),
        ({"size": 4}, "from 8 to 1024"),
        ({"digest": "0" * 12}, "has changed since"),
    ],
)
def test_mistakes_are_answered_with_what_to_change(how, says):
    with pytest.raises(BadConfig) as error:
        built(state(), Spec(**{"path": "own.safetensors", "arch": ARCH, "size": SIZE} | how))
    assert says in str(error.value)


def test_too_few_names_fail_the_second_step():
    (step,) = examine(HERE, save(state()), CLASSES[:4])
    assert (step.name, step.passed) == ("classes", False)
    assert "names 4 classes, and the network tells 5 apart" in step.said


class Answer(nn.Module):
    """A network of five classes, in a way that attacks cannot use."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.weight = nn.Parameter(torch.linspace(-1, 1, 15).view(5, 3))

    def forward(self, x):
        z = x.mean((2, 3)) @ self.weight.T
        match self.kind:
            case "softmax":
                return z.softmax(1)
            case "batch":
                return z - z.mean(0)
            case "noise":
                return z + torch.randn(z.shape)
            case "rounded":
                return (x.mul(7).round() / 7).mean((2, 3)) @ self.weight.T
            case "shape":
                return z[:, :3]
        return z


@pytest.mark.parametrize(
    ("kind", "fails", "says"),
    [
        ("plain", None, ""),
        ("softmax", "logits", "leave out its softmax"),
        ("shape", "logits", "one number for each of 5 classes"),
        ("batch", "repeatable", "depends on what else is in the batch"),
        ("noise", "repeatable", "averaged"),
        ("rounded", "gradient", "is zero"),
    ],
)
def test_behaviour_that_attacks_cannot_use_is_told(kind, fails, says):
    info = ModelInfo(
        id="file:x",
        title="x",
        dataset="own",
        size=(32, 32),
        classes=CLASSES,
        suggested_eps=0.01,
        offline=True,
        source="",
        licence="",
        defence="unknown",
    )
    steps = list(check(Own(info, Answer(kind).eval(), "")))
    assert all(isinstance(step, Step) and step.name in STEPS for step in steps)
    assert [step.name for step in steps if not step.passed] == ([fails] if fails else [])
    assert says in steps[-1].said
    assert len(steps) == 6 or fails


def photo() -> bytes:
    buffer = io.BytesIO()
    open_photo("cat").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_labelled_picture_tells_what_is_wrong_with_the_pixels():
    steps = [*examine(HERE, save(state()), CLASSES)]
    own = steps[-1]
    image = Image.open(io.BytesIO(photo())).resize((SIZE, SIZE))
    png = io.BytesIO()
    image.save(png, "PNG")
    x = torch.tensor(list(image.convert("RGB").tobytes())).view(SIZE, SIZE, 3).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        right, bare = int(own.network(x).argmax()), int(own.network[-1](x).argmax())
    told = {
        label: [*check(own, Labelled(png.getvalue(), "cat.png", CLASSES[label]))][-1]
        for label in {right, bare, (right + 1) % 5}
    }
    assert told[right].passed
    assert not any(step.passed for label, step in told.items() if label != right)
    assert not any(step.fatal for step in told.values())
    if bare != right:
        assert "perhaps it normalises inside already" in told[bare].said
    assert "Unknown class" in [*check(own, Labelled(png.getvalue(), "cat.png", "zebra"))][-1].said
    assert not [*check(own, Labelled(b"no picture", "cat.png", "cat"))][-1].passed


def test_an_id_says_all_and_opens_no_path_unless_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b?c.safetensors").write_bytes(save(state()))
    (tmp_path / "names.txt").write_text("\n".join(CLASSES))
    spec = Spec(path="a b?c.safetensors", arch=ARCH, classes="names.txt", size=SIZE)
    own = uploaded.open_file(spec)
    id = own.info.id
    assert uploaded.parse(id).path == spec.path
    assert load_model(id).info == own.info
    with pytest.raises(BadConfig, match="is not kept here"):
        network_info(id)
    uploaded.add(own)
    uploaded.add(own)
    uploaded.forget(id)
    assert network_info(id) is own.info
    assert network_info(f"defended/jpeg/{id}").classes == CLASSES
    uploaded.forget(id)
    for lost in (id, f"defended/jpeg/{id}"):
        with pytest.raises(BadConfig, match="give its weights again"):
            network_info(lost)
    (tmp_path / "a b?c.safetensors").write_bytes(save(changed(fc_bias=torch.ones(5))))
    with pytest.raises(BadConfig, match="has changed since"):
        load_model(id)


def test_the_command_line_attacks_it_and_its_record_loads_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"epoch": 3, "state_dict": state()}, "own.pt")
    (tmp_path / "cat.png").write_bytes(photo())
    typed = (
        "--model",
        "file:own.pt",
        "--arch",
        ARCH,
        "--size",
        str(SIZE),
        "--mean",
        "0.5",
        "--std",
        "0.25,0.25,0.25",
    )
    status, out, err = call(
        "attack", "cat.png", *typed, "--steps", "3", "--targets", "1", "--out", "x", "--json"
    )
    assert status == 0, err
    assert err.count("✓") == 6
    record = json.loads(out)
    assert uploaded.parse(record["model"]).std == (0.25,) * 3
    assert load_model(record["model"]).info.classes == tuple(f"class {i}" for i in range(5))
    uploaded.forget(record["model"])


def test_options_without_a_file_are_refused(tmp_path):
    status, _, err = call("attack", "gallery:cat", "--arch", "timm/resnet18", "--out", str(tmp_path))
    assert (status, err.count("\n")) == (2, 1)
    assert "--arch goes with --model file:PATH" in err
    status, _, err = call("attack", "gallery:cat", "--model", "file:x.safetensors", "--out", str(tmp_path))
    assert (status, err.count("\n")) == (2, 1)
    assert "add --arch" in err
