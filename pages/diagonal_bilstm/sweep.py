"""Activity: the skew makes a diagonal a column, so that its pixels are computed at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from pages.diagonal_bilstm.network import (
    MOST_STEPS,
    Network,
    drawn,
    fields,
    saving,
    size_control,
    start,
    target_of,
)
from pages.ui import lesson
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
ASIDE = 7 * 11 + 2  # a target left of the middle: mirrored, it stands elsewhere
VIEWS = ("skew", "mirror", "sweep")


def with_view() -> Mapping[str, Field]:
    """The network, and what the browser keeps: the view and the player's step."""
    return {
        **fields(),
        "view": Choice(VIEWS, browser_owned=True),
        "step": Integer(0, MOST_STEPS, browser_owned=True),
    }


def picture(stage: Stage[Network]) -> None:
    """The image on its way to the skewed map, and the sweep over it."""
    state = stage.state
    meta, tables = drawn(*state.built)
    usual = {"target": target_of(state.size), "view": "skew", "step": None, "node": "y1"}
    told = {"start": start(stage, usual), "views": VIEWS, "report": saving(stage)}
    mount(
        "diagonal",
        key="diagonal_sweep",
        data=pack(meta | stage.meta() | told | look(), {}),
        on_moved_change=lambda: stage.link.tell(st.session_state["diagonal_sweep"].get("moved")),
    )
    mount("weights", key="diagonal_tables", data=tables)


def take_away(stage: Stage[Network]) -> None:
    """Both sweeps as a film."""
    from arviz_models.analysis.diagonals import diagonals
    from pages.diagonal_bilstm import figures

    state = stage.state
    found = diagonals(*state.built)
    target = target_of(state.size)
    files: lesson.Files = {
        "Both sweeps, GIF": (partial(figures.sweep_animation, found), "gif"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    figure = partial(figures.contexts_figure, found, target, 1)
    lesson.downloads(f"diagonal-bilstm-sweep-{state.size}", figure, files, "What is read")


STEPS = (
    Step(
        "Skew",
        "Row r moves right by r columns. Then a diagonal of the image becomes a column, and the "
        "two states that a state takes, on the left and above, stand in the column before.",
        place={"view": "skew", "target": ASIDE, "play": True},
    ),
    Step(
        "Mirror",
        "The second direction comes from the upper right. So the image is mirrored first, and then "
        "skewed in the same way.",
        place={"view": "mirror", "target": ASIDE, "play": True},
    ),
    Step(
        "Sweep",
        "Pixels on one diagonal do not read each other, so one step computes them all: "
        f"{C['diagonals of 11']} steps for 11×11, {C['diagonals of 28']} for 28×28. This holds "
        "only when the image is there, as in training. Drawing 28×28 takes 784 steps.",
        place={"view": "sweep", "step": 0, "play": True},
    ),
)

SWEEP = Activity(
    slug="sweep",
    title="Diagonals",
    state=Network,
    fields=with_view,
    picture=picture,
    controls=size_control,
    steps=STEPS,
    take_away=take_away,
)
