"""The loading function that pages hand to the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ui.compute.jobs import Report
from ui.compute.session import shelf

if TYPE_CHECKING:
    from malt_core.models.loaders import Model


def load_torch() -> Callable[[Report], None]:
    """A function that waits for PyTorch, with progress to report."""
    models = shelf()
    return models.wait


def load_model(model_id: str) -> Callable[[Report], Model]:
    """A function that loads the model, with progress to report; see ModelShelf.get."""
    models = shelf()  # here, since a thread of the queue belongs to no tab
    return lambda report: models.get(model_id, report)


def load_models(model_ids: Sequence[str]) -> Callable[[Report], list[Model]]:
    """A function that loads several, one after the other."""
    models = shelf()
    return lambda report: [models.get(model_id, report) for model_id in model_ids]
