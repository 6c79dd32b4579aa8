"""What the tests of the command line share."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.calls import RUNS, Attack, call


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
    from malt_core.images.gallery import open_photo

    path = tmp_path / "photo.png"
    open_photo("cat").resize((48, 48)).save(path)
    return path
