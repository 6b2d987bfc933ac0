"""The picture of what networks read: what every lesson that shows it shares.

Target, depth and view belong to the browser, which keeps them in the address; a lesson declares
them with `link_fields` and asks `read` where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

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
    link: Link,
    state: Values,
    name: str,
    meta: Mapping[str, Any],
    packed: bytes,
    start: Place,
    *,
    report: bool = False,
) -> None:
    """Put the picture on the page.

    Args:
        name: of the configuration, as given to `tables`.
        meta: `Fields.meta`.
        packed: what `tables` made.
        start: target and depth of a link that has none.
        report: whether a target that has come to rest is worth a run.
    """
    shown = {
        **meta,
        "tables": name,
        "most": MOST_DEPTH,
        "target": start.target,
        "depth": start.depth,
        "resets": link.resets,
        "present": state["present"],
        "goto": st.session_state.get(f"{link.lesson}.goto"),
        "report": report,
    }
    mount(
        "fields",
        key=f"{link.lesson}_picture",
        data=pack(shown | look(), {}),
        on_moved_change=lambda: moved(link),
    )
    mount("weights", key=f"{link.lesson}_tables", data=packed)
