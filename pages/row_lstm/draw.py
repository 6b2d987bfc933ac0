"""Activity: the Row LSTM draws a digit; its gates, cells and states beside it."""

from __future__ import annotations

from arviz_models.figures.numbers import decimals, listed
from pages.row_lstm.gates import LAYER, UNIT
from pages.row_lstm.models import DRAWN_SEED, FLIP, MODELS, ROW
from pages.ui.claims import load
from pages.ui.drawing_activity import draw_activity
from pages.ui.outline import Question, Step

C = load(__file__)
COLUMNS = 28
DIGIT = {"model": ROW, "seed": DRAWN_SEED, "layer": int(LAYER)}


def at(row: int, column: int) -> int:
    """Flat index of a pixel."""
    return row * COLUMNS + column


def named(index: int) -> str:
    """A pixel as the words name it: (row, column)."""
    return f"({index // COLUMNS}, {index % COLUMNS})"


ABOVE = C.get("draw: columns of the states above", [14])
FLIPPED = {**DIGIT, "flip": (FLIP,)}

WAY_DOWN = Question(
    text=f"We set pixel {named(FLIP[0])} to ink and keep all random numbers. How can a pixel of "
    "row 20 come to know of this ink?",
    answers={
        "At once: a state reads all rows above": "A state reads three states of the row above it, "
        f"and the first convolution reads {C['draw: rows of the first convolution']} rows of "
        "pixels. Nothing reads further up at once.",
        "Row by row": "The states of a row are made from those of the row above it, so the change "
        "comes down from row to row.",
        "Not at all: row 20 is too far": "The gates decide how much of c is kept, and it can be "
        "kept over many rows.",
    },
    right="Row by row",
    why=f"Here {C['flip: later pixels that change']} later pixels change, and no earlier one.",
    hide=("changes",),
    state=FLIPPED,
    place={"step": COLUMNS * COLUMNS},
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
        "The row above",
        f"The state of pixel {named(at(14, 14))} is made from {len(ABOVE)} states of the row above "
        f"(outlined, columns {listed(ABOVE)}) and from what "
        "stands to its left in its own row. The activity *What it reads* shows both kernels.",
        DIGIT,
        {"step": at(14, 14), "mark": [at(13, column) for column in ABOVE]},
    ),
    Step(
        "Inner state",
        "c is the memory, and h is what the next row reads. The gates are shares from 0 to 1: f is "
        f"how much of the old c stays. Unit {UNIT} of layer {LAYER} is chosen: f = "
        f"{C['draw: f of the unit']:.3f}, c = {decimals(C['draw: c of the unit'], 2)}. "
        "Click a bar to see its unit over the picture. Each cell has a scale of its own.",
        DIGIT,
        {"step": at(14, 14), "unit": ["c", UNIT], "mark": [at(13, column) for column in ABOVE]},
    ),
    Step(
        "Change a pixel",
        "Every pixel had its own random number, and we keep them all.",
        DIGIT,
        {"step": COLUMNS * COLUMNS, "mark": FLIP[0]},
        question=WAY_DOWN,
        after="The 5 becomes a 0. Now click any drawn pixel and see what becomes of the digit.",
    ),
    Step(
        "One number for the digit",
        f"The 784 conditionals multiply: log p is −{-C['draw: log p']:.2f} nats. No "
        "latent variable must be summed out (fully visible), so this is no estimate and no bound: "
        "training maximises the likelihood itself. "
        "A GAN draws in one pass, but gives no such number.",
        DIGIT,
        {"step": 0, "play": True},
    ),
)

DRAW = draw_activity(MODELS, STEPS)
