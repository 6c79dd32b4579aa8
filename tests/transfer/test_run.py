"""A matrix on networks whose answers are known: its diagonal, its control, its sizes and its empty cells."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from malt_core.datasets.base import Record
from malt_core.errors import BadConfig
from malt_core.images.pixels import to_pixels
from malt_core.models.catalogue import model_info
from malt_core.models.loaders import Model
from malt_core.transfer.images import TransferImage
from malt_core.transfer.record import TransferRecord, transfer_record
from malt_core.transfer.run import transfer
from malt_core.transfer.statistics import cell, compared, control, diagonal_holds, matrix, travelled
from malt_core.transfer.types import RowOfImage, SeveralOfImage, TransferConfig
from tests.helpers.analytic import Linear, images, smooth_cnn

TINY = model_info("tiny-imagenet/standard")
CLASSES = tuple(f"class {i}" for i in range(10))
SIZE = (8, 8)


class _Pooled(nn.Module):
    """A network of 8 × 8 pixels that takes twice as many."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(nn.functional.avg_pool2d(x, 2))


class _Never(nn.Module):
    """Whatever the image, it is the last class."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(10.0).expand(len(x), -1) + 0 * x.sum()


def _model(name: str, network: nn.Module, size: tuple[int, int] = SIZE) -> Model:
    info = replace(TINY, id=name, title=f"{name}, test", dataset="test", classes=CLASSES, size=size)
    return Model(info, network)


def _images(n: int, truth: dict[str, list[int]] | None = None, side: int = 8) -> list[TransferImage]:
    pictures = [Image.fromarray(to_pixels(x)) for x in images(n, shape=(3, side, side))]
    return [
        TransferImage(
            Record(i, f"image {i}", -1, picture),
            None if truth is None else {id: (labels[i],) for id, labels in truth.items()},
        )
        for i, picture in enumerate(pictures)
    ]


def _record(models: list[Model], shown: list[TransferImage], **how: object) -> TransferRecord:
    ids = tuple(model.info.id for model in models)
    config = TransferConfig(**{"rows": ids, "columns": ids, "n_iter": 8, **how})
    by_id = {model.info.id: model for model in models}
    events = list(transfer([by_id[id] for id in config.networks], shown, config))
    infos = {model.info.id: model.info for model in models}
    return transfer_record(events, config, infos, "test images", [one.record.name for one in shown])


def _smooth(seed: int) -> nn.Module:
    return smooth_cnn(10, seed=seed)


def test_the_diagonal_is_the_attacks_own_success() -> None:
    models = [_model("a", _smooth(0)), _model("b", _smooth(1))]
    record = _record(models, _images(6), eps=4 / 255)
    assert diagonal_holds(record)
    for row in range(2):
        own = cell(record, row, row)
        entries = [entry for entry in record.entries if entry.row == row]
        assert own.of == 6  # without labels each network is right by its own word
        assert own.fooled == own.same == own.own
        assert own.own == sum(entry.attempts[0].own not in entry.right for entry in entries) > 0


def test_a_twin_is_fooled_by_all_that_fools_its_twin() -> None:
    record = _record([_model("a", _smooth(0)), _model("b", _smooth(0))], _images(5), eps=6 / 255)
    (aa, ab), (ba, bb) = matrix(record)
    assert aa == ab == ba == bb
    found = travelled(record)
    assert found is not None
    assert found.mean == aa.share


def test_noise_of_eps_0_changes_nothing() -> None:
    record = _record([_model("a", _smooth(0)), _model("b", _smooth(0))], _images(4), eps=0.0)
    assert all(entry.noise_l2 == 0 for entry in record.entries)
    assert [control(record, row) for row in range(2)] == [(0, 4), (0, 4)]
    assert [one.fooled for line in matrix(record) for one in line] == [0] * 4


def test_an_image_wrong_on_either_network_does_not_count() -> None:
    model = _model("a", _smooth(0))
    answers = model(images(4)).argmax(1).tolist()
    wrong = [(answer + 1) % 10 for answer in answers]
    truth = {"a": answers, "b": [*answers[:3], wrong[3]]}
    record = _record([model, _model("b", _smooth(0))], _images(4, truth))
    assert [[one.of for one in line] for line in matrix(record)] == [[4, 3], [3, 3]]


def test_a_network_that_gets_nothing_right_leaves_its_cells_empty() -> None:
    model = _model("a", _smooth(0))
    answers = model(images(3)).argmax(1).tolist()
    assert 9 not in answers
    truth = {"a": answers, "never": answers}
    record = _record([model, _model("never", _Never())], _images(3, truth))
    (aa, an), (na, nn_) = matrix(record)
    assert (aa.of, an.of, na.of, nn_.of) == (3, 0, 0, 0)
    assert [one.share for one in (an, na, nn_)] == [None] * 3
    assert [one.interval for one in (an, na, nn_)] == [None] * 3
    assert [one.l2 for one in (an, na, nn_)] == [None] * 3
    assert control(record, 1) == (0, 0)
    assert travelled(record) is None
    assert compared(record, "naive") is None


def test_clean_and_adversarial_images_are_resized_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the larger network sees is the small picture enlarged, and what it is asked first, too."""
    small, seen = _model("small", _smooth(0)), []

    class _Watching(_Pooled):
        def forward(self, x: Tensor) -> Tensor:
            if not x.requires_grad:
                seen.append(x.clone())
            return super().forward(x)

    large = _model("large", _Watching(_smooth(0)), (16, 16))
    shown = _images(2, side=16)
    record = _record([small, large], shown, rows=("small",), columns=("large",), eps=8 / 255, compare=())
    clean, noise, adversarial = (torch.cat(seen[i::3]) for i in range(3))
    original = torch.stack([one.pixels((8, 8)) for one in shown])
    for x in (clean, noise, adversarial):
        assert x.shape == (2, 3, 16, 16)
        back = torch.stack([torch.from_numpy(_resized(one, 8)) for one in x])
        assert (back - original).abs().max() < 0.35  # enlarged, not cut out of the large photograph
    directly = torch.stack([one.pixels((16, 16)) for one in shown])
    assert (clean - directly).abs().max() > 0.1
    assert not torch.equal(clean, adversarial)
    assert record.resized(0, 0)
    assert [entry.column_clean[0] for entry in record.entries] == large(clean).argmax(1).tolist()


def _resized(x: Tensor, side: int):
    import numpy as np

    picture = Image.fromarray(to_pixels(x)).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(picture).transpose(2, 0, 1).astype("float32") / 255


def test_all_steps_are_taken_towards_the_target() -> None:
    """On a linear model the last point is known: every pixel at the edge of the ball."""
    model = _model("a", Linear(10))
    record = _record([model], _images(2), eps=2 / 255, n_iter=12, compare=("momentum",))
    for entry in record.entries:
        x = images(2)[entry.index]
        for attempt in entry.attempts:
            weight = model.network.weight[attempt.target] - model.network.weight[entry.clean]
            edge = (x + 2 / 255 * weight.view_as(x).sign()).clamp(0, 1)
            assert attempt.l2 == pytest.approx(float((edge - x).norm()), abs=2e-4)


def test_the_mean_is_tried_on_the_one_that_is_left_out() -> None:
    models = [_model(name, _smooth(0)) for name in "abc"]
    record = _record(models, _images(3), eps=6 / 255, compare=("several",))
    assert {(one.column, one.members) for one in record.several} == {(0, (1, 2)), (1, (0, 2)), (2, (0, 1))}
    found = compared(record, "several")
    assert found is not None
    assert (found.first, found.difference.mean) == (found.second, 0)  # three times the same network
    assert found.difference.told == 0


def test_the_work_can_be_stopped_and_is_the_same_again() -> None:
    models, shown = [_model("a", _smooth(0)), _model("b", _smooth(1))], _images(3)
    config = TransferConfig(rows=("a", "b"), columns=("a", "b"), n_iter=5)
    kinds = RowOfImage | SeveralOfImage

    def events() -> list[object]:
        return [event for event in transfer(models, shown, config) if isinstance(event, kinds)]

    assert events() == events()
    run = transfer(models, shown, config)
    next(run)
    run.close()
    with pytest.raises(BadConfig, match="in this order"):
        next(transfer(models[::-1], shown, config))


def test_networks_without_a_common_class_are_refused() -> None:
    other = Model(replace(TINY, id="other", dataset="else", classes=tuple("wxyz"), size=SIZE), _smooth(0))
    with pytest.raises(BadConfig, match="no classes in common"):
        _record([_model("a", _smooth(0)), other], _images(1))
