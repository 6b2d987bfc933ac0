"""One fair queue for all training and fitting: jobs of all sessions, done by worker processes.

A job is asked for by name and plain options, and is told by plain data: nothing of it is shared
with who asks. So pages stay quick while it works, a crash is a message, and the same interface can
stand before workers on other machines.

    job = submit(Request("flow", {"data": "moons", "steps": 500}, session="a visitor"))
    while not job.done.is_set():
        job.wait(0.5)
        for news in job.take():
            ...
    job.result()

- **Workers** are processes, one a core or one a GPU, started when first needed and ended when they
  have been idle for a while. Each works on up to `MOST_TURNS` jobs in turns of a part of a second
  (`worker`): jobs that come at the same time have had the same share of it at any moment.
- **The queue** holds `MOST_WAITING` more; beyond them `submit` refuses, in words. `Job.standing`
  says how many are before a job, and about how long it takes.
- **A session has one job.** A new one takes its place, and the one before is stopped with what it
  has learned: who presses Train on another page means that, and would have to go back to the first
  page if it were refused. A session that asks again and again gets no more turns by it.
- **A worker that dies**, killed or out of memory, takes nothing with it but the work since the
  last state that it sent: the epoch under way, `worker.SAVE_SECONDS` of work where an epoch takes
  longer, and more only where saving is slow, which its session is told then. Its jobs go on from
  there in another worker, and say so. A job in whose turns two workers died has failed.
- **A session that goes away**: its job is put aside within a second, so that it takes no core,
  and goes on when the session is back; after `AWAY_SECONDS` it is cancelled (`Jobs.attend`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from arviz_models.backend import backend, made_by
from arviz_models.jobs.job import Job, JobCancelled, JobError, QueueFull, Request, Standing
from arviz_models.jobs.link import Link, WorkerProcess
from arviz_models.jobs.pool import AWAY_SECONDS, MOST_TURNS, MOST_WAITING, Jobs
from arviz_models.jobs.worker import size_of

__all__ = [
    "AWAY_SECONDS",
    "MOST_TURNS",
    "MOST_WAITING",
    "TASKS",
    "Job",
    "JobCancelled",
    "JobError",
    "Jobs",
    "QueueFull",
    "Request",
    "Standing",
    "all_jobs",
    "cores",
    "device_of",
    "get_jobs",
    "gpus",
    "kind_of",
    "memory_for_jobs",
    "size_of",
    "submit",
]

WORKER_BYTES = 400 * 2**20  # of a worker with PyTorch and a small model, and some room

TASKS: Mapping[str, str] = {
    "flow": "arviz_models.analysis.trainings:FlowTraining",
    "made": "arviz_models.analysis.trainings:MadeTraining",
    "nade": "arviz_models.analysis.trainings:NadeTraining",
    "pair": "arviz_models.analysis.trainings:PairTraining",
    "world": "arviz_models.analysis.trainings:TinyWorld",
    "arima": "arviz_models.analysis.trainings:ArimaFit",
    "model": "arviz_models.analysis.lab_training:ModelTraining",
    "samples": "arviz_models.analysis.lab_training:ModelSamples",
    "picture": "arviz_models.analysis.rivals:PictureScores",
    "facts": "arviz_models.analysis.rivals:ModelFacts",
    "test-nll": "arviz_models.analysis.scores:RunScores",
}
"""What can be asked for: name -> "package.module:class" of a `worker.Task`."""

ON_GPU = frozenset({"model", "test-nll"})
"""Tasks that a GPU does faster: passes over many images. The networks of the lessons are so small
that a core is faster; what draws one pixel after the other is, too; and an ARIMA is no network."""

CLUSTER_SECONDS = 30.0  # machines of a cluster come and go; its GPUs are counted so often

ONE_BY_ONE = frozenset({"NADE"})  # classes whose passes go from pixel to pixel as well

ON_RAY = "arviz_models.on_ray.working:RayWorker"  # by name: without Ray nothing of it is imported
ROOM_ON_RAY = "arviz_models.on_ray.working:room"

_pools: dict[str, Jobs] = {}
_pools_lock = threading.Lock()


def cores() -> int:
    """Workers that this machine has room for: its cores, or what a container is given of them."""
    if hasattr(os, "sched_getaffinity"):
        room = [float(len(os.sched_getaffinity(0)))]
    else:
        room = [float(os.cpu_count() or 1)]
    limits = Path("/sys/fs/cgroup")
    if (cpu := _words(limits / "cpu.max"))[0] != "max":
        room.append(float(cpu[0]) / float(cpu[1]))
    if (memory := _words(limits / "memory.max"))[0] != "max":  # half of it is the server's
        room.append(float(memory[0]) / 2 / WORKER_BYTES)
    return max(1, int(min(room)))


def _words(file: Path) -> list[str]:
    """The words of a file of the kernel's; where there is none there is no limit."""
    try:
        return file.read_text().split() or ["max"]
    except OSError:
        return ["max"]


def get_jobs(kind: str = "cpu") -> Jobs:
    """The queue that all of this process shares for a kind of device, "cpu" or "cuda".

    `ARVIZ_WORKERS` bounds the workers of the CPU; by default there is one a core.

    Raises:
        ValueError: `ARVIZ_WORKERS` is no number of at least 1, or there is no such device.
    """
    with _pools_lock:
        if kind not in _pools:
            devices, begin = _workers(kind)
            # On a cluster the workers have the memory of other machines.
            room = memory_for_jobs() if backend().kind == "local" else None
            _pools[kind] = Jobs(devices, TASKS, begin=begin, memory=room)
        return _pools[kind]


def memory_for_jobs() -> int | None:
    """Bytes that all jobs of this machine may take together: half of its memory; None if unknown.

    The other half is for the server, and for what the workers hold beside their jobs.
    """
    from arviz_models.device import main_memory

    found = main_memory()
    return None if found is None else found // 2


def _workers(
    kind: str,
) -> tuple[Sequence[str] | Callable[[], Sequence[str]], Callable[..., Link]]:
    """The devices of a queue's workers, and what starts one."""
    if backend().kind == "local":
        devices = ["cpu"] * _wanted(cores) if kind == "cpu" else list(gpus())
        if not devices:
            raise ValueError(f'there is no "{kind}" device')
        return devices, WorkerProcess
    room = made_by(ROOM_ON_RAY)

    def there() -> list[str]:
        """Machines of a cluster come and go."""
        if kind == "cpu":
            return ["cpu"] * _wanted(partial(room, "CPU"))
        return ["cuda:0"] * max(1, room("GPU"))  # Ray numbers those that it gives from 0

    if kind != "cpu" and not room("GPU"):
        raise ValueError(f'there is no "{kind}" device')
    there()  # what is wrong with the settings, or the cluster, is said here and now
    return there, made_by(ON_RAY)


def _wanted(room: Callable[[], int]) -> int:
    given = os.environ.get("ARVIZ_WORKERS", "")
    if not given:
        return room()
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"ARVIZ_WORKERS is a number of at least 1; given {given!r}")
    return int(given)


def gpus() -> tuple[str, ...]:
    """The GPUs that train, one worker each: those of the backend, unless `ARVIZ_DEVICE` says other.

    Raises:
        DeviceError: `ARVIZ_DEVICE` names what is not there.
    """
    if backend().kind == "local":
        return _gpus_here()
    return _gpus_of_cluster(int(time.monotonic() / CLUSTER_SECONDS))


@cache
def _gpus_here() -> tuple[str, ...]:
    from arviz_models.device import choose_device, gpus_of

    return gpus_of(choose_device())


@lru_cache(maxsize=1)
def _gpus_of_cluster(_when: int) -> tuple[str, ...]:
    """Ray numbers the GPUs that it gives to a worker from 0."""
    return ("cuda:0",) * made_by(ROOM_ON_RAY)("GPU")


def kind_of(task: str, options: Mapping[str, Any]) -> str:
    """The kind of device that does a task: "cuda" where a GPU is faster and there is one."""
    gains = task in ON_GPU and options.get("model") not in ONE_BY_ONE
    return "cuda" if gains and gpus() else "cpu"


def device_of(task: str, options: Mapping[str, Any]) -> str:
    """The device that does a task, in words: "cpu", "cuda: NVIDIA H200"."""
    if kind_of(task, options) == "cpu":
        return "cpu"
    if backend().kind != "local":
        return "cuda, on the cluster"
    import torch

    from arviz_models.device import describe

    return describe(torch.device(gpus()[0]))


def all_jobs() -> tuple[Jobs, ...]:
    """The queues of this process that were asked for so far."""
    return tuple(_pools.values())


def submit(request: Request) -> Job:
    """Queue a job on the workers of this process, on a GPU where it gains by one.

    See `Jobs.submit`. A session has one job, on whatever device.
    """
    mine = get_jobs(kind_of(request.task, request.options))
    job = mine.submit(request)
    for other in all_jobs():
        if other is not mine:
            other.stop_all(request.session)
    return job
