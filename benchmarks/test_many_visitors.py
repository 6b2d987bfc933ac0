"""A class opens one link: 50, 100, 200 sessions open NADE 28x28 at once, each with its own seed.

    pytest benchmarks/test_many_visitors.py -s
    ARVIZ_CROWDS=50,200 pytest benchmarks/test_many_visitors.py -s

Of the times only a ratio is asserted: the others are those of a busy machine too. Measured on 2
cores that other work kept busy (load 7 to 16): seconds until the last has its page, and of
processor time.

                                             50             100            200
    each repaints 20 times a second          16.3   11.3    56.8   38.3    not done after 120
    each sleeps until its job is done         9.2    5.5    12.5   10.8    34.1   27.5
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import AsyncExitStack

import pytest

from benchmarks.visitors import Run, Server, Visitor, serving, shown

CROWDS = tuple(map(int, os.environ.get("ARVIZ_CROWDS", "50,100,200").split(",")))
GOAL = 5  # times what 50 take, for 200

pytestmark = pytest.mark.benchmark


async def crowd(server: Server, size: int, seed: int) -> tuple[list[Run], float]:
    """All connect, and then all open the page at once; and the seconds until the last has it."""
    async with AsyncExitStack() as stack:
        visitors = [
            await stack.enter_async_context(Visitor(server.url)) for _ in range(size)
        ]  # fmt: skip
        began = time.perf_counter()
        pages = [
            visitor.open("nade", model="nade-mnist", seed=str(seed + k))
            for k, visitor in enumerate(visitors)
        ]
        return list(await asyncio.gather(*pages)), time.perf_counter() - began


def test_sessions_that_open_a_page_at_once() -> None:
    took: dict[int, float] = {}
    with serving() as server:
        asyncio.run(crowd(server, 1, 0))
        time.sleep(2)
        print()
        for size in (1, *CROWDS):
            cpu, memory = server.cpu(), server.memory()
            runs, took[size] = asyncio.run(crowd(server, size, 1000 + size))
            assert [run.errors for run in runs if run.errors] == []
            print(
                f"{size:4} sessions: {shown(run.seconds for run in runs)}; server: "
                f"{server.cpu() - cpu:5.1f} s of processor, {memory:4.0f} -> "
                f"{server.memory():4.0f} MB, at most {server.peak():4.0f}; "
                f"{sum(run.messages for run in runs) / size:4.0f} messages each"
            )
    if {50, 200} <= took.keys():
        ratio = took[200] / took[50]
        print(f"200 take {ratio:.1f} times what 50 take (goal: at most {GOAL})")
        assert ratio <= GOAL
