"""One curve for all? Power laws on the Benchmark page."""

from __future__ import annotations

from malt_core.comparison import law_words
from malt_core.comparison.power_law import common_exponent, fit_power_law
from tests.helpers.pages import open_app, texts
from ui.benchmark import glossary
from ui.benchmark.laws import OWN, stored_curves


def test_the_stored_curves_are_fitted_and_said_of_with_their_error():
    app = open_app("benchmark")
    assert not app.exception
    laws = [fit_power_law(curve) for curve in stored_curves() if len(curve.usable) >= 3]
    assert len({curve.model for curve in stored_curves()}) >= 3
    assert len(laws) >= 3
    said = texts(app)
    assert law_words.verdict(laws, common_exponent(laws)) in said
    assert glossary.LAW_STORED in said
    table = next(one.value for one in app.dataframe if "power law" in one.value)
    assert table["exponent"].iloc[0] == law_words.exponent_text(laws[0])


def test_the_reports_own_curves_are_fitted_too_and_axes_may_be_logarithmic():
    app = open_app("benchmark")
    app.segmented_control(key="laws").set_value(OWN).run()
    app.toggle(key="log_axes").set_value(True).run()
    assert not app.exception
    assert glossary.LAW_OWN in texts(app)
