"""Activity: NADE completes a drawing, whose given pixels may come first in its order or last."""

from __future__ import annotations

from pages.ui.claims import load
from pages.ui.completion_activity import BELOW, completion_activity
from pages.ui.outline import Question, Step

C = load(__file__)
ONE, ANY = "nade-mnist", "nade-mnist-any-order"
DIGIT, LINE, SEED = 12, 14, 2
CLAIMED = (ONE, ANY, DIGIT, LINE, SEED)  # what claims.py draws
NINE = {"digit": DIGIT, "rows": LINE, "seed": SEED}
WHOLE = {"step": LINE * 28, "chosen": 3}

LATE = Question(
    text="Now rows 14 to 27 are given, and the order is the same. Do the rows that NADE draws fit "
    "them?",
    answers={
        "Yes, each pixel reads them": "A conditional reads only the pixels before it in the order. "
        "These come after.",
        "Only by chance": "NADE draws rows 0 to 13 as if nothing were given.",
        "Yes, it draws from below": "The order is fixed: row 0 first.",
    },
    right="Only by chance",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 3},
)

STEPS = (
    Step(
        "A given pixel",
        "The upper 14 rows are those of a test digit. NADE goes through its order as always. A "
        "given pixel is not drawn: its value is set, and the running sum takes its column of W. "
        "From row 14 on NADE draws.",
        {"model": ONE, **NINE},
        {"step": 0, "play": True, "chosen": 1},
    ),
    Step(
        "Given too late",
        "NADE begins at row 0, and comes to the given rows last.",
        {"model": ONE, **NINE, "side": BELOW},
        question=LATE,
        after="After the digit's own upper half the given rows have a surprisal of "
        f"{C['below: given, own']:.1f} nats. After these it is "
        f"{C['below: given, after these']:.1f}, the mean of eight: the halves do not fit.",
    ),
    Step(
        "Given first",
        "This NADE was trained over random orders. Its order may begin with the given rows, and "
        "then every drawn pixel reads them: more strokes meet at the line. Scored by the NADE of "
        f"the step before, these pictures have {C['below: whole, any order']:.1f} nats, its own "
        f"{C['below: whole, one order']:.1f} (means of eight).",
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
