"""What a page lacks for people who do not see it, or not well: axe's rules, in light and in dark."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.")

BACKGROUND = "Number(getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/)[0])"
EXCEPTIONS: dict[str, str] = {}
"""Rule and selector of what is Streamlit's or Plotly's own markup, with the reason; there is none now."""


@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/", "Record (run.json)"),
        ("/race", "Record (race.json)"),
        ("/benchmark", "By class"),
        ("/theory", "This view as a link"),
        ("/targets", "Is the prediction true?"),
        ("/transfer", "Record (transfer.json)"),
        ("/linearity", "Which network is straighter?"),
        ("/answers", "Record (answers.json)"),
    ],
)
def test_axe_finds_nothing_serious(
    path: str, last: str, context: BrowserContext, server: subprocess.Popen
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}{path}")
    expect(page.get_by_text(last)).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
    bright, found = [], []
    for scheme in ("light", "dark"):  # the page follows at once, without being drawn anew
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(1000)
        bright.append(page.evaluate(BACKGROUND))
        found += _serious(page, scheme)
    page.close()
    assert bright[0] > 240 > 60 > bright[1]
    assert not found, "\n".join(found)


def _serious(page: Page, scheme: str) -> list[str]:
    return [
        f"{scheme}, {violation['id']}: {node['target']} {node['html'][:120]} "
        f"{node.get('failureSummary', '')[:200]}"
        for violation in axe.Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if f"{violation['id']} {node['target'][-1]}" not in EXCEPTIONS
    ]
