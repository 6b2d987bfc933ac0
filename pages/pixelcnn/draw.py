"""Activity: PixelCNN draws a digit, and what its window makes of it."""

from __future__ import annotations

from pages.pixelcnn.models import DIAGONAL, MODELS, NARROW, PLAIN
from pages.ui.claims import load
from pages.ui.drawing_activity import draw_activity
from pages.ui.outline import Question, Step

C = load(__file__)
COLUMNS = 28
EIGHT_SEED, SCRAP_SEED = 44, 24
EIGHT = {"model": PLAIN, "seed": EIGHT_SEED}
SCRAP = {"model": NARROW, "seed": SCRAP_SEED}


def at(row: int, column: int) -> int:
    """Flat index of a pixel."""
    return row * COLUMNS + column


FLIPPED = (at(5, 18), 1)
ROW, COLUMN = C.get("eight: first ink", (0, 0))

SECOND = Question(
    text="Rows 14 to 24 are empty. Why does a second stroke begin in row 25?",
    answers={
        "The network has forgotten the ring": "A convolution has no memory that could fade. It has "
        "a fixed window.",
        "It does not see the ring": "From row 25 a pixel sees up to row 13: of the ring, one "
        "pixel. From row 26 it sees nothing of it: the outlined window begins at row 14. Above "
        "these pixels the network finds an empty image, so a digit still has to come.",
        "Bad luck only": f"Luck drew (25, 14), with p = {C['scrap: p of (25, 14)']:.3f}. Then "
        f"(26, 14) has p = {C['scrap: p of (26, 14)']:.3f}.",
    },
    right="It does not see the ring",
    hide=("reads", "beside"),
    state={"beside": DIAGONAL},
    place={"step": at(26, 14), "reads": True},
)

STEPS = (
    Step(
        "Pixel by pixel",
        "The network draws row by row, from left to right. For each pixel it gives a probability "
        "of ink. A random number then decides.",
        EIGHT,
        {"step": 0, "play": True},
    ),
    Step(
        "A small chance",
        f"This is the first ink pixel. Its probability was {C['eight: p of first ink']:.3f}. The "
        f"random number, {C['eight: u of first ink']:.3f}, falls into that small part of the bar.",
        EIGHT,
        {"step": at(ROW, COLUMN)},
    ),
    Step(
        "What it can use",
        "A masked 7×7 kernel and nine 5×5 kernels reach 21 rows up. The outlined area is all that "
        "this probability can use. The bars are the features that the convolutions make of it.",
        EIGHT,
        {"step": at(19, 11), "reads": True},
    ),
    Step(
        "Change a pixel",
        f"Pixel (5, 18) is set to ink by hand, and {C['eight: pixels that change']} later pixels "
        "change: the 8 becomes a 0. All random numbers stay the same, so every difference comes "
        "from this pixel. Click another one.",
        {**EIGHT, "flip": (FLIPPED,)},
        {"step": at(27, 27) + 1},
    ),
    Step(
        "A second stroke",
        "Another PixelCNN, with nine kernels of 3×3. There is a ring in rows 5 to 13, then "
        "nothing. Row 25 has new ink.",
        SCRAP,
        {"step": at(25, 15)},
        question=SECOND,
        after="Beside it, the Diagonal BiLSTM draws with the same random numbers. It reads the "
        "whole stroke, and no second one begins: a 6. Choose the PixelCNN with 5×5 kernels: from "
        "row 26 it still sees row 5. On test digits its mean cost is "
        f"{C['5×5: nats']:.2f} nats, with 3×3 kernels {C['3×3: nats']:.2f}.",
    ),
)

DRAW = draw_activity(MODELS, STEPS, beside={DIAGONAL: "Diagonal BiLSTM"})
