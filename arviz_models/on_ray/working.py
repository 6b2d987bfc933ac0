"""Workers of `jobs.Jobs` that are Ray actors, each with one CPU or one GPU of its own.

The queue, the turns, and the states from which a job goes on after a worker has died are those of
`jobs`. An actor ends with the process that has started it, so no work is done for one that is gone.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from arviz_models.backend import BackendError
from arviz_models.jobs.link import Link
from arviz_models.jobs.worker import Worker, load, packed, unpacked
from arviz_models.on_ray.cluster import BEAT, SILENT, connect, number, replicas, runtime, total
from arviz_models.on_ray.parcels import Sender, unpack

GROUPS = {"orders": 1, "news": 1}  # of the actor's methods; one thread each keeps their order
LATE = 8.0  # seconds after which one that has not begun is taken to lack room

_sender = Sender()


def room(resource: str) -> int:
    """Workers that the cluster has room for beside the replicas that draw samples."""
    found = total(resource)
    if resource == "CPU":
        found -= replicas()
    else:
        found -= math.ceil(replicas() * number("ARVIZ_REPLICA_GPUS", 0))
    return max(int(resource == "CPU"), found)


class Actor:
    """A `Worker` in a process of Ray's; its arguments are those of `Worker`."""

    def __init__(self, tasks: Mapping[str, str], device: str) -> None:
        load(tasks)
        self._changed = threading.Condition()  # guards the three below
        self._news: list[bytes] = []
        self._told, self._heard = 0, 0  # messages that were put there, and those the server has
        self._turn = 0  # number of the job of which the server knows that it works
        self._worker = Worker(tasks, device, self._tell)
        threading.Thread(target=self._worker.work, daemon=True).start()

    def pid(self) -> int:
        """Id of its process."""
        return os.getpid()

    @ray.method(concurrency_group="orders")
    def order(self, message: bytes, references: dict[str, list[Any]]) -> None:
        """Take in an order."""
        self._worker.orders.put(unpack(message, references))

    @ray.method(concurrency_group="news")
    def news(self) -> list[bytes]:
        """The messages since the last call; it waits for the first, but not for long."""
        with self._changed:
            self._heard = self._told - len(self._news)  # who asks again has the last answer
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._news, BEAT)
            found, self._news = self._news, []
            return found

    def _tell(self, message: dict[str, Any]) -> None:
        """What the worker does with a message.

        Where another job takes its turn, it begins only once the server knows. Otherwise a job that
        ends this process at once would do so again and again, and nobody could tell which it was.
        """
        with self._changed:
            # Packed at once: what a task tells, such as its state, may change while it waits here.
            self._news.append(packed(message))
            self._told += 1
            self._changed.notify_all()
            if message["what"] == "turn" and message["job"] != self._turn:
                self._turn, number = message["job"], self._told
                self._changed.wait_for(lambda: self._heard >= number, SILENT)


class RayWorker(Link):
    """The server's side of such an actor.

    Args:
        arguments: of `Link`.
        options: of the actor, other than one CPU or one GPU.
    """

    def __init__(self, *arguments: Any, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(*arguments)
        gpu = self.device != "cpu"
        self._options = {"num_cpus": 1 - gpu, "num_gpus": int(gpu), **(options or {})}
        self._began = time.monotonic()
        self._pid: int | None = None
        self._actor: Any = None
        self._over = threading.Event()
        threading.Thread(target=self._live, daemon=True).start()

    @property
    def pid(self) -> int | None:
        return self._pid

    def kill(self) -> None:
        if self._actor is not None:
            with suppress(RayError):
                ray.kill(self._actor)

    def wait(self, seconds: float) -> bool:
        return self._over.wait(seconds)

    @property
    def lacks_room(self) -> bool:
        return not self.ready and time.monotonic() - self._began > LATE

    def _live(self) -> None:
        """Start the actor, and listen until it has ended."""
        try:
            connect()
            begin = ray.remote(**self._options, concurrency_groups=GROUPS)(Actor)
            begin = begin.options(runtime_env=runtime())
            self._actor = begin.remote(dict(self.tasks), self.device)
            self._pid = ray.get(self._actor.pid.remote())
            threading.Thread(target=self._speak, daemon=True).start()
            self._hear(self, {"what": "ready"})
            while True:
                # A machine that is cut off does not answer: for Ray it may live for a while yet.
                for message in ray.get(self._actor.news.remote(), timeout=SILENT):
                    self._hear(self, unpacked(message))
        except GetTimeoutError:
            why = f"or is cut off: it has not answered for {SILENT:.0f} s"
        except BackendError as error:
            why = f"before it began: {error}"
        except Exception as error:  # whatever it is: jobs must not wait for what is not there
            why = f"({type(error).__name__}), perhaps with its machine or for lack of memory"
        self.kill()
        self._orders.put(None)
        self._over.set()
        self._lose(self, why)

    def _speak(self) -> None:
        while (order := self._orders.get()) is not None:
            with suppress(RayError):  # the actor is no more, which `_live` finds out
                self._actor.order.remote(*_sender.pack(order))
        self.kill()
