"""MALT Lab in the browser: `streamlit run app.py`. Page setup, nothing else."""

import os

# Waiting OpenMP threads must sleep, not spin: two of torch's thread pools on two cores made a 15 ms step
# take 320 ms. It is read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from malt_core.storage.assets import assets_folder
from ui.compute.session import shelf
from ui.navigation import navigation
from ui.widgets.embed import embedded, show_maker

ABOUT = (
    "**MALT Lab**: adversarial attacks by mesoscopic almost linearity, after "
    "[arXiv 2407.02240](https://arxiv.org/abs/2407.02240)."
)

st.set_page_config(layout="wide", page_icon=assets_folder() / "icon.png", menu_items={"About": ABOUT})
with navigation() as page:
    st.set_page_config(page_title=f"{page.title} · MALT Lab")
    st.session_state.through_app = True  # see ui/style.py
    page.run()
    if embedded():
        show_maker()
shelf()  # after the first words are on screen, PyTorch starts to load behind them
