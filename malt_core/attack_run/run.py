"""An attack on one image and the measurement of how straight its way was: what a page or the CLI runs."""

from __future__ import annotations

from collections.abc import Iterator

from malt_core.attack_run.likeness import likeness
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, AttackEvent, AttackResult, Finished, Look, look_away
from malt_core.errors import BadConfig
from malt_core.linearity.measurement import measure_linearity
from malt_core.linearity.types import LinearityReport
from malt_core.models.loaders import Model
from malt_core.types import Crop, Sample


def _linearity(model: Model, sample: Sample, result: AttackResult) -> LinearityReport | None:
    """Follow the margin to the class that the image became, or to the attacked class where it failed."""
    if result.target is None:
        return None
    target = result.adversarial_index if result.success else result.target.index
    return measure_linearity(model, sample.x, result.adversarial, result.label, target)


def _attack(model: Model, sample: Sample, config: AttackConfig, look: Look) -> Iterator[AttackEvent]:
    """Attack, and let an error about the target speak of it by name."""
    try:
        yield from attack(model, sample, config, look=look)
    except BadConfig as error:
        if error.setting != "target":
            raise
        name = model.info.classes[config.target]
        raise BadConfig(
            f"“{name}” is the class that the model is to be led away from: choose another to fool it into."
        ) from None


def attack_and_measure(
    model: Model,
    sample: Sample,
    config: AttackConfig,
    *,
    crop: Crop,
    source: str | None = None,
    look: Look = look_away,
) -> Iterator[AttackEvent | AttackRun]:
    """Yield the events of single.attack, then the AttackRun with the linearity along the way.

    crop and source (default: the sample's name) only go on record; see AttackRun. For look, and
    for what is raised, see attack.
    """
    for event in _attack(model, sample, config, look):
        yield event
        if isinstance(event, Finished):
            yield AttackRun(
                model=model.info,
                sample=sample,
                config=config,
                crop=crop,
                source=source or sample.name,
                result=event.result,
                linearity=_linearity(model, sample, event.result),
                likeness=likeness(sample.x, event.result.adversarial),
            )
