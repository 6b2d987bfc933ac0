"""The chain rule's state, as its activities share it: a joint, an order, how samples are drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

import numpy as np

from arviz_models.analysis.chain_rule import JOINTS
from pages.ui import lesson
from pages.ui.query import Choice, Field, Flag, Integer, Permutation, Values

SAMPLES = ("2000", "500", "100")  # the first is where the activity begins
MOST_WEIGHT = 1_000_000
NO_STATE = "none"
STATES = (NO_STATE, *(format(state, "03b") for state in range(8)))


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


@dataclass(frozen=True)
class Tables:
    """A joint over three binary variables, as conditionals in an order.

    Attributes:
        joint: eight whole weights.
        order: indices of the variables, first drawn first.
    """

    joint: tuple[int, ...]
    order: tuple[int, ...]


@dataclass(frozen=True)
class Sampled(Tables):
    """The same, with samples.

    Attributes:
        n: how many samples.
        seed: of their random numbers.
        alone: whether each variable is drawn from its own marginal, without looking at the others.
    """

    n: str
    seed: int
    alone: bool


def table_fields() -> Mapping[str, Field]:
    """How the address holds `Tables`, and the state that is kept."""
    return {
        "joint": Joint(),
        "order": Permutation(lambda values: 3),
        "state": Choice(STATES, browser_owned=True),
    }


def sampled_fields() -> Mapping[str, Field]:
    """How the address holds `Sampled`, and the player's step."""
    return {
        **table_fields(),
        "n": Choice(SAMPLES),
        "seed": Integer(0, lesson.MOST_SEED),
        "alone": Flag(),
        "step": Integer(0, lambda values: 3 * int(values["n"]), browser_owned=True),
    }
