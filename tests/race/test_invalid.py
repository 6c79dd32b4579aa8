"""A picture for which the network has no finite answer: no lane ends of it, and it is named."""

import pytest
import torch

from malt_core.models.catalogue import model_info
from malt_core.race import run as race
from malt_core.race import words
from malt_core.race.record import Entrant, record_of
from malt_core.race.timeline import race_of
from malt_core.race.types import THIRD_LANES, LaneDone
from tests.evaluation.test_invalid import BreaksOn
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.short_ensemble import short_ensemble
from tests.race.test_run import CONFIG

__all__ = ["short_ensemble"]  # a fixture
NAMES = ["a", "b", "c", "d"]


@pytest.mark.usefixtures("short_ensemble")
@pytest.mark.parametrize("itself", [True, False])
@pytest.mark.parametrize("lane", ["malt", "autoattack", *THIRD_LANES])
@pytest.mark.slow
def test_a_lane_goes_on_and_names_the_picture(lane, itself):
    x = images(4)
    model = BreaksOn(x[1:2], itself=itself).eval()
    lined_up = race.line_up(model, x)
    assert lined_up.invalid == ((1,) if itself else ())
    assert lined_up.standing == ((0, 2, 3) if itself else (0, 1, 2, 3))
    iterator = race.run_lane(lane, model, x, lined_up, CONFIG)
    events = [lined_up]
    while True:
        try:
            events.append(next(iterator))
        except StopIteration as end:
            adversarial = end.value
            break
    done = events[-1]
    assert isinstance(done, LaneDone)
    assert done.invalid == (() if itself else (1,))
    assert torch.equal(adversarial[1], x[1])
    others = [0, 2, 3]
    fell = [i for i in others if not torch.equal(adversarial[i], x[i])]
    assert done.robust == 3 - len(fell)
    network = smooth_cnn()
    assert (classes(network, adversarial)[fell] != classes(network, x)[fell]).all()
    found = race_of(events, [lane, *({"malt", "autoattack"} - {lane})], going_on=False)
    entrants = [Entrant(name=name, source="", credit="", sha256="", truth=None) for name in NAMES]
    told = record_of(found, model_info("tiny-imagenet/robust"), CONFIG, "centre", entrants)
    assert words.invalid(told).startswith("For b its scores" if itself else "Close to b its scores")
    assert (told.pictures[1].answer is None) == itself
    assert words.fate(told.lanes[0], 1, told) == ("no finite answer" if itself else "no finite answer nearby")


def test_a_race_of_one_picture_that_breaks_on_the_way():
    x = images(1)
    model = BreaksOn(x, itself=False).eval()
    *_, done = race.run_lane("malt", model, x, race.line_up(model, x), CONFIG)
    assert (done.invalid, done.robust) == ((0,), 0)
