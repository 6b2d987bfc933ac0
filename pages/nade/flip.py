"""Activity: change one drawn pixel of NADE's digit, and keep all random numbers."""

from __future__ import annotations

from pages.nade.drawing import controls, picture, take_away
from pages.nade.state import Drawing, fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
DIGIT = {"model": "nade-digits", "seed": 38}
FLIPPED = {**DIGIT, "flip": ((10, 1),)}
LARGE = {"model": "nade-mnist", "seed": 20}


def at(index: int, columns: int) -> str:
    """A pixel as the words name it: (row, column)."""
    return f"({index // columns}, {index % columns})"


REACH = Question(
    text="We set pixel (1, 2) to 1 and keep all random numbers. What is new in the running sum, "
    "directly after this pixel?",
    answers={
        "Nothing: the pixel alone is new": "Then no later p could change, because each is computed "
        "from the sum.",
        "One column of W is added": "A 1 adds the column of its pixel; the 0 had added nothing.",
        "All columns of W are others": "W holds weights, and they do not change when a digit is "
        "drawn.",
    },
    right="One column of W is added",
    why="Every later p is computed from this sum: "
    f"{C['digits: later pixels that change']} later pixels change, and none before.",
    state=FLIPPED,
    place={"step": 64},
)

STEPS = (
    Step(
        "Before the flip",
        "This sample is a 1. Every pixel had its own random number u, and we keep them all.",
        DIGIT,
        {"step": 64},
        question=REACH,
    ),
    Step(
        "A 1 becomes a 6",
        f"One pixel is set by hand (cross), and {C['digits: later pixels that change']} later "
        "pixels change (coloured corners). The first is "
        f"{at(C['digits: first that changes'], 8)}: its p rises from "
        f"{C['digits: its p before']:.3f} to {C['digits: its p after']:.3f}, and "
        f"u = {C['digits: its u']:.3f} now gives 1. No earlier pixel changes.",
        FLIPPED,
        {"step": 64},
    ),
    Step(
        "A 3 becomes a 6",
        f"The same in a larger digit: pixel {at(39, 28)} is set to 1, and "
        f"{C['mnist: later pixels that change']} later pixels change. Now click any drawn pixel "
        "and see what becomes of the digit.",
        {**LARGE, "flip": ((39, 1),)},
        {"step": 784},
    ),
)

FLIP = Activity(
    slug="flip",
    title="Change one pixel",
    state=Drawing,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
