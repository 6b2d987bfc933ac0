"""What the steps of the chain rule claim, computed from its tables and the shipped weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis import chain_rule
from arviz_models.analysis.chain_rule import JOINTS, conditionals, influence, joint_from
from arviz_models.cards import read_card

CAUSES, XOR, COPIES = (joint_from(JOINTS[name]) for name in ("explaining away", "xor", "chain"))
NATURAL, EFFECT_FIRST, MIDDLE_LAST = (0, 1, 2), (2, 0, 1), (0, 2, 1)
AFTER = (100, 500, 2000)  # samples
D, H = 784, 500
ANY_ORDER = "nade-digits-any-order"


def taken(state: int, order: tuple[int, ...]) -> list[float]:
    """The three numbers that a state takes from the tables, in the order of drawing."""
    factors = conditionals(CAUSES, order)
    return [
        float(factor[row] if value else 1 - factor[row])
        for factor, (row, value) in zip(factors, chain_rule.path(state, order), strict=True)
    ]


def arrows(joint: np.ndarray, order: tuple[int, ...]) -> list[float]:
    """What the three arrows can change: first to second, first to third, second to third."""
    found = influence(conditionals(joint, order))
    return [round(float(found[at]), 6) for at in ((1, 0), (2, 0), (2, 1))]


def compute() -> dict[str, Any]:
    """All claims, by name."""
    drawn = chain_rule.samples(CAUSES, NATURAL, max(AFTER), 0)
    distance = chain_rule.running_distance(CAUSES, drawn.states)
    wrong = chain_rule.samples(XOR, NATURAL, max(AFTER), 0, alone=True)
    card = read_card(ANY_ORDER)
    separate = chain_rule.separate_networks_parameters(D, H)
    shared = chain_rule.shared_network_parameters(D, H)
    return {
        "state 101": float(CAUSES[0b101]),
        "state 101: taken": taken(0b101, NATURAL),
        "state 101: taken, effect first": taken(0b101, EFFECT_FIRST),
        "causes first: arrows": arrows(CAUSES, NATURAL),
        "effect first: arrows": arrows(CAUSES, EFFECT_FIRST),
        "effect first: p of x2": [float(p) for p in conditionals(CAUSES, EFFECT_FIRST)[2]],
        "copies: arrows": arrows(COPIES, NATURAL),
        "copies, x2 last: arrows": arrows(COPIES, MIDDLE_LAST),
        "distance": [float(distance[n]) for n in AFTER],
        "xor, alone: impossible": float((XOR[wrong.states] == 0).mean()),
        "xor, alone: distance": float(chain_rule.running_distance(XOR, wrong.states)[-1]),
        "any order: raster": card["test_nll_by_order"]["raster"],
        "any order: random": card["test_nll_by_order"]["random"],
        "digits of the table": len(str(chain_rule.full_table_parameters(D))),
        "separate": separate,
        "shared": shared,
        "times fewer": separate / shared,
    }
