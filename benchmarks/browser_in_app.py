"""Ten attacks in a browser, and the processor time that the app's server takes meanwhile.

    python -m benchmarks.browser_in_app [--model tiny-imagenet/standard]

Starts the app and Chromium. The first attack, for which the network is written and loaded, is not counted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, free_port
from tests.browser.driving import PATIENCE, wait_for
from tests.browser.find import browser_path

ATTACKS = 10


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def attack(page: Page) -> None:
    """Press Attack, and wait for the result."""
    page.locator(".st-key-attack button").click()
    expect(page.locator(".malt-browser")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".malt-browser")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".malt-player canvas").first).to_be_visible(timeout=PATIENCE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny-imagenet/standard")
    parser.add_argument("--eps", default="4")
    args = parser.parse_args()
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            return urllib.request.urlopen(f"http://localhost:{port}/_stcore/health").status == 200
        except OSError:
            return False

    try:
        wait_for(answers, "the server")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=browser_path(driver.chromium.executable_path), args=FLAGS
            )
            page = browser.new_page()
            page.goto(
                f"http://localhost:{port}/?photo=espresso&model={args.model}&engine=browser"
                f"&budget=published&eps={args.eps}"
            )
            expect(page.locator(".st-key-attack button")).to_be_visible(timeout=PATIENCE)
            attack(page)
            time.sleep(2)
            began, before = time.monotonic(), cpu_seconds(server.pid)
            for _ in range(ATTACKS):
                attack(page)
            took, wall = cpu_seconds(server.pid) - before, time.monotonic() - began
            page.wait_for_timeout(5000)
            idle = cpu_seconds(server.pid) - before - took
            browser.close()
        print(
            f"{ATTACKS} attacks in the browser on {args.model}: {wall:.1f} s, of which the server computed "
            f"{took:.1f} s ({took / ATTACKS:.2f} s each, to check and draw results); "
            f"5 s without any attack: {idle:.1f} s."
        )
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
