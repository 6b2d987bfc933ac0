"""Row LSTM: row by row, the triangle of states, and the pixels that these states really read."""

from __future__ import annotations

from dataclasses import replace

from pages.row_lstm.complete import COMPLETE
from pages.row_lstm.draw import DRAW
from pages.row_lstm.gates import GATES
from pages.row_lstm.race import RACE
from pages.row_lstm.reading import code, formula, mistakes
from pages.row_lstm.reads import READS
from pages.ui.outline import Lesson
from pages.ui.papers import PIXELRNN, Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="row-lstm",
    title="Row LSTM",
    idea="An LSTM runs down the image row by row. Convolutions say what a state takes from "
    "the row above.",
    page=show,
    activities=(DRAW, READS, GATES, COMPLETE, RACE),
    reading={"Formula": formula, "Code": code, "What people get wrong": mistakes},
    papers=(
        replace(
            PIXELRNN,
            used="the recurrence over rows, its two components and the mask; the published results",
        ),
        Paper(
            "Hochreiter & Schmidhuber 1997",
            "Long Short-Term Memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
            "the cell and its gates; the forget gate came later",
        ),
    ),
)
