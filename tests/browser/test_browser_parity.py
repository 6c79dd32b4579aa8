"""A dozen pictures of the comparison in benchmarks/browser_parity.py, on a tiny network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser_parity import LINE, PIXELS, compare
from malt_core.images.gallery import gallery
from malt_core.images.sources import open_sample
from tests.helpers.tiny_site import served, tiny_files

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

PICTURES = 12


def test_the_browser_attacks_as_the_library_does(
    page: Page, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, model = tiny_files(tmp_path, monkeypatch)
    found = []
    with served(site) as address:
        page.goto(f"{address}/?embed=1")
        expect(page.locator("#headline")).not_to_be_empty()
        for i, photo in enumerate(gallery()[:PICTURES]):
            x = open_sample(f"gallery:{photo.id}", model.info.size, crop="centre").x
            eps = (0.5, 1, 4)[i % 3] / 255
            found.append(compare(page, model, x, eps=eps, steps=5, targets=3, candidates=6))
    assert all(one.order and one.verdict and one.honest for one in found)
    assert max(one.margin for one in found) < LINE
    assert max(one.linear for one in found) < LINE
    assert max(one.iterates for one in found) < PIXELS
    assert {one.success for one in found} == {True, False}
