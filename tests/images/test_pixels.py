"""What a model sees is 8-bit and exact; what comes through Python is checked."""

import hashlib
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from malt_core.errors import BadConfig, BadImage
from malt_core.images.pixels import (
    perturbation_image,
    png_bytes,
    read_png,
    suggested_amplification,
    to_pixels,
)
from malt_core.images.resize import to_sample
from malt_core.numerics.checks import check_batch

EIGHT_BIT = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


# --- to_sample ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crop", ["centre", "fit"])
@settings(deadline=None)
@given(pixels=EIGHT_BIT)
def test_picture_of_the_right_size_passes_unchanged(crop, pixels):
    sample = to_sample(Image.fromarray(pixels), pixels.shape[:2], crop=crop, name="x")
    assert sample.x.dtype == torch.float32
    assert sample.x.is_contiguous()
    assert (sample.x.numpy() == (pixels.transpose(2, 0, 1) / np.float32(255))).all()
    assert (to_pixels(sample.x) == pixels).all()
    assert sample.digest == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_name_and_label_are_kept():
    sample = to_sample(Image.new("RGB", (9, 9)), (4, 4), crop="centre", name="holiday.jpg", label=3)
    assert (sample.name, sample.label) == ("holiday.jpg", 3)
    assert to_sample(Image.new("RGB", (9, 9)), (4, 4), crop="centre", name="x").label is None


@pytest.mark.parametrize("size", [(32, 32), (24, 48), (48, 24)])
@pytest.mark.parametrize("extra", [(0, 7), (7, 0), (0, 8)])
def test_centre_crop_cuts_equally_on_both_sides_without_blur(size, extra):
    height, width = size
    pixels = noise(height + extra[0], width + extra[1])
    top, left = extra[0] // 2, extra[1] // 2
    expected = pixels[top : top + height, left : left + width]
    assert (to_pixels(to_sample(Image.fromarray(pixels), size, crop="centre", name="x").x) == expected).all()


def test_centre_crop_ignores_what_is_outside():
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 200
    x = to_sample(Image.fromarray(pixels), (32, 32), crop="centre", name="x").x
    assert (to_pixels(x) == 200).all()


def test_downscaling_is_antialiased():
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    x = to_sample(Image.fromarray(board), (32, 32), crop="centre", name="x").x
    assert (x - 0.5).abs().max() < 0.02


def test_fit_shows_everything_on_grey():
    pixels = noise(16, 32)
    seen = to_pixels(to_sample(Image.fromarray(pixels), (32, 32), crop="fit", name="x").x)
    assert (seen[8:24] == pixels).all()
    assert (seen[:8] == 128).all()
    assert (seen[24:] == 128).all()


@pytest.mark.parametrize("crop", ["centre", "fit"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (1, 2)])
@pytest.mark.parametrize("size", [(32, 32), (24, 48)])
def test_tiny_and_elongated_pictures(shape, size, crop):
    red = np.full((*shape, 3), (255, 0, 0), np.uint8)
    sample = to_sample(Image.fromarray(red), size, crop=crop, name="x")
    assert sample.x.shape == (3, *size)
    assert (to_pixels(sample.x) == (255, 0, 0)).all(-1).any()


def test_picture_with_transparency_is_laid_on_white():
    x = to_sample(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), (4, 4), crop="centre", name="x").x
    assert (x == 1).all()


def test_unknown_crop():
    with pytest.raises(BadConfig, match="'center': choose centre, fit or a frame"):
        to_sample(Image.new("RGB", (8, 8)), (4, 4), crop="center", name="x")


# --- pixels and PNG -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(pixels=EIGHT_BIT)
def test_png_round_trip_is_exact(pixels):
    x = torch.from_numpy(pixels).permute(2, 0, 1) / 255
    data = png_bytes(x)
    assert torch.equal(read_png(data), x)
    assert (np.asarray(Image.open(io.BytesIO(data))) == pixels).all()


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, (3, 4, 5), elements=st.floats(0, 1, width=32)))
def test_rounding_is_to_the_nearest(values):
    levels = to_pixels(torch.from_numpy(values)).transpose(2, 0, 1).astype(np.float64)
    assert np.abs(levels - 255 * values.astype(np.float64)).max() <= 0.5 + 1e-4


def test_values_outside_do_not_wrap_around():
    x = torch.tensor([-0.01, 1.01, 1.5]).reshape(3, 1, 1).requires_grad_()
    assert to_pixels(x).tolist() == [[[0, 255, 255]]]


def test_perturbation_is_signed_around_mid_grey():
    x0 = torch.full((3, 1, 4), 0.5)
    change = torch.tensor([0, 8, -8, 2]) / 255
    seen = to_pixels(perturbation_image(x0, x0 + change, 16))
    assert seen.shape == (1, 4, 3)
    assert seen[0, :, 0].tolist() == [128, 255, 0, 160]


@pytest.mark.parametrize(
    ("levels", "factor"),
    [
        (0, 1),
        (0.1, 256),
        (1, 128),
        (2, 64),
        (3, 32),
        (4, 32),
        (8, 16),
        (16, 8),
        (64.1, 2),
        (127, 1),
        (255, 1),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_suggested_amplification(levels, factor, sign):
    x0 = torch.full((3, 2, 2), 0.0 if sign > 0 else 1.0)
    x_adv = x0.clone()
    x_adv[1, 0, 1] += sign * levels / 255
    assert suggested_amplification(x0, x_adv) == factor


# --- arrays from Python ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "x",
    [
        torch.rand(2, 3, 8, 8),
        torch.rand(2, 3, 8, 8, dtype=torch.float64),
        torch.rand(2, 3, 8, 8).half(),
        np.random.default_rng(0).random((2, 3, 8, 8)),
        np.random.default_rng(0).random((2, 3, 8, 8)).astype(">f4"),
        np.random.default_rng(0).random((2, 8, 8, 3)).transpose(0, 3, 1, 2)[..., ::-1],
        torch.rand(2, 1, 28, 28),
        torch.rand(1, 7, 1, 1),
        torch.rand(5, 1, 1, 3),
    ],
)
def test_good_batches_keep_their_values(x):
    checked = check_batch(x)
    assert checked.dtype == torch.float32
    assert checked.shape == x.shape
    assert np.allclose(checked.numpy(), np.asarray(x, np.float64), atol=1e-7)


def test_read_only_array_is_copied():
    x = np.zeros((1, 3, 2, 2), np.float32)
    x.flags.writeable = False
    check_batch(x).add_(1)
    assert (x == 0).all()


def test_batch_is_cut_from_its_graph():
    assert not check_batch(torch.rand(1, 3, 2, 2).requires_grad_()).requires_grad


GOOD = torch.full((2, 3, 8, 8), 0.5)


def with_value(value: float) -> torch.Tensor:
    x = GOOD.clone()
    x[1, 2, 3, 4] = value
    return x


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0.5]], "torch tensor or a numpy array, not list"),
        (Image.new("RGB", (8, 8)), "torch tensor or a numpy array, not Image"),
        (None, "not NoneType"),
        (
            torch.zeros(2, 3, 8, 8, dtype=torch.uint8),
            r"floats from 0 to 1, not torch\.uint8\. Divide .* by 255",
        ),
        (np.zeros((2, 3, 8, 8), np.int64), r"not int64\. Divide 8-bit pixels by 255"),
        (np.zeros((2, 3, 8, 8), bool), "not bool"),
        (np.zeros((2, 3, 8, 8), object), "not object"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.complex64), r"not torch\.complex64"),
        (torch.zeros(3, 8, 8), r"height, width\), not \(3, 8, 8\)\. For one image give x\[None\]"),
        (torch.zeros(8, 8), r"not \(8, 8\)\.$"),
        (torch.zeros(0, 3, 8, 8), "holds no pixels: give at least one image"),
        (torch.zeros(2, 3, 0, 8), "holds no pixels"),
        (torch.zeros(2, 32, 32, 3), r"\(2, 32, 32, 3\) looks like .*permute\(0, 3, 1, 2\).*transpose"),
        (with_value(float("nan")), "NaN or infinite"),
        (with_value(float("-inf")), "NaN or infinite"),
        (with_value(255.0), r"from 0\.5 to 255; expected 0 to 1\. .* 8-bit pixels, divide by 255"),
        (with_value(-2.1), r"from -2\.1 to 0\.5; .* normalise inside the model"),
        (with_value(1.001), r"from 0\.5 to 1\.001; .*clip\(0, 1\)"),
        (with_value(65535.0), r"to 6\.554e\+04; expected 0 to 1\. Scale them"),
    ],
)
def test_bad_batches_are_refused_with_advice(x, message):
    with pytest.raises(BadImage, match=message):
        check_batch(x)


def test_pictures_need_neither_torch_nor_the_packages_that_carry_them():
    code = (
        "import sys, malt_core.images.pixels; from malt_core.images.gallery import gallery, thumbnail_bytes\n"
        "for photo in gallery(): thumbnail_bytes(photo.id, 48)\n"
        "print({'torch', 'skimage', 'sklearn', 'foolbox', 'git', 'scipy', 'streamlit'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
