"""What workers do for the pages is what the bare loops do, also after it was put down."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from arviz_models.analysis import break_the_mask, live_training, nade_training, tiny
from arviz_models.analysis.time_series import SeriesError, fit, load_series
from arviz_models.analysis.trainings import (
    ArimaFit,
    FlowTraining,
    MadeTraining,
    NadeTraining,
    PairTraining,
    TinyWorld,
    Training,
)
from arviz_models.data import load_dataset
from arviz_models.descent import Progress
from arviz_models.flows import dataset, flow, train
from arviz_models.jobs import TASKS
from arviz_models.jobs.worker import Task, found_by

STEPS = 8
DIGITS = load_dataset("digits")


def bare(name: str) -> Iterator[Progress]:
    """The loop without a task around it."""
    if name == "flow":
        return train(flow("maf", 2, 2, "reversed", seed=3), dataset("moons"), STEPS, seed=3)
    if name == "made":
        model = live_training.small_made(DIGITS.event_shape, 16, 3)
        return live_training.train(model, DIGITS, STEPS, 3)
    if name == "nade":
        return nade_training.train(nade_training.untrained(DIGITS, 3), DIGITS, STEPS, 3)
    return break_the_mask.train(break_the_mask.pair(DIGITS.event_shape, 3), DIGITS, STEPS, 3)


def task(name: str) -> Training:
    if name == "flow":
        return FlowTraining("maf", 2, "reversed", 3, "moons", STEPS, STEPS)
    if name == "made":
        return MadeTraining("digits", 16, STEPS, 3, 3)
    return (NadeTraining if name == "nade" else PairTraining)(STEPS, 3)


@pytest.mark.parametrize("name", ["flow", "made", "nade", "pair"])
def test_a_training_has_the_losses_of_the_bare_loop_also_where_it_was_put_down(name: str) -> None:
    losses = [progress.losses for progress in bare(name)]
    whole, first, second = task(name), task(name), task(name)
    told: list[Any] = [step.news for step in whole.steps()]
    assert [each["losses"] for each in told] == losses
    assert "moment" in told[-1]
    steps = first.steps()
    before = [next(steps).news["losses"] for _ in range(3)]
    second.resume(pickle.loads(pickle.dumps(first.state())))
    assert before + [step.news["losses"] for step in second.steps()] == losses
    for one, other in zip(whole.result()["weights"], second.result()["weights"], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_tiny_world_is_learned_as_by_the_bare_loop() -> None:
    table, order = tuple(tiny.distribution("chain", 2).tolist()), (1, 0)
    world = TinyWorld(table, [order], 4, 0)
    assert [step.part for step in world.steps()][-1] == 1
    [(factors, nll)] = world.result()
    expected, least = tiny.learned_factors(table, order, 4, 0)
    np.testing.assert_array_equal(factors, expected)
    assert nll == least


def test_an_arima_is_fitted_as_by_the_bare_call_and_tells_each_iteration() -> None:
    series = load_series("nile")
    task = ArimaFit(series.values, 1, 0, 0)
    news = [step.news for step in task.steps()]
    expected = fit(series, 1, 0, 0)
    found = task.result()
    assert found is not None
    np.testing.assert_array_equal(found["estimates"], expected.estimates)
    assert news == list(range(1, expected.iterations + 1))
    with pytest.raises(SeriesError, match="p: got 99"):
        list(ArimaFit(series.values, 99, 0, 0).steps())


def test_every_name_of_a_task_is_one() -> None:
    assert all(issubclass(found_by(place), Task) for place in TASKS.values())
