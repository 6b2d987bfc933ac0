"""Runs on the server, seen from a page: progress, Stop, where they ran, the time they took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from pages.ui import work
from pages.ui.models import model
from pages.ui.shelf import Shelf

if TYPE_CHECKING:
    from arviz_models.base import AutoregressiveModel
    from arviz_models.sampler import Job, Request, Sampling, Trace

T = TypeVar("T")
ALONE = 0.2  # seconds between two pictures of the progress, where nobody else waits
AMONG_OTHERS = 1.0  # seconds between them, where others wait too
MOST_KEPT = 24_000_000  # bytes of traces, for all sessions together


@st.cache_resource(show_spinner=False)
def _traces() -> Shelf:
    """Traces drawn before, to go back to without drawing again.

    A request with its seed determines the trace, so a session holds none of its own: one of NADE's
    28x28 digits takes 1.6 MB.
    """
    return Shelf(MOST_KEPT)


class _UnderWay:
    """The traces that are being drawn, by key, and how many sessions wait for each."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.jobs: dict[Hashable, tuple[Job, int]] = {}

    def join(self, key: Hashable, begin: Callable[[], Job]) -> _Share:
        """A share in the job of that key, which begins with the first session that asks for it."""
        with self.lock:
            job, sessions = self.jobs.get(key, (None, 0))
            if job is None or job.done.is_set():
                job, sessions = begin(), 0
            self.jobs[key] = job, sessions + 1
            return _Share(self, key, job)

    def leave(self, key: Hashable, job: Job) -> None:
        """One session fewer waits; with the last one the job ends."""
        with self.lock:
            known, sessions = self.jobs.get(key, (None, 0))
            if known is not job:
                return  # it was done, and another has begun since
            if sessions > 1:
                self.jobs[key] = job, sessions - 1
            else:
                del self.jobs[key]
                job.cancel()


class _Share:
    """One session's share in a job that others may wait for too; a `work.Waited`."""

    def __init__(self, under_way: _UnderWay, key: Hashable, job: Job) -> None:
        self._under_way, self._key = under_way, key
        self.job, self.done = job, job.done

    def result(self) -> Trace:
        return self.job.result()

    def cancel(self) -> None:
        """Wait no more; to be called once."""
        self._under_way.leave(self._key, self.job)


@st.cache_resource(show_spinner=False)
def _under_way() -> _UnderWay:
    return _UnderWay()


def run(request: Request, key: Hashable) -> Trace | None:
    """The trace of a sampling request, or None where the visitor stopped it; see `work.awaited`.

    A class that opens one link asks for one trace: all its sessions wait for the same job. Its
    progress is painted more rarely the more sessions wait: painting is what is expensive.

    Args:
        request: a `sampler.Request`.
        key: equal for equal requests of all sessions, and for these alone.

    Raises:
        SamplerError, ValueError: what the sampler says of the request.
    """
    from arviz_models.sampler import get_sampler

    sampler = get_sampler(request.model.device)

    def paint(bar: Any, share: _Share) -> float:
        return ALONE if _paint(bar, share.job, sampler) else AMONG_OTHERS

    def begin() -> _Share:
        return _under_way().join(key, lambda: sampler.submit(request))

    trace: Trace | None = work.awaited(begin, key, _traces(), attrgetter("size"), paint)
    return trace


def _paint(bar: Any, job: Job, sampler: Sampling) -> bool:
    """How far the job is, or why it waits; says whether it is the only one."""
    waiting = sampler.open_jobs
    if job.waiting:
        bar.progress(job.step / job.steps, job.waiting)
    elif job.step or job not in waiting:
        bar.progress(job.step / job.steps, f"step {job.step:,} of {job.steps:,}")
    else:
        others = waiting.index(job)
        bar.progress(
            0.0,
            f"waiting for {others:,} other {'run' if others == 1 else 'runs'} on this server"
            if others
            else "waiting for the server",
        )
    return len(waiting) <= 1


def samples(name: str, n: int, seed: int) -> Any:
    """The trace of n samples of a shipped model, or None where the visitor stopped it."""
    from arviz_models.sampler import Request

    return run(Request(model(name), seed, n=n), ("samples", name, n, seed))


def timed(network: AutoregressiveModel, what: str, do: Callable[[], T]) -> tuple[T, str]:
    """What a function gives, and where it was computed and how long that took, in words.

    Args:
        network: that it runs.
        what: "one pass".
        do: the function.

    Returns:
        what it gives; "on the server (cpu), 40 ms for one pass".
    """
    from arviz_models.device import describe

    began = time.perf_counter()
    found = do()
    took = 1000 * (time.perf_counter() - began)
    return found, f"{on_server(describe(network.device))}, {took:,.0f} ms for {what}"


def cost(trace: Any) -> str:
    """Where a trace was drawn, and how long that took: device, time, steps."""
    n = trace.values.shape[1]
    return (
        f"{on_server(trace.device)}, {trace.seconds * 1000:,.0f} ms for {trace.steps:,} steps"
        + (f" of {n:,} samples" if n > 1 else "")
    )


def on_server(device: str) -> str:
    """Where the server computes. A page says so of all that does not run in the reader's browser:
    "cpu" alone could be either's.

    Args:
        device: its name, as `arviz_models.device.describe` gives it.
    """
    return f"on the server ({device})"


def computed(*costs: str) -> str:
    """The sentence of a picture on who computed it, and how long: of `cost` and `timed`."""
    return f"Computed {'; '.join(costs)}."
