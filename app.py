"""MALT Lab in the browser: `streamlit run app.py`. Navigation and page setup, nothing else."""

import os
from pathlib import Path

# Waiting OpenMP threads must sleep, not spin: two of torch's thread pools on two cores made a 15 ms step
# take 320 ms. It is read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from ui.runtime import shelf

ABOUT = (
    "**MALT Lab**: adversarial attacks by mesoscopic almost linearity, after "
    "[arXiv 2407.02240](https://arxiv.org/abs/2407.02240)."
)
ICON = Path(__file__).parent / "assets" / "icon.png"

st.set_page_config(layout="wide", page_icon=ICON, menu_items={"About": ABOUT})
page = st.navigation(
    [
        st.Page("pages/attack.py", title="Attack", icon=":material/bolt:"),
        st.Page("pages/race.py", title="Race", icon=":material/sports_score:"),
        st.Page("pages/benchmark.py", title="Benchmark", icon=":material/leaderboard:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · MALT Lab")
st.session_state.through_app = True  # see ui/style.py
page.run()
shelf()  # after the first words are on screen, PyTorch starts to load behind them
