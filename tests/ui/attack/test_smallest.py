"""“How little is enough?” on the Attack page."""

from __future__ import annotations

import pytest
from torch import nn

from malt_core.models import loaders
from malt_core.models.catalogue import model_info
from tests.helpers.analytic import smooth_cnn
from tests.helpers.pages import open_app, run_until, texts

pytestmark = pytest.mark.slow

MODEL = "tiny-imagenet/distilled"


def test_one_button_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    info = model_info(MODEL)
    made = loaders.Model(info, nn.Sequential(nn.AdaptiveAvgPool2d(8), smooth_cnn(len(info.classes))))
    monkeypatch.setattr(loaders, "load_model", lambda id, **_: made)
    app = open_app("attack", model=MODEL, photo="rocket")
    app.button(key="how_little").click().run()
    run_until(app, "is enough: “")
    (number,) = [metric.value for metric in app.metric if metric.label == "The smallest ε found"]
    assert number.endswith("/255")
    assert "Searched along MALT's first" in texts(app)
    assert not app.exception
