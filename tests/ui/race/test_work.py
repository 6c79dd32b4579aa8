"""A race in the job queue: its lanes, those that are kept, its place, and its end."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

import pytest
import torch
from PIL import Image
from torch import nn

from malt_core.attacks import second_opinion
from malt_core.race.types import Checked, LaneDone, LineUp
from tests.harness.test_stepwise import stepwise_threads
from tests.helpers.analytic import images, smooth_cnn
from tests.helpers.short_ensemble import short_ensemble
from ui.compute.jobs import Job, JobQueue
from ui.pictures.picture import Picture
from ui.race.link import RaceSettings
from ui.race.pictures import Entry
from ui.race.result import shown_of
from ui.race.work import LaneStore, Recalled, lane_key, race, race_events, race_key

__all__ = ["short_ensemble"]  # a fixture

pytestmark = pytest.mark.usefixtures("short_ensemble")

SETTINGS = RaceSettings(model="any", eps=3.0, photos=("cat",), third="fgsm")
PATIENCE = 60.0


class Net(nn.Module):
    """smooth_cnn as a model of the catalogue."""

    class info:
        size = (8, 8)

    def __init__(self) -> None:
        super().__init__()
        self.network = smooth_cnn().eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)


NET = Net()  # one for all, which remembers the precision that it is faster in


@pytest.fixture
def entries() -> list[Entry]:
    pixels = [(x.permute(1, 2, 0) * 255).round().byte().numpy() for x in images(2)]
    pictures = [Picture(Image.fromarray(p), f"picture {i}", "", "") for i, p in enumerate(pixels)]
    return [Entry(picture, None) for picture in pictures]


def events(settings: RaceSettings, entries: list[Entry], store: LaneStore) -> list:
    return list(race(settings, entries, store)(NET))


def ends(events: list) -> dict[str, LaneDone]:
    return {event.lane: event for event in events if isinstance(event, LaneDone)}


def test_the_lanes_run_one_after_the_other(entries: list[Entry]) -> None:
    found = events(SETTINGS, entries, LaneStore())
    assert isinstance(found[0], LineUp)
    lanes = [event.lane for event in found[1:]]
    assert list(dict.fromkeys(lanes)) == ["malt", "fgsm", "autoattack"]
    assert lanes == sorted(lanes, key=["malt", "fgsm", "autoattack"].index), "never two at a time"


def test_finished_lanes_are_not_run_again(entries: list[Entry]) -> None:
    store = LaneStore()
    anew = events(SETTINGS, entries, store)
    assert race_events(anew) == anew
    first = ends(anew)
    again = events(dataclasses.replace(SETTINGS, third="pgd"), entries, store)
    assert [event.lane for event in again if isinstance(event, Recalled)] == ["malt", "autoattack"]
    second = ends(again)
    assert second["autoattack"] is first["autoattack"], "another third lane costs no second AutoAttack"
    assert second["malt"] is first["malt"]
    assert second["pgd"].n_forward == 200
    store.forget(lane_key("malt", SETTINGS, entries))
    third = ends(events(SETTINGS, entries, store))
    assert third["malt"] is not first["malt"]
    assert third["fgsm"] is first["fgsm"]


def test_a_lane_that_was_stopped_is_not_kept(entries: list[Entry]) -> None:
    store = LaneStore()
    running = race(SETTINGS, entries, store)(NET)
    for event in running:
        if getattr(event, "lane", "") == "autoattack":
            break
    running.close()
    assert stepwise_threads() == 0
    assert store.get(lane_key("malt", SETTINGS, entries))
    assert not store.get(lane_key("autoattack", SETTINGS, entries))


def test_only_the_latest_lanes_are_kept() -> None:
    store = LaneStore(keep=2)
    for name in "ab":
        store.put(name, [name])
    assert store.get("a") == ("a",)
    store.put("c", ["c"])
    assert [store.get(name) for name in "abc"] == [("a",), (), ("c",)]


def test_what_changes_a_result_changes_the_key(entries: list[Entry]) -> None:
    keys = {race_key(SETTINGS, entries), race_key(SETTINGS, entries[:1]), race_key(SETTINGS, entries[::-1])}
    keys.add(race_key(SETTINGS, [dataclasses.replace(entries[0], truth=frozenset({1})), entries[1]]))
    for change in ({"eps": 4.0}, {"seed": 1}, {"model": "other"}, {"norm": "l2"}):
        keys.add(race_key(dataclasses.replace(SETTINGS, **change), entries))
    keys.add(race_key(dataclasses.replace(SETTINGS, third="pgd"), entries))
    assert len(keys) == 9
    assert race_key(SETTINGS, entries) == race_key(SETTINGS, list(entries))


def test_what_a_picture_shows_changes_what_is_said_and_not_what_is_computed(entries: list[Entry]) -> None:
    wrong = [dataclasses.replace(entry, truth=frozenset()) for entry in entries]
    assert lane_key("malt", SETTINGS, wrong) == lane_key("malt", SETTINGS, entries)
    known, store = dataclasses.replace(SETTINGS, model="tiny-imagenet/robust"), LaneStore()
    outcomes = []
    for those in (entries, wrong):
        shown = shown_of(events(known, those, store), known, those)
        outcomes.append({fall.outcome for lane in shown.record.lanes for fall in lane.falls})
    assert outcomes == [{"fooled_unchecked"}, {"moved"}]


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(active=3, slice_seconds=0.01)
    yield queue
    queue.close()


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "nothing happened in time"
        time.sleep(0.005)


def start(queue: JobQueue, entries: list[Entry], seed: int, watcher: str = "ann") -> Job:
    settings = dataclasses.replace(SETTINGS, seed=seed)
    return queue.submit(
        f"race {seed}",
        watcher,
        load=lambda _report: NET,
        work=race(settings, entries, LaneStore()),
    )


@pytest.mark.slow
def test_races_in_turns_give_what_each_alone_would(queue: JobQueue, entries: list[Entry]) -> None:
    alone = []
    for seed in (1, 2):
        alone.append(events(dataclasses.replace(SETTINGS, seed=seed), entries, LaneStore()))
    jobs = [start(queue, entries, seed) for seed in (1, 2)]
    wait_for(lambda: all(job.finished for job in jobs))
    assert [job.state for job in jobs] == ["done", "done"]
    for job, expected in zip(jobs, alone, strict=True):
        for name, end in ends(expected).items():
            found = ends(job.events)[name]
            assert (found.n_forward, found.n_backward, found.robust) == (
                end.n_forward,
                end.n_backward,
                end.robust,
            )


def test_leaving_a_race_ends_its_thread(queue: JobQueue, entries: list[Entry]) -> None:
    job = start(queue, entries, 3)
    wait_for(lambda: any(getattr(event, "lane", "") == "autoattack" for event in job.events))
    queue.leave(job, "ann")
    wait_for(lambda: stepwise_threads() == 0)
    assert job.state in ("cancelled", "done")


def test_a_second_opinion_is_asked_on_what_all_kept_lanes_have_left(
    entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "QUERIES", 20)
    asked, store = dataclasses.replace(SETTINGS, check="always", eps=0.05), LaneStore()
    for lane in asked.lanes:
        done = LaneDone(lane=lane, seconds=1.0, n_forward=1, n_backward=1, robust=2, ranks={})
        store.put(lane_key(lane, asked, entries), [done])
    assert race_key(asked, entries) != race_key(dataclasses.replace(asked, check="flagged"), entries)
    found = events(asked, entries, store)
    assert sum(isinstance(event, Recalled) for event in found) == 3, "no lane is run again"
    assert isinstance(found[-1], Checked)
    assert found[-1].opinion.images == (0, 1)
    unasked = events(dataclasses.replace(asked, check="flagged"), entries, store)
    assert not any(isinstance(event, Checked) for event in unasked)
