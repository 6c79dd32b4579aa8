"""What `pip install` gives: the wheel, the command `malt`, the app from the wheel, and the lock."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from malt_core import __version__
from malt_core.cli import main as cli

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PATIENCE = 60  # seconds


def files(*folders: str) -> set[str]:
    """The files of these folders of the checkout, as paths from its root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}


# The wheel --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of `pip wheel . --no-deps`, built without the separate environment that pip makes first."""
    build = pytest.importorskip("hatchling.build", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    with contextlib.chdir(ROOT):
        return folder / build.build_wheel(str(folder))


def test_the_wheel_carries_library_and_app_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        entry_points = archive.read(f"malt_lab-{__version__}.dist-info/entry_points.txt").decode()
    app = {"app.py", ".streamlit/config.toml"} | files("pages", "ui", "assets")
    assert held == files("malt_core") | {f"malt_core/app/{name}" for name in app}
    assert "malt_core/app/assets/models/tiny-imagenet-robust.safetensors" in held
    assert entry_points.split() == ["[console_scripts]", "malt", "=", "malt_core.cli.main:malt"]


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with the wheel; what it needs besides is borrowed from this one."""
    if find_spec("pip") is None:
        pytest.skip("pip, which installs the wheel, is not installed")
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ["install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    # A plain folder: what .pth files in it point to, such as this checkout, does not come along.
    site.joinpath("borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def elsewhere() -> dict[str, str]:
    """The environment variables of somebody who knows nothing of this checkout."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and not k.startswith("STREAMLIT_")}


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        words, cwd=cwd, env=elsewhere(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_the_installed_command_finds_its_own_networks(fresh, tmp_path):
    where = "import malt_core, sys; print(malt_core.__file__, *sys.path, sep='\\n')"
    package, *path = run(fresh / "python", "-c", where, cwd=tmp_path).splitlines()
    assert Path(package).is_relative_to(fresh.parent)
    assert str(ROOT) not in path
    assert run(fresh / "malt", "--version", cwd=tmp_path) == f"MALT Lab {__version__}\n"
    assert "tiny-imagenet/robust " in run(fresh / "malt", "models", "tiny-imagenet/*", cwd=tmp_path)


@pytest.mark.slow
def test_the_installed_command_attacks(fresh, tmp_path):
    said = run(fresh / "malt", "attack", "gallery:espresso", "--steps", "2", "--targets", "1", cwd=tmp_path)
    assert "espresso" in said
    assert json.loads((tmp_path / "malt-out" / "run.json").read_text("utf-8"))["model"]
    assert "<html" in (tmp_path / "malt-out" / "figure.html").read_text("utf-8")


@pytest.fixture
def address(fresh: Path, tmp_path: Path) -> Iterator[str]:
    """host:port of the app from the wheel, started in a folder that has Streamlit settings of its own."""
    (tmp_path / ".streamlit").mkdir()
    settings = '[theme]\nbase = "dark"\nfont = "monospace"\n[server]\nbaseUrlPath = "other"\n'
    (tmp_path / ".streamlit" / "config.toml").write_text(settings)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [fresh / "malt", "app", "--port", str(port)],
            cwd=tmp_path,
            env=elsewhere(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + PATIENCE
        while not answers(f"http://localhost:{port}/_stcore/health"):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield f"localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)
    # What torch says when Python goes while it is still being imported is not ours.
    said = log.read_text().partition("Stopping")[0]
    assert "Traceback" not in said, said


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url).read() == b"ok"
    except OSError:
        return False


@pytest.mark.slow
def test_the_app_of_the_wheel_shows_its_page_in_its_own_theme(address):
    """As a browser does: ask for the page, and read what comes until it is complete."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect

    ours = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    came = []
    with connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as server:
        server.send(BackMsg(rerun_script={}).SerializeToString())
        while not came or came[-1].WhichOneof("type") != "script_finished":
            came.append(ForwardMsg.FromString(server.recv(timeout=PATIENCE)))
    theme = next(message for message in came if message.HasField("new_session")).new_session.custom_theme
    assert theme.base_radius == ours["baseRadius"]
    assert theme.light.primary_color == ours["light"]["primaryColor"]
    assert theme.dark.background_color == ours["dark"]["backgroundColor"]
    assert (theme.base, theme.body_font) == (theme.LIGHT, "")  # nothing of the current folder's
    drawn = [message.delta.new_element for message in came if message.HasField("delta")]
    assert any(element.WhichOneof("type") == "heading" for element in drawn)
    assert not any(element.HasField("exception") for element in drawn)
    assert came[-1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


# The command ------------------------------------------------------------------------------------------------


def help_of(capsys: pytest.CaptureFixture, prog: str, *words: str) -> str:
    """What --help prints, on one line: names of other lengths break its lines elsewhere."""
    with pytest.raises(SystemExit) as ended:
        cli.main((*words, "--help"), prog=prog)
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("words", [(), ("attack",), ("evaluate",), ("models",), ("app",)])
def test_both_names_of_the_command_give_the_same_help(capsys, words):
    module = help_of(capsys, "python -m malt_core", *words)
    assert module.startswith("usage: python -m malt_core ")
    assert help_of(capsys, "malt", *words) == module.replace("python -m malt_core", "malt")


def test_each_name_says_its_own(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["malt", "--help"])
    for command, name in ((cli.malt, "malt"), (cli.main, "python -m malt_core")):
        with pytest.raises(SystemExit):
            command()
        assert capsys.readouterr().out.startswith(f"usage: {name} [-h]")


# The lock ---------------------------------------------------------------------------------------------------


def locked(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def direct(*extras: str) -> list[Requirement]:
    extra = (PROJECT["optional-dependencies"][name] for name in extras)
    return [Requirement(line) for line in sum(extra, start=PROJECT["dependencies"])]


LOCKS = {
    "requirements.txt": ("app", "browser"),
    "requirements-dev.txt": tuple(PROJECT["optional-dependencies"]),
}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_keeps_to_the_ranges(name):
    versions: dict[str, set[str]] = {}
    for line in locked(name):
        (exact,) = line.specifier
        assert exact.operator == "==", line
        versions.setdefault(canonicalize_name(line.name), set()).add(exact.version)
    for wanted in direct(*LOCKS[name]):
        found = versions.get(canonicalize_name(wanted.name), set())
        assert found, f"{wanted.name} is not in {name}: make lock"
        assert all(wanted.specifier.contains(version) for version in found), f"{wanted}: make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_brings_nothing_for_nvidia_gpus(name):
    """Otherwise whoever installed the small PyTorch first would get gigabytes all the same."""
    assert [line.name for line in locked(name) if re.match("nvidia-|cuda-|triton", line.name)] == []


def test_everything_runs_on_the_versions_of_the_app():
    assert set(map(str, locked("requirements.txt"))) <= set(map(str, locked("requirements-dev.txt")))


def test_ranges_end_before_what_may_break():
    for wanted in direct(*PROJECT["optional-dependencies"]):
        assert {clause.operator for clause in wanted.specifier} in ({"=="}, {">=", "<"}), wanted
