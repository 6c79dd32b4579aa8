import pytest

from malt_core.attacks import second_opinion


@pytest.fixture(autouse=True)
def a_short_second_opinion(monkeypatch):
    """These tests are of what raises a flag, not of what is asked then."""
    monkeypatch.setattr(second_opinion, "QUERIES", 10)
    monkeypatch.setattr(second_opinion, "BOX_STEPS", (0.25, 0.25))
