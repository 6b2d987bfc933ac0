"""NADE: tied weights, one running sum, and a digit drawn pixel by pixel."""

from __future__ import annotations

from pages.nade.chance import CHANCE
from pages.nade.complete import COMPLETE
from pages.nade.draw import DRAW
from pages.nade.flip import FLIP
from pages.nade.learn import LEARN
from pages.nade.reading import code, formula, mistakes
from pages.nade.score import SCORE
from pages.ui.outline import Lesson
from pages.ui.papers import DEEP_NADE, NADE, Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="nade",
    title="NADE",
    idea="One hidden layer, shared by all conditionals, and a running sum to which each pixel "
    "adds.",
    page=show,
    activities=(DRAW, FLIP, SCORE, COMPLETE, LEARN, CHANCE),
    reading={"Formula": formula, "Code": code, "What people get wrong": mistakes},
    papers=(
        NADE,
        DEEP_NADE,
        Paper(
            "Uria, Côté, Gregor, Murray & Larochelle 2016",
            "Neural Autoregressive Distribution Estimation",
            "https://arxiv.org/abs/1605.02226",
            "the whole family in one text, with the training pass used here",
        ),
    ),
)
