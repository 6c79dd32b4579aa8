"""The decision plane of the Linearity page in a real browser: pointing and keys show the image of a place."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from malt_core.models.catalogue import model_info
from ui.linearity.example import stored_linearity
from ui.pictures.picture import gallery_picture

pytestmark = pytest.mark.browser

PIXELS = "it => [...it.getContext('2d').getImageData(0, 0, it.width, it.height).data]"


def shown(page: Page) -> np.ndarray:
    """The image beside the plane, (H, W, 3)."""
    values = np.array(page.locator(".mq-side canvas").evaluate(PIXELS), dtype=np.float64)
    side = int((len(values) // 4) ** 0.5)
    return values.reshape(side, side, 4)[..., :3]


def test_a_place_on_the_plane_shows_its_image(page: Page, server: subprocess.Popen) -> None:
    page.goto(f"{server.url}/linearity")
    plane = page.locator(".malt-plane")
    expect(plane).to_have_attribute("data-place", "1.000,0.000")
    stored = stored_linearity()
    found = stored.found[0]
    size = model_info(found.model).size
    original = np.asarray(gallery_picture(stored.settings.photo, size, "centre").image, dtype=np.float64)
    radius = stored.settings.eps

    area = page.locator(".mq-plane")
    assert 0.5 < np.abs(shown(page) - original).max() < radius + 0.6, "MALT's image, within ε"
    area.press("Home")
    expect(plane).to_have_attribute("data-place", "0.000,0.000")
    assert np.array_equal(shown(page), original)
    expect(page.locator(".mq-facts")).to_contain_text(model_info(found.model).classes[found.label])
    area.press("ArrowUp")
    first = next(iter(found.planes.values()))
    expect(plane).to_have_attribute("data-place", f"0.000,{2 * first.grid.reach / 40:.3f}")
    box = area.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    expect(plane).not_to_have_attribute("data-place", f"0.000,{2 * first.grid.reach / 40:.3f}")
    assert np.abs(shown(page) - original).max() > 1.5
    legend = page.locator(".mq-legend li")
    expect(legend).to_have_count(len(set(first.grid.answers)) + 5)
    page.get_by_text("The ball of ε", exact=True).first.click()
    ball = found.planes["ball"].grid
    expect(plane).to_have_attribute("data-points", str(ball.n))
    expect(legend).to_have_count(len(set(ball.answers)) + 5)
