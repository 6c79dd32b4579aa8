"""Take the README's picture of the real app: `python -m scripts.take_readme_picture URL` of the app."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from malt_core.storage.whole_files import write_whole
from tests.browser.conftest import FLAGS
from tests.browser.find import browser_path

OUT = Path(__file__).resolve().parents[1] / "docs" / "attack.png"
WIDTH, HEIGHT = 1280, 1130


def main(url: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_path(driver.chromium.executable_path), args=FLAGS
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(url)
        player = page.locator(".malt-player")
        # It rests at the end, plays once when it is seen, and comes to rest there again.
        expect(player).to_have_attribute("data-playing", "true", timeout=60_000)
        expect(player).to_have_attribute("data-playing", "false", timeout=60_000)
        for key in ("attack", "other_example"):  # Streamlit's buttons may come last
            expect(page.locator(f".st-key-{key} button").first).to_be_visible(timeout=60_000)
        write_whole(OUT, page.screenshot())
        browser.close()
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8501")
