"""Row LSTM: row by row, the triangle of states, and the pixels that these states really read."""

from __future__ import annotations

from pages.ui import lesson, row_lstm_lesson
from pages.ui.predict import ask

link = row_lstm_lesson.link()
state = row_lstm_lesson.read(link)
lesson.head(
    "Row LSTM",
    "An LSTM runs down the image, a whole row at a time, and carries in its state what the rows "
    "above held. Play the rows: which pixels reach the target?",
    link,
)

picture, controls = lesson.stage(state)
with controls:
    row_lstm_lesson.controls(link, state)
with picture:
    row_lstm_lesson.picture(link, state)

if not state["present"]:
    ask(row_lstm_lesson.QUESTION, "row_lstm.question", row_lstm_lesson.reveal(link))
    lesson.cards(row_lstm_lesson.cards(link), "row_lstm.card")
    with lesson.guarded():
        row_lstm_lesson.tabs(link, state)
