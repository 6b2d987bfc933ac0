"""Work that takes a while: what a click ends, what is kept, and what is said of a failure."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from arviz_models.jobs import JobError, Standing
from pages.ui import parts, work
from pages.ui.parts import Parts
from pages.ui.training_run import Queue, TrainingRun, put_last


class Clicked(BaseException):
    """As Streamlit ends a script: no Exception, so that no page catches it."""


class Clock:
    """A step takes 0.01 s, painting none."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@dataclass
class Counting(TrainingRun):
    weights: Any = None

    def asked(self) -> tuple[str, dict[str, Any]]:
        return "count", {}

    def settle(self, weights: list[Any]) -> None:
        self.weights = weights


class Done(threading.Event):
    """Whoever waits for it lets the job take its steps, of 0.01 s each."""

    def __init__(self, job: Told) -> None:
        super().__init__()
        self.job = job

    def wait(self, timeout: float | None = None) -> bool:
        end = self.job.clock.now + (timeout or 0.0)
        while not self.is_set():
            self.job.step()
            if self.job.clock.now >= end:
                break
        return self.is_set()


class Told:
    """A job that takes a step of 0.01 s whenever its page waits for it, up to the last one."""

    def __init__(self, clock: Clock, last: int, error: Exception | None = None) -> None:
        self.clock, self.last, self.error = clock, last, error
        self.number, self.done = 0, Done(self)
        self.news: list[Any] = []
        self.state: Any = None

    def step(self) -> None:
        self.clock.now += 0.01
        self.number += 1
        moment = ({"told": self.number}, {"a": np.zeros(1)})
        news = {"step": self.number, "losses": (1 / self.number,), "seconds": self.clock.now}
        self.news.append(news | ({"moment": moment} if self.number in (3, 50) else {}))
        if self.number == self.last:
            self.done.set()

    def take(self) -> list[Any]:
        news, self.news = self.news, []
        return news

    def stop(self) -> None:
        self.done.set()

    def result(self, timeout: float) -> Any:
        if self.error is not None:
            raise self.error
        self.state = {"step": self.number, "seconds": 0.0, "weights": ["now"]}
        return {"step": self.number, "weights": ["now"], "moment": ({}, {"a": np.ones(1)})}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(parts, "time", clock)
    monkeypatch.setattr(work, "under_way", lambda: 1)
    monkeypatch.setattr(work, "look", lambda: None)
    return clock


def run_of(clock: Clock, last: int = 200, error: Exception | None = None) -> Counting:
    run = Counting(last, seed=0)
    run.job = Told(clock, last, error)  # type: ignore[assignment]
    return run


def parts_of(run: Counting) -> Parts:
    """A page with one part that shows how many steps were taken."""
    found = Parts()
    found._parts.append(parts._Part(lambda: None, lambda: run.done, "steps", run.done))
    return found


def drawn(page: Parts, run: Counting) -> list[str]:
    """What the page draws next; all of it counts as drawn then."""
    found = page._changed(run, run.said)
    for part in page._parts:
        part.shown = part.shows()
    return found


def test_what_changes_is_drawn_after_a_while(clock: Clock) -> None:
    run = run_of(clock)
    page = parts_of(run)
    assert drawn(page, run) == ["steps"]
    assert clock.now == pytest.approx(work.OFTEN, abs=0.02)
    assert run.done == pytest.approx(100 * work.OFTEN, abs=2)


def test_what_does_not_change_is_not_drawn(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "OFTEN", 0.1)  # of 10 steps
    run = run_of(clock)
    page = parts_of(run)
    page._parts.append(parts._Part(lambda: None, lambda: len(run.kept), "moments", 0))
    found = []
    while each := drawn(page, run):
        found.append(each)
    assert [each for each in found if "moments" in each] == 2 * [["steps", "moments"]]  # 3 and 50
    assert len(found) > 10


def test_a_click_ends_the_wait_and_every_step_is_told_in_the_end(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(clock)
    page = parts_of(run)

    def click() -> None:
        raise Clicked

    monkeypatch.setattr(work, "look", click)
    with pytest.raises(Clicked):
        drawn(page, run)
    assert clock.now <= parts.POLL + 0.02
    monkeypatch.setattr(work, "look", lambda: None)
    while drawn(page, run):
        pass
    assert run.losses == [1 / step for step in range(1, 201)]
    assert [moment["step"] for moment in run.kept] == [3, 50, 200]
    assert run.weights == ["now"]
    assert run.ended


def test_the_end_is_told_at_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "under_way", lambda: 50)
    run = run_of(clock, last=5)
    assert drawn(parts_of(run), run) == []  # the whole page
    assert not run.live
    assert clock.now == pytest.approx(0.05)


def test_the_whole_page_runs_where_there_is_something_new_to_say(clock: Clock) -> None:
    run = run_of(clock)
    page = parts_of(run)
    said = run.said
    run.notices.append("The worker process ended.")
    assert page._changed(run, said) == []
    assert run.live


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Standing(False, 0, 1, 20.0, begins=True), "a worker process begins, about 20 s to go"),
        (Standing(False, 0, 1, 20.0), "shares a core with 1 other job, about 20 s to go"),
        (Standing(True, 2, 5, 30.0, least=True), "waiting: 2 jobs before this one, at least 30 s"),
        (Standing(True, 1, 5, 200.0), "waiting: 1 job before this one, about 3 min to go"),
    ],
)
def test_a_visitor_is_told_what_a_job_waits_for_and_how_long(found: Standing, said: str) -> None:
    job: Any = SimpleNamespace(standing=lambda: found, seconds=0.0, notices=[])
    assert f"({said}" in work.standing("Step 0", job)


def test_where_drawing_takes_long_the_pause_does_too_up_to_a_bound(clock: Clock) -> None:
    run = run_of(clock, 10_000)
    page = parts_of(run)
    for long, pause in ((1.0, 1.0), (100.0, work.RARELY)):
        page._left = clock.now
        clock.now += long
        before = clock.now
        assert drawn(page, run)
        assert clock.now - before == pytest.approx(pause, abs=0.02)


def test_the_more_sessions_train_the_more_rarely_each_is_drawn(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(clock, 10_000)
    page = parts_of(run)
    for others in (1, 20, 500):
        monkeypatch.setattr(work, "under_way", lambda others=others: others)
        page._left = before = clock.now
        assert drawn(page, run)
        pause = {1: work.OFTEN, 20: 20 * work.SHARE, 500: work.RARELY}[others]
        assert clock.now - before == pytest.approx(pause, abs=0.02)


def test_stop_keeps_what_was_learned(clock: Clock) -> None:
    run = run_of(clock)
    drawn(parts_of(run), run)
    done = run.done
    run.stop()
    assert not run.live
    assert (run.done, run.kept[-1]["step"], run.weights) == (done, done, ["now"])
    assert run.state["step"] == done


def test_a_training_that_fails_says_so_and_goes_back_to_what_was_saved(clock: Clock) -> None:
    run = run_of(clock, 100, JobError("lower the learning rate"))
    assert run.job is not None
    run.job.state = {"step": 60, "seconds": 0.6, "weights": ["then"]}  # type: ignore[misc]
    page = parts_of(run)
    while drawn(page, run):
        pass
    assert "lower the learning rate" in run.problem
    assert (run.done, run.seconds, run.weights) == (60, 0.6, ["then"])
    assert [moment["step"] for moment in run.kept] == [3, 50]


def test_those_used_longest_ago_are_taken_out() -> None:
    entries: OrderedDict[Hashable, int] = OrderedDict()
    assert [put_last(entries, key, key, 2) for key in (1, 2, 1)] == [[], [], []]
    assert put_last(entries, 3, 3, 2) == [(2, 2)]
    assert list(entries) == [1, 3]


@pytest.fixture
def reruns(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    found: list[None] = []
    monkeypatch.setattr(st, "rerun", lambda: found.append(None))
    return found


def test_each_run_of_the_page_does_one_piece(reruns: list[None]) -> None:
    queue = Queue()
    done: list[str] = []
    queue.begin("abc")
    while queue.left:
        queue.work(done.append)
    assert done == ["a", "b", "c"]
    assert len(reruns) == 3


def test_a_piece_that_a_click_ends_is_still_to_be_done(reruns: list[None]) -> None:
    def clicked(piece: str) -> None:
        raise Clicked

    queue = Queue()
    queue.begin("ab")
    with pytest.raises(Clicked):
        queue.work(clicked)
    assert queue.left == ["a", "b"]
    assert reruns == []


def test_a_failure_does_not_come_again(reruns: list[None]) -> None:
    def broken(piece: str) -> None:
        raise ValueError(f"no {piece}")

    queue = Queue()
    queue.begin("ab")
    with pytest.raises(ValueError, match="no a"):
        queue.work(broken)
    assert queue.left == []


def test_the_part_counts_pieces_and_what_is_done_of_the_one_under_way() -> None:
    queue = Queue()
    queue.begin("abcd")
    assert queue.part() == 0
    queue.left.pop(0)
    assert queue.part(0.5) == 0.375
