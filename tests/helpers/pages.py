"""The app without a browser (Streamlit's AppTest): opened, run again as its polling does, and read."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.navigation import PAGES
from ui.widgets.below import PLOTLY

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


def open_app(page: str = "attack", *, drawn: bool = True, **params: object) -> AppTest:
    """A fresh tab, opened by a link to that page. drawn: a browser says by then that it has drawn the first
    screen; see ui/widgets/below.py.
    """
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    if drawn:
        app.session_state["opened"] = {PLOTLY, *(row.settings.page for row in PAGES)}
    if page != "attack":
        app.run()  # before that, AppTest knows no other pages: what the tab knows by then is forgotten
        app.switch_page(f"pages/{page}.py")
        for name in ("page", "addresses"):
            del app.session_state[name]
    for name, value in params.items():
        app.query_params[name] = str(value)
    return app.run()


def texts(app: AppTest) -> str:
    """All words on the page, without the backslashes of ui.widgets.markdown."""
    parts = (app.title, app.subheader, app.markdown, app.caption, app.warning, app.error, app.info)
    return re.sub(r"\\(.)", r"\1", "\n".join(element.value for kind in parts for element in kind))


def run_until(app: AppTest, words: str) -> AppTest:
    """Run the page again, as its polling does in a browser, until it says these words."""
    until = time.monotonic() + PATIENCE
    while words not in texts(app):
        assert not app.exception, app.exception
        assert time.monotonic() < until, texts(app)
        time.sleep(0.1)
        app.run()
    return app


def png(width: int = 40, height: int = 30, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
