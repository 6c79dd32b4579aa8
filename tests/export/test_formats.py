"""What an attack can be taken away as: every format opened again by somebody else's reader."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from malt_core.attack_run import movie
from malt_core.attack_run.pictures import adversarial_image
from malt_core.attack_run.types import AttackRun
from malt_core.errors import BadConfig, BadImage
from malt_core.export import files
from malt_core.export.formats import FORMATS, Publication, formats_of, published
from malt_core.images.pixels import to_pixels
from tests.helpers.example_run import example_run, network


@pytest.fixture(scope="module")
def publication() -> Publication:
    return Publication(example_run())


@pytest.fixture(scope="module")
def run(publication: Publication) -> AttackRun:
    return publication.run


def made(publication: Publication, name: str) -> io.BytesIO:
    return io.BytesIO(FORMATS[name].make(publication))


def test_the_film_moves_from_the_original_to_the_end_and_rests(
    publication: Publication, run: AttackRun
) -> None:
    frames = publication.frames
    assert len(frames) == movie.FRAMES + movie.HOLD
    assert {frame.shape for frame in frames} == {(movie.HEIGHT, movie.WIDTH, 3)}
    assert all((frame == frames[-1]).all() for frame in frames[movie.FRAMES :])
    for frame, x in ((frames[0], run.sample.x), (frames[-1], run.result.adversarial)):
        enlarged = to_pixels(x).repeat(32, 0).repeat(32, 1)  # 8 pixels a side, by a whole factor
        left = round(movie.CENTRES[2] * movie.WIDTH - movie.SIDE / 2)
        assert (frame[movie.TOP : movie.TOP + 256, left : left + 256] == enlarged).all()


def test_gif_and_mp4_have_all_frames(publication: Publication) -> None:
    gif = Image.open(made(publication, "gif"))
    assert gif.size == (movie.WIDTH, movie.HEIGHT)
    shown = [frame.info["duration"] for frame in ImageSequence.Iterator(gif)]
    assert len(shown) >= 24
    assert sum(shown) == pytest.approx(1000 * len(publication.frames) / movie.PER_SECOND, rel=0.05)
    with av.open(made(publication, "mp4")) as film:
        decoded = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(decoded) == len(publication.frames)
    assert np.abs(decoded[-1].astype(float) - publication.frames[-1]).mean() < 8


@pytest.mark.parametrize(
    ("name", "size", "ground"),
    [
        ("png", (1200, 675), (255, 255, 255)),
        ("png-dark", (1200, 675), (18, 21, 28)),
        ("square", (1200, 1200), (255, 255, 255)),
        ("square-dark", (1200, 1200), (18, 21, 28)),
    ],
)
def test_the_figure_comes_wide_and_square_light_and_dark(
    publication: Publication, name, size, ground
) -> None:
    figure = Image.open(made(publication, name)).convert("RGB")
    assert figure.size == size
    assert figure.getpixel((3, 3)) == ground


def test_the_last_picture_of_the_webp_is_the_png_that_was_saved(
    publication: Publication, run: AttackRun
) -> None:
    pictures = [
        np.asarray(frame.convert("RGB"))
        for frame in ImageSequence.Iterator(Image.open(made(publication, "webp")))
    ]
    assert (pictures[0] == to_pixels(run.sample.x)).all()
    assert (pictures[-1] == to_pixels(adversarial_image(run))).all()
    x = np.moveaxis(pictures[-1], -1, 0)[None] / np.float32(255)
    logits = network(8)(run.sample.x.new_tensor(x))
    assert int(logits.argmax()) == run.result.adversarial_index != run.result.label


def test_the_curves_as_a_table_and_as_a_drawing_with_true_text(
    publication: Publication, run: AttackRun
) -> None:
    rows = list(csv.DictReader(io.StringIO(made(publication, "csv").read().decode())))
    assert [float(row["true_margin"]) for row in rows] == list(run.linearity.true_margin)
    assert rows[0]["answer"] == run.model.classes[run.result.label]
    assert b">straight line (zero at" in made(publication, "svg").read()


def test_a_run_leaves_what_was_asked_for_and_no_more(run: AttackRun, tmp_path) -> None:
    files.write(run, tmp_path, "{}", formats=("svg", "csv"))
    assert {"curves.svg", "curves.csv", "run.json"} <= {path.name for path in tmp_path.iterdir()}
    files.write(run, tmp_path, "{}")
    assert not (tmp_path / "curves.svg").exists(), "of the earlier run"


def test_where_nothing_was_attacked_there_is_nothing_to_publish(run: AttackRun) -> None:
    nothing = replace(run, linearity=None)
    assert set(published(nothing, None, list(FORMATS)).values()) == {None}
    with pytest.raises(BadImage, match="no path to show"):
        next(movie.frames(nothing))


def test_no_exact_picture_of_what_eight_bits_cannot_hold(run: AttackRun) -> None:
    small = replace(run, config=replace(run.config, eps=0.5 / 255))
    assert published(small, None, ["webp", "csv"])["way.webp"] is None


def test_formats_are_named_in_a_list() -> None:
    assert formats_of("gif, .MP4,gif") == ("gif", "mp4")
    with pytest.raises(BadConfig, match="no format 'tiff': choose from png, png-dark"):
        formats_of("gif,tiff")
