"""What only the Diagonal BiLSTM lesson has: its state, its words, its tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import digits, fields, lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.fields import Place
from pages.ui.models import cards as model_cards
from pages.ui.models import model
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import MOST_FLIPS, Choice, Flag, FlipList, Integer, Link, Values, Words

KERNELS = ("3", "5", "7")
VIEWS = ("primer", "skew", "mirror", "sweep", "contexts")
CONTROLS = ("size", "first", "noshift", "full")
LEAST_SIZE, MOST_SIZE, START_SIZE = 5, 16, 11
LAYERS, START_DEPTH = 7, 1
MOST_STEPS = 100  # of the player, in any view
NO_MODEL = "none"
DIGITS = 6
# Tabs that show something of the target: while one is open, a target at rest is worth a run.
FOLLOWING = ("Take away",)

QUESTION = Question(
    text="The second direction comes from the upper right. If its output were added where it "
    "stands, without moving it down a row: which pixels would leak?",
    answers={
        "None": "An LSTM reads only what it has passed. But it comes from the right, and has "
        "passed pixels that are drawn after the target.",
        "Some of its own row": "The target and what stands on its right.",
        "The rows below": "Both directions run from the top down, so no state knows a row below.",
    },
    right="Some of its own row",
    why="On its way the second direction passes the right end of the target's row before it comes "
    "to the target. Those features hold all pixels from the target on, save the last of the row: "
    "with mask A none holds its own pixel. The picture lights the leaking pixels. Moved down by "
    "one row, the same states bring finished rows alone.",
)


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "diagonal_bilstm",
        {
            "size": Integer(LEAST_SIZE, MOST_SIZE, START_SIZE),
            "first": Choice(KERNELS),
            "noshift": Flag(),
            "full": Flag(),
            "target": Integer(0, lambda values: values["size"] ** 2 - 1, browser_owned=True),
            "depth": Integer(0, LAYERS, browser_owned=True),
            "view": Choice(VIEWS, browser_owned=True),
            "step": Integer(0, MOST_STEPS, browser_owned=True),
            "seed": Integer(0, lesson.MOST_SEED),
            "digit": Integer(0, digits.TEST_DIGITS - 1, 1),
            "pixel": Integer(0, lambda values: _pixels() - 1, _start_pixel()),
            "paint": FlipList(lambda values: _pixels()),
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
    if "first" in shown:
        st.segmented_control(
            "First kernel",
            KERNELS,
            format_func=lambda kernel: f"{kernel}×{kernel}",
            key=link.key("first"),
            required=True,
            help="The convolution of mask A that comes before the LSTMs. The paper takes 7×7.",
        )
    if "noshift" in shown:
        st.toggle(
            "Leave out the shift",
            key=link.key("noshift"),
            help="Adds the second direction where it stands. Such a network leaks.",
        )
    if "full" in shown:
        st.toggle(
            "Full context",
            key=link.key("full"),
            help="The second direction starts from features of mask B, which hold their own pixel.",
        )


@st.cache_data(show_spinner="Following both directions through the image", max_entries=24)
def drawn(size: int, first: int, full: bool, shift: bool) -> tuple[dict[str, Any], bytes]:
    """Meta and packed tables of the picture."""
    from arviz_models.figures.diagonal_bilstm import WORDS, bidirectional_reads, diagonals

    found = diagonals(size, first, full, shift)
    primer = {f"primer {way}": table for way, table in bidirectional_reads().items()}
    meta = {
        "rows": found.shape[0],
        "columns": found.shape[1],
        "shift": shift,
        "full": full,
        "tables": f"diagonal {size} {first} {full} {shift}",
        "words": WORDS,
    }
    return meta, pack({"name": meta["tables"]}, {**found.arrays, **primer})


def _configuration(state: Values) -> tuple[int, int, bool, bool]:
    return state["size"], int(state["first"]), state["full"], not state["noshift"]


def picture(link: Link, state: Values) -> None:
    """The bidirectional RNN, the skew, the sweep and the contexts: one component."""
    meta, tables = drawn(*_configuration(state))
    meta = {**meta, "layers": LAYERS, **asdict(start(state))}
    fields.picture("diagonal", link, state, meta, tables, following=FOLLOWING)


def show(link: Link, goto: dict[str, Any], **values: Any) -> None:
    """Set the picture to a state that a card speaks of: size, kernel and toggles as at first."""
    usual = {"size": START_SIZE, "first": "3", "noshift": False, "full": False}
    fields.show(link, goto, **(usual | values))


def reveal(link: Link) -> Callable[[], None]:
    """Sets the picture to the network that leaks."""
    return partial(show, link, {"view": "contexts"}, noshift=True)


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    return [
        lesson.Card(
            "Two readers",
            "A bidirectional RNN reads a sequence from both ends and joins what it finds. Point at "
            "y₁: it reads all three inputs, x₁ too. As it stands it can predict nothing.",
            partial(show, link, {"view": "primer", "play": True}),
        ),
        lesson.Card(
            "A diagonal becomes a column",
            "A state takes over from the one on its left and the one above. Move each row right by "
            "one more than the row before, and both stand in the column before it.",
            partial(show, link, {"view": "skew", "play": True}),
        ),
        lesson.Card(
            "A wavefront",
            "Pixels on one diagonal do not need each other, so they are computed at once: 2H − 1 "
            "steps for H² pixels. Then, or at the same time, from the other corner.",
            partial(show, link, {"view": "sweep", "play": True}),
        ),
        lesson.Card(
            "A corner is missing",
            "The first direction reads what lies above and left, the second, one row up, what lies "
            "above and right: all but the last pixel of the row above. Full context closes the "
            "gap.",
            partial(show, link, {"view": "contexts"}),
        ),
    ]


def tabs(link: Link, state: Values) -> None:
    """Formula, code, the trained model at work, downloads, mistakes, papers."""
    lesson.tabs(_TABS, link.lesson, link, state)


# --- the trained model ----------------------------------------------------------------------------


def _trained_name() -> str:
    """The checkpoint that the tabs show, of images of one channel and two levels."""
    for name, card in model_cards("DiagonalBiLSTM").items():
        config = card["config"]
        if config["event_shape"][0] == 1 and config["levels"] == 2:
            return name
    return NO_MODEL


def _trained_shape() -> tuple[int, int]:
    """H, W of the checkpoint's images; those of MNIST where there is none."""
    card = model_cards("DiagonalBiLSTM").get(_trained_name())
    _, height, width = card["config"]["event_shape"] if card else (1, 28, 28)
    return height, width


def _pixels() -> int:
    height, width = _trained_shape()
    return height * width


def _start_pixel() -> int:
    """A pixel a little below the middle, where digits have ink."""
    height, width = _trained_shape()
    return (height * 4 // 7) * width + width * 3 // 7


def _missing() -> None:
    st.error(
        "No trained DiagonalBiLSTM was found in `assets/checkpoints`. Restore that folder, or "
        "train one: `python -m arviz_models train diagonal-bilstm --data digits "
        "--name diagonal-bilstm-digits`"
    )


def _samples(link: Link, state: Values) -> None:
    from arviz_models.figures.nade import batch_arrays

    name = _trained_name()
    if name == NO_MODEL:
        _missing()
        return
    st.markdown(
        "A sample is drawn pixel by pixel: diagonals at once are for images that are there. Each "
        "step goes one pixel on with the first direction; the second runs through a row once, when "
        "the row is finished."
    )
    trace = live.samples(name, DIGITS, state["seed"])
    if trace is None:
        st.info("Stopped. Press **Reseed** to draw again.")
        return
    _, rows, columns = trace.event_shape
    trace_id = repr((link.lesson, name, state["seed"]))
    meta = {"count": DIGITS, "rows": rows, "columns": columns, "trace_id": trace_id}
    mount("digits", key=f"{link.lesson}_digits", data=pack(meta | look(), batch_arrays(trace)))
    card = model_cards("DiagonalBiLSTM")[name]
    st.caption(f"{live.cost(trace)}. {_results(card)}.")


def _results(card: dict[str, Any]) -> str:
    """What the checkpoint's card says it reached."""
    said = f"Test NLL {card['test_nll']:.2f} nats on {card['data']}"
    if "binarized_mnist_test_nll" in card:
        said += f", {card['binarized_mnist_test_nll']:.2f} on the papers' data"
    return said


@st.cache_data(show_spinner=False, max_entries=4)
def _table(name: str) -> bytes:
    """What each pixel's conditional reads, for all targets: sent once, kept in the browser."""
    from arviz_models.figures.pixelcnn_drawing import field_table

    return pack({"name": f"field {name}"}, field_table(model(name)))


@st.cache_data(show_spinner=False, max_entries=64)
def _at_digit(name: str, x: np.ndarray, pixel: int) -> dict[str, np.ndarray]:
    """Every conditional at an image, and the gradient of one of them."""
    from arviz_models.figures.pixelcnn_drawing import conditionals, gradient

    found = conditionals(model(name), x)
    row, column = divmod(pixel, x.shape[1])
    return found | {"gradient": gradient(model(name), x, (row, column))}


def _gradient(link: Link, state: Values) -> None:
    name = _trained_name()
    if name == NO_MODEL:
        _missing()
        return
    st.markdown(
        "What the trained network **can** read is one thing, what it **does** heed another. Choose "
        "a pixel of this test digit: how far away do others still count? Or **paint**, and watch "
        "the conditional move."
    )
    card = model_cards("DiagonalBiLSTM")[name]
    strip = digits.strip(card["data"], card["config"]["levels"], state["digit"])
    digit = digits.chosen(strip, state["digit"])
    x = digit.copy()
    for index, level in state["paint"]:
        x.flat[index] = level
    now, before = (_at_digit(name, image, state["pixel"]) for image in (x, digit))
    rows, columns = x.shape
    meta = {
        "model": name,
        "title": "Diagonal BiLSTM",
        "table": f"field {name}",
        "layers": card["config"]["layers"],
        "levels": card["config"]["levels"],
        "layer": "gradient",
        "rows": rows,
        "columns": columns,
        "target": state["pixel"],
        "digit": state["digit"],
        "most": MOST_FLIPS,
        "nonce": st.session_state.get(f"{link.lesson}.nonce", 0),
        "resets": link.resets,
    }
    arrays = {
        "x": x,
        "base": digit,
        "logits": now["logits"],
        "log_p": now["log_p"],
        "base_logits": before["logits"],
        "base_log_p": before["log_p"],
        "gradient": now["gradient"],
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "pixel_softmax",
        key=f"{link.lesson}_softmax",
        data=pack(meta | look(), arrays),
        on_edit_change=lambda: _edited(link),
    )
    mount("weights", key=f"{link.lesson}_field", data=_table(name))


def _edited(link: Link) -> None:
    """Callback of the picture: another pixel, other paint, or another digit."""
    edit = st.session_state[f"{link.lesson}_softmax"].get("edit")
    if not edit:
        return
    st.session_state[f"{link.lesson}.nonce"] = int(edit["nonce"])
    if "digit" in edit:
        picked = edit["digit"]
        digit = np.random.default_rng().integers(digits.TEST_DIGITS) if picked is None else picked
        link.set(digit=int(digit), paint=())
    else:
        painted = {int(index): int(level) for index, level in edit["paint"]}
        link.set(pixel=int(edit["target"]), paint=tuple(sorted(painted.items())))


# --- words ----------------------------------------------------------------------------------------


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} "
        r"a_t &= K^{ss} * h_{t-1} + K^{is} * x_t \\ "
        r"[o_t, f_t, i_t, g_t] &= [\sigma, \sigma, \sigma, \tanh](a_t) \\ "
        r"c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\ "
        r"h_t &= o_t \odot \tanh(c_t) \\ "
        r"y_{r} &= x_{r} + W\,(h^{\rightarrow}_{r} + h^{\leftarrow}_{r-1}) \end{aligned}"
    )
    st.markdown(
        "**t** counts the columns of the skewed map, the numbers in the cells of *Skew*. **hₜ** "
        "are the states of a whole column, the yellow cells: one step. **Kˢˢ** is the 2×1 kernel "
        "on the column before, the two blue cells; **Kⁱˢ** reads one cell of the layer's input "
        "**x**, and no other. The arrows at **h** are the two directions, each with its own "
        "weights. **r − 1** is the shift: what the second direction found one row up. The first "
        "**x** are features of a convolution with mask A, later ones the **y** of the layer "
        "before."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models.diagonal_bilstm import DiagonalBiLSTMLayer, direction_reads, layer_reads
    from arviz_models.layers import skew

    show_source(skew, DiagonalBiLSTMLayer.states, DiagonalBiLSTMLayer.added)
    show_source(
        layer_reads, direction_reads, note="What the layers can read, from which the grids come:"
    )


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import diagonal_bilstm as figures

    found = figures.diagonals(*_configuration(state))
    target, depth = state["target"], state["depth"]
    figure = figures.contexts_figure(found, target, depth)
    row, column = divmod(target, state["size"])
    name = f"diagonal-bilstm-{row}-{column}"
    files: lesson.Files = {
        "Both sweeps, GIF": (partial(figures.sweep_animation, found), "gif"),
        "First layers, CSV": (partial(figures.contexts_table, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(name, figure, files)
    st.caption(
        f"Target row {row}, column {column}, after {depth} {'layer' if depth == 1 else 'layers'}. "
        "The CSV has a line for each pixel, with the first layer at which the output and each "
        "direction read it (empty: none ever does); the NPZ has that for every target, and both "
        "skewed maps."
    )
    st.pyplot(figure, width=480)


def _classroom(link: Link, state: Values) -> None:
    fields.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "The diagonals run from the upper left to the lower right.",
                "That is the way the wavefront travels. The pixels computed at once lie on a line "
                "from the lower left to the upper right; play *Sweep*.",
            ),
            (
                "Rows are moved left, or columns down.",
                "Row r moves right by r. Then left and above of a pixel both lie in the column "
                "before. For the second direction the image is mirrored, not the shift.",
            ),
            (
                "The second direction is moved down since it starts from the other side.",
                "It is moved down since level with it are pixels that are not drawn yet. Leave out "
                "the shift and they light up.",
            ),
            (
                "The shift can be done before the recurrence as well as after, or upwards.",
                "It is the states that know too much, so their output is moved; the row that comes "
                "in at the top is zero. In public code that row is often put at the bottom, which "
                "leaks.",
            ),
            (
                "It reads all that comes before.",
                "In the paper's form one pixel is missing: the last of the row above, unless the "
                "first kernel reaches it. Drag the target to the right, or take a wider kernel.",
            ),
            (
                "A whole diagonal is sampled at once.",
                "At once are the states of an image that is there, in training. A sample is drawn "
                "in raster order, since each pixel waits for the one on its left.",
            ),
            (
                "Two models that read the same pixels are equally good.",
                "Seven layers read no pixel more than one, and the paper still measures 79.20 nats "
                "with seven against 80.75 with one, on binarized MNIST. What is read must also be "
                "made use of.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "Trained gradient": _gradient,
    "Sample": _samples,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
