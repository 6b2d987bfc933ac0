"""MADE: an autoencoder made autoregressive by masks, drawn from the numbers of its units."""

from __future__ import annotations

from pages.made import reading
from pages.made.complete import COMPLETE
from pages.made.cut import CUT
from pages.made.leak import LEAK
from pages.made.learn import LEARN
from pages.made.order import ORDER
from pages.ui.outline import Lesson
from pages.ui.papers import MADE
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="made",
    title="MADE",
    idea="Masks make an autoencoder autoregressive: number its units, and cut each weight that "
    "looks ahead.",
    page=show,
    activities=(CUT, ORDER, LEAK, LEARN, COMPLETE),
    reading={
        "Formula": reading.formula,
        "Code": reading.code,
        "What people get wrong": reading.mistakes,
    },
    papers=(MADE,),
)
