"""A race in plain words. Every sentence must be true of the race that it is given."""

from __future__ import annotations

from collections.abc import Sequence

from malt_core.attacks.catalogue import TITLES
from malt_core.formatting import stopwatch
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
}
ENSEMBLE: tuple[StageName, ...] = ("apgd-ce", "apgd-t", "fab-t", "square")
SAME = 1.1  # times that differ by a smaller factor are called about the same


def progress(race: Race) -> tuple[float, str]:
    """Return how far the lane that runs is, from 0 to 1, and what it is doing, in a sentence or two."""
    going_on = [lane for lane in race.lanes if lane.state in ("waiting", "running")]
    if race.line_up is None or not going_on:
        return 0.0, "The network looks at the pictures …"
    lane = going_on[0]
    place = f"Lane {race.lanes.index(lane) + 1} of {len(race.lanes)}, {TITLES[lane.name]}"
    if lane.latest is None:
        return 0.0, f"{place}, begins …"
    return _share(lane), f"{place}: {_doing(lane)}"


def _doing(lane: Lane) -> str:
    latest = lane.latest
    step = ""
    if latest.most is not None:
        unit = "query" if latest.stage == "square" else "pass"
        step = f", {unit} {min(latest.calls + 1, latest.most):,} of at most {latest.most:,}"
    if lane.standing == 1:
        standing = "the picture stands" if lane.robust else "the picture has fallen"
    else:
        standing = f"{lane.robust} of {lane.standing} pictures stand"
    return (
        f"{STAGES[latest.stage]}{step}. {stopwatch(lane.seconds)}, {lane.n_forward:,} forward and "
        f"{lane.n_backward:,} backward passes so far; {standing}."
    )


def _share(lane: Lane) -> float:
    """A lower bound: a lane may end sooner."""
    latest = lane.latest
    if latest.most is None:
        return 0.0 if lane.name == "autoattack" else 1 - lane.robust / lane.standing
    part = min(1.0, latest.calls / latest.most)
    return (ENSEMBLE.index(latest.stage) + part) / len(ENSEMBLE) if lane.name == "autoattack" else part


def headline(race: Race, pictures: Sequence[str]) -> str:
    """Return how MALT and AutoAttack compare. pictures: the names of all pictures, in their order."""
    if race.line_up is None:
        return "Stopped before the network had looked at the pictures."
    if not race.line_up.standing:
        if race.line_up.invalid:
            return "The network gets no picture right by itself, so there was nothing to race for."
        wrong = "the picture" if len(pictures) == 1 else "every picture"
        return f"The network gets {wrong} wrong without any attack, so there was nothing to race for."
    malt, autoattack = (next(lane for lane in race.lanes if lane.name == n) for n in ("malt", "autoattack"))
    if malt.state == autoattack.state == "done":
        return f"{_both(malt, autoattack, pictures)} {_times(malt, autoattack)}"
    return f"{alone(malt)} {alone(autoattack)}"


def _both(malt: Lane, autoattack: Lane, pictures: Sequence[str]) -> str:
    mine, theirs, n = set(malt.falls), set(autoattack.falls), malt.standing
    if n == 1:
        return {
            (1, 1): "MALT and AutoAttack both fooled the network.",
            (1, 0): "MALT fooled the network, AutoAttack did not.",
            (0, 1): "AutoAttack fooled the network, MALT did not.",
            (0, 0): "Neither MALT nor AutoAttack fooled the network.",
        }[len(mine), len(theirs)]
    if mine == theirs:
        if not mine:
            return f"Neither MALT nor AutoAttack fooled the network on any of the {n} pictures."
        which = f"all {n} pictures" if len(mine) == n else f"the same {len(mine)} of {n} pictures"
        return f"MALT and AutoAttack both fooled the network on {which}."
    only = [
        f"only {name} did on {listed([pictures[i] for i in sorted(images)])}"
        for name, images in (("MALT", mine - theirs), ("AutoAttack", theirs - mine))
        if images
    ]
    return (
        f"MALT fooled the network on {len(mine)} of {n} pictures, AutoAttack on {len(theirs)}: "
        f"{' and '.join(only)}."
    )


def _times(malt: Lane, autoattack: Lane) -> str:
    if malt.seconds <= 0 or autoattack.seconds <= 0:
        return ""
    ratio = autoattack.seconds / malt.seconds
    times = f"MALT took {stopwatch(malt.seconds)}, AutoAttack {stopwatch(autoattack.seconds)}"
    if 1 / SAME < ratio < SAME:
        return f"{times}: about the same."
    if ratio < 1:
        return f"{times}: here MALT was the slower one, by a factor of {_factor(1 / ratio)}."
    return f"{times}: {_factor(ratio)} times as long."


def overtime(race: Race) -> str:
    """Return how long AutoAttack went on after its last success, "" where that is not worth a word."""
    lane = next(lane for lane in race.lanes if lane.name == "autoattack")
    last = max((fell.seconds for fell in lane.falls.values()), default=None)
    if last is None or lane.state != "done" or lane.seconds < 2 * last:
        return ""
    why = "with what was left" if lane.robust else "to the end of the attack that it had begun"
    return f"AutoAttack's last success came after {stopwatch(last)}; it then went on {why}."


def _factor(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:,.0f}"


def alone(lane: Lane) -> str:
    """Return what one lane achieved, in a sentence."""
    name = TITLES[lane.name]
    if lane.state == "waiting":
        return f"{name} did not get to start."
    if lane.standing == 1:
        fooled = "fooled the network" if lane.falls else "did not fool the network"
    else:
        fooled = f"fooled the network on {len(lane.falls)} of {lane.standing} pictures"
    if lane.state == "stopped":
        return f"{name} was stopped after {stopwatch(lane.seconds)}; up to then it {fooled}."
    return f"{name} {fooled} in {stopwatch(lane.seconds)}."


def wrong(race: Race, pictures: Sequence[str], classes: Sequence[str]) -> str:
    """Return which pictures the network gets wrong by itself, "" if none. classes: names by index."""
    if race.line_up is None:
        return ""
    standing = race.line_up.standing
    said = [
        f"{pictures[i]} (it says “{classes[clean]}”)"
        for i, clean in enumerate(race.line_up.clean)
        if i not in standing and i not in race.line_up.invalid
    ]
    if not said:
        return ""
    them = "it" if len(said) == 1 else "them"
    return f"Without any attack the network misclassifies {listed(said)}, so no lane touched {them}."


def invalid(race: Race, pictures: Sequence[str]) -> str:
    """Return for which pictures the network's answer was no number, "" if for none."""
    if race.line_up is None:
        return ""
    itself = [pictures[i] for i in race.line_up.invalid]
    nearby = [pictures[i] for i in sorted({i for lane in race.lanes for i in lane.invalid})]
    said = []
    if itself:
        them = "it" if len(itself) == 1 else "them"
        said.append(f"For {listed(itself)} its scores are not finite numbers, so no lane touched {them}.")
    if nearby:
        said.append(
            f"Close to {listed(nearby)} its scores are not finite numbers: neither fooled nor robust there."
        )
    return " ".join(said)


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def fate(lane: Lane, image: int, race: Race, classes: Sequence[str]) -> str:
    """Return what became of a picture in a lane, for a table."""
    if race.line_up is not None and image not in race.line_up.standing:
        return "no finite answer" if image in race.line_up.invalid else "misclassified anyway"
    fell = lane.falls.get(image)
    if fell is None and image in lane.invalid:
        return "no finite answer nearby"
    if fell is None:
        return {"waiting": "–", "running": "stands", "stopped": "stood when stopped", "done": "withstood"}[
            lane.state
        ]
    rank = lane.ranks.get(image)
    by = f"target {rank}" if rank else STAGES[fell.stage]
    png = "" if fell.survives_png else " · not as a PNG"
    return f"{classes[fell.into]} · {by} · {stopwatch(fell.seconds)}{png}"
