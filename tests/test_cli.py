"""The command line as people meet it: real runs with the real offline model, and every mistake's answer."""

from __future__ import annotations

import contextlib
import html
import io
import json
import math
import os
import re
import shlex
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core import cli
from malt_core.models.classes import class_names
from malt_core.models.loaders import load_model

ROOT = Path(__file__).resolve().parent.parent
MODEL = "autoattack/resnet18-cifar10"
NAMES = class_names("cifar10")
FILES = ["adversarial.png", "figure.html", "original.png", "perturbation.png", "run.json"]


def call(*words: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command line run in this process.

    Attacks are on MODEL, which is small and standard-trained, where no other is named.
    """
    if words[:1] == ("attack",) and "--model" not in words:
        words = ("attack", "--model", MODEL, *words[1:])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(words)
        except SystemExit as ended:
            status = ended.code
    return status, out.getvalue(), err.getvalue()


def no_constant(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


@dataclass(frozen=True)
class Attack:
    """One attack that was run, and what it left."""

    words: tuple[str, ...]
    folder: Path
    status: int
    out: str
    err: str

    @cached_property
    def record(self) -> dict:
        return json.loads((self.folder / "run.json").read_text("utf-8"), parse_constant=no_constant)

    def pixels(self, name: str) -> np.ndarray:
        with Image.open(self.folder / f"{name}.png") as image:
            assert image.mode == "RGB"
            return np.asarray(image).astype(int)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


RUNS = {
    "rocket": "gallery:rocket --eps 1/255",
    "cat": "gallery:cat --eps 8/255 --json",
    "none": "gallery:cat --eps 0.1/255 --steps 5 --targets 2",
    "l2": "gallery:cat --norm l2 --eps 0.5 --seed 3",
    "naive": "gallery:cat --eps 2/255 --targeting naive --label CAT --candidates 5 --targets 4 --crop fit",
    "not as png": "gallery:rocket --eps 0.6/255 --targets 1 --steps 12",
    "wrong": "gallery:cat --label ship",
}
ATTACKED = [name for name in RUNS if name != "wrong"]
WON = ["rocket", "cat", "l2", "naive", "not as png"]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Attack]:
    """The attack of that name in RUNS, run once."""
    done: dict[str, Attack] = {}

    def get(name: str) -> Attack:
        if name not in done:
            folder = tmp_path_factory.mktemp("cli") / "not there yet" / name
            words = tuple(shlex.split(RUNS[name]))
            done[name] = Attack(words, folder, *call("attack", *words, "--out", str(folder)))
            assert (done[name].status, done[name].err) == (0, "")
        return done[name]

    return get


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photo that the model takes for a cat, as a file."""
    from malt_core.gallery import open_photo

    path = tmp_path / "photo.png"
    open_photo("cat").resize((48, 48)).save(path)
    return path


def logits(pixels: np.ndarray) -> np.ndarray:
    """The model's answer to an image of whole steps, asked without the attack's own code."""
    x = torch.from_numpy(pixels / 255).permute(2, 0, 1)[None].float().contiguous()
    with torch.no_grad():
        return load_model(MODEL)(x)[0].double().numpy()


def softmax(z: np.ndarray) -> np.ndarray:
    weights = np.exp(z - z.max())
    return weights / weights.sum()


# What a run writes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ATTACKED)
def test_all_files_are_written_at_the_models_resolution(run, name):
    attack = run(name)
    assert attack.files() == FILES
    for picture in ("original", "perturbation", "adversarial"):
        assert attack.pixels(picture).shape == (32, 32, 3)


@pytest.mark.parametrize("name", RUNS)
def test_every_field_of_the_record_has_its_type(run, name):
    record, wrong = run(name).record, name == "wrong"
    kinds = {
        "model": str,
        "dataset": str,
        "norm": str,
        "eps": float,
        "targeting": str,
        "success": bool,
        "already_misclassified": bool,
        "steps": int,
        "steps_total": int,
        "n_targets": int,
        "n_candidates": int,
        "n_iter": int,
        "n_forward": int,
        "n_backward": int,
        "seconds": float,
        "perturbation_norm": float,
        "survives_png": bool,
        "ranking": list,
        "seed": int,
        "versions": dict,
        "loss": str,
        "image": dict,
        "label": dict,
        "clean_label": dict,
        "adversarial_label": dict,
        "target": type(None) if wrong else dict,
        "linearity": type(None) if wrong else dict,
    }
    assert {key: type(value) for key, value in record.items()} == kinds
    for key in ("label", "clean_label", "adversarial_label"):
        assert record[key]["name"] == NAMES[record[key]["index"]]
    assert all(isinstance(version, str) for version in record["versions"].values())
    assert (record["model"], record["dataset"]) == (MODEL, "cifar10")


@pytest.mark.parametrize("name", RUNS)
def test_what_the_record_says_of_the_model_is_what_the_model_says(run, name):
    attack, record = run(name), run(name).record
    clean, saved = softmax(logits(attack.pixels("original"))), softmax(logits(attack.pixels("adversarial")))
    assert record["clean_label"]["index"] == clean.argmax()
    assert record["clean_label"]["confidence"] == pytest.approx(clean.max(), abs=1e-5)
    assert record["survives_png"] == (saved.argmax() != record["label"]["index"])
    assert record["success"] == (name in WON)
    if record["success"]:
        assert record["adversarial_label"]["index"] != record["label"]["index"]
    if record["success"] and record["survives_png"]:
        assert record["adversarial_label"]["index"] == saved.argmax()
        assert record["adversarial_label"]["confidence"] == pytest.approx(saved.max(), abs=1e-5)


@pytest.mark.parametrize("name", RUNS)
def test_the_adversarial_png_is_inside_the_ball(run, name):
    attack, record = run(name), run(name).record
    change = attack.pixels("adversarial") - attack.pixels("original")
    size = abs(change).max() if record["norm"] == "linf" else np.sqrt((change**2).sum())
    assert size / 255 <= record["eps"] + 1e-9
    assert record["perturbation_norm"] <= record["eps"] + 1e-6
    if record["survives_png"]:
        assert record["perturbation_norm"] == pytest.approx(size / 255, abs=1e-6)
    assert (size > 0) == (name not in ("none", "not as png", "wrong"))


@pytest.mark.parametrize("name", ATTACKED)
def test_the_perturbation_png_shows_the_signed_change(run, name):
    attack = run(name)
    change = attack.pixels("adversarial") - attack.pixels("original")
    shown = attack.pixels("perturbation") - 127.5
    assert abs(shown).max() > 60
    if change.any():
        assert (np.sign(shown[change != 0]) == np.sign(change[change != 0])).all()


@pytest.mark.parametrize("name", ATTACKED)
def test_the_ranking_is_consistent(run, name):
    record, rows = run(name).record, run(name).record["ranking"]
    z = logits(run(name).pixels("original"))
    label = record["label"]["index"]
    for row in rows:
        assert row.keys() == {
            *("index", "name", "rank", "margin", "gradient_norm"),
            *("predicted_distance", "confidence_rank", "tried", "succeeded"),
        }
        assert row["name"] == NAMES[row["index"]]
        assert row["margin"] == pytest.approx(z[label] - z[row["index"]], abs=1e-3)
        assert row["predicted_distance"] == pytest.approx(row["margin"] / row["gradient_norm"], rel=1e-5)
        others = [value for i, value in enumerate(z) if i != label]
        assert row["confidence_rank"] == 1 + sum(value > z[row["index"]] for value in others)
    assert len(rows) == record["n_candidates"] == (5 if name == "naive" else 9)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    key = "confidence_rank" if record["targeting"] == "naive" else "predicted_distance"
    assert [row[key] for row in rows] == sorted(row[key] for row in rows)

    tried = [row for row in rows if row["tried"]]
    assert tried == rows[: len(tried)]
    assert 1 <= len(tried) <= record["n_targets"]
    assert [row["succeeded"] for row in tried] == [False] * (len(tried) - 1) + [record["success"]]
    target = next(row for row in rows if row["index"] == record["target"]["index"])
    assert record["target"] == {k: target[k] for k in ("index", "name", "rank", "confidence_rank")}
    assert target["tried"]
    assert target["succeeded"] == record["success"]
    assert record["steps"] <= record["n_iter"]
    assert record["steps"] <= record["steps_total"]
    assert record["n_backward"] >= len(rows)


def test_l2_and_linf_measure_gradients_differently(run):
    by_norm = {
        name: {row["index"]: row["gradient_norm"] for row in run(name).record["ranking"]}
        for name in ("cat", "l2")
    }
    for index, l1 in by_norm["cat"].items():
        assert by_norm["l2"][index] < l1 <= math.sqrt(3 * 32 * 32) * by_norm["l2"][index]


@pytest.mark.parametrize("name", ATTACKED)
def test_the_path_starts_at_the_original_and_goes_past_the_adversarial_image(run, name):
    attack, record = run(name), run(name).record
    line = record["linearity"]
    t, true, linear = line["t"], line["true_margin"], line["linear_margin"]
    assert len(t) == len(true) == len(linear)
    assert all(a < b for a, b in pairwise(t))
    assert (t[0], 1 in t) == (0, True)
    assert t[-1] > 1
    assert true[0] == pytest.approx(linear[0], abs=1e-4)

    followed = "adversarial_label" if record["success"] else "target"
    assert line["target"]["index"] == record[followed]["index"]
    label, target, end = record["label"]["index"], line["target"]["index"], t.index(1)
    z = logits(attack.pixels("original"))
    assert true[0] == pytest.approx(z[label] - z[target], abs=1e-3)
    if record["survives_png"]:
        z = logits(attack.pixels("adversarial"))
        assert true[end] == pytest.approx(z[label] - z[target], abs=1e-3)
    assert (true[end] < 0) == record["success"]

    inside = np.array(true[: end + 1])
    error = inside - np.array(linear[: end + 1])
    r2 = 1 - (error**2).sum() / ((inside - inside.mean()) ** 2).sum()
    assert line["r2"] == pytest.approx(r2, abs=1e-6)
    assert line["max_deviation"] == pytest.approx(abs(error).max() / (inside[0] - inside[-1]), rel=1e-6)
    for margin, found in ((true, line["true_crossing"]), (linear, line["predicted_crossing"])):
        below = [i for i, m in enumerate(margin) if m <= 0]
        assert (found is None) == (not below)
        assert found is None or t[below[0] - 1] <= found <= t[below[0]]


@pytest.mark.parametrize("name", ["rocket", "none"])
def test_the_page_loads_nothing(run, name):
    page = (run(name).folder / "figure.html").read_text("utf-8")
    assert not re.search(
        r"""(src|srcset|poster)\s*=|<(link|base|iframe|object|embed)\b|@import|url\(""", page
    )
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|import\s*\(|navigator\.sendBeacon", page)
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", page)) - {"http://www.w3.org/2000/svg"}
    assert addresses == {"https://arxiv.org/abs/2407.02240"}


def test_fit_shows_the_whole_picture_between_grey_bars(run):
    pixels = run("naive").pixels("original")
    assert run("naive").record["image"]["crop"] == "fit"
    assert (pixels[:5] == 128).all()
    assert (pixels[-5:] == 128).all()
    assert pixels[16].std() > 10


# What a run prints ------------------------------------------------------------------------------------------


def test_json_is_all_there_is_on_standard_output(run):
    attack = run("cat")
    assert attack.out == (attack.folder / "run.json").read_text("utf-8")
    assert json.loads(attack.out, parse_constant=no_constant) == attack.record


def test_success_in_sentences(run):
    attack = run("rocket")
    became = attack.record["adversarial_label"]["name"]
    lines = attack.out.splitlines()
    assert lines[0].startswith(f"“ship” became “{became}” in ")
    assert lines[0].endswith("; no colour value moved by more than 1/255.")
    assert lines[1] == "Saved as a PNG, the changed picture still fools the model."
    assert "straight" in lines[2]
    assert lines[3].startswith(f"Written to {attack.folder}: original.png, ")
    assert len(lines) == 4


def test_no_adversarial_example_is_a_result(run):
    attack = run("none")
    assert not attack.record["success"]
    assert not attack.record["survives_png"]
    assert sum(row["tried"] for row in attack.record["ranking"]) == 2
    assert attack.record["steps_total"] == 10
    assert attack.out.startswith(
        "No adversarial example found within 0.1/255: after 2 target classes and 10 steps the model still "
        "says “cat”.\nThe pictures show the closest try; it does not fool the model.\n"
    )


def test_a_success_that_a_png_cannot_hold(run):
    attack = run("not as png")
    assert attack.record["success"]
    assert not attack.record["survives_png"]
    assert "so the saved picture is the original." in attack.out.splitlines()[1]
    assert (attack.pixels("adversarial") == attack.pixels("original")).all()


def test_an_image_that_is_wrong_already_is_reported_not_attacked(run):
    attack = run("wrong")
    record = attack.record
    assert attack.files() == [name for name in FILES if name != "figure.html"]
    assert (record["label"]["name"], record["clean_label"]["name"]) == ("ship", "cat")
    assert (record["success"], record["already_misclassified"]) == (False, True)
    assert (record["target"], record["linearity"], record["ranking"]) == (None, None, [])
    assert (record["steps"], record["n_backward"], record["perturbation_norm"]) == (0, 0, 0)
    assert (attack.pixels("adversarial") == attack.pixels("original")).all()
    assert attack.out.startswith("Without any attack the model says “cat” (over 99.9%), not “ship”.")
    assert "figure.html" not in attack.out


def test_naive_targeting_and_a_label_by_name_are_on_record(run):
    record = run("naive").record
    assert record["targeting"] == "naive"
    assert record["label"] == {"index": 3, "name": "cat"}
    assert record["n_targets"] == 4


def test_settings_are_on_record(run):
    record = run("l2").record
    assert (record["norm"], record["eps"], record["seed"], record["n_iter"]) == ("l2", 0.5, 3, 100)
    assert run("cat").record["eps"] == 8 / 255


@pytest.mark.parametrize("name", ["none", "wrong"])
def test_the_same_words_write_over_an_earlier_run(run, tmp_path, name):
    (tmp_path / "run.json").write_text("old")
    (tmp_path / "figure.html").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    call("attack", *run(name).words, "--out", str(tmp_path))
    again = Attack((), tmp_path, 0, "", "")
    assert again.record | {"seconds": 0} == run(name).record | {"seconds": 0}
    assert again.files() == sorted([*run(name).files(), "mine.txt"])


def test_the_printed_command_repeats_the_run(picture, monkeypatch):
    """Whatever the file is called: the command on the page, typed into a shell, gives the same record."""
    file = 'it\'s “my” "$HOME" & 猫 \\ Ünïcode.png'
    monkeypatch.chdir(picture.parent)
    picture.rename(picture.with_name(file))
    words = [
        "attack",
        file,
        "--label",
        "3",
        "--eps",
        "2/255",
        "--steps",
        "3",
        "--targets",
        "1",
        "--seed",
        "5",
    ]
    assert call(*words, "--out", "first")[::2] == (0, "")
    page = (picture.parent / "first" / "figure.html").read_text("utf-8")
    command = html.unescape(re.search(r"<code>(.*?)</code>", page, re.DOTALL)[1])
    typed = shlex.split(command)
    assert typed[:4] == ["python", "-m", "malt_core", "attack"]
    assert call(*typed[3:], "--out", "second")[::2] == (0, "")
    first, second = (
        json.loads(Path(folder, "run.json").read_text("utf-8")) for folder in ("first", "second")
    )
    assert first | {"seconds": 0} == second | {"seconds": 0}
    assert first["image"]["source"] == file
    for name in ("original.png", "perturbation.png", "adversarial.png"):
        assert Path("first", name).read_bytes() == Path("second", name).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are always text")
def test_a_file_name_that_is_not_text(picture, monkeypatch):
    monkeypatch.chdir(picture.parent)
    name = os.fsdecode(b"caf\xe9.png")
    picture.rename(name)
    assert call("attack", name, "--steps", "1", "--targets", "1", "--json")[0] == 0
    assert json.loads(Path("malt-out", "run.json").read_text("utf-8"))["image"]["name"] == name


# Pictures ---------------------------------------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    """A PNG file that says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def noise_png() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(buffer, "PNG")
    return buffer.getvalue()


QUICK = ("--steps", "1", "--targets", "1")


def test_a_single_pixel_is_a_picture(tmp_path):
    Image.new("RGB", (1, 1), (200, 30, 60)).save(tmp_path / "dot.png")
    assert call("attack", str(tmp_path / "dot.png"), *QUICK, "--out", str(tmp_path / "o"))[::2] == (0, "")
    assert (Attack((), tmp_path / "o", 0, "", "").pixels("original") == (200, 30, 60)).all()


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    assert call("attack", str(tmp_path / "film.gif"), *QUICK, "--out", str(tmp_path / "o"))[::2] == (0, "")
    red = Attack((), tmp_path / "o", 0, "", "").pixels("original").reshape(-1, 3).mean(0)
    np.testing.assert_allclose(red, (255, 0, 0), atol=3)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "photo.png is empty (0 bytes)"),
        (b"just a text file", "photo.png is no picture, whatever its name. Pictures can be PNG, JPEG"),
        (noise_png()[:900], "photo.png is damaged, incomplete or of a rare kind. Save it anew as PNG"),
        (png_header(20_000, 20_000), "photo.png is 20,000 × 20,000 pixels; the limit is 50 million"),
        (b"<!DOCTYPE html><title>x</title>", "photo.png is a web page. Save the picture itself"),
        (bytes(30_000_001), "photo.png has over 30 MB, the limit. Save a smaller copy."),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, data, says):
    (tmp_path / "photo.png").write_bytes(data)
    refused("attack", str(tmp_path / "photo.png"), "--out", str(tmp_path / "o"), says=says)
    assert not (tmp_path / "o").exists()


# Mistakes ---------------------------------------------------------------------------------------------------


def refused(*words: str, says: str) -> None:
    """Exit status 2, nothing on standard output, and one line that holds these words."""
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nowhere.png", "There is no file nowhere.png. Check the path, or try a photo that is always there"),
        ("cat", "There is no file cat. Did you mean gallery:cat?"),
        (".", ". is a folder: give a picture file."),
        ("gallery:cta", "Unknown gallery photo 'cta'. Did you mean 'cat'?"),
        ("gallery:", "The gallery has cat, espresso, "),
        ("", "required: IMAGE"),
        ("gallery:cat --eps 0", "--eps is 0, but an attack needs room to move: give a value over 0"),
        ("gallery:cat --eps -1", "--eps is -1, but"),
        ("gallery:cat --eps -4/255", "--eps is -0.0156863, but"),
        ("gallery:cat --eps=-1", "--eps is -1, but"),
        ("gallery:cat --eps 255", "--eps is 255, but pixels run from 0 to 1"),
        ("gallery:cat --eps 2", "In steps of an 8-bit image write it as 2/255."),
        ("gallery:cat --eps abc", "--eps 'abc' is not a number: write it as 4/255 or 0.0157."),
        ("gallery:cat --eps 1/0", "--eps '1/0' is not a number"),
        ("gallery:cat --eps 8/255/2", "--eps '8/255/2' is not a number"),
        ("gallery:cat --eps nan", "--eps must be a number such as 4/255, not nan."),
        ("gallery:cat --eps inf", "--eps must be a number such as 4/255, not inf."),
        ("gallery:cat --norm l2 --eps 0", "--eps is 0, but"),
        ("gallery:cat --eps", "--eps: expected one argument"),
        ("gallery:cat --model resnet18-cifar10", "Did you mean 'autoattack/resnet18-cifar10'?"),
        ("gallery:cat --model Wang2023Beter_WRN-28-10", "/Wang2023Better_WRN-28-10'"),
        ("gallery:cat --model ???", "`python -m malt_core models` lists all."),
        ("gallery:cat --label kat", "Unknown class 'kat'. Did you mean 'cat'?"),
        ("gallery:cat --label 10", "There is no class 10: they are numbered from 0 to 9."),
        ("gallery:cat --label -1", "There is no class -1: they are numbered from 0 to 9."),
        ("gallery:cat --targeting best", "invalid choice: 'best' (choose from 'malt', 'naive')"),
        ("gallery:cat --norm l1", "invalid choice: 'l1' (choose from 'linf', 'l2')"),
        ("gallery:cat --crop middle", "invalid choice: 'middle' (choose from 'centre', 'fit')"),
        ("gallery:cat --seed -1", "--seed must be a whole number from 0 to 4294967295, not -1."),
        ("gallery:cat --seed 1.5", "--seed: expected a whole number, not '1.5'"),
        ("gallery:cat --steps 0", "--steps must be a whole number from 1 to 10000, not 0."),
        ("gallery:cat --steps x", "--steps: expected a whole number, not 'x'"),
        ("gallery:cat --targets 0", "--targets must be a whole number from 1 to 1000, not 0."),
        ("gallery:cat --candidates -3", "--candidates must be a whole number from 1 to 100000, not -3."),
        ("gallery:cat another.png", "unrecognized arguments: another.png"),
    ],
)
def test_mistakes_are_answered_in_one_line(tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    refused("attack", *shlex.split(words), says=says)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [((), "required: {attack,evaluate,models}"), (("atack",), "invalid choice: 'atack' (choose from")],
)
def test_commands_are_named(words, says):
    refused(*words, says=says)


def test_a_picture_that_may_not_be_read(picture, monkeypatch):
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(picture))

    monkeypatch.setattr(Path, "open", forbidden)
    refused("attack", str(picture), says=f"Cannot read {picture}: Permission denied.")


@pytest.mark.parametrize("inside", [False, True])
def test_a_file_in_the_way_of_the_folder(tmp_path, inside):
    (tmp_path / "out").write_text("mine")
    folder = tmp_path / "out" / "deep" if inside else tmp_path / "out"
    says = f"Cannot write to {folder}: {folder} is in the way. Choose another folder with --out."
    if inside:
        says = f"Cannot write to {folder}: "
    refused("attack", "gallery:cat", "--out", str(folder), says=says)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_may_not_be_written(tmp_path, monkeypatch):
    """Found out before the attack. Simulated, since root may write anywhere."""

    def forbidden(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", forbidden)
    says = f"Cannot write to {tmp_path}: Permission denied. Choose another folder with --out."
    refused("attack", "gallery:cat", "--out", str(tmp_path), says=says)


def test_a_disk_that_fills_up_during_the_attack(tmp_path, monkeypatch):
    from malt_core import exports

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "write", full)
    says = f"Cannot write to {tmp_path}: No space left on device."
    refused("attack", "gallery:rocket", *QUICK, "--out", str(tmp_path), says=says)


def test_a_folder_named_like_a_picture(tmp_path):
    (tmp_path / "adversarial.png").mkdir()
    says = f"{tmp_path / 'adversarial.png'} is in the way. Choose another folder"
    refused("attack", "gallery:rocket", *QUICK, "--out", str(tmp_path), says=says)


def test_a_model_that_cannot_be_downloaded(tmp_path, monkeypatch):
    import requests

    def unplugged(*_: object, **__: object) -> None:
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests.Session, "get", unplugged)
    monkeypatch.setenv("MALT_LAB_CACHE", str(tmp_path / "cache"))
    words = ("attack", "gallery:cat", "--model", "torchvision/resnet18", "--out", str(tmp_path / "out"))
    status, out, err = call(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert re.search(r"could not be downloaded: there is no connection to download\.pytorch\.org\.", err)
    place = tmp_path / "cache" / "torchvision" / "resnet18-f37072fd.pth"
    assert (
        f"Fetch https://download.pytorch.org/models/{place.name} in a browser and save it as {place}" in err
    )


def test_interruption(tmp_path, monkeypatch):
    from malt_core import study

    def interrupted(*_: object, **__: object) -> Iterator[object]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(study, "study", interrupted)
    status, out, err = call("attack", "gallery:cat", "--out", str(tmp_path))
    assert (status, out, err) == (130, "", "\nmalt_core: interrupted\n")
    assert not list(tmp_path.iterdir())


# Progress ---------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_of_progress_that_goes_away(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "30")
    with contextlib.redirect_stderr(terminal), contextlib.redirect_stdout(io.StringIO()):
        words = ("gallery:cat", "--model", MODEL, "--eps", "0.1/255", "--steps", "2", "--targets", "1")
        assert cli.main(["attack", *words, "--out", str(tmp_path)]) == 0
    shown = [text.removeprefix("\033[K") for text in terminal.getvalue().split("\r")]
    assert f"Loading {MODEL} …"[:29] in shown
    assert "Ranking the classes: 9 of 9" in shown
    assert any(re.match(r"Target 1, \w+: step 2 of at", text) for text in shown)
    assert max(map(len, shown)) <= 29
    assert shown[-1] == ""


# models and the rest ----------------------------------------------------------------------------------------


def test_models_lists_all():
    status, out, err = call("models")
    assert (status, err) == (0, "")
    assert MODEL in out
    assert "torchvision/resnet50" in out
    assert "robustbench/cifar100/Linf/Wang2023Better_WRN-28-10" in out
    count = re.search(r"^(\d+) models\. Downloads are kept in ", out, re.MULTILINE)
    assert int(count[1]) == sum("/" in line.split(" ")[0] for line in out.splitlines()) > 200


def test_models_with_a_pattern():
    for pattern in ("robustbench/cifar100/*", "ROBUSTBENCH/CIFAR100/"):
        status, out, _ = call("models", pattern)
        ids = [line.split(" ")[0] for line in out.splitlines() if line.startswith(("rob", "tor", "auto"))]
        assert status == 0
        assert len(ids) > 20
        assert all(id.startswith("robustbench/cifar100/") for id in ids)


def test_models_that_there_are_not():
    refused("models", "resnet18-cifar100", says="No model matches 'resnet18-cifar100'. Did you mean")


def test_help_names_every_option_and_default():
    status, out, _ = call("attack", "--help")
    text = " ".join(out.split())
    assert status == 0
    flags = set(re.findall(r"--[a-z]+", text))
    names = "model label norm eps targets candidates steps targeting seed crop out json help"
    assert flags == {f"--{name}" for name in names.split(" ")}
    assert "(default: 4/255)" in text
    assert "(default: 100)" in text
    assert "gallery:rocket" in text


def python(*words: str, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        **options,
    )


def test_as_a_real_process(tmp_path, run):
    """Standard output is the record, standard error silent, and the result is that of any other process."""
    folder = tmp_path / "new" / "nested"
    words = ("attack", *run("cat").words, "--model", MODEL, "--out", str(folder))
    done = python("-W", "error", "-m", "malt_core", *words, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (folder / "run.json").read_text("utf-8")
    record, known = json.loads(done.stdout), run("cat").record
    for field in ("label", "target", "success", "survives_png", "versions", "image"):
        assert record[field] == known[field], field
    confidence = known["adversarial_label"]["confidence"]
    assert record["adversarial_label"]["confidence"] == pytest.approx(confidence, abs=0.01)


def test_mistakes_are_answered_without_loading_torch(tmp_path):
    code = (
        "import sys; from malt_core.cli import main; status = main(sys.argv[1:]); "
        "assert not {'torch', 'torchvision', 'robustbench'} & set(sys.modules); sys.exit(status)"
    )
    done = python("-c", code, "attack", str(tmp_path / "gone.png"))
    assert done.returncode == 2
    assert "There is no file" in done.stderr


def test_a_reader_that_goes_away_and_an_ascii_terminal():
    """`... models | head` must not end in a traceback, whatever the terminal can show."""
    process = subprocess.Popen(
        [sys.executable, "-m", "malt_core", "models"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait(timeout=60) == 0
