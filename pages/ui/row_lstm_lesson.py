"""What only the Row LSTM lesson has: its state, its words, its tabs."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import digits, fields, lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.models import cards as model_cards
from pages.ui.models import model
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import Choice, Flag, Integer, Link, Values, Words

SIZE = 11
BARE = "bare"
FIRST = (BARE, "3", "5", "7")
KERNELS = ("3", "5", "7")
CONTROLS = ("first", "kernel")
MOST_LAYERS = 12
# Where the picture stands in a link that says nothing: row 7, column 5, no row followed yet.
START = {"target": 7 * SIZE + 5, "layers": 1, "rows": 0}
PIXEL, FEATURE, SYMBOL = 14 * 28 + 14, 0, "c"
SYMBOLS = ("o", "f", "i", "g", "c_above", "c", "h")
NO_MODEL = "none"
SAMPLES = 6
# Tabs that show something of the target: while one is open, a target at rest is worth a run.
FOLLOWING = ("Take away",)

QUESTION = Question(
    text="The bare form, one layer, kernels of 3. All rows above the target are followed. Which "
    "earlier pixels does it miss?",
    answers={
        "None of them": "A state does take in all of the row above that its kernel reaches, but "
        "that is three states, not a row.",
        "Those outside the triangle": "That is the triangle of states, and it misses those. It "
        "misses more.",
        "Those outside, and its right edge": "No state holds the pixel at which it stands.",
    },
    right="Those outside, and its right edge",
    why="Three states above reach the target, five above those, one more on each side a row. But "
    "mask A lets a state read only what is left of it: the triangle of pixels stands one column to "
    "the left of that of states, and its own row ends after one pixel. It reads 55 of 82, and of "
    "the last column nothing. The picture is playing it.",
)


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "row_lstm",
        {
            "model": Choice(lambda values: tuple(shipped()) or (NO_MODEL,)),
            "pixel": Integer(0, _most_pixel, browser_owned=True),
            "feature": Integer(0, _most_feature, browser_owned=True),
            "gate": Choice(SYMBOLS, browser_owned=True),
            "digit": Integer(0, digits.TEST_DIGITS - 1, 0),
            "first": Choice(FIRST),
            "kernel": Choice(KERNELS),
            "target": Integer(0, SIZE * SIZE - 1, browser_owned=True),
            "layers": Integer(1, MOST_LAYERS, browser_owned=True),
            "rows": Integer(0, SIZE - 1, browser_owned=True),
            "seed": Integer(0, lesson.MOST_SEED),
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


def shipped() -> dict[str, dict[str, Any]]:
    """Cards of the trained models that the tabs can show, by name: binary, one channel."""
    return {
        name: card
        for name, card in model_cards("RowLSTM").items()
        if card["config"]["levels"] == 2 and card["config"]["event_shape"][0] == 1
    }


def _config(values: Values) -> dict[str, Any]:
    nothing = {"event_shape": [1, 1, 1], "features": 1}
    return dict(shipped().get(values["model"], {}).get("config", nothing))


def _most_pixel(values: Values) -> int:
    _, height, width = _config(values)["event_shape"]
    return int(height * width - 1)


def _most_feature(values: Values) -> int:
    return int(_config(values)["features"] - 1)


def read(link: Link) -> dict[str, Any]:
    """The state of this run, with the place where the picture stands."""
    state = link.read()
    state |= link.kept(state, START)
    return state | {"rows": min(state["rows"], state["target"] // SIZE)}


def controls(link: Link, state: Values) -> None:
    """The controls beside the picture; presenting keeps those that were pinned."""
    shown = state["pin"] if state["present"] else CONTROLS
    if "first" in shown:
        st.segmented_control(
            "First kernel",
            FIRST,
            key=link.key("first"),
            required=True,
            help="Side of a convolution of mask A before the first Row LSTM. The lecture's bare "
            "form has none; the paper takes 7×7.",
        )
    if "kernel" in shown:
        st.segmented_control(
            "Kernel along the row",
            KERNELS,
            key=link.key("kernel"),
            required=True,
            help="Width k of both components, state to state and input to state. The paper takes "
            "3.",
        )


@st.cache_data(show_spinner="Following every state through the rows", max_entries=16)
def drawn(kernel: int, first_kernel: int | None) -> tuple[dict[str, Any], bytes, str]:
    """Meta and packed tables of the picture, and the name of the configuration."""
    from arviz_models.figures.row_lstm import row_reads

    found = row_reads(SIZE, kernel, first_kernel)
    name = f"row lstm {kernel} {first_kernel}"
    return found.meta(), pack({"name": name}, found.tables()), name


def _configuration(state: Values) -> tuple[int, int | None]:
    return int(state["kernel"]), None if state["first"] == BARE else int(state["first"])


def picture(link: Link, state: Values) -> None:
    """The triangle of states, and the pixels they read."""
    meta, tables, name = drawn(*_configuration(state))
    meta = {**meta, "start": START, "tables": name}
    fields.picture("row_lstm", link, state, meta, tables, following=FOLLOWING)


def show(link: Link, goto: dict[str, Any], first: str = BARE, kernel: str = "3") -> None:
    """Set the picture to a state that a card speaks of; what `goto` leaves out is as at first."""
    fields.show(link, goto, first=first, kernel=kernel)


def reveal(link: Link) -> Callable[[], None]:
    """Plays the rows of the bare form."""
    return partial(show, link, {"play": True})


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    whole = SIZE - 1  # more than there are above the target: all of them
    return [
        lesson.Card(
            "Three, five, seven",
            "A state is computed from the states above it: with a kernel of 3 from three of them, "
            "these from five, and so on. The recurrence draws a triangle up to the first row, "
            "where the state is 0.",
            partial(show, link, {"play": True}),
        ),
        lesson.Card(
            "Circles are states, colours are pixels",
            "Mask A on the image: no state holds the pixel at which it stands. The pixels stand "
            "one column to the left of the states, 55 of 82 are read, and the last column never "
            "is. Point at one to see its way.",
            partial(show, link, {"rows": whole}),
        ),
        lesson.Card(
            "Depth helps on the left alone",
            "Each layer above reads one more feature to the left, so the dotted pixels come in: "
            "65 of 82. The hatched ones stay blind at any depth: up and right, every column still "
            "costs a row.",
            partial(show, link, {"rows": whole, "layers": 5}),
        ),
        lesson.Card(
            "A first kernel looks to the right",
            "A 7×7 convolution of mask A, as in the paper, has seen three rows up and three "
            "columns to the right before any state is made: 78 of 82 with one layer. A 3×3 one "
            "reaches 66.",
            partial(show, link, {"rows": whole}, first="7"),
        ),
    ]


def tabs(link: Link, state: Values) -> None:
    """Formula, gates of a digit, samples, code, downloads, mistakes, papers."""
    lesson.tabs(_TABS, "row_lstm", link, state)


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} "
        r"a_i &= K^{ss} * h_{i-1} + K^{is} * x_i \\ "
        r"[o_i, f_i, i_i, g_i] &= [\sigma, \sigma, \sigma, \tanh](a_i) \\ "
        r"c_i &= f_i \odot c_{i-1} + i_i \odot g_i \\ "
        r"h_i &= o_i \odot \tanh(c_i) \end{aligned}"
    )
    st.markdown(
        "**i** is a row, and everything holds for all its pixels at once. **h** and **c** are the "
        "circles, a hidden state and a cell for each feature; **Kˢˢ**, state to state, is a "
        "convolution of 1×k over the row above, the lines between the circles. That row is "
        "finished, so it needs no mask. **Kⁱˢ**, input to state, is a convolution of 1×k along "
        "row **i** of the input **x**, masked: what it reads is blue, and it is computed for the "
        "whole image in advance. **⊙** multiplies feature by feature. In *Gates at a pixel* each "
        "symbol is a row of bars."
    )
    st.latex(
        r"\begin{aligned} \text{bare:}\; & h^1 = U^1\, \mathrm{LSTM}^{A}(x) \\ "
        r"\text{paper:}\; & h^0 = (W \odot M^{A}) * x \\ "
        r"& h^{l} = h^{l-1} + U^l\, \mathrm{LSTM}^{B}(h^{l-1}) \\ "
        r"& z = V_2\, \rho(V_1\, \rho(h^L)) \\ "
        r"& p(x_i \mid \cdot) = \mathrm{softmax}(z_i) \end{aligned}"
    )
    st.markdown(
        "**A** and **B** are the masks of **Kⁱˢ**: A leaves out the pixel itself, B keeps it. "
        "**Mᴬ** is that of the first layer; **U** and **V** are 1×1 and read one place each, "
        "**ρ** is the ReLU. The sum with **h** of the layer below is the residual connection. "
        "Layers after the first are the same in both forms. The trained model has the paper's."
    )


def _no_model() -> bool:
    """Whether there is nothing to show, and what to do then."""
    if shipped():
        return False
    st.error(
        "No trained RowLSTM was found in `assets/checkpoints`. Restore that folder, or train one: "
        "`python -m arviz_models train row-lstm --data mnist_binary --name row-lstm-mnist`"
    )
    return True


def _choose_model(link: Link) -> None:
    if len(shipped()) > 1:
        st.selectbox("Trained model", list(shipped()), key=link.key("model"), width=300)


@st.cache_data(show_spinner=False, max_entries=32)
def _gate_arrays(name: str, x: np.ndarray) -> dict[str, np.ndarray]:
    from arviz_models.figures.row_lstm import gate_arrays

    return gate_arrays(model(name), x)


def _gates(link: Link, state: Values) -> None:
    if _no_model():
        return
    name, digit = state["model"], state["digit"]
    card = shipped()[name]
    config = card["config"]
    st.markdown(
        "The trained model reads a test digit. Choose a pixel, then point at a symbol: its bars "
        "light up, one for each feature. Click a bar to see that symbol and feature over the "
        "image. The numbers of the feature under the pointer follow the equations."
    )
    _choose_model(link)
    strip = digits.strip(card["data"], config["levels"], digit)
    x = digits.chosen(strip, digit)
    meta = {
        "digit": digit,
        "rows": x.shape[0],
        "columns": x.shape[1],
        "features": config["features"],
        "kernel": config["kernel"],
        "pixel": min(PIXEL, x.size - 1),
        "feature": FEATURE,
        "gate": SYMBOL,
        "resets": link.resets,
    }
    arrays = _gate_arrays(name, x) | {
        "x": x,
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "row_lstm_gates",
        key="row_lstm_gates",
        data=pack(meta | look(), arrays),
        on_digit_change=lambda: _pick_digit(link),
    )
    st.caption(
        f"{config['layers']} {'layers' if config['layers'] > 1 else 'layer'} of "
        f"{config['features']} features, kernels of {config['kernel']}, the last layer shown; "
        f"test NLL {card['test_nll']:.2f} nats on {card['data']}."
    )
    st.download_button(
        "All gates of this digit, NPZ", partial(_gates_file, name, x), f"row-lstm-gates-{digit}.npz"
    )


def _gates_file(name: str, x: np.ndarray) -> bytes:
    from arviz_models.figures.row_lstm import gates_archive

    return gates_archive(model(name), x)


def _pick_digit(link: Link) -> None:
    """Callback of the picture: another test digit, any where that is left to chance."""
    picked = st.session_state["row_lstm_gates"].get("digit")
    if picked:
        digit = picked["digit"]
        link.set(digit=random.randrange(digits.TEST_DIGITS) if digit is None else int(digit))


def _sample(link: Link, state: Values) -> None:
    from arviz_models.figures.nade import batch_arrays

    if _no_model():
        return
    name = state["model"]
    _choose_model(link)
    trace = live.samples(name, SAMPLES, state["seed"])
    if trace is None:
        st.info("Stopped. Press **Reseed** to draw again.")
        return
    _, rows, columns = trace.event_shape
    meta = {
        "count": SAMPLES,
        "rows": rows,
        "columns": columns,
        "trace_id": repr((name, state["seed"])),
    }
    mount("digits", key="row_lstm_digits", data=pack(meta | look(), batch_arrays(trace)))
    card = shipped()[name]
    st.caption(
        f"{live.cost(trace)}. What a row takes from the row above is computed once, when that row "
        "is finished; within a row each pixel only adds the masked input to state. Test NLL "
        f"{card['test_nll']:.2f} nats on {card['data']}."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models.figures.row_lstm import rows_above
    from arviz_models.row_lstm import RowLSTM, RowLSTMLayer, RowLSTMState

    show_source(RowLSTMLayer.rows, RowLSTMLayer.forward, RowLSTM.forward)
    show_source(RowLSTMState, note="The decoder's state of one layer, a pixel at a time:")
    show_source(rows_above, note="The triangle, from the taps the model really has:")


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import row_lstm as figures

    found = figures.row_reads(SIZE, *_configuration(state))
    target, layers, rows = (state[name] for name in START)
    figure = figures.triangle_figure(found, target, layers, rows)
    row, column = divmod(target, SIZE)
    name = f"row-lstm-{row}-{column}"
    files: lesson.Files = {
        "Growing triangle, GIF": (partial(figures.growth, found, target, layers), "gif"),
        "This target, CSV": (partial(figures.reads_table, found, target), "csv"),
        "All tables, NPZ": (partial(figures.archive, found), "npz"),
    }
    lesson.downloads(name, figure, files)
    st.caption(
        f"Target row {row}, column {column}, {layers} {'layers' if layers > 1 else 'layer'}, "
        f"{rows} rows up. The CSV has a line for each earlier pixel: the fewest layers that read "
        "it, and how many rows up its state and its reader are. The NPZ has that for every target "
        "and depth."
    )
    st.pyplot(figure, width="content")


def _classroom(link: Link, state: Values) -> None:
    lesson.classroom(link, CONTROLS)
    st.markdown("While the grid has the focus, the arrow keys move the target; Esc ends that.")


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "A recurrence remembers everything above.",
                "What reaches a pixel comes through a kernel at each row. With k = 3 a state gains "
                "one column a side for each row, so near pixels to the right stay out of reach.",
            ),
            (
                "The triangle of the slide is what is read.",
                "That is the triangle of states. In the bare form the pixels end one column before "
                "it; a first kernel brings them back under the states, and beyond.",
            ),
            (
                "More layers see the rest.",
                "On the left they do. Hatched pixels stay blind with any number of Row LSTMs; only "
                "wider kernels reach them, or another recurrence (Diagonal BiLSTM).",
            ),
            (
                "State to state needs the mask too.",
                "The row above is finished, all of it comes before. A mask there loses the right "
                "half of the triangle.",
            ),
            (
                "A row at once, so a row is drawn at once.",
                "In training the image is there, and a step is a row. A sample has to wait for "
                "each pixel on its left: the masked input to state reads it.",
            ),
            (
                "The paper's k×1 kernel runs down a column.",
                "It runs along the row. Down the column each column would be a model of its own, "
                "the mistake of several public implementations.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Gates at a pixel": _gates,
    "Sample live": _sample,
    "Code": _code,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
