"""A run again from what is stored of it: everything that is told and drawn of it is the same."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from malt_core.attack_run.record import record_of
from malt_core.errors import BadConfig
from malt_core.export import html
from malt_core.export.bundles.read import read_bundle
from malt_core.export.bundles.write import run_bundle
from malt_core.export.formats import FORMATS, Publication
from malt_core.export.restored import restorable, restored_run
from malt_core.export.snapshot import snapshot_of
from tests.helpers.bundles import sound_run
from tests.helpers.example_run import already_wrong
from ui.attack.example import stored_example


@pytest.mark.parametrize("name", ["default", "robust"])
def test_a_stored_example_gives_the_same_record_and_the_same_pictures(name: str) -> None:
    snapshot = stored_example(name).snapshot
    assert restorable(snapshot)
    run = restored_run(snapshot)
    again = snapshot_of(run)
    assert replace(again.record, versions=snapshot.record.versions) == snapshot.record
    assert again.player == snapshot.player
    assert (again.original_png, again.adversarial_png) == (snapshot.original_png, snapshot.adversarial_png)
    assert (again.way_sentence, again.names, again.trace) == (
        snapshot.way_sentence,
        snapshot.names,
        snapshot.trace,
    )


@pytest.mark.parametrize("steps", [16, 0.4])
def test_a_bundle_gives_the_same_files_as_the_run(steps: float) -> None:
    run = sound_run(steps)
    again = read_bundle(run_bundle(run), "x.malt").run()
    assert (again.result.adversarial - run.result.adversarial).abs().max() <= (1e-6 if steps == 16 else 0)
    assert (again.sample.x == run.sample.x).all()
    assert record_of(again) == record_of(run)
    assert html.run_html(again) == html.run_html(run)
    assert run_bundle(again) == run_bundle(run)
    one, other = (
        [*csv.DictReader(io.StringIO(FORMATS["csv"].make(Publication(each)).decode()))]
        for each in (again, run)
    )
    for row, wanted in zip(one, other, strict=True):
        assert float(row.pop("probability")) == pytest.approx(float(wanted.pop("probability")), abs=1e-6)
        assert row == wanted


def test_what_is_not_known_exactly_is_not_restored_from_8_bits() -> None:
    assert not restorable(snapshot_of(sound_run(0.4)))
    assert not restorable(snapshot_of(already_wrong()))
    with pytest.raises(BadConfig, match="Nothing was attacked"):
        restored_run(snapshot_of(already_wrong()))
