"""Which browser the tests drive. `python -m tests.browser.find` exits with 1 where there is none."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DISTRIBUTION = ("chromium", "chromium-browser", "google-chrome")


def browser_path(own: str) -> str | None:
    """Return Playwright's own browser if it is installed, else the distribution's, else None."""
    return own if Path(own).exists() else next(filter(None, map(shutil.which, DISTRIBUTION)), None)


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = browser_path(driver.chromium.executable_path)
    print(f"Browser for the tests: {found or 'none found'}")
    sys.exit(0 if found else 1)
