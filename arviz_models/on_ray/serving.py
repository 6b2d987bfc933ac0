"""The cluster's side of sampling: replicas of Ray Serve, and the registry of those who ask them.

A replica holds a `Sampler` and the models that it was asked for, and streams one message a slice.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ray
import torch
from numpy.typing import NDArray
from ray import serve
from ray.exceptions import RayError
from ray.serve.api import RunTarget
from ray.serve.schema import ApplicationStatus

from arviz_models.device import choose_device
from arviz_models.on_ray.cluster import BEAT, HEAD, NAMESPACE, number, replicas, runtime
from arviz_models.on_ray.models import Models, Named
from arviz_models.sampler.job import Job, Request
from arviz_models.sampler.local import (
    SHARED_BATCH,
    SHARED_BATCH_ELSEWHERE,
    SLICE_SECONDS,
    Sampler,
)

# Serve's default of 5 would end each batch at five requests. A replica's sampler queues what comes
# and takes turns, so it may have as many as it can draw at once, and as many again behind them.
MOST_ONGOING = 2 * SHARED_BATCH_ELSEWHERE
# Serve adds a replica only after half a minute of load, when the lecture's first draw is over. So
# those that a lecture needs are always there (`ARVIZ_REPLICAS`); twice as many may come.
GROWTH = 2
PRESENCE = 2.0  # seconds between two signs of life of a process of the app
GONE = 6.0  # seconds without one, after which its jobs are ended
HEALTH = 1.0  # seconds between two looks of Serve's whether a replica lives
# After three late answers in a row Serve takes a replica for dead. One that computes may be late.
HEALTH_PATIENCE = 2.5

# Of the registry's methods, with their threads: who says that it is there waits for no deployment.
GROUPS = {"deploying": 1, "presence": 4}


@dataclass(frozen=True)
class Wanted:
    """A `Request` on its way: the same, with the name of its model, and the process that asks.

    Attributes:
        client: its name in the registry; "" where the cluster ends with it.
    """

    model: Named
    seed: int
    n: int
    given: NDArray[Any] | None
    temperature: float
    internals: tuple[str, ...]
    record: bool
    client: str


@dataclass(frozen=True)
class Told:
    """A message of a replica.

    Attributes:
        first: number of the first step in it.
        values, recorded: of some steps, as `Job.record` takes them; None where it is only a sign
            of life.
        seconds, device: of the whole, in the last message; None before.
        error: what has gone wrong.
    """

    first: int = 0
    values: NDArray[Any] | None = None
    recorded: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float | None = None
    device: str = ""
    error: Exception | None = None


class Replica:
    """What Serve starts: a sampler, and the models that it was asked for.

    Args:
        slice_seconds: of its sampler.
    """

    def __init__(self, slice_seconds: float = SLICE_SECONDS) -> None:
        torch.set_num_threads(1)
        device = choose_device()
        self._models, self._sampler = Models(device), Sampler(device, slice_seconds)
        self._of: dict[Job, str] = {}  # whose job it is
        self._watch: asyncio.Task[None] | None = None

    async def at_work(self) -> int:
        """How many jobs it has."""
        return len(self._sampler.open_jobs)

    async def draw(self, wanted: Wanted) -> AsyncIterator[Told]:
        """One message a slice, and one a second at least; Serve ends it where nobody listens."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def submit() -> Job:
            model = self._models.get(wanted.model)
            given = None
            if wanted.given is not None:
                given = torch.from_numpy(wanted.given.copy()).to(model.device)
            fields = {each.name: getattr(wanted, each.name) for each in dataclasses.fields(Request)}
            return self._sampler.submit(Request(**fields | {"model": model, "given": given}))

        try:
            job = await asyncio.to_thread(submit)
        except Exception as error:
            yield Told(error=error)
            return
        job.when_changed = lambda: loop.call_soon_threadsafe(changed.set)
        self._of[job] = wanted.client
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._look_after())
        try:
            yield Told()
            async for told in _progress(job, changed):
                yield told
        finally:
            job.cancel()
            del self._of[job]

    async def _look_after(self) -> None:
        """Cancel the jobs of processes that have ended: Serve goes on for them."""
        while clients := set(self._of.values()) - {""}:
            for client in clients:
                with contextlib.suppress(ValueError, RayError):  # no registry: its machine is gone
                    if await registry().gone.remote(client):
                        for job in [job for job, whose in self._of.items() if whose == client]:
                            job.cancel()
            await asyncio.sleep(PRESENCE)


async def _progress(job: Job, changed: asyncio.Event) -> AsyncIterator[Told]:
    """What a job of the replica's sampler has recorded since the last message, until its end."""
    sent = 0
    changed.set()  # it may have done so before anyone listened
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), BEAT)
        changed.clear()
        over, there = job.done.is_set(), job.step
        sent = min(sent, there)  # it may have begun again
        if there > sent:
            values, recorded = job.recorded(sent, there)
            told = Told(sent, values, recorded)
            sent = there
        else:
            told = Told()
        if over:
            try:
                trace = job.result(0)
            except Exception as error:
                yield replace(told, error=error)
            else:
                yield replace(told, seconds=trace.seconds, device=trace.device)
            return
        yield told


@dataclass(frozen=True)
class Settings:
    """How the replicas run.

    Attributes:
        name: of the application on the cluster.
        slice_seconds: of the turns of a replica's sampler.
        replicas: that are always there.
        cpus, gpus: of one of them.
    """

    name: str = "arviz"
    slice_seconds: float = SLICE_SECONDS
    replicas: int = 1
    cpus: float = 1.0
    gpus: float = 0.0

    @classmethod
    def given(cls) -> Settings:
        """As `ARVIZ_REPLICAS` and `ARVIZ_REPLICA_GPUS` say.

        Raises:
            BackendError: one is no such number.
        """
        return cls(replicas=replicas(), gpus=number("ARVIZ_REPLICA_GPUS", 0))


def deploy(settings: Settings) -> None:
    """Have Serve start the replicas, unless it does; they come where and when there is room."""
    found = serve.status().applications.get(settings.name)
    if found is not None and found.status != ApplicationStatus.DEPLOY_FAILED:
        return
    serve.start(proxy_location="Disabled")  # nothing listens for HTTP: handles need none
    deployment = serve.deployment(
        Replica,
        name="Replica",
        max_ongoing_requests=MOST_ONGOING,
        autoscaling_config={
            "min_replicas": settings.replicas,
            "max_replicas": GROWTH * settings.replicas,
            # More than it can draw together.
            "target_ongoing_requests": SHARED_BATCH["cpu"],
        },
        health_check_period_s=HEALTH,
        health_check_timeout_s=HEALTH_PATIENCE,
        graceful_shutdown_timeout_s=5,
        logging_config={"log_level": "WARNING", "enable_access_log": False},
        ray_actor_options={
            "num_cpus": settings.cpus,
            "num_gpus": settings.gpus,
            "runtime_env": runtime(),
        },
    )
    asked = RunTarget(deployment.bind(settings.slice_seconds), settings.name, route_prefix=None)
    serve.run_many([asked], wait_for_applications_running=False)


class Registry:
    """One actor of the cluster: deploys for all processes of the app, and knows which are there."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}  # process -> time of its last sign of life

    @ray.method(concurrency_group="deploying")
    def deploy(self, settings: Settings) -> None:
        """See the function; two processes that ask at the same time get one deployment."""
        deploy(settings)

    @ray.method(concurrency_group="presence")
    def here(self, client: str) -> None:
        """A process says that it is there."""
        self._seen[client] = time.monotonic()

    @ray.method(concurrency_group="presence")
    def gone(self, client: str) -> bool:
        """Whether it has not said so for long. A new registry gives each of them that time."""
        now = time.monotonic()
        return now - self._seen.setdefault(client, now) > GONE


def registry(make: bool = False) -> Any:
    """The registry of this cluster. It lives on the head, and is started again where it ends.

    Raises:
        ValueError: there is none, and none is to be made.
    """
    name, namespace = "registry", NAMESPACE
    if not make:
        return ray.get_actor(name, namespace)
    options = {"num_cpus": 0, "resources": HEAD, "max_restarts": -1, "concurrency_groups": GROUPS}
    kind = ray.remote(**options)(Registry)
    where = {"name": name, "namespace": namespace, "lifetime": "detached", "get_if_exists": True}
    return kind.options(**where, runtime_env=runtime()).remote()
