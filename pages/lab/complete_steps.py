"""The steps of "Complete"."""

from __future__ import annotations

import numpy as np

from pages.ui.claims import load
from pages.ui.completion_activity import Painting
from pages.ui.outline import Question, Step

C = load(__file__)
ONE, ANY, BEST = "nade-mnist", "nade-mnist-any-order", "diagonal-bilstm-mnist"
DIGIT, SEED = 12, 2
TURNED = 6  # the digit that is shown upside down
HOLE = (slice(9, 19), slice(8, 21))  # rows and columns of a box that is not given


def hole() -> Painting:
    """All but a box in the middle is given."""
    mask = np.ones((28, 28), np.uint8)
    mask[HOLE] = 0
    return 2, mask.tobytes()


def turned() -> Painting:
    """The digit `TURNED` upside down."""
    x = np.zeros(28 * 28, np.uint8)
    x[C.get("turned ink", [])] = 1
    return 2, x.tobytes()


READS = Question(
    text="A box in the middle is not given, all around it is. Which given pixels does NADE read "
    "for the pixels of the box?",
    answers={
        "All of them": "A conditional reads only the pixels before it in the order.",
        "Those before the pixel, row by row": "The rows below the box come later in its order.",
        "None": "It reads what comes before: the rows above the box, and what is left of it.",
    },
    right="Those before the pixel, row by row",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 0},
)

USUAL = Question(
    text="A 4 upside down. Where does its NLL lie among those of the test digits?",
    answers={
        "In the middle: it has the same pixels": "The models know what usually comes below what, "
        "and upside down it does not.",
        "Above most of them": "Strokes begin and end where the model does not expect it.",
        "Below most of them": "That would say that it is more usual than most digits.",
    },
    right="Above most of them",
    why=f"Upright it has {C['upright']:.1f} nats, more than {C['upright above, percent']:.0f} % of "
    f"the test digits; upside down {C['upside down']:.1f}, more than "
    f"{C['upside down above, percent']:.0f} %.",
    hide=("range",),
)

STEPS = (
    Step(
        "Any model continues",
        "The upper half of a test digit is given, and the model draws the rest eight times. "
        "Below stands what it says of the whole picture: its NLL, pixel by pixel, and where that "
        "lies among all test digits.",
        {"model": BEST, "digit": DIGIT, "rows": 14, "seed": SEED},
        {"step": 0, "play": True, "chosen": 0},
    ),
    Step(
        "A hole in the middle",
        "*Hide* and *Give* change which pixels are given, with the brush or as a box. This model "
        "draws row by row, whatever is given.",
        {"model": ONE, "digit": DIGIT, "given": hole(), "seed": SEED},
        question=READS,
        after=f"{C['late']} given pixels come after the first pixel of the box. They keep their "
        "value, but no pixel that is drawn before them reads them. With the digit's own box they "
        f"cost {C['late, own']:.1f} nats, with these {C['late, drawn']:.1f} (mean of eight).",
    ),
    Step(
        "Given first",
        "This NADE was trained over random orders. Its order may begin with all that is given, "
        "and each pixel of the box reads it. Scored by the model of the step before, the same "
        f"given pixels cost {C['late, any order']:.1f} nats with these boxes: they fit better.",
        {"model": ANY, "digit": DIGIT, "given": hole(), "seed": SEED},
        {"step": 0, "play": True, "chosen": 0},
    ),
    Step(
        "How usual is it?",
        "The strip has the smallest NLL of a test digit, the quartiles, and the largest. The wedge "
        "is this picture.",
        {"model": BEST, "digit": TURNED, "drawing": turned()},
        question=USUAL,
    ),
)
