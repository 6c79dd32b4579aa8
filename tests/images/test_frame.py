"""A frame that somebody drew: read, written, and cut out of the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from malt_core.errors import BadConfig
from malt_core.images.frame import Frame, check_crop
from malt_core.images.resize import reduced, resize, size_remark

SHARE = st.floats(0, 1, exclude_max=True)
SIDE = st.integers(1, 3000)


@given(
    left=SHARE, top=SHARE, width=st.floats(0.001, 1), size=st.tuples(SIDE, SIDE), shape=st.tuples(SIDE, SIDE)
)
def test_the_box_lies_in_the_picture_and_has_the_shape(left, top, width, size, shape):
    box = Frame(left, top, width).box(size, shape)
    assert 0 <= box[0] < box[2] <= size[0]
    assert 0 <= box[1] < box[3] <= size[1]
    wide, high = box[2] - box[0], box[3] - box[1]
    assert abs(high - wide * shape[0] / shape[1]) <= 1 + shape[0] / shape[1] or high in (1, size[1])


@pytest.mark.parametrize("text", ["0.1,0.2,0.5", "0,0,1", "0.3333,0.25,0.125"])
def test_what_is_written_is_read(text):
    assert str(Frame.parse(text)) == check_crop(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "center",
        "0.1,0.2",
        "0.1,0.2,0.3,0.4",
        "a,b,c",
        "-0.1,0,0.5",
        "0,0,0",
        "0.6,0,0.5",
        "nan,0,1",
        "1,0,1",
    ],
)
def test_what_is_no_frame_is_refused_with_advice(text):
    with pytest.raises(BadConfig, match=r"Unknown crop .* centre, fit or a frame LEFT,TOP,WIDTH"):
        check_crop(text)


def test_only_what_is_in_the_frame_is_seen():
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[40:60, 150:170] = 200
    seen = resize(Image.fromarray(pixels), (20, 20), crop="0.75,0.4,0.1", name="x")
    assert (np.asarray(seen) == 200).all()


def test_what_people_choose_is_brought_down_to_a_megapixel_and_a_half():
    small = Image.new("RGB", (1000, 1500))
    assert reduced(small) is small
    for size in ((4000, 3000), (9000, 500)):
        image = reduced(Image.new("RGB", size))
        assert image.width * image.height <= 1_500_000
        assert abs(image.width / size[0] - image.height / size[1]) < 0.01


def test_a_picture_of_few_pixels_is_remarked_on():
    assert "a single pixel" in size_remark(Image.new("RGB", (1, 1)), (64, 64), "dot.png")
    assert "only 20 × 15 pixels" in size_remark(Image.new("RGB", (20, 15)), (224, 224), "icon.png")
    assert size_remark(Image.new("RGB", (64, 64)), (64, 64), "x") == ""
