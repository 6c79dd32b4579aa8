"""All that is measured of one network around one picture, from the attacks to the planes."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.explanations.straightness import straightness
from malt_core.explanations.straightness_types import Doing, Straightness
from malt_core.linearity.drift import STEPS
from malt_core.linearity.scale_names import REACHES
from malt_core.storage.typed_json import plain, typed
from tests.helpers import analytic
from tests.helpers.straight import EPS, events, found, named


def test_everything_comes_bit_by_bit_and_nothing_goes_again() -> None:
    known = [event for event in events() if isinstance(event, Straightness)]
    assert [len(one.scales) for one in known][:8] == list(range(1, 9))
    for before, after in pairwise(known):
        assert len(after.scales) >= len(before.scales)
        assert len(after.drift) >= len(before.drift)
        assert set(before.planes) <= set(after.planes)
    main = next(iter(known[-1].planes))
    sizes = [one.planes[main].grid.n for one in known if main in one.planes]
    assert sorted(set(sizes)) == [11, 21, 41]
    shares = [event.share for event in events() if isinstance(event, Doing)]
    assert shares == sorted(shares)


def test_the_last_one_is_whole() -> None:
    last = found()
    assert tuple(scale.reach for scale in last.scales) == REACHES
    assert len({last.label, last.target, last.likeliest}) == 3
    assert last.logits.classes[:2] == (last.label, last.target)
    assert [len(one.points) for one in last.drift] == [STEPS, STEPS]
    assert {"ball", "random"} <= set(last.planes)
    for plane in last.planes.values():
        grid = plane.grid
        middle = grid.n * grid.n // 2
        assert last.scale(1.0).true[0] == pytest.approx(grid.margin[middle], abs=1e-5)


def test_one_view_shows_the_boundary() -> None:
    last = found()
    grid = next(iter(last.planes.values())).grid
    assert {last.label, last.target} <= set(grid.answers)
    assert grid.n == max(plane.grid.n for plane in last.planes.values())


def test_the_way_ends_at_the_adversarial_image_and_the_ball_holds_both_perturbations() -> None:
    last = found()
    axes = last.planes["ball"].axes
    corners = torch.tensor(axes.ball)
    assert last.success
    assert axes.way[-1] == pytest.approx((1, 0), abs=1e-4)
    for place in ((1.0, 0.0), axes.end):
        assert _inside(corners, torch.tensor(place) * 0.999)
    assert not _inside(corners, torch.tensor((1.001, 0.0))), "the attack went to the edge of the ball"


def _inside(corners: Tensor, place: Tensor) -> bool:
    edges = corners.roll(-1, 0) - corners
    to = place - corners
    turns = edges[:, 0] * to[:, 1] - edges[:, 1] * to[:, 0]
    return bool((turns > 0).all() or (turns < 0).all())


def test_it_can_be_kept_as_json() -> None:
    last = found()
    assert typed(Straightness, plain(last), "here") == last


def test_the_norm_is_kept_to() -> None:
    last = [event for event in events("l2") if isinstance(event, Straightness)][-1]
    radii = torch.tensor(last.planes["random"].axes.ball).norm(dim=1)
    assert radii.tolist() == pytest.approx([1.0] * len(radii), rel=1e-2), "the perturbation is eps long"


def test_a_network_without_gradient_is_refused_in_words() -> None:
    model = named(analytic.Constant([3.0, *range(11)]))
    with pytest.raises(BadConfig, match="no direction"):
        [*straightness(model, analytic.sample(analytic.images(1)[0]), [], eps=EPS)]


def test_the_network_is_left_as_it_was() -> None:
    model = named(analytic.smooth_cnn())
    model.train()
    steps = straightness(model, analytic.sample(analytic.images(1)[0]), [], eps=EPS)
    while not isinstance(next(steps), Straightness):
        pass
    steps.close()
    assert model.training
