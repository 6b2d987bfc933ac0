"""Activity: PixelCNN completes a drawing."""

from __future__ import annotations

from pages.pixelcnn.models import GATED, MODELS, PLAIN
from pages.ui.completion_activity import completion_activity
from pages.ui.outline import Question, Step

ARCH = {"model": PLAIN, "digit": 12, "rows": 14, "seed": 2}

WHICH = Question(
    text="The network draws the lower half. Which digit will it be?",
    answers={
        "9, because it was one": "The network never saw the lower half.",
        "Several are possible": "The rows that are given fit an 8 and a 9.",
        "Always the likeliest": "It samples; it does not take the maximum.",
    },
    right="Several are possible",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 1},
)

STEPS = (
    Step(
        "The given half",
        "The upper 14 rows are those of a test digit, an arch that is open below. They are fixed. "
        "The network draws the rest, pixel by pixel.",
        ARCH,
        question=WHICH,
    ),
    Step(
        "Several completions",
        "Eight times the same rows and other random numbers: there are 8s and 9s. Click a "
        "small one to see it large. *Surprisal* shows which pixels were unlikely.",
        ARCH,
        {"step": 392, "chosen": 1},
    ),
    Step(
        "Without a blind spot",
        "The gated network has the same random numbers. It reads all of the given rows. More of "
        "its digits are 8s.",
        {**ARCH, "model": GATED},
        {"step": 392, "chosen": 1},
    ),
    Step(
        "Your turn",
        "Draw the start of a digit, or drag the line. The network draws the pixels below the line "
        "in order, each after those before it. **Complete** plays them again.",
        {**ARCH, "digit": 45, "rows": 12},
        {"step": 0, "play": True, "chosen": 0},
    ),
)

COMPLETE = completion_activity(MODELS, STEPS)
