"""Which address a page's widgets follow."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from ui.address import sync

    params, new = sync.enter(st.session_state.get("shown", "a"))
    st.text(f"{new} {params}")
    if "interrupted" not in st.session_state:
        sync.followed(params)


def said(app: AppTest) -> str:
    return app.run().text[0].value


def test_an_address_is_new_until_the_widgets_have_followed_it() -> None:
    app = AppTest.from_function(_page)
    app.query_params["eps"] = "2"
    app.session_state["interrupted"] = True
    assert said(app) == said(app) == "True {'eps': '2'}"
    del app.session_state["interrupted"]
    assert said(app) == "True {'eps': '2'}"
    assert said(app) == "False {'eps': '2'}"


def test_what_the_browser_sends_late_is_not_followed() -> None:
    app = AppTest.from_function(_page)
    said(app)
    app.query_params["eps"] = "9"
    assert said(app) == "False {}"


def test_a_page_finds_the_address_that_it_was_left_with() -> None:
    app = AppTest.from_function(_page)
    app.query_params["eps"] = "2"
    said(app)
    app.query_params.clear()
    app.session_state["shown"] = "b"
    assert said(app) == "True {}"
    app.session_state["shown"] = "a"
    assert said(app) == "True {'eps': '2'}"
    assert app.query_params["eps"] == "2"
