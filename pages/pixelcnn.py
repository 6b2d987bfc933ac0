"""PixelCNN: masked convolutions, what they read, the blind spot, and the gated cure."""

from __future__ import annotations

from pages.ui import lesson, pixelcnn_lesson
from pages.ui.predict import ask

link = pixelcnn_lesson.link()
state = pixelcnn_lesson.read(link)
lesson.head(
    "PixelCNN",
    "A masked convolution sees earlier pixels alone, so one pass gives every conditional at once. "
    "Drag the target: which pixels does its conditional read?",
    link,
)

picture, controls = lesson.stage(state)
with controls:
    pixelcnn_lesson.controls(link, state)
with picture:
    pixelcnn_lesson.picture(link, state)

if not state["present"]:
    ask(pixelcnn_lesson.QUESTION, "pixelcnn.question", pixelcnn_lesson.reveal(link))
    lesson.cards(pixelcnn_lesson.cards(link), "pixelcnn.card")
    with lesson.guarded():
        pixelcnn_lesson.tabs(link, state)
