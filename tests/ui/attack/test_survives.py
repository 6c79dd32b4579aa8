"""“What survives?” on the Attack page."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from malt_core.models import loaders
from malt_core.models.catalogue import DEFAULT_MODEL, model_info
from tests.helpers.pages import open_app, run_until, texts


class Bright(nn.Module):
    """Says one class of everything."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(torch.zeros(len(x), dtype=torch.long), 1000).float() + 0 * x.sum()


def test_the_example_is_treated_and_asked_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = loaders.Model(model_info(DEFAULT_MODEL), Bright())
    monkeypatch.setattr(loaders, "load_model", lambda id, **_: made)
    app = open_app("attack")
    app.session_state["opened"] = {"attack"}
    app.run()
    app.button(key="what_survives").click().run()
    run_until(app, "the network does not know the original any more either")
    assert not app.exception
    assert "0 of 0" in texts(app)
