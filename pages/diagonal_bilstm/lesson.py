"""Diagonal BiLSTM: two directions along the diagonals, the shift by a row, and what is read."""

from __future__ import annotations

from dataclasses import replace

from pages.diagonal_bilstm.build import BUILD
from pages.diagonal_bilstm.complete import COMPLETE
from pages.diagonal_bilstm.draw import DRAW
from pages.diagonal_bilstm.readers import READERS
from pages.diagonal_bilstm.reading import code, formula, mistakes
from pages.diagonal_bilstm.sweep import SWEEP
from pages.ui.outline import Lesson
from pages.ui.papers import PIXELRNN, Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="diagonal-bilstm",
    title="Diagonal BiLSTM",
    idea="Two LSTMs cross the image along its diagonals: one comes from the left, one from "
    "the right.",
    page=show,
    activities=(DRAW, READERS, BUILD, SWEEP, COMPLETE),
    reading={"Formula": formula, "Code": code, "What people get wrong": mistakes},
    papers=(
        replace(
            PIXELRNN,
            used="the skew, the two directions and the shift by a row; the published results",
        ),
        Paper(
            "Schuster & Paliwal 1997",
            "Bidirectional Recurrent Neural Networks",
            "https://doi.org/10.1109/78.650093",
            "reading a sequence from both ends",
        ),
    ),
)
