"""Activity: the context of one target, built up state by state in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from pages.diagonal_bilstm.network import (
    KERNELS,
    MOST_STEPS,
    Network,
    drawn,
    fields,
    saving,
    size_control,
    standing,
    start,
    target_of,
)
from pages.ui import lesson
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
PARTS = ("target", "left", "ask", "right", "both")
ALL = MOST_STEPS  # more diagonals than there are: all of them


def with_part() -> Mapping[str, Field]:
    """The network, and what the browser keeps: the part that is shown, the player's step."""
    return {
        **fields(),
        "part": Choice(PARTS, browser_owned=True),
        "step": Integer(0, MOST_STEPS, browser_owned=True),
    }


def picture(stage: Stage[Network]) -> None:
    """One grid: states as circles, pixels as colours."""
    state = stage.state
    meta, tables = drawn(*state.built)
    usual = {"target": target_of(state.size), "part": "target", "step": 0}
    told = {"start": start(stage, usual), "report": saving(stage)}
    mount(
        "diagonal_build",
        key="diagonal_build",
        data=pack(meta | stage.meta() | told | look(), {}),
        on_moved_change=lambda: stage.link.tell(st.session_state["diagonal_build"].get("moved")),
    )
    mount("weights", key="diagonal_tables", data=tables)


def controls(stage: Stage) -> None:
    """Size, first kernel, shift and full context."""
    st.toggle(
        "Leave out the shift",
        key=stage.key("noshift"),
        help="Adds the second direction where it stands. Such a network leaks.",
    )
    st.toggle(
        "Full context",
        key=stage.key("full"),
        help="The second direction starts from features of mask B, which hold their own pixel.",
    )
    st.segmented_control(
        "First kernel",
        KERNELS,
        format_func=lambda kernel: f"{kernel}×{kernel}",
        key=stage.key("first"),
        required=True,
        wrap=True,
        help="The convolution with mask A that comes before the LSTMs. The paper takes 7×7.",
    )
    size_control(stage)


def take_away(stage: Stage[Network]) -> None:
    """What is read at the target, as figure and tables."""
    from arviz_models.analysis.diagonals import diagonals
    from pages.diagonal_bilstm import figures

    if why := stage.withheld("blind"):
        st.caption(why)
        return
    state = stage.state
    found, target = diagonals(*state.built), standing(stage)
    figure = figures.contexts_figure(found, target, 1)
    row, column = divmod(target, state.size)
    files: lesson.Files = {
        "First layers, CSV": (partial(figures.contexts_table, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(f"diagonal-bilstm-{row}-{column}", figure, files)
    st.caption(
        f"Target row {row}, column {column}, one layer. The CSV has a line for each pixel, with "
        "the first layer at which the output and each direction read it (empty: none ever does); "
        "the NPZ has that for every target, and both skewed maps."
    )
    st.pyplot(figure, width=480, alt="The figure that the buttons save")


USABLE = Question(
    text="The second direction asks for two states: (7, 6) on the right and (6, 5) above. Which "
    "cannot be used yet?",
    answers={
        "The one above": "(6, 5) is pixel 71. It is drawn.",
        "The one on the right": "(7, 6) is pixel 83. It comes after the target, pixel 82.",
        "Both": "(6, 5) is drawn: it comes before the target.",
    },
    right="The one on the right",
    hide=("numbers",),
)

LEAKS = Question(
    text="Suppose the second direction were added without moving it down. Which pixels would leak "
    "into the target?",
    answers={
        "None": "It runs top down, but it passes the right end of the target's row before it comes "
        "to the target.",
        "Pixels of the rows below": "Both directions run top down, so no state has read a row "
        "below.",
        "The target and pixels on its right": "No feature holds its own pixel (mask A), so the "
        "last pixel of the row does not leak.",
    },
    right="The target and pixels on its right",
    hide=("leak",),
    state={"noshift": True},
    place={"part": "right", "step": ALL},
)

MISSING = Question(
    text="Both directions together read almost all 82 earlier pixels. Which one is not read?",
    answers={
        "(7, 4), on the left of the target": "The first kernel reads it, and so does the first "
        "direction.",
        "(0, 0), the farthest": "The states pass it on; distance costs nothing here.",
        "(6, 10), the last of the row above": "Mask A leaves out a feature's own pixel, and "
        "nothing stands on its right whose feature could hold it.",
    },
    right="(6, 10), the last of the row above",
    hide=("blind",),
)

STEPS = (
    Step(
        "The target",
        "Pixel 82 is next, in row 7 and column 5; both count from 0 at the upper left. The "
        "grey pixels come later: they do not exist "
        "yet. Which of the 82 others can one layer read?",
        place={"part": "target"},
    ),
    Step(
        "From the left",
        "The first direction comes from the upper left. The state of the target takes the state on "
        "the left, (7, 4), and the state above, (6, 5). Circles are states, colours are pixels.",
        place={"part": "left", "step": 1},
    ),
    Step(
        "And theirs",
        "Those two took theirs, diagonal by diagonal: (7, 3), (6, 4), (5, 5), and so on. All that "
        f"is above and on the left arrives: {C['states left']} states, {C['pixels left']} pixels.",
        place={"part": "left", "step": 2, "play": True},
    ),
    Step(
        "From the right",
        "The second direction comes from the upper right. It asks for the state on the right and "
        "the state above.",
        place={"part": "ask"},
        question=USABLE,
    ),
    Step(
        "One row up",
        "The neighbour on the right is not drawn yet. So the target takes the finished state of "
        "(6, 5), one row up. That one took (6, 6) and (5, 5). The output of the second direction "
        "moves down by one row.",
        place={"part": "right", "step": 1},
        question=LEAKS,
        after="The crosses are pixels that are not drawn yet. Switch **Leave out the shift** off: "
        "they go, and finished rows alone remain.",
    ),
    Step(
        "And theirs",
        f"All that is above and on the right arrives: {C['states right']} states, "
        f"{C['pixels right']} pixels. The pixels have no colour here, because the next step asks "
        "about them.",
        place={"part": "right", "step": 2, "play": True},
        hide=("blind",),
    ),
    Step(
        "Together",
        f"{C['pixels left']} pixels from the left, {C['pixels right']} from the right, and "
        f"{C['pixels twice']} of them twice.",
        place={"part": "both"},
        question=MISSING,
        after=f"{C['pixels left']} + {C['pixels right']} − {C['pixels twice']} = {C['pixels']} of "
        "82. This is nearly the complete context; one pixel is missing (hatched).",
    ),
    Step(
        "Full context",
        f"Now the second direction starts from features of mask B, which hold their own pixel: "
        f"{C['pixels full']} of 82. It is safe, because its output moves down by a row. Drag the "
        "target.",
        {"full": True},
        {"part": "both"},
    ),
)

BUILD = Activity(
    slug="build",
    title="Context",
    state=Network,
    fields=with_part,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
