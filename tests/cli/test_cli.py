"""The command line as people meet it: bad pictures, mistakes, progress, other commands."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from malt_core.cli import main as cli
from tests.cli.calls import MODEL, ROOT, Attack, call, refused

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
        (
            bytes(30_000_001),
            "photo.png has 30.0 MB; the limit is 60 MB for a JPEG, 30 MB for all other kinds.",
        ),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, data, says):
    (tmp_path / "photo.png").write_bytes(data)
    refused("attack", str(tmp_path / "photo.png"), "--out", str(tmp_path / "o"), says=says)
    assert not (tmp_path / "o").exists()


# Mistakes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nowhere.png", "There is no file nowhere.png. Check the path, or try a photo that is always there"),
        ("cat", "There is no file cat. Did you mean gallery:cat?"),
        (".", ". is a folder: give a picture file."),
        ("gallery:cta", "Unknown gallery photo 'cta'. Did you mean 'cat'?"),
        ("gallery:", "The gallery has espresso, cat, "),
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
        ("gallery:cat --eps nan", "--eps 'nan' is not a number: write it as 4/255"),
        ("gallery:cat --eps inf", "--eps 'inf' is not a number: write it as 4/255"),
        ("gallery:cat --norm l2 --eps 0", "--eps is 0, but"),
        ("gallery:cat --eps", "--eps: expected one argument"),
        ("gallery:cat --model resnet18-cifar10", "Did you mean 'autoattack/resnet18-cifar10'?"),
        ("gallery:cat --model Wang2023Beter_WRN-28-10", "/Wang2023Better_WRN-28-10'"),
        ("gallery:cat --model ???", "`malt models` lists all."),
        ("gallery:cat --label kat", "Unknown class 'kat'. Did you mean 'cat'?"),
        ("gallery:cat --label 10", "There is no class 10: they are numbered from 0 to 9."),
        ("gallery:cat --label -1", "There is no class -1: they are numbered from 0 to 9."),
        ("gallery:cat --targeting best", "invalid choice: 'best' (choose from 'malt', 'naive')"),
        ("gallery:cat --norm l1", "invalid choice: 'l1' (choose from 'linf', 'l2')"),
        ("gallery:cat --crop middle", "Unknown crop 'middle': choose centre, fit or a frame"),
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
    [((), "required: COMMAND"), (("atack",), "invalid choice: 'atack' (choose from")],
)
def test_commands_are_named(words, says):
    refused(*words, says=says)


def test_a_picture_that_may_not_be_read(picture, monkeypatch):
    opened = Path.open

    def forbidden(path: Path, *how: object, **more: object) -> object:
        if path == picture:
            raise PermissionError(13, "Permission denied", str(picture))
        return opened(path, *how, **more)

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
    from malt_core.export import files

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    says = f"Cannot write to {tmp_path}: No space left on device."
    refused("attack", "gallery:rocket", *QUICK, "--out", str(tmp_path), says=says)


@pytest.mark.parametrize("file", range(1, 6))
@pytest.mark.slow
def test_a_second_run_that_fails_half_way_leaves_the_first_whole(tmp_path, monkeypatch, file):
    """Issue 20: the new original.png lay beside the old run.json."""
    words = ("--steps", "2", "--targets", "1", "--candidates", "2", "--out", str(tmp_path))
    assert call("attack", "gallery:cat", *words)[0] == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real, count = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == file:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    refused("attack", "gallery:rocket", *words, says=f"Cannot write to {tmp_path}: No space left on device.")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_named_like_a_picture(tmp_path):
    (tmp_path / "adversarial.png").mkdir()
    (tmp_path / "run.json").write_text("old")
    says = f"{tmp_path / 'adversarial.png'} is in the way. Choose another folder"
    refused("attack", "gallery:rocket", *QUICK, "--out", str(tmp_path), says=says)


@pytest.mark.slow
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
    from malt_core.attack_run import run

    def interrupted(*_: object, **__: object) -> Iterator[object]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(run, "attack_and_measure", interrupted)
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
    assert any(re.match(r"Target 1, \w+: step 1 of at", text) for text in shown)
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
    flags = set(re.findall(r"--[a-z-]+", text))
    names = "model arch classes mean std size label norm eps targets candidates steps targeting target "
    names += "all-steps seed crop out device "
    names += "formats all-formats survives check eot json help"
    assert flags == {f"--{name}" for name in names.split(" ")}
    assert "(default: what `models` suggests for the model; 0.5 for l2)" in text
    assert "default: imagenet/efficientnet-lite0" in text
    assert "(default: 100)" in text
    assert "gallery:ID with one of espresso, " in text


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


@pytest.mark.slow
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
        "import sys; from malt_core.cli.main import main; status = main(sys.argv[1:]); "
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
