"""The networks in memory, and the warm-up that loads PyTorch behind the first words on screen.

No import of torch at the top: this file is imported by the page's first run.
"""

from __future__ import annotations

import gc
import logging
import threading
from typing import TYPE_CHECKING

from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.networks import network_info
from ui.compute.jobs import Report

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

log = logging.getLogger(__name__)


class ModelShelf:
    """Models for the job queue, with progress. The warm-up thread starts with the object."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._warm = threading.Event()
        self._closed = False
        self._warming = threading.Thread(target=self._warm_up, name="warm-up", daemon=True)
        self._warming.start()

    def close(self, patience: float) -> None:
        """Return once the warm-up has ended, after at most so many seconds."""
        self._closed = True
        self._warming.join(patience)

    def has(self, model_id: str) -> bool:
        """Whether the model has been loaded before, so that it takes no download now."""
        return model_id in self._seen

    def wait(self, report: Report) -> None:
        """Return once PyTorch is there, with progress to report."""
        while not self._warm.wait(0.1):
            report("Waking up: loading PyTorch and the first model …", None)

    def get(self, model_id: str, report: Report) -> Model:
        """The model, loaded (and downloaded) if need be, with progress to report.

        Raises ModelUnavailable, and whatever report raises to stop the loading.
        """
        self.wait(report)
        with self._lock:
            turn = self._loading.setdefault(model_id, threading.Lock())
        while not turn.acquire(timeout=0.2):
            report("Loading the model, which somebody else has asked for as well …", None)
        try:
            return self._load(model_id, report)
        finally:
            turn.release()

    def _load(self, model_id: str, report: Report) -> Model:
        from malt_core import load_model

        def progress(note: str, done: int, total: int | None) -> None:
            report(note, done / total if total else None)

        report("Loading the model …", None)
        network_info(model_id)  # of a visitor's own network only what is kept here: no path is opened
        model = load_model(model_id, progress=progress)
        self._seen.add(model_id)
        return model

    def _warm_up(self) -> None:
        """Import what computes, load the default model, and take it all out of garbage collection.

        Every collection would otherwise walk through all of PyTorch while holding the interpreter's lock
        (130 to 180 ms, several times a second when many people watch).
        """
        try:
            import torch

            from malt_core.evaluation.workers.local import cores

            torch.set_num_threads(cores())
            self._load(DEFAULT_MODEL, lambda note, share=None: None)
        except Exception:
            if not self._closed:  # an import fails when Python ends in the middle of it
                log.exception("warming up failed; the first attack will say why")
        finally:
            gc.collect()
            gc.freeze()
            self._warm.set()
