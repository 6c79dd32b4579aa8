"""This tab's network of its user's own, if there is one: no other tab is offered it, and no link holds it."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from malt_core.models.providers import uploaded


class _Kept:
    """id: of the network that this tab keeps, "" for none."""

    def __init__(self) -> None:
        self.id = ""

    def replace(self, id: str) -> None:
        if self.id:
            uploaded.forget(self.id)
        self.id = id

    def release(self) -> None:
        self.replace("")


@st.cache_resource(scope="session", on_release=_Kept.release, show_spinner=False)
def _kept() -> _Kept:
    return _Kept()


def own_id() -> str:
    """The id of this tab's own network, "" where there is none, or nobody's tab asks."""
    return "" if get_script_run_ctx(suppress_warning=True) is None else _kept().id


def keep(own: uploaded.Own) -> None:
    """Keep this network, until the tab is closed or gives another."""
    uploaded.add(own)
    _kept().replace(own.info.id)


def forget() -> None:
    """Keep none any more."""
    _kept().release()
