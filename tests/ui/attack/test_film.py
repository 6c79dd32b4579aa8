"""The film of the Attack page: made in the queue, with how far it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise

import av
from PIL import Image

from malt_core.attack_run.movie import FRAMES, HOLD
from tests.helpers.example_run import example_run
from ui.attack import work


def test_a_kept_run_is_filmed_without_attacking_again() -> None:
    *events, film = work.film(example_run, None, None)(None)
    assert len(events) == FRAMES + HOLD + 2
    assert all(isinstance(event, work.Filming) for event in events)
    assert all(0 < a.share <= b.share < 1 for a, b in pairwise(events))
    assert Image.open(io.BytesIO(film.files["gif"])).n_frames >= 24
    with av.open(io.BytesIO(film.files["mp4"])) as opened:
        assert len([*opened.decode(video=0)]) == FRAMES + HOLD


def test_what_the_picture_shows_makes_another_film() -> None:
    keys = {work.film_key("run", truth) for truth in (None, frozenset(), frozenset({3}), frozenset({4}))}
    assert len(keys) == 4


def test_where_no_run_is_kept_it_is_attacked_again() -> None:
    def again(_model: object) -> Iterator[object]:
        yield "an event of the attack"
        yield work.Outcome(example_run(), None)

    first, *_, last = work.film(lambda: None, again, None)(None)
    assert first == "an event of the attack"
    assert isinstance(last, work.Film)
