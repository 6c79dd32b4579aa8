"""The Answers page without a browser (Streamlit's AppTest)."""

from __future__ import annotations

import subprocess
import sys

from malt_core.answers import words
from malt_core.answers.types import METHODS
from tests.helpers.pages import ROOT, open_app, run_until, texts
from ui.answers import glossary
from ui.answers.example import FILE, stored_answers
from ui.answers.link import AnswersSettings


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.answers.live, ui.answers.settings, ui.answers.work;"
        "ui.answers.example.stored_answers();"
        "heavy = {'torch', 'torchvision', 'scipy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_the_example_is_small_and_of_the_settings_that_the_page_opens_with() -> None:
    stored = stored_answers()
    assert FILE.stat().st_size < 300_000
    assert stored.settings == AnswersSettings.opening()
    record = stored.known.record
    assert record.eps == stored.settings.config.eps
    assert record.finished
    assert record.malt is not None
    assert all(one.n_backward == 0 and one.queries <= record.budget for one in record.methods)
    assert {one.method for one in stored.known.shown} == {"malt", *METHODS}


def test_it_opens_with_the_example_and_computes_nothing() -> None:
    app = open_app("answers")
    assert not app.exception
    record, said = stored_answers().known.record, texts(app)
    assert glossary.EXAMPLE_OF_THIS.replace("*", "") in said.replace("*", "")
    assert words.headline(record) in said
    assert words.yardstick(record.malt) in said
    assert all(words.told(one, record) in said for one in record.methods)
    assert list(app.dataframe[0].value["method"]) == [row["method"] for row in words.rows(record)]
    assert not app.get("progress")
    assert "queries=2000" in app.code[-1].value


def test_a_link_starts_a_run_whose_numbers_are_shown() -> None:
    app = open_app("answers", queries=100, eps=60, run=1)
    run_until(app, "Evolutionary search came within ε = 60/255")
    run_until(app, glossary.BY_LINK)
    assert "Fooled within ε = 60/255 by answers alone" in texts(app)
    assert (app.dataframe[0].value["queries"].iloc[:3] <= 100).all()
    assert not app.exception


def test_stop_leaves_what_there_was() -> None:
    app = open_app("answers", queries=20000, eps=1, run=1)
    run_until(app, "Asking about “espresso”")
    app.button(key="stop").click().run()
    assert glossary.STOPPED.replace("*", "") in texts(app).replace("*", "")
    assert "Square" in texts(app)
    assert not app.exception
