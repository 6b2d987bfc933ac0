"""Activity: MADE completes a drawing; its masks decide whether the given pixels are read."""

from __future__ import annotations

from pages.ui.claims import load
from pages.ui.completion_activity import BELOW, completion_activity
from pages.ui.outline import Question, Step

C = load(__file__)
ONE, ANY = "made-mnist", "made-mnist-any-order"
DIGIT, LINE, SEED = 12, 14, 2
CLAIMED = (ONE, ANY, DIGIT, LINE, SEED)  # what claims.py draws
NINE = {"digit": DIGIT, "rows": LINE, "seed": SEED}
WHOLE = {"step": LINE * 28, "chosen": 3}

MASKED = Question(
    text="Now rows 14 to 27 are given: they are in the input from the first pass on. Do the "
    "outputs of rows 0 to 13 read them?",
    answers={
        "Yes, they are in the input": "They are, but the masks cut every path from an input to an "
        "output before it.",
        "No": "The given pixels have the highest ranks, and an output reads lower ranks alone.",
        "Yes, through the hidden units": "A hidden unit that reads a late pixel has a high degree, "
        "and feeds only outputs after it.",
    },
    right="No",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 3},
)

STEPS = (
    Step(
        "Given in the input",
        "The upper 14 rows are those of a test digit. MADE writes them into its input, and draws "
        "the rest pixel by pixel. Every output below the line reads all that is given.",
        {"model": ONE, **NINE},
        {"step": 0, "play": True, "chosen": 1},
    ),
    Step(
        "Given too late",
        "The order is that of the training: row 0 first.",
        {"model": ONE, **NINE, "side": BELOW},
        question=MASKED,
        after="So the halves do not fit. After the digit's own upper half the given rows have a "
        f"surprisal of {C['below: given, own']:.1f} nats; after the eight drawn here "
        f"{C['below: given, after these']:.1f}, on average.",
    ),
    Step(
        "Trained over random orders",
        "This is another MADE, which was trained over random orders. So we may choose its masks "
        "now: the given pixels get the lowest ranks, and every drawn pixel reads them. More "
        "strokes meet at the line. The MADE of the step before gives these eight pictures "
        f"{C['below: whole, any order']:.1f} nats on average, and its own eight "
        f"{C['below: whole, one order']:.1f}.",
        {"model": ANY, **NINE, "side": BELOW},
        WHOLE,
    ),
    Step(
        "Your turn",
        "Draw the end of a digit below the line, or drag the line. *Given rows* changes the side. "
        "Then choose the other model for the same drawing.",
        {"model": ANY, "digit": 45, "rows": 12, "seed": SEED, "side": BELOW},
        {"step": 0, "play": True, "chosen": 0},
    ),
)

COMPLETE = completion_activity({ONE: "One order", ANY: "Any order"}, STEPS, sides=True)
