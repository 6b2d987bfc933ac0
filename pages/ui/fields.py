"""The picture of what networks read: what every lesson that shows it shares.

Target, depth and view belong to the browser, which keeps them in the address; a lesson declares
them with `link_fields` and asks `read` where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.state import Choice, Field, Integer, Link, Values

if TYPE_CHECKING:
    from arviz_models.figures.fields import Fields

MOST_DEPTH = 40  # layers after the first that the picture goes to
VIEWS = ("field", "first", "later")


@dataclass(frozen=True)
class Place:
    """Where the picture stands: flat index of the target, and layers after the first."""

    target: int
    depth: int


def link_fields(pixels: Callable[[Values], int]) -> dict[str, Field]:
    """The fields of a link that the picture keeps; `pixels` counts them from the fields before."""
    return {
        "target": Integer(0, lambda values: pixels(values) - 1, browser_owned=True),
        "depth": Integer(0, MOST_DEPTH, browser_owned=True),
        "view": Choice(VIEWS, browser_owned=True),
    }


def start(height: int, width: int, depth: int) -> Place:
    """Where a picture begins: row 7, column 5 of 11, and there of any size."""
    row, column = (round(at * (size - 1)) for at, size in ((0.7, height), (0.5, width)))
    return Place(row * width + column, depth)


def read(link: Link, start: Callable[[Values], Place]) -> dict[str, Any]:
    """The state of this run, with the target and the depth where the picture stands."""
    state = link.read()
    return state | link.kept(state, asdict(start(state)))


def moved(link: Link) -> None:
    """Callback of a lesson's picture: it says where it has come to rest."""
    link.tell(st.session_state[f"{link.lesson}_picture"].get("moved"))


def show(link: Link, goto: Mapping[str, Any], **values: Any) -> None:
    """Set the lesson's state and the picture's place: target, depth, view, and whether to play.

    What `goto` leaves out is where a link without it would be.
    """
    link.set(**values)
    link.forget()
    key = f"{link.lesson}.goto"
    before = st.session_state.get(key) or {"nonce": 0}
    st.session_state[key] = {**goto, "nonce": before["nonce"] + 1}


def tables(name: str, fields: Fields) -> bytes:
    """The arrays of the picture, packed: sent once for each configuration, which `name` tells."""
    return pack({"name": name}, dict(fields.arrays))


def picture(
    component: str,
    link: Link,
    state: Values,
    meta: Mapping[str, Any],
    packed: bytes,
    *,
    following: Collection[str],
    first_tab: str | None = None,
    arrays: Mapping[str, np.ndarray] | None = None,
    **callbacks: Any,
) -> None:
    """Put a lesson's picture on the page, and its tables beside it.

    Args:
        component: its name.
        meta: what it is told beside what all of them are; "tables" is the name of its tables.
        packed: the tables, under that name.
        following: tabs that show something of where the picture stands: while one of them is
            open, a picture that has come to rest is worth a run.
        first_tab: which one is open before the tabs have been on the page.
        arrays: what else it shows.
        callbacks: ``on_NAME_change=function`` for its triggers, besides "moved".
    """
    open_tab = st.session_state.get(f"{link.lesson}.tabs", first_tab)
    shown = {
        **meta,
        "resets": link.resets,
        "present": state["present"],
        "goto": st.session_state.get(f"{link.lesson}.goto"),
        "report": not state["present"] and open_tab in following,
    }
    mount(
        component,
        key=f"{link.lesson}_picture",
        data=pack(shown | look(), arrays or {}),
        on_moved_change=lambda: moved(link),
        **callbacks,
    )
    mount("weights", key=f"{link.lesson}_tables", data=packed)


def classroom(link: Link, controls: Sequence[str]) -> None:
    """How to present a lesson that has grids, and which controls stay then."""
    lesson.classroom(link, controls)
    st.markdown("While a grid has the focus, the arrow keys move the target; Esc ends that.")
