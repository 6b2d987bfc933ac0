"""What the server does beside its visitors: let go of sessions that are over, give memory back.

Streamlit keeps a session for a while after its connection is gone, so that a browser that comes
back finds everything as it was. But it looks at the time only when the next session ends: after a
class, the last 128 sessions would stay until the next class. It can also collect garbage after each
run, which looks at the objects of all sessions: with 200 of them that is most of the work. Here
both are done at a steady pace, for all sessions together. What modules made is not looked at each
time: there are 300,000 objects of it, 0.3 s in which no page is answered, and it stays anyway.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
import time
from collections.abc import Callable

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

PACE = 1.0  # seconds between two rounds
SHARE = 20  # a round that took a second is followed by a pause of as many seconds
ARENAS = 2  # heaps; Python runs one thread at a time, so they are seldom wanted by two
M_ARENA_MAX = -8  # as in malloc.h
MARGIN = 10  # seconds before Streamlit forgets a session; what it has forgotten cannot be closed

_seen: dict[str, float] = {}  # session -> when it was last connected, on the monotonic clock
_ran = 0  # runs since the server started
_modules = 0  # that were there when their objects were set aside


def note_session() -> None:
    """Remember the session that runs this script."""
    global _ran
    context = get_script_run_ctx()
    if context is not None:
        _seen[context.session_id] = time.monotonic()
        _ran += 1


def connected(runtime: Runtime) -> int:
    """How many sessions have a browser now."""
    return sum(runtime.is_active_session(session) for session in list(_seen))


def close_those_gone(runtime: Runtime, patience: float) -> int:
    """Close sessions whose browser has been gone for `patience` seconds; returns how many.

    To be called on the thread of the event loop.
    """
    now = time.monotonic()
    gone = []
    for session, last in list(_seen.items()):
        if runtime.is_active_session(session):
            _seen[session] = now
        elif now - last > patience:
            gone.append(session)
    for session in gone:
        runtime.close_session(session)
        _seen.pop(session, None)
    return len(gone)


def _of_glibc(name: str) -> Callable[..., object]:
    """A function of the C library; one that does nothing where it has none of that name."""
    if sys.platform != "linux":
        return lambda *_: None
    found: Callable[..., object] = getattr(ctypes.CDLL(None), name, lambda *_: None)
    return found


def bound_arenas() -> None:
    """Have all threads take their memory from few heaps. To be called before most threads begin.

    The C library gives each of the first 8 threads a core a heap of its own. What one session's
    thread has given back, another one's cannot use, and little of it goes back to the system.
    """
    _of_glibc("mallopt")(M_ARENA_MAX, ARENAS)


def collect(*, anyone: bool) -> None:
    """Collect garbage, and set aside what is there after modules were imported.

    With it goes what sessions hold at that moment, so all is looked at again once nobody is there.

    Args:
        anyone: whether a browser is connected.
    """
    global _modules
    if not anyone:
        gc.unfreeze()
    gc.collect()
    if not anyone or len(sys.modules) > _modules:
        _modules = len(sys.modules)
        gc.freeze()


async def upkeep() -> None:
    """Round after round, as long as the server runs."""
    runtime = st.runtime.get_instance()
    patience = max(0, st.get_option("server.disconnectedSessionTTL") - MARGIN)
    trim = _of_glibc("malloc_trim")

    def tidy(anyone: bool) -> float:
        """Seconds that it took."""
        began = time.perf_counter()
        collect(anyone=anyone)
        trim(0)
        return time.perf_counter() - began

    tidied, pause = 0, PACE
    while True:
        await asyncio.sleep(pause)
        closed = close_those_gone(runtime, patience)
        if closed or _ran != tidied:
            tidied = _ran
            pause = max(PACE, SHARE * await asyncio.to_thread(tidy, connected(runtime) > 0))
