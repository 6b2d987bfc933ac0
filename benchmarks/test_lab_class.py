"""A class whose every student presses Start in the lab at once, on the page itself.

    pytest benchmarks/test_lab_class.py -s                                          50 of 10 s each
    ARVIZ_CLASS=6 ARVIZ_PRESET=3 pytest benchmarks/test_lab_class.py -s

Each student is a session on a WebSocket: opens the lab by the link of a preset of so many seconds,
presses Start when all are there, and listens until the table says how the run has ended. Others
meanwhile step through pages that draw no sample. They have no engine in a browser, so the server
trains for all. Run it on a machine that does nothing else: the time of a page change is asserted.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from arviz_models.jobs import MOST_TURNS, MOST_WAITING, cores
from benchmarks.lab_visits import Training
from benchmarks.visitors import Server, Visitor, serving, shown
from pages.ui.work import RARELY

SESSIONS = int(os.environ.get("ARVIZ_CLASS", "50"))
PRESET = float(os.environ.get("ARVIZ_PRESET", "10"))  # seconds of work
WALKERS = 4  # sessions that step through pages meanwhile
THINK = 1.0  # seconds between two of their clicks
PAGES = ("nade", "made", "row-lstm", "glossary")  # none draws a sample for such a visitor
ANSWER = 0.5  # seconds, p95 of a page change
PATIENCE = 60 + 3 * SESSIONS * PRESET / cores()  # seconds, for all to end
FULL = "takes no more for now"  # what the queue says when it refuses

pytestmark = pytest.mark.benchmark


@dataclass
class Ended:
    """How it went for one student; times in seconds since all were there.

    Attributes:
        state: of the run in the table; "refused" where the queue was full.
        pressed, first, end: when Start was pressed, the first step told, the end told.
        queued: whether the page has said that it waits for its turn.
        honest: whether it said something at the bar at all times, or was refused in words.
        errors: on the page, a refusal not among them.
        whole, parts: runs of the whole page, and of parts of it, from Start to the end.
    """

    state: str
    pressed: float
    first: float
    end: float
    queued: bool
    honest: bool
    errors: list[str]
    whole: int
    parts: int


async def student(training: Training, begun: float) -> Ended:
    def refused() -> bool:
        return any(FULL in error for error in training.page.errors)

    pressed = time.monotonic() - begun
    training.whole = training.parts = 0
    await training.click("Start")
    await training.until(
        lambda: bool(training.told) or refused() or training.state not in ("", "trains"), PATIENCE
    )
    await training.until(
        lambda: any(training.steps) or refused() or training.state not in ("", "trains"), PATIENCE
    )
    first = time.monotonic() - begun
    await training.until(lambda: refused() or training.state not in ("", "trains"), PATIENCE)
    end = time.monotonic() - begun
    errors = [error for error in training.page.errors if FULL not in error]
    queued = any("waiting:" in words for words in training.told)
    state = "refused" if refused() else training.state
    honest = refused() or all(
        re.match(r"Step [\d,]+, \d+%|It looks", each) for each in training.told
    )
    honest = honest and bool(training.told)
    runs = training.whole, training.parts
    return Ended(state, pressed, first, end, queued, honest, errors, *runs)


async def walker(
    url: str, number: int, over: asyncio.Event, times: list[float], errors: list[str]
) -> None:
    """Steps through pages until it is over. It ends by itself: a cut visit may wait for ever."""
    async with Visitor(url) as visitor:
        while not over.is_set():
            for page in PAGES[number % 4 :] + PAGES[: number % 4]:
                run = await visitor.open(page)
                times.append(run.seconds)
                errors += run.errors
                await asyncio.sleep(THINK)
                if "Next" in run.buttons:
                    run = await visitor.press("Next")
                    times.append(run.seconds)
                    errors += run.errors
                    await asyncio.sleep(THINK)


@asynccontextmanager
async def leaving() -> AsyncIterator[list[Visitor]]:
    """Visitors who leave together: one who no longer listens is given up after 10 s."""
    here: list[Visitor] = []
    try:
        yield here
    finally:
        await asyncio.gather(*(each.__aexit__() for each in here))


async def come(here: list[Visitor], url: str, seconds: float) -> Training:
    """A student who has opened the lab by the link of a preset."""
    here.append(await Visitor(url).__aenter__())
    training = Training(here[-1])
    await training.open(budget="seconds", seconds=f"{seconds:g}")
    return training


async def lesson(server: Server) -> tuple[list[Ended], list[float], list[str], float]:
    """How it went for all students; how long page changes took meanwhile, and their errors; how
    many seconds of processor time the server itself took, without its workers."""
    url = server.url
    times: list[float] = []
    errors: list[str] = []
    async with Visitor(url) as warm:
        for page in PAGES:  # what is imported once is imported
            await warm.open(page)
    async with leaving() as here:
        # To start a worker takes seconds: both are there before the class comes.
        early = [await come(here, url, 1) for _ in range(cores())]
        await asyncio.gather(*(student(each, time.monotonic()) for each in early))
        class_ = [await come(here, url, PRESET) for _ in range(SESSIONS)]
        over = asyncio.Event()
        walkers = [asyncio.create_task(walker(url, n, over, times, errors)) for n in range(WALKERS)]
        await asyncio.sleep(2 * THINK)  # they have begun, and each has opened a page
        times.clear()
        begun, used = time.monotonic(), server.cpu()
        found = await asyncio.gather(*(student(each, begun) for each in class_))
        used = server.cpu() - used
        over.set()
        meanwhile = list(times)
        ends = await asyncio.gather(*walkers, return_exceptions=True)
        errors += [repr(end) for end in ends if end is not None]
    return found, meanwhile, errors, used


def test_a_class_that_presses_start_on_the_page_is_served_alike() -> None:
    with serving() as server:
        found, times, errors, used = asyncio.run(lesson(server))
    # What a student waits for beside the work of the own job.
    waits = [each.end - each.pressed - PRESET for each in found if each.state == "done"]
    at_once = [
        each.end - each.pressed - PRESET
        for each in found
        if each.state == "done" and not each.queued
    ]
    p95 = sorted(times)[int(0.95 * len(times))]
    states = {
        state: [each.state for each in found].count(state) for state in {e.state for e in found}
    }
    print(
        f"\n{SESSIONS} students, {PRESET:g} s of work each, {cores()} workers: {states}, "
        f"{sum(each.queued for each in found)} queued\n"
        f"first step told   {shown(each.first - each.pressed for each in found)}\n"
        f"waited            {shown(waits)}, from {min(waits):.1f} s\n"
        f"all pressed within {max(e.pressed for e in found):.2f} s; ends told from "
        f"{min(e.end for e in found):.1f} to {max(e.end for e in found):.1f} s\n"
        f"runs of the page for a student   {sum(e.whole for e in found) / SESSIONS:.1f} whole, "
        f"{sum(e.parts for e in found) / SESSIONS:.1f} of parts of it\n"
        f"processor time of the server without its workers   {used:.1f} s\n"
        f"{len(times)} page changes meanwhile   {shown(times)}"
    )
    assert errors == []
    assert [each.errors for each in found if each.errors] == []
    assert all(each.honest for each in found)
    assert {each.state for each in found} <= {"done", "refused"}
    assert states.get("refused", 0) <= max(0, SESSIONS - cores() * MOST_TURNS - MOST_WAITING)
    assert max(at_once) - min(at_once) <= PRESET + RARELY  # a page looks so often, at least
    assert p95 < ANSWER
