"""The sampler: what a session gets is its own sample, whoever else is being served."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import NADE
from arviz_models.ordering import random_order, reversed_raster
from arviz_models.sampler import (
    FEW,
    LARGEST_REQUEST,
    SHARED_BATCH,
    SLICE_SECONDS,
    Cancelled,
    Job,
    Request,
    Sampler,
    SamplerError,
    Sampling,
    Trace,
    get_sampler,
)
from tests.ray_here import BACKENDS, until_drawn
from tests.watched import SHAPE, WAIT, D, Event, Gate, Log, WatchedNADE, randomise

CPU = torch.device("cpu")


def make_nade(levels: int = 2, start: str = "bias", seed: int = 0) -> NADE:
    model = NADE(SHAPE, levels=levels, hidden=8, start=start)
    randomise(model, seed)
    return model


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def assert_same_sample(left: Trace, right: Trace) -> None:
    """Random numbers and values exactly; probabilities up to the rounding of another batch."""
    assert np.array_equal(left.uniforms, right.uniforms)
    assert np.array_equal(left.values, right.values)
    np.testing.assert_allclose(left.probs, right.probs, atol=1e-6)


class After:
    """A watch that waits for an event before step 1, and then does what another one does."""

    def __init__(self, event: Event, watch: Gate) -> None:
        self.event, self.watch = event, watch

    def __call__(self, t: int, n: int) -> None:
        if t == 1:
            assert self.event.wait(WAIT)
        self.watch(t, n)


@pytest.fixture(params=BACKENDS)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[float], Sampling]]:
    """Makes a sampler of the backend, whose turns are so many seconds long."""
    made: list[Sampling] = []
    if request.param == "ray":
        request.getfixturevalue("cluster")

    def new(seconds: float) -> Sampling:
        if request.param == "ray":
            from arviz_models.on_ray.sampling import RaySampler
            from arviz_models.on_ray.serving import Settings

            # Its replicas stay from test to test, as they take seconds to start.
            made.append(RaySampler(Settings(f"turns of {seconds} s", seconds, cpus=0.25)))
            until_drawn(made[-1])
        else:
            made.append(Sampler(CPU, seconds))
        return made[-1]

    yield new
    for each in made:
        each.close()


@pytest.fixture
def sampler(make: Callable[[float], Sampling]) -> Sampling:
    return make(SLICE_SECONDS)


@pytest.fixture
def step_by_step(make: Callable[[float], Sampling]) -> Sampling:
    """A sampler whose turns are one step long."""
    return make(0.0)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    closed = Gate(tmp_path / "gate")
    yield closed
    closed.opened.set()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log")


def submit_together(sampler: Sampling, gate: Gate, requests: list[Request]) -> list[Job]:
    """Submit while the worker is held, so that all requests arrive in one go, in this order."""
    sampler.submit(Request(WatchedNADE(gate), seed=0))
    assert gate.reached.wait(WAIT)
    jobs = []
    for request in requests:
        jobs.append(sampler.submit(request))
        assert jobs[-1].queued.wait(WAIT)
    gate.opened.set()
    return jobs


def until_known(sampler: Any, jobs: int) -> None:
    """Wait until a replica, which is told by messages, knows that so many jobs are left."""
    end = time.monotonic() + WAIT
    while not isinstance(sampler, Sampler) and sampler.at_work() != jobs:
        assert time.monotonic() < end
        time.sleep(0.01)


# What a trace holds ------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 3])
@pytest.mark.parametrize("n", [1, 3, 11])
def test_result_is_the_sample_of_the_model_with_the_same_generator(
    sampler: Sampling, levels: int, n: int
) -> None:
    model = make_nade(levels)
    trace = sampler.submit(Request(model, seed=7, n=n)).result(WAIT)
    assert np.array_equal(trace.x, model.sample(n, generator=seeded(7)).numpy())
    assert trace.x.shape == (n, *SHAPE)


def test_trace_records_every_step_of_sample_steps(sampler: Sampling) -> None:
    model = make_nade(levels=3).with_order(random_order(SHAPE, 3))
    trace = sampler.submit(Request(model, seed=2, n=4, internals=("a", "h"))).result(WAIT)
    uniforms = model.random_numbers(4, seeded(2))
    for step in model.sample_steps(4, generator=seeded(2)):
        assert trace.order[step.t] == step.index
        assert np.array_equal(trace.values[step.t], step.value.numpy())
        assert np.array_equal(trace.probs[step.t], step.probs.numpy())
        assert np.array_equal(trace.uniforms[step.t], uniforms[step.t].numpy())
        for name in ("a", "h"):
            assert np.array_equal(trace.internals[name][step.t], step.internals[name].numpy())


def test_trace_has_the_documented_types_and_shapes(sampler: Sampling) -> None:
    trace = sampler.submit(Request(make_nade(), seed=0, n=3, internals=("h",))).result(WAIT)
    arrays = {
        "values": trace.values,
        "probs": trace.probs,
        "uniforms": trace.uniforms,
        "h": trace.internals["h"],
    }
    assert {name: (str(array.dtype), array.shape) for name, array in arrays.items()} == {
        "values": ("uint8", (D, 3)),
        "probs": ("float32", (D, 3, 2)),
        "uniforms": ("float32", (D, 3)),
        "h": ("float32", (D, 3, 8)),
    }
    assert (trace.steps, trace.device) == (D, "cpu")
    assert 0 < trace.seconds < WAIT


def test_more_than_256_levels_are_kept(sampler: Sampling) -> None:
    model = NADE((3,), levels=300, hidden=2).eval()
    given = torch.tensor([[299, 256, -1]])
    assert sampler.submit(Request(model, 0, given=given)).result(WAIT).x[0, :2].tolist() == [
        299,
        256,
    ]


def test_log_prob_is_that_of_the_model(sampler: Sampling) -> None:
    model = make_nade(levels=3)
    trace = sampler.submit(Request(model, seed=5, n=6)).result(WAIT)
    expected = model.log_prob(torch.from_numpy(trace.x.astype(np.int64)))
    np.testing.assert_allclose(trace.log_prob, expected.numpy(), atol=1e-4)


def test_log_prob_of_a_given_level_that_greedy_drawing_excludes_is_minus_infinity(
    sampler: Sampling,
) -> None:
    model = make_nade()
    greedy = sampler.submit(Request(model, 0, temperature=0)).result(WAIT).x
    other = torch.from_numpy(1 - greedy.astype(np.int64))
    trace = sampler.submit(Request(model, 0, given=other, temperature=0)).result(WAIT)
    assert trace.log_prob.tolist() == [-np.inf]


def test_gaussian_start_is_that_of_the_model(sampler: Sampling) -> None:
    model = make_nade(start="gaussian")
    trace = sampler.submit(Request(model, seed=3, n=2, internals=("h",))).result(WAIT)
    assert np.array_equal(trace.x, model.sample(2, generator=seeded(3)).numpy())
    assert trace.uniforms.shape == (D, 2)
    first_h = model.random_numbers(2, seeded(3))[D:].T
    assert np.array_equal(trace.internals["h"][0], first_h.numpy())


def test_flipping_a_drawn_pixel_keeps_the_random_numbers_and_what_came_before(
    sampler: Sampling,
) -> None:
    model, t = make_nade(), 6
    first = sampler.submit(Request(model, seed=1)).result(WAIT)
    given = torch.full((1, D), -1)
    drawn = torch.from_numpy(first.x.astype(np.int64)).flatten(1)
    given[:, :t] = drawn[:, :t]
    given[:, t] = 1 - drawn[:, t]
    given = given.view(1, *SHAPE)
    second = sampler.submit(Request(model, seed=1, given=given)).result(WAIT)
    assert np.array_equal(first.uniforms, second.uniforms)
    assert np.array_equal(first.values[:t], second.values[:t])
    assert second.values[t] == 1 - first.values[t]
    assert np.array_equal(first.probs[: t + 1], second.probs[: t + 1])
    assert not np.array_equal(first.probs[t + 1 :], second.probs[t + 1 :])


def test_without_record_the_values_are_the_same_and_no_probabilities_are_kept(
    sampler: Sampling,
) -> None:
    model = make_nade()
    full = sampler.submit(Request(model, seed=1, n=3)).result(WAIT)
    job = sampler.submit(Request(model, seed=1, n=3, record=False))
    values = job.result(WAIT)
    assert np.array_equal(values.x, full.x)
    assert values.probs.shape == (D, 3, 0)
    with pytest.raises(ValueError, match="record=True"):
        _ = values.log_prob
    assert [step.probs.shape for step in job] == [(3, 0)] * D


def test_iterating_gives_the_steps_of_the_model(sampler: Sampling) -> None:
    model = make_nade()
    job = sampler.submit(Request(model, seed=9, n=2, internals=("a",)))
    expected = list(model.sample_steps(2, generator=seeded(9)))
    for got, step in zip(job, expected, strict=True):
        assert (got.t, got.index) == (step.t, step.index)
        assert torch.equal(got.probs, step.probs)
        assert torch.equal(got.value, step.value)
        assert got.internals.keys() == {"a"}
        assert torch.equal(got.internals["a"], step.internals["a"])


def test_steps_are_seen_before_the_last_is_drawn(step_by_step: Sampling, gate: Gate) -> None:
    gate.at = 5
    job = step_by_step.submit(Request(WatchedNADE(gate), seed=0))
    steps = iter(job)
    assert [next(steps).t for _ in range(5)] == [0, 1, 2, 3, 4]
    assert gate.reached.wait(WAIT)
    assert (job.step, job.steps, job.done.is_set()) == (5, D, False)
    gate.opened.set()
    assert [step.t for step in steps] == list(range(5, D))


# Batches -----------------------------------------------------------------------------------------


def test_requests_that_arrive_together_are_one_batch(
    sampler: Sampling, gate: Gate, log: Log
) -> None:
    model = WatchedNADE(log)
    full = SHARED_BATCH["cpu"]
    jobs = submit_together(sampler, gate, [Request(model, seed) for seed in range(2 * full + 4)])
    for job in jobs:
        job.result(WAIT)
    assert len(log.steps) == 3 * D
    assert sorted(n for t, n in log.steps if t == 0) == [4, full, full]


def test_a_request_for_one_image_shares_no_batch_with_one_for_many(
    sampler: Sampling, gate: Gate, log: Log
) -> None:
    model = WatchedNADE(log)
    sizes = (1, FEW, FEW + 1, 1, 2 * FEW)
    requests = [Request(model, seed, n) for seed, n in enumerate(sizes)]
    for job in submit_together(sampler, gate, requests):
        job.result(WAIT)
    assert sorted(n for t, n in log.steps if t == 0) == [1 + FEW + 1, FEW + 1 + 2 * FEW]


def test_a_request_gets_the_same_alone_and_in_any_batch(sampler: Sampling, gate: Gate) -> None:
    model = make_nade(levels=3)
    given = torch.full((1, *SHAPE), -1)
    given[..., :2] = 1
    requests = [
        Request(model, 0, internals=("h",)),
        Request(model, 1, n=3, given=given),
        Request(model, 2, temperature=0.5),
        Request(model, 3, temperature=0, record=False),
        Request(model, 4, internals=("a", "h")),
    ]
    batched = [job.result(WAIT) for job in submit_together(sampler, gate, requests)]
    for request, trace in zip(requests, batched, strict=True):
        alone = sampler.submit(request).result(WAIT)
        assert_same_sample(trace, alone)
        assert trace.internals.keys() == set(request.internals)
        for name in request.internals:
            np.testing.assert_allclose(trace.internals[name], alone.internals[name], atol=1e-5)


def test_gaussian_starts_are_batched_and_keep_their_own_random_numbers(
    sampler: Sampling, gate: Gate
) -> None:
    model = make_nade(start="gaussian")
    requests = [Request(model, seed) for seed in range(4)]
    for request, job in zip(requests, submit_together(sampler, gate, requests), strict=True):
        assert_same_sample(job.result(WAIT), sampler.submit(request).result(WAIT))


def test_views_of_one_model_in_the_same_order_share_a_batch(
    sampler: Sampling, gate: Gate, log: Log
) -> None:
    model = WatchedNADE(log)
    views = [model.with_order(reversed_raster(SHAPE)) for _ in range(3)]
    for job in submit_together(sampler, gate, [Request(view, 0) for view in views]):
        job.result(WAIT)
    assert {n for _, n in log.steps} == {3}


def test_other_orders_starts_and_weights_are_never_mixed(sampler: Sampling, gate: Gate) -> None:
    model = make_nade()
    gaussian = model.with_order(model.order)
    gaussian.start = "gaussian"
    models = [model, model.with_order(reversed_raster(SHAPE)), gaussian, make_nade(seed=5)]
    jobs = submit_together(sampler, gate, [Request(each, 3) for each in models])
    for each, job in zip(models, jobs, strict=True):
        expected = [step.probs for step in each.sample_steps(1, generator=seeded(3))]
        assert np.array_equal(job.result(WAIT).probs, torch.stack(expected).numpy())


def test_fifty_threads_each_get_their_own_sample(sampler: Sampling) -> None:
    models = [make_nade(seed=0), make_nade(seed=1)]
    results: dict[int, Trace] = {}
    together = threading.Barrier(50)

    def session(seed: int) -> None:
        together.wait(WAIT)
        results[seed] = sampler.submit(Request(models[seed % 2], seed)).result(WAIT)

    threads = [threading.Thread(target=session, args=(seed,)) for seed in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    for seed in range(50):
        expected = models[seed % 2].sample(1, generator=seeded(seed)).numpy()
        assert np.array_equal(results[seed].x, expected)


# Turns -------------------------------------------------------------------------------------------


def test_two_batches_take_turns(step_by_step: Sampling, gate: Gate, log: Log) -> None:
    models = [WatchedNADE(Log(log.file, name)) for name in "ab"]
    for job in submit_together(step_by_step, gate, [Request(model, 0) for model in models]):
        job.result(WAIT)
    assert log.names == "ab" * D


def test_a_request_that_comes_later_does_not_wait_for_a_long_batch(
    step_by_step: Sampling, gate: Gate, tmp_path: Path
) -> None:
    gate.at = D - 1
    late = Event(tmp_path / "late")
    long = step_by_step.submit(Request(WatchedNADE(After(late, gate)), 0, n=100))
    short_model = NADE((5,), hidden=2).eval()
    short = step_by_step.submit(Request(short_model, 0))
    late.set()
    short.result(WAIT)
    assert not long.done.is_set()
    gate.opened.set()
    long.result(WAIT)


# Cancelling --------------------------------------------------------------------------------------


def test_a_cancelled_job_takes_no_further_step(sampler: Sampling, gate: Gate) -> None:
    gate.at = 7
    job = sampler.submit(Request(WatchedNADE(gate), seed=0))
    assert gate.reached.wait(WAIT)
    job.cancel()
    assert job.done.is_set()  # at once, though the worker is inside a step
    until_known(sampler, 0)
    gate.opened.set()
    sampler.submit(Request(make_nade(), 0)).result(WAIT)  # the worker is past the cancelled one
    assert [t for t, _ in gate.steps] == list(range(8))
    with pytest.raises(Cancelled):
        job.result(WAIT)
    with pytest.raises(Cancelled):
        list(job)


def test_a_job_cancelled_while_it_waits_is_never_begun(
    sampler: Sampling, gate: Gate, log: Log
) -> None:
    request = Request(WatchedNADE(log), 0)
    sampler.submit(Request(WatchedNADE(gate), seed=0))
    assert gate.reached.wait(WAIT)
    sampler.submit(request).cancel()
    wanted = sampler.submit(request)
    assert wanted.queued.wait(WAIT)
    until_known(sampler, 2)
    gate.opened.set()
    wanted.result(WAIT)
    assert log.steps == [(t, 1) for t in range(D)]


def test_a_cancelled_job_does_not_disturb_its_batch(
    sampler: Sampling, gate: Gate, tmp_path: Path
) -> None:
    middle = Gate(tmp_path / "middle", at=4)
    model = WatchedNADE(middle)
    jobs = submit_together(sampler, gate, [Request(model, seed) for seed in range(3)])
    assert middle.reached.wait(WAIT)
    jobs[1].cancel()
    middle.opened.set()
    drawn = {seed: jobs[seed].result(WAIT).x for seed in (0, 2)}
    assert middle.steps == [(t, 3) for t in range(D)]
    for seed, x in drawn.items():
        assert np.array_equal(x, model.sample(1, generator=seeded(seed)).numpy())
    with pytest.raises(Cancelled):
        jobs[1].result(WAIT)


def test_leaving_a_with_block_cancels(sampler: Sampling, gate: Gate) -> None:
    with sampler.submit(Request(WatchedNADE(gate), 0)) as job:
        assert gate.reached.wait(WAIT)
    gate.opened.set()
    with pytest.raises(Cancelled):
        job.result(WAIT)


def test_leaving_a_with_block_keeps_a_result(sampler: Sampling) -> None:
    with sampler.submit(Request(make_nade(), 0)) as job:
        trace = job.result(WAIT)
    job.cancel()
    assert job.result(0) is trace


def test_waiting_too_long_is_a_timeout_and_the_job_goes_on(sampler: Sampling, gate: Gate) -> None:
    job = sampler.submit(Request(WatchedNADE(gate), 0))
    with pytest.raises(TimeoutError, match=f"of {D} steps"):
        job.result(0.01)
    gate.opened.set()
    assert job.result(WAIT).steps == D


def test_closing_cancels_what_is_not_done(step_by_step: Sampling, gate: Gate) -> None:
    sampler = step_by_step
    jobs = [sampler.submit(Request(WatchedNADE(gate), seed)) for seed in range(2)]
    assert gate.reached.wait(WAIT)
    jobs.append(sampler.submit(Request(make_nade(), 0)))
    threading.Timer(0.05, gate.opened.set).start()
    sampler.close()
    for job in jobs:
        with pytest.raises(Cancelled):
            job.result(WAIT)
    with pytest.raises(RuntimeError, match="closed"):
        sampler.submit(Request(make_nade(), 0))


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("given", torch.zeros(1, 1, 5, 4, dtype=torch.long), "shape"),
        ("given", torch.zeros(2, *SHAPE, dtype=torch.long), "shape"),
        ("given", torch.zeros(1, *SHAPE), "long"),
        ("given", torch.full((1, *SHAPE), 2), "levels"),
        ("temperature", -1.0, "temperature"),
        ("temperature", float("nan"), "temperature"),
        ("seed", -1, "seed"),
        ("seed", 2**63, "seed"),
        ("seed", True, "seed"),
        ("n", 0, "n is"),
        ("n", LARGEST_REQUEST + 1, "n is"),
        ("internals", ("cell",), "a, h; given cell"),
    ],
)
def test_a_bad_request_is_refused_when_it_is_submitted(
    sampler: Sampling, field: str, value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sampler.submit(Request(**({"model": make_nade(), "seed": 0} | {field: value})))  # type: ignore[arg-type]


def test_a_trace_too_large_to_record_is_refused_and_its_values_alone_are_not() -> None:
    model = NADE((1, 28, 28), levels=256, hidden=1)
    with pytest.raises(ValueError, match="record=False"):
        Job(Request(model, 0, n=1024))
    Job(Request(model, 0, n=1024, record=False))


def test_a_model_on_another_device_is_refused(sampler: Sampling) -> None:
    with pytest.raises(ValueError, match="meta"):
        sampler.submit(Request(make_nade().to("meta"), 0))


def _break_at(step: int, error: Exception, at_least: int = 1) -> Callable[[int, int], None]:
    def watch(t: int, n: int) -> None:
        if t == step and n >= at_least:
            raise error

    return watch


def test_an_error_reaches_its_own_caller_and_the_worker_survives(
    sampler: Sampling, gate: Gate
) -> None:
    broken = WatchedNADE(_break_at(3, ZeroDivisionError("the model is broken")))
    bad, good = submit_together(sampler, gate, [Request(broken, 0), Request(make_nade(), 0)])
    with pytest.raises(ZeroDivisionError, match="broken"):
        bad.result(WAIT)
    with pytest.raises(ZeroDivisionError, match="broken"):
        list(bad)
    assert good.result(WAIT).steps == D
    assert sampler.submit(Request(make_nade(), 0)).result(WAIT).steps == D


def test_a_batch_that_does_not_fit_is_computed_one_by_one(sampler: Sampling, gate: Gate) -> None:
    model = WatchedNADE(_break_at(5, torch.OutOfMemoryError("CUDA out of memory"), at_least=2))
    requests = [Request(model, 0), Request(model, 1, n=2), Request(model, 2)]
    jobs = submit_together(sampler, gate, requests)
    for seed in (0, 2):
        expected = model.sample(1, generator=seeded(seed)).numpy()
        assert np.array_equal(jobs[seed].result(WAIT).x, expected)
    with pytest.raises(SamplerError, match="2 sequences of WatchedNADE: draw fewer"):
        jobs[1].result(WAIT)


# The process-wide sampler ------------------------------------------------------------------------


def test_all_threads_share_one_sampler_a_device() -> None:
    found: list[Sampling] = []
    threads = [threading.Thread(target=lambda: found.append(get_sampler("cpu"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(set(map(id, found))) == 1
    assert get_sampler(CPU) is found[0]


@pytest.mark.slow
def test_the_process_ends_cleanly_while_a_job_runs() -> None:
    script = (
        "from arviz_models import NADE; from arviz_models.sampler import Request, get_sampler\n"
        "job = get_sampler('cpu').submit(Request(NADE((20000,), hidden=4), seed=0, n=64))\n"
        "next(iter(job)); assert not job.done.is_set()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_open_jobs_are_those_not_done_in_the_order_of_arrival(sampler: Sampling) -> None:
    model = NADE((64,), hidden=4).eval()
    jobs = [sampler.submit(Request(model, seed, n=64)) for seed in range(3)]
    there = sampler.open_jobs
    assert list(there) == [job for job in jobs if job in there]
    jobs[0].cancel()
    assert jobs[0] not in sampler.open_jobs
    for job in jobs[1:]:
        job.result(WAIT)
    assert sampler.open_jobs == ()
