"""The Benchmark page without a browser (Streamlit's AppTest), with the real model."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from malt_core.datasets.in_memory import first_images, gallery_data
from malt_core.evaluation.report import Report, report_from_json, report_to_json
from malt_core.evaluation.types import Corrupt
from tests.helpers.pages import PATIENCE, ROOT, open_app, texts
from tests.helpers.reports import report
from ui.benchmark import settings, store
from ui.compute.session import queue

EMPTY = "or hand in a report.json"
WANG = "robustbench/cifar100/Linf/Wang2023Better_WRN-28-10"


def open_page() -> AppTest:
    app = open_app().switch_page("pages/benchmark.py").run()
    assert not app.exception
    return app


@pytest.fixture
def one_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single photograph of the gallery is evaluated."""
    monkeypatch.setattr(settings, "gallery_data", lambda info: first_images(gallery_data(info), 1))


def open_with_cifar10() -> AppTest:
    """The page with the quickest network."""
    return open_page().selectbox(key="model").set_value("autoattack/resnet18-cifar10").run()


def hand_in(app: AppTest, **reports: Report | bytes) -> AppTest:
    """Upload these files, a Report as the file that it is written to."""
    files = [
        (f"{name}.json", one if isinstance(one, bytes) else json.dumps(report_to_json(one)).encode(), "x")
        for name, one in reports.items()
    ]
    (uploader,) = (found for found in app.file_uploader if found.label == "Reports")
    uploader.set_value(files).run()
    assert not app.exception
    return app


def run_while(app: AppTest, condition: Callable[[], bool]) -> AppTest:
    """Run the page again, as its polling does in a browser, as long as the condition holds."""
    until = time.monotonic() + PATIENCE
    while condition():
        assert time.monotonic() < until, texts(app)
        time.sleep(0.1)
        app.run()
        assert not app.exception
    return app


def doing(app: AppTest) -> str:
    return " ".join(bar.proto.text for bar in app.get("progress"))


def rows(app: AppTest, column: str) -> list[dict]:
    """The table that has this column."""
    (table,) = (table.value for table in app.dataframe if column in table.value)
    return table.to_dict("records")


@pytest.fixture(autouse=True)
def no_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "examples", lambda: ())


def test_first_words_need_no_torch() -> None:
    code = (
        "import sys, ui.benchmark.settings, ui.benchmark.job, ui.benchmark.result, ui.benchmark.downloads,"
        " malt_core.comparison.figures;"
        "heavy = {'torch', 'torchvision', 'robustbench', 'pyarrow'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_an_empty_page_says_how_to_begin() -> None:
    app = open_page()
    assert EMPTY in texts(app)
    assert not app.button(key="evaluate").disabled


def test_the_address_holds_the_settings() -> None:
    app = open_app()
    for name, value in {"model": "tiny-imagenet/standard", "eps": "1, 2", "attacks": "naive,bad"}.items():
        app.query_params[name] = value
    app.switch_page("pages/benchmark.py").run()
    assert "2 evaluations of" in texts(app)
    assert "attack “bad”" in texts(app)
    app.radio(key="norm").set_value("l2").run()
    assert app.query_params["norm"] == "l2"
    assert app.query_params["eps"] == "0.5"
    assert app.query_params["model"] == "tiny-imagenet/standard"
    assert not app.exception


def test_examples_are_shown_until_there_is_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "examples", lambda: (report("wffr"), report("wfrr", "naive")))
    app = open_page()
    assert "An example, computed ahead" in texts(app)
    assert app.subheader[0].value.startswith(
        "The network gets 3 of 4 images right, but only 1 of them after both"
    )
    assert "The network tests/tiny on 4 images (pets), attacked by MALT and Naive targeting at" in texts(app)
    hand_in(app, mine=report("rrr"))
    assert "An example" not in texts(app)
    assert app.subheader[0].value.startswith("The network gets 3 of 3 images right, and all of them also")


def test_reports_are_compared() -> None:
    app = hand_in(
        open_page(),
        malt=report("wffrf", labels=[0, 0, 1, 1, 2]),
        naive=report("wfrrf", "naive", labels=[0, 0, 1, 1, 2]),
        broken=b"{}",
    )
    assert [error.value for error in app.error] == ["broken.json is no report of `malt evaluate`."]
    assert app.subheader[0].value == (
        "The network gets 4 of 5 images right, but only 1 of them after both attacks, which change each "
        "colour value by at most 4/255."
    )
    assert "upper bound" in texts(app)
    assert "With so few images" in texts(app)
    assert "Fooled by one attack alone: MALT 1." in texts(app)
    overview = rows(app, "95% interval")
    assert [(row["report"], row["images"], row["clean (%)"], row["robust (%)"]) for row in overview] == [
        ("MALT", 5, 80, 20),
        ("Naive targeting", 5, 80, 40),
    ]
    assert rows(app, "image") == [
        {"image": "image 2", "class": "dog", "MALT": "ship", "Naive targeting": "withstood"}
    ]


def test_images_that_could_not_be_read_are_named() -> None:
    lost = Corrupt(index=5, name="row 5 (*a*.png)", reason="row 5 (*a*.png) is damaged.")
    app = hand_in(open_page(), malt=dataclasses.replace(report("wffrf"), corrupt=(lost,)))
    assert len(app.warning) == 1
    assert "1 image of pets could not be read" in texts(app)
    assert "row 5 (*a*.png) is damaged" in texts(app)


def test_two_reports_of_one_attack_are_not_two_attacks() -> None:
    app = hand_in(open_page(), few=report("ff"), many=report("ffrrf"))
    assert "5 of 5 images right, but only 2 of them after MALT" in app.subheader[0].value
    app = hand_in(open_page(), few=report("rf"), many=report("ffrrf", "naive"))
    assert "2 of 2 images right, but none of them after both attacks" in app.subheader[0].value
    assert "Only the images that are in all of these" in texts(app)


def test_what_became_of_each_image_of_one_report() -> None:
    app = hand_in(open_page(), malt=report("wfri", labels=[0, 0, 1, 1]))
    assert "1 wrong without any attack, 1 fooled, 1 withstood, 1 without a finite answer." in texts(app)
    assert [tuple(row.values()) for row in rows(app, "under attack")] == [
        ("image 0", "cat", "dog", "not attacked"),
        ("image 1", "cat", "cat", "dog"),
        ("image 2", "dog", "dog", "withstood"),
        ("image 3", "dog", "dog", "no finite answer"),
    ]


def test_by_class() -> None:
    app = hand_in(open_page(), malt=report("wffrf", labels=[0, 0, 1, 1, 2]))
    assert [tuple(row.values()) for row in rows(app, "MALT (%)")] == [
        ("cat", 2, 50, 0),
        ("dog", 2, 100, 50),
        ("ship", 1, 100, 0),
    ]


def test_reports_can_be_left_out_and_removed() -> None:
    app = hand_in(open_page(), malt=report("wffr"), naive=report("wfrr", "naive"))
    hand_in(app, again=report("wffr"))
    chosen = app.multiselect(key="benchmark_shown")
    assert chosen.options == ["MALT", "Naive targeting"], "the same report is not taken twice"
    chosen.unselect(chosen.value[0]).run()
    assert len(rows(app, "95% interval")) == 1
    app.multiselect(key="benchmark_shown").set_value([]).run()
    assert "Choose at least one report" in texts(app)
    app.button(key="remove").click().run()
    assert EMPTY in texts(app)
    assert not app.multiselect


def test_another_eps_can_be_chosen_and_makes_a_curve() -> None:
    app = hand_in(
        open_page(),
        a=report("rrrf", eps=2.0),
        b=report("rfff", eps=8.0),
        c=report("ffff", "naive", eps=8.0),
    )
    assert "Accuracy against ε" in texts(app)
    ball = app.button_group(key="benchmark_ball")
    assert ball.options == ["ε = 2/255", "ε = 8/255"]
    assert "but none of them after both attacks" in app.subheader[0].value
    ball.set_value(0).run()
    assert "but only 3 of them after MALT, which changes each colour value by at most 2/255" in (
        app.subheader[0].value
    )


def test_what_is_not_comparable_stands_side_by_side() -> None:
    app = hand_in(open_page(), a=report("rf"), b=report("ff", "naive"), c=report("rrf", model="tests/other"))
    assert "different models or data sets" in texts(app)
    assert len(rows(app, "95% interval")) == 3
    group = app.button_group(key="benchmark_group")
    assert group.options == ["tests/other on pets (1 report)", "tests/tiny on pets (2 reports)"]
    group.set_value(1).run()
    assert "2 of 2 images right" in app.subheader[0].value
    assert "none of them after both attacks" in app.subheader[0].value


def test_published_figures_stand_beside_ours() -> None:
    app = hand_in(open_page(), ours=report("rrf", eps=8.0, model=WANG))
    assert "72.58% clean, 38.83% under AutoAttack and 38.77% under MALT" in texts(app)
    assert "robustbench.github.io" in texts(app)
    app = hand_in(open_page(), ours=report("rrf", eps=4.0, model=WANG))
    assert "Published" not in texts(app)


def test_results_are_found_again_when_the_page_is_loaded_again() -> None:
    app = hand_in(open_page(), a=report("wffr"), b=report("wfrr", "naive"))
    name = app.query_params["results"]
    again = open_app()
    again.query_params["results"] = name
    again.switch_page("pages/benchmark.py").run()
    assert [row["report"] for row in rows(again, "95% interval")] == ["MALT", "Naive targeting"]
    again.button(key="remove").click().run()
    assert "results" not in again.query_params
    hand_in(app, c=report("rrrr", "apgd-ce"))
    assert app.query_params["results"] == name, "what one tab removes, another keeps"
    third = open_app()
    third.query_params["results"] = name
    third.switch_page("pages/benchmark.py").run()
    assert len(rows(third, "95% interval")) == 3
    assert "finds these results by the id in its address" in texts(third)


def test_results_that_are_gone_are_missed() -> None:
    app = open_app()
    app.query_params["results"] = "x" * 16
    app.switch_page("pages/benchmark.py").run()
    assert "results of this address are not kept any more" in texts(app)
    assert "results" not in app.query_params


def test_labels_of_another_data_set_are_noticed() -> None:
    app = hand_in(open_page(), ours=report("wwwww"))
    assert "gets none of these 5 images right" in app.subheader[0].value
    assert "Are the labels" in app.warning[0].value


@pytest.mark.parametrize("text", ["", "four", "0", "1 2 3 4 5 6 7 8 9 10 11 12 13"])
def test_unusable_eps_is_explained(text: str) -> None:
    app = open_page()
    app.text_input(key="eps").set_value(text).run()
    assert app.error
    assert app.button(key="evaluate").disabled


def test_a_run_ends_with_reports_that_stay_when_the_page_is_left(one_photo: None) -> None:
    app = open_with_cifar10()
    app.text_input(key="eps").set_value("1, 8").run()
    app.button_group(key="attacks").set_value(["malt"]).run()
    app.button(key="evaluate").click().run()
    run_while(app, lambda: bool(doing(app)))
    overview = rows(app, "95% interval")
    assert [row["report"] for row in overview] == ["MALT · 1/255", "MALT · 8/255"]
    assert overview[1]["robust (%)"] == 0
    assert "A single image is an example" in texts(app)
    assert "Accuracy against ε" in texts(app)
    app.switch_page("pages/attack.py").run()
    app.switch_page("pages/benchmark.py").run()
    assert [row["report"] for row in rows(app, "95% interval")] == ["MALT · 1/255", "MALT · 8/255"]
    assert app.text_input(key="eps").value == "1, 8", "and so do the settings"
    assert "All of it has been evaluated before." in texts(app)
    app.button(key="evaluate").click().run()
    run_while(app, lambda: bool(doing(app)))
    assert "is shown from memory" in texts(app)
    assert [row["report"] for row in rows(app, "95% interval")] == ["MALT · 1/255", "MALT · 8/255"]
    texts_of_reports = [one.text for one in app.session_state.benchmark_reports.values()]
    assert report_from_json(json.loads(texts_of_reports[1]), "it").plan.config.eps_text == "8/255"


def test_stop_keeps_what_is_done_and_ends_the_work(one_photo: None) -> None:
    app = open_with_cifar10()
    app.text_input(key="eps").set_value("0.06").run()  # AutoAttack will work at it for minutes
    app.button_group(key="attacks").set_value(["malt", "autoattack"]).run()
    app.button(key="evaluate").click().run()
    run_while(app, lambda: "AutoAttack" not in doing(app))
    app.switch_page("pages/attack.py").run()
    app.switch_page("pages/benchmark.py").run()
    assert "AutoAttack" in doing(app), "it has gone on meanwhile"
    again = open_app()
    for name in app.query_params:
        again.query_params[name] = app.query_params[name]
    again.switch_page("pages/benchmark.py").run()
    assert "AutoAttack" in doing(again), "so it does when the page is loaded again"
    app.button(key="stop").click().run()
    run_while(app, lambda: bool(doing(app)))
    assert [row["report"] for row in rows(app, "95% interval")] == ["MALT"]
    assert "1 of 2 are done: Evaluate goes on with the rest" in texts(app).replace("*", "")
    app.button(key="evaluate").click().run()
    run_while(app, lambda: "AutoAttack" not in doing(app))
    app.button(key="stop").click().run()
    run_while(app, lambda: bool(doing(app)))
    assert [row["report"] for row in rows(app, "95% interval")] == ["MALT"], "none is left behind twice"
    until = time.monotonic() + PATIENCE
    while any(queue().counts()[name] for name in ("running", "waiting")):
        assert time.monotonic() < until, queue().counts()
        time.sleep(0.05)


def test_a_parquet_file_is_evaluated_and_the_command_repeats_it() -> None:
    file = ROOT.parent / "shared" / "data" / "cifar10_test_500.parquet"
    if not file.exists():
        pytest.skip("shared/data/cifar10_test_500.parquet is not there")
    app = open_with_cifar10()
    app.radio(key="source").set_value("file").run()
    assert app.button(key="evaluate").disabled
    app.number_input(key="n").set_value(3).run()
    app.file_uploader(key="data_file").set_value(("mine.parquet", b"words", "x")).run()
    assert "mine.parquet cannot be read" in app.error[0].value
    app.file_uploader(key="data_file").set_value(("mine.parquet", file.read_bytes(), "x")).run()
    app.text_input(key="eps").set_value("8").run()
    app.button_group(key="attacks").set_value(["malt"]).run()
    app.button(key="evaluate").click().run()
    run_while(app, lambda: bool(doing(app)))
    assert "3 images" in texts(app)
    (command,) = (code.value for code in app.code if code.language == "bash")
    assert "evaluate --model autoattack/resnet18-cifar10 --data mine.parquet --n 3 --attack malt" in command
    app.switch_page("pages/attack.py").run()
    app.switch_page("pages/benchmark.py").run()
    assert "Still here: mine.parquet." in texts(app)


def test_published_networks_are_listed_the_most_robust_first() -> None:
    app = open_page()
    app.session_state["zoo"] = True
    app.run()
    listed = rows(app, "under attack (%)")
    assert listed[0]["id"].startswith("robustbench/")
    shares = [row["under attack (%)"] for row in listed]
    assert shares == sorted(shares, reverse=True)
    table = app.selectbox(key="zoo_table")
    assert len(table.options) == len(set(table.options)) >= 4
