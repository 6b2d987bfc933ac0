"""A class at work: each student opens lessons, steps on, has the server draw, and some train.

    pytest benchmarks/test_class.py -s
    ARVIZ_CLASSES=1x50,2x200 ARVIZ_THINK=15 ARVIZ_LESSON=60 pytest benchmarks/test_class.py -s

    .venv-ray/bin/python -m pytest benchmarks/test_class.py -s -k ray  # after `make slow-ray`

"2x200" are 200 students on two processes behind HAProxy. A student looks at a page for `THINK`
seconds on average (an exponential distribution) before the next click. The students have no engine
in a browser, so that the server draws all samples: a real class asks for less. They run on the same
cores as the server. Of the times nothing is asserted; an error fails.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lab_visits import Training
from benchmarks.visitors import PATIENCE, Visitor, serving, shown
from tests.ray_here import ADDRESS
from tests.several import several

CLASSES = os.environ.get("ARVIZ_CLASSES", "1x50,1x100,1x200,2x200,2x500").split(",")
THINK = float(os.environ.get("ARVIZ_THINK", "15"))  # seconds, mean
LESSON = float(os.environ.get("ARVIZ_LESSON", "60"))  # seconds
ON_RAY = os.environ.get("ARVIZ_CLASSES_ON_RAY", "2x200,2x500").split(",")
TRAINS = 25  # one student of so many trains a preset of the lab
GOAL = 1.0  # seconds, p95 of a page, 200 students on 2 cores
PAGES = ("nade", "made", "row-lstm", "pixelcnn", "diagonal-bilstm", "chain-rule", "flows")
FLAT_OUT = 24  # students without a pause, who together ask for all that the processes give
WARM_UP, FLAT_OUT_FOR = 15.0, 20.0  # seconds

pytestmark = pytest.mark.benchmark


@dataclass
class Told:
    """What the students saw: seconds of each kind of click, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def pages(self) -> list[float]:
        """Of all clicks but Start, which ends with the training."""
        return [each for kind, all_ in self.seconds.items() if kind != "train" for each in all_]


async def click(visitor: Visitor, told: Told, kind: str, chance: random.Random) -> None:
    began = time.perf_counter()
    try:
        if kind == "step" and "Next" in visitor.last.buttons:
            run = await visitor.press("Next")
        elif kind == "sample":
            seed = str(chance.randrange(10**9))
            run = await visitor.open("nade", model="nade-mnist", seed=seed)
        elif kind == "train":
            training = Training(visitor)
            await training.open()
            await training.click("Start")
            await training.until(lambda: training.state not in ("", "trains"), PATIENCE)
            run = visitor.last = training.page
        else:
            kind, run = "open", await visitor.open(chance.choice(PAGES))
    except Exception as error:  # a student is told; the others go on
        told.errors.append(f"{kind}: {type(error).__name__}: {error}")
        raise
    told.seconds.setdefault(kind, []).append(time.perf_counter() - began)
    told.errors += run.errors


async def student(url: str, number: int, told: Told, think: float, lasts: float) -> None:
    chance = random.Random(number)
    if think:
        await asyncio.sleep(chance.uniform(0, think))  # they do not all come in the same second
    ends = time.monotonic() + lasts
    trains = think > 0 and number % TRAINS == 0
    async with Visitor(url) as visitor:
        while time.monotonic() < ends:
            kind = "train" if trains else chance.choices(("step", "open", "sample"), (6, 3, 2))[0]
            trains = False
            await click(visitor, told, kind, chance)
            if think:
                await asyncio.sleep(min(chance.expovariate(1 / think), ends - time.monotonic()))


async def lesson(url: str, students: int, think: float, lasts: float) -> Told:
    told = Told()
    ends = (student(url, number, told, think, lasts) for number in range(students))
    await asyncio.gather(*ends, return_exceptions=True)
    return told


@contextmanager
def processes(count: int, **environment: str) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """Address and processes of an app that has drawn one sample in each of its processes."""
    if count == 1:
        with serving(**environment) as server:
            asyncio.run(lesson(server.url, 2, 0, 1))
            yield server.url, lambda: [server.pid]
    else:
        with several(workers=count, **environment) as running:
            asyncio.run(lesson(running.url, 2 * count, 0, 1))
            yield running.url, running.children


def memory(pids: list[int]) -> float:
    """MB of RAM that they hold."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor(pids: list[int]) -> float:
    """Seconds of processor time that they have used."""
    fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def at_work(size: str, **environment: str) -> None:
    count, students = map(int, size.split("x"))
    time.sleep(2)
    with processes(count, **environment) as (url, pids):
        before, cpu = memory(pids()), processor(pids())
        told = asyncio.run(lesson(url, students, THINK, LESSON))
        after, used = memory(pids()), processor(pids()) - cpu
    print(
        f"\n{size}: {shown(told.pages)} a page (goal for 2x200: p95 {GOAL:g} s), {len(told.pages)}"
    )
    for kind, seconds in sorted(told.seconds.items()):
        print(f"    {kind:7}{len(seconds):5}  {shown(seconds)}")
    print(
        f"    {before:.0f} -> {after:.0f} MB, {used:.0f} s of processor, {len(told.errors)} errors"
    )
    assert told.errors == []


@pytest.mark.parametrize("size", CLASSES)
def test_a_class_at_work(size: str) -> None:
    at_work(size)


@pytest.mark.parametrize("size", ON_RAY)
def test_a_class_whose_models_run_on_a_ray_of_two_nodes(cluster: Any, size: str) -> None:
    """Of the processor's seconds it tells those of the app alone."""
    second = cluster.add_node(num_cpus=1, object_store_memory=200_000_000, node_ip_address=ADDRESS)
    try:
        at_work(size, ARVIZ_BACKEND=f"ray://{cluster.address}")
    finally:
        cluster.remove_node(second)


def test_two_processes_serve_more_than_one() -> None:
    """Students without a pause: how many pages a second, when all lessons have been opened."""
    rates = {}
    for count in (1, 2):
        with processes(count) as (url, _):
            asyncio.run(lesson(url, FLAT_OUT, 0, WARM_UP))
            told = asyncio.run(lesson(url, FLAT_OUT, 0, FLAT_OUT_FOR))
        assert told.errors == []
        rates[count] = len(told.pages) / FLAT_OUT_FOR
        print(
            f"\n{count} process{'es'[: 2 * count - 2]}: {rates[count]:.1f} pages a second, median "
            f"{statistics.median(told.pages):.2f} s"
        )
    print(f"two serve {rates[2] / rates[1]:.2f} times as many as one (goal: 1.7, cores permitting)")
