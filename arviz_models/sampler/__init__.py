"""One worker thread a device draws the samples of all sessions.

Fifty visitors who each run a sampling loop of their own fight for the interpreter and for the
cores. Here a session submits a `Request` and gets a `Job`; one worker computes all jobs, and is

- batched: requests for the same model that arrive together are the columns of one batch, but
  whoever wants one image does not wait for another's sheet of many;
- fair: batches under way take turns of `SLICE_SECONDS`, so a long one does not block a short one;
- cancellable: what nobody wants any more stops before its next step.

Every request has its own random numbers, from its own seed, so that its sample does not depend on
who shares its batch. (Up to rounding: the product of 8 rows may differ from that of one row in the
last bits of a probability, and a value changes only if its uniform falls into exactly those bits.)

    with get_sampler(model.device).submit(Request(model, seed=0)) as job:
        for step in job:      # as they are drawn; leave the loop out to wait for the whole
            ...
        trace = job.result()
"""

from __future__ import annotations

import threading
from typing import Protocol

import torch

from arviz_models.backend import backend, made_by
from arviz_models.device import choose_device
from arviz_models.sampler.job import (
    LARGEST_REQUEST,
    Cancelled,
    Job,
    Request,
    SamplerError,
    Trace,
)
from arviz_models.sampler.local import FEW, SHARED_BATCH, SLICE_SECONDS, Sampler, place

__all__ = [
    "FEW",
    "LARGEST_REQUEST",
    "SHARED_BATCH",
    "SLICE_SECONDS",
    "Cancelled",
    "Job",
    "Request",
    "Sampler",
    "SamplerError",
    "Sampling",
    "Trace",
    "all_samplers",
    "get_sampler",
    "own_sampler",
]

ON_RAY = "arviz_models.on_ray.sampling:RaySampler"  # by name: without Ray nothing of it is imported


class Sampling(Protocol):
    """What draws samples, in this process (`Sampler`) or elsewhere."""

    def submit(self, request: Request) -> Job:
        """Check a request and queue it; returns at once.

        Raises:
            ValueError: a field is out of its range, or the trace would be too large.
            SamplerError: there is no memory for it.
        """

    @property
    def open_jobs(self) -> tuple[Job, ...]:
        """Jobs of this process's sessions that are not done, in the order in which they came."""

    def warm(self) -> None:
        """Samples are soon to come: start what takes a while to start, and return once it has."""

    def close(self) -> None:
        """Cancel what is not done."""


_samplers: dict[tuple[str, int], Sampling] = {}
_samplers_lock = threading.Lock()


def get_sampler(device: str | torch.device | None = None) -> Sampling:
    """What draws the samples of all sessions of this process, as `ARVIZ_BACKEND` says.

    Args:
        device: where the models of the requests are; None for the default device. On Ray they are
            drawn where the cluster has room, wherever they are here.

    Raises:
        DeviceError: the device is not present.
        BackendError: see the class.
    """
    if backend().kind == "local":
        return own_sampler(device)
    with _samplers_lock:
        if ("ray", 0) not in _samplers:
            _samplers["ray", 0] = made_by(ON_RAY)()
        return _samplers["ray", 0]


def own_sampler(device: str | torch.device | None = None) -> Sampling:
    """The sampler in this process, also where Ray draws for the pages: to time this machine.

    Raises:
        DeviceError: the device is not present.
    """
    chosen = choose_device(device)
    with _samplers_lock:
        if place(chosen) not in _samplers:
            _samplers[place(chosen)] = Sampler(chosen)
        return _samplers[place(chosen)]


def all_samplers() -> tuple[Sampling, ...]:
    """The samplers of this process that were asked for so far."""
    return tuple(_samplers.values())
