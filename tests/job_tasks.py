"""Tasks for the tests of the queue: they count, and do what goes wrong."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

from arviz_models.jobs.worker import Step, Task


class Counting(Task):
    """Counts to `steps`, `seconds` of processor time a step; its state is the number reached.

    Args:
        steps: how far.
        seconds: a step takes.
        kills_at: the number at which the process is killed, once for each file that is not there.
        mark: that file.
        fails_at: the number at which it raises.
    """

    def __init__(
        self,
        steps: int = 10,
        seconds: float = 0.0,
        kills_at: int = -1,
        mark: str = "",
        fails_at: int = -1,
    ) -> None:
        self.total, self.seconds, self.number = steps, seconds, 0
        self.kills_at, self.mark, self.fails_at = kills_at, mark, fails_at

    def steps(self) -> Iterator[Step]:
        while self.number < self.total:
            end = time.process_time() + self.seconds
            while time.process_time() < end:
                pass
            self.number += 1
            if self.number == self.kills_at and not (self.mark and os.path.exists(self.mark)):
                if self.mark:
                    open(self.mark, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
            if self.number == self.fails_at:
                raise ValueError(f"no step {self.number}: take fewer")
            yield Step(self.number / self.total, self.number)

    def result(self) -> dict[str, Any]:
        return {"number": self.number, "process": os.getpid()}

    def state(self) -> int:
        return self.number

    def resume(self, state: int) -> None:
        self.number = state


class Clocked(Task):
    """60 steps of 0.01 s on a clock of its own, 15 an epoch; its state is the number reached."""

    now = 0.0

    def __init__(self) -> None:
        self.number = 0

    def steps(self) -> Iterator[Step]:
        while self.number < 60:
            Clocked.now += 0.01
            self.number += 1
            yield Step(self.number / 60, self.number, epoch=self.number % 15 == 0)

    def result(self) -> int:
        return self.number

    def state(self) -> int:
        return self.number


class Hungry(Task):
    """Asks for more memory than there is."""

    def steps(self) -> Iterator[Step]:
        yield Step(0.0)
        bytearray(2**60)

    def result(self) -> None:
        return None


TABLE = {"count": "tests.job_tasks:Counting", "hungry": "tests.job_tasks:Hungry"}
