"""Sessions whose browser is gone are closed; those that are there, or come back, are not."""

from __future__ import annotations

from collections.abc import Iterator

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
