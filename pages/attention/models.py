"""The trained models that the lesson shows: a small one, and one of larger images to draw with."""

from __future__ import annotations

from typing import Any

from pages.ui.digits import TEST_IMAGES
from pages.ui.models import shipped

NAME, TITLE = "pixel-snail-digits", "PixelSNAIL, 8×8"
LARGE = "pixel-snail-mnist"
MODELS = {NAME: TITLE, LARGE: "PixelSNAIL, 28×28"}
SIDE = 8
BLOCKS, HEADS = 2, 4
TEST_DIGITS = TEST_IMAGES["digits"]


def card() -> dict[str, Any] | None:
    """What is known of it; None where the checkpoint is not there."""
    return shipped((NAME,)).get(NAME)
