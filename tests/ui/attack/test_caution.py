"""What the Attack page says beside a verdict that is not to be trusted, and how one asks for a second one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.hidden import MODEL, PLAIN, in_catalogue
from tests.helpers.pages import open_app, run_until, texts
from ui.address import common


@pytest.fixture(autouse=True)
def networks() -> Iterator[None]:
    with in_catalogue():
        _choose_anew()
        yield
    _choose_anew()


def _choose_anew() -> None:
    """Have the picker list the catalogue as it is now."""
    common.model_ids.cache_clear()
    vars(common.MODEL).pop("options", None)


def test_a_network_that_hides_its_gradient_is_not_called_robust() -> None:
    app = open_app(model=MODEL, photo="espresso", eps=1, check="always", run=1)
    run_until(app, "Not fooled, but the attack may have failed")
    said = texts(app)
    (box,) = (one.value for one in app.warning)
    assert box.startswith("**Do not take this for robustness.**")
    assert "steps along the gradient still did not fool the network" in box
    assert "**What to do:**" in box
    assert "on one picture that was left" in box
    assert "Withstood" not in said
    assert not any(button.key == "ask" for button in app.button)
    assert "--check" in "".join(code.value for code in app.code)


def test_a_second_opinion_is_one_click_from_what_withstood() -> None:
    app = open_app(model=PLAIN, photo="espresso", eps=0.05, run=1)
    run_until(app, "Withstood")
    assert not app.warning
    app.button(key="ask").click().run()
    run_until(app, "A second opinion, without gradients")
    assert app.query_params["check"] == "always"
    assert "With ε = 1, where anything goes, steps along the gradient fool it." in texts(app)
    assert "Withstood" in texts(app), "no flag, no caveat"
    assert not any(button.key == "ask" for button in app.button)
