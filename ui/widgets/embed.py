"""The app inside another page: `?embed=true` shows the example or the result, and nothing around it."""

from __future__ import annotations

import urllib.parse

import streamlit as st

# What is left out is drawn nowhere, but for the settings: the page reads them from its widgets.
_CSS = """
.stMainBlockContainer { padding: 0.75rem 1rem 0.5rem !important; }
[data-testid="stColumn"]:has(.st-key-settings), .to-settings { display: none !important; }
[data-testid="stColumn"]:has(.st-key-results) { order: 0; }
.stMain .st-key-opening h1 { font-size: 1.15rem; }
.st-key-results .stElementContainer:has(> [data-testid="stButton"]):not(.st-key-stop),
.st-key-results .st-key-view { display: none !important; }
"""


def embedded() -> bool:
    """Whether the page is shown inside another one."""
    return st.context.is_embedded


def say_origin(text: str) -> None:
    """Say where a stored result comes from, and what the page's button would do: not where there is none."""
    if not embedded():
        st.caption(text)


def apply_embedded_style() -> None:
    """Add the styles of an embedded page."""
    st.html(f"<style>{_CSS}</style>")


def show_maker() -> None:
    """Say below an embedded page where it comes from, with a link to the same view in the app."""
    address = urllib.parse.urlsplit(st.context.url or "")
    query = urllib.parse.urlencode(st.query_params.to_dict())
    link = urllib.parse.urlunsplit((address.scheme, address.netloc, address.path or "/", query, ""))
    with st.container(key="maker"):
        st.caption(f"Made with [MALT Lab]({link})")
