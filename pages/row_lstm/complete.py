"""Activity: the Row LSTM completes a drawing, beside PixelCNN."""

from __future__ import annotations

from pages.row_lstm.models import BESIDE, NARROW, ROW
from pages.ui.completion_activity import completion_activity
from pages.ui.outline import Question, Step

ARCH = {"model": ROW, "digit": 12, "rows": 14, "seed": 3}

WHICH = Question(
    text="The network draws the lower half. Which digit will it be?",
    answers={
        "9, because it was one": "The network never saw the lower half.",
        "Several are possible": "The random numbers decide among digits that fit these rows.",
        "Always the likeliest": "It samples; it does not take the maximum.",
    },
    right="Several are possible",
    hide=("completions",),
    place={"step": 0, "play": True, "chosen": 0},
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
        "Eight times the same rows and other random numbers: seven 9s and a 7. "
        "Click a small one to see it large. *Surprisal* shows which pixels were unlikely.",
        ARCH,
        {"step": 392, "chosen": 0},
    ),
    Step(
        "Beside PixelCNN",
        "This PixelCNN has 3×3 kernels, and the same random numbers. Several of its completions "
        "close the loop at once. One picture does not settle which is better: the lesson "
        "*Contexts* compares their NLL.",
        {**ARCH, "model": NARROW},
        {"step": 392, "chosen": 0},
    ),
    Step(
        "Your turn",
        "Draw the start of a digit, or drag the line. The network draws the pixels below the line "
        "in order, each after those before it. **Complete** plays them again.",
        {**ARCH, "digit": 45, "rows": 12},
        {"step": 0, "play": True, "chosen": 0},
    ),
)

COMPLETE = completion_activity(BESIDE, STEPS)
