import pytest

from malt_core.attacks import second_opinion
from malt_core.trust import review


@pytest.fixture(autouse=True)
def no_look_at_what_is_left(monkeypatch):
    """These tests count the attack's own passes; tests/trust has what is looked at and asked afterwards."""
    monkeypatch.setattr(review, "MOST", 0)
    monkeypatch.setattr(second_opinion, "IMAGES", 0)
