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
from pages.ui import training_run, work
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


class Told:
    """A job that takes a step of 0.01 s whenever its page waits for it, up to the last one."""

    def __init__(self, clock: Clock, last: int, error: Exception | None = None) -> None:
        self.clock, self.last, self.error = clock, last, error
        self.number, self.done = 0, threading.Event()
        self.news: list[Any] = []
        self.state: Any = None

    def wait(self, timeout: float) -> bool:
        self.clock.now += 0.01
        self.number += 1
        moment = ({"told": self.number}, {"a": np.zeros(1)})
        news = {"step": self.number, "losses": (1 / self.number,), "seconds": self.clock.now}
        self.news.append(news | ({"moment": moment} if self.number in (3, 50) else {}))
        if self.number == self.last:
            self.done.set()
        return True

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
    monkeypatch.setattr(training_run, "time", clock)
    return clock


def run_of(clock: Clock, last: int = 200, error: Exception | None = None) -> Counting:
    run = Counting(last, seed=0, left=clock.now)
    run.job = Told(clock, last, error)  # type: ignore[assignment]
    return run


class Place:
    """Where the progress is told; a click comes when it is told for the n-th time."""

    def __init__(self, click: int = 0) -> None:
        self.told: list[float] = []
        self.click = click

    def progress(self, part: float, words: str) -> None:
        self.told.append(part)
        if len(self.told) == self.click:
            raise Clicked


def test_a_slice_ends_after_its_time_and_tells_how_far_it_is(clock: Clock) -> None:
    run, place = run_of(clock), Place()
    assert run.slice(place, str)
    assert run.done / 100 == pytest.approx(training_run.SLICE, abs=0.1)
    assert place.told == sorted(place.told)
    assert place.told[-1] == run.part == run.done / 200


def test_the_progress_is_there_before_the_first_slice_and_only_while_it_trains(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty place would be filled a moment later, and move all that is below it."""
    monkeypatch.setattr(work, "standing", lambda words, job: words)
    run, place = run_of(clock), Place()
    run.losses = [1.0] * 50
    run.tell(place, str)
    assert place.told == [0.25]
    run.job = None
    run.tell(place, str)
    assert place.told == [0.25]


def test_a_click_ends_a_slice_and_every_step_is_told_in_the_end(clock: Clock) -> None:
    run = run_of(clock)
    with pytest.raises(Clicked):
        run.slice(Place(click=2), str)
    assert 0 < run.done < 30
    while run.slice(Place(), str):
        pass
    assert run.losses == [1 / step for step in range(1, 201)]
    assert [moment["step"] for moment in run.kept] == [3, 50, 200]
    assert run.weights == ["now"]
    assert run.ended


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


def test_where_painting_takes_long_the_slice_does_too_up_to_a_bound(clock: Clock) -> None:
    run = run_of(clock, 1000)
    clock.now += 1.0
    run.slice(Place(), str)
    assert run.done / 100 == pytest.approx(1.0, abs=0.1)
    clock.now += 100.0
    before = run.done
    run.slice(Place(), str)
    assert (run.done - before) / 100 == pytest.approx(training_run.LONGEST, abs=0.1)


def test_the_more_sessions_train_the_more_rarely_each_is_painted(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(clock, 1000)
    for others, seconds in ((3, 3 * training_run.SLICE), (40, training_run.LONGEST)):
        monkeypatch.setattr(training_run.work, "under_way", lambda others=others: others)
        before, run.left = run.done, clock.now
        run.slice(Place(), str)
        assert (run.done - before) / 100 == pytest.approx(seconds, abs=0.1)


def test_stop_keeps_what_was_learned(clock: Clock) -> None:
    run = run_of(clock)
    run.slice(Place(), str)
    done = run.done
    run.stop()
    assert not run.live
    assert (run.done, run.kept[-1]["step"], run.weights) == (done, done, ["now"])
    assert run.state["step"] == done


def test_a_training_that_fails_says_so_and_goes_back_to_what_was_saved(clock: Clock) -> None:
    run = run_of(clock, 100, JobError("lower the learning rate"))
    assert run.job is not None
    run.job.state = {"step": 60, "seconds": 0.6, "weights": ["then"]}  # type: ignore[misc]
    while run.slice(Place(), str):
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
