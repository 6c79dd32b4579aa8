import io
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from malt_core.attack_run import figures, poster
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.attacks.types import Step
from malt_core.errors import BadImage
from malt_core.images import pixels
from tests.helpers.example_run import example_run

LONG = (
    "Greater Swiss Mountain Dog of the longest sort",
    "a class for $5, or $x^2$ of them, with a long name",
    *(f"{i}" for i in range(10)),
)


def drawn(run: AttackRun, monkeypatch: pytest.MonkeyPatch, truth: Truth = None) -> poster.Figure:
    """The figure before it becomes pixels."""
    kept = []
    original = poster.Figure.savefig

    def savefig(figure: poster.Figure, *args: object, **kwargs: object) -> None:
        kept.append(figure)
        original(figure, *args, **kwargs)

    monkeypatch.setattr(poster.Figure, "savefig", savefig)
    data = poster.figure_png(run, truth)
    assert Image.open(io.BytesIO(data)).size == (1200, 675)
    return kept[0]


def texts(figure: poster.Figure) -> list[Text]:
    """Every text that can be seen, tick labels aside."""
    found = [figure._suptitle, *figure.texts]
    for axes in figure.axes:
        found += [axes.title, axes._left_title, *axes.texts]
        if axes.axison:
            found.append(axes.xaxis.label)
        if axes.get_legend():
            found += axes.get_legend().get_texts()
    return [text for text in found if text.get_text().strip()]


def extent(text: Text) -> Bbox:
    """Where a text is, in pixels; the empty second line that a picture's title keeps free is not counted."""
    box = text.get_window_extent()
    return Bbox([[box.x0, (box.y0 + box.y1) / 2], box.max]) if text.get_text().endswith("\n") else box


def words_of(figure: poster.Figure) -> str:
    return " | ".join(text.get_text() for text in texts(figure))


def failed(run: AttackRun) -> AttackRun:
    lost = replace(run.result, success=False, adversarial_index=run.result.label, survives_png=False)
    report = replace(run.linearity, predicted_crossing=None, true_crossing=None)
    return replace(run, result=lost, linearity=report)


def steep(run: AttackRun) -> AttackRun:
    """The straight line runs far off beyond the adversarial image."""
    line = tuple(
        m if t <= 1 else -1000.0 for t, m in zip(run.linearity.t, run.linearity.linear_margin, strict=True)
    )
    return replace(run, linearity=replace(run.linearity, linear_margin=line))


def large() -> AttackRun:
    """At ImageNet's resolution, with long names; the curves are those of the small one."""
    run = example_run(classes=LONG)
    order = sorted(range(12), key=lambda i: i not in (run.result.label, run.linearity.target))
    names = [LONG[order.index(i)] for i in range(12)]
    up = torch.nn.Upsample(224, mode="bicubic")
    x0, adversarial = (up(x[None])[0].clamp(0, 1) for x in (run.sample.x, run.result.adversarial))
    return replace(
        run,
        model=replace(run.model, classes=tuple(names), title="ConvNeXt-L with a convolution stem, ImageNet"),
        sample=replace(run.sample, x=x0),
        result=replace(run.result, adversarial=adversarial, survives_png=False, clean_confidence=0.9999),
    )


KINDS = {
    "success": example_run,
    "failure": lambda: failed(example_run()),
    "large": large,
    "large failure": lambda: failed(large()),
    "small step": lambda: example_run(steps=0.4),
    "l2": lambda: example_run(norm="l2"),
    "steep": lambda: steep(example_run()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_cut_off_or_hides_another(kind, monkeypatch):
    figure = drawn(KINDS[kind](), monkeypatch)
    boxes = {text.get_text(): extent(text) for text in texts(figure)}
    assert len(boxes) >= 10
    for text, box in boxes.items():
        assert 0 <= box.x0 < box.x1 <= 1200, text
        assert 0 <= box.y0 < box.y1 <= 675, text
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert width <= 1 or height <= 1, (one, other)


def test_it_shows_the_three_pictures(monkeypatch):
    run = example_run(steps=16)
    figure = drawn(run, monkeypatch)
    shown = [np.asarray(axes.images[0].get_array()).astype(int) for axes in figure.axes[:3]]
    np.testing.assert_array_equal(shown[0], pixels.to_pixels(run.sample.x))
    np.testing.assert_array_equal(shown[2], pixels.to_pixels(run.result.adversarial))
    assert "× 8" in words_of(figure)
    expected = 127.5 + 8 * (shown[2] - shown[0])
    np.testing.assert_allclose(shown[1], expected.clip(0, 255), atol=1)


def test_changes_too_small_for_8_bits_are_shown_nonetheless(monkeypatch):
    figure = drawn(example_run(steps=0.4), monkeypatch)
    change = np.asarray(figure.axes[1].images[0].get_array())
    assert change.std() > 50
    assert "× 256" in words_of(figure)


def test_it_shows_the_curves_and_where_they_cross(monkeypatch):
    run = example_run()
    lines = drawn(run, monkeypatch).axes[3].get_lines()
    curves = {line.get_label().split(" (")[0]: line.get_xydata() for line in lines}
    true = np.column_stack((run.linearity.t, run.linearity.true_margin))
    linear = np.column_stack((run.linearity.t, run.linearity.linear_margin))
    np.testing.assert_array_equal(curves["true margin"], true)
    np.testing.assert_array_equal(curves["straight line"], linear)
    dots = {line.get_xdata()[0] for line in lines if line.get_marker() == "o"}
    assert dots == {run.linearity.true_crossing, run.linearity.predicted_crossing}


def test_a_line_that_runs_off_does_not_flatten_the_true_curve(monkeypatch):
    run = example_run()
    heights = [drawn(kind, monkeypatch).axes[3].get_ylim() for kind in (run, steep(run))]
    assert heights[1] == pytest.approx(heights[0], rel=0.3)


def test_a_failure_is_called_one(monkeypatch):
    said = words_of(drawn(failed(example_run()), monkeypatch))
    assert "Withstood: the network still says" in said
    assert "closest try" in said
    assert "adversarial image" not in said
    assert "Saved as a PNG" not in said


def test_a_success_says_what_it_is_and_whence(monkeypatch):
    run = example_run()
    said = words_of(drawn(run, monkeypatch)).replace("\n", " ")
    label, became = (run.model.classes[i] for i in (run.result.label, run.result.adversarial_index))
    for part in (f"“{label}” became “{became}”", "Tiny network", "ε = 16/255", "arXiv 2407.02240"):
        assert part in said
    assert "the changed picture gets the new answer, too" in said


def test_it_carries_the_pages_caveat(monkeypatch):
    """Who was wrong from the start was not fooled."""
    run = example_run()
    right = words_of(drawn(run, monkeypatch, {run.result.label}))
    wrong = words_of(drawn(run, monkeypatch, set())).replace("\n", " ")
    assert "Fooled: " in right
    assert "From one wrong answer to another" in wrong
    assert "so this is not fooling" in wrong


def test_dollars_are_dollars(monkeypatch):
    figure = drawn(large(), monkeypatch)
    assert any("$5, or $x^2$" in text.get_text() for text in texts(figure))
    assert not any(text.get_parse_math() for text in texts(figure) if "$" in text.get_text())


def test_without_a_path_there_is_no_figure():
    with pytest.raises(BadImage, match="wrong without any attack"):
        poster.figure_png(replace(example_run(), linearity=None))


def trace(*lengths: int, round: int = 1) -> list[Step]:
    """Targets 11, 12, ... with so many steps after the start."""
    return [
        Step(
            target=10 + order,
            order=order,
            round=round,
            step=k,
            most=n,
            true_margin=9.0 - k - order,
            linear_margin=8.0 - k,
            best_margin=1.0,
        )
        for order, n in enumerate(lengths, start=1)
        for k in range(n + 1)
    ]


NAMES = {i: f"name {i}" for i in range(60)}


def test_of_a_target_that_was_attacked_again_the_longest_run_is_drawn():
    figure = figures.attempts_figure([*trace(3, 3, 3), *trace(10, 10, round=2)], NAMES)
    assert [curve.name for curve in figure.data] == ["1. name 11", "2. name 12", "3. name 13"]
    assert [len(curve.x) for curve in figure.data] == [11, 11, 4]


def test_every_attempt_has_its_curve():
    figure = figures.attempts_figure(trace(3, 100, 0), NAMES)
    assert [curve.name for curve in figure.data] == ["1. name 11", "2. name 12", "3. name 13"]
    assert [len(curve.x) for curve in figure.data] == [4, 101, 1]
    assert list(figure.data[0].y) == [8.0, 7.0, 6.0, 5.0]
    assert [curve.mode for curve in figure.data] == ["lines+markers", "lines", "lines+markers"]


def test_a_dozen_attempts_all_look_different():
    curves = figures.attempts_figure(trace(*[5] * 12), NAMES).data
    assert len({(curve.line.color, curve.line.dash) for curve in curves}) == 12


def test_a_crowd_is_not_buried_under_its_legend():
    steps = trace(*[5] * 99)
    steps[40 * 6 + 3] = replace(steps[40 * 6 + 3], best_margin=-0.5)
    figure = figures.attempts_figure(steps, {i: f"name {i}" for i in range(120)})
    assert len(figure.data) == 99
    (named,) = (curve for curve in figure.data if curve.showlegend is not False)
    assert named.name == "41. name 51 (came nearest)"
    assert {curve.line.color for curve in figure.data} == {figures.CROWD, named.line.color}
    assert figure.layout.height <= 400


def test_steps_are_whole_numbers():
    assert figures.attempts_figure(trace(0), NAMES).layout.xaxis.dtick == 1
    assert figures.attempts_figure(trace(2), NAMES).layout.xaxis.dtick == 1
    assert figures.attempts_figure(trace(100), NAMES).layout.xaxis.dtick is None


def test_the_zero_line_is_explained():
    for figure in (figures.attempts_figure(trace(2), NAMES), figures.attempts_figure([], NAMES)):
        assert figure.layout.shapes[0].y0 == 0
        assert figure.layout.annotations[0].text == "below 0: a new answer"
