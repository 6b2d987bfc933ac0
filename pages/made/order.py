"""Activity: MADE in any order of its variables."""

from __future__ import annotations

from pages.made.network import controls, picture, take_away
from pages.made.state import Network, network_fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
THREE = {"D": 3, "width": 4, "layers": 1, "degrees": "even", "order": (1, 2, 0)}
FIVE = {"D": 5, "width": 8, "layers": 1, "degrees": "even"}
SHUFFLED = {**FIVE, "order": (2, 0, 4, 1, 3)}
NARROW = {"D": 5, "width": 4, "layers": 2, "degrees": "random", "seed": 0}

RANKS = Question(
    text="The inputs x₁, x₂, x₃ have the numbers 3, 1, 2. Which variable is drawn first?",
    answers={
        "x₃": "That reads 3, 1, 2 as a list of variables. But x₃ has the number 2.",
        "x₂": "It has the number 1, and its output reads nothing.",
        "x₁": "It has the number 3, so it is drawn last.",
    },
    right="x₂",
    why="The numbers are **ranks**: a rank says when a variable is drawn. An **order** lists the "
    "variables, first drawn first: x₂, x₃, x₁. It is the inverse of the ranks.",
    hide=("order", "reach"),
    place={"to": "end", "sort": True, "pin": [2, 1]},
)

STEPS = (
    Step(
        "Ranks, not lists",
        "So far the inputs x₁, x₂, x₃ had the numbers 1, 2, 3. Now they have 3, 1, 2, and the "
        "masks follow the same two rules.",
        THREE,
        {"to": "end"},
        question=RANKS,
        after="The inputs have moved to their places: rank 1 is on top. Exchange of the two lists "
        "is the most common mistake in public code, and with x₁, x₂, x₃ no test notices it.",
    ),
    Step(
        "Shuffle five",
        f"In the natural order, {C['five: cells']} of 25 cells of the path counts are nonzero: the "
        "lower triangle. Only ranks are compared, so any order works.",
        FIVE,
        {"to": "end"},
    ),
    Step(
        "The same triangle, shuffled",
        f"Now the order is x₃, x₁, x₅, x₂, x₄. Again {C['shuffled: cells']} cells are nonzero. "
        "x₃ is first and its output reads nothing; x₄ is last and its output reads all others. "
        "Drag an input to make your own order.",
        SHUFFLED,
        {"to": "end", "pin": [2, 3]},
    ),
    Step(
        "Narrow layers lose paths",
        "A path must find a unit of a fitting degree in every layer. Here each layer has 4 units "
        f"of random degrees, and {C['narrow: lost']} of 10 allowed dependencies have no path.",
        NARROW,
        {"to": "end"},
    ),
    Step(
        "Direct weights restore them",
        "Direct connections lead from inputs to outputs past the hidden layers, by the strict "
        f"rule. Now {C['direct: lost'] or 'no'} dependencies are lost.",
        {**NARROW, "direct": True},
        {"from": "hidden", "to": "end", "speed": 8},
    ),
)

ORDER = Activity(
    slug="order",
    title="Any order",
    state=Network,
    fields=network_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
