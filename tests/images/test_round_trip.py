"""A saved adversarial.png, opened again in any way, reaches its network pixel by pixel, and still fools."""

import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor

import malt_core
from malt_core.attack_run.run import attack_and_measure
from malt_core.datasets.open_data import open_data
from malt_core.evaluation.chunks import readable_images
from malt_core.export import files
from malt_core.images.pixels import png_bytes, read_png
from malt_core.images.sources import open_sample
from malt_core.models.catalogue import list_models, model_info
from malt_core.types import CROPS, ModelInfo
from tests.helpers import parquet
from ui.pictures.picture import own_picture

OFFLINE = [info.id for info in list_models() if info.offline]


def opened(data: bytes, info: ModelInfo, folder: Path) -> dict[str, Tensor]:
    """The picture as the network of `info` gets it, by page, command line, and evaluation of data sets."""
    (folder / "0").mkdir()
    file = folder / "0" / files.ADVERSARIAL
    file.write_bytes(data)
    table = parquet.write(folder / "data.parquet", read_png(data)[None], [0])
    found = {}
    for crop in CROPS:
        found[f"page, {crop}"] = own_picture(data, file.name, info.size, crop).to_sample().x
        found[f"command line, {crop}"] = open_sample(str(file), info.size, crop=crop).x
    for source in (str(folder), str(table)):
        data_set = open_data(source, info)
        (found[source],) = readable_images(list(data_set.records(range(1))), info.size)
    return found


@pytest.mark.parametrize("id", OFFLINE)
def test_pixels_stay_what_they_are(id: str, tmp_path: Path) -> None:
    info = model_info(id)
    pixels = torch.randint(0, 256, (3, *info.size), generator=torch.Generator().manual_seed(0))
    x = pixels.float() / 255
    for way, found in opened(png_bytes(x), info, tmp_path).items():
        assert torch.equal((found * 255).round().int(), pixels.int()), way


def test_a_saved_picture_still_fools(tmp_path: Path) -> None:
    model = malt_core.load_model("tiny-imagenet/standard")
    sample = open_sample("gallery:espresso", model.info.size, crop="centre")
    config = malt_core.AttackConfig(eps=4 / 255, n_candidates=10)
    *_, run = attack_and_measure(model, sample, config, crop="centre")
    assert run.result.success
    assert run.result.survives_png
    saved = opened(files.pictures(run)[files.ADVERSARIAL], model.info, tmp_path)
    with torch.inference_mode():
        before, *after = model(torch.stack([sample.x, *saved.values()])).argmax(1).tolist()
    assert before == run.result.label
    assert set(after) == {run.result.adversarial_index}
    assert all(torch.equal(a, b) for a, b in itertools.pairwise(saved.values()))
