"""Where a page trains by itself, what its address says for the shortest training that it offers."""

from __future__ import annotations

from urllib.parse import urlencode

from pages.pixelcnn.break_mask import STEPS_OF_TRAINING

# By the slugs of lesson and activity.
SHORT = {("pixelcnn", "break"): {"training": min(STEPS_OF_TRAINING, key=int)}}


def short(lesson: str, activity: str) -> str:
    """What is added to a link of that activity."""
    given = SHORT.get((lesson, activity))
    return f"&{urlencode(given)}" if given else ""
