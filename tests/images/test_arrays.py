"""Images as .npy files: exact, of one size, and nothing that could be run."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from malt_core.errors import BadImage
from malt_core.images.arrays import npy_bytes, read_npy, sample_of_array
from malt_core.images.pixels import png_bytes
from malt_core.images.sources import open_sample
from tests.helpers.analytic import images
from ui.pictures.picture import own_picture

SIZE = (8, 6)
X = images(1, shape=(3, *SIZE))[0]


def file_of(array: object, **how) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **how)
    return buffer.getvalue()


def test_what_is_written_is_read_back_to_the_last_bit():
    x = (X + 0.3 / 255 * torch.rand(X.shape)).clamp(0, 1)
    data = npy_bytes(x)
    assert np.load(io.BytesIO(data), allow_pickle=False).dtype == np.float32
    assert np.array_equal(read_npy(data, "x.npy", SIZE), x.numpy())


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f2", "<f8"])
@pytest.mark.parametrize("last", [True, False])
def test_colours_may_come_first_or_last_in_any_float(kind, last):
    array = X.numpy().astype(kind)
    found = read_npy(file_of(array.transpose(1, 2, 0) if last else array), "x.npy", SIZE)
    assert (found.dtype, found.shape) == (np.float32, (3, *SIZE))
    assert np.allclose(found, X, atol=1e-3)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            file_of(np.zeros((3, 8, 8), np.float32)),
            r"shape \(3, 8, 8\); this model takes \(3, 8, 6\) or \(8, 6, 3\)",
        ),
        (file_of(np.zeros((1, 3, 8, 6), np.float32)), "not resized"),
        (file_of(np.zeros((3, 8, 6), np.uint8)), "holds uint8; expected float32 from 0 to 1. Divide"),
        (file_of(np.full((3, 8, 6), 1.5)), "from 1.5 to 1.5; expected 0 to 1"),
        (file_of(np.full((3, 8, 6), np.nan)), "expected 0 to 1"),
        (file_of(np.array([{}], dtype=object), allow_pickle=True), "Python objects"),
        (file_of(np.zeros((3, 8, 6), np.float32))[:-1], "damaged, incomplete"),
        (b"\x93NUMPY", "damaged, incomplete"),
        (
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (9999999, 99), }\n",
            "damaged",
        ),
    ],
)
def test_anything_else_is_refused_in_words(data, says):
    with pytest.raises(BadImage, match=says):
        read_npy(data, "x.npy", SIZE)


def test_a_file_is_opened_as_it_is_and_an_8_bit_one_counts_as_its_picture(tmp_path):
    file = tmp_path / "x.npy"
    file.write_bytes(npy_bytes(X))
    (tmp_path / "x.png").write_bytes(png_bytes(X))
    array, picture = (
        open_sample(str(tmp_path / name), SIZE, crop="centre", label=4) for name in ("x.npy", "x.png")
    )
    assert torch.equal(array.x, X)
    assert torch.equal(picture.x, X)
    assert array.digest == picture.digest
    assert (array.name, array.label) == ("x.npy", 4)
    file.write_bytes(npy_bytes(X * 0.999))
    other = open_sample(str(file), SIZE, crop="centre")
    assert torch.equal(other.x, X * 0.999)
    assert other.digest != array.digest
    assert sample_of_array((X * 0.9985).numpy(), name="y").digest != other.digest


def test_an_uploaded_array_is_attacked_as_it_is():
    """What the pages make of it: the picture shows whole steps, the sample has the floats."""
    x = (X * 0.999).clamp(0, 1)
    picture = own_picture(npy_bytes(x), "x.npy", SIZE, "centre")
    assert torch.equal(picture.to_sample(label=3).x, x)
    assert picture.to_sample().digest == picture.digest
    assert picture.image.size == (6, 8)
    assert abs(np.asarray(picture.image) / 255 - x.permute(1, 2, 0).numpy()).max() <= 0.5001 / 255
    with pytest.raises(BadImage, match="not resized"):
        own_picture(npy_bytes(x), "x.npy", (64, 64), "centre")
