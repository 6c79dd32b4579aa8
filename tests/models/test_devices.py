"""Where a network computes: what may be asked for, and that it is there."""

from __future__ import annotations

import pytest
import torch

from malt_core import load_model
from malt_core.errors import BadConfig
from malt_core.models.devices import choose_device

MODEL = "tiny-imagenet/robust"


def without_graphics(monkeypatch: pytest.MonkeyPatch, cuda: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_is_a_graphics_card_where_there_is_one(monkeypatch):
    for cuda in (False, True):
        without_graphics(monkeypatch, cuda)
        assert choose_device("auto").type == ("cuda" if cuda else "cpu")
        assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_what_is_not_there_is_refused_in_a_sentence(name, monkeypatch):
    without_graphics(monkeypatch)
    says = f"device {name} is not there: torch finds cpu only on this computer. Leave it at auto."
    with pytest.raises(BadConfig) as refused:
        load_model(MODEL, device=name)
    assert str(refused.value) == says
    assert refused.value.setting == "device"


def test_an_unknown_device_is_refused():
    with pytest.raises(BadConfig, match="device must be auto, cpu, cuda or mps, not 'gpu'"):
        choose_device("gpu")


def test_models_are_shared_by_device():
    assert load_model(MODEL, device="cpu") is load_model(MODEL)
    assert next(load_model(MODEL).parameters()).device.type == "cpu"
