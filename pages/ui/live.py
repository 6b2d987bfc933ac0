"""Runs on the server, seen from a page: progress, Stop, the device's name, the time they took."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import streamlit as st

from pages.ui.models import model

PATIENCE = 0.3  # seconds a run may take before it shows its progress
POLL = 0.05  # seconds between two looks; each gives Streamlit the chance to end the script
REMEMBERED = 16  # traces a session keeps, to go back to without drawing again


def run(request: Any, key: Hashable) -> Any:
    """The trace of a sampling request, or None where the visitor stopped it.

    A run of more than 0.3 s shows its progress and a Stop button. Stop, any other click, another
    page and a closed browser all end this script, and with it the job, within one step.

    Args:
        request: a `sampler.Request`.
        key: equal for equal requests; a stopped one is not started again until another key comes.

    Raises:
        SamplerError, ValueError: what the sampler says of the request.
    """
    from arviz_models.sampler import get_sampler

    state = st.session_state
    traces: OrderedDict[Hashable, Any] = state.setdefault("traces", OrderedDict())
    if key in traces:
        traces.move_to_end(key)
        return traces[key]
    if state.get("stopped") == key:
        return None
    state.pop("stopped", None)
    begun = time.monotonic()
    place, bar = st.empty(), None
    job = get_sampler(request.model.device).submit(request)
    with job:
        while not job.done.wait(POLL):
            if time.monotonic() - begun < PATIENCE:
                continue
            words = f"step {job.step:,} of {job.steps:,}"
            if bar is None:
                with place.container(horizontal=True, vertical_alignment="center"):
                    bar = st.progress(0.0, words)
                    st.button("Stop", key="stop", on_click=state.update, kwargs={"stopped": key})
            bar.progress(job.step / job.steps, words)
        place.empty()
        traces[key] = job.result()
    while len(traces) > REMEMBERED:
        traces.popitem(last=False)
    return traces[key]


def samples(name: str, n: int, seed: int) -> Any:
    """The trace of n samples of a shipped model, or None where the visitor stopped it."""
    from arviz_models.sampler import Request

    return run(Request(model(name), seed, n=n), ("samples", name, n, seed))


def cost(trace: Any) -> str:
    """What a trace took and where: time, steps, device."""
    n = trace.values.shape[1]
    return (
        f"{trace.seconds * 1000:,.0f} ms for {trace.steps:,} steps"
        + (f" of {n:,} samples" if n > 1 else "")
        + f" on {trace.device}"
    )
