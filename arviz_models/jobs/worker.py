"""A process that works on jobs in turns: what `arviz_models.jobs` starts, one a core or GPU.

It reads orders from its standard input and writes news to its standard output, each a pickle of
plain data with its length before it. When its input ends, because the server closed it or is no
more, the process ends too.

A job is a `Task`: made here, from its name and plain options. Tasks take turns of `SLICE_SECONDS`
and wait for their next turn as they are, in memory. What a task tells of its work is numbered: one
that goes on from an earlier state, after a crash or in another worker, tells nothing twice.

The process is `python -c "from arviz_models.jobs.worker import main; main()"`, and not one of
multiprocessing: that would run the main module of the server again, which for Streamlit is a page.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from typing import IO, Any

SLICE_SECONDS = 0.25  # of a turn, where several jobs share the worker
TELL_SECONDS = 0.1  # between two messages of a job at work
SAVE_SECONDS = 2.0  # of work between two states that are sent to the server
SAVE_LEAST = 0.1  # and at the end of an epoch, if so much has been done since the last
SAVE_SHARE = 50  # saving costs at most one part in so many of the work
NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Step:
    """What a task yields: here another job may take its turn.

    Attributes:
        part: how much of the work is done, 0..1.
        news: plain data for whoever asked for it; None for none.
        epoch: whether an epoch of a training ends here. Its state is saved, so that a worker that
            dies loses no more than the epoch under way, unless that would slow the work down.
    """

    part: float
    news: Any = None
    epoch: bool = False


class Task(ABC):
    """A piece of work, made from plain options in the worker that does it."""

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """Do the work, in steps of at most a few tenths of a second."""

    @abstractmethod
    def result(self) -> Any:
        """Plain data: what has come of it, at its end or where it is stopped."""

    def state(self) -> Any:
        """Plain data from which `resume` goes on; None where it can only begin again."""
        return None

    def resume(self, state: Any) -> None:
        """Go on from there. Called before `steps`."""
        raise NotImplementedError


def in_steps(work: Callable[[Callable[[Step], None]], None]) -> Iterator[Step]:
    """The steps of a function that cannot yield, since another library calls back from within it.

    Args:
        work: gets a function that it calls with each step. It runs in a thread of its own, but
            never at the same time as who asks for the steps; where no more of them are wanted, that
            call does not return.
    """
    back: queue.SimpleQueue[Any] = queue.SimpleQueue()  # a step, an error, None at the end
    forth: queue.SimpleQueue[bool] = queue.SimpleQueue()  # whether to go on

    def pause(step: Step) -> None:
        back.put(step)
        if not forth.get():
            raise GeneratorExit

    def run() -> None:
        if forth.get():
            try:
                work(pause)
                back.put(None)
            except BaseException as error:
                back.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while True:
            forth.put(True)
            found = back.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        forth.put(False)
        thread.join()


def packed(message: Any) -> bytes:
    """A message as it travels."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """A message that has come."""
    return pickle.loads(data)


def size_of(message: Any) -> int:
    """Bytes that it takes on its way between two processes."""
    return len(packed(message))


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = packed(message)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message; None where the stream has ended, also within a message."""
    length = stream.read(8)
    if len(length) < 8:
        return None
    data = stream.read(int.from_bytes(length, "little"))
    return unpacked(data) if len(data) == int.from_bytes(length, "little") else None


def found_by(place: str) -> Any:
    """What stands at "package.module:name"."""
    module, name = place.split(":")
    return getattr(import_module(module), name)


def load(tasks: Mapping[str, str]) -> None:
    """Import the tasks, and PyTorch with them: a worker that waits for work begins at once."""
    for module in {place.partition(":")[0] for place in tasks.values()}:
        import_module(module)


@dataclass
class _Work:
    """A job in this worker.

    Attributes:
        order: what to make its task from, and to go on from.
        count: how many news its task has yielded; `untold` are the last of them.
        seconds: that it has worked, in all workers.
        told, saved: when it last told something, in seconds of the clock; when it was last saved,
            in seconds of its work.
        cost: seconds that it takes to save it.
        epochs: that have ended since it was saved.
    """

    order: Mapping[str, Any]
    count: int
    seconds: float
    task: Task | None = None
    steps: Iterator[Step] | None = None
    part: float = 0.0
    untold: list[Any] = field(default_factory=list)
    told: float = 0.0
    saved: float = 0.0
    cost: float = 0.0
    epochs: int = 0

    @property
    def job(self) -> int:
        number: int = self.order["job"]
        return number


class Worker:
    """The jobs of one process, and their turns.

    Args:
        tasks: name -> "package.module:class".
        device: given to each task that has an option of that name, unless it is "cpu".
        tell: sends a message to the server.
    """

    def __init__(
        self, tasks: Mapping[str, str], device: str, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self.tasks, self.device, self.tell = tasks, device, tell
        self.orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.turns: deque[_Work] = deque()

    def work(self) -> None:
        """Turn after turn, without end."""
        while True:
            self._obey()
            if self.turns:
                self._take_turn(self.turns[0])

    def _obey(self) -> None:
        """Do what was ordered since; wait for an order where there is no work."""
        while not self.turns or not self.orders.empty():
            order = self.orders.get()
            if order["do"] == "begin":
                self._begin(_Work(order, order["count"], order["seconds"], saved=order["seconds"]))
                continue
            for work in [each for each in self.turns if each.job == order["job"]]:
                self._end_early(work, order["do"])

    def _begin(self, work: _Work) -> None:
        """A newcomer has its first turn next, as most of what is asked for is short."""
        if work.order["newcomer"]:
            self.turns.insert(sum(each.task is None for each in self.turns), work)
        else:
            self.turns.append(work)

    def _end_early(self, work: _Work, how: str) -> None:
        """Stop it and tell its result, put it down for later, or forget it."""
        self.turns.remove(work)
        try:
            # What has no task yet had no turn, and its state is the one that it came with.
            given = work.order["state"] if work.task is None else work.task.state()
            if how == "stop":
                if work.task is None:
                    work.task = self._made(work)
                self._tell_news(work)
                self._tell(work, "ended", result=work.task.result(), state=given, count=work.count)
            elif how == "park":
                self._tell_news(work)
                self._tell(work, "parked", state=given, count=work.count)
            else:
                self._tell(work, "cancelled")
        except Exception as error:
            self._fail(work, error)
        finally:
            if work.steps is not None:
                work.steps.close()  # type: ignore[attr-defined]  # they are a generator

    def _take_turn(self, work: _Work) -> None:
        """Work for a slice, then go to the end of the row."""
        self.turns.rotate(-1)
        self._tell(work, "turn")
        try:
            self._slice(work)
        except Exception as error:
            if work in self.turns:
                self.turns.remove(work)
            self._fail(work, error)

    def _slice(self, work: _Work) -> None:
        if work.task is None:
            work.task = self._made(work)
            work.steps = work.task.steps()
        assert work.steps is not None
        begun = before = time.perf_counter()
        while before - begun < SLICE_SECONDS:
            step = next(work.steps, None)
            now = time.perf_counter()
            work.seconds += now - before
            before = now
            if step is None:
                self.turns.remove(work)
                work.part = 1.0
                self._tell_news(work)
                result, state = work.task.result(), work.task.state()
                self._tell(work, "ended", result=result, state=state, count=work.count)
                return
            work.part = step.part
            if step.news is not None:
                work.untold.append(step.news)
                work.count += 1
            if step.epoch:
                work.epochs += 1
                self._save(work, SAVE_LEAST)
            if now - work.told >= TELL_SECONDS:
                self._tell_news(work)
            if not self.orders.empty():
                self._obey()
                if work not in self.turns:
                    return
                if self.turns[0].task is None:  # a newcomer need not wait for the end of this turn
                    break
        self._tell_news(work)
        self._save(work, SAVE_SECONDS)

    def _made(self, work: _Work) -> Task:
        options = dict(work.order["options"])
        made_of = found_by(self.tasks[work.order["task"]])
        if self.device != "cpu" and "device" in signature(made_of).parameters:
            options["device"] = self.device
        task: Task = made_of(**options)
        if work.order["state"] is not None:
            task.resume(work.order["state"])
        return task

    def _save(self, work: _Work, least: float) -> None:
        """Send the state to the server, not so often that it would cost much of the work.

        Args:
            least: seconds of work since it was last saved; with less it is not.
        """
        assert work.task is not None
        if work.seconds - work.saved < max(least, SAVE_SHARE * work.cost):
            return
        self._tell_news(work)  # what comes before the state
        begun = time.perf_counter()
        state = work.task.state()
        if state is not None:
            self._tell(work, "saved", state=state, count=work.count)
        work.saved, work.epochs = work.seconds, 0
        work.cost = time.perf_counter() - begun

    def _tell_news(self, work: _Work) -> None:
        work.told = time.perf_counter()
        news, work.untold = work.untold, []
        told = {"first": work.count - len(news), "news": news, "part": work.part}
        self._tell(work, "news", **told, epochs=work.epochs)

    def _fail(self, work: _Work, error: Exception) -> None:
        words = str(error) or type(error).__name__
        if isinstance(error, MemoryError) or any(phrase in words for phrase in NO_MEMORY):
            words = "there is not enough memory for it: make it smaller, or try again later"
        print("".join(traceback.format_exception(error)), file=sys.stderr, flush=True)
        self._tell(work, "failed", kind=type(error).__name__, words=words)

    def _tell(self, work: _Work, what: str, **more: Any) -> None:
        self.tell({"what": what, "job": work.job, "seconds": work.seconds, **more})


def main() -> None:
    """The process: its settings are JSON in its first argument: `tasks`, `device`, `niceness`."""
    settings = json.loads(sys.argv[1])
    orders = os.fdopen(os.dup(0), "rb")
    news = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to the server's log
    if hasattr(os, "nice"):
        os.nice(settings["niceness"])
    _be_the_first_to_go()
    lock = threading.Lock()

    def tell(message: dict[str, Any]) -> None:
        with lock:
            send(news, message)

    worker = Worker(settings["tasks"], settings["device"], tell)

    def read() -> None:
        while (order := receive(orders)) is not None:
            worker.orders.put(order)
        os._exit(0)

    # Before the thread that reads: an order may hold arrays, and where two threads import NumPy at
    # once, one gets half of it.
    load(settings["tasks"])
    threading.Thread(target=read, daemon=True).start()
    tell({"what": "ready"})
    try:
        worker.work()
    except BrokenPipeError:  # the server is no more
        os._exit(0)


def _be_the_first_to_go() -> None:
    """Where memory runs out, Linux ends this process and not the server."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass
