"""The chain rule: any joint distribution is a product of conditionals, in any order."""

from __future__ import annotations

from pages.chain_rule import reading
from pages.chain_rule.networks import NETWORKS
from pages.chain_rule.path import PATH
from pages.chain_rule.reorder import REORDER
from pages.chain_rule.sample import SAMPLE
from pages.ui.outline import Lesson
from pages.ui.papers import Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="chain-rule",
    title="Chain rule",
    idea="Any distribution is a product of conditionals: the one idea behind all that follows.",
    page=show,
    activities=(PATH, REORDER, SAMPLE, NETWORKS),
    reading={
        "Formula": reading.formula,
        "Code": reading.code,
        "What people get wrong": reading.mistakes,
    },
    papers=(
        Paper(
            "Bengio & Bengio 2000",
            "Modeling High-Dimensional Discrete Data with Multi-Layer Neural Networks",
            "https://papers.nips.cc/paper/1679-modeling-high-dimensional-discrete-data-with-"
            "multi-layer-neural-networks",
            "a network in place of the tables of the chain rule",
        ),
    ),
)
