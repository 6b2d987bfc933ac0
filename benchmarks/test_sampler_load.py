"""Fifty sessions ask for a 28x28 sample of NADE at once: one shared worker, or each its own loop.

    pytest benchmarks/test_sampler_load.py -s

Each ratio is of medians measured in one run, turn about, so that a busy machine slows both.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from arviz_models import NADE
from arviz_models.sampler import Request, Sampler

SESSIONS = 50
ROUNDS = 3

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def model() -> NADE:
    return NADE((1, 28, 28), hidden=500).eval().requires_grad_(False)


@pytest.fixture
def sampler() -> Iterator[Sampler]:
    with_worker = Sampler(torch.device("cpu"))
    yield with_worker
    with_worker.close()


def waits(sample: Callable[[int], object], sessions: int = SESSIONS) -> list[float]:
    """Seconds that each session waits for sample(seed), all starting at once; sorted."""
    together = threading.Barrier(sessions)
    seconds = [0.0] * sessions

    def session(seed: int) -> None:
        together.wait()
        began = time.perf_counter()
        sample(seed)
        seconds[seed] = time.perf_counter() - began

    threads = [threading.Thread(target=session, args=(seed,)) for seed in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(seconds)


def shown(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds) * 1000:6.0f} ms, last {max(seconds) * 1000:6.0f} ms"


def test_fifty_sessions_wait_less_for_the_shared_worker(model: NADE, sampler: Sampler) -> None:
    def shared(seed: int) -> object:
        return sampler.submit(Request(model, seed)).result()

    def own(seed: int) -> object:
        """What a session without the sampler would do to record the same trace."""
        generator = torch.Generator().manual_seed(seed)
        return [
            (step.value.numpy(), step.probs.numpy())
            for step in model.sample_steps(1, generator=generator)
        ]

    shared(0), own(0)
    alone = statistics.median(waits(own, 1)[0] for _ in range(5))
    of_shared: list[float] = []
    of_own: list[float] = []
    for _ in range(ROUNDS):
        of_shared += waits(shared)
        of_own += waits(own)
    ratio = statistics.median(of_own) / statistics.median(of_shared)
    print(f"\na sample alone                    {alone * 1000:6.0f} ms")
    print(f"{SESSIONS} sessions, shared worker        {shown(of_shared)}")
    print(f"{SESSIONS} sessions, each its own loop    {shown(of_own)}")
    print(f"ratio of medians                  {ratio:6.1f}")
    assert ratio > 2


def test_a_sample_beside_a_long_batch_waits_for_a_turn_not_for_the_batch(
    model: NADE, sampler: Sampler
) -> None:
    def short() -> float:
        return waits(lambda seed: sampler.submit(Request(model, seed)).result(), 1)[0]

    short()
    alone = statistics.median(short() for _ in range(5))
    began = time.perf_counter()
    long = sampler.submit(Request(model, 0, n=1024, record=False))
    beside: list[float] = []
    while not long.done.is_set():
        beside.append(short())
    whole = time.perf_counter() - began
    print(f"\na sample alone                    {alone * 1000:6.0f} ms")
    print(f"beside a batch of 1,024           {shown(beside)}")
    print(f"that batch, so disturbed          {whole * 1000:6.0f} ms")
    assert statistics.median(beside) < whole / 3


def test_a_cancelled_batch_makes_way_at_once(model: NADE, sampler: Sampler) -> None:
    """The next job begins within a step of the cancelled one, not at the end of its turn."""
    sampler.submit(Request(model, 0)).result()
    seconds: list[float] = []
    for seed in range(10):
        long = sampler.submit(Request(model, seed, n=64))
        next(iter(long))
        began = time.perf_counter()
        long.cancel()
        next_in_line = sampler.submit(Request(NADE((2,), hidden=1).eval(), seed))
        next_in_line.result()
        seconds.append(time.perf_counter() - began)
    print(f"\nfrom Stop to another's result     {shown(seconds)}")
    assert statistics.median(seconds) < 0.2
