"""The notebook and the script that repeat a run: they show before they are run, and they run."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from malt_core import AttackConfig, load_model
from malt_core.attack_run.poster import figure_png
from malt_core.attack_run.run import attack_and_measure
from malt_core.export import snippet
from malt_core.export.notebook import notebook_bytes
from malt_core.images.pixels import to_pixels
from malt_core.images.resize import sample_of
from tests.helpers.example_run import example_run


def opened(data: bytes) -> nbformat.NotebookNode:
    notebook = nbformat.reads(data.decode(), as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_the_notebook_shows_its_figures_and_numbers_before_it_is_run() -> None:
    run = example_run()
    cells = opened(notebook_bytes(run)).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown", "code", "code"]
    figure, said, curves = (cell.outputs[0] for cell in cells if cell.cell_type == "code")
    assert base64.b64decode(figure.data["image/png"]) == figure_png(run)
    assert f"after:  {run.model.classes[run.result.adversarial_index]} (" in said.text
    assert Image.open(io.BytesIO(base64.b64decode(curves.data["image/png"]))).size == (900, 400)
    assert notebook_bytes(run) == notebook_bytes(run)


@pytest.mark.parametrize("whole_steps", [True, False])
def test_a_photograph_of_ones_own_is_in_the_code(whole_steps: bool) -> None:
    run = example_run()
    if not whole_steps:
        run = replace(run, sample=replace(run.sample, x=run.sample.x * 0.999))
    names: dict = {}
    code = snippet.picture(run).replace(f"load_model({run.model.id!r})", "given")
    exec(code, {"given": type("Given", (), {"info": run.model})}, names)
    assert (names["sample"].x == run.sample.x).all()
    assert names["sample"].name == run.sample.name


def test_a_photograph_of_the_gallery_is_named() -> None:
    code = snippet.picture(replace(example_run(), source="gallery:espresso", crop="fit"))
    assert "open_sample('gallery:espresso', model.info.size, crop='fit')" in code
    assert "base64" not in code


def test_names_are_no_markup_and_no_code() -> None:
    name = "x'); import os #`<b>*.png"
    run = example_run(name=name, classes=("<script>alert(1)</script>", *(f"*{i}*" for i in range(11))))
    for cell in opened(notebook_bytes(run)).cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")
        else:
            assert "<script>" not in cell.source.replace("\\<", "")
    compile(snippet.script_bytes(run).decode(), "run.py", "exec")


def test_settings_that_are_usual_are_left_out() -> None:
    run = replace(example_run(), config=AttackConfig(eps=4 / 255, seed=3, target=0))
    assert "AttackConfig(eps=4 / 255, seed=3, target=0)" in snippet.attack(run)


@pytest.mark.slow
def test_the_notebook_runs_as_it_is(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # Streamlit sets it, and the kernel would inherit it
    model = load_model("tiny-imagenet/standard")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sample = sample_of(Image.fromarray(pixels), name="noise.png")
    config = AttackConfig(eps=2 / 255, n_iter=4, n_targets=1, n_candidates=3)
    *_, run = attack_and_measure(model, sample, config, crop="centre")
    notebook = opened(notebook_bytes(run))
    stored = [cell.outputs[0] for cell in notebook.cells if cell.cell_type == "code"]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    figure, said, curves = (cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert said == [stored[1]], "the same answers and the same change"
    assert "image/png" in figure[-1].data
    assert "image/png" in curves[-1].data
    assert (to_pixels(sample.x) == pixels).all()
    json.dumps(notebook)
