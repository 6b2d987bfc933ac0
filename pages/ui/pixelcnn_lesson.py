"""What only the PixelCNN lesson has: its state, its words, its tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import streamlit as st

from pages.ui import fields, lesson, pixelcnn_drawing, pixelcnn_live
from pages.ui.fields import Place
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import Choice, Flag, Integer, Link, Values, Words

KERNELS = ("3", "5", "7")
CONTROLS = ("size", "first", "kernel", "mask")
LEAST_SIZE, MOST_SIZE, START_SIZE = 7, 28, 11
START_DEPTH = 3
# Tabs that show something of the target: while one is open, a target at rest is worth a run.
FOLLOWING = ("Take away",)

QUESTION = Question(
    text="The hatched pixels come before the target and are not read. Will 40 layers clear this "
    "blind spot?",
    answers={
        "Yes": "Each layer does reach one pixel further, but not in every direction.",
        "In part": "The pale pixels it does clear, and it takes far fewer layers for them. They "
        "only wait for depth; the hatched ones do not.",
        "No": "No depth clears a single one of them.",
    },
    right="No",
    why="Follow a path: every 3×3 mask lets it go one row up and one column to the right, or up, "
    "or to the left, but never to the right alone. So each column to the right costs one row, in "
    "every layer, and what lies below that diagonal stays out of reach. The picture has 40 layers "
    "now: point at a blue pixel near the edge to see its path.",
)


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "pixelcnn",
        {
            "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
            "first": Choice(KERNELS),
            "kernel": Choice(KERNELS),
            "mask": Choice(("A", "B")),
            **fields.link_fields(lambda values: values["size"] ** 2),
            "seed": Integer(0, lesson.MOST_SEED),
            **pixelcnn_drawing.FIELDS,
            **pixelcnn_live.FIELDS,
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


def start(state: Values) -> Place:
    """The target and depth of a link that says nothing."""
    return fields.start(state["size"], state["size"], START_DEPTH)


def read(link: Link) -> dict[str, Any]:
    """The state of this run, with the target and the depth where the picture stands."""
    return fields.read(link, start)


def controls(link: Link, state: Values) -> None:
    """The controls beside the picture; presenting keeps those that were pinned."""
    shown = state["pin"] if state["present"] else CONTROLS
    if "size" in shown:
        st.number_input("Side of the image, pixels", LEAST_SIZE, MOST_SIZE, key=link.key("size"))
    for name, label, words in (
        ("first", "First kernel", "That of the first layer. The paper takes 7×7."),
        ("kernel", "Later kernels", "That of every layer after the first. The paper takes 3×3."),
    ):
        if name in shown:
            st.segmented_control(
                label,
                KERNELS,
                format_func=lambda kernel: f"{kernel}×{kernel}",
                key=link.key(name),
                required=True,
                help=words,
            )
    if "mask" in shown:
        st.segmented_control(
            "Mask of the first layer",
            ("A", "B"),
            format_func=lambda mask: {"A": "A", "B": "What if B?"}[mask],
            key=link.key("mask"),
            required=True,
            help="Type A leaves out the pixel itself, type B keeps it. Later layers have type B.",
        )


@st.cache_data(show_spinner="Following every path through the layers", max_entries=24)
def drawn(size: int, kernel: int, first: int, mask: str) -> tuple[dict[str, Any], bytes, str]:
    """Meta and packed tables of the picture, and the name of the configuration."""
    from arviz_models.figures.pixelcnn import pixelcnn_fields

    found = pixelcnn_fields(size, kernel, first, mask)
    name = f"pixelcnn {size} {first} {kernel} {mask}"
    return found.meta(), fields.tables(name, found), name


def _configuration(state: Values) -> tuple[int, int, int, str]:
    return state["size"], int(state["kernel"]), int(state["first"]), state["mask"]


def picture(link: Link, state: Values) -> None:
    """The two fields, and what is wrong with them where the first mask is B."""
    meta, packed, name = drawn(*_configuration(state))
    meta = {**meta, "tables": name, "most": fields.MOST_DEPTH, **asdict(start(state))}
    fields.picture("fields", link, state, meta, packed, following=FOLLOWING)
    if state["mask"] == "B":
        st.info(
            "**Broken on purpose.** With mask B in the first layer the centre of the kernel is a "
            "1, and each conditional reads the very pixel that it predicts. Training copies it: "
            "the loss falls to nothing, and the samples are worthless, since when a pixel is "
            "drawn there is nothing yet to copy."
        )


def show(link: Link, goto: dict[str, Any], **values: Any) -> None:
    """Set the picture to a state that a card speaks of: kernels and size as at first."""
    fields.show(
        link,
        goto,
        **({"size": START_SIZE, "first": "3", "kernel": "3", "mask": "A"} | values),
    )


def reveal(link: Link) -> Callable[[], None]:
    """Sets the picture to the deepest stack."""
    return partial(show, link, {"depth": fields.MOST_DEPTH})


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    return [
        lesson.Card(
            "A mask, walking",
            "A kernel slides over the image, its later weights set to 0. In the first layer the "
            "centre is a 0 too (type A): a pixel must not read itself. Press play, or drag it.",
            partial(show, link, {"view": "first"}),
        ),
        lesson.Card(
            "Layers widen the field",
            "One layer reads a few neighbours. The next reads features that have read theirs, so "
            "with each layer the blue field grows by one pixel; a later centre may be read "
            "(type B), for it holds earlier pixels alone.",
            partial(show, link, {"depth": 0, "play": True}),
        ),
        lesson.Card(
            "A wedge stays blind",
            "Up and right together, or straight up, or left: those are the steps there are. Pixels "
            "to the right that lie too low are never reached. Drag the target to the left edge and "
            "the wedge grows.",
            partial(show, link, {"target": 9 * START_SIZE + 1, "depth": 15}),
        ),
        lesson.Card(
            "Two stacks, no blind spot",
            "The gated network reads the rows above with one stack, the whole width, no mask "
            "needed, and its own row with another, which also reads the first. Point at a pixel "
            "near the right edge to see its path.",
            partial(show, link, {"target": 9 * START_SIZE + 1, "depth": 9}),
        ),
    ]


def tabs(link: Link, state: Values) -> None:
    """Formula, code, the trained models at work, downloads, mistakes, papers."""
    lesson.tabs(_TABS, "pixelcnn", link, state)


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} "
        r"p(x) &= \textstyle\prod_i\, p(x_i \mid x_1, \dots, x_{i-1}) \\ "
        r"h^0 &= (W^0 \odot M^{A}) * x \\ "
        r"u &= \rho(W_1\, \rho(h^{l-1})) \\ "
        r"h^{l} &= h^{l-1} + W_3\, \rho\big((W^l \odot M^{B}) * u\big) \\ "
        r"p(x_i \mid \cdot) &= \mathrm{softmax}(z_i) \end{aligned}"
    )
    st.markdown(
        "**xᵢ** is the pixel in the vermilion outline, **x₁ … xᵢ₋₁** are all that is not grey. "
        "**M** are the masks under the grids, 1 in blue and 0 in white: **Mᴬ** is 0 at the centre, "
        "**Mᴮ** is 1 there. **l** is the layer on the player, **ρ** the ReLU, **\\*** a "
        "convolution. **z** are two layers of 1×1 on the last **h**; like **W₁** and **W₃** they "
        "read one pixel each and leave every field as it is."
    )
    st.latex(
        r"\begin{aligned} a &= U^l * v^{l-1}, \quad v^l = g(a) \\ "
        r"h^l &= h^{l-1} + W\, g\big((W^l \odot M) * h^{l-1} + V a\big) "
        r"\\ g(a_1, a_2) &= \tanh(a_1) \odot \sigma(a_2) \end{aligned}"
    )
    st.markdown(
        "**v** is the vertical stack, upright stripes: **U** lies on rows above, over the whole "
        "width of the kernel, so it needs no mask. Its output is moved down by a row in the first "
        "layer; from then on it may be read on its own row too, on both sides. **h** is the "
        "horizontal stack, level stripes: **M** masks a single row. **V** hands **v** to **h**, "
        "never the other way: else the vertical stack would know its own row. **g** is the gate, "
        "over the two halves of the maps."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models.layers import MaskedConv2d, kernel_mask
    from arviz_models.pixelcnn import GatedLayer, PixelCNN
    from arviz_models.receptive_field import first_seen

    show_source(kernel_mask, MaskedConv2d.forward, PixelCNN.forward, GatedLayer.forward)
    show_source(first_seen, note="The picture's tables, from the layers the models really have:")


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import fields as figures
    from arviz_models.figures.pixelcnn import pixelcnn_fields

    found = pixelcnn_fields(*_configuration(state))
    target, depth = state["target"], state["depth"]
    figure = figures.fields_figure(found, target, depth)
    row, column = divmod(target, state["size"])
    name = f"pixelcnn-{row}-{column}"
    files: lesson.Files = {
        "Growing field, GIF": (partial(figures.growth, found, target), "gif"),
        "First layers, CSV": (partial(figures.first_layers, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(name, figure, files)
    st.caption(
        f"Target row {row}, column {column}, with {depth} layers after the first. The CSV has a "
        "line for each pixel before the target, with the first layer that reads it (empty: none "
        "ever does); the NPZ has that for every target."
    )
    st.pyplot(figure)


def _classroom(link: Link, state: Values) -> None:
    fields.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "Deeper clears the blind spot.",
                "It clears what is pale, never what is hatched. Wider kernels narrow the wedge; "
                "only the second stack removes it.",
            ),
            (
                "Type B is a better A, it sees one pixel more.",
                "In the first layer that pixel is the answer. Choose *What if B?* and the target "
                "is lit: it reads itself.",
            ),
            (
                "Then every layer needs type A.",
                "Later centres are features of earlier pixels, which may be read. In a deep stack "
                "of A alone no path leads to the pixel just before the target.",
            ),
            (
                "Both stacks of the gated network do the same, turned by a quarter.",
                "The vertical one reads rows above, whole, and has no mask; the horizontal one "
                "reads its own row, masked. The second reads the first, and never the reverse.",
            ),
            (
                "One forward pass generates an image.",
                "One pass gives all conditionals of an image that is there, which is how it is "
                "trained. A sample takes a step for each pixel, each on those drawn before.",
            ),
            (
                "Take the likeliest value of each softmax.",
                "That draws the same image each time, and on digits an empty one or nearly so, as "
                "most pixels are likelier paper than ink. Draw from the softmax.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "A pixel's softmax": pixelcnn_drawing.softmax_tab,
    "Complete a drawing": pixelcnn_drawing.completion_tab,
    "Break the mask": pixelcnn_live.break_the_mask,
    "Parallel or in sequence": pixelcnn_live.parallel_or_sequence,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
