"""Reports drawn: side by side, against ε, and beside published figures; all else in images.py and laws.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from malt_core.comparison import compare
from malt_core.comparison import words as comparison_words
from malt_core.comparison.accuracies import Row, accuracies_html
from malt_core.comparison.compare import Accuracy
from malt_core.comparison.published import Published, published
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report
from malt_core.export.take_away import of_figure
from malt_core.networks import network_info
from malt_core.trust.words import summary
from ui.benchmark import downloads, glossary, store
from ui.benchmark.images import NUMBER, TEXT, show_by_class, show_by_image
from ui.benchmark.laws import show_laws
from ui.benchmark.link import BenchmarkSettings
from ui.benchmark.work import SmallRun
from ui.widgets import form
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, ask_button, show_caution
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import offer, taking_away

SOME = 5  # images of which a network with the right labels gets one right
FEW_CHOICES = 4  # that stand side by side


def show_kept(*, waiting: bool, run: SmallRun | None = None) -> None:
    """Draw the reports of this tab, else the examples. waiting: for one that is being computed. run: what the
    settings stand for.
    """
    for complaint in store.complaints():
        st.error(complaint)
    story = st.container()  # what they say comes first, whatever else is to be chosen
    if store.kept():
        if shown := _choose_shown():
            note = st.session_state.get("benchmark_note", "")
            _show_reports(shown, [one.report for one in shown], story, note, run)
        else:
            st.info("Choose at least one report.")
    elif waiting:
        return
    elif store.examples():
        _show_reports((), store.examples(), story, glossary.EXAMPLE, run)
    else:
        st.info("Press **Evaluate** to attack a few images here, or hand in a report.json.")


def _choose_shown() -> list[store.Kept]:
    """The reports of this tab that are to be compared."""
    kept = dict(sorted(store.kept().items(), key=lambda item: compare.order(item[1].report)))
    reports = [one.report for one in kept.values()]
    titles = dict(zip(kept, comparison_words.names(reports), strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.multiselect(
            "Reports compared",
            list(kept),
            list(kept),
            format_func=titles.get,
            key="benchmark_shown",
            help=glossary.SHOWN,
            wrap=True,
            persist_state="session",
        )
        st.button("Remove all", key="remove", on_click=store.forget_all)
    return [one for id, one in kept.items() if id in shown]


def _show_reports(
    kept: Sequence[store.Kept],
    reports: Sequence[Report],
    story: DeltaGenerator,
    note: str,
    run: SmallRun | None,
) -> None:
    """Draw everything that these reports, at least one, have to say. kept: the tab's own among them;
    story: where to say what it comes to; note: where they come from; run: as in show_kept.
    """
    with story:
        group, compared, rows = _story(reports, note, run)

    def rest() -> None:
        with taking_away(downloads.records(kept)):
            _offer_accuracies(rows, reports)
            _all_reports(reports)
            _curves(group)
            show_laws(compare.eps_curves(group))
            show_by_image(compared)
            show_by_class(compared)
            if known := _published(reports):
                _beside(known, reports)
        downloads.show_commands(kept)

    draw_below("benchmark", rest)


def _story(
    reports: Sequence[Report], note: str, run: SmallRun | None
) -> tuple[Sequence[Report], Sequence[Report], Sequence[Row]]:
    """Draw what they come to: a sentence, the figure, and how sure that is.

    Returns the reports of the model and images that are chosen, those of them with the chosen room, and the
    lines of the figure.
    """
    words = st.container()
    groups = compare.of_same_images(reports)
    if len(groups) > 1:
        st.info(
            "These reports are of different models or data sets. They stand side by side below; which attack "
            "fooled which image can be compared within one model and data set only."
        )
    group = _chosen("Model and data", groups, _group_name, "benchmark_group")
    balls = sorted(compare.in_same_ball(group), key=lambda ball: compare.order(ball[0])[-2:])
    first = max(range(len(balls)), key=lambda place: _worth(balls[place]))
    ball = _chosen("ε", balls, _ball_name, "benchmark_ball", first)
    compared = compare.one_each(ball)
    found = _found(compared)
    with words:
        _headline(compared, found)
        _cautions(compared, run)
        st.caption(" ".join(filter(None, [note, plain(comparison_words.about(compared))])))
    rows = _side_by_side(compared if len(groups) == 1 else reports)
    if found is not None:
        _more(compared, found)
    _unread(reports)
    return group, compared, rows


def _worth(ball: Sequence[Report]) -> tuple[int, bool]:
    """How well it stands for all: by how much there is to compare, then as the model's record suggests."""
    plan = ball[0].plan
    try:
        usual = plan.config.norm == "linf" and math.isclose(
            network_info(plan.model).suggested_eps, plan.config.eps, rel_tol=1e-6
        )
    except BadConfig:  # somebody else's model
        usual = False
    return len(ball), usual


def _chosen(
    label: str,
    options: Sequence[Sequence[Report]],
    name: Callable[[Sequence[Report]], str],
    key: str,
    first: int = 0,
) -> Sequence[Report]:
    """What is chosen among these, at first that one; nothing is asked where there is no choice."""
    if len(options) == 1:
        return options[0]
    names, places = [name(option) for option in options], range(len(options))
    state = st.session_state
    if state.get(key) not in places or state.get(f"{key}_of") != names:  # at first, and for other reports
        state[key], state[f"{key}_of"] = first, names
    how: dict[str, Any] = {"format_func": names.__getitem__, "key": key}
    if len(options) > FEW_CHOICES:
        return options[st.selectbox(label, places, **how)]
    return options[st.segmented_control(label, places, required=True, label_visibility="collapsed", **how)]


def _ball_name(ball: Sequence[Report]) -> str:
    return f"ε = {ball[0].plan.config.epsilon}"


def _group_name(group: Sequence[Report]) -> str:
    plan, count = group[0].plan, len(group)
    return f"{plan.model} on {plan.data.name} ({count} report{'s' if count > 1 else ''})"


def _found(reports: Sequence[Report]) -> Accuracy | None:
    """The accuracies under all of these attacks together; None, and a word on why, where there are none."""
    if len(reports) == 1:
        return compare.accuracy(reports[0])
    try:
        return compare.compare_images(reports).together
    except BadConfig as error:
        st.info(str(error))
        return None


def _headline(reports: Sequence[Report], found: Accuracy | None) -> None:
    if found is None:
        return
    st.subheader(comparison_words.headline(reports, found), anchor=False)
    if not found.clean.count and found.clean.of >= SOME:
        st.warning("Are the labels of these images those of the network's classes?")


def _cautions(reports: Sequence[Report], run: SmallRun | None) -> None:
    """Draw what was flagged, and the way to a second opinion on what is left."""
    names = comparison_words.names(reports) if len(reports) > 1 else [""]
    show_caution(
        [Said(one.flags, one.second_opinion, name) for name, one in zip(names, reports, strict=True)],
        images=len(reports[0].images),
        what="image",
        left=any(report.counts["robust"] for report in reports),
    )
    if run is not None and any(
        run.checking(report) and report.counts["robust"] and report.second_opinion is None
        for report in reports
    ):
        ask_button(_check)


def _check() -> None:
    form.put(BenchmarkSettings, "check", "always")
    st.session_state.evaluate_now = True


def _more(reports: Sequence[Report], found: Accuracy) -> None:
    """What else they say, and how far to trust it."""
    comparison = compare.compare_images(reports) if len(reports) > 1 else None
    cost = comparison_words.cost_sentence(comparison) if comparison else ""
    if more := " ".join(filter(None, [cost, comparison_words.shared_sentence(reports, found)])):
        st.markdown(more)
    st.markdown("\n".join(["**How sure is that?**", "", comparison_words.detail(found)]))


def _unread(reports: Sequence[Report]) -> None:
    """Name the images that could not be read or answered, and the files that are no pictures."""
    unread = [comparison_words.unread_sentence(report) for report in reports if report.corrupt]
    left_out = [comparison_words.left_out_sentence(report) for report in reports]
    invalid = [comparison_words.invalid_sentence(report) for report in reports]
    for sentence in dict.fromkeys(filter(None, unread + left_out + invalid)):
        st.warning(plain(sentence))


def _side_by_side(reports: Sequence[Report]) -> Sequence[Row]:
    """A line for each of these reports, and for what is published of their models. Returns them."""
    heading("Right without attack, and under attack", glossary.WHAT_ACCURACY)
    rows = []
    for name, report in zip(comparison_words.names(reports), reports, strict=True):
        found = compare.accuracy(report)
        rows.append(
            Row(
                name=f"{name} ({comparison_words.images(len(report.images))})",
                attack=report.plan.config.attack,
                clean=found.clean.value,
                robust=found.robust.value,
                interval=found.robust.interval,
            )
        )
    rows += [
        Row(
            name=f"Published: {figure.attack} ({comparison_words.images(theirs.images)})",
            attack=None,
            clean=theirs.clean,
            robust=figure.accuracy,
            interval=None,
        )
        for theirs in _published(reports)
        for figure in theirs.robust
    ]
    alt = "Accuracy without and under attack for each report; the table below has the same numbers"
    show_first_figure(accuracies_html(rows, alt=alt), "accuracies")
    published_too = any(row.attack is None for row in rows)
    st.caption(f"{glossary.MARKS} {glossary.STAR if published_too else ''}")
    return rows


def _offer_accuracies(rows: Sequence[Row], reports: Sequence[Report]) -> None:
    from malt_core.comparison.figures import accuracies_figure, accuracy_rows

    offer(
        of_figure(
            accuracies_figure(rows),
            name="malt-accuracies",
            title="Right without attack, and under attack",
            about=f"{_about(reports)} Whiskers: 95% intervals. A star: published by others.",
            rows=accuracy_rows(rows),
            alt="; ".join(
                f"{row.name}: {row.clean:.1%} without, {row.robust:.1%} under attack" for row in rows
            ),
        )
    )


def _about(reports: Sequence[Report]) -> str:
    """Of which networks, images and radii these reports are."""
    of = dict.fromkeys((one.plan.model, one.plan.data.name) for one in reports)
    sizes = ", ".join(dict.fromkeys(str(one.plan.config.epsilon) for one in reports))
    return "; ".join(f"{model} on {data}" for model, data in of) + f"; ε = {sizes}."


def _published(reports: Sequence[Report]) -> list[Published]:
    """What is published of these models with the same room, each once."""
    found = [published(r.plan.model, r.plan.config.norm, r.plan.config.eps) for r in reports]
    return list(dict.fromkeys(known for known in found if known is not None))


def _beside(known: Sequence[Published], reports: Sequence[Report]) -> None:
    heading("What others have published", glossary.WHAT_PUBLISHED)
    for theirs in known:
        ours = next(r for r in reports if r.plan.model == theirs.model and theirs in _published([r]))
        sources = ", ".join(dict.fromkeys(f"<{figure.source}>" for figure in theirs.robust))
        st.markdown(f"{comparison_words.published_sentence(theirs, ours)} Source: {sources}")


def _all_reports(reports: Sequence[Report]) -> None:
    st.markdown("#### All reports in numbers", anchors=False)
    names = comparison_words.names(reports)
    rows = [_row(name, report) for name, report in zip(names, reports, strict=True)]
    offer_table("benchmark_reports", "all reports in numbers", rows, _about(reports))
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "report": TEXT(pinned=True),
            "images": NUMBER(help=glossary.READ, format="localized"),
            "clean (%)": NUMBER(help=glossary.CLEAN, format="%.1f"),
            "robust (%)": NUMBER(help=glossary.ROBUST, format="%.1f"),
            "95% interval": TEXT(help=glossary.INTERVAL),
            "flags": TEXT(help=glossary.FLAGS),
            "passes an image": NUMBER(help=glossary.PASSES, format="localized"),
            "seconds an image": NUMBER(help=glossary.SECONDS, format="%.2f"),
        },
        alt="Every report with its accuracies, their interval, and what it cost",
    )


def _row(name: str, report: Report) -> dict[str, Any]:
    found, images = compare.accuracy(report), len(report.images)
    return {
        "report": name if report.complete else f"{name} (stopped)",
        "images": images,
        "clean (%)": 100 * found.clean.value,
        "robust (%)": 100 * found.robust.value,
        "95% interval": comparison_words.interval_text(found.robust),
        "flags": summary(report.flags),
        "passes an image": round((report.n_forward + report.n_backward) / images),
        "seconds an image": report.seconds / images,
    }


def _curves(reports: Sequence[Report]) -> None:
    """Accuracy against eps, a figure for each norm."""
    from malt_core.comparison.figures import curve_rows, curves_figure

    curves = compare.eps_curves(reports)
    if not curves:
        return
    heading("Accuracy against ε", glossary.WHAT_CURVE)
    log = st.toggle("Logarithmic axes", key="log_axes", help=glossary.AXES)
    names = comparison_words.names([curve.reports[0] for curve in curves], without_room=True)
    for norm in dict.fromkeys(curve.reports[0].plan.config.norm for curve in curves):
        those = [
            (curve, f"{name} ({curve.points[0].accuracy.of:,} images)")
            for curve, name in zip(curves, names, strict=True)
            if curve.reports[0].plan.config.norm == norm
        ]
        show_figure(
            curves_figure(*map(list, zip(*those, strict=True)), log=log),
            key=f"curves_{norm}",
            alt="Accuracy under attack against the room that the attack had, a curve for each attack",
            title="Accuracy against ε",
            about=_about(reports),
            rows=curve_rows(*map(list, zip(*those, strict=True))),
        )
