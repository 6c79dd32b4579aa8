"""What holds for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

_MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def the_same_main() -> Iterator[None]:
    """Streamlit's AppTest leaves the app as __main__, which processes that are spawned later would run."""
    sys.modules["__main__"] = _MAIN
    yield
    sys.modules["__main__"] = _MAIN
