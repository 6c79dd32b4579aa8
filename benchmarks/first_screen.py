"""How long after its first words a page shows its finished example: `python -m benchmarks.first_screen`.

Starts the app itself. Each time is of a browser that has never seen the app: the first of a page is of a
fresh server as well ("cold"), the others of a server that has shown the page before ("warm", the median). A
page of yours: `--page /path=SELECTOR`, a CSS selector of what has to be there (inside components, too).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, free_port
from tests.browser.find import browser_path

PAGES = {
    "/": ".malt-player canvas",
    "/race": "[data-testid=curves]",
    "/benchmark": ".malt-figure svg",
    "/targets": ".malt-figure svg",
    "/theory": ".malt-figure svg",
    "/transfer": ".malt-matrix svg",
    "/answers": ".malt-figure svg",
}
PATIENCE = 60.0  # seconds
# When a heading and the example first take room on the screen, in milliseconds since the address was opened.
WATCH = """(selector) => {
  const shown = (element) => element?.getBoundingClientRect().height > 0;
  const find = (root) => {
    const here = root.querySelector(selector);
    if (here) return here;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
    }
  };
  const look = () => {
    if (!window.words && shown(document.querySelector("h1"))) window.words = performance.now();
    const example = window.words && find(document);
    if (shown(example)) {
      window.example = performance.now();
      window.inside = example.getBoundingClientRect().top < innerHeight;
    } else requestAnimationFrame(look);
  };
  look();
}"""


@contextmanager
def _server() -> Iterator[str]:
    """The address of a fresh server."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    until = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/_stcore/health")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def seconds(browser: Browser, address: str, selector: str) -> tuple[float, float]:
    """Open an address as somebody who has never been there, at 1366 x 768.

    Returns the seconds until the first words, and from there until the example is in the first screen.
    """
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(f"({WATCH})({selector!r})")
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.example", timeout=1000 * PATIENCE)
    words, example, inside = page.evaluate("[window.words, window.example, window.inside]")
    context.close()
    if not inside:
        raise SystemExit(f"{address}: the example is there, but below the first screen.")
    return words / 1000, (example - words) / 1000


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.first_screen", description=__doc__)
    parser.add_argument("--page", action="append", default=[], metavar="PATH=SELECTOR")
    parser.add_argument("--times", type=int, default=5, help="browsers for each page's median (default: 5)")
    asked = parser.parse_args(arguments)
    pages = dict(page.split("=", 1) for page in asked.page) or PAGES
    with sync_playwright() as driver:
        executable = browser_path(driver.chromium.executable_path)
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        print("page          first words: cold, warm   then the example: cold, warm (all)")
        for path, selector in pages.items():
            with _server() as url:
                cold = seconds(browser, url + path, selector)
                warm = [seconds(browser, url + path, selector) for _ in range(asked.times)]
            words, example = (statistics.median(column) for column in zip(*warm, strict=True))
            every = ", ".join(f"{one[1]:.2f}" for one in warm)
            print(f"{path:14}{cold[0]:6.2f} s {words:6.2f} s {cold[1]:15.2f} s {example:6.2f} s ({every})")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
