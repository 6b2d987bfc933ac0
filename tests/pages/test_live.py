"""How a page waits for the server: what it paints, when it looks for a click, what it keeps."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch

from arviz_models import sampler
from pages.ui import live, work
from pages.ui.shelf import Shelf
from tests.pages.visiting import ROOT

SECONDS = 10.0  # that the job takes, on a clock of the test's own


class Clock:
    """A job that is done when the clock says so; to wait for it moves the clock on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.step, self.steps, self.waiting = 1, 784, ""
        self.done = self
        self.cancelled = False

    def wait(self, timeout: float) -> bool:
        self.now += max(timeout, 0.001)
        return self.now >= SECONDS

    def result(self) -> Any:
        return SimpleNamespace(size=100)

    def cancel(self) -> None:
        self.cancelled = self.now < SECONDS


class Counted:
    """How often the page painted, looked and asked."""

    def __init__(self) -> None:
        self.painted = self.looks = self.asked = 0
        self.alone = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counted(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """A sampler that has the clock for a job; `others` wait there too."""
    count = Counted()

    def submit(request: object) -> Clock:
        count.asked += 1
        return clock

    def look() -> None:
        count.looks += 1

    def paint(*_: object) -> bool:
        count.painted += 1
        return count.alone

    monkeypatch.setattr(sampler, "get_sampler", lambda device: SimpleNamespace(submit=submit))
    monkeypatch.setattr(work.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(work, "look", look)
    monkeypatch.setattr(live, "_paint", paint)
    yield count
    st.session_state.clear()


def run(key: str = "a key") -> Any:
    request: Any = SimpleNamespace(model=SimpleNamespace(device="cpu"))
    return live.run(request, key)


def test_among_others_a_page_paints_at_most_once_a_second(counted: Counted) -> None:
    counted.alone = False
    run()
    assert SECONDS / 2 < counted.painted <= SECONDS


def test_alone_a_page_paints_its_progress_several_times_a_second(counted: Counted) -> None:
    run()
    assert counted.painted >= 4 * (SECONDS - work.PATIENCE)


def test_a_visitor_is_told_why_a_job_waits_and_that_it_goes_on() -> None:
    told: list[str] = []
    bar = SimpleNamespace(progress=lambda part, words: told.append(words))
    job: Any = Clock()
    others: Any = SimpleNamespace(open_jobs=(job,))
    for job.waiting in ("waiting for the cluster: no machine has taken this yet", ""):
        live._paint(bar, job, others)
    assert told == ["waiting for the cluster: no machine has taken this yet", "step 1 of 784"]


def test_a_page_that_waits_looks_for_a_click_several_times_a_second(counted: Counted) -> None:
    counted.alone = False
    run()
    assert 4 * SECONDS <= counted.looks <= 10 * SECONDS


def test_a_run_that_is_to_end_cancels_its_job(
    clock: Clock, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        raise InterruptedError

    monkeypatch.setattr(work, "look", end)
    with pytest.raises(InterruptedError):
        run()
    assert clock.cancelled
    assert clock.now <= work.LOOK


def test_a_trace_is_drawn_once_for_all_sessions(counted: Counted) -> None:
    first = run()
    st.session_state.clear()  # another session
    assert run() is first
    assert counted.asked == 1
    assert not any("trace" in str(key) for key in st.session_state)


def test_sessions_that_ask_for_one_trace_wait_for_one_job_which_ends_with_the_last() -> None:
    begun: list[Any] = []

    def begin() -> Any:
        begun.append(SimpleNamespace(done=threading.Event(), cancelled=False))
        begun[-1].cancel = lambda job=begun[-1]: setattr(job, "cancelled", True)
        return begun[-1]

    under_way: Any = live._UnderWay()
    first, second = (under_way.join("a link", begin) for _ in range(2))
    other = under_way.join("another link", begin)
    assert first.job is second.job is not other.job
    first.cancel()
    assert not begun[0].cancelled
    second.cancel()
    assert [job.cancelled for job in begun] == [True, False]
    third = under_way.join("a link", begin)  # what was cancelled begins again
    assert third.job is begun[2]
    third.done.set()
    fourth = under_way.join("a link", begin)  # as does what is done
    assert fourth.job is begun[3]
    third.cancel()  # of what has been replaced
    assert not begun[3].cancelled
    fourth.cancel()
    other.cancel()
    assert under_way.jobs == {}


def test_a_look_reads_the_session_state_and_so_lets_streamlit_end_the_run() -> None:
    """Streamlit ends a run where it reads its state; `look` has to, and sends nothing."""
    from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
    from streamlit.runtime.state import SafeSessionState, SessionState

    asked = threading.Event()
    sent: list[object] = []
    context = ScriptRunContext(
        session_id="",
        _enqueue=sent.append,
        query_string="",
        session_state=SafeSessionState(SessionState(), yield_callback=asked.set),
        uploaded_file_mgr=None,  # type: ignore[arg-type]
        main_script_path="",
        user_info={},
        fragment_storage=None,  # type: ignore[arg-type]
        pages_manager=None,  # type: ignore[arg-type]
    )

    def script() -> None:
        assert get_script_run_ctx() is context
        work.look()

    thread = threading.Thread(target=script)
    add_script_run_ctx(thread, context)
    thread.start()
    thread.join()
    assert asked.is_set()
    assert sent == []


def test_a_shelf_keeps_what_was_used_last_up_to_its_bound() -> None:
    shelf = Shelf(most=100)
    for name in "abc":
        shelf.put(name, name.upper(), 40)
        shelf.get("a")
    assert [shelf.get(name) for name in "abc"] == ["A", None, "C"]
    assert shelf.size == 80
    shelf.put("c", "C", 10)
    assert shelf.size == 50
    shelf.put("too large", "X", 101)
    assert shelf.get("too large") is None
    assert shelf.size <= 100


def trace_of(n: int, device: str) -> Any:
    values = np.zeros((784, n), np.uint8)
    return SimpleNamespace(values=values, steps=784, seconds=0.463, device=device)


def test_what_the_server_took_says_that_it_was_the_server() -> None:
    assert live.cost(trace_of(1, "cpu")) == "on the server (cpu), 463 ms for 784 steps"
    eight = live.cost(trace_of(8, "cuda: NVIDIA H200"))
    assert eight == "on the server (cuda: NVIDIA H200), 463 ms for 784 steps of 8 samples"
    assert live.computed(eight) == f"Computed {eight}."
    network: Any = SimpleNamespace(device=torch.device("cpu"))
    found, took = live.timed(network, "one pass", lambda: 7)
    assert found == 7
    assert re.fullmatch(r"on the server \(cpu\), \d+ ms for one pass", took)


def test_no_page_names_a_device_without_saying_whose_it_is() -> None:
    """A reader cannot tell whose processor "on cpu" means."""
    bare = re.compile(r"\bon \{[^}]*device[^}]*\}(?! of the machine)|\bon cpu\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in sorted((ROOT / "pages").rglob("*.py"))
        for hit in bare.finditer(path.read_text())
    ]
    assert found == []


def test_the_size_of_a_trace_is_that_of_its_arrays() -> None:
    trace = sampler.Trace(
        order=np.zeros(4, np.int64),
        values=np.zeros((4, 1), np.uint8),
        probs=np.zeros((4, 1, 2), np.float32),
        uniforms=np.zeros((4, 1), np.float32),
        internals={"h": np.zeros((4, 1, 500), np.float32)},
        seconds=0.0,
        device="CPU",
        event_shape=(4,),
    )
    assert trace.size == 32 + 4 + 32 + 16 + 8000
