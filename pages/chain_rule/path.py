"""Activity: one state of the joint is one path through the tables."""

from __future__ import annotations

from arviz_models.analysis.chain_rule import JOINTS
from pages.chain_rule.state import Tables, table_fields
from pages.chain_rule.tables import controls, picture, take_away
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
CAUSES = {"joint": JOINTS["explaining away"], "order": (0, 1, 2)}
ONE, TWO, THREE = C.get("state 101: taken", (0, 0, 0))
BAR = C.get("state 101", 0)

ROWS = Question(
    text="x₃ has a table too, p(x₃ = 1 | x₁, x₂). How many rows does it need?",
    answers={
        "1": "One number cannot answer to different values of x₁ and x₂.",
        "2": "Two rows are enough for one earlier variable. Here two variables are earlier.",
        "4": "x₁ and x₂ have four settings: 00, 01, 10, 11.",
        "8": "Eight is the number of states of all three. x₃ is not a condition of itself.",
    },
    right="4",
    why="A table has one row for every setting of the variables before it.",
    hide=("factors", "nodes"),
)

STEPS = (
    Step(
        "Eight states",
        "Each variable, x₁, x₂ and x₃, is 0 or 1. The joint gives every state a probability: the "
        "grey bars. The eight probabilities sum to 1.",
        CAUSES,
        {"state": None},
        hide=("factors", "nodes"),
    ),
    Step(
        "One table for each variable",
        "The chain rule writes p(x₁, x₂, x₃) = p(x₁) · p(x₂ | x₁) · p(x₃ | x₁, x₂). Each factor is "
        "a table, and each of its rows holds one probability. The table of x₁ has one row.",
        CAUSES,
        {"state": None},
        question=ROWS,
        after="An arrow says: this variable may be read. A bar is filled, from its right, by the "
        "probability of a 1.",
    ),
    Step(
        "Multiply along a path",
        f"State 101 uses one row of each table: p where the state has a 1, 1 − p where it has a 0. "
        f"{ONE:.1f} × {TWO:.1f} × {THREE:.1f} = {BAR:.3f}, the height of its bar. Click another "
        "state to see its path.",
        CAUSES,
        {"state": 5},
    ),
)

PATH = Activity(
    slug="path",
    title="One path",
    state=Tables,
    fields=table_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
