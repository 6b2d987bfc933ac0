"""The picture of nodes, tables and joint, for every activity that shows three variables."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import Any

import streamlit as st

from arviz_models.analysis import chain_rule
from arviz_models.analysis.chain_rule import JOINTS
from pages.chain_rule.state import SAMPLES, Sampled, Tables, weights_of
from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.stage import Stage

BY_HAND = "by hand"


def sampling(state: Tables) -> tuple[int, int, bool]:
    """How many samples there are, their seed, and whether each variable is drawn alone."""
    if isinstance(state, Sampled):
        return int(state.n), state.seed, state.alone
    return 0, 0, False


@st.cache_data(show_spinner=False, max_entries=256)
def computed(
    weights: tuple[int, ...], order: tuple[int, ...], n: int, seed: int, alone: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tables, joint and samples, as meta and arrays."""
    meta, arrays = chain_rule.chain_arrays(
        chain_rule.joint_from(weights), order, n, seed, alone=alone
    )
    return meta | {"trace_id": repr((weights, order, n, seed, alone)), "alone": alone}, arrays


def picture(stage: Stage[Tables]) -> None:
    """Nodes, tables, joint, and samples where the activity draws some."""
    state = stage.state
    n, seed, alone = sampling(state)
    meta, arrays = computed(state.joint, state.order, n, seed, alone)
    meta = stage.meta() | meta | look()
    meta |= {"edit": st.session_state.get(stage.key("·edit"), 0), "samples": n > 0}
    mount(
        "chain",
        key="chain_rule_picture",
        data=pack(meta, arrays),
        on_edit_change=lambda: edited(stage),
        on_order_change=lambda: dragged(stage),
    )


def edited(stage: Stage) -> None:
    """Callback of the picture: conditionals, or states of the joint, have other values.

    An edit holds every change that Python had not answered when it was sent, and the joint and the
    order to which they belong: none is lost where the next one comes fast.
    """
    edit = st.session_state["chain_rule_picture"].get("edit")
    if not edit:
        return
    st.session_state[stage.key("·edit")] = edit["nonce"]
    order = tuple(map(int, edit["order"]))
    try:
        joint = chain_rule.joint_from(edit["joint"])
        for change in edit["changes"]:
            if "state" in change:
                joint = chain_rule.with_state(joint, change["state"], change["p"])
            else:
                joint = chain_rule.with_conditional(
                    joint, order, change["step"], change["row"], change["p"]
                )
    except ValueError as error:
        stage.link.note(f"Nothing was changed: {error}.")
        return
    stage.set(joint=weights_of(joint))


def dragged(stage: Stage) -> None:
    """Callback of the picture: another order."""
    order = st.session_state["chain_rule_picture"].get("order")
    if order:
        stage.set(order=tuple(map(int, order)))


def controls(stage: Stage[Tables]) -> None:
    """The joint and the order."""
    chosen = stage.key("·joint_name")
    text = stage.link.fields["joint"].text(stage.state.joint)
    name = text if text in JOINTS else BY_HAND
    st.session_state[chosen] = name

    def choose() -> None:
        if st.session_state[chosen] in JOINTS:
            stage.set(joint=JOINTS[st.session_state[chosen]])

    st.selectbox(
        "Joint",
        [*JOINTS, BY_HAND] if name == BY_HAND else list(JOINTS),
        key=chosen,
        on_change=choose,
        help="Where to begin. Drag any bar of the picture for one of your own.",
    )
    st.selectbox(
        "Order, first to last",
        list(permutations(range(3))),
        format_func=lambda order: ", ".join(f"x{'₁₂₃'[index]}" for index in order),
        key=stage.key("order"),
        help="Or drag the nodes.",
    )


def sampled_controls(stage: Stage[Tables]) -> None:
    """The same, how many samples, from which seed, and whether conditions are used."""
    controls(stage)
    st.segmented_control(
        "Samples", sorted(SAMPLES, key=int), key=stage.key("n"), required=True, wrap=True
    )
    st.toggle(
        "Each variable alone",
        key=stage.key("alone"),
        help="Draw each variable with its own probability, its marginal, whatever the others are.",
    )
    st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"))


FEW = 500  # samples of the files where the activity shows none


def take_away(stage: Stage[Tables]) -> None:
    """The tables and the samples as figure, film and tables."""
    from pages.chain_rule import figures

    if why := stage.withheld():
        st.caption(why)
        return
    state = stage.state
    n, seed, alone = sampling(state)
    given = (chain_rule.joint_from(state.joint), state.order, n or FEW, seed)
    figure = figures.summary_figure(*given, alone=alone)
    files: lesson.Files = {
        "Samples growing, GIF": (partial(figures.animation, *given, alone=alone), "gif"),
        "States and factors, CSV": (partial(figures.table, *given, alone=alone), "csv"),
        "Arrays, NPZ": (partial(figures.archive, *given, alone=alone), "npz"),
    }
    lesson.downloads("chain-rule", figure, files)
    st.pyplot(figure, alt="The figure that the buttons save")
