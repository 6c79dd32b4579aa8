"""A race in plain words. Every sentence must be true of the race that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from malt_core.attacks.catalogue import TITLES
from malt_core.attacks.outcome import PHRASES, guessing
from malt_core.formatting import percent, stopwatch
from malt_core.race.record import LaneRecord, PictureRecord, RaceRecord
from malt_core.race.timeline import Lane, Race
from malt_core.race.types import StageName

STAGES: dict[StageName, str] = {
    **TITLES,  # an attack of one stage, or a part of AutoAttack, is called alike everywhere
    "clean": "looking at the pictures",
    "ranking": "ranking the classes",
    "targets": "aiming at targets",
    "checks": "checks",
    "fab-t": "FAB-T",
    "square": "Square",
    "unbounded": "ε = 1",
}
SAME = 1.1  # times that differ by a smaller factor are called about the same
NUMBERS = {2: "Both", 3: "All three"}


def progress(race: Race) -> tuple[float, str]:
    """Return how much of the race is done, from 0 to 1, which only grows, and what happens now, in words."""
    if race.asking is not None:
        done, total = race.asking.done, race.asking.total
        return (
            1.0,
            f"Second opinion, without gradients ({STAGES[race.asking.stage]}): {done:,} of {total:,} calls.",
        )
    going_on = [lane for lane in race.lanes if lane.state in ("waiting", "running")]
    share = sum(lane.share for lane in race.lanes) / len(race.lanes)
    if race.line_up is None or not going_on:
        return share, "The network looks at the pictures …"
    lane = going_on[0]
    place = f"Attack {race.lanes.index(lane) + 1} of {len(race.lanes)}, {TITLES[lane.name]}"
    if lane.latest is None:
        return share, f"{place}, begins …"
    return share, f"{place}: {_doing(lane)}"


def _doing(lane: Lane) -> str:
    latest = lane.latest
    step = ""
    if latest.most is not None:
        unit = "query" if latest.stage == "square" else "pass"
        step = f", {unit} {min(latest.calls + 1, latest.most):,} of at most {latest.most:,}"
    if lane.standing == 1:
        changed = "the answer is still the same" if lane.robust else "the answer is changed"
    else:
        changed = f"answers changed: {lane.standing - lane.robust} of {lane.standing}"
    return (
        f"{STAGES[latest.stage]}{step}. {stopwatch(lane.seconds)}, {lane.n_forward:,} forward and "
        f"{lane.n_backward:,} backward passes so far; {changed}."
    )


def headline(record: RaceRecord) -> str:
    """Return who changed which answers and who was first, then how long each attack went on."""
    if not record.standing:
        return "The network has no finite answer for any picture, so there was nothing to race for."
    if any(lane.state != "done" for lane in record.lanes):
        return " ".join(alone(lane, record) for lane in record.lanes)
    sentences = (checked(record), _who(record), _caveat(record), _first(record), _until_the_end(record))
    return " ".join(sentence for sentence in sentences if sentence)


def checked(record: RaceRecord) -> str:
    """Return what a second opinion fooled that all attacks had left; "" where it fooled nothing."""
    if record.check is None or not record.check.opinion.fooled:
        return ""
    changed = [
        f"{record.pictures[i].name} (“{answer.name}”)"
        for i, answer in zip(record.check.opinion.fooled, record.check.answers, strict=True)
    ]
    return f"A second opinion, without gradients, changed what all attacks had left: {listed(changed)}."


def _caveat(record: RaceRecord) -> str:
    """Return that what is left need not be robust, where a flag stands; else ""."""
    return "What is left need not be robust: there are flags." if record.flags and record.left else ""


def deed(record: RaceRecord) -> str:
    """Return "fooled the network" where every success is that, else "changed the network's answer"."""
    right = all(record.pictures[i].right for i in record.standing)
    fooled = all(fall.outcome == "fooled" for lane in record.lanes for fall in lane.falls)
    return "fooled the network" if right and fooled else "changed the network's answer"


def _fallen(lane: LaneRecord) -> set[int]:
    return {fall.picture for fall in lane.falls}


def _any_fell(record: RaceRecord) -> set[int]:
    return set().union(*(_fallen(lane) for lane in record.lanes))


def _who(record: RaceRecord) -> str:
    lanes, n, fell, did = record.lanes, len(record.standing), _any_fell(record), deed(record)
    if not fell:
        where = "" if n == 1 else f" on any of the {n} pictures"
        return f"None of the attacks {did}{where}."
    if all(_fallen(lane) == fell for lane in lanes):
        left = [record.pictures[i].name for i in record.standing if i not in fell]
        missed = f" (not on {listed(left)})" if 0 < len(left) <= 2 else ""
        count = f"all {n}" if len(fell) == n else f"the same {len(fell)} of {n}"
        where = "" if n == 1 else f" on {count} pictures{missed}"
        return f"{NUMBERS.get(len(lanes), 'All')} attacks {did}{where}."
    if n == 1:
        able = listed([lane.title for lane in lanes if lane.falls])
        return f"{able} {did}, {listed([lane.title for lane in lanes if not lane.falls])} did not."
    counts = []
    for lane in lanes:
        missed = [record.pictures[i].name for i in sorted(fell - _fallen(lane))]
        without = f" (not on {listed(missed)})" if missed and lane.falls else ""
        counts.append(f"{lane.title} on {len(lane.falls) or 'none'}{without}")
    return f"Of {n} pictures, the attacks {did} on so many: {', '.join(counts)}."


def _first(record: RaceRecord) -> str:
    """Say in which order the attacks had changed the last answer that any of them can change."""
    fell = _any_fell(record)
    full = sorted((_last(lane), lane.title) for lane in record.lanes if fell and _fallen(lane) == fell)
    if not full:
        return ""
    if len(full) == 1:
        (seconds, title) = full[0]
        return f"{title} alone changed every answer that any of them changed, within {stopwatch(seconds)}."
    groups = [[full[0]]]
    for before, now in pairwise(full):
        if now[0] < SAME * before[0]:
            groups[-1].append(now)
        else:
            groups.append([now])
    if len(groups) == 1:
        return f"That took {'both' if len(full) == 2 else 'all'} about as long: {_timed(groups[0])}."
    order = ", then ".join(map(_timed, groups))
    return f"First {'there' if len(fell) == 1 else 'through with these'}: {order}."


def _timed(group: Sequence[tuple[float, str]]) -> str:
    return listed([f"{title} ({stopwatch(seconds)})" for seconds, title in group])


def _last(lane: LaneRecord) -> float:
    return max(fall.seconds for fall in lane.falls)


def _until_the_end(record: RaceRecord) -> str:
    """Say how long each attack went on, and compare MALT's time with AutoAttack's."""
    times = [f"{lane.title} after {stopwatch(lane.seconds)}" for lane in record.lanes]
    left = len(record.standing) - len(_any_fell(record))
    ended = "gave up on the rest" if left and _any_fell(record) else "gave up" if left else "was through"
    lanes = {lane.attack: lane.seconds for lane in record.lanes}
    ratio = lanes["autoattack"] / lanes["malt"] if lanes["malt"] > 0 else 0.0
    compared = (
        f", {_factor(ratio)} times as long as MALT"
        if ratio >= SAME
        else ""
        if ratio > 1 / SAME or ratio <= 0
        else f"; MALT was slower by a factor of {_factor(1 / ratio)}"
    )
    *others, autoattack = times
    return f"Each {ended}: {', '.join(others)}, {autoattack}{compared}."


def _factor(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:,.0f}"


def alone(lane: LaneRecord, record: RaceRecord) -> str:
    """Return what one attack achieved, in a sentence."""
    if lane.state == "waiting":
        return f"{lane.title} did not get to start."
    time, stopped = stopwatch(lane.seconds), lane.state == "stopped"
    if not lane.falls:
        end = "was stopped" if stopped else "gave up"
        return f"{lane.title} {end} after {time}, without success{' up to then' if stopped else ''}."
    n = len(record.standing)
    where = "" if n == 1 else f" on {len(lane.falls)} of {n} pictures"
    if stopped:
        return f"{lane.title} was stopped after {time}; up to then it had {deed(record)}{where}."
    return f"{lane.title} {deed(record)}{where} within {time}."


def answers(record: RaceRecord) -> str:
    """Return what to know of the answers that were to be changed: wrong, guessed, unknown; "" if nothing."""
    attacked = [record.pictures[i] for i in record.standing]
    wrong = [picture for picture in attacked if picture.right is False]
    guessed = [picture for picture in attacked if guessing(picture.answer.confidence)]
    unknown = [picture for picture in attacked if picture.right is None]
    said = []
    if wrong:
        about = listed([_answered(one) for one in wrong])
        said.append(
            f"The network was wrong from the start about {about}: to change a wrong answer is not to fool it."
        )
    if guessed:
        said.append(
            f"It was guessing at {listed([one.name for one in guessed])}: less than 20% sure of its answer."
        )
    if unknown:
        about = listed([_answered(one) for one in unknown])
        said.append(
            f"Whether the network was right about {about} nobody has said; where not, it was not fooled."
        )
    return " ".join(said)


def _answered(picture: PictureRecord) -> str:
    answer = f"“{picture.answer.name}”, {percent(picture.answer.confidence)} sure"
    return f"{picture.name} ({answer}{'; it has no word for this' if picture.truth == () else ''})"


def invalid(record: RaceRecord) -> str:
    """Return for which pictures the network gave no answer, or none that is a number; "" if for none."""
    refused = [picture.name for picture in record.pictures if picture.refused]
    itself = [picture.name for picture in record.pictures if picture.answer is None]
    nearby = [record.pictures[i].name for i in sorted({i for lane in record.lanes for i in lane.invalid})]
    said = []
    if refused:
        said.append(
            f"The network refuses to answer for {listed(refused)} without any attack, which counts as wrong: "
            "no attack touched what it refuses."
        )
    if itself:
        them = "it" if len(itself) == 1 else "them"
        said.append(f"For {listed(itself)} its scores are not finite numbers, so no attack touched {them}.")
    if nearby:
        said.append(
            f"Close to {listed(nearby)} its scores are not finite numbers: neither fooled nor robust there."
        )
    return " ".join(said)


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def answer(picture: PictureRecord) -> str:
    """Return what the network says of a picture without an attack, for a table or a caption."""
    if picture.answer is None:
        return "no finite answer"
    if picture.refused:
        return "no answer: refused"
    guess = "a guess, " if guessing(picture.answer.confidence) else ""
    right = {True: "", False: ", wrong", None: ""}[picture.right]
    return f"{picture.answer.name} ({guess}{percent(picture.answer.confidence)}{right})"


def fate(lane: LaneRecord, i: int, record: RaceRecord) -> str:
    """Return what became of picture i under an attack, for a table."""
    if record.pictures[i].answer is None:
        return "no finite answer"
    if record.pictures[i].refused:
        return "refused without any attack"
    fall = next((fall for fall in lane.falls if fall.picture == i), None)
    if fall is None:
        if i in lane.invalid:
            return "no finite answer nearby"
        if lane.state == "done" and record.flagged(i):
            return "unchanged, but flagged"
        wrong = f" · {PHRASES['wrong']}" if record.pictures[i].right is False else ""
        unchanged = {"waiting": "–", "running": "unchanged", "stopped": "unchanged when stopped"}
        return unchanged.get(lane.state, f"unchanged{wrong}" if wrong else PHRASES["withstood"])
    by = f"target {fall.rank}" if fall.rank else STAGES[fall.stage]
    meaning = "" if fall.outcome == "fooled" else f" · {PHRASES[fall.outcome]}"
    png = "" if fall.survives_png else " · not as a PNG"
    return f"{fall.answer.name} · {by} · {stopwatch(fall.seconds)}{meaning}{png}"
