"""Activity: break MADE's last mask, and see what its loss is worth then."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from arviz_models.figures.numbers import listed
from pages.made import network
from pages.made.state import SLIDE, Network, network_fields
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.stage import Stage

C = load(__file__)
MOST_BITS = 8  # variables whose states are all added up
BELOW = 104  # CSS pixels of the three bars
WRONG = {**SLIDE, "direct": True, "mistake": "relaxed"}
TRAINED = {**WRONG, "weights": "trained"}

LOSS = Question(
    text="We train this network with ≤ in place of <. What does its loss do?",
    answers={
        "It rises": "It has more to read, so it can only fit better.",
        "It stays the same": "The mask has changed: each output can now read its own input.",
        "It falls below the entropy of the data": "It copies its input: "
        f"{C['relaxed: loss']:.2f} nats. The entropy is {C['entropy of four pixels']:.2f}, and the "
        f"right mask reaches {C['right: loss']:.2f}.",
    },
    right="It falls below the entropy of the data",
    why="No distribution can do that.",
    hide=("reach", "illegal", "loss"),
    state={"weights": "trained"},
    place={"to": "end"},
)
SUM = Question(
    text="For each of the 16 states we multiply the four “conditionals” of the broken network, and "
    "add all up. The sum is",
    answers={
        "1, as for every network that gives probabilities": "Each factor is a probability, but "
        "each reads the value that it is asked about.",
        "less than 1": "Each output copies the value that it is asked about, so a product is "
        "larger than it should be.",
        "about 10": "It copies the values that it is asked about, so it finds all 16 states "
        f"probable: {C['relaxed: sum'] / 16:.2f} each, on average.",
    },
    right="about 10",
    why=f"The sum is {C['relaxed: sum']:.2f}; with the right mask it is {C['right: sum']:.2f}.",
    hide=("states",),
    place={"play": True},
)


STEPS = (
    Step(
        "≤ at the output",
        "We break one rule on purpose: the last mask and the direct weights keep a weight from a "
        "number i to a number j where **i ≤ j**, not i < j. It is one sign in the code. The "
        "network then learns four pixels of digits.",
        WRONG,
        {"to": "end"},
        question=LOSS,
        after="The training loss alone looks wonderful. Always compare a loss with the entropy.",
    ),
    Step(
        "Every output leaks",
        "Each output reads its own input: the diagonal of the path counts is "
        f"{listed(C['relaxed, direct: own paths'])}. The weights are random again: it is the mask "
        "that leaks. The gradients on the diagonal are "
        f"{listed(C['relaxed, direct: own gradients'])}; point at a cell for its number. The "
        "warning colour marks them.",
        WRONG,
        {"from": "hidden", "to": "end", "speed": 8},
    ),
    Step(
        "Without direct weights",
        "Output 4 leaks no more. A path from x₄ to output 4 needs a unit of degree 4, and degrees "
        "end at D − 1 = 3. The other outputs still leak.",
        {**WRONG, "direct": False},
        {"to": "end", "pin": [3, 3]},
    ),
    Step(
        "No distribution",
        "A distribution over four bits gives each of the 16 states a probability, and they sum to "
        "1. Two networks were trained on the same pixels, one with < and one with ≤. A bar is the "
        "product of four conditionals.",
        {**TRAINED, "show": "states"},
        {"to": "end"},
        question=SUM,
        after="Click a state to see its four factors. Such a network cannot draw either: to draw "
        "xᵢ it would have to read xᵢ first.",
    ),
)


@st.cache_data(show_spinner="Two networks are learning", max_entries=64)
def losses(state: Network) -> tuple[float, float, float]:
    """Loss with the right mask and with ≤, trained now, and the entropy of their data, in nats."""
    from arviz_models.analysis.tiny import strips_entropy

    right, relaxed = (network.build(state, mistake) for mistake in ("none", "relaxed"))
    return right.strips_nll, relaxed.strips_nll, strips_entropy(state.D)


@st.cache_data(show_spinner="Adding up all states", max_entries=64)
def all_states(state: Network) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """The factors of every state, (2^D, D), with the right mask and with ≤; and the variables whose
    output reads its own input there."""
    from arviz_models.analysis.tiny import factors

    right, relaxed = (network.build(state, mistake) for mistake in ("none", "relaxed"))
    return factors(right), factors(relaxed), np.flatnonzero(relaxed.dependencies().diag()).tolist()


def picture(stage: Stage[Network]) -> None:
    """The network and what it reaches, or the sum over all states."""
    if stage.state.show == "states":
        _states(stage)
        return
    trained = stage.state.weights == "trained" and "loss" not in stage.hidden
    relaxed = stage.state.mistake == "relaxed"
    network.picture(stage, BELOW if trained and relaxed else 0)
    if trained and relaxed:
        _losses(stage)


def _losses(stage: Stage[Network]) -> None:
    right, relaxed, entropy = losses(stage.state)
    bars = [
        {"name": "trained with <", "value": right, "colour": "seen", "words": f"{right:.2f} nats"},
        {"name": "entropy", "value": entropy, "colour": "quiet", "words": f"{entropy:.2f} nats"},
        {
            "name": "trained with ≤",
            "value": relaxed,
            "colour": "illegal",
            "words": f"{relaxed:.2f} nats{', below the entropy' if relaxed < entropy else ''}",
        },
    ]
    title = "Loss after training, nats"
    meta = stage.meta() | look() | {"groups": [{"title": title, "bars": bars}]}
    mount("made_bars", key="made_losses", data=pack(meta, {}))


def _states(stage: Stage[Network]) -> None:
    state = stage.state
    if state.D > MOST_BITS:
        st.info(f"All states are added up for at most {MOST_BITS} variables; here D = {state.D}.")
        return
    series = [("right mask (<)", "seen", False), ("broken mask (≤)", "illegal", True)]
    order = list(state.order)
    *factors, own = all_states(state)
    show_states(
        stage,
        "made_states",
        [
            {"name": name, "colour": colour, "striped": striped, "order": order}
            | ({"own": own} if striped else {})
            for name, colour, striped in series
        ],
        factors,
    )


def show_states(
    stage: Stage, key: str, series: list[dict[str, Any]], factors: list[np.ndarray]
) -> None:
    """The probabilities of all states as bars, added up one after the other.

    Args:
        key: of the component.
        series: name, colour, striped, the order in which a product is written, and the variables
            whose output reads its own input ("own", where there are any).
        factors: of each, (2^D, D), or (2^D, 1) where a table holds the probabilities.
    """
    bits = int(np.log2(len(factors[0])))
    meta = stage.meta() | look() | {"series": series, "bits": bits, "states_id": repr(stage.state)}
    arrays = {f"factors{number}": each.astype(np.float32) for number, each in enumerate(factors)}
    mount("made_states", key=key, data=pack(meta, arrays))


def controls(stage: Stage[Network]) -> None:
    """Which picture, then the network's own."""
    st.segmented_control(
        "Picture",
        ["network", "states"],
        format_func={"network": "Network", "states": "Sum over all states"}.__getitem__,
        key=stage.key("show"),
        required=True,
        wrap=True,
    )
    network.controls(stage)


LEAK = Activity(
    slug="break",
    title="Break the mask",
    state=Network,
    fields=lambda: network_fields(states=True),
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=network.take_away,
)
