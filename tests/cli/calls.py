"""Command lines run in this process, and what an attack leaves."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from malt_core.cli import main as cli
from malt_core.models.classes import class_names

ROOT = Path(__file__).resolve().parents[2]
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

    @property
    def saved(self) -> str:
        """The picture that a PNG can hold of what was found: below 1/255 only the original."""
        return "adversarial" if (self.folder / "adversarial.png").exists() else "original"

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def refused(*words: str, says: str) -> None:
    """Exit status 2, nothing on standard output, and one line that holds these words."""
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err


RUNS = {
    "rocket": "gallery:rocket --eps 1/255",
    "cat": "gallery:cat --eps 8/255 --json",
    "none": "gallery:cat --eps 0.1/255 --steps 5 --targets 2 --all-steps",
    "l2": "gallery:cat --norm l2 --eps 0.5 --seed 3",
    "naive": "gallery:cat --eps 2/255 --targeting naive --label CAT --candidates 5 --targets 4 --crop fit",
    "not as png": "gallery:rocket --eps 0.6/255 --targets 1 --steps 12",
    "wrong": "gallery:cat --label ship",
}
ATTACKED = [name for name in RUNS if name != "wrong"]
TINY = ["none", "not as png"]
WON = ["rocket", "cat", "l2", "naive", "not as png"]
