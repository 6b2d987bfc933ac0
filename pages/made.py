"""MADE: an autoencoder made autoregressive by masks, drawn from the numbers of its units."""

from __future__ import annotations

from pages.ui import lesson, made_lesson
from pages.ui.predict import ask

link = made_lesson.link()
state = link.read()
made_lesson.name_order(state)
lesson.head(
    "MADE",
    "Number the units, keep a weight only where the number does not fall, and an autoencoder can "
    "no longer look ahead.",
    link,
)

picture, controls = lesson.stage(state)
with controls:
    made_lesson.controls(link, state)
with picture:
    made_lesson.picture(link, state)

if not state["present"]:
    ask(made_lesson.QUESTION, "made.question", made_lesson.reveal(link))
    lesson.cards(made_lesson.cards(link), "made.card")
    with lesson.guarded():
        made_lesson.tabs(link, state)
