import hashlib
import io
from pathlib import Path

import pytest
import torch

from malt_core.errors import ModelUnavailable
from malt_core.models.weights import downloads
from malt_core.models.weights.downloads import Remote, cache_dir, damage, drive_url, fetch
from tests.models.webserver import Page, Server

QUOTA = (
    b"<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>Sorry</body></html>"
)
WARNING = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>
<form action="{url}/download" id="download-form" method="get"><input type="submit" value="Download anyway"/>
<input type="hidden" name="id" value="the-id"><input type="hidden" name="confirm" value="t"></form>
</body></html>"""


def checkpoint(**options) -> bytes:
    buffer = io.BytesIO()
    torch.save({"weight": torch.arange(400_000.0)}, buffer, **options)
    return buffer.getvalue()


def silent(message: str, done: int, total: int | None) -> None:
    pass


@pytest.fixture
def remote(server: Server, tmp_path: Path) -> Remote:
    return Remote(f"{server.url}/model.pt", tmp_path / "cache" / "sub" / "model.pt")


def left_behind(remote: Remote) -> list[str]:
    return [file.name for file in remote.path.parent.iterdir()]


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_a_download_arrives_whole_and_shows_progress(server: Server, remote: Remote, options: dict) -> None:
    body = checkpoint(**options)
    server.pages["/model.pt"] = Page(body)
    seen: list[tuple[str, int, int | None]] = []
    assert fetch(remote, lambda *step: seen.append(step)) == remote.path
    assert remote.path.read_bytes() == body
    assert left_behind(remote) == ["model.pt"]
    done = [step[1] for step in seen]
    assert done[0] == 0
    assert done[-1] == len(body)
    assert done == sorted(done)
    assert len(done) > 3
    assert {(message, total) for message, _, total in seen} == {("Downloading model.pt", len(body))}


def test_a_file_in_the_cache_is_not_fetched_again(server: Server, remote: Remote) -> None:
    remote.path.parent.mkdir(parents=True)
    remote.path.write_bytes(checkpoint())
    assert fetch(remote, silent) == remote.path
    assert server.asked == []


def test_google_drives_virus_warning_is_passed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "DRIVE", server.url)
    server.pages["/uc?id=the-id"] = Page(WARNING.format(url=server.url).encode(), content_type="text/html")
    server.pages["/download?id=the-id&confirm=t"] = Page(checkpoint())
    path = fetch(Remote(drive_url("the-id"), tmp_path / "model.pt"), silent)
    assert damage(path) is None


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(QUOTA, content_type="text/html"), "a web page with the title 'Google Drive - Quota exceeded'"),
        (Page(checkpoint()[:5000], claimed_length=9000), "broke off"),
        (Page(checkpoint()[:5000]), "it ends too early"),
        (Page(b"gone", status=404), "127.0.0.1 answered 404 Not Found"),
        (Page(b"\x80\x02"), "it has only 2 bytes"),
        (Page(b"hello " * 1000), "it is not a PyTorch checkpoint"),
    ],
)
def test_a_bad_download_says_what_to_do_by_hand(
    server: Server, remote: Remote, monkeypatch: pytest.MonkeyPatch, page: Page, reason: str
) -> None:
    monkeypatch.setattr(downloads, "DRIVE", server.url)
    server.pages["/model.pt"] = page
    with pytest.raises(ModelUnavailable) as failed:
        fetch(remote, silent)
    message = str(failed.value)
    assert message.startswith("model.pt could not be downloaded: ")
    assert reason in message
    assert f"Fetch {remote.url} in a browser and save it as {remote.path}" in message
    assert "\n" not in message
    assert left_behind(remote) == []


def test_without_a_network_the_message_names_the_host(tmp_path: Path) -> None:
    unused = Remote("http://127.0.0.1:9/model.pt", tmp_path / "model.pt")
    with pytest.raises(ModelUnavailable, match=r"there is no connection to 127\.0\.0\.1\. Fetch http://127"):
        fetch(unused, silent)
    assert left_behind(unused) == []


def test_a_wrong_hash_is_refused(server: Server, remote: Remote) -> None:
    body = checkpoint()
    server.pages["/model.pt"] = Page(body)
    with pytest.raises(ModelUnavailable, match=r"SHA-256 begins with .{8}, not with 0123abcd"):
        fetch(Remote(remote.url, remote.path, "0123abcd"), silent)
    right = hashlib.sha256(body).hexdigest()[:8]
    assert fetch(Remote(remote.url, remote.path, right), silent).exists()


def test_a_users_own_file_is_refused_but_kept(server: Server, remote: Remote) -> None:
    remote.path.parent.mkdir(parents=True)
    remote.path.write_bytes(QUOTA)
    with pytest.raises(
        ModelUnavailable, match=r"no usable checkpoint: it is a web page.*Delete it"
    ) as failed:
        fetch(remote, silent)
    assert str(remote.path) in str(failed.value)
    assert remote.url in str(failed.value)
    assert remote.path.read_bytes() == QUOTA
    assert server.asked == []


def test_a_cancelled_download_leaves_nothing(server: Server, remote: Remote) -> None:
    server.pages["/model.pt"] = Page(checkpoint())

    def cancel(message: str, done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(remote, cancel)
    assert left_behind(remote) == []


def test_an_unwritable_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelUnavailable, match=r"cannot be written: .*Set MALT_LAB_CACHE"):
        fetch(Remote("http://127.0.0.1:9/model.pt", tmp_path / "file" / "model.pt"), silent)


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALT_LAB_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("MALT_LAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "malt-lab"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == Path.home() / ".cache" / "malt-lab"
