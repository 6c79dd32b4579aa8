"""Three columns on networks whose behaviour is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.defence_run import run, words
from malt_core.defence_run.record import DefencesRecord, RowRecord, empty_record, grown
from malt_core.defence_run.run import Contestant, compare_defences
from malt_core.defence_run.types import DefenceConfig, Judged, Looking, Outcome
from malt_core.trust.refusals import Answer, Refusing
from tests.helpers.analytic import images, smooth_cnn

N = 6
CONFIG = DefenceConfig(eps=6 / 255, steps=8, candidates=5)


@pytest.fixture(scope="module")
def data() -> InMemoryData:
    pixels = (images(N, seed=5) * 255).round().to(torch.uint8)
    content = tuple(
        Record(i, f"image {i}", -1, Image.fromarray(one.permute(1, 2, 0).numpy()))
        for i, one in enumerate(pixels)
    )
    return InMemoryData(path="", name="noise", fingerprint="0", content=content)


class Detector(Refusing):
    """A network that refuses all images that were attacked, or none."""

    def __init__(self, network: nn.Module, refused: bool, *, abstains: bool = False) -> None:
        super().__init__()
        self.network, self.refused, self.abstains = network, refused, abstains

    def answer(self, x: torch.Tensor) -> Answer:
        doubt = (~_is_clean(x) & self.refused).to(x.dtype) - 0.5
        return Answer(self.network(x), doubt)


def _is_clean(x: torch.Tensor) -> torch.Tensor:
    """Whether every value is a multiple of 1/255: what an attack brings is not."""
    return ((x * 255 - (x * 255).round()).abs() < 1e-3).flatten(1).all(1)


def compared(
    network: nn.Module, rows: Sequence[tuple[str, nn.Module]], data: InMemoryData, **how: int
) -> DefencesRecord:
    contestants = [Contestant(name, row) for name, row in rows]
    events = list(compare_defences(network, contestants, data, CONFIG, size=(8, 8), **how))
    assert isinstance(events[0], Looking)
    assert {event.row for event in events if isinstance(event, Judged)} == {name for name, _ in rows}
    fresh = empty_record(
        "plain",
        [RowRecord(id=one.id, title=one.id, detector=one.detects) for one in contestants],
        CONFIG,
        data=data.name,
        total=len(data.labels),
    )
    return grown(fresh, events)


@pytest.fixture(scope="module")
def record(data: InMemoryData) -> DefencesRecord:
    network = smooth_cnn(5).eval()
    rows = [
        ("plain", network),
        ("identity", nn.Sequential(nn.Identity(), network)),
        ("alarmed", Detector(network, True)),
        ("silent", Detector(network, True, abstains=True)),
        ("quiet", Detector(network, False)),
    ]
    return compared(network, rows, data)


def row(record: DefencesRecord, name: str) -> RowRecord:
    return next(row for row in record.rows if row.id == name)


def test_a_defence_that_is_the_identity_gives_the_undefended_numbers(record):
    plain = row(record, "plain")
    assert plain.clean.count == N  # labels are what the undefended network says
    assert plain.transfer.count < N
    assert row(record, "identity").outcomes == plain.outcomes
    assert row(record, "quiet").outcomes == plain.outcomes
    for each in record.rows:
        assert each.adaptive.count <= each.transfer.count
    assert words.assumed(record).startswith(f"Of {N} images nobody said")


def test_what_only_the_transferred_image_fools_counts_in_the_adaptive_column_and_is_flagged(
    data, monkeypatch
):
    network = smooth_cnn(5).eval()

    def helpless(_network, x, _y, **_how):
        return SimpleNamespace(adversarial=x, flags=())

    monkeypatch.setattr(run, "malt", helpless)
    (plain,) = compared(network, [("plain", network)], data).rows
    assert plain.borrowed == N - plain.transfer.count > 0
    assert plain.adaptive == plain.transfer
    (flag,) = plain.flags
    assert flag.code == "transfer-wins"
    assert len(flag.images) == plain.borrowed
    assert "only the transferred attack succeeded" in words.borrowed(plain)


def test_a_refusal_withstands_and_an_abstention_does_not(record):
    alarmed, silent = row(record, "alarmed"), row(record, "silent")
    assert alarmed.detector
    assert not silent.detector
    assert alarmed.clean.count == alarmed.transfer.count == N
    assert alarmed.caught is not None
    assert alarmed.caught.count == alarmed.caught.of > 0
    assert alarmed.false_alarms.count == 0
    assert silent.clean.count == N
    assert silent.transfer.count == 0
    assert {one.transfer for one in silent.outcomes} == {"abstained"}


def test_an_image_that_is_wrong_without_any_attack_is_wrong_in_all_columns_and_not_detected(data):
    network = smooth_cnn(5).eval()
    never = nn.Sequential(network, _Shifted())
    (found,) = compared(network, [("never", Detector(never, True))], data).rows
    assert found.clean.count == found.transfer.count == found.adaptive.count == 0
    assert found.caught is None
    assert {(o.clean, o.transfer, o.adaptive) for o in found.outcomes} == {("wrong", "wrong", "wrong")}
    assert found.n_backward == 0


class _Shifted(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z.roll(1, 1)


def test_results_do_not_depend_on_where_one_starts_and_the_work_can_be_stopped(data, record):
    network = smooth_cnn(5).eval()
    later = compared(network, [("plain", network)], data, start=4)
    assert later.rows[0].outcomes == row(record, "plain").outcomes[4:]
    events = compare_defences(network, [Contestant("plain", network)], data, CONFIG, size=(8, 8))
    next(events)
    events.close()


def test_the_sentences_say_what_the_counts_are(record):
    def made(kept: int, left: int, n: int = 20) -> RowRecord:
        outcomes = tuple(
            Outcome(
                index=i,
                clean="right",
                transfer="right" if i < kept else "wrong",
                adaptive="right" if i < left else "wrong",
            )
            for i in range(n)
        )
        return RowRecord(id="other", title="Other", outcomes=outcomes)

    assert words.verdict(made(15, 0), record).startswith("It survives only the transferred attack: 15 of 20")
    assert "survives" not in words.verdict(made(15, 9), record)
    assert words.verdict(made(9, 9), record).endswith("9 withstood both attacks.")
    some = replace(record, undefended="plain", rows=(made(15, 0), replace(made(15, 9), id="b", title="B")))
    assert words.headline(some) == (
        "1 of 2 defences survives only a transferred attack; B leaves most right under an attack that knows "
        "it: 9 of 20 (45%; 26–66%)"
    )
