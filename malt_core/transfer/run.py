"""Images attacked on the networks of the rows and tried on those of the columns, image by image."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from malt_core.attacks import uphill
from malt_core.errors import BadConfig, BadImage
from malt_core.models.loaders import Model
from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.transfer.aim import aims
from malt_core.transfer.carry import carried
from malt_core.transfer.classes import class_map
from malt_core.transfer.images import TransferImage
from malt_core.transfer.members import members_of
from malt_core.transfer.types import (
    DECAY,
    STEP,
    Attempt,
    Event,
    Method,
    RowOfImage,
    SeveralOfImage,
    Skipped,
    TransferConfig,
    Working,
)
from malt_core.transfer.words import short

TOGETHER = 4  # images of up to 64 × 64 pixels that are attacked together
EVERY = 5  # steps between two events, at which the work can be stopped


class Mean(nn.Module):
    """The mean of the logits of several networks with the same classes and input."""

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K)."""
        return torch.stack([model(x) for model in self.models]).mean(0)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def transfer(
    models: Sequence[Model], images: Sequence[TransferImage], config: TransferConfig
) -> Iterator[Event]:
    """Attack each image on each row's network, and yield what every column's network says of the results.

    models: those of config.networks, in that order. A row's image has the size that its network sees; a
    column of another size gets it resized (carry.py). Each attack takes all its steps from the image itself
    and its last point counts, fooled or not: one that stopped as soon as the row's network is fooled by a
    hair would hardly fool another. Answers are judged in float32. With "several" in config.compare, images
    are attacked on the mean of networks of one kind, too, and tried on one that is not among them.

    Between the events nothing is computed; closing the iterator stops the work. Randomness comes from
    config.seed alone, and from an image's place. Raises BadConfig where two networks have no class in common.
    """
    yield from _Transfer(models, config).run(images)


class _Transfer:
    def __init__(self, models: Sequence[Model], config: TransferConfig) -> None:
        self.config = config
        if tuple(model.info.id for model in models) != config.networks:
            raise BadConfig(f"Give the networks in this order: {', '.join(config.networks)}.")
        by_id = {model.info.id: model for model in models}
        self.rows = [by_id[id] for id in config.rows]
        self.columns = [by_id[id] for id in config.columns]
        self.maps = [[class_map(row.info, column.info) for column in self.columns] for row in self.rows]
        infos = {id: model.info for id, model in by_id.items()}
        self.members = members_of(config, infos) if "several" in config.compare else {}

    def run(self, images: Sequence[TransferImage]) -> Iterator[Event]:
        small = min(self.rows, key=lambda row: row.info.size).info.size
        together = gradients.worth_a_pass(torch.empty(1, *small), TOGETHER)
        begins = [0, *range(1, len(images), together)]  # the first alone, so that there is something to see
        for begin, end in zip(begins, [*begins[1:], len(images)], strict=True):
            part, indices = [], []
            for index, image in enumerate(images[begin:end], start=begin):
                try:
                    image.pixels(small)
                except BadImage as error:
                    yield Skipped(image.record.name, str(error))
                    continue
                part.append(image)
                indices.append(index)
            if part:
                yield from self._part(part, indices, partial(Working, done=begin, total=len(images)))

    def _part(
        self, images: Sequence[TransferImage], indices: Sequence[int], working: partial[Working]
    ) -> Iterator[Event]:
        found: dict[tuple[int, int], RowOfImage] = {}
        for place, row in enumerate(self.rows):
            x = torch.stack([image.pixels(row.info.size) for image in images])
            x = gradients.placed(row, x)
            for at in torch.arange(len(x)).split(gradients.worth_a_pass(x, TOGETHER)):
                chosen = at.tolist()
                told = partial(working, doing=short(row.info.id))
                some, where = [images[i] for i in chosen], [indices[i] for i in chosen]
                for event in self._row(place, x[at], some, where, told):
                    if isinstance(event, RowOfImage):
                        found[event.index, place] = event
                    yield event
        for column, members in self.members.items():
            yield from self._several(column, members, images, indices, found, working)

    def _row(
        self,
        place: int,
        x: Tensor,
        images: Sequence[TransferImage],
        indices: Sequence[int],
        working: partial[Working],
    ) -> Iterator[Event]:
        model, passes = self.rows[place], Passes()
        yield working()
        z = gradients.logits(model, x, passes, any_number=True)
        clean = _answers(z)
        right = [
            ((clean[i],) if clean[i] >= 0 else ()) if image.truth is None else image.truth[model.info.id]
            for i, image in enumerate(images)
        ]
        noise = self._noise(x, indices)
        column_clean = [self._ask(column, x, x) for column in self.columns]
        column_noise = [self._ask(column, noise, x) for column in self.columns]
        attacked = [i for i in range(len(x)) if clean[i] in right[i]]
        attempts: dict[int, list[Attempt]] = {i: [] for i in attacked}
        if attacked:
            some, known = x[attacked], [right[i] for i in attacked]
            found = yield from self._attack(model, some, z[attacked], known, passes, working)
            for method, target, own, points in found:
                tried = self._tried(place, method, target, own, points, some)
                for i, attempt in zip(attacked, tried, strict=True):
                    attempts[i].append(attempt)
        for i, image in enumerate(images):
            yield RowOfImage(
                index=indices[i],
                row=place,
                labelled=image.truth is not None,
                right=tuple(right[i]),
                clean=clean[i],
                column_right=tuple(
                    self._right(place, column, image, clean[i]) for column in range(len(self.columns))
                ),
                column_clean=tuple(answers[i] for answers in column_clean),
                column_noise=tuple(answers[i] for answers in column_noise),
                noise_l2=_length(noise[i] - x[i]),
                attempts=tuple(attempts.get(i, ())),
            )

    def _right(self, row: int, column: int, image: TransferImage, clean: int) -> tuple[int, ...]:
        """Return the column's classes that are right for an image of which the row's network says `clean`."""
        if image.truth is not None:
            return tuple(image.truth[self.columns[column].info.id])
        same = self.maps[row][column][clean] if clean >= 0 else None
        return () if same is None else (same,)

    def _noise(self, x: Tensor, indices: Sequence[int]) -> Tensor:
        """Return every pixel moved by eps, up or down by chance; the same for all networks of one size."""
        drawn = {"dtype": torch.float32, "device": "cpu"}
        signs = [
            torch.rand(x.shape[1:], generator=row_generator(self.config.seed, index, 0), **drawn) - 0.5
            for index in indices
        ]
        return (x + self.config.eps * torch.stack(signs).sign().to(x)).clamp(0, 1)

    def _ask(self, model: Model, x: Tensor, x0: Tensor) -> list[int]:
        """Return what a network says of images at the size of another, x0 being their originals."""
        there = gradients.placed(model, carried(x, x0, self.config.eps, model.info.size))
        return _answers(gradients.logits(model, there, Passes(), any_number=True))

    def _attack(
        self,
        model: Network,
        x: Tensor,
        z: Tensor,
        right: Sequence[Sequence[int]],
        passes: Passes,
        working: Callable[[], Working],
    ) -> Generator[Event, None, list[tuple[Method, Tensor, list[int], Tensor]]]:
        """Return for each method its name, its targets, the network's answers at the end, and its images.

        All methods go their steps side by side, in the same passes.
        """
        y, methods, count = z.argmax(1), self.config.methods, len(x)
        found = aims(model, x, z, right, eps=self.config.eps, passes=passes)
        yield working()
        target = torch.cat([found.naive if method == "naive" else found.malt for method in methods])
        decay = [DECAY if method == "momentum" else 0.0 for method in methods]
        points = yield from self._steps(
            model,
            x.repeat(len(methods), 1, 1, 1),
            y.repeat(len(methods)),
            target,
            x.new_tensor(decay).repeat_interleave(count),
            passes,
            working,
        )
        own = _answers(gradients.logits(model, points, passes, any_number=True))
        parts = [slice(place * count, (place + 1) * count) for place in range(len(methods))]
        return [
            (method, target[part], own[part], points[part])
            for method, part in zip(methods, parts, strict=True)
        ]

    def _steps(
        self,
        model: Network,
        x: Tensor,
        y: Tensor,
        target: Tensor,
        decay: Tensor,
        passes: Passes,
        working: Callable[[], Working],
    ) -> Generator[Event, None, Tensor]:
        """Take all steps and return the last points, (B, C, H, W)."""
        config, points = self.config, x
        for step, visited in enumerate(
            uphill.towards(
                model,
                x,
                y,
                target,
                eps=config.eps,
                step=STEP * config.eps,
                n_iter=config.n_iter,
                decay=decay,
                passes=passes,
            ),
            start=1,
        ):
            points = visited
            if step % EVERY == 0:
                yield working()
        return points

    def _tried(
        self, row: int, method: Method, target: Tensor, own: list[int], points: Tensor, x: Tensor
    ) -> list[Attempt]:
        answers = [self._ask(column, points, x) for column in self.columns]
        return [
            Attempt(
                method=method,
                target=int(target[i]),
                own=own[i],
                l2=_length(points[i] - x[i]),
                answers=tuple(said[i] for said in answers),
                same=tuple(
                    own[i] >= 0 and self.maps[row][column][own[i]] == said[i]
                    for column, said in enumerate(answers)
                ),
            )
            for i in range(len(x))
        ]

    def _several(
        self,
        column: int,
        members: Sequence[int],
        images: Sequence[TransferImage],
        indices: Sequence[int],
        found: dict[tuple[int, int], RowOfImage],
        working: partial[Working],
    ) -> Iterator[Event]:
        """Attack the mean of the members, where each of them and the column's network are right by itself."""
        first = self.rows[members[0]]
        chosen = [
            i
            for i, index in enumerate(indices)
            if all(found[index, member].counts(column) for member in members)
        ]
        if not chosen:
            return
        mean, passes = Mean([self.rows[member] for member in members]), Passes()
        x = torch.stack([images[i].pixels(first.info.size) for i in chosen])
        x = gradients.placed(first, x)
        for at in torch.arange(len(x)).split(gradients.worth_a_pass(x, TOGETHER)):
            part, places = x[at], [chosen[i] for i in at.tolist()]
            z = gradients.logits(mean, part, passes)
            right = [found[indices[i], members[0]].right for i in places]
            doing = partial(working, doing=f"the mean of {len(members)} networks")
            yield doing()
            target = aims(mean, part, z, right, eps=self.config.eps, passes=passes).malt
            still = part.new_zeros(len(part))
            points = yield from self._steps(mean, part, z.argmax(1), target, still, passes, doing)
            own = _answers(gradients.logits(mean, points, passes, any_number=True))
            answers = self._ask(self.columns[column], points, part)
            for i, place in enumerate(places):
                yield SeveralOfImage(
                    index=indices[place],
                    column=column,
                    members=tuple(members),
                    target=int(target[i]),
                    own=own[i],
                    l2=_length(points[i] - part[i]),
                    answer=answers[i],
                )


def _answers(z: Tensor) -> list[int]:
    """Return the classes that logits (B, K) stand for, -1 where they are not finite."""
    return torch.where(gradients.finite_rows(z), z.argmax(1), -1).tolist()


def _length(change: Tensor) -> float:
    return round(float(change.norm()), 4)
