"""The three scales in one row: small figures that are there at once."""

from __future__ import annotations

import html
import math

from malt_core import svg_plot
from malt_core.explanations.straightness_types import Straightness
from malt_core.explanations.straightness_words import counted, cut_off, part
from malt_core.figure_style import LINEAR, PALETTE
from malt_core.linearity.scale_names import SCALE_TITLES
from malt_core.linearity.types import Scale
from malt_core.types import Norm
from ui.linearity import glossary
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading

WHOLE = "the predicted change"
_STYLE = f"""<style>
.ls-row {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 8px 20px; }}
.ls-row h4 {{ margin: 0 0 4px; padding: 0; font-size: 1rem; }}
.ls-row p, .ls-key {{ margin: 2px 0 0; font-size: 15px; font-family: var(--st-font, system-ui, sans-serif); }}
.ls-row h4 {{ font-family: var(--st-font, system-ui, sans-serif); color: var(--st-text-color); }}
.ls-row p, .ls-key {{ color: color-mix(in srgb, var(--st-text-color) 80%, transparent); }}
.ls-key {{ display: flex; gap: 20px; }}
.ls-key span::before {{ content: ""; display: inline-block; width: 26px; margin: 0 6px 4px 0;
  border-top: 3px solid {PALETTE[0]}; }}
.ls-key span + span::before {{ border-top: 3px dashed {LINEAR}; }}
</style>"""


def show_scales(found: Straightness) -> None:
    """Draw the scales that are there."""
    there = [scale for reach in SCALE_TITLES if (scale := found.scale(reach))]
    if not there:
        return
    heading("At three scales", glossary.WHAT_SCALES)
    panels = "".join(_panel(scale, found.norm) for scale in there)
    key = '<div class="ls-key"><span>true margin</span><span>straight line</span></div>'
    show_first_figure(f'{_STYLE}{key}<div class="ls-row">{panels}</div>', "linearity_scales")


def _panel(scale: Scale, norm: Norm) -> str:
    x = svg_plot.Axis(
        title="change (in ε)", low=0.0, high=scale.reach, ticks=(0.0, scale.reach / 2, scale.reach)
    )
    values = (*scale.true, *scale.linear)
    low, high = min(values), max(values)
    room = 0.06 * (high - low or 1.0)
    y = svg_plot.Axis(
        title="margin (logits)", low=low - room, high=high + room, ticks=_ticks(low - room, high + room)
    )
    marks = (
        svg_plot.Marks(x=scale.s, y=scale.true, colour=PALETTE[0], symbol="", curve=True),
        svg_plot.Marks(x=scale.s, y=scale.linear, colour=LINEAR, symbol="", curve=True, dash="7 5"),
    )
    title = SCALE_TITLES[scale.reach]
    drawn = svg_plot.plot(x, y, marks, height=150, alt=f"{title}: the true margin and its straight line")
    said = f"Off by {part(scale.deviation, WHOLE)}. {counted(scale, norm)} {cut_off(scale)}"
    return f"<section><h4>{html.escape(title)}</h4>{drawn}<p>{html.escape(said)}</p></section>"


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Return three to seven round numbers between low and high."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return tuple(float(f"{i * step:.6g}") for i in range(first, math.floor(high / step) + 1))
