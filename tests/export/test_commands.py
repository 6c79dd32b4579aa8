"""The command line that repeats an evaluation, read back by the command line's own parser."""

from __future__ import annotations

import shlex

import pytest

from malt_core.cli import main
from malt_core.cli.evaluate_options import evaluation_config
from malt_core.export.commands import evaluation_command
from tests.helpers.reports import report


@pytest.mark.parametrize(
    ("attack", "settings"),
    [
        ("malt", {}),
        ("malt", {"faithful": True, "n_targets": 3, "n_candidates": 50, "n_iter": 20, "seed": 7}),
        ("naive", {"norm": "l2", "eps": 0.5, "precision": "bfloat16"}),
        ("apgd-ce", {"eps": 0.5, "n_iter": 20}),
        ("autoattack", {"seed": 3}),
    ],
)
def test_it_says_everything(attack, settings):
    plan = report("frr", attack, **{"chunk": None} | settings).plan
    words = shlex.split(evaluation_command(plan, "my folder"))
    assert words[0] == "malt"
    args = main.parse(words[1:])
    config = evaluation_config(args)
    told = {name: getattr(plan.config, name) for name in ("attack", "norm", "eps", "eps_text", "seed")}
    told |= {name: getattr(plan.config, name) for name in ("n_targets", "n_candidates", "n_iter", "faithful")}
    assert {name: getattr(config, name) for name in told} == told
    assert config.batch_size == 2
    assert config.precision in ("auto", plan.config.precision)
    assert (args.model, args.data, args.n) == ("tests/tiny", "pets.parquet", 3)
    assert str(args.out) == "my folder"


def test_precision_is_told_where_the_machine_decides_it():
    assert "--precision float32" in evaluation_command(report("f").plan, "out")
    assert "--precision" not in evaluation_command(report("f", "apgd-t").plan, "out")
