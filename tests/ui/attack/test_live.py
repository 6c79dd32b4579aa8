"""What the page says while an attack runs, on the events of a real one."""

from __future__ import annotations

from dataclasses import replace

import torch

from malt_core.attacks.malt import budget
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Step
from malt_core.types import Sample
from tests.helpers.example_run import CLASSES, network
from ui.attack.live import CURVES, live_points, progress


def test_progress_never_goes_back_and_names_target_and_step() -> None:
    x = torch.randint(0, 256, (3, 8, 8), generator=torch.Generator().manual_seed(0)).float() / 255
    config = AttackConfig(eps=0.05 / 255, n_targets=3, n_iter=10, faithful=True)
    sample = Sample(x=x, name="noise", digest="")
    events = list(attack(network(8), sample, config))
    said = [progress(events[:end], 1, CLASSES) for end in range(len(events) + 1)]
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)

    last = max(i for i, event in enumerate(events) if isinstance(event, Step))
    sentence = said[last + 1][0]
    assert f"Target 3 of 3: “{CLASSES[events[last].target]}”" in sentence
    assert "step 10 of at most 10" in sentence
    frugal = replace(config, faithful=False)
    close = replace(frugal, eps=config.eps * 30)
    for how in (frugal, close):
        events = list(attack(network(8), sample, how))
        shares = [progress(events[:end], budget.most_rounds(how), CLASSES)[1] for end in range(len(events))]
        assert shares == sorted(shares)

    assert any("11 wrong classes" in sentence for sentence, _ in said), "the ranking is told, too"


def test_the_live_curves_follow_the_latest_run_only() -> None:
    visited = [(1, 7, 0, 3.0, 3.5), (1, 7, 1, 2.0, 2.5), (2, 7, 0, 9.0, 8.0), (2, 7, 1, 6.0, 5.0)]
    trace = [
        Step(
            order=1,
            round=round,
            target=target,
            step=step,
            most=1,
            true_margin=true,
            linear_margin=line,
            best_margin=true,
        )
        for round, target, step, true, line in visited
    ]
    points = [(point["curve"], point["step"], point["margin"]) for point in live_points(trace)]
    true, line = CURVES
    assert points == [(true, 0, 9.0), (true, 1, 6.0), (line, 0, 8.0), (line, 1, 5.0)]
