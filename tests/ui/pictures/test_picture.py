"""A picture of the user's own is the same on a page as on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from malt_core.images.resize import to_sample
from malt_core.images.sources import open_source, source_credit
from ui.pictures.picture import gallery_picture, own_picture


@pytest.mark.parametrize("crop", ["centre", "fit", "0.1,0.25,0.5"])
@pytest.mark.parametrize("size", [(640, 480), (2600, 1500)])
def test_page_and_command_line_cut_the_same_pixels(tmp_path: Path, size: tuple[int, int], crop: str) -> None:
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    buffer = io.BytesIO()
    Image.fromarray(np.stack([x % 256, y % 256, (x + y) % 256], -1).astype(np.uint8)).save(buffer, "PNG")
    file = tmp_path / "photo.png"
    file.write_bytes(buffer.getvalue())
    typed = to_sample(open_source(str(file), crop), (64, 64), crop=crop, name="photo.png")
    assert own_picture(buffer.getvalue(), "photo.png", (64, 64), crop).digest == typed.digest


@pytest.mark.parametrize("crop", ["centre", "fit", "0.1,0.25,0.5"])
def test_a_photo_of_the_gallery_too_and_its_credit_goes_along(crop: str) -> None:
    picture = gallery_picture("espresso", (64, 64), crop)
    typed = to_sample(open_source("gallery:espresso", crop), (64, 64), crop=crop, name="espresso")
    assert picture.digest == typed.digest
    assert picture.to_sample().credit == source_credit("gallery:espresso") != ""
    assert source_credit("photo.png") == ""
