"""What the job queue computes for the Attack page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from malt_core.attack_run.survival_types import Survival
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.attacks.types import AttackEvent
from malt_core.explanations.limits import EPS_MAX
from malt_core.explanations.record import SmallestRecord
from malt_core.explanations.types import Scored, Search, SmallestEpsilon
from malt_core.export.bundles.read import Bundle
from malt_core.export.snapshot import Snapshot
from malt_core.networks import network_info
from ui.attack.link import AttackSettings
from ui.pictures.picture import Picture

if TYPE_CHECKING:
    from torch import Tensor

    from malt_core.models.loaders import Model

TOP = 5


@dataclass(frozen=True)
class Answers:
    """What a network says of a picture without any attack.

    likeliest: classes, by index, each with its confidence from 0 to 1; the likeliest first. refused: it gives
    no answer: it refuses the picture, or abstains.
    """

    likeliest: tuple[tuple[int, float], ...]
    refused: bool = False


@dataclass(frozen=True)
class Outcome:
    """The last event of an attack job: the run, and what pages draw of it."""

    run: AttackRun
    snapshot: Snapshot


@dataclass
class Sight:
    """The first event of an attack job, and the only one that changes: where the attack is.

    One picture for each job, however many steps it takes: what is kept with a job stays small. Written by the
    compute thread, read by pages.

    original, now: (C, H, W) in [0, 1]; now is None before the first step.
    """

    original: Tensor
    now: Tensor | None = None

    def see(self, x: Tensor) -> None:
        """Be shown where the attack is."""
        self.now = x.detach().cpu().clone()


def attack_key(settings: AttackSettings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    return _digest(
        "attack", replace(settings, photo="", truth=None), picture.name, picture.source, picture.digest
    )


def glance_key(settings: AttackSettings, picture: Picture) -> str:
    """Equal keys mean equal answers."""
    return _digest("glance", settings.model, picture.digest)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def attack(
    settings: AttackSettings, picture: Picture
) -> Callable[[Model], Iterator[AttackEvent | Sight | Outcome]]:
    """A work function for the queue: the attack's Sight, its events, then the Outcome."""

    def work(model: Model) -> Iterator[AttackEvent | Sight | Outcome]:
        from malt_core.attack_run.run import attack_and_measure
        from malt_core.export.snapshot import snapshot_of

        sample, config = picture.to_sample(), settings.config
        sight = Sight(sample.x)
        yield sight
        run = attack_and_measure(
            model, sample, config, crop=settings.crop, source=picture.source, look=sight.see
        )
        for event in run:
            yield Outcome(event, snapshot_of(event)) if isinstance(event, AttackRun) else event

    return work


@dataclass(frozen=True)
class Little:
    """The last event of a search for the smallest ε. png: the picture that 8 bits can hold, if any."""

    record: SmallestRecord
    png: bytes | None


def smallest_key(settings: AttackSettings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    return _digest("smallest", settings.model, settings.norm, settings.seed, picture.name, picture.digest)


def smallest(
    settings: AttackSettings, picture: Picture
) -> Callable[[Model], Iterator[Scored | Search | Little]]:
    """A work function for the queue: what is visited in search of the smallest ε, then what was found."""

    def work(model: Model) -> Iterator[Scored | Search | Little]:
        from malt_core.explanations.record import smallest_record
        from malt_core.explanations.smallest import search_smallest
        from malt_core.images.pixels import png_bytes

        how = {"norm": settings.norm, "eps_max": EPS_MAX[settings.norm], "seed": settings.seed}
        for event in search_smallest(model, picture.to_sample().x, **how):
            if not isinstance(event, SmallestEpsilon):
                yield event
                continue
            record = smallest_record(event, model.info, picture.name, **how)
            yield Little(record, None if event.eight_bit is None else png_bytes(event.eight_bit))

    return work


def survival_key(settings: AttackSettings, snapshot: Snapshot) -> str:
    """Equal keys mean equal results."""
    pictures = (hashlib.sha256(png).hexdigest() for png in (snapshot.original_png, snapshot.adversarial_png))
    return _digest("survival", settings.model, snapshot.record.clean_label.index, *pictures)


def survival(snapshot: Snapshot) -> Callable[[Model], Iterator[Survival]]:
    """A work function for the queue: what is left of the attack when its picture is passed on."""

    def work(model: Model) -> Iterator[Survival]:
        from malt_core.attack_run import survival

        pictures = snapshot.original_png, snapshot.adversarial_png
        yield from survival.survival(model, *pictures, snapshot.record.clean_label.index)

    return work


@dataclass(frozen=True)
class Filming:
    """An event of a film's job: how much of it is made, from 0 to 1, and what comes now."""

    share: float
    what: str


@dataclass(frozen=True)
class Film:
    """The last event: the files, by their names in export.formats.FORMATS."""

    files: dict[str, bytes]


def film_key(run_key: str, truth: Truth) -> str:
    """Equal keys mean equal films."""
    return _digest("film", run_key, truth and sorted(truth))


def film(
    find: Callable[[], AttackRun | None],
    again: Callable[[Model], Iterator[Any]] | None,
    truth: Truth,
) -> Callable[[Model], Iterator[Any]]:
    """A work function for the queue: how far the film of a run is, then a Film.

    find: returns the run without attacking, None where it is not kept. again: attacks again then.
    """

    def work(model: Model) -> Iterator[Any]:
        from malt_core.attack_run import movie
        from malt_core.export.moving import gif_bytes, mp4_bytes

        run = find()
        if run is None:
            for event in again(model):
                yield event
            run = event.run
        total, frames = movie.FRAMES + movie.HOLD, []
        for done, frame in enumerate(movie.frames(run, truth), start=1):
            frames.append(frame)
            yield Filming(0.6 * done / total, f"Drawing picture {done} of {total} …")
        yield Filming(0.7, "Writing the GIF …")
        gif = gif_bytes(frames, movie.PER_SECOND)
        yield Filming(0.85, "Writing the MP4 …")
        yield Film({"gif": gif, "mp4": mp4_bytes(frames, movie.PER_SECOND)})

    return work


def glance(picture: Picture) -> Callable[[Model], Iterator[Answers]]:
    """A work function for the queue: the network's likeliest answers, at once."""

    def work(model: Model) -> Iterator[Answers]:
        import torch

        from malt_core.numerics.gradients import Passes
        from malt_core.trust.refusals import verdict

        with torch.inference_mode():
            z, refused = verdict(model, picture.to_sample().x[None], Passes())
            likely = z.softmax(1)[0].topk(min(TOP, len(model.info.classes)))
        likeliest = zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
        yield Answers(tuple(likeliest), bool(refused))

    return work


def from_browser(content: Any, settings: AttackSettings, picture: Picture) -> Bundle:
    """Return the run that a browser has computed. Raises BadConfig where it is not sound."""
    from malt_core.portable.returned import Asked, returned_bundle

    asked = Asked(
        model=network_info(settings.model),
        image=picture.image.convert("RGB"),
        digest=picture.digest,
        name=picture.name,
        source=picture.source,
        credit=picture.credit,
        crop=settings.crop,
        config=settings.config,
    )
    return returned_bundle(content, asked)
