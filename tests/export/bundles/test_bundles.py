"""A run in one file comes back as it was; what is not one is refused in one sentence."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from operator import getitem
from pathlib import Path

import numpy as np
import pytest

from malt_core.attack_run.likeness import likeness
from malt_core.attack_run.record import record_of, record_text
from malt_core.cli import open_run
from malt_core.cli.main import main
from malt_core.errors import BadConfig, BadImage
from malt_core.export.bundles import contents
from malt_core.export.bundles.read import looks_like_bundle, read_bundle
from malt_core.export.bundles.write import bundle_bytes, run_bundle
from malt_core.export.snapshot import snapshot_of
from malt_core.images.arrays import array_digest, read_npy
from tests.helpers.bundles import hostile, packed, resealed, sound, sound_run, unpacked
from tests.helpers.example_run import already_wrong

HOSTILE = hostile()


@pytest.mark.parametrize("steps", [16, 2.5, 0.4])
def test_a_run_comes_back_as_it_was(steps: float) -> None:
    run = sound_run(steps)
    before, after = snapshot_of(run), read_bundle(run_bundle(run), "x.malt").snapshot
    assert after == before
    assert after.player["id"] == before.player["id"], "the same curves and pictures, digit by digit"


def test_what_eight_bits_do_not_hold_is_kept_exactly() -> None:
    run = sound_run(0.4)
    members = unpacked(run_bundle(run))
    exact = np.load(io.BytesIO(members[contents.ADVERSARIAL_EXACT]), allow_pickle=False)
    assert (exact == run.result.adversarial.numpy()).all()
    assert contents.ORIGINAL_EXACT not in members
    assert contents.ADVERSARIAL_EXACT not in unpacked(sound())


def test_an_original_that_is_no_8_bit_picture_is_kept_exactly_too() -> None:
    run = sound_run()
    x = (run.sample.x * 0.999).contiguous()
    moved = run.result.adversarial - x
    sample = replace(run.sample, x=x, digest=array_digest(x.numpy()))
    size = float(moved.abs().max())
    result = replace(run.result, perturbation_norm=size)
    run = replace(run, sample=sample, result=result, likeness=likeness(x, run.result.adversarial))
    again = read_bundle(run_bundle(run), "x.malt")
    assert (again.run().sample.x == x).all()
    assert again.snapshot.player == snapshot_of(run).player
    assert (read_npy(again.original_file, "x.npy", (8, 8)) == x.numpy()).all()


def test_equal_runs_make_equal_files_and_a_page_makes_the_same_as_the_command() -> None:
    assert run_bundle(sound_run()) == sound() == bundle_bytes(snapshot_of(sound_run()))


def test_the_record_is_that_of_run_json() -> None:
    text = record_text(replace(record_of(sound_run()), survives_png=False))
    bundle = read_bundle(run_bundle(sound_run(), text), "x.malt")
    assert bundle.text == text
    assert not bundle.snapshot.record.survives_png


def test_where_nothing_was_attacked_there_is_no_bundle() -> None:
    with pytest.raises(BadImage, match="no run to keep"):
        run_bundle(already_wrong())


def test_a_bundle_is_known_by_its_name_or_its_first_member() -> None:
    assert looks_like_bundle(b"anything", "Run.MALT")
    assert looks_like_bundle(sound(), "renamed.zip")
    assert not looks_like_bundle(packed({"a.png": b"x"}), "pictures.zip")


@pytest.mark.parametrize("what", HOSTILE)
def test_anything_else_is_refused_in_one_sentence(what: str, tmp_path: Path, capsys, monkeypatch) -> None:
    data, says = HOSTILE[what]
    with pytest.raises(BadConfig) as refused:
        read_bundle(data, "x.malt")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    monkeypatch.chdir(tmp_path)
    Path("x.malt").write_bytes(data)
    assert main(["open", "x.malt"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), says in err) == ("", 1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.malt"], "nothing was unpacked or run"


def test_open_prints_the_record_digit_by_digit_without_torch(tmp_path: Path) -> None:
    file = tmp_path / "x.malt"
    file.write_bytes(sound())
    code = (
        "import sys; from malt_core.cli.main import main; status = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, "open", str(file), "--json"], capture_output=True)
    assert done.stdout == unpacked(sound())["run.json"], done.stderr
    assert json.loads(done.stdout)["format_version"] == 1


def test_open_tells_the_stored_run(tmp_path: Path, capsys) -> None:
    file = tmp_path / "x.malt"
    file.write_bytes(sound())
    assert main(["open", str(file)]) == 0
    out = capsys.readouterr().out
    label, now = (
        sound_run().model.classes[i] for i in (sound_run().result.label, sound_run().linearity.target)
    )
    assert "Nothing was attacked now." in out
    assert f"“{label}” became “{now}”" in out
    assert "Again: malt attack holiday.png --model tests/tiny --eps 16/255" in out


def test_a_file_that_steers_the_terminal_is_shown_as_text(tmp_path: Path, capsys) -> None:
    members = unpacked(sound())
    record = json.loads(members["run.json"])
    record["image"]["name"] = "\x1b[2Jgone"
    file = tmp_path / "x.malt"
    file.write_bytes(resealed(members | {"run.json": json.dumps(record).encode()}))
    assert main(["open", str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def places(content: object, path: tuple = ()) -> Iterator[tuple]:
    """Where values stand in JSON, the first three of each list."""
    if isinstance(content, dict | list):
        for key in content if isinstance(content, dict) else range(min(len(content), 3)):
            yield (*path, key)
            yield from places(content[key], (*path, key))


@pytest.mark.parametrize("name", ["run.json", "curves.json"])
def test_any_value_anywhere_is_read_or_refused(name: str) -> None:
    generator = random.Random(0)
    members = unpacked(sound())
    for _ in range(150):
        content = json.loads(members[name])
        *path, last = generator.choice([*places(content)])
        inner = reduce(getitem, path, content)
        inner[last] = generator.choice([None, -1, 0.5, 1e308, 2**31, "", "x", True, [], {}])
        with suppress(BadConfig):
            bundle = read_bundle(resealed(members | {name: json.dumps(content).encode()}), "x.malt")
            assert open_run._sentences(bundle)
            assert bundle.run()
