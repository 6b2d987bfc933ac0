"""The line a minute about the server."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
import streamlit as st

from pages.ui import monitor, upkeep


def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed() -> None:
    hundred = [each / 100 for each in range(1, 101)]
    assert monitor.percentile(hundred, 0.95) == 0.95
    assert monitor.percentile(hundred, 0.5) == 0.5
    assert monitor.percentile([3.0], 0.95) == 3.0
    assert monitor.percentile([], 0.95) == 0.0


def test_a_run_that_a_click_has_ended_is_not_counted() -> None:
    monitor._seconds.clear()
    with pytest.raises(KeyError), monitor.timed_run():
        raise KeyError
    with monitor.timed_run():
        pass
    assert len(monitor._seconds) == 1


@pytest.mark.parametrize("form", ["json", ""])
def test_a_line_says_who_is_there_and_nothing_is_said_of_an_idle_server(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    here = [3, 0, 0]
    monkeypatch.setenv("ARVIZ_LOG", form)
    monkeypatch.setattr(st.runtime, "get_instance", lambda: None)
    monkeypatch.setattr(upkeep, "connected", lambda runtime: here.pop(0))
    monitor._seconds[:] = [0.25, 0.5]
    target = io.StringIO()

    async def watch() -> None:
        with pytest.raises(IndexError):  # no more is known of who is here
            await monitor.monitor(target, 0.0)

    asyncio.run(watch())
    [said] = target.getvalue().splitlines()
    if form == "json":
        found = json.loads(said)
        assert (found["sessions"], found["runs"], found["p95_s"]) == (3, 2, 0.5)
    else:
        assert said.startswith("arviz time=")
        assert " sessions=3 runs=2 p50_s=0.25 p95_s=0.5 " in said
