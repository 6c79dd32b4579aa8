"""The command `malt app`: the pages in the browser, from a checkout and from an installed wheel alike.

It becomes `streamlit run app.py`, run in the app's own folder. Streamlit reads .streamlit/config.toml beside
the script, but the one of the current folder as well: theme, port or address of whatever project somebody
stands in would mix with ours. In the app's folder the two are the same file.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from importlib.util import find_spec

from malt_core.errors import BadConfig
from malt_core.storage.assets import app_folder

HELP = "start the app in the browser"
LARGEST_PORT = 65535


def add_app(app: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    app.description = "Start the app and print its address. Ctrl-C ends it."
    app.add_argument(
        "--host",
        metavar="HOST",
        help="address to listen on (default: localhost, this computer only; 0.0.0.0 lets others in)",
    )
    app.add_argument(
        "--port", metavar="PORT", type=_port, help="port to listen on (default: 8501, or the next one free)"
    )


def start_app(args: argparse.Namespace) -> None:
    """Run the app until it is interrupted. Raises BadConfig where Streamlit is missing."""
    if find_spec("streamlit") is None:
        raise BadConfig("The app needs the package streamlit: `pip install 'malt-lab[app]'` installs it.")
    # Threads of OpenMP that wait must sleep, not spin: app.py says why. Torch reads it when it is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if chosen := os.environ.get("MALT_LAB_CACHE"):  # it may be meant from where the person stands
        os.environ["MALT_LAB_CACHE"] = os.path.abspath(os.path.expanduser(chosen))
    os.chdir(app_folder())
    sys.argv = ["streamlit", "run", "app.py"]
    sys.argv += ["--server.address", args.host] if args.host else []
    sys.argv += ["--server.port", str(args.port)] if args.port else []
    # What `python -m streamlit` does, in this process, so that Ctrl-C and signals reach Streamlit itself.
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a whole number from 1 to {LARGEST_PORT}")
    return int(text)
