"""Activity: how many numbers there are to learn, as tables, as D networks, as one network."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from arviz_models.analysis.chain_rule import (
    chain_parameters,
    full_table_parameters,
    separate_networks_parameters,
    shared_network_parameters,
)
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

C = load(__file__)
VIEWS = ("tables", "D networks", "one network", "losses")
MOST_D, MOST_H = 784, 5000


@dataclass(frozen=True)
class Networks:
    """Which model of the conditionals is drawn, and its size.

    Attributes:
        shown: one of `VIEWS`.
        variables: D.
        hidden: H, units of each network.
    """

    shown: str
    variables: int
    hidden: int


def fields() -> Mapping[str, Field]:
    """How the address holds `Networks`."""
    return {
        "shown": Choice(VIEWS),
        "variables": Integer(1, MOST_D, MOST_D),
        "hidden": Integer(1, MOST_H, 500),
    }


def counts(D: int, H: int) -> dict[str, int]:
    """Numbers to learn, by what holds them."""
    return {
        "joint": full_table_parameters(D),
        "tables": chain_parameters(D),
        "D networks": separate_networks_parameters(D, H),
        "one network": shared_network_parameters(D, H),
    }


FORMULAS = {
    "joint": "2ᴰ − 1",
    "tables": "1 + 2 + 4 + … = 2ᴰ − 1",
    "D networks": "DH(D + 3)/2 + D",
    "one network": "2DH + D + H",
}


COUNTS_OF = {
    "tables": ("joint", "tables"),
    "D networks": ("joint", "tables", "D networks"),
    "one network": tuple(FORMULAS),
    "losses": tuple(FORMULAS),
}


def bars(found: Mapping[str, int], shown: str) -> dict[str, Any]:
    """The counts as bars, in proportion to the largest that the view speaks of."""
    from pages.chain_rule.figures import rounded

    spoken = COUNTS_OF[shown]
    longest = max(found[name] for name in spoken if shown == "tables" or "network" in name)
    return {
        "counts": [
            {
                "name": name,
                "formula": FORMULAS[name],
                "said": rounded(found[name]),
                "share": min(1.0, found[name] / longest),
                "beyond": found[name] > longest,
            }
            for name in spoken
        ],
        "scale": "Numbers to learn; bars in proportion. A broken bar goes on far beyond the "
        "picture."
        if any(found[name] > longest for name in spoken)
        else "Numbers to learn; bars in proportion.",
    }


def picture(stage: Stage[Networks]) -> None:
    """Tables, networks or one network, and how many numbers each has."""
    state = stage.state
    D, H = state.variables, state.hidden
    meta = stage.meta() | look() | {"shown": state.shown, "D": D, "H": H}
    meta |= bars(counts(D, H), state.shown)
    mount("networks", key="chain_rule_networks", data=pack(meta, {}))


def controls(stage: Stage) -> None:
    """What is drawn, D and H."""
    st.selectbox("Conditionals as", VIEWS, key=stage.key("shown"))
    st.slider("Variables D", 1, MOST_D, key=stage.key("variables"))
    st.number_input("Hidden units H", 1, MOST_H, key=stage.key("hidden"))


def table(D: int, H: int) -> str:
    """CSV: every count in full."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["what", "formula", f"numbers for D = {D}, H = {H}"])
    for name, count in counts(D, H).items():
        writer.writerow([name, FORMULAS[name], count])
    return file.getvalue()


def take_away(stage: Stage[Networks]) -> None:
    """The counts as CSV, and all digits of the largest."""
    from pages.chain_rule.figures import superscript

    state = stage.state
    st.download_button(
        "Numbers, CSV",
        lambda: table(state.variables, state.hidden),
        "chain-rule-numbers.csv",
        on_click="ignore",
        key="chain-rule.numbers",
    )
    st.caption(f"All digits of 2{superscript(state.variables)} − 1")
    st.code(str(full_table_parameters(state.variables)), "text", wrap_lines=True)


FEWER = Question(
    text="All tables together hold every conditional. Do they need fewer numbers than the joint?",
    answers={
        "Yes, far fewer": "For D = 3 they need 1 + 2 + 4 = 7.",
        "No, as many": "For D = 3 both have 7 free numbers; for any D both have 2ᴰ − 1.",
        "More": "For D = 3 both have 7 free numbers.",
    },
    right="No, as many",
    why="Drag **Variables D** to 784, the pixels of a digit: this number then has "
    f"{C.get('digits of the table', 0)} digits.",
    hide=("counts",),
)

FORMULA: dict[str, Any] = {"variables": MOST_D, "hidden": 500}
STEPS = (
    Step(
        "Count the tables",
        "One table for each of D = 3 variables. A cell is one number, a probability. Table t has "
        "twice as many rows as the one before it.",
        {"shown": "tables", "variables": 3},
        question=FEWER,
        after="The chain rule alone saves nothing. It only says in which parts the joint can be "
        "learned.",
    ),
    Step(
        "Network 1 to network D",
        "The simplest way: one network for each conditional. Network t reads the t − 1 "
        "variables before it. With 500 hidden units each, 784 networks have "
        f"{C.get('separate', 0):,} parameters.",
        {"shown": "D networks", **FORMULA},
    ),
    Step(
        "One shared network",
        "NADE and MADE compute all conditionals with one set of weights. NADE needs "
        f"{C.get('shared', 0):,} parameters, {C.get('times fewer', 0):.0f} times fewer. What one "
        "conditional learns helps the others.",
        {"shown": "one network", **FORMULA},
    ),
    Step(
        "How it learns",
        "Training raises log p(x), the sum of all log-conditionals: there is one loss under each "
        "output. For 0/1 pixels or K levels this is the cross-entropy; for a Gaussian of fixed "
        "variance it is the squared error.",
        {"shown": "losses", **FORMULA},
    ),
)

NETWORKS = Activity(
    slug="networks",
    title="D networks or one",
    state=Networks,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
