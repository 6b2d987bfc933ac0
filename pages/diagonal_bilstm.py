"""Diagonal BiLSTM: two directions along the diagonals, the shift by a row, and what is read."""

from __future__ import annotations

from pages.ui import diagonal_bilstm_lesson, lesson
from pages.ui.predict import ask

link = diagonal_bilstm_lesson.link()
state = diagonal_bilstm_lesson.read(link)
lesson.head(
    "Diagonal BiLSTM",
    "Two LSTMs cross the image along its diagonals, from both upper corners, and between them "
    "they read (almost) all that comes before a pixel.",
    link,
)

picture, controls = lesson.stage(state)
with controls:
    diagonal_bilstm_lesson.controls(link, state)
with picture:
    diagonal_bilstm_lesson.picture(link, state)

if not state["present"]:
    ask(
        diagonal_bilstm_lesson.QUESTION,
        "diagonal_bilstm.question",
        diagonal_bilstm_lesson.reveal(link),
    )
    lesson.cards(diagonal_bilstm_lesson.cards(link), "diagonal_bilstm.card")
    with lesson.guarded():
        diagonal_bilstm_lesson.tabs(link, state)
