"""MADE's state, as its activities share it: the network that is drawn, or what is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages.ui import lesson
from pages.ui.models import cards
from pages.ui.query import (
    Choice,
    Field,
    Flag,
    FlipList,
    Integer,
    Lists,
    Number,
    Permutation,
    Values,
)

MOST_VARIABLES, MOST_WIDTH = 16, 32
MOST_STEPS, MOST_NODES = 999, 499  # of the player, and 100 · layer + unit
NO_MODEL = "none"
ORDERS = ("raster", "reversed", "column-wise", "diagonal", "spiral", "random")
MISTAKES = {
    "none": "none",
    "degree D": "a unit of degree D",
    "degree 0": "a unit of degree 0",
    "all equal": "all degrees equal",
    "relaxed": "≤ for < at the output",
}
# The lecture's slide.
SLIDE: Mapping[str, Any] = {
    "D": 4,
    "layers": 2,
    "width": 4,
    "degrees": "by hand",
    "hand": ((1, 3, 2, 1), (2, 1, 3, 2)),
}


@dataclass(frozen=True)
class Network:
    """The network that is drawn.

    Attributes:
        D: variables.
        layers, width: hidden layers, and the units of each.
        order: of the variables, first drawn first.
        degrees: "random", "even", or "by hand" with `hand`, the degrees of each hidden layer.
        direct: whether inputs are connected to outputs directly too.
        weights: "random" or "trained".
        mistake: one of `MISTAKES`.
        seed: of degrees and weights.
        show: "network", or "states": the probabilities of all 2^D states.
    """

    D: int
    layers: int
    width: int
    order: tuple[int, ...]
    degrees: str
    hand: tuple[tuple[int, ...], ...]
    direct: bool
    weights: str
    mistake: str
    seed: int
    show: str


@dataclass(frozen=True)
class Learning:
    """What is trained, or drawn by a trained model.

    Attributes:
        show: "world", a distribution over a few bits; "training", a MADE as it learns 8x8 digits;
            "drawing", a digit drawn by a shipped model; "masks", what many masks cost and gain.
        bits: variables of the tiny world.
        world: its distribution, by name.
        model: name of the checkpoint that draws.
        pixels: order in which it draws.
        temperature: divides the logits of the digit that is drawn.
        seed: of the random numbers.
        flip: pixels of the digit that are set by hand, (flat index, value).
    """

    show: str
    bits: int
    world: str
    model: str
    pixels: str
    temperature: float
    seed: int
    flip: tuple[tuple[int, int], ...]


def network_fields(*, states: bool = False) -> Mapping[str, Field]:
    """How the address holds a `Network`, the player's step and the unit that is clicked."""

    def widths(values: Values) -> tuple[int, ...]:
        return (values["width"],) * values["layers"]

    return {
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
        "show": Choice(("network", "states") if states else ("network",)),
        "step": Integer(0, MOST_STEPS, browser_owned=True),
        "node": Integer(0, MOST_NODES, browser_owned=True),
    }


def models() -> tuple[str, ...]:
    """The shipped models, the smallest first."""
    known = cards("MADE")
    return tuple(sorted(known, key=lambda name: known[name].get("parameters", 0))) or (NO_MODEL,)


def draws_in_any_order(name: str) -> bool:
    """Whether a shipped model was trained over many orders."""
    return bool(cards("MADE").get(name, {}).get("config", {}).get("order_agnostic"))


def learning_fields() -> Mapping[str, Field]:
    """How the address holds a `Learning`, and the player's step."""

    def orders(values: Values) -> tuple[str, ...]:
        return ORDERS if draws_in_any_order(values["model"]) else ORDERS[:1]

    def dimensions(values: Values) -> int:
        event = cards("MADE").get(values["model"], {}).get("config", {}).get("event_shape", [1])
        return math.prod(event)

    return {
        "show": Choice(("world", "training", "drawing", "masks")),
        "bits": Integer(1, 8, 3),
        "world": Choice(("chain", "two modes", "parity", "uniform")),
        "model": Choice(models()),
        "pixels": Choice(orders),
        "temperature": Number(0, 3, 1),
        "seed": Integer(0, lesson.MOST_SEED),
        "flip": FlipList(dimensions),
        "step": Integer(0, MOST_STEPS, browser_owned=True),
    }
