"""The queue of jobs, seen from a page: whose job it is, where it stands, and its result."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from arviz_models import jobs
from arviz_models.jobs.pool import NO_ROOM
from pages.ui.shelf import Shelf

if TYPE_CHECKING:
    from arviz_models.jobs import Job, Request

PACE = 0.5  # seconds between two looks for sessions that are gone
PATIENCE = 0.3  # seconds a job may take before it shows its progress
LOOK = 0.2  # seconds between two looks for a click
OFTEN = 0.25  # seconds between two pictures of a training, where it is the only one
SHARE = 0.1  # seconds between two pictures of any training of this server
RARELY = 5.0  # seconds between two pictures at most
MOST_KEPT = 16_000_000  # bytes of results, for all sessions together
LONG = 90  # seconds; more are told in minutes
STOPPED = "stopped"  # in the session: the key of what the visitor has stopped


class Waited(Protocol):
    """A job as `awaited` needs it."""

    done: threading.Event

    def result(self) -> Any:
        """What has come of it."""

    def cancel(self) -> None:
        """End it and forget it."""


def session() -> str:
    """Whose jobs are those of this script: the id of its session."""
    context = get_script_run_ctx()
    if st.runtime.exists() and context is not None:
        return context.session_id
    mine: str = st.session_state.setdefault("·session", uuid4().hex)  # in tests all have one id
    return mine


def submit(request: Request) -> Job:
    """Queue a job on the workers of this server.

    Raises:
        QueueFull: the message is for the visitor.
    """
    return jobs.submit(request)


def warm(task: str = "", **options: Any) -> None:
    """The page may be asked to train: start a worker, so that the first click need not wait.

    Args:
        task, options: what it may be asked for, where that may be for a GPU.
    """
    if st.runtime.exists():
        jobs.get_jobs(jobs.kind_of(task, options)).warm()


def under_way() -> int:
    """How many trainings and fits of all sessions are not done."""
    return sum(len(each.open_jobs) for each in jobs.all_jobs())


@st.cache_resource(show_spinner=False)
def _results() -> Shelf:
    """Results of short jobs: a request determines its result, so all sessions share them."""
    return Shelf(MOST_KEPT)


def known(key: Hashable) -> Any:
    """The result of such a job, where it was there before; None otherwise."""
    return _results().get(key)


def pace() -> float:
    """Seconds between two pictures of a training or a fit: the more there are, the more of them.

    So the server draws at most ten a second, however many learn, up to fifty.
    """
    return min(RARELY, max(OFTEN, SHARE * under_way()))


def result_of(request: Request, key: Hashable, words: Callable[[Any], str]) -> Any:
    """The result of a short job that the page waits for; None where the visitor stopped it.

    Such a job is not the one job of the session: a training that goes on elsewhere is not stopped
    by looking at a page. See `awaited`.

    Args:
        request: what is done.
        key: equal for equal requests of all sessions, and for these alone; a stopped one is not
            begun again until another key comes.
        words: how far it is, from its latest news, None before the first.

    Raises:
        QueueFull, JobError: what the queue says of it.
    """
    told: Any = None

    def paint(bar: Any, job: Job) -> float:
        nonlocal told
        told = ([told, *job.take()])[-1]
        bar.progress(job.part, standing(words(told), job))
        return max(LOOK, SHARE * under_way())

    return awaited(lambda: submit(request), key, _results(), jobs.size_of, paint)


def awaited(
    begin: Callable[[], Waited],
    key: Hashable,
    kept: Shelf,
    size: Callable[[Any], int],
    paint: Callable[[Any, Any], float],
) -> Any:
    """The result of a job that this script waits for; None where the visitor stopped it.

    A job of more than 0.3 s shows its progress and a Stop button. Stop, any other click, another
    page and a closed browser all end this script within 0.2 s, and with it the job. The script
    sleeps until the job is done, and wakes a few times a second to see whether it is to end.

    Args:
        begin: submits the job.
        key: equal for equal results of all sessions, and for these alone; a stopped one is not
            begun again until another key comes.
        kept: results that were there before.
        size: bytes of a result.
        paint: shows on a progress bar how far the job is; says after how many seconds again.
    """
    state = st.session_state
    found = kept.get(key)
    if found is not None:
        return found
    if state.get(STOPPED) == key:
        return None
    state.pop(STOPPED, None)
    job, place, bar = begin(), st.empty(), None
    try:
        next_look = time.monotonic() + PATIENCE
        while not job.done.wait(min(LOOK, max(0.0, next_look - time.monotonic()))):
            look()
            if time.monotonic() < next_look:
                continue
            if bar is None:
                with place.container(horizontal=True, vertical_alignment="center"):
                    bar = st.progress(0.0)
                    # One page may wait for several jobs, one after the other.
                    name = f"stop.{hash(key)}"
                    st.button("Stop", key=name, on_click=state.update, kwargs={STOPPED: key})
            next_look = time.monotonic() + paint(bar, job)
        place.empty()
        found = job.result()
    finally:
        job.cancel()  # no effect on what is done
    kept.put(key, found, size(found))
    return found


async def attend() -> None:
    """Round after round: the jobs of visitors who are gone are put aside, until they are back."""
    runtime = Runtime.instance()
    while True:
        await asyncio.sleep(PACE)
        for each in jobs.all_jobs():
            await asyncio.to_thread(each.attend, runtime.is_active_session)


def look() -> None:
    """Give Streamlit the chance to end this script: for a click, or because the page was closed.

    Every call of Streamlit's that sends something to the browser does that too. This one sends
    nothing, so it costs next to nothing where many sessions wait at once.
    """
    st.session_state.get(STOPPED)  # to read the state is such a chance


def standing(words: str, job: Job) -> str:
    """How far a job is, and where it stands where it is not alone."""
    found = job.standing()
    if found.waits:
        said = f"waiting: {_counted(found.ahead, 'job')} before this one"
    elif found.begins or not (found.beside or job.seconds):
        said = "waiting for the cluster" if NO_ROOM in job.notices else "a worker process begins"
    elif found.beside:
        said = f"shares a core with {_counted(found.beside, 'other job')}"
    else:
        return words
    if found.seconds is not None and found.seconds >= 1:
        said += f", {'at least' if found.least else 'about'} {_time(found.seconds)} to go"
    return f"{words} ({said})"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < LONG else f"{seconds / 60:.0f} min"
