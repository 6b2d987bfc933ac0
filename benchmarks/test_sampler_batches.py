"""What a sample costs by the size of its batch, and what a visitor waits: why `SHARED_BATCH` is.

    pytest benchmarks/test_sampler_batches.py -s

One thread. Costs are processor time, of a draw as the sampler makes it; waits are ratios of medians
measured in one run, turn about: both hold on a busy machine.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator

import pytest
import torch

from arviz_models import AutoregressiveModel, list_pretrained, load_pretrained
from arviz_models.cards import read_card
from arviz_models.sampler import SHARED_BATCH, Request, Sampler

BATCHES = (1, 4, 8, 16, 32, 64, 128)
ROUNDS = 3
VISITORS = 64
SHAPE = [1, 28, 28]
MODELS = [name for name in list_pretrained() if read_card(name)["config"]["event_shape"] == SHAPE]

pytestmark = pytest.mark.benchmark


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def sampler() -> Iterator[Sampler]:
    with_worker = Sampler(torch.device("cpu"))
    yield with_worker
    with_worker.close()


def shipped(name: str) -> AutoregressiveModel:
    return load_pretrained(name, "cpu").requires_grad_(False)


def milliseconds_a_sample(model: AutoregressiveModel, n: int) -> float:
    numbers = model.random_numbers(n, torch.Generator().manual_seed(n))
    taken = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in model.draw_steps(numbers):
            pass
        taken.append(time.thread_time() - began)
    return 1000 * statistics.median(taken) / n


@pytest.mark.parametrize("name", MODELS)
def test_a_sample_of_a_full_batch_takes_less_than_one_in_a_batch_of_eight(name: str) -> None:
    model = shipped(name)
    milliseconds_a_sample(model, 1)
    costs = {n: milliseconds_a_sample(model, n) for n in BATCHES}
    print(f"\n{name:<28}" + "".join(f"{n:>5}: {cost:6.2f}" for n, cost in costs.items()) + " ms")
    assert costs[SHARED_BATCH["cpu"]] < costs[8]


def serve(model: AutoregressiveModel, sampler: Sampler) -> tuple[list[float], float]:
    """Seconds that 64 visitors wait who come at once, and one who comes while they are served."""
    # Keeps the worker busy, so that all 64 have come when it looks next.
    first = sampler.submit(Request(model, 0))
    seconds = [0.0] * (VISITORS + 1)

    def visit(seed: int) -> None:
        began = time.perf_counter()
        sampler.submit(Request(model, seed)).result()
        seconds[seed] = time.perf_counter() - began

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(VISITORS + 1)]
    for thread in threads[:-1]:
        thread.start()
    first.result()
    threads[-1].start()
    for thread in threads:
        thread.join()
    return seconds[:-1], seconds[-1]


@pytest.mark.parametrize("name", ["nade-mnist", "pixelcnn-mnist", "diagonal-bilstm-mnist-full"])
def test_visitors_who_come_together_wait_less_and_the_next_one_no_longer(
    name: str, sampler: Sampler
) -> None:
    model = shipped(name)
    lone = []
    for seed in range(4):
        began = time.perf_counter()
        sampler.submit(Request(model, seed)).result()
        lone.append(time.perf_counter() - began)
    print(f"\n{name}: one alone {1000 * statistics.median(lone[1:]):.0f} ms")
    together: dict[int, list[float]] = {8: [], SHARED_BATCH["cpu"]: []}
    late: dict[int, list[float]] = {largest: [] for largest in together}
    for _ in range(ROUNDS):
        for largest in together:
            sampler._largest = largest
            seconds, newcomer = serve(model, sampler)
            together[largest] += seconds
            late[largest].append(newcomer)
    for largest, seconds in together.items():
        print(
            f"  batches of {largest:>2}: of {VISITORS} at once the median waits "
            f"{1000 * statistics.median(seconds):.0f} ms and the last {1000 * max(seconds):.0f} "
            f"ms, the next one {1000 * statistics.median(late[largest]):.0f} ms"
        )
    full = SHARED_BATCH["cpu"]
    assert statistics.median(together[full]) < statistics.median(together[8])
    assert statistics.median(late[full]) < 1.5 * statistics.median(late[8])
