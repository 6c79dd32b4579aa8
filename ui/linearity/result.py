"""What was measured of one or several networks, drawn as far as it is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from malt_core.epsilon import Epsilon
from malt_core.explanations import straightness_words as words
from malt_core.explanations.plane_types import View
from malt_core.explanations.straightness_types import Straightness
from malt_core.export import records
from malt_core.export.take_away import of_figure
from malt_core.linearity.scale_names import MACROSCOPIC, MESOSCOPIC, MICROSCOPIC, REACHES, SCALE_TITLES
from malt_core.networks import network_info
from ui.address.common import KINDS
from ui.linearity import glossary
from ui.linearity.plane import show_plane
from ui.linearity.scales import show_scales
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, show_caution
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import offer, taking_away

VIEWS: dict[View, str] = {
    "boundary": "The boundary",
    "ball": "The ball of ε",
    "random": "A random axis (flattering)",
}


def title_of(model: str) -> str:
    """What a network is called beside others: its kind, and the size of its pictures."""
    info = network_info(model)
    return f"{KINDS[info.defence]}, {info.size[0]} pixels"


def show_found(found: Sequence[Straightness], *, whole: bool) -> None:
    """Draw what is known of these networks, at least one. whole: nothing more comes, so that what stands
    below the first screen can wait for that.
    """
    titles = _titles(found)
    shown = _choose(found, titles)
    names = network_info(shown.model).classes
    with st.container(key="headline"):
        st.subheader(plain(f"{titles[shown.model]}: {words.headline(shown) or 'measuring …'}"), anchor=False)
    if said := words.crossing(shown, names):
        st.markdown(plain(said))
    show_caution([Said(shown.flags, None)], images=1, what="picture", left=not shown.success)
    show_scales(shown)

    def rest() -> None:
        _slider(shown)
        _plane(shown, names)
        _logits(shown, names)
        _drift(shown)
        _beside(found, titles)

    def rest_to_take() -> None:
        with taking_away():
            offer_scales(shown)
            rest()

    if whole:
        draw_below("linearity", rest_to_take)
    else:
        rest()


def about(shown: Straightness) -> str:
    """What stands below a figure of this measurement."""
    return f"{records.network(shown.model)}; one image, ε = {Epsilon(shown.eps, shown.norm)}."


def _titles(found: Sequence[Straightness]) -> dict[str, str]:
    """Short names where they tell the networks apart, else whole ones."""
    short = {one.model: title_of(one.model) for one in found}
    return short if len(set(short.values())) == len(short) else {m: network_info(m).title for m in short}


def _choose(found: Sequence[Straightness], titles: dict[str, str]) -> Straightness:
    if len(found) == 1:
        return found[0]
    models = [one.model for one in found]
    if st.session_state.get("linearity_shown") not in models:
        st.session_state.pop("linearity_shown", None)
    chosen = st.segmented_control(
        "Network shown",
        models,
        default=models[0],
        required=True,
        format_func=titles.get,
        key="linearity_shown",
        label_visibility="collapsed",
    )
    return next((one for one in found if one.model == chosen), found[0])


def offer_scales(shown: Straightness) -> None:
    """Offer the three scales, which stand above in another form."""
    from malt_core.explanations.straightness_figures import scale_rows, scales_figure

    there = [scale for reach in SCALE_TITLES if (scale := shown.scale(reach))]
    if not there:
        return
    offer(
        of_figure(
            scales_figure(there),
            name="malt-linearity-scales",
            title="The margin and its straight line at three scales",
            about=about(shown),
            rows=scale_rows(there),
            alt=words.headline(shown) or "",
        )
    )


def _slider(shown: Straightness) -> None:
    from malt_core.explanations.straightness_figures import scale_figure, scale_rows

    reaches = [scale.reach for scale in shown.scales]
    if MESOSCOPIC not in reaches:
        return
    heading("Your scale", glossary.WHAT_SCALES)
    reach = st.select_slider(
        "How far the picture follows the attack's change, in ε",
        REACHES,
        value=MESOSCOPIC,
        format_func=lambda value: f"{value:g} ε",
        key="reach",
    )
    scale = shown.scale(reach)
    if scale is None:
        st.caption("Not there yet.")
        return
    show_figure(
        scale_figure(scale, height=320),
        key="linearity_scale",
        alt=f"The true margin and its straight line up to {reach:g} ε",
        title=f"The margin up to {reach:g} ε",
        about=about(shown),
        rows=scale_rows(shown.scales),
        caption=f"The line is off by {words.part(scale.deviation, words.CHANGE)}. "
        f"{words.counted(scale, shown.norm)} {words.cut_off(scale)}",
    )


def _plane(shown: Straightness, names: Sequence[str]) -> None:
    from malt_core.explanations.plane_figure import plane_figure, plane_rows

    there = [view for view in VIEWS if view in shown.planes]
    if not there:
        return
    heading("The decision plane", glossary.WHAT_PLANE)
    view = there[0]
    if len(there) > 1:
        # Other networks have other views.
        key = f"plane_view_{'_'.join(there)}"
        view = st.segmented_control(
            "What to look at", there, default=view, required=True, format_func=VIEWS.get, key=key
        )
    plane = shown.planes[view]
    if view == "random":
        st.warning(glossary.RANDOM)
    if plane.grid is None:
        return
    alt = (
        f"Where the network answers “{names[shown.label]}” and where something else, with the true and the "
        "predicted boundary."
    )
    show_plane(shown, plane, alt)
    n = plane.grid.n
    st.caption(
        f"{n} × {n} points. The attack's way left this plane by up to {plane.axes.off:.0%} of its length."
    )
    offer(
        of_figure(
            plane_figure(plane.axes, plane.grid, names),
            name="malt-linearity-plane",
            alt=alt,
            title=f"The decision plane around the picture: {VIEWS[view]}",
            about="Equal scale on both axes: 1 is the length of MALT's perturbation. " + about(shown),
            rows=plane_rows(plane.grid, names),
        )
    )


def _logits(shown: Straightness, names: Sequence[str]) -> None:
    from malt_core.explanations.straightness_figures import logits_figure, logits_rows

    if shown.logits is None:
        return
    heading("Logits along the attack", glossary.WHAT_LOGITS)
    show_figure(
        logits_figure(shown.logits, names),
        key="linearity_logits",
        alt="Logits of the leading classes up to ε: in truth above, as predicted below",
        title="Real and linearly predicted logits along the attack",
        about=about(shown),
        rows=logits_rows(shown.logits, names),
    )


def _drift(shown: Straightness) -> None:
    from malt_core.explanations.straightness_figures import drift_figure, drift_rows

    if not shown.drift:
        return
    heading("Does the slope stay the same?", glossary.WHAT_DRIFT)
    st.markdown(plain(words.drift_sentence(shown)))
    show_figure(
        drift_figure(shown.drift),
        key="linearity_drift",
        alt="Change and cosine of the gradient after adversarial and random steps up to ε",
        title="Gradient drift along adversarial and random steps",
        about=about(shown).replace("one image", f"{len(shown.drift)} images"),
        rows=drift_rows(shown.drift),
        caption=f"Pictures: {', '.join(one.name for one in shown.drift)}.",
    )


def _beside(found: Sequence[Straightness], titles: dict[str, str]) -> None:
    from malt_core.explanations.straightness_figures import beside_figure, beside_rows

    known = [one for one in found if one.scale(MESOSCOPIC)]
    if len(known) < 2:
        return
    heading("Which network is straighter?", glossary.WHAT_BESIDE)
    st.markdown(plain(words.comparison(known, titles)))
    shares: Callable[..., object] = st.column_config.NumberColumn
    table = words.rows(known, titles)
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "network": st.column_config.TextColumn(pinned=True),
            **{
                name: shares(format="percent")
                for name in table[0]
                if name.startswith(("off", "drift", "random"))
            },
            **{name: shares(format="%.2f") for name in table[0] if "(ε)" in name or "cosine" in name},
        },
        placeholder="–",
        alt="How straight each network is, in numbers",
    )
    size = f"One image, ε = {Epsilon(known[0].eps, known[0].norm)}."
    offer_table("linearity_table", "how straight each network is", table, size)
    reaches = {MICROSCOPIC: "ε/100", MESOSCOPIC: "ε", MACROSCOPIC: "30 ε"}
    reach = st.segmented_control(
        "Up to", list(reaches), default=MESOSCOPIC, required=True, format_func=reaches.get, key="beside_reach"
    )
    show_figure(
        beside_figure(known, titles, reach),
        key="linearity_beside",
        alt=f"Margins of the networks up to {reaches[reach]}, with their straight lines",
        title="True margins and their straight lines, network by network",
        about=size,
        rows=beside_rows(known, titles),
    )
