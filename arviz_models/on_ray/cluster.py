"""The Ray cluster of this process: its own, or one that this machine has joined."""

from __future__ import annotations

import atexit
import os
import socket
import threading
from concurrent.futures import Future
from typing import Any

from arviz_models.backend import BackendError, backend
from arviz_models.jobs.link import environment

# Before Ray is imported, which reads it then: nothing is reported to anyone.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray

NAMESPACE = "arviz"
HEAD = {"node:__internal_head__": 0.001}  # of a resource that the head alone has
OBJECT_STORE = 200_000_000  # bytes of an own Ray: weights of students, and messages on their way
BEAT = 1.0  # seconds after which an actor that has no news says so
SILENT = 8.0  # seconds without an answer, after which an actor is taken for lost
PORT = 2.0  # seconds for the head's port to open
JOIN = 20.0  # seconds to join its cluster: Ray itself tries for many minutes, and says nothing
OWN = 60.0  # seconds for a Ray of this process to start

_lock = threading.Lock()  # guards the next line
_attempt: Future[None] | None = None  # to join or start; one at a time, for all who wait
_over = threading.Event()  # this process ends, and Ray with it: what was lost is not begun again


def connect() -> None:
    """Join the cluster or start an own one, once; it ends with this process.

    Raises:
        BackendError: there is no such cluster, it does not answer, or this process ends.
    """
    global _attempt
    address = backend().address
    with _lock:
        if _over.is_set():
            raise BackendError("the server ends")
        if _attempt is None or _attempt.done():
            if ray.is_initialized():
                return
            _attempt = Future()
            # Ray cannot be told to give up: where it is late, this thread waits on alone.
            threading.Thread(target=_try, args=(_attempt, address), daemon=True).start()
        attempt = _attempt
    seconds = JOIN if address else OWN
    try:
        attempt.result(seconds)
    except TimeoutError:
        raise BackendError(
            f"{_named(address)}: Ray does not answer within {seconds:.0f} s. "
            + (f"Is it the head of a cluster that listens at {address}?" if address else "")
        ) from None


def _named(address: str) -> str:
    return f"ARVIZ_BACKEND=ray{'://' if address else ''}{address}"


def _try(attempt: Future[None], address: str) -> None:
    try:
        if address:
            _join(address)
        else:
            _begin()
    except Exception as error:
        attempt.set_exception(error)
    else:
        attempt.set_result(None)
    finally:
        atexit.register(_over.set)  # after Ray's own, and so called before it


def _begin() -> None:
    """Start an own Ray."""
    ray.init(
        namespace=NAMESPACE,
        # A replica that draws and a worker that trains need one each.
        num_cpus=max(2, os.cpu_count() or 1),
        object_store_memory=OBJECT_STORE,
        include_dashboard=False,
        logging_level="WARNING",
        _node_ip_address="127.0.0.1",
    )


def _join(address: str) -> None:
    """Join the cluster whose head listens there.

    Raises:
        BackendError: nothing listens there, or this machine is not in that cluster.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PORT).close()
    except (OSError, OverflowError) as error:
        raise BackendError(
            f"{_named(address)}: no head of a Ray cluster listens there ({error}). Start it, or "
            "correct the address"
        ) from None
    try:
        ray.init(address, namespace=NAMESPACE, logging_level="WARNING")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BackendError(
            f"{_named(address)}: this machine is in no such cluster "
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
