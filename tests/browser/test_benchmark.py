"""The Benchmark page in a real browser: run a few images, take the report along, and hand it in again."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.first_screen import WATCH
from malt_core.evaluation.report import read_report, report_to_json
from tests.helpers.reports import report

pytestmark = pytest.mark.browser


def open_benchmark(page: Page, url: str) -> None:
    page.goto(f"{url}/benchmark")
    expect(page.locator("h3").first).to_contain_text("The network gets 28 of 60 images right")


def test_it_opens_with_the_conclusion_and_the_figure(page: Page, server: subprocess.Popen) -> None:
    for width, height in ((1366, 768), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        open_benchmark(page, server.url)
        expect(page.get_by_text("An example, computed ahead").first).to_be_visible()
        figure = page.locator(".st-key-accuracies .malt-figure")
        expect(figure).to_be_visible()
        box = figure.bounding_box()
        assert box["y"] + 0.8 * box["height"] < height, (width, box)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_figure_waits_neither_for_plotly_nor_for_tables(
    page: Page, server: subprocess.Popen
) -> None:
    page.add_init_script(f"({WATCH})('.malt-figure svg')")
    open_benchmark(page, server.url)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    asked = page.evaluate(
        """performance.getEntriesByType("resource").filter(({ name }) => /PlotlyChart|DataFrame/.test(name))
            .map(({ startTime }) => startTime)"""
    )
    assert min(asked) > page.evaluate("example"), "not even asked for before the figure is there"


def test_a_run_and_its_report(page: Page, server: subprocess.Popen, tmp_path: Path) -> None:
    open_benchmark(page, server.url)
    model = page.locator(".st-key-model input")
    model.fill("10 classes · ResNet-18")
    model.press("Enter")
    expect(page.get_by_text("One evaluation of")).to_be_visible()
    eps = page.locator(".st-key-eps input")
    expect(eps).to_have_value("1")  # the model's own
    page.get_by_text("More settings").click()
    page.locator(".st-key-norm").get_by_text("L2").click()
    expect(page.get_by_text("ε, one or a few (L2)")).to_be_visible()
    expect(eps).to_have_value("0.5")
    page.locator(".st-key-norm").get_by_text("L∞").click()
    expect(page.get_by_text("ε, one or a few, in 1/255")).to_be_visible()
    expect(eps).to_have_value("1")
    eps.fill("8")
    eps.press("Enter")
    page.locator(".st-key-evaluate button").click()
    expect(page.locator("h3").first).to_contain_text(
        "after MALT, which changes each colour value by at most 8/255"
    )
    expect(page).to_have_url(re.compile("results="))
    page.reload()
    expect(page.locator("h3").first).to_contain_text("by at most 8/255")
    expect(page.get_by_text("finds these results by the id in its address")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".st-key-records").get_by_role("button", name="MALT").click()
    file = tmp_path / "report.json"
    download.value.save_as(file)
    fooled = read_report(file)
    assert (fooled.counts["robust"], fooled.complete) == (0, True)

    page.locator(".st-key-remove button").click()
    expect(page).not_to_have_url(re.compile("results="))
    expect(page.locator(".st-key-records")).to_have_count(0)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(report_to_json(report("wffr", "naive", model="tests/other"))))
    (tmp_path / "none.json").write_text("{}")
    page.get_by_text("Compare reports of your own").click()
    page.locator(".st-key-own_reports input[type=file]").set_input_files(
        [file, other, tmp_path / "none.json"]
    )
    expect(page.get_by_text("none.json is no report of")).to_be_visible()
    expect(page.get_by_text("different models or data sets")).to_be_visible()
    expect(page.locator(".st-key-accuracies .malt-figure")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
