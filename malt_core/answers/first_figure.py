"""The first figure of a run by answers alone, as HTML that is there at once; see malt_core/svg_plot.py."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from malt_core.answers.marks import BALL, COLOURS, MALT, alt, curve, reached, unit
from malt_core.answers.record import AnswersRecord, MethodRecord
from malt_core.answers.types import TITLES, Sees
from malt_core.svg_plot import Axis, Marks, plot

HEIGHT = 230
HEADS: dict[Sees, str] = {"scores": "All scores are seen", "class": "Only the class is heard"}
_STYLE = f"""<style>
.an-row {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 8px 24px; }}
.an-row h4 {{ margin: 0 0 4px; padding: 0; font-size: 1rem; color: var(--st-text-color);
  font-family: var(--st-font, system-ui, sans-serif); }}
.an-key {{ display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0 0 8px; font-size: 15px;
  font-family: var(--st-font, system-ui, sans-serif); color: var(--st-text-color); }}
.an-key i {{ display: inline-block; width: 26px; margin: 0 6px 4px 0; border-top: 3px solid; }}
.an-key .an-malt {{ border-top: 3px dashed {MALT}; }}
.an-key .an-ball {{ border-top: 3px dotted {BALL}; }}
</style>"""


def curves_html(record: AnswersRecord) -> str:
    """Return margin and distance against queries, with MALT's passes as an upright line."""
    keys = [
        f'<span><i style="border-top-color: {COLOURS[one.method]}"></i>{TITLES[one.method]}</span>'
        for one in record.methods
    ]
    if record.malt is not None and not record.malt.reason:
        keys.append(f'<span><i class="an-malt"></i>MALT: {record.malt.passes:,} passes</span>')
    keys.append('<span><i class="an-ball"></i>the edge to cross</span>')
    panels = "".join(
        f"<section><h4>{html.escape(HEADS[sees])}</h4>{_panel(record, sees)}</section>" for sees in HEADS
    )
    return f'{_STYLE}<div class="an-key">{"".join(keys)}</div><div class="an-row">{panels}</div>'


def _panel(record: AnswersRecord, sees: Sees) -> str:
    methods = [one for one in record.methods if one.sees == sees]
    x = _queries(record)
    y = _margins(record, methods) if sees == "scores" else _distances(record, methods)
    upright = (lambda value: value) if sees == "scores" else math.log10
    edge = 0.0 if sees == "scores" else math.log10(record.eps * unit(record.norm)[0])
    marks = [Marks(x=(x.low, x.high), y=(edge, edge), colour=BALL, symbol="", curve=True, dash="2 4")]
    if record.malt is not None and not record.malt.reason:
        at = math.log10(max(1, record.malt.passes))
        marks.append(Marks(x=(at, at), y=(y.low, y.high), colour=MALT, symbol="", curve=True, dash="7 5"))
    for one in methods:
        xs, ys = _stairs(*curve(one, record.norm))
        logs = [math.log10(value) for value in xs]
        ups = [upright(value) for value in ys]
        marks.append(Marks(x=logs, y=ups, colour=COLOURS[one.method], symbol="", curve=True))
        if place := reached(one, record.norm):
            tip = f"{TITLES[one.method]}: after {place[0]:,.0f} queries"
            at = (math.log10(place[0]),), (upright(place[1]),)
            marks.append(Marks(x=at[0], y=at[1], colour=COLOURS[one.method], tips=(tip,)))
    return plot(x, y, marks, height=HEIGHT, alt=alt(record))


def _stairs(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the same as a staircase: what was reached holds until something better is."""
    xs, ys = list(x[:1]), list(y[:1])
    for i in range(1, len(x)):
        xs += [x[i], x[i]]
        ys += [y[i - 1], y[i]]
    return xs, ys


def _queries(record: AnswersRecord) -> Axis:
    most = max(record.budget, record.malt.passes if record.malt else 1)
    return _logarithmic("queries of the network", 1.0, float(most))


def _margins(record: AnswersRecord, methods: Sequence[MethodRecord]) -> Axis:
    values = [value for one in methods for value in curve(one, record.norm)[1]]
    low, high = min([0.0, *values]), max([record.margin, *values])
    room = 0.06 * (high - low or 1.0)
    step = _step((high - low or 1.0) / 5)
    first = math.ceil((low - room) / step)
    ticks = tuple(float(f"{i * step:.6g}") for i in range(first, math.floor((high + room) / step) + 1))
    return Axis(title="smallest margin so far (logits)", low=low - room, high=high + room, ticks=ticks)


def _distances(record: AnswersRecord, methods: Sequence[MethodRecord]) -> Axis:
    factor, name = unit(record.norm)
    values = [value for one in methods for value in curve(one, record.norm)[1] if value > 0]
    edge = record.eps * factor
    low, high = min([edge, *values]), max([2 * edge, *values])
    return _logarithmic(f"nearest image so far (distance in {name})", 0.8 * low, 1.2 * high)


def _logarithmic(title: str, low: float, high: float) -> Axis:
    """Return an axis of logarithms from low to high, both over 0; numbers at 1, 2, 5 of each power, or 1."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [f * 10.0**p for p in powers for f in factors if low * 0.999 <= f * 10.0**p <= high * 1.001]
        if len(ticks) <= 6:
            break
    return Axis(
        title=f"{title}, logarithmic",
        low=math.log10(low),
        high=math.log10(high),
        ticks=[math.log10(tick) for tick in ticks],
        labels=[f"{tick:,.6g}" for tick in ticks],
    )


def _step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least this."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step for factor in (1, 2, 5, 10) if (step := factor * power) >= 0.999 * least)
