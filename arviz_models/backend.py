"""Where the pages' models draw and learn: in this process and its workers, or on a Ray cluster.

`ARVIZ_BACKEND` says it: nothing or "local" for this machine, "ray" for a Ray of its own on this
machine, "ray://HOST:PORT" for the cluster whose head listens there. What is asked for and what
comes of it are the same: `sampler.Sampling`, and `jobs.Jobs` with other workers.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

VARIABLE = "ARVIZ_BACKEND"


class BackendError(RuntimeError):
    """`ARVIZ_BACKEND` names nothing that can be used; the message says what to do."""


@dataclass(frozen=True)
class Backend:
    """Where it computes.

    Attributes:
        kind: "local" or "ray".
        address: "HOST:PORT" of the head of the Ray cluster; "" for one of this process's own.
    """

    kind: str
    address: str = ""


def backend() -> Backend:
    """What `ARVIZ_BACKEND` says.

    Raises:
        BackendError: it is none of the three.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given in ("", "local"):
        return Backend("local")
    if given == "ray":
        return Backend("ray")
    if found := re.fullmatch(r"ray://([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", given):
        return Backend("ray", f"{found[1]}:{found[2]}")
    raise BackendError(
        f"{VARIABLE} is local, ray, or ray://HOST:PORT with the port of the cluster's head, 6379 "
        f"unless it was given another; given {given!r}"
    )


def made_by(place: str) -> Any:
    """What stands at "package.module:name" of what only the other backend needs.

    Raises:
        BackendError: it is not installed.
    """
    module, name = place.split(":")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "ray":
            raise
        raise BackendError(
            f"{VARIABLE}={os.environ.get(VARIABLE)} needs Ray, which is not installed: "
            "pip install -r requirements-ray.txt, or leave the variable out"
        ) from None
