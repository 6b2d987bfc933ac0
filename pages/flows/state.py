"""What the address holds of each activity on flows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from arviz_models import drawn_points
from pages.ui import lesson
from pages.ui.query import Choice, Field, Integer, Number, Values

DATA = ("moons", "rings", "pinwheel", "drawn")
STEPS = ("2000", "200", "500", "1000")  # of a training
NAMES = {"maf": "MAF", "iaf": "IAF"}
ORDERS = {
    "reversed": "reversed in every second one",
    "natural": "x₁ first in all of them",
    "random": "random",
}
MADE_SIZES = ("4", "2", "3", "5", "6", "8")
MOST_ALPHA, MOST_MU, MOST_PLACE = 1.2, 2.0, 6.0
MOST_VARIABLES = 8
STRETCHED = {"alpha": math.log(2), "mu": 1.0}


@dataclass(frozen=True)
class Points:
    """Points that a student drew, as `drawn_points` writes them; none by default."""

    browser_owned: bool = False

    def default(self, values: Values) -> str:
        return ""

    def parse(self, text: str, values: Values) -> str:
        drawn_points.from_text(text)
        return text

    def text(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Learned:
    """How many steps a flow has learned; all by default."""

    browser_owned: bool = False

    def default(self, values: Values) -> int:
        return int(values["steps"])

    def parse(self, text: str, values: Values) -> int:
        return Integer(1, int(values["steps"])).parse(text, values)

    def text(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Stretch:
    """One variable stretched, or what the same means for several.

    Attributes:
        view: "curves", "triangle" or "family".
        seed: of the weights and the point of the Jacobian.
    """

    view: str
    seed: int


@dataclass(frozen=True)
class Bend:
    """What decides a flow, to the last bit of its weights.

    Attributes:
        kind: "maf" or "iaf".
        data: what it learns.
        points: drawn by the student, where `data` is "drawn".
        layers: transforms K.
        order: of the variables in each transform.
        steps: of the whole training.
        seed: of weights and batches.
        trained: steps that it has learned.
    """

    kind: str
    data: str
    points: str
    layers: int
    order: str
    steps: str
    seed: int
    trained: int


@dataclass(frozen=True)
class Directions:
    """MAF beside IAF.

    Attributes:
        show: "reads", "measured" or "made".
        task: "sample" or "density": what the passes compute.
        variables: D of the two that are drawn.
        made_d, made_order: of the masks that are compared with a MADE's.
        seed: of its random order.
    """

    show: str
    task: str
    variables: int
    made_d: str
    made_order: str
    seed: int


def stretch_fields() -> Mapping[str, Field]:
    """How the address holds a `Stretch`, and where the sliders and the point stand."""
    return {
        "view": Choice(("curves", "triangle", "family")),
        "seed": Integer(0, lesson.MOST_SEED),
        "alpha": Number(-MOST_ALPHA, MOST_ALPHA, STRETCHED["alpha"], browser_owned=True),
        "mu": Number(-MOST_MU, MOST_MU, STRETCHED["mu"], browser_owned=True),
        "x": Number(-MOST_PLACE, MOST_PLACE, STRETCHED["mu"], browser_owned=True),
    }


def bend_fields() -> Mapping[str, Field]:
    """How the address holds a `Bend`."""
    return {
        "kind": Choice(tuple(NAMES)),
        "data": Choice(DATA),
        "points": Points(),
        "layers": Integer(1, 8, 8),
        "order": Choice(tuple(ORDERS)),
        "steps": Choice(STEPS),
        "seed": Integer(0, lesson.MOST_SEED),
        "trained": Learned(),
    }


def directions_fields() -> Mapping[str, Field]:
    """How the address holds `Directions`."""
    return {
        "show": Choice(("reads", "measured", "made")),
        "task": Choice(("sample", "density")),
        "variables": Integer(2, MOST_VARIABLES, 4),
        "made_d": Choice(MADE_SIZES),
        "made_order": Choice(("natural", "reversed", "random")),
        "seed": Integer(0, lesson.MOST_SEED),
    }
