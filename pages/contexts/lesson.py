"""Contexts: what every network reads of one image, side by side, and what that costs."""

from __future__ import annotations

from dataclasses import replace

from pages.contexts.complete import COMPLETE
from pages.contexts.costs import COSTS, page
from pages.contexts.race import RACE
from pages.contexts.reading import code, differences, formula, mistakes
from pages.contexts.reads import READS
from pages.contexts.seeds import SEEDS
from pages.contexts.uses import USES
from pages.ui.outline import Lesson
from pages.ui.papers import PIXELRNN, Paper

LESSON = Lesson(
    slug="contexts",
    title="Contexts",
    idea="All networks side by side: which earlier pixels each can read, which it uses, and what "
    "that costs.",
    page=page,
    activities=(READS, USES, SEEDS, COMPLETE, COSTS, RACE),
    reading={
        "Formula": formula,
        "Set differences": differences,
        "Code": code,
        "What people get wrong": mistakes,
    },
    papers=(
        replace(PIXELRNN, used="the four networks side by side, and their published results"),
        Paper(
            "Luo, Li, Urtasun & Zemel 2016",
            "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
            "https://arxiv.org/abs/1701.04128",
            "what a network uses, by gradient, against what it can read",
        ),
    ),
)
