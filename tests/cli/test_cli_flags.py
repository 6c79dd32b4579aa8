"""What the command line says of flags and second opinions: in words on stderr, in numbers in the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from malt_core.attack_run.record import read_record
from malt_core.cli.evaluate import table
from malt_core.cli.evaluate_options import evaluation_config
from malt_core.cli.main import parse
from malt_core.errors import BadConfig
from malt_core.export.commands import evaluation_command
from malt_core.trust.flags import of_opinion, zero_gradient
from malt_core.trust.opinion import SecondOpinion
from tests.cli.calls import call
from tests.helpers.analytic import images
from tests.helpers.hidden import EPS, MODEL, QUERIES, in_catalogue
from tests.helpers.reports import report


@pytest.fixture(autouse=True)
def hidden_network() -> Iterator[None]:
    with in_catalogue():
        yield


def picture(folder: Path, number: int) -> str:
    file = folder / f"{number}.npy"
    np.save(file, images(4)[number].numpy())
    return str(file)


def attack(folder: Path, *words: str) -> tuple[str, str]:
    where = ("--model", MODEL, "--eps", str(EPS), "--out", str(folder / "out"))
    status, out, err = call("attack", picture(folder, 0), *where, *words)
    assert status == 0, err
    return out, err


def test_an_attack_is_checked_on_request(tmp_path: Path) -> None:
    out, err = attack(tmp_path, "--check")
    record = read_record(tmp_path / "out")
    opinion = record.second_opinion
    assert record.check
    assert (opinion.queries, opinion.images, opinion.fooled) == (QUERIES, (0,), (0,))
    assert record.success
    codes = [flag.code for flag in record.flags]
    assert codes[:2] == ["black-box-wins", "unbounded-fails"]
    lines = err.splitlines()
    assert [line.split(": ")[1] for line in lines] == codes
    assert all(
        flag.message in line and flag.advice in line for flag, line in zip(record.flags, lines, strict=True)
    )
    assert "Found by a second opinion, without gradients (Square)" in out
    assert f"(Square, {QUERIES} queries at most), was asked for on one picture that was left, and it" in out
    page = (tmp_path / "out" / "figure.html").read_text("utf-8")
    assert "Flag: black-box-wins" in page
    assert "--check" in page


def test_json_carries_the_flags(tmp_path: Path) -> None:
    out, err = attack(tmp_path, "--check", "--json")
    content = json.loads(out)
    assert content["flags"][0]["code"] == "black-box-wins"
    assert content["second_opinion"]["fooled"] == [0]
    assert "malt_core: black-box-wins: " in err


def test_an_evaluation_says_how_to_take_its_figures() -> None:
    opinion = SecondOpinion(
        queries=500, images=(1, 2), fooled=(2,), unbounded_failed=(), n_forward=9, n_backward=2, seconds=1.0
    )
    flags = (*of_opinion(opinion), zero_gradient((1, 2), 7, 9))
    said = table(replace(report("frr"), flags=flags, second_opinion=opinion))
    assert "fooled by the second opinion" in said
    assert "of 2 left and asked about, 500 queries each" in said
    assert said.splitlines()[-1].startswith(
        "Flags: black-box-wins, zero-gradient. An attack by gradients can"
    )
    assert "Flags" not in table(report("frr"))


def test_check_is_a_setting_of_our_attacks() -> None:
    words = ["evaluate", "--data", "gallery", "--out", "x", "--eps", "1/255", "--check"]
    assert evaluation_config(parse(words)).check
    with pytest.raises(BadConfig, match="--check is no setting of the attack apgd-ce, only of malt, naive"):
        evaluation_config(parse([*words, "--attack", "apgd-ce"]))


def test_draws_of_a_randomised_network_go_into_record_and_command(tmp_path: Path) -> None:
    attack(tmp_path, "--eot", "2")
    record = read_record(tmp_path / "out")
    assert record.eot == 2
    assert record.n_forward % 2 == 0
    assert "--eot 2" in (tmp_path / "out" / "figure.html").read_text("utf-8")
    words = ["evaluate", "--data", "gallery", "--out", "x", "--eps", "1/255", "--eot", "7"]
    config = evaluation_config(parse(words))
    assert config.eot == 7
    plan = replace(report("r").plan, config=config)
    assert "--eot 7" in evaluation_command(plan, "x")
