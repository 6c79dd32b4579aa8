"""The command line that repeats an evaluation. Needs no torch."""

from __future__ import annotations

import shlex

from malt_core.cli.arguments_shared import COUNTS
from malt_core.evaluation.types import EvaluationConfig, Plan


def evaluation_command(plan: Plan, out: str) -> str:
    """Return the `python -m malt_core evaluate` that ends with the same report.

    out: the folder to name in it. Defaults are left out, but not what is decided by the machine.
    """
    config, standard = plan.config, EvaluationConfig()
    command = ["python", "-m", "malt_core", "evaluate", "--model", plan.model, "--data", plan.data.path]
    command += ["--n", str(plan.data.images), "--attack", config.attack]
    if config.norm != standard.norm:
        command += ["--norm", config.norm]
    command += ["--eps", config.eps_text or repr(config.eps)]
    for flag, name, _ in COUNTS:
        if getattr(config, name) != getattr(standard, name):
            command += [flag, str(getattr(config, name))]
    if config.faithful:
        command.append("--faithful")
    if config.batch_size is not None:
        command += ["--batch-size", str(config.batch_size)]
    if config.attack in ("malt", "naive"):
        command += ["--precision", config.precision]
    return shlex.join([*command, "--out", out])
