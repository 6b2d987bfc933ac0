"""Activity: what the trunk reads, and what one attention block adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
PARTS = {
    "trunk": "Trunk",
    "features": "Attention, without xⱼ",
    "pixel": "Attention, with xⱼ",
}
SIDES = ("28", "11")
FIRST_KERNEL = {28: 7, 11: 3}  # of the trunk; three blocks with 3x3 follow
TARGETS = {28: (16, 12), 11: (7, 5)}
TRUNK, FEATURES, PIXEL = 1, 2, 4  # bits of the table: which of the three reads a pixel


@dataclass(frozen=True)
class Reads:
    """What is shown of what is read.

    Attributes:
        part: "trunk"; "features", with attention over the features of the trunk alone; "pixel",
            with attention over these and the pixel beside them.
        side: of the image, pixels.
    """

    part: str
    side: str


def fields() -> Mapping[str, Field]:
    """How the address holds a `Reads`, and the target."""
    return {
        "part": Choice(tuple(PARTS)),
        "side": Choice(SIDES),
        "target": Integer(0, lambda values: int(values["side"]) ** 2 - 1, browser_owned=True),
    }


def reads_table(side: int) -> np.ndarray:
    """What every target reads, from the structure of the network: no weights are involved.

    Args:
        side: of the image, 28 or 11.

    Returns:
        uint8 (D, D), [target, pixel]: a sum of `TRUNK`, `FEATURES` and `PIXEL`.
    """
    from arviz_models.analysis.receptive_fields import first_seen
    from arviz_models.pixel_snail import PixelSNAIL

    def first(own_pixel: bool) -> np.ndarray:
        shape = (1, side, side)
        model = PixelSNAIL(shape, 2, 1, 1, 3, 3, FIRST_KERNEL[side], 1, 1, own_pixel)
        return first_seen(model)

    features, pixel = first(False), first(True)
    table = TRUNK * (pixel == 0) + FEATURES * (features <= 1) + PIXEL * (pixel <= 1)
    return table.astype(np.uint8)


@st.cache_data(show_spinner="Following every path through the layers", max_entries=2)
def _tables(side: int) -> bytes:
    return pack({"name": f"attention reads {side}"}, {"reads": reads_table(side)})


def picture(stage: Stage[Reads]) -> None:
    """The target, and the pixels that are read."""
    state = stage.state
    side = int(state.side)
    row, column = TARGETS[side]
    meta = {
        "rows": side,
        "columns": side,
        "part": state.part,
        "start": row * side + column,
        "table": f"attention reads {side}",
    }
    key = stage.key("reads_picture")
    mount("attention_reads", key=key, data=pack(stage.meta() | meta | look(), {}))
    mount("weights", key=stage.key("reads_table"), data=_tables(side))
    kernel = FIRST_KERNEL[side]
    attention = "" if "attention" in stage.hidden else ", one attention block"
    stage.cost = (
        f"Computed from the structure alone, for any weights: a {kernel}×{kernel} convolution with "
        f"mask A, three 3×3 convolutions whose result is added to their input{attention}."
    )


def controls(stage: Stage) -> None:
    """Which part of the network, and the size of the image."""
    if not stage.hidden:
        st.segmented_control(
            "What is shown",
            tuple(PARTS),
            format_func=PARTS.__getitem__,
            key=stage.key("part"),
            required=True,
            wrap=True,
            help="xⱼ is the value of the pixel that a key belongs to.",
        )
    st.segmented_control(
        "Side of the image, pixels",
        SIDES,
        key=stage.key("side"),
        required=True,
        help="The first kernel of the trunk is 7×7 at 28 and 3×3 at 11.",
        wrap=True,
    )


LAYERS = Question(
    text=f"Now comes attention. How many attention layers until all {C['28: earlier']} are read?",
    answers={
        "One": "Every earlier pixel is a key, and the query is compared with all keys.",
        "Many": "Distance does not matter: each pixel is a key.",
        "No number is enough": "The only rule is that the pixel comes earlier.",
    },
    right="One",
    hide=("attention",),
    state={"part": "pixel"},
    place={"lines": True},
)

CORNER = Question(
    text="Suppose that key and value of each earlier pixel were made of the trunk's features there "
    "and of nothing else. Which earlier pixel would the target miss?",
    answers={
        "None": "No feature before the target holds the last pixel of row 15.",
        "(15, 27), at the end of the row above": "Mask A keeps a pixel out of its own features. "
        "The features of later pixels hold it, if they are near. Here those in row 16 are too far "
        "to the left.",
        "(0, 0), the first pixel": "The features of its neighbours hold it.",
    },
    right="(15, 27), at the end of the row above",
    hide=("map", "attention"),
)

STEPS = (
    Step(
        "The trunk",
        "The network begins like PixelCNN: masked convolutions, called the trunk here. Its layers "
        f"read only what is near. The target reads {C['28: trunk']} of {C['28: earlier']} earlier "
        "pixels.",
        question=LAYERS,
        after="A line goes from each earlier pixel directly to the target. None goes through "
        "another pixel.",
    ),
    Step(
        "All at once",
        "Attention adds every earlier pixel in one layer: from "
        f"{C['28: trunk']} to {C['28: pixel']}. Distance costs nothing. PixelCNN needs one layer "
        "for each step of distance, an LSTM one step of its recurrence. Drag the target.",
        {"part": "pixel"},
        {"lines": True},
    ),
    Step(
        "The corner",
        "Attention makes three lists of numbers: a query of the target, and a key and a value of "
        "each earlier pixel j. Query and key say how much of the value is read. The question is "
        "what key and value must be made of.",
        {"part": "features"},
        question=CORNER,
        after=f"{C['28: features']} of {C['28: earlier']} are read. The hatched pixel is read at "
        "no depth.",
    ),
    Step(
        "Its own pixel",
        "So key and value of pixel j also get its value xⱼ. That is allowed, because j is "
        f"earlier than the target. Now all {C['28: pixel']} are read.",
        {"part": "pixel"},
    ),
    Step(
        "Any target",
        f"A small image. Here the trunk reads {C['11: trunk']} of {C['11: earlier']}, attention "
        f"without xⱼ {C['11: features']}, with xⱼ {C['11: pixel']}. Move the target to column 9: "
        "without xⱼ nothing is missing there, because the trunk itself reads the end of the row "
        "above.",
        {"part": "features", "side": "11"},
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
)
