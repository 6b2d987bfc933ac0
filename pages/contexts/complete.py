"""Activity: five networks complete the same drawing."""

from __future__ import annotations

from pages.contexts.models import TITLES
from pages.ui.completion_activity import completion_activity
from pages.ui.outline import Step

ARCH = {"digit": 12, "rows": 14, "seed": 1}
D_LAST = 14 * 28

STEPS = (
    Step(
        "The same half for all",
        "Rows 0 to 13 are those of a test digit, an arch that is open below. PixelCNN draws the "
        "rest, eight times with other random numbers.",
        {"model": "pixelcnn-mnist", **ARCH},
        {"step": 0, "play": True, "chosen": 0},
    ),
    Step(
        "Full context",
        "The same rows, and the same random numbers. This network reads every given pixel, from "
        "every pixel that it draws. Compare how the strokes go on below the line.",
        {"model": "diagonal-bilstm-mnist-full", **ARCH},
        {"step": D_LAST, "chosen": 0},
    ),
    Step(
        "Your turn",
        "Draw the start of a digit, or drag the line. Then choose another network: it "
        "completes the same drawing.",
        {"model": "gated-pixelcnn-mnist", "digit": 45, "rows": 12, "seed": 1},
        {"step": 0, "play": True, "chosen": 0},
    ),
)

COMPLETE = completion_activity(TITLES, STEPS)
