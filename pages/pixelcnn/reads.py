"""Activity: what a masked convolution reads, layer by layer, and what it never reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.ui import fields as field_pictures
from pages.ui import lesson
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
KERNELS = ("3", "5", "7")
LEAST_SIZE, MOST_SIZE, START_SIZE = 7, 28, 11
START_DEPTH = 3
TARGET = 7 * START_SIZE + 5


@dataclass(frozen=True)
class Reads:
    """What decides what is read.

    Attributes:
        size: side of the image, pixels.
        first, kernel: sides of the first and of the later kernels.
        mask: of the first layer.
    """

    size: int
    first: str
    kernel: str
    mask: str


def fields() -> Mapping[str, Field]:
    """How the address holds `Reads`, and where the picture stands."""
    return {
        "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
        "first": Choice(KERNELS),
        "kernel": Choice(KERNELS),
        "mask": Choice(("A", "B")),
        **field_pictures.link_fields(lambda values: values["size"] ** 2),
    }


@st.cache_data(show_spinner="Following every path through the layers", max_entries=24)
def drawn(size: int, kernel: int, first: int, mask: str) -> tuple[dict[str, Any], bytes, str]:
    """Meta and packed tables of the picture, and the name of the configuration."""
    from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields

    found = pixelcnn_fields(size, kernel, first, mask)
    name = f"pixelcnn {size} {first} {kernel} {mask}"
    return field_pictures.meta(found), field_pictures.tables(name, found), name


def configuration(state: Reads) -> tuple[int, int, int, str]:
    """Arguments of `pixelcnn_fields`."""
    return state.size, int(state.kernel), int(state.first), state.mask


def usual(stage: Stage[Reads]) -> dict[str, Any]:
    """Where the step begins; the target keeps its place in an image of any size."""
    start = asdict(field_pictures.start(stage.state.size, stage.state.size, START_DEPTH))
    place = dict(stage.place())
    if stage.state.size != START_SIZE:
        place.pop("target", None)
    return {name: place.get(name, start[name]) for name in start} | {
        "view": place.get("view", "field")
    }


def end(stage: Stage[Reads]) -> dict[str, Any]:
    """Where the picture rests where the address says nothing: where the step has played to."""
    found, place = usual(stage), stage.place()
    if not place.get("play"):
        return found
    played = {"depth": place["to"]} if "to" in place else {"target": stage.state.size**2 - 1}
    return found | played


def picture(stage: Stage[Reads]) -> None:
    """What the two networks read, and what is wrong where the first mask is B."""
    state = stage.state
    meta, packed, name = drawn(*configuration(state))
    key = stage.key("reads_picture")
    shown = {
        **meta,
        **usual(stage),
        "end": end(stage),
        **stage.meta(),
        "tables": name,
        "most": field_pictures.MOST_DEPTH,
        "report": st.session_state.get(stage.key("reading")) == "Take away",
    }

    def moved() -> None:
        stage.link.tell(st.session_state[key].get("moved"))

    mount("fields", key=key, data=pack(shown | look(), {}), on_moved_change=moved)
    mount("weights", key=stage.key("reads_tables"), data=packed)
    if state.mask == "B":
        st.info(
            "**Broken on purpose.** With mask B in the first layer the centre of the kernel is a "
            "1, and each conditional reads the very pixel that it predicts."
        )


def controls(stage: Stage) -> None:
    """Size, kernels and the first mask."""
    names: tuple[tuple[str, str, str], ...] = (
        ("first", "First kernel", "That of the first layer. The paper takes 7×7."),
        ("kernel", "Later kernels", "That of every layer after the first. The paper takes 3×3."),
    )
    for name, label, words in names:
        st.segmented_control(
            label,
            KERNELS,
            format_func=lambda kernel: f"{kernel}×{kernel}",
            key=stage.key(name),
            required=True,
            wrap=True,
            help=words,
        )
    st.segmented_control(
        "Mask of the first layer",
        ("A", "B"),
        format_func=lambda mask: {"A": "A", "B": "What if B?"}[mask],
        key=stage.key("mask"),
        required=True,
        wrap=True,
        help="Type A leaves out the pixel itself, type B keeps it. Later layers have type B.",
    )
    st.number_input("Side of the image, pixels", LEAST_SIZE, MOST_SIZE, key=stage.key("size"))


def take_away(stage: Stage[Reads]) -> None:
    """The fields of the target where the picture stands."""
    from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields
    from arviz_models.figures import fields as figures

    if why := stage.withheld("blind"):
        st.caption(why)
        return
    found = pixelcnn_fields(*configuration(stage.state))
    place = stage.link.kept(stage.values, end(stage))
    target, depth = place["target"], place["depth"]
    row, column = divmod(target, stage.state.size)
    figure = figures.fields_figure(found, target, depth)
    files: lesson.Files = {
        "Growing field, GIF": (partial(figures.growth, found, target), "gif"),
        "First layers, CSV": (partial(figures.first_layers, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(f"pixelcnn-{row}-{column}", figure, files)
    st.caption(
        f"Target row {row}, column {column}, with {depth} layers after the first. The CSV has a "
        "line for each pixel before the target, with the first layer that reads it (empty: none "
        "ever does); the NPZ has that for every target."
    )
    st.pyplot(figure, alt="The figure that the buttons save")


DEEPER = Question(
    text="With three layers after the first, the network reads "
    f"{C['reads: PixelCNN'][3]} of the 82 pixels before the target. Will 40 layers read all 82?",
    answers={
        "Yes": "No path goes to the right alone.",
        "All but a wedge on the right": "Each layer steps up, left, or up and right. What lies "
        "too low on the right stays out of reach.",
        f"No, it stays at {C['reads: PixelCNN'][3]}": "To the left and upwards it does grow.",
    },
    right="All but a wedge on the right",
    hide=("blind",),
    place={"target": TARGET, "depth": 3, "play": True, "to": 40},
)

STEPS = (
    Step(
        "A filter with a mask",
        "A convolution would read later pixels. The mask sets those weights to 0. Type A also "
        "removes the centre, because a pixel must not read itself. Four of nine weights are left.",
        place={"view": "first", "target": TARGET, "play": True},
        hide=("gated", "blind"),
    ),
    Step(
        "Layers widen the view",
        "The next layer reads features of its neighbours. Its centre may be 1 (type B): it holds "
        "earlier pixels only. The picture adds one layer after the other, up to three.",
        place={"target": TARGET, "depth": 0, "play": True, "to": 3},
        question=DEEPER,
        hide=("gated",),
    ),
    Step(
        "The blind spot",
        f"From layer 6 on it reads {C['reads: PixelCNN'][6]} pixels, and more layers add none. "
        f"{C['reads: never']} are never read, at any depth (hatched). So the "
        "context is incomplete. In return a pass is fast, because no pixel waits for another.",
        place={"target": TARGET, "depth": 40},
        hide=("gated",),
    ),
    Step(
        "Why",
        "A path goes up, left, or up and right together. It never goes right alone. So each column "
        "to the right costs a row. The path to (3, 9) needs three layers; from (6, 7), one row up "
        "and two columns right, there is none. Point at other pixels.",
        place={"target": TARGET, "depth": 40, "point": 3 * START_SIZE + 9},
        hide=("gated",),
    ),
    Step(
        "Move the target",
        "The blind spot ends at the right edge. So it grows when the target moves left: "
        f"{C['reads: never from (7, 2)']} pixels from column 2, {C['reads: never']} from column 5, "
        f"{C['reads: never from (7, 8)']} from column 8, none from column 9. Drag it.",
        place={"target": 7 * START_SIZE + 2, "depth": 40},
        hide=("gated",),
    ),
    Step(
        "Two stacks",
        "Gated PixelCNN has two stacks. A vertical stack reads the rows above, and needs no mask. "
        "A horizontal stack reads its own row and the vertical stack. With 1, 2, 3 and 5 "
        f"layers after the first it reads {C['reads: gated'][1]}, {C['reads: gated'][2]}, "
        f"{C['reads: gated'][3]} and {C['reads: gated'][5]} pixels: nothing stays unread.",
        place={"target": TARGET, "depth": 0, "play": True, "to": 9},
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
