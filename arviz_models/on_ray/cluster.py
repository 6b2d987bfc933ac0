"""The Ray cluster of this process: its own, or one that this machine has joined."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any

from arviz_models.backend import BackendError, backend
from arviz_models.jobs.link import environment

# Before Ray is imported, which reads it then: nothing is reported to anyone.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray

NAMESPACE = "arviz"
OBJECT_STORE = 200_000_000  # bytes of an own Ray: weights of students, and messages on their way
BEAT = 1.0  # seconds after which an actor that has no news says so
SILENT = 8.0  # seconds without an answer, after which an actor is taken for lost

_connecting = threading.Lock()
_over = threading.Event()  # this process ends, and Ray with it: what was lost is not begun again


def connect() -> None:
    """Join the cluster or start an own one, once; it ends with this process.

    Raises:
        BackendError: there is no such cluster, or this process ends.
    """
    with _connecting:
        if _over.is_set():
            raise BackendError("the server ends")
        if ray.is_initialized():
            return
        try:
            _begin()
        finally:
            atexit.register(_over.set)  # after Ray's own, and so called before it


def _begin() -> None:
    """See `connect`."""
    address = backend().address
    if not address:
        ray.init(
            namespace=NAMESPACE,
            # A replica that draws and a worker that trains need one each.
            num_cpus=max(2, os.cpu_count() or 1),
            object_store_memory=OBJECT_STORE,
            include_dashboard=False,
            logging_level="WARNING",
            _node_ip_address="127.0.0.1",
        )
        return
    try:
        ray.init(address, namespace=NAMESPACE, logging_level="WARNING")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BackendError(
            f"ARVIZ_BACKEND=ray://{address}: this machine is in no such cluster "
            f"({str(error).strip().splitlines()[0]}). Join it first: "
            f"ray start --address={address} --num-cpus=0 --disable-usage-stats"
        ) from None


def runtime() -> dict[str, Any]:
    """The `runtime_env` of our actors, each of which has one core."""
    return {"env_vars": environment()}


def replicas() -> int:
    """How many replicas that draw samples are always there, as `ARVIZ_REPLICAS` says.

    Raises:
        BackendError: it is no number.
    """
    return max(1, int(number("ARVIZ_REPLICAS", 1)))


def total(resource: str) -> int:
    """How much of "CPU" or "GPU" all machines of the cluster have together."""
    connect()
    return int(ray.cluster_resources().get(resource, 0))


def number(variable: str, default: float) -> float:
    """A number from the environment.

    Raises:
        BackendError: it is none, or below 0.
    """
    given = os.environ.get(variable, "") or str(default)
    try:
        found = float(given)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise BackendError(f"{variable} is a number of at least 0; given {given!r}")
    return found
