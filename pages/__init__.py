"""The pages; `LESSONS` lists the lessons (pages/lessons.py).

They are imported when `LESSONS` is first asked for: the server answers a browser before it has
them, and loads them while the browser loads Streamlit's own files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pages.lessons import LESSONS

__all__ = ["LESSONS"]


def __getattr__(name: str) -> Any:
    """The lessons; the name is looked up here only until they are loaded."""
    if name != "LESSONS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pages.lessons import LESSONS

    return LESSONS
