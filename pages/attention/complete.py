"""Activity: PixelSNAIL completes a drawing."""

from __future__ import annotations

from pages.attention.models import MODELS, SIDE
from pages.ui.claims import load
from pages.ui.completion_activity import completion_activity
from pages.ui.outline import Question, Step

C = load(__file__)
DIGIT, ROWS, SEED = 3, 4, 0  # a 4
HOT = 2  # a temperature
HALF = {"digit": DIGIT, "rows": ROWS, "seed": SEED}
LEFT = (SIDE - ROWS) * SIDE  # pixels that are drawn

COLD = Question(
    text="The temperature is 0 now. The eight completions still have other random numbers. How "
    "many different pictures are there?",
    answers={
        "Eight": "At temperature 0 a random number decides nothing.",
        "One for each digit that fits": "Each pixel is drawn by itself: nothing goes through the "
        "digits one by one.",
        "One": "Each pixel takes its likelier value, so all eight are the same.",
    },
    right="One",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 0},
)

STEPS = (
    Step(
        "The upper half",
        "The upper four rows are those of a test digit, a 4. They are fixed, and PixelSNAIL draws "
        "the rest. For each pixel, attention compares it with all pixels before it: with given "
        "ones as with drawn ones.",
        HALF,
        {"step": 0, "play": True, "chosen": 0},
    ),
    Step(
        "Eight times",
        f"The same rows and other random numbers give {C['complete: pictures']} different pictures "
        f"in eight. What was drawn has {C['complete: nats']:.1f} nats, the mean of eight; the "
        f"digit's own lower half has {C['complete: own nats']:.1f}. *Surprisal* shows which pixels "
        "were unlikely.",
        HALF,
        {"step": LEFT, "chosen": 0},
    ),
    Step(
        "Temperature",
        "The temperature divides the logits before the softmax.",
        {**HALF, "temperature": 0},
        question=COLD,
        after=f"This picture has {C['complete: nats, cold']:.1f} nats below the line. Drag the "
        f"temperature to {HOT}: unlikely values become frequent, and the mean of eight is "
        f"{C['complete: nats, hot']:.1f} nats.",
    ),
    Step(
        "Your turn",
        "Draw the start of a digit, or drag the line. 8×8 pixels are few: take *Thin*, or choose "
        "the model of 28×28 pixels. Temperature and seed stand below the picture, and the "
        "completions follow.",
        {"digit": 9, "rows": 3, "seed": SEED},
        {"step": 0, "play": True, "chosen": 0},
    ),
)

COMPLETE = completion_activity(MODELS, STEPS)
