"""Work that takes a while, seen from a page: progress, and the page again with what came of it.

`TrainingRun` is a training in a worker process (`arviz_models.jobs`). What a page shows of it is
kept up to date by `pages.ui.parts`, until it ends.

`Queue` is for several pieces of work of the page itself, one a run: what is measured on this server
is measured here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import streamlit as st

from pages.ui import work

if TYPE_CHECKING:
    from arviz_models.jobs import Job
    from pages.ui.parts import Parts

OBEYS = 2.0  # seconds within which a worker answers a click on Stop

Entry = TypeVar("Entry")
Run = TypeVar("Run", bound="TrainingRun")


@dataclass
class TrainingRun:
    """A training of this session, as far as it has come.

    A lesson says in `asked` what is trained, and in `settle` what becomes of the weights.

    Attributes:
        total: steps of the whole training.
        seed: of its random numbers.
        goal: the step after which it stops; 0 stands for `total`.
        losses: of every step, nats: one, or several side by side.
        seconds: that the training took so far.
        job: that trains now; None before it begins and once it has ended.
        state: to go on from, once it was stopped.
        problem: why it has failed, in words; notices: what else there is to know.
        kept: numbers of each moment that is kept, its "step" among them.
        frames: the arrays of each.
    """

    total: int
    seed: int
    goal: int = 0
    losses: list[Any] = field(default_factory=list)
    seconds: float = 0.0
    job: Job | None = None
    state: Any = None
    problem: str = ""
    notices: list[str] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, np.ndarray]] = field(default_factory=list)
    # Two runs of one session may overlap for a moment (`runner.fastReruns`).
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.goal = self.goal or self.total

    @property
    def done(self) -> int:
        """Steps taken."""
        return len(self.losses)

    @property
    def live(self) -> bool:
        """Whether it trains now."""
        return self.job is not None

    @property
    def ended(self) -> bool:
        """Whether all its steps are taken."""
        return self.done == self.total

    @property
    def part(self) -> float:
        """How much of the way to its goal is done, 0..1."""
        return self.done / self.goal

    @property
    def agreed(self) -> float | None:
        """Seconds of work after which it ends; None where its end lies elsewhere."""
        return None

    @property
    def bytes(self) -> int:
        """Of memory that it takes in a worker, about; 0 where that is next to nothing."""
        return 0

    @property
    def said(self) -> Hashable:
        """What `say` shows."""
        return self.problem, tuple(self.notices)

    def asked(self) -> tuple[str, dict[str, Any]]:
        """Name of the task, and its options."""
        raise NotImplementedError

    def settle(self, weights: list[np.ndarray]) -> None:
        """The training has ended or stops, with these weights of each model."""

    def loss_of(self, losses: tuple[float, ...]) -> Any:
        """The loss of a step, as `losses` holds it."""
        return losses[0]

    def numbers(self, told: dict[str, Any]) -> dict[str, Any]:
        """What is kept of a moment, beside its step and its arrays."""
        return told

    def begin(self) -> None:
        """Train, from where it was stopped; what another run of the session trains stops."""
        from arviz_models.jobs import QueueFull, Request

        with self._lock:
            self.problem = ""
            name, options = self.asked()
            try:
                mine = work.session()
                asked = Request(name, options, mine, self.state, self.agreed, self.bytes)
                self.job = work.submit(asked)
                self.notices = self.job.notices
            except QueueFull as full:
                self.problem = str(full)

    def stop(self) -> None:
        """Stop, and keep what was learned."""
        job = self.job
        if job is not None:
            job.stop()
            if not job.done.wait(OBEYS):
                job.cancel()
            self.take()

    def take(self) -> bool:
        """Take in what the training has told since; says whether that was anything."""
        with self._lock:
            if self.job is None:
                return False
            job, ended = self.job, self.job.done.is_set()
            news = job.take()
            for each in news:
                if "losses" in each:
                    self.losses.append(self.loss_of(each["losses"]))
                self.seconds = each["seconds"]
                if "moment" in each:
                    self._keep(each["moment"])
            if ended:
                self._end(job)
            return ended or bool(news)

    def _keep(self, moment: tuple[dict[str, Any], dict[str, np.ndarray]]) -> None:
        if not self.kept or self.kept[-1]["step"] != self.done:
            told, arrays = moment
            self.kept.append({"step": self.done} | self.numbers(told))
            self.frames.append(arrays)

    def _end(self, job: Job) -> None:
        from arviz_models.jobs import JobCancelled, JobError

        self.job = None
        try:
            found = job.result(0)
        except (JobCancelled, JobError) as error:
            if isinstance(error, JobError):
                self.problem = f"The training has failed: {error}"
            self._go_back(job.state)
            return
        self.state = job.state
        self.settle(found["weights"])
        self._keep(found["moment"])

    def _go_back(self, state: Any) -> None:
        """To the last state that was saved: nothing is known of the weights after it."""
        step = state["step"] if state else 0
        del self.losses[step:]
        self.seconds = state["seconds"] if state else 0.0
        there = sum(each["step"] <= step for each in self.kept)
        del self.kept[there:], self.frames[there:]
        self.state = state
        if state:
            self.settle(state["weights"])

    def say(self) -> None:
        """Show what went wrong, where something did."""
        if self.problem:
            st.error(self.problem)
        for notice in self.notices:
            st.warning(notice)

    def tell(self, parts: Parts, words: Callable[[], str]) -> None:
        """Show how far it is here, where it trains, and keep that up to date.

        It is there as soon as the page is: were it empty at first, all that is below it would move.

        Args:
            parts: of the page.
            words: how far it is.
        """

        def said() -> tuple[float, str]:
            job = self.job
            return (self.part, "") if job is None else (self.part, work.standing(words(), job))

        def draw() -> None:
            part, all_words = said()
            if all_words:
                st.progress(part, all_words)

        parts.add(draw, said)


def put_last(
    entries: OrderedDict[Hashable, Entry], key: Hashable, entry: Entry, most: int
) -> list[tuple[Hashable, Entry]]:
    """Make an entry the last one used; returns those of longest ago, beyond `most`, taken out."""
    entries[key] = entry
    entries.move_to_end(key)
    return [entries.popitem(last=False) for _ in range(len(entries) - most)]


def kept_run(name: str, key: Hashable, make: Callable[[], Run], most: int) -> Run:
    """The session's training of a state; those of longest ago, beyond `most`, stop and go.

    Args:
        name: of its trainings, in the session.
        key: what decides the training.
        make: one that has not begun, where there is none.
        most: trainings that are kept.
    """
    runs: OrderedDict[Hashable, Run] = st.session_state.setdefault(name, OrderedDict())
    run = runs.get(key) or make()
    for _, earlier in put_last(runs, key, run, most):
        earlier.stop()
    return run


@dataclass
class Queue:
    """Pieces of work that a click asked for, one a run of the page.

    Attributes:
        left: those still to be done, the next one first.
        count: how many there were.
    """

    left: list[Any] = field(default_factory=list)
    count: int = 0

    def begin(self, pieces: Collection[Any]) -> None:
        """Callback of Start: all of these, in this order."""
        self.left, self.count = list(pieces), len(pieces)

    def stop(self) -> None:
        """Callback of Stop: nothing more; what was done is kept."""
        self.left.clear()

    def part(self, of_this: float = 0.0) -> float:
        """How much is done, 0..1, with so much of the piece under way."""
        return (self.count - len(self.left) + of_this) / self.count

    def buttons(self, key: str, start: str, pieces: Collection[Any]) -> None:
        """Start, called so, and Stop; their keys begin with `key`."""
        busy = bool(self.left)
        st.button(
            start,
            key=f"{key}.start",
            type="primary",
            disabled=busy,
            on_click=self.begin,
            args=(pieces,),
        )
        st.button("Stop", key=f"{key}.stop", disabled=not busy, on_click=self.stop)

    def work(self, do: Callable[[Any], None]) -> None:
        """The next piece, then the page again with what came of it. Call last.

        A click ends the script within it, and the piece is still to be done. Where it fails,
        nothing more is tried: every later run would fail again.
        """
        try:
            do(self.left[0])
        except Exception:
            self.stop()
            raise
        self.left.pop(0)
        st.rerun()
