"""The few styles that Streamlit's own options cannot express."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Pictures at a model's resolution stay crisp; small pictures on buttons, which Streamlit shows at the height
# of a line, become as large as a thumb. The frame leaves its room to the results: a low header that holds the
# menu, a small title, narrow settings that stay in view beside a long result. On a phone the results stand
# above the settings; a button that stays in view leads down to these, beside the one that starts the attack.
# Words that Streamlit makes small or pale are at least 15 px and dark enough to be read from the back of a
# room; those on an open popover, which Streamlit darkens, stay legible in the dark theme.
_CSS = """
.st-key-pixels img { image-rendering: pixelated; border-radius: 0; }
:is(.st-key-picker, .st-key-earlier) button {
  height: auto; min-height: 2.5rem; padding: 3px; border-radius: 10px;
}
:is(.st-key-picker, .st-key-earlier) button img {
  max-height: none; height: 50px; width: 50px; border-radius: 7px; display: block;
}
.st-key-picker button:has(span[data-testid="stIconMaterial"]) { padding: 3px 10px; }
[data-testid="stPopoverButton"][aria-expanded="true"] { color: inherit; }
.stMain :is([data-variant="pills"], [data-variant="segmented_control"]),
.stMain :is([data-variant="pills"], [data-variant="segmented_control"]) * { color: inherit !important; }

.stMainBlockContainer { padding: 3.3rem 1.5rem 4rem; }
[data-testid="stHeader"] { height: 3rem; min-height: 3rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-navigation),
.stElementContainer:has(.stHtml > :is(style, script, [id="settings"])) { position: absolute; }
.st-key-navigation {
  position: fixed; inset: 0 4rem auto 1rem; width: auto; height: 3rem; z-index: 999991; overflow-x: auto;
  align-items: center;
}
.st-key-section { margin-bottom: -0.5rem; row-gap: 0; }
.st-key-opening { gap: 0; }
.st-key-opening :is([data-testid="stMarkdownContainer"], p) { margin: 0; }
.st-key-headline h3 { font-size: 1.15rem; padding: 0 0 0.5rem; }
.st-key-verdict { gap: 0.5rem; }
.st-key-verdict h3 { font-size: 1.2rem; padding: 0; }
.st-key-opening h1 { font-size: 1.4rem; padding: 0; line-height: 1.3; }
.js-plotly-plot :is(.xtick, .ytick) text, .js-plotly-plot :is(.xtitle, .ytitle, .legendtext),
.st-key-matrix .annotation-text { fill: currentcolor !important; }
.to-settings { display: none; }
.st-key-attack button:disabled { background: var(--st-background-color, Canvas); }
.st-key-card_text { max-width: calc(100vw - 4rem); }

[data-testid="stCaptionContainer"], [data-testid="stWidgetLabel"] :is(p, label),
.stMain :is(button, button p, input, code, [role="option"], [data-baseweb="select"]) {
  font-size: max(15px, 0.9375rem);
}
[data-testid="stCaptionContainer"] { opacity: 1; color: color-mix(in srgb, currentcolor 75%, transparent); }

@media (min-width: 641px) {
  .stElementContainer:has(.to-settings) { position: absolute; }
  [data-testid="stColumn"]:has(.st-key-settings) {
    flex: 0 0 16.5rem; min-width: 0;
    position: sticky; top: 3.3rem; align-self: flex-start; max-height: calc(100vh - 8.5rem); overflow-y: auto;
  }
  .stMain:has(.st-key-section) [data-testid="stColumn"]:has(.st-key-settings) {
    max-height: calc(100vh - 12.2rem);
  }
  [data-testid="stColumn"]:has(.st-key-results) { flex: 1 1 0; min-width: 0; }
  :is(.st-key-attack, .st-key-start) { position: sticky; bottom: 0.25rem; z-index: 5; }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.3rem 1rem 4rem; }
  .stMainBlockContainer [data-testid="stHorizontalBlock"] { gap: 1rem; }
  .st-key-navigation { inset: 0 3rem auto 0.25rem; gap: 0 !important; }
  .st-key-navigation a { gap: 0; padding: 0.25rem 0.375rem; }
  .st-key-navigation span:has(> [data-testid="stIconMaterial"]) { display: none; }
  [data-testid="stColumn"]:has(.st-key-results) { order: -1; }
  .st-key-glance { flex-direction: column; }
  .st-key-running { scroll-margin-top: 3.3rem; }
  #settings { scroll-margin-top: 4rem; }
  .stElementContainer:has(.to-settings) {
    position: sticky; bottom: 0.75rem; order: 1; align-self: flex-end; width: auto; z-index: 1000;
  }
  body:not(:has(.st-key-attack_here)) .st-key-attack {
    position: fixed; bottom: 0.75rem; left: 1rem; width: calc(100vw - 9.5rem) !important; z-index: 1000;
  }
  .to-settings {
    display: block; padding: 0.5rem 1rem; border-radius: 2rem; font-weight: 600; text-decoration: none;
    background: #1b2733; color: #ffffff; box-shadow: 0 0 0 1px #ffffff55;
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
