"""The first minute: a student has changed one pixel and has seen the rest of the digit change."""

from __future__ import annotations

from dataclasses import replace

from arviz_models.figures.numbers import listed
from pages.ui.claims import load
from pages.ui.drawing_activity import draw_activity
from pages.ui.outline import Question, Step

C = load(__file__)
MODEL = "diagonal-bilstm-mnist"
SEED = 26  # a 0
PIXEL = 6 * 28 + 18  # where it is paper instead of ink, the 0 becomes a 3
NINE = (SEED, 31, 23, 20, 7, 6, 11, 32, 44)  # seeds of a 0, 1, 2, 3, 5, 6, 7, 8 and 9
SEEDS = f"Seeds {listed(NINE)}"
ZERO = {"seed": SEED}
FLIPPED = {**ZERO, "flip": ((PIXEL, 0),)}
FIRST_INK = C.get("first ink", 0)
AT = f"({FIRST_INK // 28}, {FIRST_INK % 28})"

WHAT_CHANGES = Question(
    text=f"We erase the outlined pixel in row {PIXEL // 28} and keep all random numbers. What "
    "changes?",
    answers={
        "This pixel only": "All later probabilities use it.",
        "Only later pixels": "Each pixel is drawn from a probability that reads the pixels before "
        "it, and none after it.",
        "The rows above too": "They are drawn already.",
    },
    right="Only later pixels",
    state=FLIPPED,
    place={"step": PIXEL + 1, "play": True},
)

LIKELIER = Question(
    text="We always take the likelier value of each pixel. What comes out?",
    answers={
        "The best digit": "At every pixel in turn, paper is likelier than ink.",
        "An average digit": "At every pixel in turn, paper is likelier than ink.",
        "An empty image": "No first ink pixel is ever likelier than paper. So we draw each value "
        "with its probability: that is sampling.",
    },
    right="An empty image",
    state={**ZERO, "temperature": 0.0},
    place={"step": 784},
)

SAME_SEED = Question(
    text="Another student opens this page with the same seed. What does she see?",
    answers={
        "Another digit": "Every choice uses the same random numbers.",
        "The same upper half only": "Every choice uses the same random numbers, to the last.",
        "The same digit": "The seed fixes all random numbers, on every computer.",
    },
    right="The same digit",
    place={"step": 0, "play": True},
)

STEPS = (
    Step(
        "An image, one pixel at a time",
        "This network draws a digit now. It asks for the probability of one pixel, draws it, and "
        "goes on to the next.",
        ZERO,
        {"step": 0, "play": True},
    ),
    Step(
        "A small chance",
        f"The first ink comes next, at {AT} (row, column). Its probability is "
        f"{C['its p']:.1%}: the small part at the right end of the bar. The random number falls "
        "there.",
        ZERO,
        {"step": FIRST_INK},
    ),
    Step(
        "Change the past",
        "Here is the finished digit, a 0.",
        ZERO,
        {"step": 784, "mark": PIXEL},
        question=WHAT_CHANGES,
        after=f"One pixel is paper now, and the 0 becomes a 3: {C['later pixels that change']} "
        "later pixels differ, and none before it. Click any ink pixel to try another.",
    ),
    Step(
        "A probability for the whole image",
        "p(x) is the product of one factor for each pixel: p(x₁) p(x₂ | x₁) ⋯ p(x₇₈₄ | x₁ … x₇₈₃). "
        f"For this 0, log p(x) = −{-C['log p']:.2f} nats. The lessons differ in the network "
        "that computes the factors: what each can read, and what that costs.",
        ZERO,
        {"step": 784},
    ),
    Step(
        "Why there is chance at all",
        "At every step the network knows the likelier value.",
        ZERO,
        {"step": 784},
        question=LIKELIER,
    ),
    Step(
        "Yours",
        f"Press **Reseed** for other digits, or flip pixels. {SEEDS} draw a 0, 1, 2, 3, 5, 6, 7, "
        "8 and 9. Then go on to the lessons.",
        {"seed": 32},
        {"step": 0, "play": True},
        question=SAME_SEED,
        after="It is drawn again from its seed, as on another computer: the same pixels.",
    ),
)

FIRST_MINUTE = draw_activity(
    {MODEL: "Diagonal BiLSTM"},
    [replace(step, hide=("inner",)) for step in STEPS],
    slug="first-minute",
)
