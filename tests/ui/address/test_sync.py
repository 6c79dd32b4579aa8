"""Which address a page's widgets follow."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from unittest.mock import patch

    import streamlit as st

    from ui.address import sync

    state = st.session_state
    with patch.object(sync, "by_history", lambda: state.pop("back", False)):
        page = state.get("shown", "a")
        params, way = sync.enter(page, {"eps", "run"})
        st.text(f"{way} {params}")
        if "interrupted" not in state:
            sync.followed(page, params)


def opened(**params: str) -> AppTest:
    app = AppTest.from_function(_page)
    for name, value in params.items():
        app.query_params[name] = value
    return app


def said(app: AppTest) -> str:
    app.run()
    assert not app.exception
    return app.text[0].value


def show(app: AppTest, page: str, **params: str) -> str:
    """Turn to another page; the browser shows these parameters by then."""
    app.session_state["shown"] = page
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    return said(app)


def back(app: AppTest, page: str, **params: str) -> str:
    app.session_state["back"] = True
    return show(app, page, **params)


def test_an_address_is_new_until_the_widgets_have_followed_it() -> None:
    app = opened(eps="2")
    app.session_state["interrupted"] = True
    assert said(app) == said(app) == "link {'eps': '2'}"
    del app.session_state["interrupted"]
    assert said(app) == "link {'eps': '2'}"
    assert said(app) == "None {'eps': '2'}"


def test_what_the_browser_sends_late_is_not_followed() -> None:
    app = opened()
    said(app)
    app.query_params["eps"] = "9"
    assert said(app) == "None {}"


def test_a_page_finds_the_address_that_it_was_left_with() -> None:
    app = opened(eps="2")
    said(app)
    assert show(app, "b") == "menu {}"
    assert show(app, "a") == "menu {'eps': '2'}"
    assert app.query_params["eps"] == "2"


def test_back_and_forward_are_followed() -> None:
    app = opened(eps="2")
    said(app)
    assert back(app, "a", eps="1") == "history {'eps': '1'}"
    assert said(app) == "None {'eps': '1'}"
    assert show(app, "b") == "menu {}"
    assert back(app, "a", eps="2") == "history {'eps': '2'}"


def test_another_pages_address_is_not_followed_but_replaced() -> None:
    app = opened(eps="2")
    said(app)
    assert show(app, "b", photo="cat", run="1") == "menu {}"
    assert back(app, "a", photo="cat", run="1") == "history {'eps': '2'}"
    assert dict(app.query_params) == {"eps": "2"}
