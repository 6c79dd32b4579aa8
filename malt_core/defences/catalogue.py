"""The defences that stand around a network: what they are called and what they can do. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from malt_core.errors import BadConfig

DefenceId = Literal[
    "jpeg",
    "bit-depth",
    "median",
    "random-resize",
    "reformer",
    "detector",
    "squeezing",
    "ensemble",
    "vote",
    "smoothing",
]
Needs = Literal["nothing", "autoencoder", "threshold", "members", "noise"]


@dataclass(frozen=True, kw_only=True)
class DefenceInfo:
    """title: to follow "behind"; sentence: what it does. arxiv: the paper it is from.

    draws: of its random numbers, over which its gradient is averaged; 1 where it draws none. refuses: a
    picture it refuses counts as wrong if clean, as withstood if attacked; abstains: having no answer is an
    error either way. members: how many networks it consists of. needs: what must be known of a network for
    it: the "autoencoder" of its data set, a "threshold" taken with it, other "members" of its architecture,
    the "noise" that it was trained with.
    """

    id: DefenceId
    title: str
    sentence: str
    arxiv: str
    draws: int = 1
    refuses: bool = False
    abstains: bool = False
    members: int = 1
    needs: Needs = "nothing"

    @property
    def randomised(self) -> bool:
        """Whether its answer to the same picture may be another the next time."""
        return self.draws > 1


_ALL = (
    DefenceInfo(
        id="jpeg",
        title="JPEG compression",
        sentence="The picture is saved as a JPEG of quality 75 and read again before the network sees it.",
        arxiv="1711.00117",
    ),
    DefenceInfo(
        id="bit-depth",
        title="bit-depth reduction",
        sentence="Each colour of a pixel is rounded to one of eight values.",
        arxiv="1704.01155",
    ),
    DefenceInfo(
        id="median",
        title="median blur",
        sentence="Each pixel becomes the median of four neighbours.",
        arxiv="1704.01155",
    ),
    DefenceInfo(
        id="random-resize",
        title="random resizing and padding",
        sentence="The picture is shrunk by a random amount and put at a random place on black.",
        arxiv="1711.01991",
        draws=10,
    ),
    DefenceInfo(
        id="reformer",
        title="MagNet's reformer",
        sentence="An autoencoder that has only seen clean pictures draws the picture anew.",
        arxiv="1705.09064",
        needs="autoencoder",
    ),
    DefenceInfo(
        id="detector",
        title="MagNet's detector",
        sentence="A picture that an autoencoder gives back with too large an error is refused.",
        arxiv="1705.09064",
        refuses=True,
        needs="autoencoder",
    ),
    DefenceInfo(
        id="squeezing",
        title="feature squeezing",
        sentence="A picture whose answer changes too much with fewer colours or a blur is refused.",
        arxiv="1704.01155",
        refuses=True,
        needs="threshold",
    ),
    DefenceInfo(
        id="ensemble",
        title="an ensemble of three",
        sentence="The logits of three networks, trained differently, are averaged.",
        arxiv="1706.04701",
        members=3,
        needs="members",
    ),
    DefenceInfo(
        id="vote",
        title="a vote of three",
        sentence="Three networks, trained differently, vote; where all disagree there is no answer.",
        arxiv="1706.04701",
        abstains=True,
        members=3,
        needs="members",
    ),
    DefenceInfo(
        id="smoothing",
        title="randomised smoothing",
        sentence="Fifty noisy copies of the picture vote; without a clear winner there is no answer.",
        arxiv="1902.02918",
        draws=10,
        abstains=True,
        needs="noise",
    ),
)
DEFENCES: dict[DefenceId, DefenceInfo] = {info.id: info for info in _ALL}
assert tuple(DEFENCES) == get_args(DefenceId)


def defence_info(id: str) -> DefenceInfo:
    """Return what is known of a defence. Raises BadConfig, naming those there are, for an unknown one."""
    try:
        return DEFENCES[id]
    except KeyError:
        raise BadConfig(f"Unknown defence {id!r}: choose {', '.join(DEFENCES)}.") from None
