"""What the page says while an attack runs, on the events of a real one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from malt_core.attacks.malt import budget
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Ranked, RankingProgress, Step, TargetDone
from malt_core.types import Sample
from tests.helpers.example_run import CLASSES, network
from ui.attack.live import FOUND, latest_run, progress
from ui.attack.work import Sight
from ui.widgets.live import live_data


def test_progress_never_goes_back_and_names_target_and_step() -> None:
    x = torch.randint(0, 256, (3, 8, 8), generator=torch.Generator().manual_seed(0)).float() / 255
    config = AttackConfig(eps=0.05 / 255, n_targets=3, n_iter=10, faithful=True)
    sample = Sample(x=x, name="noise", digest="")
    events = list(attack(network(8), sample, config))
    said = [progress(events[:end], 1, CLASSES) for end in range(len(events) + 1)]
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, FOUND)
    assert progress([*events, object()], 1, CLASSES)[1] == 1.0, (
        "the run with all that was measured comes last"
    )

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
    assert latest_run(trace) == trace[2:]
    assert latest_run([]) == []


def test_progress_never_goes_back_in_whatever_order_events_come() -> None:
    events = [
        Ranked(label=0, clean_index=0, clean_confidence=1.0, targets=(), n_targets=9),
        TargetDone(target=1, order=9, round=1, steps=3, fooled=False, reached=False),
        Step(
            order=1,
            round=1,
            target=2,
            step=0,
            most=9,
            true_margin=1.0,
            linear_margin=1.0,
            best_margin=1.0,
        ),
        RankingProgress(done=1, total=9),
    ]
    shares = [progress(events[:end], 2, CLASSES)[1] for end in range(len(events) + 1)]
    assert shares == sorted(shares)


def test_where_the_attack_is_moves_and_only_the_latest_picture_is_kept() -> None:
    x = torch.randint(0, 256, (3, 8, 8), generator=torch.Generator().manual_seed(0)).float() / 255
    sight, seen = Sight(x), []
    assert live_data(x, None, [], "")["now"] == live_data(x, x, [], "")["now"]

    def look(point: torch.Tensor) -> None:
        sight.see(point)
        seen.append(sight.now)

    config = AttackConfig(eps=8 / 255, n_targets=3, n_iter=10, eight_bit=False)
    events = list(attack(network(8), Sample(x=x, name="noise", digest=""), config, look=look))
    trace = [event for event in events if isinstance(event, Step)]
    assert len(seen) == len(trace)
    margins = network(8)(torch.stack(seen))
    label = events[-1].result.label
    for step, z in zip(trace, margins, strict=True):
        assert float(z[label] - z[step.target]) == pytest.approx(step.true_margin, abs=1e-3)
    shown = live_data(x, sight.now, trace, "a lead")
    assert shown["now"] != live_data(x, seen[0], trace, "a lead")["now"]
    assert shown["true_margin"] == [pytest.approx(step.true_margin, abs=1e-3) for step in trace]
    json.dumps(shown, allow_nan=False)
