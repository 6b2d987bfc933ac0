"""What only the chain-rule lesson has: its state, its picture, its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from math import gcd
from typing import Any

import numpy as np
import streamlit as st

from arviz_models import chain_rule
from arviz_models.chain_rule import JOINTS
from pages.ui import lesson, time_series_lesson
from pages.ui.components import look, mount, pack
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import Choice, Flag, Integer, Link, Permutation, Values, Words

CONTROLS = ("joint", "order", "samples", "seed")
SAMPLES = ("500", "100", "2000")  # the first is where the page begins
MOST_WEIGHT = 1_000_000
STATES = tuple(format(state, "03b") for state in range(8))
BY_HAND = "by hand"
HIDDEN = 500  # units of the paper's NADE for 28x28 digits

QUESTION = Question(
    text="Draw x₃ first instead of x₁. Does the joint distribution change?",
    answers={
        "Yes, it is another model": "The tables do change, all three of them.",
        "No": "The tables change and their product does not.",
        "Only if the variables depend on each other": "Dependence decides how far the tables "
        "change, not whether the joint does.",
    },
    right="No",
    why="p(x₁) p(x₂ | x₁) p(x₃ | x₁, x₂) and p(x₃) p(x₂ | x₃) p(x₁ | x₂, x₃) are two ways to write "
    "p(x₁, x₂, x₃). The picture has the reversed order now: other tables, and no bar of the joint "
    "has moved. A *learned* model is another matter: it only comes near its conditionals, and how "
    "near depends on the order.",
)


@dataclass(frozen=True)
class Joint:
    """A joint as a name of `JOINTS`, or as eight whole weights joined by dots."""

    browser_owned: bool = False

    def default(self, values: Values) -> tuple[int, ...]:
        return next(iter(JOINTS.values()))

    def parse(self, text: str, values: Values) -> tuple[int, ...]:
        if text in JOINTS:
            return JOINTS[text]
        plain = re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,7}){7}", text)
        weights = tuple(map(int, text.split("."))) if plain else ()
        if not any(weights) or max(weights) > MOST_WEIGHT:
            raise ValueError(
                f"one of {', '.join(JOINTS)}, or eight whole numbers from 0 to {MOST_WEIGHT}, "
                "joined by dots and not all 0"
            )
        return weights

    def text(self, value: tuple[int, ...]) -> str:
        return next((name for name in JOINTS if JOINTS[name] == value), ".".join(map(str, value)))


def weights_of(joint: np.ndarray) -> tuple[int, ...]:
    """Probabilities as whole weights, to six digits, as the link holds them."""
    weights = [round(float(p) * MOST_WEIGHT) for p in joint]
    common = gcd(*weights)
    return tuple(weight // common for weight in weights)


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "chain_rule",
        {
            "joint": Joint(),
            "order": Permutation(lambda values: 3),
            "n": Choice(SAMPLES),
            "seed": Integer(0, lesson.MOST_SEED),
            "step": Integer(0, lambda values: 3 * int(values["n"]), browser_owned=True),
            "state": Choice(STATES, browser_owned=True),
            "present": Flag(),
            "pin": Words(CONTROLS),
            **time_series_lesson.FIELDS,
        },
    )


def name_joint(link: Link, state: Values) -> None:
    """Before the control exists: show the name of the joint there is."""
    text = link.fields["joint"].text(state["joint"])
    st.session_state["chain_rule.joint_name"] = text if text in JOINTS else BY_HAND


def controls(link: Link, state: Values) -> None:
    """The controls beside the picture; presenting keeps those that were pinned."""
    shown = state["pin"] if state["present"] else CONTROLS
    if "joint" in shown:
        name = st.session_state["chain_rule.joint_name"]
        st.selectbox(
            "Joint",
            [*JOINTS, BY_HAND] if name == BY_HAND else list(JOINTS),
            key="chain_rule.joint_name",
            on_change=lambda: set_joint(link, st.session_state["chain_rule.joint_name"]),
            help="Where to begin. Drag any bar of the picture for one of your own.",
        )
    if "order" in shown:
        st.selectbox(
            "Order, first to last",
            list(permutations(range(3))),
            format_func=lambda order: ", ".join(f"x{'₁₂₃'[index]}" for index in order),
            key=link.key("order"),
            help="Or drag the nodes.",
        )
    if "samples" in shown:
        st.segmented_control(
            "Samples", sorted(SAMPLES, key=int), key=link.key("n"), required=True
        )  # fmt: skip
    if "seed" in shown:
        st.number_input("Seed", 0, lesson.MOST_SEED, key=link.key("seed"))
    if not state["present"]:
        st.caption(
            "The joint has 2³ − 1 = 7 free numbers. The tables have 1 + 2 + 4 = 7, in every order."
        )


def set_joint(link: Link, name: str) -> None:
    """Callback of the joint's control."""
    if name in JOINTS:
        link.set(joint=JOINTS[name])


@st.cache_data(show_spinner=False, max_entries=256)
def packed(
    weights: tuple[int, ...], order: tuple[int, ...], n: int, seed: int, present: bool, goto: Any
) -> bytes:
    """What the picture is given."""
    from arviz_models.figures.chain_rule import chain_arrays

    meta, arrays = chain_arrays(chain_rule.joint_from(weights), order, n, seed)
    meta |= {"trace_id": repr((weights, order, n, seed)), "present": present, "goto": goto}
    return pack(meta | look(), arrays)


def picture(link: Link, state: Values) -> None:
    """Nodes, tables, joint and samples."""
    data = packed(
        state["joint"],
        state["order"],
        int(state["n"]),
        state["seed"],
        state["present"],
        st.session_state.get("chain_rule.goto"),
    )
    mount(
        "chain",
        key="chain_rule_picture",
        data=data,
        on_edit_change=lambda: edited(link),
        on_order_change=lambda: dragged(link),
    )


def edited(link: Link) -> None:
    """Callback of the picture: one conditional, or one state of the joint, has another value."""
    change = st.session_state["chain_rule_picture"].get("edit")
    if not change:
        return
    joint = chain_rule.joint_from(link.get("joint"))
    try:
        if "state" in change:
            joint = chain_rule.with_state(joint, change["state"], change["p"])
        else:
            joint = chain_rule.with_conditional(
                joint, link.get("order"), change["step"], change["row"], change["p"]
            )
    except ValueError as error:
        link.note(f"Nothing was changed: {error}.")
        return
    link.set(joint=weights_of(joint))


def dragged(link: Link) -> None:
    """Callback of the picture: another order."""
    order = st.session_state["chain_rule_picture"].get("order")
    if order:
        link.set(order=tuple(map(int, order)))


def show(link: Link, state: int | None = None, *, play: int = 0, **values: Any) -> None:
    """Set the picture to a state: which path is lit, and whether it draws (draws a second)."""
    link.set(**values)
    before = st.session_state.get("chain_rule.goto") or {"nonce": 0}
    goto = {"state": state, "play": play, "nonce": before["nonce"] + 1}
    st.session_state["chain_rule.goto"] = goto


def reveal(link: Link) -> Callable[[], None]:
    """Sets the picture to the question's order."""
    return partial(show, link, order=(2, 1, 0))


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    causes = JOINTS["explaining away"]
    return [
        lesson.Card(
            "One state, one path",
            "The state 101 takes one row of each table. The three numbers multiply to the height "
            "of its bar. This is the chain rule.",
            partial(show, link, 5, order=(0, 1, 2), joint=causes),
        ),
        lesson.Card(
            "An order can be simple",
            "x₁ and x₂ are causes, x₃ their effect. Causes first, the dotted arrow does nothing: "
            "x₂ ignores x₁. Effect first, as now, the causes depend on each other.",
            partial(show, link, 7, order=(2, 0, 1), joint=causes),
        ),
        lesson.Card(
            "Pairs may tell nothing",
            "Here x₃ = x₁ xor x₂. Any two variables are independent, and the third is certain. "
            "Only a table given *all* earlier variables can say so.",
            partial(show, link, 3, order=(0, 1, 2), joint=JOINTS["xor"]),
        ),
        lesson.Card(
            "Drawing goes down the chain",
            "Draw the first variable, look up the row it leads to, draw the next. The shares of "
            "the samples come to the joint, about as 1/√n.",
            partial(show, link, order=(0, 1, 2), joint=causes, play=8),
        ),
    ]


def tabs(link: Link, state: Values) -> None:
    """Formula, code, parameters, downloads, classroom, mistakes, papers."""
    lesson.tabs(_TABS, "chain_rule", link, state)


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} p(x_1, \dots, x_D) &= \prod_{t=1}^{D} "
        r"p(x_{o[t]} \mid x_{o[1]}, \dots, x_{o[t-1]}) \\ "
        r"p(x_b \mid x_a) &= \frac{p(x_a, x_b)}{p(x_a)} \end{aligned}"
    )
    st.markdown(
        "**o** is the order, the nodes from left to right. Each **factor** is a node, the arrows "
        "into it, and the table under it: a row for every setting of the earlier variables. The "
        "dark part of a bar is the probability of a 1. The **joint** is the row of eight grey "
        "bars; a 1 takes p from a table, a 0 takes 1 − p. An arrow is as thick as what it can "
        "change, and dotted where it changes nothing. Editing a table's bar keeps all other "
        "conditionals of this order. Editing a bar of the joint keeps the proportions of the "
        "others. A condition of probability 0 leaves its conditional **undefined** (hatched): it "
        "is never asked, and in the product it meets a 0. The striped bars are the shares of the "
        "samples; the **total variation distance** is half the sum of |share − p|."
    )


def _code(link: Link, state: Values) -> None:
    show_source(
        chain_rule.conditionals,
        chain_rule.joint_of,
        chain_rule.with_conditional,
        chain_rule.ancestral_samples,
    )


def _parameters(link: Link, state: Values) -> None:
    from arviz_models.figures.chain_rule import parameters_figure, rounded

    st.markdown(
        "The chain rule alone saves nothing: the tables of all factors have as many numbers as "
        "the joint. What helps is **one network for all conditionals**, as in NADE."
    )
    left, right = st.columns([1, 3], gap="medium")
    with left:
        D = st.slider("Variables D", 1, 784, 784, key="chain_rule.D")
        hidden = st.number_input("Hidden units H", 1, 5000, HIDDEN, key="chain_rule.H")
        st.markdown(
            f"Full table: 2^D − 1 = **{rounded(chain_rule.full_table_parameters(D))}**\n\n"
            f"Tables of all factors: **{rounded(chain_rule.chain_parameters(D))}**\n\n"
            "Shared network: 2DH + D + H = "
            f"**{rounded(chain_rule.shared_network_parameters(D, hidden))}**"
        )
    ground = st.context.theme.type or "light"
    right.plotly_chart(parameters_figure(hidden, D, ground), config={"displayModeBar": False})
    with st.expander("All digits of 2^D − 1"):
        st.code(str(chain_rule.full_table_parameters(D)), "text", wrap_lines=True)


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import chain_rule as figures

    given = (
        chain_rule.joint_from(state["joint"]),
        state["order"],
        int(state["n"]),
        state["seed"],
    )
    figure = figures.summary_figure(*given)
    files: lesson.Files = {
        "Samples growing, GIF": (partial(figures.animation, *given), "gif"),
        "States and factors, CSV": (partial(figures.table, *given), "csv"),
        "Arrays, NPZ": (partial(figures.archive, *given), "npz"),
    }
    lesson.downloads("chain-rule", figure, files)
    st.pyplot(figure)


def _classroom(link: Link, state: Values) -> None:
    lesson.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "The chain rule assumes something.",
                "It holds for every distribution. Assumptions begin where a condition is cut "
                "short, as in a Markov chain, or where a network has to fit the conditionals.",
            ),
            (
                "An arrow means a cause.",
                "An arrow means: may be looked at. Every order is right, whatever caused what.",
            ),
            (
                "It saves parameters.",
                "1 + 2 + 4 + … = 2^D − 1. Sharing a network saves parameters; see the tab.",
            ),
            (
                "The order never matters, then.",
                "Not for the joint. It does for a learned model, and for what is easy: completing "
                "an image is easy where the known pixels come first.",
            ),
            (
                "Each variable can be drawn from p(x) of its own.",
                "That draws from the product of the marginals. Take xor: half of such samples "
                "would be states of probability 0.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "Parameters": _parameters,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
