"""What a worker does with its model and its chunks, and with errors."""

from __future__ import annotations

import torch

from malt_core.errors import BadConfig, ModelUnavailable
from malt_core.evaluation.types import Chunk
from malt_core.evaluation.workers.dispatch import Lost, Ready
from malt_core.evaluation.workers.worker import Evaluator
from tests.helpers.evaluations import Pictures, load, load_unavailable, plan


def test_an_evaluator_loads_once_and_evaluates():
    data, loads = Pictures(4), []
    whole = plan(data)
    evaluator = Evaluator(lambda: loads.append(1) or load(), whole)
    assert evaluator.prepare() == Ready()
    events = [evaluator.evaluate(Chunk(0, tuple(data.records(range(4))))) for _ in range(2)]
    assert [event.images for event in events] == [events[0].images] * 2
    assert len(events[0].images) == 4
    assert loads == [1]


def test_a_worker_has_one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    Evaluator(load, plan(Pictures(4))).prepare()
    after = torch.get_num_threads()
    torch.set_num_threads(before)
    assert after == 1


def test_an_evaluator_turns_errors_into_events():
    data = Pictures(4)
    unavailable = Evaluator(load_unavailable, plan(data)).prepare()
    assert isinstance(unavailable, ModelUnavailable)
    lost = Evaluator(lambda: {}["model"], plan(data)).prepare()
    assert lost == Lost("KeyError: 'model'")
    evaluator = Evaluator(load, plan(data))
    evaluator.prepare()
    assert evaluator.evaluate(Chunk(0, (None,))).reason.startswith("AttributeError: ")
    data.labels[0] = 12
    assert isinstance(evaluator.evaluate(Chunk(0, tuple(data.records(range(4))))), BadConfig)
