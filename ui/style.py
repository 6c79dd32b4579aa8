"""The few styles that Streamlit's own options cannot express."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Pictures at a model's resolution stay crisp; the picker's thumbnails, which Streamlit shows at the height
# of a line, become as large as a thumb. Beside a long result the settings stay in view; on a phone the
# progress of an attack stands above the picture. The words on an open popover, which Streamlit darkens, stay
# legible in the dark theme.
_CSS = """
.st-key-pixels img { image-rendering: pixelated; border-radius: 0; }
.st-key-picker button { height: auto; min-height: 2.5rem; padding: 3px; border-radius: 10px; }
.st-key-picker button img { max-height: none; height: 56px; width: 56px; border-radius: 7px; display: block; }
.st-key-picker button:has(span[data-testid="stIconMaterial"]) { padding: 3px 10px; }
.stMainBlockContainer { padding-top: 3rem; }
[data-testid="stPopoverButton"][aria-expanded="true"] { color: inherit; }
@media (max-width: 640px) {
  .st-key-running { flex-direction: column-reverse; scroll-margin-top: 4rem; }
  .stMainBlockContainer [data-testid="stHorizontalBlock"] { gap: 1rem; }
}
@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-picker) {
    position: sticky; top: 3.5rem; align-self: flex-start; max-height: calc(100vh - 4rem); overflow-y: auto;
  }
}
"""


def apply_style() -> None:
    """Add them to the page."""
    if "through_app" not in st.session_state:
        # Until app.py has run once, Streamlit takes the folder pages/ for its older kind of navigation: the
        # first visitor of a fresh server who comes by a link to a page would get that page without app.py.
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.html(f"<style>{_CSS}</style>")
