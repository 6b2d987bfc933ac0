"""Activity: the triangle of states, row by row, and the pixels that these states read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from arviz_models.figures.palette import MEANINGS
from pages.ui import lesson
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
SIZE = 11
BARE = "bare"
FIRST = (BARE, "3", "5", "7")
KERNELS = ("3", "5", "7")
MOST_LAYERS = 12
# Where the picture stands in a link that says nothing: row 7, column 5, no row followed yet.
START = {"target": 7 * SIZE + 5, "layers": 1, "rows": 0}
ALL = SIZE - 1  # more rows than there are above the target: all of them


@dataclass(frozen=True)
class Reads:
    """Which Row LSTM it is.

    Attributes:
        first: side of the first convolution, or BARE for none.
        kernel: width k of both components.
    """

    first: str
    kernel: str

    @property
    def network(self) -> tuple[int, int, int | None]:
        """What `row_reads` takes: the size of the image and both kernels."""
        return SIZE, int(self.kernel), None if self.first == BARE else int(self.first)


def fields() -> Mapping[str, Field]:
    """How the address holds it, and where the picture stands."""
    return {
        "first": Choice(FIRST),
        "kernel": Choice(KERNELS),
        "target": Integer(0, SIZE * SIZE - 1, browser_owned=True),
        "layers": Integer(1, MOST_LAYERS, browser_owned=True),
        # Not "rows": that is what "Complete a drawing" calls the rows that are given.
        "up": Integer(0, SIZE - 1, browser_owned=True),
    }


@st.cache_data(show_spinner="Following every state through the rows", max_entries=16)
def drawn(size: int, kernel: int, first_kernel: int | None) -> tuple[dict[str, Any], bytes]:
    """Meta and packed tables of the picture."""
    from arviz_models.analysis.receptive_fields import NAMES
    from arviz_models.analysis.row_reads import row_reads

    found = row_reads(size, kernel, first_kernel)
    name = f"row lstm {kernel} {first_kernel}"
    words = {mark: MEANINGS[mark].word for mark in ("target", *NAMES[2:], "future")}
    meta = {**found.meta(), "words": words, "tables": name}
    return meta, pack({"name": name}, found.tables())


def start(stage: Stage) -> dict[str, int]:
    """Where the step has the picture; a link that holds no other place begins there."""
    place = stage.goto or {}
    return {name: place.get(name, usual) for name, usual in START.items()}


def standing(stage: Stage) -> dict[str, int]:
    """Where the picture stands, as far as it has told."""
    begun = start(stage)
    begun["up"] = begun.pop("rows")  # as the address calls it
    found = stage.link.kept(stage.values, begun)
    found["rows"] = min(found.pop("up"), found["target"] // SIZE)
    return found


def picture(stage: Stage[Reads]) -> None:
    """The triangle of states, and the pixels they read."""
    state = stage.state
    meta, tables = drawn(*state.network)
    saving = st.session_state.get(stage.key("reading")) == "Take away"
    told = {"start": start(stage), "report": saving and not stage.present}
    mount(
        "row_lstm",
        key="row_lstm_picture",
        data=pack(meta | stage.meta() | told | look(), {}),
        on_moved_change=lambda: stage.link.tell(st.session_state["row_lstm_picture"].get("moved")),
    )
    mount("weights", key="row_lstm_tables", data=tables)


def controls(stage: Stage) -> None:
    """The two kernels."""
    st.segmented_control(
        "First kernel",
        FIRST,
        key=stage.key("first"),
        required=True,
        wrap=True,
        help="Side of a convolution with mask A before the first Row LSTM. The bare "
        "form has none; the paper takes 7×7.",
    )
    st.segmented_control(
        "Kernel along the row",
        KERNELS,
        key=stage.key("kernel"),
        required=True,
        wrap=True,
        help="Width k of both components, state to state and input to state. The paper takes 3.",
    )


def take_away(stage: Stage[Reads]) -> None:
    """The triangle as figure, film and tables."""
    from arviz_models.analysis.row_reads import row_reads
    from pages.row_lstm import figures

    if why := stage.withheld():
        st.caption(why)
        return
    state = stage.state
    found = row_reads(*state.network)
    target, layers, rows = (standing(stage)[name] for name in START)
    figure = figures.triangle_figure(found, target, layers, rows)
    row, column = divmod(target, SIZE)
    files: lesson.Files = {
        "Growing triangle, GIF": (partial(figures.growth, found, target, layers), "gif"),
        "This target, CSV": (partial(figures.reads_table, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(f"row-lstm-{row}-{column}", figure, files)
    st.caption(
        f"Target row {row}, column {column}, {layers} {'layers' if layers > 1 else 'layer'}, "
        f"{rows} rows up. The CSV has a line for each earlier pixel: the fewest layers that read "
        "it, and how many rows up its state and its reader are. The NPZ has that for every target "
        "and depth."
    )
    st.pyplot(figure, width="content", alt="The figure that the buttons save")


MISSED = Question(
    text="All states of the triangle are there. Each reads with Kⁱˢ one pixel on its left. Which "
    "earlier pixels does the target miss?",
    answers={
        "None": "Three states of the row above arrive, not the whole row.",
        "Those outside the triangle": "Not quite these: no state holds the pixel at its own place, "
        "but the one on its left.",
        "Those outside the triangle, moved one column to the left": f"It reads {C['1 layer']} of "
        f"{C['earlier']}.",
    },
    right="Those outside the triangle, moved one column to the left",
    hide=("above",),
)

STEPS = (
    Step(
        "Two convolutions",
        "**Kⁱˢ** (input to state) reads the row itself: here the one pixel on the left, because "
        "its mask leaves out the rest. **Kˢˢ** (state to state) reads three states (circles) of "
        "the row above. That row is finished, so Kˢˢ needs no mask.",
        place={"rows": 1},
        hide=("above",),
    ),
    Step(
        "Three, then five",
        "The three states took five, and those took seven. Each row adds one on either side. So "
        "the target has a triangle of states above it, up to the first row. Then watch states go "
        "down: Kˢˢ (frame) takes three of a row, and the new state of the next row comes out.",
        place={"rows": 1, "play": True},
        hide=("above",),
    ),
    Step(
        "States and pixels",
        "Circles are states, colours are pixels.",
        place={"rows": ALL},
        question=MISSED,
        after="No state holds its own pixel (mask A). So the pixels stand one column to the left "
        "of the states: in row 6 the states of columns 4 to 6 read the pixels of columns 3 to 5. "
        "Column 10 is never read.",
    ),
    Step(
        "More layers",
        "Each layer adds pixels on the left: with one, two and three layers it reads "
        f"{C['1 layer']}, {C['2 layers']} and {C['3 layers']} pixels, with five layers "
        f"{C['5 layers']}. On the right nothing changes: one column further to the right still "
        f"costs one row up. {C['never']} pixels are never read.",
        place={"rows": ALL, "layers": 5},
    ),
    Step(
        "The paper's form",
        "First comes a 7×7 kernel with mask A. It reads up and to the right before any state "
        f"exists, so the triangle starts wider: {C['first 7']} of {C['earlier']} with one "
        f"layer. With 3×3 it is {C['first 3']}, with 5×5 {C['first 5']}. Drag the target.",
        {"first": "7"},
        {"rows": ALL},
    ),
)

READS = Activity(
    slug="reads",
    title="What it reads",
    state=Reads,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
