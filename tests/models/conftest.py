"""A web server on this machine, and an empty download cache."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.webserver import Server, running


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The download cache, empty; nothing that a test loads from it is remembered."""
    from malt_core.models import loaders

    folder = tmp_path / "cache"
    monkeypatch.setenv("MALT_LAB_CACHE", str(folder))
    monkeypatch.setattr(loaders, "_models", OrderedDict())
    return folder
