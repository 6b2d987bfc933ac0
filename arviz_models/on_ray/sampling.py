"""Samples drawn by replicas of Ray Serve (serving.py), as a process of the app asks for them.

`serve.batch` has neither turns nor a stop for each request, so a replica streams one message a
slice of its own sampler. A job that is cancelled ends its stream, and with it the work. A replica
that dies takes nothing with it: a request determines its samples, so another one draws them again.

A job has one clock: the time since something was heard of it last. After `QUIET` seconds its
session is told (`Job.waiting`), and so is the log; after `GIVE_UP` it has failed.
"""

from __future__ import annotations

import asyncio
import atexit
import dataclasses
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import ray
from ray import serve
from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import RayServeException

from arviz_models.backend import BackendError, backend
from arviz_models.on_ray.cluster import SILENT, connect
from arviz_models.on_ray.models import Luggage
from arviz_models.on_ray.serving import PRESENCE, Settings, Wanted, deploy, registry
from arviz_models.sampler.job import Cancelled, Job, Request, SamplerError, explained

PAUSE = 0.2  # seconds between two attempts, and between two looks at what waits
QUIET = 3.0  # seconds without news of a job, which tells of itself each second
LOST = 6.0  # seconds without news of a job that a replica has, after which another one is asked
GIVE_UP = 60.0  # seconds without news, after which a job has failed
MOST_LOST = 4  # replicas that may be lost with one job: it must not be drawn for ever
START = 30.0  # seconds for each thing that is started on the cluster
WARM = 20.0  # seconds that the start of the server waits for the first replica
SAY_AGAIN = 60.0  # seconds between two lines of the log

_log = logging.getLogger(__name__)


@dataclass
class Following:
    """What is known of a job under way.

    Attributes:
        heard: when something was heard of it last, on the monotonic clock; at first, when it came.
        lost: replicas that had it and were lost.
        begun: whether one has had it.
    """

    heard: float = field(default_factory=time.monotonic)
    lost: int = 0
    begun: bool = False

    @property
    def quiet(self) -> float:
        """Seconds without news."""
        return time.monotonic() - self.heard

    @property
    def left(self) -> float:
        """Seconds until it has failed, unless there is news."""
        return max(0.0, GIVE_UP - self.quiet)

    @property
    def words(self) -> str:
        """What its session is told while there is none."""
        if self.begun:
            return "waiting for the cluster: the machine that drew this does not answer"
        return "waiting for the cluster: no machine has taken this yet"


class RaySampler:
    """`sampler.Sampling` on Ray: a job here follows one in a replica.

    Args:
        settings: of the replicas, where this is the first to ask for them; None for those of the
            environment.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings.given()
        self._luggage = Luggage()
        self._open: dict[Job, Following] = {}  # in the order of arrival
        self._starting = threading.Lock()  # guards the next line
        self._loop, self._started = asyncio.new_event_loop(), False
        self._client = uuid4().hex if backend().address else ""
        self._closed = False
        # What follows belongs to the loop.
        self._handle: Any = None
        self._reaching: asyncio.Future[Any] | None = None
        self._present: asyncio.Task[None] | None = None

    def submit(self, request: Request) -> Job:
        """See `Sampling.submit`."""
        if request.model.device.type == "meta":
            raise ValueError("model is on meta: it has no numbers to draw with")
        try:
            job = Job(request)
        except (RuntimeError, MemoryError) as error:
            raise explained(error, request) from None
        if self._closed:
            raise RuntimeError("the sampler is closed")
        self._open[job] = Following()
        self._run()
        follower = asyncio.run_coroutine_threadsafe(self._follow(job, self._open[job]), self._loop)

        def done(job: Job) -> None:
            self._open.pop(job, None)
            follower.cancel()  # which ends the stream; no effect on one that is over

        job.when_done = done
        if job.done.is_set():  # before anyone could be told
            done(job)
        return job

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """See `Sampling.open_jobs`."""
        return tuple(self._open)

    def warm(self) -> None:
        """Have the replicas started, and return when one of them answers.

        Where none does within `WARM` seconds, the log says so; they may still come.

        Raises:
            BackendError: there is no cluster.
        """
        end = time.monotonic() + WARM
        while True:
            try:
                self.at_work(max(0.1, end - time.monotonic()))
            except (RayError, RayServeException, TimeoutError) as error:
                if time.monotonic() > end:
                    why = type(error).__name__
                    self._say(f"waiting for the cluster: none of its machines draws yet ({why})")
                    return
                time.sleep(PAUSE)
            else:
                return

    def at_work(self, seconds: float = SILENT) -> int:
        """How many jobs, of whomever, one of the replicas has.

        Raises:
            BackendError: there is no cluster.
            TimeoutError, RayError, RayServeException: none answers within `seconds`.
        """
        self._run()
        reached = asyncio.run_coroutine_threadsafe(self._reached(), self._loop)
        found: int = reached.result(seconds).at_work.remote().result(timeout_s=seconds)
        return found

    def close(self) -> None:
        """Cancel what is not done; the replicas stay, for other processes."""
        self._closed = True
        for job in self.open_jobs:
            job.cancel()
        atexit.unregister(self.close)

    def _run(self) -> None:
        """Start the thread whose loop follows all jobs."""
        with self._starting:
            if self._started:
                return
            self._started = True
            threading.Thread(target=self._loop.run_forever, daemon=True).start()
            asyncio.run_coroutine_threadsafe(self._look(), self._loop)
            atexit.register(self.close)

    async def _look(self) -> None:
        """Tell the sessions, and the log, of jobs without news."""
        said: float | None = None  # when the log was told, while it is so
        while not self._closed:
            waits = [(job, known) for job, known in list(self._open.items()) if known.quiet > QUIET]
            for job, known in waits:
                job.waiting = known.words
            if waits and (said is None or time.monotonic() - said > SAY_AGAIN):
                said = time.monotonic()
                self._say(f"{waits[0][1].words} (samples that wait: {len(waits)})")
            elif said is not None and not waits and time.monotonic() - said > QUIET:
                said = None
                self._say("no sample waits for the cluster any more")
            await asyncio.sleep(PAUSE)

    def _say(self, words: str) -> None:
        _log.warning("Ray cluster %s: %s", backend().address or "of this machine", words)

    async def _reached(self) -> Any:
        """A handle of the replicas. All jobs wait for the same attempt to get it."""
        if self._handle is None:
            if self._reaching is None or self._reaching.done():
                self._reaching = asyncio.ensure_future(asyncio.to_thread(self._reach))
            self._handle = await asyncio.shield(self._reaching)
            if self._client and self._present is None:
                self._present = asyncio.create_task(self._be_here())
        return self._handle

    def _reach(self) -> Any:
        """See `_reached`; it waits for a while, but not for room on the cluster."""
        connect()
        if self._client:
            there = registry(make=True)
            ray.get(there.here.remote(self._client), timeout=START)
            ray.get(there.deploy.remote(self._settings), timeout=START)
        else:
            deploy(self._settings)
        return serve.get_app_handle(self._settings.name)

    async def _be_here(self) -> None:
        """Say so again and again: who is silent has ended, and so do its jobs."""
        there: Any = None
        while not self._closed:
            await asyncio.sleep(PRESENCE)
            try:
                if there is None:
                    there = await asyncio.to_thread(registry, make=True)
                await asyncio.wait_for(there.here.remote(self._client), PRESENCE)
            except Exception:  # whatever it is: without a sign of life all jobs would be ended
                there = None  # it may have ended for good: the next time one is made

    async def _follow(self, job: Job, known: Following) -> None:
        """Take in what a replica tells of a job; where it is lost, ask another one."""
        wanted: Wanted | None = None
        try:
            while not job.done.is_set():
                try:
                    async with asyncio.timeout(known.left):
                        handle = await self._reached()
                        if wanted is None:
                            wanted = await asyncio.to_thread(self._wanted, job.request)
                    await self._stream(job, known, handle, wanted)
                except RayTaskError:  # the replica lives, and what it does is at fault
                    raise
                except (RayError, RayServeException, TimeoutError) as error:
                    known.lost += job.queued.is_set()
                    job.queued.clear()
                    job.begin()
                    if known.lost >= MOST_LOST or not known.left:
                        raise
                    if isinstance(error, RayServeException):  # its application may be no more
                        self._handle = None
                    await asyncio.sleep(PAUSE)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            job.finish(_told(error, known))

    def _wanted(self, request: Request) -> Wanted:
        given = None if request.given is None else request.given.cpu().numpy()
        fields = {each.name: getattr(request, each.name) for each in dataclasses.fields(request)}
        named = self._luggage.named(request.model)
        return Wanted(**fields | {"model": named, "given": given, "client": self._client})

    async def _stream(self, job: Job, known: Following, handle: Any, wanted: Wanted) -> None:
        """One attempt."""
        stream, patience = handle.options(stream=True).draw.remote(wanted), known.left
        try:
            while True:
                told = await asyncio.wait_for(anext(stream), patience)
                if isinstance(told.error, Cancelled):  # not by us: we were taken for gone
                    raise TimeoutError
                known.heard, known.begun, patience = time.monotonic(), True, LOST
                job.waiting = ""
                job.queued.set()
                if told.values is not None:
                    if told.first < job.step:
                        job.begin()
                    job.record(told.values, told.recorded)
                if told.error is not None:
                    job.finish(told.error)
                elif told.seconds is not None:
                    job.complete(told.seconds, told.device)
                if job.done.is_set():
                    return
        finally:
            stream.cancel()


def _told(error: Exception, known: Following) -> Exception:
    """What a visitor is told of a cluster that does not answer."""
    if isinstance(error, BackendError):
        return SamplerError(str(error))
    if isinstance(error, RayTaskError):
        return SamplerError(f"Drawing on the Ray cluster has failed: {error.cause}")
    if known.lost >= MOST_LOST:
        why = f"The machine that drew this sample was lost {known.lost} times"
    else:
        why = f"No machine of the Ray cluster has answered for {GIVE_UP:.0f} s"
    return SamplerError(f"{why} ({type(error).__name__}). Try again in a minute.")
