"""Settings and events of a race of attacks on the same images. Needs no torch, like types.py.

An image is attacked as what the network says of it, and stands as long as the network says so. It falls at
the first point inside the eps-ball around it that the network calls something else, whoever visited that
point and whatever for. Whether that fooled the network depends on what the image shows: attacks/outcome.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from malt_core.attacks.catalogue import ATTACKS, AttackId
from malt_core.attacks.types import Asking
from malt_core.epsilon import Epsilon, check_eps
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import MAX_SEED, Norm, check_count

THIRD_LANES: tuple[AttackId, ...] = tuple(
    attack for attack, info in ATTACKS.items() if info.in_race and attack not in ("malt", "autoattack")
)
StageName = str
"""What an attack is doing: a key of words.STAGES, often the id of another attack."""


@dataclass(frozen=True, kw_only=True)
class RaceConfig:
    """How to attack: norm and radius (in [0, 1] pixel units) as in AttackConfig, and the seed of all lanes.

    Raises BadConfig where a value is out of range.
    """

    norm: Norm = "linf"
    eps: float = 4 / 255
    seed: int = 0

    def __post_init__(self) -> None:
        check_eps(self.eps, self.norm)
        check_count("seed", self.seed, 0, MAX_SEED)

    @property
    def epsilon(self) -> Epsilon:
        """The radius: eps together with its norm."""
        return Epsilon(self.eps, self.norm)


@dataclass(frozen=True, kw_only=True)
class LineUp:
    """Event, the first: what there is to attack.

    answers: class indices that the network gives to the B images without any attack. confidences: its softmax
    for each, 0 to 1, None where undefined. invalid: indices of images whose logits are not finite numbers,
    which no lane touches. refused: of those that the network gives no answer to, which count as wrong.
    """

    answers: tuple[int, ...]
    confidences: tuple[float | None, ...]
    invalid: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()

    @property
    def standing(self) -> tuple[int, ...]:
        """The indices of the images that the lanes attack."""
        return tuple(i for i in range(len(self.answers)) if i not in (*self.invalid, *self.refused))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Event: a lane is about to begin a stage, or has worked on it for a while.

    calls: of the model in this stage so far; most: how many there can be, None if unknown. seconds: the
    lane's own working time so far. n_forward, n_backward: images sent through the model so far.
    robust: how many images stand.
    """

    lane: AttackId
    stage: StageName
    calls: int
    most: int | None
    seconds: float
    n_forward: int
    n_backward: int
    robust: int


@dataclass(frozen=True, kw_only=True)
class Fell:
    """Event: an image has fallen, judged in float32 apart from the attack.

    image: index among all images of the race; into: the class that the network gives it.
    survives_png: rounded to 8 bits inside the ball, it still fools. The rest as in Progress, after the fall.
    """

    lane: AttackId
    image: int
    stage: StageName
    into: int
    survives_png: bool
    seconds: float
    n_forward: int
    n_backward: int
    robust: int


@dataclass(frozen=True, kw_only=True)
class LaneDone:
    """Event: a lane has come to its end. ranks: by image index, which target the run that fooled aimed at,
    from 1 in the lane's order of attack; empty for lanes that do not say. invalid: the indices of images that
    did not fall, and of which a point on the way has logits that are not finite numbers: they count as not
    robust either. flags: signs that the attack failed where the network is not robust; second_opinion: what
    an attack without gradients made of images left, None where this attack asked for none. The rest as in
    Progress.
    """

    lane: AttackId
    seconds: float
    n_forward: int
    n_backward: int
    robust: int
    ranks: Mapping[int, int]
    invalid: tuple[int, ...] = ()
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Event, the last: a second opinion on images that every lane has left. into: what the network calls
    those that it fooled, by image index.
    """

    opinion: SecondOpinion
    into: Mapping[int, int]


RaceEvent = LineUp | Progress | Fell | LaneDone | Asking | Checked
