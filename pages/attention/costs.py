"""Activity: what attention costs: one product for each pair of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

SIDES = ("28", "7", "14", "56")


@dataclass(frozen=True)
class Costs:
    """Of which image the pairs are counted.

    Attributes:
        side: of the image, pixels.
    """

    side: str


def fields() -> Mapping[str, Field]:
    """How the address holds a `Costs`, and the step of the player."""
    return {
        "side": Choice(SIDES),
        "step": Integer(0, lambda values: int(values["side"]) ** 2, browser_owned=True),
    }


def pairs(side: int) -> int:
    """How many pairs of a pixel and an earlier one an image of that side has."""
    pixels = side**2
    return pixels * (pixels - 1) // 2


def picture(stage: Stage[Costs]) -> None:
    """The image, the triangle of pairs, and a table of sizes."""
    state = stage.state
    meta = {"side": int(state.side), "sides": sorted(map(int, SIDES))}
    key = stage.key("costs_picture")
    mount("attention_pairs", key=key, data=pack(stage.meta() | meta | look(), {}))


def controls(stage: Stage) -> None:
    """The size of the image."""
    if not stage.hidden:
        st.segmented_control(
            "Side of the image, pixels",
            sorted(SIDES, key=int),
            key=stage.key("side"),
            required=True,
            wrap=True,
        )


TWICE = Question(
    text="The next image is 56×56: twice the side. How many times the pairs?",
    answers={
        "2 times": "Twice the side has four times the pixels already.",
        "4 times": "There are 4 times the pixels, and each meets 4 times as many earlier ones.",
        "16 times": "Four times the queries, and four times the keys for each.",
    },
    right="16 times",
    hide=("pairs",),
    state={"side": "56"},
    place={"step": 56 * 56},
)

STEPS = (
    Step(
        "Every earlier pixel",
        "Each pixel has a query. It is compared with the key of every earlier pixel: pixel 0 with "
        "none, pixel 1 with one, and so on. Each comparison is one pair, one cell of the triangle.",
        place={"step": 0, "play": True},
        hide=("pairs",),
    ),
    Step(
        "Twice the side",
        f"A 28×28 image has 784 · 783 / 2 = {pairs(28):,} pairs. Each head of each block computes "
        "that many products.",
        place={"step": 28 * 28},
        question=TWICE,
        after=f"{pairs(56):,} pairs: {pairs(56) / pairs(28):.1f} times as many. Attention over "
        "all pixels is for small images. In large ones each pixel reads only some of the earlier "
        "ones.",
    ),
    Step(
        "Work, not waiting",
        "In training no pair waits for another: all are computed at once. The Diagonal BiLSTM "
        "computes less, but its 55 diagonals of a 28×28 image must follow one another. To draw, "
        "each network needs 784 steps, a step for each pixel.",
        place={"step": 28 * 28},
    ),
)

COSTS = Activity(
    slug="costs",
    title="What it costs",
    state=Costs,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
)
