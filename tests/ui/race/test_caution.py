"""A second opinion on what a race has left is one click away, and runs no attack again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from malt_core.models.catalogue import model_info
from malt_core.race.types import LaneDone
from malt_core.trust.flags import zero_gradient
from tests.helpers.hidden import MODEL, in_catalogue
from tests.helpers.pages import open_app, run_until, texts
from ui.address import common
from ui.race import job
from ui.race.link import RaceSettings
from ui.race.pictures import gallery_entry
from ui.race.work import LaneStore, lane_key

SETTINGS = RaceSettings(model=MODEL, photos=("espresso",), eps=1.0, third="fgsm")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A race of these settings, in which one attack met a gradient of zero."""
    with in_catalogue():
        common.model_ids.cache_clear()
        vars(common.MODEL).pop("options", None)
        store, entry = LaneStore(), gallery_entry("espresso", model_info(MODEL), "centre")
        for lane in SETTINGS.lanes:
            flags = (zero_gradient((0,), 3, 3),) if lane == "malt" else ()
            done = LaneDone(
                lane=lane, seconds=1.0, n_forward=1, n_backward=1, robust=1, ranks={}, flags=flags
            )
            store.put(lane_key(lane, SETTINGS, [entry]), [done])
        monkeypatch.setattr(job, "_store", lambda: store)
        yield
    common.model_ids.cache_clear()
    vars(common.MODEL).pop("options", None)


@pytest.mark.usefixtures("kept")
def test_flags_and_a_second_opinion_stand_beside_the_outcome() -> None:
    app = open_app("race", **SETTINGS.write(run=True))
    run_until(app, "What is left need not be robust: there are flags.")
    (box,) = (one.value for one in app.warning)
    assert "- MALT: **The gradient is zero" in box
    app.button(key="ask").click().run()
    run_until(app, "A second opinion, without gradients (Square, 40 queries at most)")
    assert app.query_params["check"] == "always"
    assert (
        "Shown from memory, with the times measured in an earlier race: MALT, FGSM and AutoAttack."
        in texts(app)
    )
    assert not any(button.key == "ask" for button in app.button)
