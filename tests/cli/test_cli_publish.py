"""`attack --all-formats --survives`, and `open`: what leaves a run, and comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from malt_core.export.formats import FORMATS
from malt_core.models.loaders import load_model
from tests.cli.calls import MODEL, call


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder of a run with everything, and what was said."""
    folder = tmp_path_factory.mktemp("everything")
    words = (
        "attack",
        "gallery:rocket",
        "--eps",
        "2/255",
        "--all-formats",
        "--survives",
        "--out",
        str(folder),
    )
    status, out, err = call(*words)
    assert status == 0
    return folder, out, err


@pytest.mark.slow
def test_every_format_is_written_and_what_takes_long_is_said(left) -> None:
    folder, out, err = left
    assert {format.file for format in FORMATS.values()} < {path.name for path in folder.iterdir()}
    assert err == "Writing way.gif, way.mp4, which takes some seconds …\n"
    assert "Enlarged to 1280 pixels, sent by a messenger" in out


@pytest.mark.slow
def test_what_survives_is_in_the_record_as_the_command_says_it(left) -> None:
    folder, _, _ = left
    record = json.loads((folder / "run.json").read_text("utf-8"))
    status, out, _ = call("survives", str(folder), "--json")
    assert status == 0
    assert record["survives"] == json.loads(out)
    assert record["survives_png"] == record["survives"][0]["fooled"]


@pytest.mark.slow
def test_open_prints_the_very_record(left) -> None:
    folder, _, _ = left
    assert call("open", str(folder / "run.malt"), "--json") == (
        0,
        (folder / "run.json").read_text("utf-8"),
        "",
    )


@pytest.mark.slow
def test_open_draws_the_same_again_without_attacking(left, tmp_path: Path) -> None:
    folder, _, _ = left
    formats = ("png", "svg", "webp", "html", "py", "malt")
    words = ("open", str(folder / "run.malt"), "--formats", ",".join(formats), "--out", str(tmp_path))
    status, out, _ = call(*words)
    assert status == 0
    assert "Written to" in out
    for name in ("run.json", "original.png", "adversarial.png", *(FORMATS[name].file for name in formats)):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.slow
def test_the_last_picture_of_the_webp_fools_wherever_the_png_does(left) -> None:
    folder, _, _ = left
    record = json.loads((folder / "run.json").read_text("utf-8"))
    *_, last = ImageSequence.Iterator(Image.open(folder / "way.webp"))
    x = torch.from_numpy(np.array(last.convert("RGB")) / 255).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        answer = int(load_model(MODEL)(x).argmax())
    assert (answer != record["label"]["index"]) == record["survives_png"]
    assert record["survives_png"], "a run in which this says something"


def test_what_fooled_nobody_survives_nothing(tmp_path: Path) -> None:
    words = ("gallery:cat", "--eps", "0.1/255", "--targets", "1", "--steps", "1", "--candidates", "2")
    status, out, _ = call("attack", *words, "--survives", "--out", str(tmp_path))
    assert status == 0
    assert "Nothing could survive, since the attack fooled nobody." in out
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["survives"] is None
