"""A job as its session sees it: what was asked for, news of it, its end."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class QueueFull(RuntimeError):  # noqa: N818 - it is no fault
    """There are too many jobs; the message says what to do."""


class JobCancelled(Exception):  # noqa: N818 - it was asked for
    """The job was cancelled before it was done."""


class JobError(RuntimeError):
    """A job failed; the message is for who asked for it.

    Attributes:
        kind: name of the class of the error in the worker; "" where the worker died.
    """

    def __init__(self, words: str, kind: str = "") -> None:
        super().__init__(words)
        self.kind = kind


@dataclass(frozen=True)
class Request:
    """What a session asks for: plain data alone.

    Attributes:
        task: a name in the table of tasks.
        options: of the task.
        session: whose job it is; "" for nobody's, which no other one replaces.
        state: of an earlier job that was stopped, to go on from.
        seconds: of work, where that is agreed beforehand; None where its end lies elsewhere.
        bytes: of memory that it takes in its worker, about; 0 where that is next to nothing.
    """

    task: str
    options: Mapping[str, Any] = field(default_factory=dict)
    session: str = ""
    state: Any = None
    seconds: float | None = None
    bytes: int = 0


@dataclass(frozen=True)
class Standing:
    """Where a job stands.

    Attributes:
        waits: whether it is still in the queue.
        ahead: jobs that are before it in the queue; 0 once it has its turns.
        beside: jobs that it shares its worker with; while it waits, all that have their turns.
        seconds: until its end, about; None where nothing is known of it yet.
        least: whether it takes longer than that, since of some job before it nothing is known yet.
        begins: whether its worker is still being started.
    """

    waits: bool
    ahead: int
    beside: int
    seconds: float | None
    least: bool = False
    begins: bool = False


class Pool(Protocol):
    """What a job asks of the pool that it is in."""

    def end(self, job: Job, how: str) -> None:
        """Stop or cancel it."""

    def standing(self, job: Job) -> Standing:
        """Where it stands."""


_number = itertools.count(1)


@dataclass
class Record:
    """What the pool knows of a job.

    Attributes:
        state, count, seconds: the last state that was saved, how many news came before it, and how
            long the job had worked until then.
        epochs: that have ended since.
        deaths: workers that died in its turns.
        newcomer: whether it has its first turn before the turns of others.
        away: since when its session is gone, on the monotonic clock; None while it is there.
        wanted: "stop" or "cancel" once its session has asked for that.
        ordered, when: what its worker was told last, and when on the monotonic clock.
    """

    state: Any
    count: int = 0
    seconds: float = 0.0
    epochs: int = 0
    deaths: int = 0
    newcomer: bool = True
    away: float | None = None
    wanted: str = ""
    ordered: str = ""
    when: float = 0.0


class Job:
    """A request under way. Any thread may use it.

    Attributes:
        request: what was asked for.
        number: of the job, counted in this process.
        done: an event, set once there is a result or an error, or the job was cancelled.
        part: how much is done, 0..1.
        seconds: that it has worked.
        notices: what its session should know: that a worker died, and what that cost.
        record: what the pool knows of it.
    """

    def __init__(self, request: Request, pool: Pool) -> None:
        self.request, self.number = request, next(_number)
        self.done = threading.Event()
        self.part, self.seconds = 0.0, 0.0
        self.notices: list[str] = []
        self.record = Record(request.state)
        self._pool = pool
        self._changed = threading.Condition()  # guards what follows
        self._news: list[Any] = []
        self._count = 0  # news that came, also those that were taken
        self._result: Any = None
        self._error: Exception | None = None

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until there is news or an end, `timeout` seconds at most; says whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._news) or self.done.is_set(), timeout)

    def take(self) -> list[Any]:
        """The news since they were taken last: each once, in their order."""
        with self._changed:
            news, self._news = self._news, []
        return news

    def result(self, timeout: float | None = None) -> Any:
        """Wait for what has come of it, `timeout` seconds at most.

        Raises:
            TimeoutError: it is not done by then; the job goes on.
            JobCancelled: it was cancelled.
            JobError: it failed.
        """
        if not self.done.wait(timeout):
            raise TimeoutError(f"{self.part:.0%} is done after {timeout} s")
        if self._error is not None:
            raise self._error
        return self._result

    @property
    def state(self) -> Any:
        """The last state that was saved, for a job that goes on from it; None for none."""
        return self.record.state

    @property
    def count(self) -> int:
        """How many news there were."""
        return self._count

    def stop(self) -> None:
        """End it with what it has: `result` is that of the moment, and `state` where it was."""
        self._pool.end(self, "stop")

    def cancel(self) -> None:
        """End it and forget it; `result` raises `JobCancelled` at once."""
        self._pool.end(self, "cancel")
        self.finish(error=JobCancelled("the job was cancelled"))

    def standing(self) -> Standing:
        """Where it stands in the queue, and about how long it takes."""
        return self._pool.standing(self)

    def add(self, first: int, news: list[Any]) -> None:
        """The pool takes in news that begin with number `first`; some may have come before."""
        with self._changed:
            fresh = news[max(0, self._count - first) :]
            self._news += fresh
            self._count += len(fresh)
            self._changed.notify_all()

    def finish(self, result: Any = None, error: Exception | None = None) -> bool:
        """The first outcome stands; says whether this is it."""
        with self._changed:
            if self.done.is_set():
                return False
            self._result, self._error = result, error
            self.done.set()
            self._changed.notify_all()
            return True
