"""The grids of several networks side by side, as both activities that have them show them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import streamlit as st

from arviz_models.analysis.networks import NETWORKS
from pages.ui.components import look, mount, pack
from pages.ui.query import Field, Words
from pages.ui.stage import Stage

FIVE = ("pixelcnn", "gated", "row", "diagonal", "full")
NONE = "none"


def nets_fields() -> dict[str, Field]:
    """Which networks are shown; the browser keeps it."""
    return {"nets": Words(tuple(NETWORKS), browser_owned=True)}


def place_of(stage: Stage, start: Mapping[str, Any], moved: Collection[str] = ()) -> dict[str, Any]:
    """`start`, with what the step says of where the picture stands.

    Args:
        moved: names that the step's place says nothing of here.
    """
    place = {name: value for name, value in (stage.goto or {}).items() if name not in moved}
    return {name: place.get(name, usual) for name, usual in start.items()}


def show_grids(
    stage: Stage,
    meta: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    tables: bytes,
    following: Collection[str],
    **callbacks: Callable[[], None],
) -> None:
    """Put the grids on the page, and their tables beside them.

    Args:
        meta: of this activity, beside what every picture is told.
        arrays: what else it shows.
        tables: packed, under the name in ``meta["tables"]``.
        following: parts below the stage that show something of where the picture stands: while
            one is open, a picture that has come to rest is worth a run.
        callbacks: ``on_NAME_change`` for its triggers, besides "moved".
    """
    key = stage.key("grids")

    def told() -> None:
        stage.link.tell(st.session_state[key].get("moved"))

    open_part = st.session_state.get(stage.key("reading"))
    shown = {
        **stage.meta(),
        **meta,
        "report": not stage.present and (open_part in following),
    }
    mount(
        "contexts",
        key=key,
        data=pack(shown | look(), arrays),
        on_moved_change=told,
        **callbacks,  # type: ignore[arg-type] # none of them is called width
    )
    mount("weights", key=stage.key("grids_tables"), data=tables)
