"""Activity: the Diagonal BiLSTM draws a digit; the states of both directions beside it."""

from __future__ import annotations

from pages.diagonal_bilstm.models import DIAGONAL, DRAWN_SEED, FLIP, MODELS
from pages.ui.claims import load
from pages.ui.drawing_activity import Drawn, draw_activity, second_direction
from pages.ui.outline import Question, Step
from pages.ui.stage import Stage

C = load(__file__)
COLUMNS = 28
DIGIT = {"model": DIAGONAL, "seed": DRAWN_SEED}


def named(index: int) -> str:
    """A pixel as the words name it: (row, column)."""
    return f"({index // COLUMNS}, {index % COLUMNS})"


ERASED = Question(
    text=f"We erase the ink of pixel {named(FLIP[0])} and keep all random numbers. Pixel (20, 5) "
    "lies far below it, and on its left. Which direction brings it the change?",
    answers={
        "The first, from the left": "It brings columns 0 to 5. The first kernel, 7×7, adds three "
        "columns on the right: 8 is the last. The erased pixel is in column "
        f"{FLIP[0] % COLUMNS}.",
        "The second, from the right": "It starts at the upper right, so it brings all columns from "
        "5 on.",
        "Neither: it is too far": "The states are handed on, diagonal by diagonal, as far as the "
        "border.",
    },
    right="The second, from the right",
    why=f"Here {C['flip: later pixels that change']} later pixels change, and no earlier one.",
    hide=("changes",),
    state={**DIGIT, "flip": (FLIP,)},
    place={"step": COLUMNS * COLUMNS},
)


def gates_on_the_right(stage: Stage[Drawn]) -> str:
    """The words of the second direction, for the network that is shown."""
    return (
        f"{second_direction(stage.state.model, stage.state.layer)} It has gates of its own: i′, "
        "f′, g′ and o′ are those that made its state at the pixel above. The picture shows h′, "
        "unit 0, at every pixel. **From the left** shows the first direction's."
    )


STEPS = (
    Step(
        "Pixel by pixel",
        "The network draws row by row, from left to right. For each pixel it gives a probability "
        "of ink. A random number then decides.",
        DIGIT,
        {"step": 0, "play": True},
    ),
    Step(
        "A small chance",
        f"This is the first ink pixel, {named(C['draw: first ink'])}. Its probability was "
        f"{C['draw: p of first ink']:.3f}. The random number, {C['draw: u of first ink']:.3f}, "
        "falls into the small part of ink, at the right end of the bar. So it becomes ink.",
        DIGIT,
        {"step": C["draw: first ink"]},
    ),
    Step(
        "Two states",
        "One state comes from the left and above. The other comes from the right, one row up. "
        "Their sum feeds the softmax; in row 0 the second is 0. Click a bar to see its unit over "
        "the picture. The outlined area is all that this probability can read.",
        DIGIT,
        {"step": 14 * COLUMNS + 14, "reads": True, "unit": ["h", 0]},
    ),
    Step(
        "The second direction",
        gates_on_the_right,
        {**DIGIT, "direction": "right"},
        {"step": 14 * COLUMNS + 14, "unit": ["h′", 0]},
    ),
    Step(
        "Change a pixel",
        "Every pixel had its own random number, and we keep them all.",
        DIGIT,
        {"step": COLUMNS * COLUMNS, "mark": FLIP[0]},
        question=ERASED,
        after="The 0 becomes a 3. Now click any drawn pixel and see what becomes of the digit.",
    ),
)

DRAW = draw_activity(MODELS, STEPS)
