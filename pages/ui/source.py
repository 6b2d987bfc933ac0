"""The code tab: this repository's own lines, read from the source and never copied."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]


def show_source(*objects: Callable[..., Any] | type, note: str = "") -> None:
    """The source of functions, methods or classes, each under the file and line it stands at."""
    if note:
        st.markdown(note)
    for item in objects:
        lines, first = inspect.getsourcelines(item)
        path = Path(inspect.getsourcefile(item) or "").resolve()
        place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        st.caption(f"{place}, line {first}")
        st.code(inspect.cleandoc("".join(lines)) if first == 1 else _dedent(lines), "python")


def _dedent(lines: list[str]) -> str:
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "".join(line[indent:] if line.strip() else "\n" for line in lines).rstrip()
