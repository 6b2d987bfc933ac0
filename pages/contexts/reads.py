"""Activity: which earlier pixels each network can read, side by side, for one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from arviz_models.analysis.networks import NETWORKS
from pages.contexts.grids import FIVE, NONE, nets_fields, place_of, show_grids
from pages.ui import fields as field_pictures
from pages.ui import lesson
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.analysis.side_by_side import Fields

C = load(__file__)
KERNELS = ("3", "5", "7")
LEAST_SIZE, MOST_SIZE, START_SIZE = 7, 28, 11
START_DEPTH, DEEP = 3, 15
TARGET = 7 * START_SIZE + 5
ASKED = ("gated", "diagonal", "full")  # which of them alone misses a pixel
ASKED_TARGET = 4 * START_SIZE + 3


@dataclass(frozen=True)
class Reads:
    """What decides what is read.

    Attributes:
        size: side of the image, pixels.
        first: side of the first convolution.
    """

    size: int
    first: str


def fields() -> Mapping[str, Field]:
    """How the address holds `Reads`, and where the picture stands."""
    return {
        "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
        "first": Choice(KERNELS),
        "target": Integer(0, lambda values: values["size"] ** 2 - 1, browser_owned=True),
        "depth": Integer(0, field_pictures.MOST_DEPTH, browser_owned=True),
        **nets_fields(),
        "against": Choice(lambda values: (NONE, *(values["nets"] or FIVE)), browser_owned=True),
    }


@st.cache_data(show_spinner="Following every path through the layers", max_entries=24)
def drawn(size: int, first: int) -> tuple[dict[str, Any], bytes, str]:
    """Meta and packed tables of the grids, and the name of the configuration."""
    from arviz_models.analysis.contexts import contexts

    found = contexts(size, first)
    name = f"contexts {size} {first}"
    return field_pictures.meta(found), field_pictures.tables(name, found), name


def usual(stage: Stage[Reads]) -> dict[str, Any]:
    """Where the picture stands where the address says nothing: as the step has it."""
    size = stage.state.size
    start = asdict(field_pictures.start(size, size, START_DEPTH))
    start |= {"nets": FIVE, "against": NONE}
    return place_of(stage, start, moved=() if size == START_SIZE else ("target",))


def picture(stage: Stage[Reads]) -> None:
    """All grids: what the networks can read."""
    state = stage.state
    meta, packed, name = drawn(state.size, int(state.first))
    own = {"mode": "structure", "tables": name, "most": field_pictures.MOST_DEPTH}
    show_grids(
        stage,
        meta | own | usual(stage),
        {},
        packed,
        following=("Set differences", "Take away"),
        on_marked_change=lambda: _marked(stage),
    )


def controls(stage: Stage) -> None:
    """The first kernel and the size of the image."""
    st.segmented_control(
        "First kernel",
        KERNELS,
        format_func=lambda kernel: f"{kernel}×{kernel}",
        key=stage.key("first"),
        required=True,
        wrap=True,
        help="Of the first convolution, which all but NADE and MADE begin with. The papers "
        "take 7×7. Later kernels are 3×3, the Row LSTM's are 3 wide.",
    )
    st.number_input("Side of the image, pixels", LEAST_SIZE, MOST_SIZE, key=stage.key("size"))


def standing(stage: Stage[Reads]) -> tuple[Fields, dict[str, int], int, tuple[str, ...]]:
    """The tables, the layers of each network, the target, and the networks shown."""
    from arviz_models.analysis.contexts import contexts

    found = contexts(stage.state.size, int(stage.state.first))
    place = stage.link.kept(stage.values, usual(stage))
    depths = {word: int(place["depth"]) for word in found.arrays}
    return found, depths, int(place["target"]), tuple(place["nets"] or FIVE)


def take_away(stage: Stage[Reads]) -> None:
    """The grids where the picture stands, as figure and tables."""
    from arviz_models.analysis.contexts import chosen
    from arviz_models.figures import fields as field_figures
    from pages.contexts import figures

    if why := stage.withheld():
        st.caption(why)
        return
    whole, depths, target, nets = standing(stage)
    found = chosen(whole, nets)
    row, column = divmod(target, found.shape[1])
    depth = depths[nets[0]]
    figure = field_figures.fields_figure(found, target, depth)
    files: lesson.Files = {
        "Growing fields, GIF": (partial(field_figures.growth, found, target), "gif"),
        "First layers, CSV": (partial(field_figures.first_layers, found, target), "csv"),
        "Counts, CSV": (partial(figures.counts_table, found, target, depths), "counts.csv"),
        "All tables, NPZ": (partial(field_figures.archive, found), "npz"),
    }
    lesson.downloads(f"contexts-{row}-{column}", figure, files)
    st.caption(
        f"Target row {row}, column {column}, with {depth} layers after the first; the networks "
        "that are shown. The counts hold the set differences of every pair; the NPZ has the first "
        "layer that reads each pixel, for every target (255: none ever does)."
    )
    st.pyplot(figure, alt="The figure that the buttons save")


# --- the questions --------------------------------------------------------------------------------

NOBODY = "There is no such pixel"

ALL_OF_THEM = Question(
    text="Now every network gets 15 layers after the first. Which of the five then read all 82 "
    "pixels before the target?",
    answers={
        "PixelCNN and Gated PixelCNN": "PixelCNN never reads a wedge on the right. With any "
        f"depth, {C.get('PixelCNN, 15 layers')} pixels are the most.",
        "All but PixelCNN": "The Row LSTM has a blind spot too, and the Diagonal BiLSTM misses "
        "one pixel.",
        "Gated PixelCNN and full context": "The other three miss some at any depth.",
    },
    right="Gated PixelCNN and full context",
    hide=("counts", "blind"),
    place={"depth": START_DEPTH, "play": True, "to": DEEP},
)

ONE_PIXEL = Question(
    text="Is there an earlier pixel that exactly one of these three never reads? Click it in the "
    "grid of that network, or choose the network here.",
    answers={
        "Gated PixelCNN": "Its two stacks read every earlier pixel.",
        "Diagonal BiLSTM": "It never reads row 3, column 10, the last pixel of the row above. Its "
        "second direction starts from features with mask A. No feature of that row holds the last "
        "pixel itself.",
        "Full-context Diagonal": "Its second direction starts from features with mask B, which "
        "hold their own pixel. So it reads them all.",
        NOBODY: "Look at the row above the target: one network misses its last pixel.",
    },
    right="Diagonal BiLSTM",
    hide=("counts", "blind", "field"),
)


def _marked(stage: Stage) -> None:
    """Callback of the picture: the pixel that the student marked, and in which grid."""
    marked = st.session_state[stage.key("grids")].get("marked")
    if not marked or not stage.asks or marked["word"] not in ASKED:
        return
    if 0 <= int(marked["pixel"]) < ASKED_TARGET:
        st.session_state[stage.key("·marked")] = (marked["word"], int(marked["pixel"]))
        stage.reply(NETWORKS[marked["word"]].title)


def _of_marked(stage: Stage) -> str:
    """The step's words; once a pixel was marked, whether that network reads it."""
    from arviz_models.analysis.contexts import contexts, reads

    text = (
        "Gated PixelCNN, the Diagonal BiLSTM and full context, with as many layers as they need. "
        "The target is (4, 3), with 47 pixels before it."
    )
    marked = st.session_state.get(stage.key("·marked"))
    if marked is None or stage.answer is None:
        return text
    word, pixel = marked
    row, column = divmod(pixel, START_SIZE)
    depths = dict.fromkeys(NETWORKS, DEEP)
    read = reads(contexts(START_SIZE, int(KERNELS[0])), ASKED_TARGET, depths)[word][pixel]
    title = NETWORKS[word].title
    said = f"You marked ({row}, {column}) in {title}. "
    return f"{text}\n\n{said}" + ("It does read that pixel." if read else "It never reads it.")


STEPS = (
    Step(
        "One target",
        "Each grid shows what one network reads before it predicts the target, with one layer "
        f"after the first: {C.get('1 layer')} of 82 pixels. Drag the target: it moves in all "
        "grids.",
        place={"target": TARGET, "depth": 1},
        hide=("blind",),
    ),
    Step(
        "Depth or recurrence",
        "A convolution gains one pixel a layer in each direction. A recurrence hands its states "
        f"on and reaches the border at once. With three layers: {C.get('3 layers')}.",
        place={"target": TARGET, "depth": 0, "play": True, "to": START_DEPTH},
        hide=("blind",),
    ),
    Step(
        "What depth cannot fix",
        "Blue pixels are read. With three layers the others are not.",
        place={"target": TARGET, "depth": START_DEPTH},
        question=ALL_OF_THEM,
        after=f"With 15 layers: {C.get('15 layers')}. The hatched pixels are never read, at any "
        "depth. Deep PixelCNN and deep Row LSTM read exactly the same set. Set the differences "
        "against one of them to see it.",
    ),
    Step(
        "Three networks, one target",
        _of_marked,
        place={"target": ASKED_TARGET, "depth": DEEP, "nets": ASKED},
        question=ONE_PIXEL,
        after=f"The five networks read {C.get('15 layers, target (4, 3)')} of 47 here. Full "
        "context is safe although it reads one pixel more: its second direction moves down by a "
        "row.",
    ),
)

READS = Activity(
    slug="reads",
    title="Who reads what",
    state=Reads,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
