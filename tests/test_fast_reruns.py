"""The lab trains whichever way Streamlit treats a click while a run of the page is under way.

With `runner.fastReruns` a click begins a new run of the page while the run before it is still on
its way out; without it, that run is ended first. Streamlit Community Cloud turns the option on.
"""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.lab_visits import Training
from benchmarks.visitors import Visitor, serving

PATIENCE = 120.0  # seconds, on a busy machine
LONG = {"width": "8", "budget": "seconds", "seconds": "600"}  # it does not end by itself

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fast", ["true", "false"])
def test_the_lab_trains_pauses_goes_on_and_stops(fast: str) -> None:
    async def visit(url: str) -> Training:
        async with Visitor(url) as visitor:
            seen = Training(visitor)
            await seen.open(**LONG)
            await seen.click("Start")
            await seen.until(lambda: len(set(seen.steps)) >= 4, PATIENCE)
            await seen.click("Pause")
            await seen.until(lambda: seen.state == "paused", PATIENCE)
            await seen.rest(PATIENCE)
            [paused], told = seen.table["steps"], len(seen.steps)
            assert paused >= seen.steps[-1]
            await seen.click("Resume")
            await seen.until(lambda: max(seen.steps[told:], default=0) > paused, PATIENCE)
            runs = seen.ended
            await seen.until(lambda: seen.ended >= runs + 3, PATIENCE)  # it goes on by itself
            await seen.click("Stop")
            await seen.until(lambda: seen.state == "stopped", PATIENCE)
            await seen.rest(PATIENCE)
        return seen

    with serving(f"--runner.fastReruns={fast}") as server:
        seen = asyncio.run(visit(server.url))
    assert seen.page.errors == []
    assert seen.steps == sorted(seen.steps)
    assert seen.table["state"] == ["stopped"]
    assert seen.table["steps"][0] >= seen.steps[-1] > 0
    assert 0 < seen.table["valid_nats"][0] < 64  # it was looked at
