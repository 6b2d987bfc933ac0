"""The picture of what networks read: what every lesson that shows it shares.

Target, depth and view belong to the browser, which keeps them in the address; a lesson declares
them with `link_fields` and asks `read` where they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from arviz_models.figures.palette import MEANINGS
from pages.ui.components import pack
from pages.ui.query import Choice, Field, Integer, Values
from pages.ui.state import Link

if TYPE_CHECKING:
    from arviz_models.analysis.side_by_side import Fields

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


def meta(fields: Fields) -> dict[str, Any]:
    """All of several networks' receptive fields but the arrays, as JSON holds it."""
    from arviz_models.analysis.receptive_fields import NAMES

    rows, columns = fields.shape
    marks = ("target", "seen", *NAMES[3:], "future")
    return {
        "rows": rows,
        "columns": columns,
        "last": fields.last,
        "panels": [asdict(panel) for panel in fields.panels],
        "words": {name: MEANINGS[name].word for name in marks},
    }


def tables(name: str, fields: Fields) -> bytes:
    """The arrays of the picture, packed: sent once for each configuration, which `name` tells."""
    return pack({"name": name}, dict(fields.arrays))
