from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from arviz_models import cards, sampler
from pages.ui import parts


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    """Models, cards and tables are kept for all sessions of a process, and so for all tests."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def timers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """These visitors have no browser, whose timer would ask for what waits: it is run at once."""

    def timer(fragment: str, seconds: float | None) -> None:
        if seconds is not None:
            parts._ask([fragment])

    monkeypatch.setattr(parts, "_timer", timer)


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for this test's checkpoints, empty at first."""
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests that the server's sampler got."""
    found: list[Any] = []
    submit = sampler.Sampler.submit

    def counted(self: Any, request: Any) -> Any:
        found.append(request)
        return submit(self, request)

    monkeypatch.setattr(sampler.Sampler, "submit", counted)
    return found
