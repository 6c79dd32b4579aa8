"""Weight files that nobody should load: one sentence each, no code run, nothing left behind."""

from __future__ import annotations

import sys

import pytest

from malt_core.errors import BadConfig
from malt_core.models.providers import uploaded
from malt_core.own_network.apart import Limits, examine_apart, limited
from tests.cli.calls import call
from tests.helpers.own_weights import ARCH, FILES, MARKER, state, write


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes as files, and links need rights")
@pytest.mark.parametrize("name", FILES)
def test_each_is_refused_in_a_sentence(tmp_path, name):
    path = write(tmp_path, name)
    kept = dict(uploaded._kept)
    status, out, err = call("check", "--model", f"file:{path}", "--arch", ARCH, "--size", "64")
    assert (status, out) == (2, "")
    assert err.startswith("malt_core: ")
    assert FILES[name][1] in err
    assert err.count("\n") == 1
    assert len(err) < 600
    assert "Traceback" not in err
    assert not (tmp_path / MARKER).exists()
    assert uploaded._kept == kept


def test_the_marker_would_show_code_that_is_run(tmp_path):
    import pickle

    from tests.helpers.own_weights import Marks

    pickle.loads(pickle.dumps(Marks(tmp_path)))
    assert (tmp_path / MARKER).exists()


def apart(data: bytes, name: str, limit: Limits, arch: str = ARCH) -> list:
    spec = uploaded.Spec(path=name, arch=arch, size=64)
    return list(examine_apart(spec, data, None, None, limit))


def test_a_file_over_the_limit_starts_nothing(monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    (step,) = apart(bytes(2_000_001), "big.safetensors", Limits(file_mb=2))
    assert step.fatal
    assert "this server takes up to 2 MB" in step.said


@pytest.mark.skipif(not limited(), reason="this platform limits no process's memory")
def test_what_takes_too_much_memory_is_ended():
    from safetensors.torch import save

    (step,) = apart(save(state()), "a.safetensors", Limits(memory_mb=60), "timm/vit_giant_patch14_clip_224")
    assert step.fatal
    assert "memory" in step.said


def test_torchs_own_files_are_never_read_where_nobody_says_so(tmp_path):
    spec = uploaded.Spec(path="code.pt", arch=ARCH, size=64)
    with pytest.raises(BadConfig, match="may hold code"):
        uploaded.build(spec, write(tmp_path, "code.pt").read_bytes())
    assert not (tmp_path / MARKER).exists()
