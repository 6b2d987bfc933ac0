"""Activity: the same joint in another order has other tables."""

from __future__ import annotations

from arviz_models.analysis.chain_rule import JOINTS
from pages.chain_rule.state import Tables, table_fields
from pages.chain_rule.tables import controls, picture, take_away
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
CAUSES = {"joint": JOINTS["explaining away"], "order": (0, 1, 2)}
EFFECT_FIRST = {"joint": JOINTS["explaining away"], "order": (2, 0, 1)}
COPIES = {"joint": JOINTS["chain"], "order": (0, 1, 2)}
COPIES_MIDDLE_LAST = {"joint": JOINTS["chain"], "order": (0, 2, 1)}
A, B, P = C.get("state 101: taken, effect first", (0, 0, 0))
GIVEN = C.get("effect first: p of x2", (0, 0, 0, 0))
SKIPPING = C.get("copies, x2 last: arrows", (0, 0, 0))

JOINT = Question(
    text="We draw x₃ first, then x₁, then x₂. What happens to the joint?",
    answers={
        "All eight bars change": "The tables change. Their product does not.",
        "Nothing": f"State 101 is {A:.3f} × {B:.4f} × {P:.4f} = {C.get('state 101', 0):.3f} "
        "again, by other numbers.",
        "It changes if the variables are dependent": "Dependence decides how much the tables "
        "change, not their product.",
    },
    right="Nothing",
    why="All three tables are new, and no bar of the joint has moved.",
    state=EFFECT_FIRST,
    place={"state": 5},
)

IDLE = Question(
    text="The natural order is back: x₁, x₂, x₃. Which arrow changes nothing?",
    answers={
        "x₁ → x₂": "x₂ copies x₁.",
        "x₁ → x₃": "Once x₂ is known, x₁ adds nothing about x₃: this is the Markov property.",
        "x₂ → x₃": "x₃ copies x₂.",
        "None": "One of them does: x₃ copies x₂ alone.",
    },
    right="x₁ → x₃",
    why="Its arrow is dotted: the rows of the last table do not depend on x₁.",
    hide=("arrows", "factors"),
)

STEPS = (
    Step(
        "Another first variable",
        "The variables stand in the order in which they are drawn. The outlined state, 101, takes "
        "one row of each table. Now we change the order.",
        CAUSES,
        {"state": 5},
        question=JOINT,
        after="Drag a node to try the other orders.",
    ),
    Step(
        "Causes first",
        "Here x₁ and x₂ are independent causes of x₃. With the causes first, both rows of x₂ are "
        "0.3: x₁ tells nothing about x₂, and its arrow is dotted.",
        CAUSES,
        {"state": None},
    ),
    Step(
        "Effect first",
        "With x₃ first, x₂ depends on x₁: no arrow is dotted. If x₃ = 1, p(x₂ = 1) is "
        f"{GIVEN[2]:.2f} where x₁ = 0 and {GIVEN[3]:.2f} where x₁ = 1. One cause explains the "
        "effect, so the other becomes less likely.",
        EFFECT_FIRST,
        {"state": None},
    ),
    Step(
        "A Markov chain",
        "Another joint: x₂ copies x₁ with probability 0.8, and x₃ copies x₂ with probability 0.8.",
        COPIES,
        {"state": None},
        question=IDLE,
        after="Many models cut such arrows on purpose and need fewer numbers.",
    ),
    Step(
        "The middle one last",
        "The same chain in the order x₁, x₃, x₂. Now every arrow changes something: by up to "
        f"{SKIPPING[0]:.2f}, {SKIPPING[1]:.2f} and {SKIPPING[2]:.2f}. Every order is right, but "
        "not every order is simple.",
        COPIES_MIDDLE_LAST,
        {"state": None},
    ),
    Step(
        "Learned conditionals differ",
        "A network only approximates its conditionals, so its joint depends on the order. "
        f"[A NADE trained on all orders](nade) needs {C.get('any order: raster', 0):.2f} nats for "
        "a digit of 8×8 pixels in raster order, and "
        f"{C.get('any order: random', 0):.2f} in a random order.",
        EFFECT_FIRST,
        {"state": None},
    ),
)

REORDER = Activity(
    slug="reorder",
    title="Change the order",
    state=Tables,
    fields=table_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
