"""A small evaluation that the Benchmark page runs: its settings, its work, and what it says meanwhile.

Neither Streamlit, nor torch before the work starts.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from malt_core.attacks import catalogue
from malt_core.attacks.catalogue import AttackId
from malt_core.comparison.words import attack_name, tally
from malt_core.datasets.in_memory import InMemoryData
from malt_core.epsilon import parse_number
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report, report_of
from malt_core.evaluation.types import ATTACKS, ChunkResult, EvaluationConfig, Plan
from malt_core.formatting import duration
from malt_core.types import Norm
from ui.address.parameters import EPS_RANGE, with_points
from ui.benchmark.limits import MOST_EVALUATIONS
from ui.benchmark.memory import Found

if TYPE_CHECKING:
    from malt_core.evaluation.stepwise import Working
    from malt_core.models.loaders import Model

    Event = Plan | Working | ChunkResult | Report

# batch_size: rows in the model at a time. chunk: images that are begun and kept together, so that what is
# stopped loses one at most. float32, since to try out bfloat16 can take longer than a small run.
SMALL = EvaluationConfig(batch_size=8, chunk=1, precision="float32")


def radii(text: str, norm: Norm) -> tuple[EvaluationConfig, ...]:
    """Settings with the radii that were typed, such as "1, 2, 4": in 1/255 for linf, plain for l2.

    Commas, semicolons and spaces separate, but for a decimal comma; see with_points. In ascending order.
    Raises BadConfig for what is no radius.
    """
    found, (low, high) = {}, EPS_RANGE[norm]
    for word in re.split(r"[,;\s]+", with_points(text).strip()):
        try:
            number = parse_number(word, norm)
        except BadConfig:
            example = "1, 2, 4" if norm == "linf" else "0.25, 0.5"
            raise BadConfig(
                f"ε: “{word[:20]}” is not a number. Write one or a few, as in {example}."
            ) from None
        if not low <= number <= high:
            unit = " in 1/255" if norm == "linf" else ""
            raise BadConfig(f"ε: {number:g} is out of range; it goes from {low:g} to {high:g}{unit}.")
        eps, eps_text = (number / 255, f"{number:g}/255") if norm == "linf" else (number, f"{number:g}")
        found[number] = replace(SMALL, norm=norm, eps=eps, eps_text=eps_text)
    return tuple(found[number] for number in sorted(found))


def evaluations(
    attacks: Sequence[AttackId], balls: Sequence[EvaluationConfig], *, check: bool = False
) -> tuple[EvaluationConfig, ...]:
    """One evaluation for each attack and radius. check: with a second opinion, where the attack can ask one.

    Raises BadConfig for none, and for too many.
    """
    if not attacks:
        raise BadConfig("Choose at least one attack.")
    count = len(attacks) * len(balls)
    if count > MOST_EVALUATIONS:
        raise BadConfig(
            f"{len(attacks)} attacks at {len(balls)} ε are {count} evaluations; this page runs "
            f"{MOST_EVALUATIONS} at most. The command line takes any number."
        )
    chosen = [attack for attack in ATTACKS if attack in attacks]
    return tuple(
        replace(ball, attack=attack, check=check and "check" in catalogue.ATTACKS[attack].settings)
        for attack in chosen
        for ball in balls
    )


@dataclass(frozen=True)
class SmallRun:
    """What to evaluate: a model of the catalogue on images held in memory, once for each of the settings."""

    model: str
    data: InMemoryData
    configs: tuple[EvaluationConfig, ...]

    @property
    def key(self) -> str:
        """Equal keys mean equal results, names of files included."""
        data = self.data
        about = ("benchmark", self.model, self.configs, data.name, data.path, data.fingerprint)
        digest = hashlib.sha256(repr(about).encode())
        for record in self.data.content:
            image = record.image
            digest.update(f"{record.name} {record.label} {record.problem} ".encode())
            digest.update(image if isinstance(image, bytes) else image.tobytes() if image else b"")
        return digest.hexdigest()

    def checking(self, report: Report) -> bool:
        """Whether, with a second opinion, this could go on with that report."""
        plan = report.plan
        return (plan.model, plan.data.path) == (self.model, self.data.path) and any(
            replace(config, check=False) == plan.config and "check" in config.attack_info.settings
            for config in self.configs
        )

    @property
    def images(self) -> int:
        """How many images all of its evaluations go through."""
        return len(self.configs) * len(self.data.content)

    def done(self, found: Found) -> int:
        """How many of those have been evaluated before."""
        return sum(len(found.done(self.model, config, self.data)) for config in self.configs)

    def work(self, model: Model, found: Found) -> Iterator[Event]:
        """Evaluate what nobody has evaluated yet, image by image, and keep it in `found`."""
        from malt_core.evaluation.plan import make_plan
        from malt_core.evaluation.stepwise import evaluate_in_turns

        for config in self.configs:
            done = found.done(self.model, config, self.data)
            plan = make_plan(model, self.data, config)
            for event in evaluate_in_turns(model, self.data, plan, done):
                if isinstance(event, ChunkResult):
                    found.put(plan, self.data, event)
                yield event


def reports_of(events: Sequence[Event]) -> list[Report]:
    """The reports of what is done so far; those of what was begun and not ended say that themselves."""
    reports: list[Report] = []
    plan, chunks = None, []
    for event in events:
        if isinstance(event, Plan):
            plan, chunks = event, []
        elif isinstance(event, ChunkResult):
            chunks.append(event)
        elif isinstance(event, Report):
            reports.append(event)
            plan = None
    if plan is not None and any(chunk.images for chunk in chunks):
        reports.append(report_of(plan, chunks))
    return reports


def progress(events: Sequence[Event], total: int) -> tuple[str, float]:
    """What a run is doing, in a sentence, and how far it is, from 0 to 1. total: of its evaluations."""
    begun = [place for place, event in enumerate(events) if isinstance(event, Plan)]
    if not begun:
        return "Looking at the model …", 0.0
    plan, since = events[begun[-1]], events[begun[-1] + 1 :]
    chunks = [event for event in since if isinstance(event, ChunkResult)]
    done = sum(len(chunk.images) + len(chunk.corrupt) for chunk in chunks)
    images = plan.data.images
    sentence = (
        f"{attack_name(plan.config)} at ε = {plan.config.epsilon}{_which(len(begun), total)}, "
        f"{done} of {images} image{'s' if images > 1 else ''}{_counts(chunks)}"
    )
    if done < images:
        sentence += _going_on(since, sum(chunk.seconds for chunk in chunks), done, images)
    return sentence, min(1.0, (len(begun) - 1 + done / images) / total)


def _which(place: int, total: int) -> str:
    return f" (evaluation {place} of {total})" if total > 1 else ""


def _counts(chunks: Sequence[ChunkResult]) -> str:
    outcomes = Counter(image.outcome for chunk in chunks for image in chunk.images)
    if not chunks:
        return ""
    return f": {tally(outcomes, corrupt=sum(len(chunk.corrupt) for chunk in chunks))}"


def _going_on(since: Sequence[Event], seconds: float, done: int, images: int) -> str:
    """How long it may take still or, before that can be told, a sign of life."""
    if seconds > 1:
        return f"; about {duration((images - done) * seconds / done)} left for this attack"
    passes = sum(event.n_forward for event in since if isinstance(event, ChunkResult))
    if since and not isinstance(since[-1], ChunkResult):
        passes += since[-1].n_forward
    return f"; {passes:,} forward passes so far"
