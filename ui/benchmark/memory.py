"""What the process remembers of evaluations, for everybody: nothing here knows about Streamlit.

Found outlives a run that was stopped, image by image; Shelf outlives a page that is loaded again. Both are
bounded, the least recently used going first. Neither can be looked through: one needs the very pictures, the
other an address that nobody can guess.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import InMemoryData
from malt_core.evaluation.types import ChunkResult, EvaluationConfig, Plan

MOST_CHUNKS = 20_000
MOST_BYTES = 32_000_000  # of reports on the shelf, compressed


class Found:
    """The chunks that evaluations have finished. most: how many stay."""

    def __init__(self, most: int = MOST_CHUNKS) -> None:
        self._most, self._lock = most, threading.Lock()
        self._chunks: OrderedDict[str, ChunkResult] = OrderedDict()

    def done(self, model: str, config: EvaluationConfig, data: InMemoryData) -> dict[int, ChunkResult]:
        """The chunks of this evaluation that are there already, by number; a chunk is one image."""
        found = {}
        with self._lock:
            for number, record in enumerate(data.content):
                key = _key(model, config, record)
                if key not in self._chunks and config.check:
                    key = self._settled(_key(model, replace(config, check=False), record))
                if key in self._chunks:
                    self._chunks.move_to_end(key)
                    found[number] = self._chunks[key]
        return found

    def _settled(self, key: str) -> str:
        """Return the key of a chunk about which no second opinion is to be asked for any more, else ""."""
        chunk = self._chunks.get(key)
        asks = chunk is None or (
            chunk.second_opinion is None and any(image.outcome == "robust" for image in chunk.images)
        )
        return "" if asks else key

    def put(self, plan: Plan, data: InMemoryData, chunk: ChunkResult) -> None:
        """Keep what was found of one image."""
        with self._lock:
            self._chunks[_key(plan.model, plan.config, data.content[chunk.number])] = chunk
            while len(self._chunks) > self._most:
                self._chunks.popitem(last=False)


def _key(model: str, config: EvaluationConfig, record: Record) -> str:
    fields = {name: value for name, value in vars(record).items() if name not in ("image", "digest")}
    return hashlib.sha256(repr((model, config, record.digest, sorted(fields.items()))).encode()).hexdigest()


@dataclass(frozen=True)
class Left:
    """What a tab had. reports: each with whether it was run here, and its report.json; run: the key of what
    it was computing, "" for nothing.
    """

    reports: tuple[tuple[bool, str], ...] = ()
    run: str = ""


class Shelf:
    """What tabs have left, each under a name that cannot be guessed. most: compressed bytes that stay."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._lock = most, threading.Lock()
        self._left: OrderedDict[str, tuple[tuple[tuple[bool, bytes], ...], str]] = OrderedDict()

    def put(self, left: Left, name: str | None = None) -> str:
        """Keep this under that name, by default a new one, and return the name."""
        name = name or secrets.token_urlsafe(12)
        packed = tuple((own, zlib.compress(text.encode())) for own, text in left.reports)
        with self._lock:
            self._left[name] = packed, left.run
            self._left.move_to_end(name)
            while sum(map(self._size, self._left.values())) > self._most:
                self._left.popitem(last=False)
        return name

    def get(self, name: str) -> Left | None:
        """What was kept under that name, None if it is not there any more."""
        with self._lock:
            if name not in self._left:
                return None
            self._left.move_to_end(name)
            packed, run = self._left[name]
        return Left(tuple((own, zlib.decompress(data).decode()) for own, data in packed), run)

    @staticmethod
    def _size(left: tuple[Sequence[tuple[bool, bytes]], str]) -> int:
        return 1_000 + sum(len(data) for _, data in left[0])
