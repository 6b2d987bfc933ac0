"""What only the MADE lesson has: its state, its runs, its words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.models import cards as model_cards
from pages.ui.models import model, problem
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import (
    Choice,
    Flag,
    Integer,
    Link,
    Lists,
    Permutation,
    Values,
    Words,
)

MOST_VARIABLES, MOST_WIDTH = 16, 32
NAMED_ORDERS = ("natural", "reversed", "random", "by hand")
CONTROLS = ("size", "degrees", "direct", "order", "weights", "mistake")
MISTAKES = {
    "none": "none",
    "degree D": "a unit of degree D",
    "degree 0": "a unit of degree 0",
    "all equal": "all degrees equal",
    "relaxed": "output mask ≥ for >",
}
EXPLAINED = {
    "degree D": "The first unit of the last hidden layer has degree D. It may read every input, so "
    "no output may read it: all it computes is lost. Degrees end at D − 1.",
    "degree 0": "The first unit of the first hidden layer has degree 0. It reads no input, so it "
    "is a constant, a second bias. Degrees begin at 1.",
    "all equal": "All hidden units have the same degree m. Outputs up to rank m read nothing, and "
    "all later ones read the same first m inputs, direct connections aside: most of what the "
    "order allows is lost.",
    "relaxed": "The output mask keeps a weight where the rank equals the degree. Now outputs read "
    "their own inputs: look at the diagonal of the path counts and of the gradient. Trained, such "
    "a network learns to copy its input: its loss means nothing, and it can draw nothing.",
}

QUESTION = Question(
    text="Three inputs x₁, x₂, x₃ have the ranks 3, 1, 2. Which is drawn first?",
    answers={
        "x₃": "That reads 3, 1, 2 as a list of variables to draw. They are ranks: one for each "
        "variable, in the order of the variables.",
        "x₂": "It has rank 1.",
        "x₁": "It has the highest rank, so it is drawn last.",
    },
    right="x₂",
    why="The order is the inverse permutation of the ranks: x₂, x₃, x₁. Swapping the two is the "
    "commonest mistake in public code, and with a natural order no test notices. The picture has "
    "these ranks now.",
)


def link() -> Link:
    """The lesson's state and how the URL holds it."""

    def widths(values: Values) -> tuple[int, ...]:
        return (values["width"],) * values["layers"]

    return Link(
        "made",
        {
            "D": Integer(3, MOST_VARIABLES, 5),
            "layers": Integer(1, 3, 2),
            "width": Integer(1, MOST_WIDTH, 8),
            "order": Permutation(lambda values: values["D"]),
            "degrees": Choice(("random", "even", "by hand")),
            "hand": Lists(widths, lambda values: values["D"]),
            "direct": Flag(),
            "weights": Choice(("random", "trained")),
            "mistake": Choice(tuple(MISTAKES)),
            "seed": Integer(0, lesson.MOST_SEED),
            "step": Integer(0, 99, browser_owned=True),
            "node": Integer(0, 499, browser_owned=True),
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


def controls(link: Link, state: Values) -> None:
    """The controls beside the picture; presenting keeps those that were pinned."""
    shown = state["pin"] if state["present"] else CONTROLS
    if "size" in shown:
        left, right = st.columns(2)
        carry = partial(carry_degrees, link)
        left.number_input("Variables D", 3, MOST_VARIABLES, key=link.key("D"), on_change=carry)
        right.number_input("Units a layer", 1, MOST_WIDTH, key=link.key("width"), on_change=carry)
        st.segmented_control(
            "Hidden layers", [1, 2, 3], key=link.key("layers"), required=True, on_change=carry
        )
    if "degrees" in shown:
        st.segmented_control(
            "Degrees",
            ["random", "even", "by hand"],
            key=link.key("degrees"),
            required=True,
            on_change=partial(carry_degrees, link),
            help="Random as in the paper, 1, 2, … D − 1 in turn, or yours: click a hidden unit.",
        )
    if "order" in shown:
        st.selectbox(
            "Order",
            NAMED_ORDERS if st.session_state["made.order_name"] == "by hand" else NAMED_ORDERS[:-1],
            key="made.order_name",
            on_change=lambda: set_order(link, st.session_state["made.order_name"]),
            help="Drag an input, or its name above the picture, for one of your own.",
        )
    if "weights" in shown:
        st.segmented_control(
            "Weights",
            ["random", "trained"],
            key=link.key("weights"),
            required=True,
            help="Trained: a hundred steps on D pixels of handwritten digits at 4×4.",
        )
    if "direct" in shown:
        st.toggle("Direct connections", key=link.key("direct"))
    if "mistake" in shown:
        st.selectbox(
            "A mistake on purpose",
            list(MISTAKES),
            format_func=lambda mistake: MISTAKES[mistake],
            key=link.key("mistake"),
        )


def name_order(state: Values) -> None:
    """Before the control exists: show the name of the order there is."""
    D, order = state["D"], state["order"]
    named = {tuple(range(D)): "natural", tuple(reversed(range(D))): "reversed"}
    if st.session_state.get("made.order_name") != "random" or order in named:
        st.session_state["made.order_name"] = named.get(order, "by hand")


def set_order(link: Link, name: str) -> None:
    """Callback of the order's control."""
    D = link.get("D")
    if name == "natural":
        link.set(order=tuple(range(D)))
    elif name == "reversed":
        link.set(order=tuple(reversed(range(D))))
    elif name == "random":
        before = link.get("order")
        generator = np.random.default_rng(link.get("seed"))
        while tuple(order := generator.permutation(D).tolist()) == before:
            pass
        link.set(order=tuple(order))


def build(state: Values) -> Any:
    """The real network that the controls describe."""
    from arviz_models.figures.made import network

    by_hand = state["degrees"] == "by hand" and state["hand"]
    return network(
        state["D"],
        (state["width"],) * state["layers"],
        state["order"],
        state["hand"] if by_hand else "even" if state["degrees"] == "even" else "random",
        direct=state["direct"],
        mistake=state["mistake"],
        seed=state["seed"],
        trained=state["weights"] == "trained",
    )


@st.cache_data(show_spinner=False, max_entries=256)
def graph(values: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """The packed picture, the dependencies lost, the degrees, and the losses if it was trained."""
    from arviz_models.figures.made import graph_arrays

    state = dict(values)
    network = build(state)
    meta, arrays = graph_arrays(network, state["seed"])
    meta |= {
        "graph_id": repr([pair for pair in values if pair[0] not in ("goto", "present")]),
        "weights": state["weights"],
        "relaxed": state["mistake"] == "relaxed",
        "present": state["present"],
        "goto": state["goto"],
    }
    losses = []
    if state["weights"] == "trained" and state["mistake"] == "relaxed":
        from arviz_models.tiny import strips_entropy

        losses = [network.strips_nll, build(state | {"mistake": "none"}).strips_nll]
        losses.append(strips_entropy(state["D"]))
    return {
        "data": pack(meta | look(), arrays),
        "lost": network.lost_dependencies(),
        "degrees": meta["labels"][1:-1],
        "losses": losses,
    }


def picture(link: Link, state: Values) -> None:
    """The graph and its matrices, and what its layers lost."""
    keys = ("D", "layers", "width", "order", "degrees", "hand", "direct", "weights", "mistake")
    values = {name: state[name] for name in (*keys, "seed", "present")}
    values["goto"] = st.session_state.get("made.goto")
    shown = graph(tuple(values.items()))
    lost = shown["lost"]
    st.session_state["made.degrees_now"] = shown["degrees"]
    mount(
        "made",
        key="made_picture",
        data=shown["data"],
        on_degree_change=lambda: set_degree(link),
        on_order_change=lambda: dragged(link),
    )
    if state["mistake"] != "none":
        measured = ""
        if shown["losses"]:
            wrong, right, least = shown["losses"]
            below = ", below it: no distribution can do that" if wrong < least else ""
            measured = (
                f" Trained just now on pixels of digits with an entropy of {least:.2f} nats, its "
                f"“loss” is {wrong:.2f}{below}. With the right mask the same network reaches "
                f"{right:.2f}."
            )
        st.info(f"**Made on purpose.** {EXPLAINED[state['mistake']]}{measured}")
    elif lost:
        allowed = state["D"] * (state["D"] - 1) // 2
        pairs = ", ".join(f"x{_sub(i)} from x{_sub(j)}" for i, j in lost[:6])
        more = f" and {len(lost) - 6} more" if len(lost) > 6 else ""
        st.info(
            f"**{len(lost)} of {allowed} allowed dependencies have no path:** {pairs}{more}. The "
            "layers lack units of some degrees. It is a distribution all the same, with less to "
            "say: take more units, even degrees, or direct connections."
        )


def _sub(index: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(index + 1))


def set_degree(link: Link) -> None:
    """Callback of the picture: one hidden unit has another degree; from now on they are by hand."""
    change = st.session_state["made_picture"].get("degree")
    if not change:
        return
    degrees = [list(layer) for layer in st.session_state["made.degrees_now"]]
    degrees[change["layer"]][change["unit"]] = change["degree"]
    # The relaxed mask is not a matter of degrees and stays; other mistakes were degrees.
    mistake = "relaxed" if link.get("mistake") == "relaxed" else "none"
    link.set(degrees="by hand", hand=tuple(map(tuple, degrees)), mistake=mistake)


def dragged(link: Link) -> None:
    """Callback of the picture: another order."""
    order = st.session_state["made_picture"].get("order")
    if order:
        st.session_state["made.order_name"] = "by hand"
        link.set(order=tuple(map(int, order)))


def carry_degrees(link: Link) -> None:
    """Callback of sizes and rule: degrees by hand go along, cut or continued 1, 2, ... D - 1."""
    if link.get("degrees") != "by hand":
        return
    D, width, layers = (link.get(name) for name in ("D", "width", "layers"))
    before = link.get("hand") or st.session_state.get("made.degrees_now") or ()
    hand = []
    for layer in range(layers):
        old = before[layer] if layer < len(before) else ()
        new = [min(degree, D) for degree in old[:width]]
        hand.append(tuple(new + [1 + unit % (D - 1) for unit in range(len(new), width)]))
    link.set(hand=tuple(hand))


def show(link: Link, step: int = -1, *, play: bool = False, pin: Any = None, **values: Any) -> None:
    """Set the picture to a state, and the player to a build step (-1: the last)."""
    link.set(**values)
    before = st.session_state.get("made.goto") or {"nonce": 0}
    st.session_state["made.goto"] = {
        "step": step,
        "play": play,
        "pin": pin,
        "nonce": before["nonce"] + 1,
    }


def reveal(link: Link) -> Callable[[], None]:
    """Sets the picture to the question's ranks."""
    return partial(
        show, link, D=3, width=4, layers=1, order=(1, 2, 0), degrees="even", mistake="none"
    )


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    slide: dict[str, Any] = {"D": 4, "layers": 2, "width": 4, "order": (0, 1, 2, 3)}
    slide |= {"degrees": "by hand", "hand": ((1, 3, 2, 1), (2, 1, 3, 2)), "mistake": "none"}
    return [
        lesson.Card(
            "Number, then cut",
            "The lecture's slide, built step by step: number the inputs and outputs, give each "
            "hidden unit a degree, keep the weights where the number does not fall, cut the rest.",
            partial(show, link, 0, play=True, direct=False, **slide),
        ),
        lesson.Card(
            "p(x₂ | x₁) sees x₁ alone",
            "Follow the kept weights back from the second output. They pass units of degree 1, "
            "and those read only the input of rank 1.",
            partial(show, link, pin=[3, 1], direct=False, **slide),
        ),
        lesson.Card(
            "Any order will do",
            "Only ranks are compared. Drag the inputs: the triangle of path counts is shuffled, "
            "and one output still reads nothing, one all the others.",
            partial(
                show, link, D=5, width=8, order=(2, 0, 4, 1, 3), degrees="even", mistake="none"
            ),
        ),
        lesson.Card(
            "One sign decides",
            "With ≥ in place of > in the last mask each output sees itself. The diagonal of the "
            "gradient lights up, and what was a distribution is a copying machine.",
            partial(show, link, mistake="relaxed"),
        ),
    ]


def tabs(link: Link, state: Values) -> None:
    """Formula, code, a tiny exact world, trained models, downloads, mistakes, papers."""
    lesson.tabs(_TABS, "made", link, state)


def _formula(link: Link, state: Values) -> None:
    st.latex(
        r"\begin{aligned} M^l_{k,k'} &= 1 \text{ where } m_l(k) \ge m_{l-1}(k') \\ "
        r"M^V_{d,k} &= 1 \text{ where } \mathrm{rank}(d) > m_L(k) \\ "
        r"h_l &= \mathrm{ReLU}\big((W_l \odot M^l)\, h_{l-1} + b_l\big) \\ "
        r"z &= (V \odot M^V)\, h_L + c \end{aligned}"
    )
    st.markdown(
        "**m** are the numbers in the hidden units, **rank** those in inputs and outputs. Each "
        "**M** is a matrix under the picture: a row for each unit of the layer, a column for each "
        "unit of the layer before. Their product counts the **paths** from every input to every "
        "output. The **gradient** is that of the real network, the largest of 64 random inputs: it "
        "is exactly 0 where no path leads. Point at a cell or a unit: its row, column and paths "
        "light up."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models.layers import MaskedLinear
    from arviz_models.made import MADE

    show_source(MADE.masks, MADE.path_counts, MaskedLinear)


def _tiny(link: Link, state: Values) -> None:
    from arviz_models.figures.made import learned_table, table_figure
    from arviz_models.tiny import DISTRIBUTIONS, distribution, entropy, normalised

    st.markdown(
        "With few binary variables everything can be written down. Edit the true weights of all "
        "states; two MADEs, one in the natural order and one in the reversed, learn them here."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        D = st.segmented_control(
            "Variables", list(range(1, 9)), default=3, required=True, key="made.tiny_D"
        )
        name = st.segmented_control(
            "Begin with", DISTRIBUTIONS, default=DISTRIBUTIONS[0], required=True, key="made.tiny"
        )
    names = [format(number, f"0{D}b") for number in range(2**D)]
    start = {"state": names, "weight": np.round(distribution(name, D) * 100, 2).tolist()}
    left, right = st.columns([1, 3], gap="medium")
    with left:
        edited = st.data_editor(
            start,
            key=f"made.table.{D}.{name}",
            hide_index=True,
            disabled=["state"],
            column_config={"weight": st.column_config.NumberColumn(min_value=0, step=0.01)},
            height=300,
        )
    try:
        weights = [0 if value is None else value for value in edited["weight"]]
        true = normalised(weights)
    except ValueError as error:
        right.error(str(error))
        return
    with right:
        with st.spinner("Two networks are learning", show_time=True):
            natural, nll = learned_table(tuple(true), tuple(range(D)), 64, state["seed"])
            backward, other = learned_table(
                tuple(true), tuple(reversed(range(D))), 64, state["seed"]
            )
        found = {"learned, natural order": natural, "learned, reversed": backward}
        close = max(nll, other) - entropy(true) < 0.01
        same = " Other factors, the same joint." if close else ""
        ground = st.context.theme.type or "light"
        st.plotly_chart(table_figure(true, found, ground), config={"displayModeBar": False})
        st.caption(
            f"Entropy {entropy(true):.4f} nats: no model can go below. NLL {nll:.4f} and "
            f"{other:.4f} nats; the learned probabilities sum to {natural.sum():.6f} and "
            f"{backward.sum():.6f}." + same
        )


def _trained(link: Link, state: Values) -> None:
    from arviz_models.figures.nade import batch_arrays
    from arviz_models.ordering import ORDERS, named_order
    from arviz_models.sampler import Request

    known = model_cards("MADE")
    if not known:
        st.error(problem("MADE"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Trained model", list(known), key="made.trained", width=300)
        free = known[name]["config"].get("order_agnostic")
        order = st.selectbox(
            "Order",
            [*ORDERS, "random"] if free else ["raster"],
            key=f"made.sample_order.{free}",
            width=200,
        )
    if not free:
        st.caption("This one was trained in raster order and would draw noise in any other.")
    network = model(name)
    if free:
        network = network.with_order(named_order(order, network.event_shape, state["seed"]))
    key = ("made samples", name, order, state["seed"])
    trace = live.run(Request(network, state["seed"], n=6), key)
    if trace is None:
        st.info("Stopped. Press **Reseed** to draw again.")
        return
    _, rows, columns = trace.event_shape
    meta = {"count": 6, "rows": rows, "columns": columns, "trace_id": repr(key)}
    mount("digits", key="made_digits", data=pack(meta | look(), batch_arrays(trace)))
    card = known[name]
    said = [f"test NLL {card['test_nll']:.2f} nats on {card['data']}"]
    for key_of, words in (
        ("test_nll_one_mask", "with one of its masks"),
        ("binarized_mnist_test_nll", "on the papers' data"),
    ):
        if key_of in card:
            said.append(f"{card[key_of]:.2f} {words}")
    st.caption(f"{live.cost(trace)}. {', '.join(said)}.")


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import made as figures

    network = build(state)
    figure = figures.matrices_figure(network, state["seed"])
    arrays = partial(figures.archive, network, state["seed"])
    lesson.downloads("made", figure, {"Arrays, NPZ": (arrays, "npz")}, "Matrices")
    st.pyplot(figure)


def _classroom(link: Link, state: Values) -> None:
    lesson.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "The order is the list of ranks.",
                "It is its inverse. With ranks 3, 1, 2 the variables are drawn x₂, x₃, x₁.",
            ),
            (
                "Degrees run from 0 to D.",
                "Degree 0 sees no input and degree D feeds no output. Both are in the list of "
                "mistakes beside the picture.",
            ),
            (
                "More layers, more context.",
                "A path has to pass a unit of a fitting degree in every layer. Narrow layers with "
                "random degrees lose dependencies: take 4 units a layer and look at the counts.",
            ),
            (
                "Masks are set once, in the weights.",
                "With several masks that destroys the weights, as what one mask zeroed is gone for "
                "the next. A mask multiplies the weight as it is used.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "Tiny exact world": _tiny,
    "Trained on digits": _trained,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
