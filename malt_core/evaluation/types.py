"""What an evaluation of a data set is: its settings, and the results of its images and chunks.

A data set is evaluated in chunks of a size that the settings fix, not the machine, so that one process, many
and a cluster all compute the same. Everything here is a frozen dataclass, and none of it needs torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from malt_core.attacks import catalogue
from malt_core.attacks.catalogue import AttackId, AttackInfo
from malt_core.datasets.base import Record
from malt_core.epsilon import Epsilon, check_eps
from malt_core.errors import BadConfig
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import MAX_EOT, MAX_SEED, NORMS, Norm, check_count

ATTACKS: tuple[AttackId, ...] = tuple(id_ for id_, info in catalogue.ATTACKS.items() if info.in_evaluation)
Attack = Literal[*ATTACKS]
Precision = Literal["auto", "float32", "bfloat16"]
Outcome = Literal["wrong", "fooled", "robust", "invalid"]
PRECISIONS: tuple[Precision, ...] = ("auto", "float32", "bfloat16")
OUTCOMES: tuple[Outcome, ...] = ("wrong", "fooled", "robust", "invalid")

MAX_BATCH = 100_000
_SPECIAL = {name for attack in ATTACKS for name in catalogue.ATTACKS[attack].settings}  # not known to all


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """How to attack a data set.

    attack: one of ATTACKS; attacks/catalogue.py says what each is.
    norm, eps, n_targets, n_candidates, n_iter, seed, eot: as in types.AttackConfig. eps_text: eps as people
        write it, such as "4/255". faithful: the published algorithm's budget, see `malt_core.malt`. check:
        ask for a second opinion on images left, a few of each chunk, as is done anyway where a flag was
        raised.
    batch_size: images or rows that are in the model at a time. chunk: images that are evaluated, saved, and
        after an interruption repeated together. precision: what attack steps are computed in; the verdict
        always falls in float32. None and "auto" are decided once, see `evaluate.make_plan`.

    Raises BadConfig where a value is out of range, or the attack has no such setting.
    """

    attack: Attack = "malt"
    norm: Norm = "linf"
    eps: float = 4 / 255
    eps_text: str = ""
    n_targets: int = 9
    n_candidates: int = 100
    n_iter: int = 100
    seed: int = 0
    batch_size: int | None = None
    chunk: int | None = None
    precision: Precision = "auto"
    faithful: bool = False
    check: bool = False
    eot: int = 1

    def __post_init__(self) -> None:
        if self.attack not in ATTACKS:
            raise BadConfig(f"Unknown attack {self.attack!r}: choose {', '.join(ATTACKS)}.")
        if self.norm not in NORMS:
            raise BadConfig(f"Unknown norm {self.norm!r}: choose linf or l2.")
        if self.precision not in PRECISIONS:
            raise BadConfig(f"Unknown precision {self.precision!r}: choose {', '.join(PRECISIONS)}.")
        check_eps(self.eps, self.norm)
        check_count("n_targets", self.n_targets, 1, 1000)
        check_count("n_candidates", self.n_candidates, 1, 100_000)
        check_count("n_iter", self.n_iter, 1, 10_000)
        check_count("seed", self.seed, 0, MAX_SEED)
        check_count("eot", self.eot, 1, MAX_EOT)
        for name in ("batch_size", "chunk"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name), 1, MAX_BATCH)
        self._check_that_the_attack_knows_them()

    @property
    def epsilon(self) -> Epsilon:
        """The radius: eps together with its norm."""
        return Epsilon(self.eps, self.norm)

    @property
    def attack_info(self) -> AttackInfo:
        """What the catalogue says of the attack; MALT with the published budget is one of its own there."""
        published = self.attack == "malt" and self.faithful
        return catalogue.ATTACKS["malt-published" if published else self.attack]

    def _check_that_the_attack_knows_them(self) -> None:
        for field in fields(self):
            knowing = [attack for attack in ATTACKS if field.name in catalogue.ATTACKS[attack].settings]
            value = getattr(self, field.name)
            unknown = field.name in _SPECIAL and self.attack not in knowing
            if unknown and value != field.default and value != "float32":
                raise BadConfig(
                    f"{field.name} is no setting of the attack {self.attack}, only of "
                    f"{', '.join(knowing)}: leave it out.",
                    setting=field.name,
                )


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Which images. path: as it was given; images: how many, from the first.

    fingerprint: hexadecimal digits that change with the files' names, sizes or labels (of a parquet file:
    its size, labels and footer). preprocessing: what brought pictures to the model's size: "centre", the
    largest centred part, or the model's own by its name, such as "Res256Crop224"; "" in reports that do not
    say. left_out: a sentence on each file that is not among the images.
    """

    path: str
    name: str
    images: int
    fingerprint: str
    preprocessing: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that decides the result of an evaluation; nothing in it says who computes.

    model: its id; classes: its names by index; config: with batch_size, chunk and precision decided;
    device: what torch computes on, "cpu" or "cuda"; versions: of the software, and "weights", a
    digest of the model's.
    """

    model: str
    classes: tuple[str, ...]
    data: DataSource
    config: EvaluationConfig
    device: str
    versions: dict[str, str]

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.data.images // self.config.chunk)

    def range_of(self, number: int) -> range:
        """Return the indices of the images in chunk `number`, from 0."""
        first = number * self.config.chunk
        return range(first, min(first + self.config.chunk, self.data.images))


@dataclass(frozen=True, kw_only=True)
class ImageResult:
    """What became of one image.

    index: place in the data set; label, clean, adversarial, target: class indices; clean: predicted without
    an attack, None where the logits are not finite numbers; adversarial: predicted for the image found, in
    float32, None where none was found. outcome: "wrong" without any attack, "fooled", "robust", or "invalid":
    not wrong, and the logits of the image, or of a point on the way, are not finite numbers. target: the
    class that the attack aimed at, malt_rank, confidence_rank: its places among the candidates by score and
    among all other classes by logit, from 1; n_forward, n_backward: passes, the two for the verdicts
    included. Each None where the attack does not say. digest: the first 16 hexadecimal digits of the SHA-256
    of the picture's bytes, None in reports that do not say. refused: whether the network gave no answer: to
    the clean picture where the outcome is "wrong", else to the one under attack, which has withstood by that
    ("robust") unless not to answer is an error of this network ("fooled", as where a vote is not clear).
    """

    index: int
    name: str
    label: int
    clean: int | None
    outcome: Outcome
    adversarial: int | None = None
    target: int | None = None
    malt_rank: int | None = None
    confidence_rank: int | None = None
    n_forward: int | None = None
    n_backward: int | None = None
    digest: str | None = None
    refused: bool = False

    @property
    def right(self) -> bool:
        """Whether the model gets it right without any attack."""
        return self.clean == self.label and not (self.refused and self.outcome == "wrong")


@dataclass(frozen=True, kw_only=True)
class Corrupt:
    """An image that could not be read, and was left out. reason: for people; digest: as in ImageResult, ""
    where nothing was read."""

    index: int
    name: str
    reason: str
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChunkResult:
    """One chunk. n_forward, n_backward: images sent through the model each way; seconds: wall time.

    flags, second_opinion: as in MaltResult, with the indices of images in the data set.
    """

    number: int
    images: tuple[ImageResult, ...]
    corrupt: tuple[Corrupt, ...]
    n_forward: int
    n_backward: int
    seconds: float
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Event: so many of all the images are done; counts: of each outcome among them, and "corrupt"."""

    done: int
    total: int
    counts: Counter[str]


@dataclass(frozen=True)
class Chunk:
    """A chunk to be evaluated. records: its images as read from the files, still to be decoded."""

    number: int
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Chunks:
    """The chunks to be evaluated, by number, and how to read one; read it only when somebody is free."""

    numbers: Sequence[int]
    read: Callable[[int], Chunk]


ChunkRunner = Callable[[Chunks], Iterator[ChunkResult]]
"""Evaluates chunks and yields their results, in any order."""
