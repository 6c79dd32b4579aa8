"""What a worker of an evaluation does, be it a process of this computer or one of a cluster.

Torch is imported only when the work begins: a process first has to set itself up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from malt_core.errors import MaltError
from malt_core.evaluation.types import Chunk, Plan
from malt_core.evaluation.workers.dispatch import Event, Lost, Ready
from malt_core.models.weights.refusals import gives_advice, why_not

if TYPE_CHECKING:
    from malt_core.models.loaders import Model


def catalogue_model(id: str) -> Model:
    """Return the model with this id, as networks.load_network does; importing this costs no torch."""
    from malt_core.networks import load_network

    return load_network(id)


class Evaluator:
    """What every worker does, wherever it runs.

    load: returns the model; called once, by `prepare`. Unexpected errors become Lost, since a fresh worker
    may do better; a MaltError would come again and is handed on.
    """

    def __init__(self, load: Callable[[], Model], plan: Plan) -> None:
        self._load, self._plan = load, plan
        self._model: Model | None = None

    def prepare(self) -> Event:
        """Load the model. One thread a worker: results must not depend on how many cores a computer has."""
        import torch

        try:
            torch.set_num_threads(1)
            self._model = self._load().to(self._plan.device)
        except MaltError as error:
            return error
        except Exception as error:
            return Lost(_reason(error))
        return Ready()

    def evaluate(self, chunk: Chunk) -> Event:
        """Evaluate a chunk."""
        from malt_core.evaluation.chunks import evaluate_chunk

        try:
            return evaluate_chunk(self._model, self._model.info.size, chunk, self._plan.config)
        except MaltError as error:
            return error
        except Exception as error:
            return Lost(_reason(error))


def _reason(error: Exception) -> str:
    if gives_advice(str(error)):
        return f"{type(error).__name__}: {why_not(error)}"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
