"""What workers do for the pages is what the bare loops do, also after it was put down."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import jobs
from arviz_models.analysis import break_the_mask, lab, live_training, nade_training, tiny
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.series import SeriesError, load_series
from arviz_models.analysis.time_series import fit
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
from arviz_models.descent import Progress, weights_of
from arviz_models.flows import dataset, flow, train
from arviz_models.jobs import TASKS
from arviz_models.jobs.worker import Task, Worker, found_by

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


GPU = "cpu:0"  # a stand-in: torch takes it for a device, and a worker for another one than "cpu"
SMALL = lab.config_of(Settings(model="made", width=4))
WEIGHTS = weights_of(lab.built("MADE", SMALL, 0))
MODEL: dict[str, Any] = {"model": "MADE", "config": SMALL, "data": "digits", "levels": 2}
RIVALS = [{"model": "MADE", "config": SMALL, "weights": WEIGHTS}]
ASKED: dict[str, dict[str, Any]] = {
    "flow": {
        "kind": "maf",
        "layers": 2,
        "order": "reversed",
        "seed": 3,
        "data": "moons",
        "steps": 2,
        "goal": 2,
    },
    "made": {"data": "digits", "hidden": 4, "steps": 2, "digit": 3, "seed": 0},
    "nade": {"steps": 2, "seed": 0},
    "pair": {"steps": 2, "seed": 0},
    "world": {"probabilities": (0.1, 0.2, 0.3, 0.4), "orders": [(0, 1)], "hidden": 2, "seed": 0},
    "arima": {"values": load_series("nile").values, "p": 1, "d": 0, "q": 0},
    "model": {**MODEL, "batch_size": 600, "epochs": 1},
    "samples": {**MODEL, "weights": WEIGHTS},
    "picture": {"models": RIVALS, "x": np.zeros((8, 8), np.uint8)},
    "facts": {"models": RIVALS},
    "test-nll": {**MODEL, "weights": WEIGHTS},
}


@pytest.mark.parametrize("name", TASKS)
def test_a_worker_of_a_gpu_can_do_every_task(name: str) -> None:
    told: list[dict[str, Any]] = []
    worker = Worker(TASKS, GPU, told.append)
    order = {"do": "begin", "job": 1, "task": name, "options": ASKED[name], "state": None}
    worker.orders.put(order | {"count": 0, "seconds": 0.0, "newcomer": True})
    worker._obey()
    while worker.turns:
        worker._take_turn(worker.turns[0])
    assert told[-1]["what"] == "ended", told[-1]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server with a GPU, of which the stand-in takes the place."""
    monkeypatch.setattr(jobs, "gpus", lambda: (GPU,))
    monkeypatch.setattr(jobs, "_pools", {})
    yield
    for pool in jobs.all_jobs():
        pool.close()


@pytest.mark.usefixtures("gpu")
def test_what_gains_by_a_gpu_is_done_on_it_and_a_session_has_one_job_on_all_devices() -> None:
    long = ASKED["model"] | {"batch_size": 50, "epochs": 500}
    first = jobs.submit(jobs.Request("model", long, "me"))
    while first.part == 0:  # what is told first may be how it is before the first step
        assert first.wait(60)
        first.take()
    second = jobs.submit(jobs.Request("nade", {"steps": 100_000, "seed": 0}, "me"))
    found = first.result(60)  # stopped with what it has
    assert 0 < found["part"] < 1
    by_kind = {kind: pool.open_jobs for kind, pool in jobs._pools.items()}
    assert by_kind == {"cuda": (), "cpu": (second,)}
    [worker] = jobs._pools["cuda"]._workers
    assert worker.device == GPU
    second.cancel()
    assert [jobs.kind_of(name, ASKED[name]) for name in ("model", "test-nll")] == ["cuda"] * 2
    others = {jobs.kind_of(name, ASKED[name]) for name in TASKS if name not in jobs.ON_GPU}
    assert others == {jobs.kind_of("model", MODEL | {"model": "NADE"})} == {"cpu"}


def test_without_a_gpu_all_is_done_on_the_processor() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert jobs.gpus() == ()
    assert {jobs.kind_of(name, ASKED[name]) for name in TASKS} == {"cpu"}
    assert jobs.device_of("model", MODEL) == "cpu"
