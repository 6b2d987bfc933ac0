"""Sessions whose browser is gone are closed; those that are there, or come back, are not."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pages.ui import upkeep

PATIENCE = 110.0  # seconds


class Runtime:
    """The part of Streamlit's that upkeep uses."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.closed: list[str] = []

    def is_active_session(self, session: str) -> bool:
        return session in self.active

    def close_session(self, session: str) -> None:
        self.closed.append(session)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [1000.0]
    monkeypatch.setattr(upkeep.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(upkeep, "_seen", {"a": 1000.0})
    yield now


def close(runtime: Runtime) -> int:
    return upkeep.close_those_gone(runtime, PATIENCE)  # type: ignore[arg-type]


def test_a_session_that_is_connected_stays(runtime: Runtime, clock: list[float]) -> None:
    runtime.active = {"a"}
    clock[0] += 10 * PATIENCE
    assert close(runtime) == 0


def test_a_session_that_is_gone_is_closed_once(runtime: Runtime, clock: list[float]) -> None:
    clock[0] += PATIENCE + 1
    assert close(runtime) == 1
    assert runtime.closed == ["a"]
    assert close(runtime) == 0


def test_a_session_that_comes_back_in_time_stays(runtime: Runtime, clock: list[float]) -> None:
    clock[0] += PATIENCE - 1
    assert close(runtime) == 0
    runtime.active = {"a"}
    close(runtime)
    runtime.active = set()
    clock[0] += PATIENCE - 1
    assert close(runtime) == 0


class Page:
    """What a session holds, and only a collection lets go of."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def set_aside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As when the server has run for a while: what is there now is set aside."""
    upkeep.collect(anyone=True)
    yield
    gc.unfreeze()
    monkeypatch.undo()
    gc.collect()


@pytest.mark.usefixtures("set_aside")
def test_the_objects_of_modules_are_not_looked_at_again() -> None:
    assert len(gc.get_objects()) < 0.1 * gc.get_freeze_count()


@pytest.mark.usefixtures("set_aside")
def test_what_a_session_leaves_is_collected_while_others_are_there() -> None:
    page = Page()
    gone = weakref.ref(page)
    del page
    upkeep.collect(anyone=True)
    assert gone() is None


@pytest.mark.usefixtures("set_aside")
def test_what_was_set_aside_with_new_modules_is_collected_when_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page()
    gone = weakref.ref(page)
    monkeypatch.setitem(sys.modules, "a_page_of_tests", ModuleType("a_page_of_tests"))
    upkeep.collect(anyone=True)
    del page
    upkeep.collect(anyone=True)
    assert gone() is not None
    upkeep.collect(anyone=False)
    assert gone() is None


# Prints the number of heaps after 16 threads have held memory at once.
HEAPS = """
import ctypes, sys, threading
from pages.ui.upkeep import bound_arenas
if sys.argv[1] == "bound":
    bound_arenas()
barrier = threading.Barrier(16)
def hold():
    held = [bytearray(20_000) for _ in range(50)]
    barrier.wait()
threads = [threading.Thread(target=hold) for _ in range(16)]
for each in threads: each.start()
for each in threads: each.join()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
out = c.fopen(sys.argv[2].encode(), b"w")
c.malloc_info(0, ctypes.c_void_p(out))
c.fclose(ctypes.c_void_p(out))
print(open(sys.argv[2]).read().count("<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_share_few_heaps(tmp_path: Path) -> None:
    def heaps(how: str) -> int:
        command = [sys.executable, "-c", HEAPS, how, str(tmp_path / how)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert heaps("bound") <= upkeep.ARENAS < heaps("free")
