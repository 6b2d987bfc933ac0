"""What came next: attention reads every earlier pixel directly, weighed by content."""

from __future__ import annotations

from pages.attention.complete import COMPLETE
from pages.attention.content import CONTENT
from pages.attention.costs import COSTS
from pages.attention.draw import DRAW
from pages.attention.reading import code, formula, mistakes
from pages.attention.reads import READS
from pages.ui.outline import Lesson
from pages.ui.papers import Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="attention",
    title="Attention",
    heading="What came next: attention",
    idea="The image itself says which earlier pixels count, and how much: what that brings, and "
    "what it costs.",
    page=show,
    activities=(READS, CONTENT, DRAW, COMPLETE, COSTS),
    reading={"Formula": formula, "Code": code, "What people get wrong": mistakes},
    papers=(
        Paper(
            "Chen, Mishra, Rohaninejad & Abbeel 2018",
            "PixelSNAIL: An Improved Autoregressive Generative Model",
            "https://arxiv.org/abs/1712.09763",
            "masked convolutions and causal attention in one network for images",
        ),
        Paper(
            "Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin 2017",
            "Attention Is All You Need",
            "https://arxiv.org/abs/1706.03762",
            "queries, keys, values, heads, and the scale of their products",
        ),
    ),
)
