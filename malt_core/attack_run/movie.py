"""The way from the original to the adversarial image as a moving picture, frame by frame.

Every frame shows the image at one place of the way, both margins there, interpolated between the places that
were measured, and the answer at the nearest of these, which lie densely around the crossing. As GIF or MP4
the colours are no longer exact, so that such a file fools nobody; each frame says so.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from malt_core import formatting
from malt_core.attack_run import story, words
from malt_core.attack_run.pictures import adversarial_image
from malt_core.attack_run.poster import PLAIN, draw_curves, short_name
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.errors import BadImage
from malt_core.figure_style import INK, LINEAR, QUIET
from malt_core.images.pixels import perturbation_image, suggested_amplification, to_pixels
from malt_core.linearity.types import LinearityReport

WIDTH, HEIGHT, DPI = 1200, 676, 100  # even numbers, as video codecs ask for
SIDE = 256  # pixels that a picture has room for
CENTRES = (0.18, 0.5, 0.82)  # of the three pictures, as shares of the width
TOP = 112  # pixels above the pictures
CHART = (0.07, 0.135, 0.88, 0.235)  # left, bottom, width, height, as shares
FRAMES, HOLD, PER_SECOND = 36, 18, 12  # on the way; resting at the end
NOTE = "An illustration: in a GIF or a video the colours are not exact. Only the saved PNG holds the attack."


def frames(run: AttackRun, truth: Truth = None) -> Iterator[np.ndarray]:
    """Yield FRAMES pictures of the way and HOLD of its end: (HEIGHT, WIDTH, 3) uint8 each.

    Pictures below SIDE pixels are enlarged by a whole factor without smoothing. truth: what the picture
    shows, see attacks/outcome.py. Raises BadImage where nothing was attacked.
    """
    report = _report(run)
    figure = Figure((WIDTH / DPI, HEIGHT / DPI), DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    _still(figure, run, truth)
    axes = figure.add_axes(CHART)
    draw_curves(axes, run, report, whole=True)
    place = axes.axvline(0, color=INK, linewidth=1)
    dots = [
        axes.plot(0, 0, "o", color=colour, markersize=8, markeredgecolor="white", zorder=4, clip_on=False)[0]
        for colour in (INK, LINEAR)
    ]
    title, answer = _captions(figure, CENTRES[2])
    moving = (place, *dots, title, answer)
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()  # all the rest, once
    still = canvas.copy_from_bbox(figure.bbox)
    frame = np.empty(0)
    for t in np.linspace(0, 1, FRAMES).tolist():
        place.set_xdata([t, t])
        for dot, margins in zip(dots, (report.true_margin, report.linear_margin), strict=True):
            dot.set_data([t], [np.interp(t, report.t, margins)])
        title.set_text(_on_the_way(t, run))
        answer.set_text(_answer(run, report, t))
        canvas.restore_region(still)
        for artist in moving:
            figure.draw_artist(artist)
        frame = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        _paste(frame, to_pixels(image_at(run, t)), CENTRES[2])
        yield frame
    for _ in range(HOLD):
        yield frame


def exact_frames(run: AttackRun) -> list[np.ndarray]:
    """Return the picture alone on its way, (H, W, 3) uint8 each; the last is the image that is saved as PNG.

    Each is rounded to whole colour values, as a picture file holds them. Raises as `frames` does.
    """
    _report(run)
    way = np.linspace(0, 1, FRAMES)[:-1].tolist()
    return [*(to_pixels(image_at(run, t)) for t in way), to_pixels(adversarial_image(run))]


def image_at(run: AttackRun, t: float) -> Tensor:
    """Return x(t) = clip(x0 + t (x_adv - x0), 0, 1), (3, H, W)."""
    x0 = run.sample.x
    return (x0 + t * (run.result.adversarial - x0)).clamp(0, 1)


def _report(run: AttackRun) -> LinearityReport:
    if run.linearity is None:
        raise BadImage("The model gets this picture wrong without any attack, so there is no path to show.")
    return run.linearity


def _still(figure: Figure, run: AttackRun, truth: Truth) -> None:
    """Draw all that does not move."""
    result, names, record = run.result, run.model.classes, record_of(run)
    factor = suggested_amplification(run.sample.x, result.adversarial)
    headline = "\n".join(textwrap.wrap(story.headline(record, truth), 88, max_lines=1, placeholder=" …"))
    figure.text(0.5, 0.965, headline, fontsize=16, weight="bold", ha="center", va="top", **PLAIN)
    before = f"{short_name(names[result.clean_index])} ({formatting.percent(result.clean_confidence)})"
    change = perturbation_image(run.sample.x, result.adversarial, factor)
    for centre, x, name, below in (
        (CENTRES[0], run.sample.x, "original", before),
        (CENTRES[1], change, "perturbation (grey: unchanged)", f"× {factor:,g}"),
    ):
        title, answer = _captions(figure, centre)
        title.set_text(name)
        answer.set_text(below)
        pixels = _enlarged(to_pixels(x))
        left, top = _corner(pixels, centre)
        figure.figimage(pixels, left, HEIGHT - top - len(pixels), origin="upper")
    credit = f"{NOTE} {run.model.title}, ε = {run.config.epsilon}. Photo: {words.credit(run)}. MALT Lab."
    figure.text(
        0.5, 0.012, "\n".join(textwrap.wrap(credit, 165, max_lines=2, placeholder=" …")),
        fontsize=9, color=QUIET, ha="center", **PLAIN,
    )  # fmt: skip


def _captions(figure: Figure, centre: float) -> tuple:
    """Return two empty texts above a picture: what it is, and what the network says."""
    return (
        figure.text(centre, 1 - (TOP - 38) / HEIGHT, "", fontsize=11, color=QUIET, ha="center", va="bottom"),
        figure.text(
            centre, 1 - (TOP - 12) / HEIGHT, "", fontsize=13, weight="bold", ha="center", va="bottom", **PLAIN
        ),
    )


def _on_the_way(t: float, run: AttackRun) -> str:
    if t >= 1:
        return "adversarial image" if run.result.success else "closest try"
    return f"on the way, {t:.0%}"


def _answer(run: AttackRun, report: LinearityReport, t: float) -> str:
    sure, index = report.probabilities[int(np.abs(np.asarray(report.t) - t).argmin())].max(0)
    return f"{short_name(run.model.classes[int(index)])} ({formatting.percent(float(sure))})"


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    """Return a picture by a whole factor as large as fits into SIDE; a larger one is scaled down."""
    factor = SIDE // max(pixels.shape[:2])
    if factor:
        return pixels.repeat(factor, 0).repeat(factor, 1)
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _corner(pixels: np.ndarray, centre: float) -> tuple[int, int]:
    """Return where the left upper corner of a picture of this size is: (left, top)."""
    height, width = pixels.shape[:2]
    return round(centre * WIDTH - width / 2), TOP + (SIDE - height) // 2


def _paste(frame: np.ndarray, pixels: np.ndarray, centre: float) -> None:
    shown = _enlarged(pixels)
    left, top = _corner(shown, centre)
    frame[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
