"""Activity: the gates of a trained Row LSTM at a digit, and one unit down a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.row_lstm.models import MISSING, built_and_reached, config, names, shipped
from pages.ui import digits, lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.models import model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer, Values
from pages.ui.stage import Stage

C = load(__file__)
SYMBOLS = ("o", "f", "i", "g", "c_above", "c", "h")
VIEWS = ("column", "units")
DIGIT, LAYER, UNIT, COLUMN = 10, "2", 28, 16  # a 0: ink in rows 5, 6, 21 and 22 of column 16
ERASED = 7  # rows 0 to 6: its upper edge
WIDTH = 28
MOST_ROWS = 28


def at(row: int) -> int:
    """A pixel of the column."""
    return row * WIDTH + COLUMN


@dataclass(frozen=True)
class Gates:
    """What the gates are computed of.

    Attributes:
        model: name of the checkpoint.
        layer: which Row LSTM of it, from 1 on.
        digit: place in the test split.
        erase: how many of its first rows are erased in the comparison; 0 for none.
    """

    model: str
    layer: str
    digit: int
    erase: int


def _layers(values: Values) -> tuple[str, ...]:
    """The layers of the trained model, the last one first."""
    return tuple(map(str, range(config(values)["layers"], 0, -1)))


def _most_pixel(values: Values) -> int:
    _, height, width = config(values)["event_shape"]
    return int(height * width - 1)


def fields() -> Mapping[str, Field]:
    """How the address holds it, and where the picture stands."""
    return {
        "model": Choice(names),
        "layer": Choice(_layers),
        "digit": Integer(0, digits.TEST_DIGITS - 1, DIGIT),
        "erase": Integer(0, MOST_ROWS),
        "pixel": Integer(0, _most_pixel, browser_owned=True),
        "feature": Integer(
            0, lambda values: int(config(values)["features"] - 1), browser_owned=True
        ),
        "gate": Choice(SYMBOLS, browser_owned=True),
        "view": Choice(VIEWS, browser_owned=True),
    }


@st.cache_data(show_spinner=False, max_entries=32)
def gate_arrays(name: str, x: np.ndarray, layer: int) -> tuple[dict[str, np.ndarray], str]:
    """The gates of one layer at an image, and p; and what the pass took, in words."""
    from arviz_models.analysis.gates import gate_arrays

    network = model(name)
    return live.timed(network, "one pass", partial(gate_arrays, network, x, layer))


def _start(stage: Stage, x: np.ndarray, units: int) -> dict[str, Any]:
    """Where the step has the picture, in a model that may be smaller than the one it speaks of."""
    place = stage.goto or {}
    pixel = min(place.get("pixel", at(16)), x.size - 1)
    feature = min(place.get("feature", UNIT), units - 1)
    gate, view = place.get("gate", "c"), place.get("view", "column")
    return {"pixel": pixel, "feature": feature, "gate": gate, "view": view}


def picture(stage: Stage[Gates]) -> None:
    """The digit under a gate's map, with one unit down a column, or all units at a pixel."""
    state = stage.state
    if not shipped():
        st.error(MISSING)
        return
    card = shipped()[state.model]
    built = card["config"]
    strip = digits.strip(card["data"], built["levels"], state.digit)
    x = digits.chosen(strip, state.digit)
    erase = min(state.erase, x.shape[0])
    meta = {
        **_start(stage, x, built["features"]),
        "digit": state.digit,
        "rows": x.shape[0],
        "columns": x.shape[1],
        "features": built["features"],
        "kernel": built["kernel"],
        "first_kernel": built["first_kernel"],
        "layer": int(state.layer),
        "layers": built["layers"],
        "erase": erase,
    }
    meta["engine"] = engine = offer(stage, state.model)
    meta["nonce"] = st.session_state.get(stage.key("·gates_nonce"), 0)
    arrays = {"x": x, "strip": strip["images"], "strip_indices": strip["indices"]}
    if engine is None:
        found, cost = gate_arrays(state.model, x, int(state.layer))
        stage.cost = live.computed(cost)
        arrays |= found
    if engine is None and erase:
        without = x.copy()
        without[:erase] = 0
        second, _ = gate_arrays(state.model, without, int(state.layer))
        arrays |= {"erased": second["internals"].astype(np.float16), "p_erased": second["p"]}
    mount(
        "row_lstm_gates",
        key="row_lstm_gates",
        data=pack(meta | stage.meta() | look(), arrays),
        on_edit_change=lambda: _pick_digit(stage),
    )
    stage.made["x"] = x


def controls(stage: Stage[Gates]) -> None:
    """Model and layer, where there are several; what is erased."""
    state = stage.state
    known = shipped()
    if not known:
        return
    if len(known) > 1:
        st.selectbox("Trained model", list(known), key=stage.key("model"))
    layers = known[state.model]["config"]["layers"]
    if layers > 1:
        st.segmented_control(
            "Layer",
            [str(layer) for layer in range(1, layers + 1)],
            key=stage.key("layer"),
            required=True,
            wrap=True,
            help="The first layer reads the output of the first convolution, each other one the "
            "output of the layer below it.",
        )
    st.number_input(
        "Compare with: first rows erased",
        0,
        MOST_ROWS,
        key=stage.key("erase"),
        help="The network reads the digit a second time, without its first rows.",
    )
    st.caption(built_and_reached(known[state.model]))


def _pick_digit(stage: Stage) -> None:
    """Callback of the picture: another test digit, any where that is left to chance."""
    edit = st.session_state["row_lstm_gates"].get("edit")
    if edit:
        st.session_state[stage.key("·gates_nonce")] = int(edit["nonce"])
        stage.set(digit=digits.picked(edit["digit"]))


def take_away(stage: Stage[Gates]) -> None:
    """All gates of the digit."""
    state = stage.state
    x = stage.made.get("x")
    if x is None:
        return
    if why := stage.withheld("g"):
        st.caption(why)
        return
    files: lesson.Files = {
        "Gates of all layers, NPZ": (partial(_gates_file, state.model, x), "npz"),
        "This column, CSV": (partial(_column_file, stage, x), "csv"),
    }
    name = f"row-lstm-gates-{state.digit}"
    lesson.downloads(name, partial(_column_figure, stage, x), files, "Column")
    st.caption(
        "The column and the unit are those that the step speaks of. The NPZ has o, f, i, g, c and "
        "h of every layer, unit and pixel, and p."
    )


def _gates_file(name: str, x: np.ndarray) -> bytes:
    from pages.row_lstm.figures import gates_archive

    return gates_archive(model(name), x)


def _column(stage: Stage[Gates], x: np.ndarray) -> tuple[np.ndarray, int, int]:
    """The unit's six values down the column (6, H), with the unit and the column."""
    state = stage.state
    internals = gate_arrays(state.model, x, int(state.layer))[0]["internals"]
    place = _start(stage, x, internals.shape[1])
    column = place["pixel"] % x.shape[1]
    return internals[:, place["feature"], :, column], place["feature"], column


def _column_file(stage: Stage[Gates], x: np.ndarray) -> str:
    from pages.row_lstm.figures import column_table

    values, _, column = _column(stage, x)
    return column_table(values, x[:, column])


def _column_figure(stage: Stage[Gates], x: np.ndarray) -> Any:
    from pages.row_lstm.figures import column_figure

    values, unit, column = _column(stage, x)
    return column_figure(values, x[:, column], f"unit {unit}, column {column}")


def _signed(value: float) -> str:
    """A number of a cell, with its sign."""
    return f"{value:+.1f}".replace("-", "−")


def _list(rows: tuple[int, ...]) -> str:
    """Claimed values of the cell, row after row."""
    return ", ".join(f"{_signed(C[f'c of row {row}'])} (row {row})" for row in rows)


HERE = {"layer": LAYER, "digit": DIGIT}
CELL = {"feature": UNIT, "gate": "c", "view": "column"}
WITHOUT = {**HERE, "erase": ERASED}

LOWER = Question(
    text="We erase rows 0 to 6, the upper edge of the 0, and read again. What is c in row 16 then?",
    answers={
        "The same": "Most of c stays from row to row, so a difference above comes down too.",
        "0": "Only an f near 0 empties a cell, and here it is far above 0.",
        "Nearer to 0": f"f is {C['erased f of row 16']:.2f} there, in place of "
        f"{C['f of row 16']:.2f}: without the stroke the cell keeps less of what it counts.",
    },
    right="Nearer to 0",
    hide=("erased",),
)

SIGMA = Question(
    text="Suppose that σ stood at all four, also at g. Could c then become "
    f"{_signed(C['c of row 19'])}, as it is in row 19?",
    answers={
        "Yes, through f": "f scales c; it never changes its sign.",
        "Yes, through o": "o acts on h, after c.",
        "No": "Then every term of c is at least 0.",
    },
    right="No",
    hide=("g",),
)


STEPS = (
    Step(
        "Follow one cell",
        "The trained network reads a test digit. The colours are one cell **c** at each pixel, and "
        "the curves are its values down one column. In each row c = f · c of the row above + "
        "i · g. Above the stroke f keeps about half, i · g adds "
        f"{_signed(C['i · g of row 4'])} in row 4, and c stays as it was: {_list((2, 4))}. The "
        "numbers of the chosen row are under the curves.",
        HERE,
        {**CELL, "pixel": at(4)},
    ),
    Step(
        "A stroke resets it",
        "Rows 5 and 6 are ink. The gates at a pixel do not read that pixel, but they read the ink "
        f"to its left. In row 5 the forget gate f falls to {C['f of row 5']:.2f}: most of the old "
        f"c is forgotten. And g jumps to {_signed(C['g of row 5'])}, so that c rises: "
        f"{_list((5, 7, 9))}.",
        HERE,
        {**CELL, "pixel": at(5)},
    ),
    Step(
        "It counts",
        f"Rows 7 to 20 are the empty inside of the 0. In rows 11 to 19 f keeps {C['least f']:.2f} "
        f"to {C['most f']:.2f} of c, and g is near −1. So c falls row by row: "
        f"{_list((12, 14, 16, 19))}. There it tells how far up the stroke is.",
        HERE,
        {**CELL, "pixel": at(14)},
    ),
    Step(
        "Without the stroke",
        "The ink of rows 0 to 6 is erased (open squares). The network reads the digit a second "
        "time.",
        WITHOUT,
        {**CELL, "pixel": at(16)},
        question=LOWER,
        after=f"c in row 16 goes from {_signed(C['c of row 16'])} to "
        f"{_signed(C['erased c of row 16'])} (dashed line). The lower edge becomes less likely "
        f"too: p of its pixel ({C['edge']}, {COLUMN}) goes from {C['p of the edge']:.3f} to "
        f"{C['erased p of the edge']:.3f}.",
    ),
    Step(
        "σ or tanh",
        "σ gives values from 0 to 1, tanh from −1 to 1.",
        HERE,
        {**CELL, "pixel": at(19)},
        question=SIGMA,
        after="The paper writes σ at all four, but says that it stands for tanh at g. This network "
        "uses tanh: g goes below 0, and so does c. Open **All units** to see every unit at one "
        "pixel.",
    ),
)

GATES = Activity(
    slug="gates",
    title="Gates",
    state=Gates,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
