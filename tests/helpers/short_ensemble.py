"""pyautoattack's standard ensemble, made short for tests."""

from __future__ import annotations

import pytest

from malt_core.attacks import autoattack


@pytest.fixture
def short_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    """AutoAttack with all its stages, but few steps in the long ones."""
    whole = autoattack.standard_ensemble

    def short(*args, **how):
        ensemble = whole(*args, **how)
        ensemble.apgd_targeted.n_target_classes = ensemble.fab.n_target_classes = 3
        ensemble.fab.n_iter, ensemble.square.n_queries = 4, 40
        return ensemble

    monkeypatch.setattr(autoattack, "standard_ensemble", short)
