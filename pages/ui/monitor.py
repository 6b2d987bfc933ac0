"""One line a minute about the server, where someone is there: sessions, queue, memory, times.

With `ARVIZ_LOG=json` each line is a JSON object, for a program to read.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import streamlit as st
from streamlit.runtime import Runtime

from pages.ui import upkeep, work

MINUTE = 60.0  # seconds
FORMAT = "ARVIZ_LOG"

_seconds: list[float] = []  # of the runs since the last line


@contextmanager
def timed_run() -> Iterator[None]:
    """Time one run of the script. One that the next click ended is not counted."""
    began = time.perf_counter()
    yield
    _seconds.append(time.perf_counter() - began)


def percentile(seconds: list[float], part: float) -> float:
    """The smallest of them that at least `part` of them, 0..1, do not exceed; 0 of none."""
    ordered = sorted(seconds)
    return ordered[math.ceil(part * len(ordered)) - 1] if ordered else 0.0


def memory() -> int | None:
    """Bytes of RAM that this process holds; None where the system does not say (not on Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def figures(runtime: Runtime) -> dict[str, object]:
    """What the line says; the times of the runs begin anew."""
    from arviz_models import sampler

    seconds, _seconds[:] = list(_seconds), []
    held = memory()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "process": os.getpid(),
        "sessions": upkeep.connected(runtime),
        "runs": len(seconds),
        "p50_s": round(percentile(seconds, 0.5), 3),
        "p95_s": round(percentile(seconds, 0.95), 3),
        "sampling": sum(len(each.open_jobs) for each in sampler.all_samplers()),
        "training": work.under_way(),
        "memory_mb": None if held is None else round(held / 1e6),
    }


def line(said: Mapping[str, object], form: str) -> str:
    """The figures as a line. `form` is "json" or anything else for words."""
    if form == "json":
        return json.dumps(said)
    return "arviz " + " ".join(f"{name}={value}" for name, value in said.items())


async def monitor(target: TextIO | None = None, pause: float = MINUTE) -> None:
    """A line a minute to `target`, or stderr, as long as the server runs; none while it is idle."""
    runtime = st.runtime.get_instance()
    while True:
        await asyncio.sleep(pause)
        said = figures(runtime)
        if said["sessions"] or said["runs"]:
            print(line(said, os.environ.get(FORMAT, "")), file=target or sys.stderr, flush=True)
