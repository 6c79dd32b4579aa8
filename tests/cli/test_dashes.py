"""Names that begin with a dash, and names that are empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from malt_core.cli.main import parse
from tests.cli.calls import call, refused

QUICK = ("--steps", "1", "--targets", "1", "--candidates", "1")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["-d.png", "-h.png", "--eps.png", "-1", "-d"])
def test_a_file_that_begins_with_a_dash_is_attacked(here, name):
    """Issue 20: IMAGE was said to be missing."""
    Image.new("RGB", (40, 30), (250, 120, 20)).save(here / name, "PNG")
    status, out, err = call("attack", name, *QUICK, "--out", "-results", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["image"]["name"] == name
    assert (here / "-results" / "run.json").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("attack", "-d.png"), "attack: there is no option -d.png; if it is a file, write ./-d.png"),
        (("attack", "gallery:cat", "-q"), "there is no option -q"),
        (("attack", "gallery:cat", "-eps", "2/255"), "there is no option -eps; did you mean --eps?"),
        (("attack", "--unknown"), "there is no option --unknown"),
        (("attack",), "the following arguments are required: IMAGE"),
        (("attack", "--out"), "argument --out: expected one argument"),
        (("attack", "gallery:cat", "--out", "--json"), "argument --out: expected one argument"),
        (("evaluate", "--out", "o", "-d.parquet"), "there is no option -d.parquet"),
        (("attack", "./-d.png"), "There is no file ./-d.png"),
        (("attack", "--", "-d.png"), "There is no file -d.png"),
    ],
)
def test_what_is_neither_a_file_nor_an_option_is_named(here, words, says):
    refused(*words, says=says)


@pytest.mark.parametrize("nothing", ["", "  "])
@pytest.mark.parametrize(
    "words",
    [
        ("attack", "gallery:cat", "--out"),
        ("evaluate", "--data", "cifar10", "--out"),
        ("evaluate", "--out", "o", "--data", "cifar10", "--data-dir"),
        ("evaluate", "--out", "o", "--data"),
        ("attack", "--out", "o"),
    ],
)
def test_a_name_of_nothing_is_refused(here, words, nothing):
    """Issue 20: --out "" spilt five files into the current folder."""
    refused(*words, nothing, says=", not nothing")
    assert not list(here.iterdir())


def test_values_that_begin_with_a_dash_are_values():
    words = ["evaluate", "--data", "-d", "--out=-o", "--eps", "-1/255", "--json", "--data-dir", "-e"]
    args = parse(words)
    found = (args.data, str(args.out), args.eps, args.json, str(args.data_dir))
    assert found == ("-d", "-o", "-1/255", True, "-e")


@pytest.mark.parametrize(
    ("module", "flag"), [("export", "--to"), ("train", "--out"), ("measure", "--weights")]
)
def test_training_refuses_names_of_nothing_too(module, flag, capsys):
    from importlib import import_module

    with pytest.raises(SystemExit):
        import_module(f"training.{module}").main([flag, ""])
    assert f"argument {flag}: expected a path, not nothing" in capsys.readouterr().err
