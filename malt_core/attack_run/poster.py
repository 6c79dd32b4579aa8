"""The figure for a blog post: one PNG with the three pictures and the two curves, drawn by matplotlib."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot, whose global state two users would share
from matplotlib.ticker import PercentFormatter

from malt_core import formatting
from malt_core.attack_run import story, words
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.errors import BadImage
from malt_core.figure_style import LIGHT, Theme
from malt_core.images.pixels import perturbation_image, suggested_amplification, to_pixels
from malt_core.linearity.types import LinearityReport
from malt_core.linearity.words import measured, straightness
from malt_core.printing.saving import png_bytes, svg_bytes
from malt_core.printing.words import PLAIN
from malt_core.trust.words import MEANING, summary

DPI = 100
LEFT, RIGHT = 0.06, 0.97
SMOOTH = 200  # pixels: wider pictures are scaled as photographs are, smaller ones stay crisp


@dataclass(frozen=True)
class Shape:
    """How large a figure is, in pixels, and where its parts are, as shares of its height.

    curves: height of the curves, that of the pictures being 1. apart: room between both, as a share of their
    mean height.
    """

    size: tuple[int, int]
    headline: float
    top: float
    bottom: float
    curves: float
    apart: float


WIDE = Shape((1200, 675), headline=0.975, top=0.84, bottom=0.2, curves=0.8, apart=0.3)
SQUARE = Shape((1200, 1200), headline=0.975, top=0.875, bottom=0.15, curves=1.1, apart=0.16)


def short_name(text: str) -> str:
    """Shorten a class name to what fits over a picture; the headline has it in full."""
    return text if len(text) <= 22 else f"{text[:21].rstrip()}…"


def _lines(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, max_lines=2, placeholder=" …"))


def _picture(axes: Axes, pixels: np.ndarray, title: str, answer: str, theme: Theme) -> None:
    axes.imshow(pixels, interpolation="bicubic" if pixels.shape[1] >= SMOOTH else "nearest")
    axes.set_title(f"{title}\n", fontsize=11, color=theme.quiet, pad=5)
    axes.annotate(
        answer, (0.5, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points", ha="center",
        fontsize=12, weight="bold", color=theme.ink, **PLAIN,
    )  # fmt: skip
    axes.set_axis_off()


def _pictures(run: AttackRun) -> tuple[tuple[np.ndarray, str, str], ...]:
    """Return (pixels, title, second line) of original, perturbation and adversarial image."""
    result, names = run.result, run.model.classes
    x0, adversarial = run.sample.x, result.adversarial
    factor = suggested_amplification(x0, adversarial)
    change = perturbation_image(x0, adversarial, factor)
    before = f"{short_name(names[result.clean_index])} ({formatting.percent(result.clean_confidence)})"
    after = (
        f"{short_name(names[result.adversarial_index])} ({formatting.percent(result.adversarial_confidence)})"
    )
    return (
        (to_pixels(x0), "original", before),
        (to_pixels(change), "perturbation (grey: unchanged)", f"× {factor:,g}"),
        (to_pixels(adversarial), "adversarial image" if result.success else "closest try", after),
    )


def _range(report: LinearityReport, end: float) -> tuple[float, float]:
    """Return the margins to show: zero, the true curve, and the straight line unless it runs far off."""
    seen = [i for i, t in enumerate(report.t) if t <= end]
    true = [report.true_margin[i] for i in seen]
    linear = [report.linear_margin[i] for i in seen if report.t[i] <= 1]
    low, high = min(0, *true, *linear), max(0, *true, *linear)
    span = (high - low) or 1.0
    return low - 0.12 * span, high + 0.08 * span


def draw_curves(
    axes: Axes, run: AttackRun, report: LinearityReport, *, whole: bool = False, theme: Theme = LIGHT
) -> None:
    """Draw the true margin and the straight line over the way: its telling part, or the whole of it."""
    until = max(1.0, report.near) if whole else report.near
    low, high = _range(report, until)
    end = "adversarial image" if run.result.success else "closest try"
    axes.axhspan(low, 0, color=theme.shade, zorder=0)
    axes.axhline(0, color=theme.rule, linewidth=1)
    axes.axvline(1, color=theme.rule, linewidth=1, linestyle=":")
    for margin, colour, dash, name, crossing in (
        (report.true_margin, theme.ink, "-", "true margin", report.true_crossing),
        (report.linear_margin, theme.linear, "--", "straight line", report.predicted_crossing),
    ):
        label = name if crossing is None else f"{name} (zero at {crossing:.1%})"
        axes.plot(report.t, margin, color=colour, linewidth=2.4, linestyle=dash, label=label)
        if crossing is not None and crossing <= until:
            axes.plot(crossing, 0, "o", color=colour, markersize=8, markeredgecolor=theme.paper, zorder=3)
    axes.annotate(
        "grey: the margin is below zero, the model gives another answer",
        (0, 0),
        xycoords="axes fraction",
        xytext=(6, 4),
        textcoords="offset points",
        fontsize=9,
        color=theme.quiet,
    )
    label, target = (short_name(run.model.classes[i]) for i in (run.result.label, report.target))
    title = f"Lead of {label} over {target} (margin, in logits)"
    axes.set_title(title, loc="left", fontsize=10, pad=8, color=theme.ink, **PLAIN)
    beyond = "" if until >= 1 else ", beyond the right edge"
    axes.set_xlabel(f"share of the way from the original (0%) to the {end} (100%{beyond})", color=theme.ink)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(0, until)
    axes.set_ylim(low, high)
    axes.legend(
        frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1,
        labelcolor=theme.ink,
    )  # fmt: skip
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(theme.rule)
    axes.tick_params(colors=theme.ink)
    axes.set_facecolor(theme.paper)


def _note(run: AttackRun, report: LinearityReport, told: str) -> str:
    flags = run.result.flags
    flagged = "" if not flags else f" Flags: {summary(flags)}.{'' if run.result.success else f' {MEANING}'}"
    return (
        f"{told}{flagged} {straightness(report)} {measured(report)} {run.model.title}, "
        f"ε = {run.config.epsilon}. Photo: {words.credit(run)}. Method: MALT, arXiv 2407.02240. "
        "Drawn by MALT Lab."
    )


def figure_png(run: AttackRun, truth: Truth = None, *, shape: Shape = WIDE, theme: Theme = LIGHT) -> bytes:
    """Return the figure of a run as a PNG file, 1200 × 675 pixels, with the words that the page has for it.

    truth: what the picture shows, see attacks/outcome.py. shape, theme: another size, on another ground.
    Raises BadImage where nothing was attacked.
    """
    report = run.linearity
    if report is None:
        raise BadImage("The model gets this picture wrong without any attack, so there is no path to draw.")
    figure = Figure([side / DPI for side in shape.size], DPI, facecolor=theme.paper)
    grid = figure.add_gridspec(
        2, 3, left=LEFT, right=RIGHT, top=shape.top, bottom=shape.bottom, height_ratios=(1, shape.curves),
        hspace=shape.apart, wspace=0.05,
    )  # fmt: skip
    for column, (pixels, title, answer) in enumerate(_pictures(run)):
        _picture(figure.add_subplot(grid[0, column]), pixels, title, answer, theme)
    draw_curves(figure.add_subplot(grid[1, :]), run, report, theme=theme)
    record = record_of(run)
    figure.suptitle(
        _lines(story.headline(record, truth), 100), fontsize=15, y=shape.headline, va="top", color=theme.ink,
        **PLAIN,
    )  # fmt: skip
    figure.text(
        LEFT,
        0.02,
        "\n".join(textwrap.wrap(_note(run, report, story.told(record, truth)), 155)),
        fontsize=9,
        color=theme.quiet,
        **PLAIN,
    )
    return png_bytes(figure)


def curves_svg(run: AttackRun) -> bytes:
    """Return the two curves alone as an SVG file, its words as text. Raises as figure_png does."""
    report = run.linearity
    if report is None:
        raise BadImage("The model gets this picture wrong without any attack, so there is no curve to draw.")
    figure = Figure((12.0, 4.4), facecolor="white", layout="constrained")
    draw_curves(figure.add_subplot(), run, report)
    return svg_bytes(figure)
