"""What the pool asks of a worker, and the worker that is a process of this machine."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from arviz_models.jobs.job import Job
from arviz_models.jobs.worker import receive, send

ROOT = Path(__file__).resolve().parents[2]
# Pages go before training, where both want the same core. In a class of 200 of whom eight trained,
# one page in twenty took 3.3 s at a niceness of 3, and 0.3 s at 10 (benchmarks/test_class.py).
NICENESS = 10
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def environment() -> dict[str, str]:
    """What a worker has beside the variables of its machine: this code, and one thread."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}


class Link(ABC):
    """The server's side of a worker, wherever that is.

    Args:
        tasks: name -> "package.module:class".
        device: of its tasks.
        hear: is called with this object and each message, on a thread of its own.
        lose: is called with this object and why, once the worker has ended: "by signal 9".

    Attributes:
        jobs: number -> job that it has.
        turn: number of the job that works now, 0 before the first.
        ready: whether the worker has begun.
        idle: since when it has no job, on the monotonic clock.
    """

    def __init__(
        self,
        tasks: Mapping[str, str],
        device: str,
        hear: Callable[[Link, dict[str, Any]], None],
        lose: Callable[[Link, str], None],
    ) -> None:
        self.tasks, self.device = tasks, device
        self.jobs: dict[int, Job] = {}
        self.turn, self.ready, self.idle = 0, False, time.monotonic()
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._hear, self._lose = hear, lose

    def order(self, what: str, job: Job, **more: Any) -> None:
        """Tell the worker to do something with a job."""
        job.record.ordered, job.record.when = what, time.monotonic()
        self._orders.put({"do": what, "job": job.number, **more})

    def begin(self, job: Job) -> None:
        """Give it a job."""
        self.jobs[job.number] = job
        record, request = job.record, job.request
        self.order(
            "begin",
            job,
            task=request.task,
            options=dict(request.options),
            state=record.state,
            count=record.count,
            seconds=record.seconds,
            newcomer=record.newcomer,
        )
        record.newcomer = False

    def let_go(self, job: Job) -> None:
        """It has that job no more."""
        del self.jobs[job.number]
        self.idle = time.monotonic()

    def end(self) -> None:
        """Have it end, once it has done what it was told."""
        self._orders.put(None)

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """Id of the process on its machine; None where it is not known yet."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Whether it ends within that time."""

    @property
    def lacks_room(self) -> bool:
        """Whether it waits to be started because no machine has room for it."""
        return False


class WorkerProcess(Link):
    """A worker that is a process of this machine; see `worker`."""

    def __init__(self, *arguments: Any, niceness: int = NICENESS) -> None:
        """The arguments are those of `Link`, and how far it stands back, 0 to 19."""
        super().__init__(*arguments)
        begin = "from arviz_models.jobs.worker import main; main()"
        settings = {"tasks": dict(self.tasks), "device": self.device, "niceness": niceness}
        self.process = subprocess.Popen(
            [sys.executable, "-c", begin, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment()},
        )
        for work in (self._speak, self._listen):
            threading.Thread(target=work, daemon=True).start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()

    def wait(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _speak(self) -> None:
        """Orders go through a thread, so that nobody waits while a worker starts."""
        assert self.process.stdin is not None
        try:
            while (order := self._orders.get()) is not None:
                send(self.process.stdin, order)
            self.process.stdin.close()
        except OSError:  # the process is no more, which `_listen` finds out
            pass

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while (message := receive(self.process.stdout)) is not None:
            self._hear(self, message)
        self.process.stdout.close()
        self._orders.put(None)
        code = self.process.wait()
        why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        self._lose(self, why + (", perhaps for lack of memory" if code == -9 else ""))
