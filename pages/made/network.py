"""The picture of MADE's masks, for every activity that cuts, orders or breaks them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from arviz_models.figures.numbers import listed
from pages.made.state import MISTAKES, MOST_VARIABLES, MOST_WIDTH, Network
from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.stage import Stage

NAMED_ORDERS = ("natural", "reversed", "random", "by hand")
EXPLAINED = {
    "degree D": "The first unit of the last hidden layer has degree D. It may read every input, so "
    "no output may read it. Degrees end at D − 1.",
    "degree 0": "The first unit of the first hidden layer has degree 0. It reads no input, so it "
    "is a constant. Degrees begin at 1.",
    "all equal": "All hidden units have the same degree m. Outputs up to rank m read nothing, and "
    "all later ones read the same m inputs.",
    "relaxed": "The output mask, and that of the direct connections, keeps a weight where both "
    "numbers are equal too. An output may then read its own input.",
}


def build(state: Network, mistake: str | None = None) -> Any:
    """The real network that the controls describe, or the same with another mistake."""
    from arviz_models.analysis.made_graph import network

    by_hand = state.degrees == "by hand" and state.hand
    return network(
        state.D,
        (state.width,) * state.layers,
        state.order,
        state.hand if by_hand else "even" if state.degrees == "even" else "random",
        direct=state.direct,
        mistake=state.mistake if mistake is None else mistake,
        seed=state.seed,
        trained=state.weights == "trained",
    )


@st.cache_data(show_spinner=False, max_entries=256)
def graph(state: Network) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, Any]]:
    """What the picture draws, meta and arrays, and what the words beside it need.

    Returns:
        of the last, lost: dependencies without a path; own: outputs that read their own input;
        degrees: of the hidden units.
    """
    from arviz_models.analysis.made_graph import graph_arrays, numbers_at

    model = build(state)
    meta, arrays = graph_arrays(model, state.seed)
    x = [1 - index % 2 for index in range(state.D)]  # 1 0 1 0 ...: another one by a click
    arrays |= numbers_at(model, x)
    meta |= {"x": x, "graph_id": repr(state), "relaxed": state.mistake == "relaxed"}
    own = np.flatnonzero(np.diag(arrays["illegal"].reshape(state.D, -1))).tolist()
    told = {"lost": model.lost_dependencies(), "own": own, "degrees": meta["labels"][1:-1]}
    return meta, arrays, told


def picture(stage: Stage[Network], below: int = 0) -> None:
    """The graph and its matrices.

    Args:
        below: height of what stands below it, in CSS pixels.
    """
    meta, arrays, told = graph(stage.state)
    st.session_state["made.degrees_now"] = told["degrees"]
    stage.made |= told
    mount(
        "made",
        key="made_picture",
        data=pack(stage.meta() | meta | look() | {"below": below}, arrays),
        on_degree_change=lambda: _set_degree(stage),
        on_order_change=lambda: _dragged(stage),
    )


def controls(stage: Stage[Network]) -> None:
    """Size, degrees, order, weights, direct connections, and what they cost."""
    _name_order(stage.state)
    carry = partial(_carry_degrees, stage)
    left, right = st.columns(2)
    left.number_input("Variables D", 3, MOST_VARIABLES, key=stage.key("D"), on_change=carry)
    right.number_input("Units a layer", 1, MOST_WIDTH, key=stage.key("width"), on_change=carry)
    choices: list[tuple[str, str, list[Any], str | None]] = [
        ("layers", "Hidden layers", [1, 2, 3], None),
        (
            "degrees",
            "Degrees",
            ["random", "even", "by hand"],
            "Random as in the paper, 1, 2, … D − 1 in turn, or yours: click a hidden unit.",
        ),
        (
            "weights",
            "Weights",
            ["random", "trained"],
            "Trained: a hundred steps on D pixels of handwritten digits at 4×4.",
        ),
    ]
    for name, label, options, words in choices:
        st.segmented_control(
            label,
            options,
            key=stage.key(name),
            required=True,
            wrap=True,
            help=words,
            on_change=carry if name != "weights" else None,
        )
    st.selectbox(
        "Order",
        NAMED_ORDERS if st.session_state["made.order_name"] == "by hand" else NAMED_ORDERS[:-1],
        key="made.order_name",
        on_change=lambda: _set_order(stage, st.session_state["made.order_name"]),
        help="Drag an input, or its name above the picture, for one of your own.",
    )
    st.toggle("Direct connections", key=stage.key("direct"))
    st.selectbox(
        "A mistake on purpose",
        list(MISTAKES),
        format_func=lambda mistake: MISTAKES[mistake],
        key=stage.key("mistake"),
    )
    if not stage.asks:
        _note(stage)


def _note(stage: Stage[Network]) -> None:
    """What the mistake is, or what the layers lose."""
    state = stage.state
    lost = stage.made.get("lost") or graph(state)[2]["lost"]
    if state.mistake != "none":
        own = graph(state)[2]["own"]
        read = f" Here: {own_inputs(own)}." if state.mistake == "relaxed" else ""
        st.info(f"{EXPLAINED[state.mistake]}{read}")
    elif lost:
        allowed = state.D * (state.D - 1) // 2
        pairs = ", ".join(f"x{_sub(i)} from x{_sub(j)}" for i, j in lost[:6])
        more = f" and {len(lost) - 6} more" if len(lost) > 6 else ""
        st.info(
            f"{len(lost)} of {allowed} allowed dependencies have no path: {pairs}{more}. It is "
            "still a distribution. More units, even degrees or direct connections restore them."
        )


def own_inputs(own: list[int]) -> str:
    """Which outputs read their own input."""
    named = [f"p(x{_sub(index)} | ·)" for index in own]
    if not named:
        return "no output reads its own input"
    return (
        f"{listed(named)} {'reads its own input' if len(named) == 1 else 'read their own inputs'}"
    )


def _sub(index: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(index + 1))


# --- what controls and picture change: in callbacks ----------------------------------------------


def _name_order(state: Network) -> None:
    """Before the control exists: show the name of the order there is."""
    D, order = state.D, state.order
    named = {tuple(range(D)): "natural", tuple(reversed(range(D))): "reversed"}
    if st.session_state.get("made.order_name") != "random" or order in named:
        st.session_state["made.order_name"] = named.get(order, "by hand")


def _set_order(stage: Stage, name: str) -> None:
    D = stage.link.get("D")
    plain = {"natural": tuple(range(D)), "reversed": tuple(reversed(range(D)))}
    if name in plain:
        if not stage.link.was("order", plain[name]):
            stage.set(order=plain[name])
    elif name == "random":
        before = stage.link.get("order")
        generator = np.random.default_rng(stage.link.get("seed"))
        while tuple(order := generator.permutation(D).tolist()) == before:
            pass
        stage.set(order=tuple(order))


def _set_degree(stage: Stage) -> None:
    """One hidden unit has another degree; from now on they are by hand."""
    change = st.session_state["made_picture"].get("degree")
    if not change:
        return
    degrees = [list(layer) for layer in st.session_state["made.degrees_now"]]
    degrees[change["layer"]][change["unit"]] = change["degree"]
    # The relaxed mask is not a matter of degrees and stays; other mistakes were degrees.
    mistake = "relaxed" if stage.link.get("mistake") == "relaxed" else "none"
    stage.set(degrees="by hand", hand=tuple(map(tuple, degrees)), mistake=mistake)


def _dragged(stage: Stage) -> None:
    order = st.session_state["made_picture"].get("order")
    if order:
        st.session_state["made.order_name"] = "by hand"
        stage.set(order=tuple(map(int, order)))


def _carry_degrees(stage: Stage) -> None:
    """Degrees by hand go along with the sizes, cut or continued 1, 2, ... D - 1."""
    if stage.link.get("degrees") != "by hand":
        return
    D, width, layers = (stage.link.get(name) for name in ("D", "width", "layers"))
    before = stage.link.get("hand") or st.session_state.get("made.degrees_now") or ()
    hand = []
    for layer in range(layers):
        old = before[layer] if layer < len(before) else ()
        new = [min(degree, D) for degree in old[:width]]
        hand.append(tuple(new + [1 + unit % (D - 1) for unit in range(len(new), width)]))
    stage.set(hand=tuple(hand))


def take_away(stage: Stage[Network]) -> None:
    """Network and matrices as figures, and their arrays."""
    from pages.made import figures

    if why := stage.withheld("reach"):
        st.caption(why)
        return
    state = stage.state
    network = build(state)
    graph_of = figures.network_figure(network)
    matrices = figures.matrices_figure(network, state.seed)
    arrays = partial(figures.archive, network, state.seed)
    lesson.downloads("made-network", graph_of, {}, "Network")
    st.pyplot(graph_of, width=720, alt="The figure that the buttons save")
    lesson.downloads("made-matrices", matrices, {"Arrays, NPZ": (arrays, "npz")}, "Matrices")
    st.pyplot(matrices, alt="The figure that the buttons save")
