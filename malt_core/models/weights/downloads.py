"""Files of weights: where they are cached, how they are fetched, and whether they are what they should be.

A Google Drive link can answer with a web page (virus scan, quota, sign-in) instead of the file, which then
lies in the cache as a ".pt" that nothing can read. So every file is looked at before it is used.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from malt_core.errors import ModelUnavailable
from malt_core.storage.whole_files import whole_file

if TYPE_CHECKING:
    import requests

Progress = Callable[[str, int, int | None], None]
"""Called with a message for people, the bytes done, and the bytes in total or None where unknown."""

DRIVE = "https://drive.google.com"
TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of the reply
PIECE = 256 * 1024
SMALLEST = 1024  # bytes; no checkpoint is smaller
PICKLE = b"\x80"  # how PyTorch's format before 1.6 begins; since then it is a zip archive


@dataclass(frozen=True)
class Remote:
    """A file of weights: its address, its place in the cache, and the first hex digits of its SHA-256."""

    url: str
    path: Path
    sha256: str = ""


def cache_dir() -> Path:
    """Return the folder for downloads: $MALT_LAB_CACHE, else malt-lab in the user's cache folder."""
    if chosen := os.environ.get("MALT_LAB_CACHE"):
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "malt-lab"


def drive_url(file_id: str) -> str:
    """Return the address of a Google Drive file, for a browser as well as for `fetch`."""
    return f"{DRIVE}/uc?id={file_id}"


def fetch(remote: Remote, progress: Progress) -> Path:
    """Return remote.path, downloaded if it is not there yet, and checked.

    A download gets a temporary name until it is whole and checked. A file that was there before is never
    deleted or overwritten. Raises ModelUnavailable, saying what to put where by hand.
    """
    if remote.path.exists():
        if wrong := damage(remote.path, remote.sha256):
            raise ModelUnavailable(
                f"The file {remote.path} is no usable checkpoint: {wrong}. Delete it to have it downloaded "
                f"again, or replace it by the file from {remote.url}."
            )
        return remote.path
    try:
        remote.path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(remote.path) as file:
            wrong = _download(remote, file.write, progress)
            file.flush()
            if wrong := wrong or damage(Path(file.name), remote.sha256):
                raise ModelUnavailable(
                    f"{remote.path.name} could not be downloaded: {wrong}. Fetch {remote.url} in a browser "
                    f"and save it as {remote.path}; the next try will use it."
                )
    except OSError as error:
        raise ModelUnavailable(
            f"The cache folder {remote.path.parent} cannot be written: {error.strerror or error}. "
            "Set MALT_LAB_CACHE to a folder that can."
        ) from error
    return remote.path


def damage(path: Path, sha256: str = "") -> str | None:
    """Say what is wrong with the checkpoint file at path, or None if it looks like PyTorch weights."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
    if head.lstrip()[:1] == b"<" or b"<!doctype html" in head.lower():
        title = re.search(rb"<title>\s*(.*?)\s*</title>", head, re.IGNORECASE | re.DOTALL)
        named = f" with the title {title[1].decode(errors='replace')!r}" if title else ""
        return f"it is a web page{named}, not a checkpoint"
    if size < SMALLEST:
        return f"it has only {size} bytes"
    if head.startswith(b"PK") and not zipfile.is_zipfile(path):
        return "it ends too early, as a broken-off download does"
    if not head.startswith((b"PK", PICKLE)):
        return "it is not a PyTorch checkpoint"
    if sha256:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(sha256):
            return f"its SHA-256 begins with {found[: len(sha256)]}, not with {sha256}"
    return None


def _download(remote: Remote, write: Callable[[bytes], object], progress: Progress) -> str | None:
    """Download remote.url, handing its bytes to write; say what went wrong, or None."""
    import requests

    host = urlsplit(remote.url).hostname
    try:
        with requests.Session() as session:
            session.headers["Accept-Encoding"] = "identity"  # so that Content-Length counts what arrives
            reply = session.get(remote.url, stream=True, timeout=TIMEOUT)
            if remote.url.startswith(DRIVE):
                reply = _past_drive_warning(session, reply)
            reply.raise_for_status()
            total = int(reply.headers.get("Content-Length", 0)) or None
            message, done = f"Downloading {remote.path.name}", 0
            progress(message, done, total)
            for piece in reply.iter_content(PIECE):
                write(piece)
                done += len(piece)
                progress(message, done, total)
    except requests.HTTPError as error:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    except requests.Timeout:
        return f"{host} did not answer in time"
    except requests.exceptions.ChunkedEncodingError:
        return f"the connection to {host} broke off"
    except requests.exceptions.SSLError:
        return f"the certificate of {host} was not accepted"
    except requests.ConnectionError:
        return f"there is no connection to {host}"
    except (requests.RequestException, OSError) as error:
        return str(error)
    return None


class _DriveWarning(HTMLParser):
    """Google Drive's "cannot scan this file for viruses" page: where its form leads, with which fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == "download-form":
            self.action = given.get("action")
        elif tag == "input" and self.action and given.get("type") == "hidden":
            self.fields[given.get("name", "")] = given.get("value", "")


def _past_drive_warning(session: requests.Session, reply: requests.Response) -> requests.Response:
    """Return the reply behind Google Drive's warning, or the given reply if it is no such page."""
    if not reply.headers.get("Content-Type", "").startswith("text/html"):
        return reply
    warning = _DriveWarning(reply.text)
    if warning.action is None:
        return reply
    return session.get(warning.action, params=warning.fields, stream=True, timeout=TIMEOUT)
