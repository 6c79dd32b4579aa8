"""The command lines that repeat a result, and the one table of the flags that they and the parser share.

Needs no torch.
"""

from __future__ import annotations

import shlex

from malt_core.attack_run.record import RunRecord
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackConfig
from malt_core.errors import MaltError
from malt_core.evaluation.types import EvaluationConfig, Plan
from malt_core.networks import network_info

PROGRAM = ("malt",)  # what an installation brings; `python -m malt_core` is the same
COUNTS = (
    ("--targets", "n_targets", "how many classes to attack, in order, until one succeeds"),
    ("--candidates", "n_candidates", "how many of the likeliest classes to rank"),
    ("--steps", "n_iter", "how many steps towards each class at most"),
    ("--seed", "seed", "number that fixes the random starts"),
    ("--eot", "eot", "draws of a randomised network's noise, averaged for gradients and voting on verdicts"),
)
"""Flags that take a whole number: the flag, the setting's name in Python, and what it is."""
IN_BROWSER = ("browser", "wasm")
"""How a device's name begins that no command line computes on."""


def attack_command(run: AttackRun) -> str:
    """Return the `attack` that repeats the run; defaults are left out."""
    return _attack_command(
        run.source, run.model.id, run.config, crop=run.crop, device=run.result.device, label=run.sample.label
    )


def recorded_command(record: RunRecord) -> str:
    """Return the `attack` that repeats the run of a record."""
    image = record.image
    return _attack_command(
        image.source, record.model, recorded_config(record), crop=image.crop, device=record.device
    )


def recorded_config(record: RunRecord) -> AttackConfig:
    """Return the settings of a record's run; what was capped by the number of classes is as usual.

    Raises BadConfig for settings that no attack takes.
    """
    standard, others = AttackConfig(), _other_classes(record)
    # Where a class was asked for, it is the only target.
    targets = standard.n_targets if record.aim or record.n_targets == others else record.n_targets
    candidates = standard.n_candidates if record.n_candidates in (0, others) else record.n_candidates
    return AttackConfig(
        norm=record.norm,
        eps=record.eps,
        n_targets=targets,
        n_candidates=candidates,
        n_iter=record.n_iter,
        targeting=record.targeting,
        seed=record.seed,
        faithful=record.faithful,
        target=record.aim and record.aim.index,
        eot=record.eot,
        check=record.check,
    )


def _other_classes(record: RunRecord) -> int | None:
    """Return how many classes the network has besides the label, None where it is not known here."""
    try:
        return len(network_info(record.model).classes) - 1
    except MaltError:
        return None


def _attack_command(
    source: str, model: str, config: AttackConfig, *, crop: str, device: str, label: int | None = None
) -> str:
    standard = AttackConfig()
    command = [*PROGRAM, "attack", _undashed(source), "--model", model]
    if label is not None:
        command += ["--label", str(label)]
    if config.norm != standard.norm:
        command += ["--norm", config.norm]
    command += ["--eps", config.epsilon.text, *_counts(config, standard)]
    if config.targeting != standard.targeting:
        command += ["--targeting", config.targeting]
    if config.faithful:
        command.append("--all-steps")
    if config.target is not None:
        command += ["--target", str(config.target)]
    if config.check:
        command.append("--check")
    if crop != "centre":
        command += ["--crop", crop]
    if device != "cpu" and not device.startswith(IN_BROWSER):
        command += ["--device", device]
    return shlex.join(command)


def evaluation_command(plan: Plan, out: str) -> str:
    """Return the `evaluate` that ends with the same report.

    out: the folder to name in it. Defaults are left out, but not what is decided by the machine.
    """
    config, standard = plan.config, EvaluationConfig()
    command = [*PROGRAM, "evaluate", "--model", plan.model, "--data", _undashed(plan.data.path)]
    command += ["--n", str(plan.data.images), "--attack", config.attack]
    if config.norm != standard.norm:
        command += ["--norm", config.norm]
    command += ["--eps", config.eps_text or repr(config.eps), *_counts(config, standard)]
    if config.faithful:
        command.append("--all-steps")
    if config.check:
        command.append("--check")
    if config.batch_size is not None:
        command += ["--batch-size", str(config.batch_size)]
    if "precision" in config.attack_info.settings:
        command += ["--precision", config.precision]
    if plan.device != "cpu":
        command += ["--device", plan.device]
    return shlex.join([*command, "--out", _undashed(out)])


def _undashed(path: str) -> str:
    """Return the path so that nobody takes it for an option."""
    return f"./{path}" if path.startswith("-") else path


def _counts(config: AttackConfig | EvaluationConfig, standard: AttackConfig | EvaluationConfig) -> list[str]:
    """Return the flags of COUNTS that differ from the standard, each followed by its value."""
    return [
        word
        for flag, name, _ in COUNTS
        if getattr(config, name) != getattr(standard, name)
        for word in (flag, str(getattr(config, name)))
    ]
