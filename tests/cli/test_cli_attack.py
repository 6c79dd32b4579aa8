"""`attack` as people meet it: what real runs with a real, offline model write and print."""

from __future__ import annotations

import html
import json
import math
import os
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from malt_core.models.loaders import load_model
from tests.cli.calls import (
    ATTACKED,
    FILES,
    MODEL,
    NAMES,
    RUNS,
    TINY,
    WON,
    Attack,
    call,
    no_constant,
    refused,
)


def logits(pixels: np.ndarray) -> np.ndarray:
    """The model's answer to an image of whole steps, asked without the attack's own code."""
    x = torch.from_numpy(pixels / 255).permute(2, 0, 1)[None].float().contiguous()
    with torch.no_grad():
        return load_model(MODEL)(x)[0].double().numpy()


def softmax(z: np.ndarray) -> np.ndarray:
    weights = np.exp(z - z.max())
    return weights / weights.sum()


# What a run writes ------------------------------------------------------------------------------------------


def files_of(name: str) -> list[str]:
    """What a run leaves: below 1/255 the floats, since a PNG would be the original."""
    without = {"wrong": {"figure.html"}}.get(name, set()) | ({"adversarial.png"} if name in TINY else set())
    return sorted({*FILES, *(["adversarial.npy"] if name in TINY else [])} - without)


@pytest.mark.parametrize("name", ATTACKED)
@pytest.mark.slow
def test_all_files_are_written_at_the_models_resolution(run, name):
    attack = run(name)
    assert attack.files() == files_of(name)
    for picture in ("original", "perturbation"):
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
        "faithful": bool,
        "check": bool,
        "eot": int,
        "flags": list,
        "second_opinion": type(None),
        "refused": bool,
        "survives": type(None),
        "format_version": int,
        "aim": type(None),
        "reached": bool,
        "margin_left": type(None) if wrong else float,
        "clean_top": list,
        "device": str,
        "largest_change": float,
        "ssim": float,
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
    clean, saved = (softmax(logits(attack.pixels(which))) for which in ("original", attack.saved))
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
    change = attack.pixels(attack.saved) - attack.pixels("original")
    size = abs(change).max() if record["norm"] == "linf" else np.sqrt((change**2).sum())
    assert size / 255 <= record["eps"] + 1e-9
    assert record["perturbation_norm"] <= record["eps"] + 1e-6
    if record["survives_png"]:
        assert record["perturbation_norm"] == pytest.approx(size / 255, abs=1e-6)
    assert (size > 0) == (name not in ("none", "not as png", "wrong"))


@pytest.mark.parametrize("name", ATTACKED)
def test_the_perturbation_png_shows_the_signed_change(run, name):
    attack = run(name)
    change = attack.pixels(attack.saved) - attack.pixels("original")
    shown = attack.pixels("perturbation") - 127.5
    assert abs(shown).max() > 20, "at most 256 times as strong, however small the change"
    if change.any():
        assert (np.sign(shown[change != 0]) == np.sign(change[change != 0])).all()


@pytest.mark.parametrize("name", ATTACKED)
def test_the_ranking_is_consistent(run, name):
    record, rows = run(name).record, run(name).record["ranking"]
    z = logits(run(name).pixels("original"))
    label = record["label"]["index"]
    for row in rows:
        assert row.keys() == {
            *("index", "name", "rank", "margin", "gradient_norm", "at_least"),
            *("predicted_distance", "confidence_rank", "tried", "succeeded", "reached"),
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
        z = logits(attack.pixels(attack.saved))
        assert true[end] == pytest.approx(z[label] - z[target], abs=1e-3)
    assert (true[end] < 0) == record["success"]

    inside = np.array(true[: end + 1])
    error = inside - np.array(linear[: end + 1])
    way = np.array(t[: end + 1])
    spread = inside - np.trapezoid(inside, way)
    r2 = 1 - np.trapezoid(error**2, way) / np.trapezoid(spread**2, way)
    assert line["r2"] == pytest.approx(r2, abs=1e-6)
    if record["success"]:
        upto = error[way < line["true_crossing"]]
        assert line["max_deviation_to_crossing"] >= abs(upto).max() / true[0] - 1e-9
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
    record = attack.record
    became = record["adversarial_label"]["name"]
    before, after, result, seen, cost, straight, written = attack.out.splitlines()
    assert before.startswith(f"Before: {record['clean_label']['name']} ")
    assert before.count("%") == 5 == len(record["clean_top"])
    assert after.startswith(f"After:  {became} ")
    assert f"“ship” became “{became}”" in result
    assert "no colour value changed by more than 1/255." in result
    assert "Saved as a PNG, " in result
    assert seen.startswith("Hardly visible: ")
    assert f"{record['n_backward']} backward passes" in cost
    assert "straight" in straight
    assert written.startswith(f"Written to {attack.folder}: original.png, ")


def test_what_the_picture_shows_decides_what_a_success_is_called(run):
    """The file of the cat with and without its true name; a wrong name leaves nothing to attack."""
    assert "Fooled: “cat” became" in run("naive").out
    assert "Wrong from" not in run("naive").out


def test_no_adversarial_example_is_a_result(run):
    attack = run("none")
    record = attack.record
    assert not record["success"]
    assert not record["survives_png"]
    assert 0 < record["margin_left"] < 1
    assert sum(row["tried"] for row in record["ranking"]) == 2
    assert record["steps_total"] == 10
    nearest = min(row["predicted_distance"] for row in record["ranking"])
    assert "Withstood: the network still says “cat”." in attack.out
    assert f"The closest try left {record['margin_left']:.0%} of the lead of “cat”." in attack.out
    assert "After:" not in attack.out
    assert f"Try --eps {max(1, math.ceil(nearest * 255))}/255." in attack.out


def test_a_success_that_a_png_cannot_hold_is_kept_as_floats_and_read_again(run, tmp_path):
    attack = run("not as png")
    record = attack.record
    assert record["success"]
    assert not record["survives_png"]
    assert "the smallest ε that a PNG can hold is 1/255." in attack.out
    exact = np.load(attack.folder / "adversarial.npy", allow_pickle=False)
    assert (exact.dtype, exact.shape) == (np.float32, (3, 32, 32))
    with torch.no_grad():
        answer = int(load_model(MODEL)(torch.from_numpy(exact)[None]).argmax(1))
    assert answer == record["adversarial_label"]["index"] != record["label"]["index"]
    original = attack.pixels("original").transpose(2, 0, 1) / 255
    assert abs(exact - original).max() <= record["eps"] + 1e-6

    file = str(attack.folder / "adversarial.npy")
    words = ("attack", file, "--label", record["label"]["name"], "--out", str(tmp_path))
    status, out, _ = call(*words)
    assert status == 0
    again = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert again["clean_label"]["index"] == answer
    assert "Without any attack the model says" in out


def test_one_class_that_is_asked_for(tmp_path):
    words = ("attack", "gallery:cat", "--eps", "8/255", "--target", "Ship", "--out", str(tmp_path))
    status, out, err = call(*words)
    record = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert (status, err) == (0, "")
    assert (record["aim"]["name"], record["reached"], record["adversarial_label"]["name"]) == (
        "ship",
        True,
        "ship",
    )
    assert [row["name"] for row in record["ranking"] if row["tried"]] == ["ship"]
    assert "became “ship”, as was asked for" in out
    page = html.unescape((tmp_path / "figure.html").read_text("utf-8"))
    assert "--target 8" in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--target shp", "Unknown class 'shp'. Did you mean 'ship'?"),
        ("--target cat", "“cat” is the class that the model is to be led away from"),
        ("--target 10", "There is no class 10"),
        ("--device cuda", "--device cuda is not there: torch finds cpu only on this computer."),
        ("--device gpu", "argument --device: invalid choice: 'gpu'"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="of a computer without a GPU")
def test_targets_and_devices_that_cannot_be(tmp_path, words, says):
    refused("attack", "gallery:cat", *words.split(), "--out", str(tmp_path), says=says)


def test_an_image_that_is_wrong_already_is_reported_not_attacked(run):
    attack = run("wrong")
    record = attack.record
    assert attack.files() == files_of("wrong")
    assert (record["label"]["name"], record["clean_label"]["name"]) == ("ship", "cat")
    assert (record["success"], record["already_misclassified"]) == (False, True)
    assert (record["target"], record["linearity"], record["ranking"]) == (None, None, [])
    assert (record["steps"], record["n_backward"], record["perturbation_norm"]) == (0, 0, 0)
    assert (attack.pixels(attack.saved) == attack.pixels("original")).all()
    assert "\nWithout any attack the model says “cat” (over 99.9%), not “ship”." in attack.out
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
    _, _, said = call("attack", *run(name).words, "--out", str(tmp_path))
    assert said == f"Replaced an earlier run that was in {tmp_path}; --out takes another folder.\n"
    again = Attack((), tmp_path, 0, "", "")
    assert again.record | {"seconds": 0} == run(name).record | {"seconds": 0}
    assert again.files() == sorted([*run(name).files(), "mine.txt"])


def test_an_earlier_run_is_named_and_files_of_somebody_elses_are_left_alone(run, tmp_path):
    words = ("attack", *run("wrong").words, "--out", str(tmp_path))
    (tmp_path / "original.png").write_text("mine")
    refused(*words, says=f"{tmp_path} holds original.png, and no run.json")
    assert (tmp_path / "original.png").read_text() == "mine"
    (tmp_path / "original.png").unlink()
    assert call(*words)[2] == ""
    said = (
        f"Replaced the run on cat ({MODEL}, ε = 1/255) that was in {tmp_path}; --out takes another folder.\n"
    )
    assert call(*words)[2] == said


@pytest.mark.slow
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
    assert typed[:2] == ["malt", "attack"]
    assert call(*typed[1:], "--out", "second")[::2] == (0, "")
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
