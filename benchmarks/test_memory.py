"""What the server holds: for each session, page by page, and after 2,000 runs.

pytest benchmarks/test_memory.py -s
ARVIZ_SOAK_RUNS=400 pytest benchmarks/test_memory.py -s -k soak
"""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from benchmarks.visitors import Run, Server, Visitor, serving
from pages.navigation import PAGES

SESSIONS = 30  # of each page, one after another
VISITS = 3  # runs of a page that a session of the soak makes
RUNS = int(os.environ.get("ARVIZ_SOAK_RUNS", "2000"))
AT_ONCE = 4
EACH = 1.0  # MB that a session may hold, at most
IDLE = 80.0  # MB above the warm start that may stay once nobody is there

pytestmark = pytest.mark.benchmark


def addresses() -> list[str]:
    return [entry.slug for entry in PAGES]


async def settled(server: Server, seconds: float = 3.0) -> float:
    """MB once the server has come to rest."""
    await asyncio.sleep(seconds)
    return server.memory()


async def visit(server: Server, page: str, seed: int, runs: int) -> list[Run]:
    """A session that opens a page and reloads it with other seeds."""
    async with Visitor(server.url) as visitor:
        seeded = page not in ("reading",)
        return [
            await visitor.open(page, **({"seed": str(seed + k)} if seeded else {}))
            for k in range(runs)
        ]


def test_each_page_holds_at_most_one_megabyte_a_session() -> None:
    async def measure(server: Server) -> None:
        for page in addresses():
            await visit(server, page, 0, 2)
        warm = await settled(server)
        print(f"\nwarm: {warm:.0f} MB")
        each: dict[str, float] = {}
        for page in addresses():
            before = await settled(server)
            visitors = [Visitor(server.url) for _ in range(SESSIONS)]
            for k, visitor in enumerate(visitors):
                await visitor.__aenter__()
                await visitor.open(page, **({} if page == "reading" else {"seed": str(100 + k)}))
            held = await settled(server)
            each[page] = (held - before) / SESSIONS
            print(
                f"{page or 'home':16} {SESSIONS} sessions: {before:4.0f} -> {held:4.0f} MB, "
                f"{each[page]:5.2f} MB each (goal: at most {EACH:g})"
            )
            for visitor in visitors:
                await visitor.__aexit__()
        assert {page: held for page, held in each.items() if held > EACH} == {}

    with serving() as server:
        asyncio.run(measure(server))


def test_soak() -> None:
    async def soak(server: Server) -> None:
        pages = addresses()
        for page in pages:
            await visit(server, page, 0, 2)
        warm = await settled(server)
        print(f"\nwarm: {warm:.0f} MB")
        left = [(pages[k % len(pages)], 1000 + k) for k in range(RUNS // VISITS)]
        errors: list[str] = []

        async def worker() -> None:
            while left:
                page, seed = left.pop()
                for run in await visit(server, page, seed, VISITS):
                    errors.extend(run.errors)

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        print(f"after {RUNS} runs in {time.perf_counter() - began:.0f} s: {server.memory():.0f} MB")
        print(f"at most {server.peak():.0f} MB")
        assert errors == []
        for seconds in (30, 60, 60):
            idle = await settled(server, seconds)
            print(f"idle: {idle:.0f} MB")
        assert idle - warm <= IDLE

    with serving() as server:
        asyncio.run(soak(server))
