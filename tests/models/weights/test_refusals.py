"""A refused checkpoint never comes with advice to load it without checks, whoever wrote that advice."""

from __future__ import annotations

import io
import os
import pickle
import re
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from malt_core.errors import BadConfig, MaltError, ModelUnavailable
from malt_core.evaluation.workers.worker import _reason
from malt_core.models.weights.checkpoints import read_weights, unusable, weights_only
from malt_core.models.weights.refusals import DAMAGED, FOREIGN, gives_advice, why_not
from training import checkpoint

ADVICE = re.compile(
    r"weights_only|allow_pickle|safe_globals|allowlist|arbitrary|trust|unsafe|jit\.load|re-running|options",
    re.I,
)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


class Evaluates:
    """Calls eval, which torch blocks by name."""

    def __reduce__(self) -> tuple:
        return eval, ("1 + 1",)


def saved(content: object, **options: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def script() -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), file)
    return file.getvalue()


def files(mark: Path) -> dict[str, tuple[bytes, str]]:
    """Files that torch refuses, each with an advice of its own, and what we say instead."""
    return {
        "code": (saved({"a": Trap(mark)}), FOREIGN),
        "code, as before torch 1.6": (
            saved({"a": Trap(mark)}, _use_new_zipfile_serialization=False),
            FOREIGN,
        ),
        "blocked": (saved([Evaluates()]), FOREIGN),
        "a whole network": (saved(nn.Linear(2, 2)), FOREIGN),
        "an array of objects": (saved(np.array([{}], dtype=object)), FOREIGN),
        "a plain pickle": (pickle.dumps({"a": Trap(mark)}), FOREIGN),
        "a script": (script(), FOREIGN),
        "text": (b"\x80\x02 words and no pickle", ""),
        "cut off": (saved({"a": torch.zeros(10)}, _use_new_zipfile_serialization=False)[:-50], ""),
        "nothing": (b"", ""),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", files(Path()))
@pytest.mark.parametrize("read", [read_weights, checkpoint.load])
def test_no_advice_comes_with_a_refusal(tmp_path, name, read: Callable[[Path], object]):
    content, says = files(tmp_path / "sprung")[name]
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=re.escape(says)) as refusal:
        read(tmp_path / "weights.pt")
    shown = "".join(traceback.format_exception(refusal.value))
    assert not ADVICE.search(str(refusal.value))
    assert "UnpicklingError" not in shown  # nor does its traceback show torch's own message
    assert not re.search(r"weights_only. set to|add_safe_globals|trust", shown)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("Cannot load file containing pickled data when allow_pickle=False"), FOREIGN),
        (RuntimeError("Use weights_only=False if you trust the file"), DAMAGED),
        (RuntimeError("could not load: pass unsafe=True"), DAMAGED),
        (pickle.UnpicklingError("pickle data was truncated"), DAMAGED),
        (
            RuntimeError("Error(s) in loading state_dict for Net:\n\tMissing key"),
            "Error(s) in loading state_dict for Net",
        ),
        (KeyError("state_dict"), "'state_dict'"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_the_reason(error, says):
    assert why_not(error) == says
    assert says in str(unusable([Path("a.pt")], error))


def test_advice_further_down_is_seen_too():
    error = RuntimeError("the checkpoint is bad")
    error.__cause__ = pickle.UnpicklingError("Unsupported global: GLOBAL a.b; use add_safe_globals")
    assert why_not(error) == FOREIGN


def test_what_a_worker_dies_of_is_told_without_advice(tmp_path):
    (tmp_path / "a.pt").write_bytes(saved(nn.Linear(2, 2)))
    with pytest.raises(pickle.UnpicklingError) as theirs:
        torch.load(tmp_path / "a.pt")
    assert gives_advice(str(theirs.value))
    assert _reason(theirs.value) == f"UnpicklingError: {FOREIGN}"
    assert _reason(MemoryError("no room")) == "MemoryError: no room"


def test_the_environment_does_not_turn_the_checks_off(tmp_path, monkeypatch):
    """Where a package calls torch.load without a word on it, as RobustBench does."""
    (tmp_path / "a.pt").write_bytes(saved({"a": Trap(tmp_path / "sprung")}))
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with weights_only(), pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pt")
    assert os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] == "1"
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_cache_of_decoded_images_is_refused_in_words_of_ours(tmp_path):
    from tests.training.test_train import write_parquet
    from training.data import load_images

    write_parquet(tmp_path / "stripes_train.parquet", 4, 0)
    (tmp_path / "stripes_classes.json").write_text('["a", "b", "c", "d"]')
    load_images(tmp_path, "train", tmp_path / "cache")
    (labels,) = (tmp_path / "cache").glob("*-labels.npy")
    labels.write_bytes(pickle.dumps(["words"]))
    with pytest.raises(BadConfig, match="is damaged: delete both") as refusal:
        load_images(tmp_path, "train", tmp_path / "cache")
    assert not ADVICE.search(
        "".join(traceback.format_exception(refusal.value)).replace("allow_pickle=allow", "")
    )
    assert isinstance(refusal.value, MaltError)
