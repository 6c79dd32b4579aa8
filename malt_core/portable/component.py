"""What a page that has a server sends to a browser so that the browser computes: scripts and files."""

from __future__ import annotations

import re
from functools import cache

from malt_core.portable.bundle import bundle
from malt_core.storage.assets import assets_folder

_BROWSER = assets_folder() / "browser"


@cache
def page_script() -> str:
    """Return the component's JavaScript, one module whose default export draws it."""
    text = bundle(_BROWSER / "app" / "attack.js")
    last = re.findall(r"^const (module\d+) = ", text, re.M)[-1]
    return f"{text}\nexport default {last}.mount;\n"


def page_style() -> str:
    """Return its CSS."""
    return (_BROWSER / "app" / "attack.css").read_text("utf-8")


def page_html() -> str:
    """Return its HTML."""
    return (_BROWSER / "app" / "attack.html").read_text("utf-8")


@cache
def worker_script() -> bytes:
    """Return the script of the worker that computes."""
    return bundle(_BROWSER / "engine" / "worker.js").encode()


@cache
def wasm_file() -> bytes:
    """Return ONNX Runtime's WebAssembly, packed with gzip."""
    return (_BROWSER / "runtime" / "ort-wasm-simd-threaded.wasm.gz").read_bytes()
