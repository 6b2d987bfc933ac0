"""The steps of "Compare"."""

from __future__ import annotations

from pages.ui.claims import load
from pages.ui.completion_activity import Painting
from pages.ui.outline import Question, Step

C = load(__file__)
BINARY, SMALL = "mnist_binary", "digits"
DIGIT = 9  # of the test images
BLANK: Painting = (2, bytes(28 * 28))
BEST, FULL = "Attention", "Diagonal BiLSTM, full context"
WIDE = "PixelCNN, 5×5 kernels"

EACH = Question(
    text=f"{BEST} has the best mean over the test digits. Is it also the best at each single one?",
    answers={
        "Yes, at every one": "A mean says nothing of a single digit.",
        "At about half": "It is ahead on the mean, but on many digits another "
        "model is ahead by a few nats.",
        "At fewer than one of ten": "Then its mean could hardly be the best.",
    },
    right="At about half",
    why=f"Of {C['digits counted']} test digits taken at random it is the best at "
    f"{C['best is best at, percent']:.0f} %.",
    hide=("figures",),
)

EMPTY = Question(
    text="The page is empty: every pixel is 0. Which of these three finds that least probable?",
    answers={
        "NADE": f"It gives the empty page {C['blank: NADE']:.1f} nats, the least of all.",
        WIDE: f"It gives the empty page {C['blank: PixelCNN']:.1f} nats.",
        FULL: f"It gives the empty page {C['blank: full']:.1f} nats, more than all others.",
    },
    right=FULL,
    why="Row after row stays empty, and it is the surest that ink must come: its map is the "
    "brightest. The others take the empty rows more as they are.",
    hide=("figures",),
)

STEPS = (
    Step(
        "Rank them first",
        "All shipped models of these images score one test digit that none of them has seen. "
        "Which one finds it most probable? Press them in your order. Press a pixel in a picture, "
        "and what the model can read for it is blue. Does the one that reads most win?",
        {"data": BINARY, "digit": DIGIT},
    ),
    Step(
        "Where they differ",
        "Now come the figures: the models are sorted by their NLL of this digit, and each has a "
        "map of the pixels that surprised it. But first think of all test digits.",
        {"data": BINARY, "digit": DIGIT},
        {"shown": True, "pixel": 16 * 28 + 12},
        question=EACH,
        after=f"The best model gives this digit {C['digit, least']:.1f} nats, the last one "
        f"{C['digit, most']:.1f}. The best here is the Row LSTM, which reads less than most: so "
        "the one that reads most need not win. All maps have one scale: every model pays at the "
        "edges of the strokes. The strip under a map shows where this digit lies among all test "
        "digits.",
    ),
    Step(
        "An empty page",
        "This is no digit at all, and no training image is empty.",
        {"data": BINARY, "digit": DIGIT, "drawing": BLANK},
        {"shown": True},
        question=EMPTY,
        after=f"{C['blank below all digits']} of the {C['models']} models give the empty page a "
        "smaller NLL than every test digit. A small NLL alone does not tell that a picture is a "
        "digit.",
    ),
    Step(
        "Your turn",
        "Draw something, or take other images and their models. What you train in the lab on the "
        "same images stands beside them once it has ended. Every new picture waits for your "
        "ranking.",
        {"data": SMALL, "digit": 3},
    ),
)
