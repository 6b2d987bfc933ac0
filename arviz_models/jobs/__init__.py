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
  last state that it sent: `worker.SAVE_SECONDS` of work, more only where saving is slow. Its jobs
  go on from there in another worker, and say so. A job in whose turns two workers died has failed.
- **A session that goes away**: its job is put aside within a second, so that it takes no core,
  and goes on when the session is back; after `AWAY_SECONDS` it is cancelled (`Jobs.attend`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

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
    "get_jobs",
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
            _pools[kind] = Jobs(devices, TASKS, begin=begin)
        return _pools[kind]


def _workers(
    kind: str,
) -> tuple[Sequence[str] | Callable[[], Sequence[str]], Callable[..., Link]]:
    """The devices of a queue's workers, and what starts one."""
    if backend().kind == "local":
        devices = ["cpu"] * _wanted(cores) if kind == "cpu" else _gpus()
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


def _gpus() -> list[str]:
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def all_jobs() -> tuple[Jobs, ...]:
    """The queues of this process that were asked for so far."""
    return tuple(_pools.values())


def submit(request: Request, kind: str = "cpu") -> Job:
    """Queue a job on the workers of this process; see `Jobs.submit`."""
    return get_jobs(kind).submit(request)
