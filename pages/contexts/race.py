"""Activity: networks draw in a race, naively and by the decoder, in this browser and on the server.

What `hide` can cover: "times", with the race and all that was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.contexts import pairs
from pages.contexts.costs import DRAWN_SEED, measured, measuring
from pages.contexts.costs_steps import C
from pages.contexts.models import TITLES, shipped
from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from arviz_models.analysis.costs import Row
    from arviz_models.analysis.timing import Cost

LINEUPS = {
    "ways": "Naive and decoder",
    "kinds": "Three networks",
    "size": "Equal size",
    "good": "Equally good",
}
WAYS, KINDS, SIZE, GOOD = LINEUPS
WHERE = {"browser": "This browser", "server": "The server", "both": "Both"}
MATCHED = {SIZE: pairs.of_equal_size, GOOD: pairs.equally_good}
THREE = ("pixelcnn", "row", "diagonal")
RUNS = 7  # digits that each network draws by the decoder while it is timed
NAIVE_RUNS = 3  # the same naively: some seconds each
PAIR_NATS = C.get("pair nats", dict.fromkeys(pairs.EQUAL_SIZE, 0.0))
GOOD_NATS = C.get("good pair nats", dict.fromkeys(pairs.EQUALLY_GOOD, 0.0))
GOOD_PAIR = C.get("good pair parameters", dict.fromkeys(pairs.EQUALLY_GOOD, 0))
SLOW = {"speed": 10}  # milliseconds a second: a hundred times slower than it is


@dataclass(frozen=True)
class Race:
    """Who draws.

    Attributes:
        lineup: of `LINEUPS`.
        model: name of the checkpoint that draws in both ways.
        seed: of the random numbers of the first digit.
        where: whose times are replayed, of `WHERE`.
    """

    lineup: str
    model: str
    seed: int
    where: str


def names() -> tuple[str, ...]:
    """Checkpoints that can draw in both ways."""
    return tuple(card["name"] for card in shipped().values() if card["name"] in TITLES)


def fields() -> Mapping[str, Field]:
    """How the address holds `Race`."""
    return {
        "lineup": Choice(tuple(LINEUPS)),
        "model": Choice(names() or tuple(TITLES)),
        "seed": Integer(0, lesson.MOST_SEED, DRAWN_SEED),
        "where": Choice(tuple(WHERE)),
    }


def cards_of(state: Race) -> dict[str, dict[str, Any]]:
    """The cards of the networks in the race, by their words; empty where a pair is not whole."""
    if state.lineup in MATCHED:
        return MATCHED[state.lineup]()
    cards = shipped()
    if state.lineup == KINDS:
        return {word: cards[word] for word in THREE if word in cards}
    return {word: card for word, card in cards.items() if card["name"] == state.model}


def picture(stage: Stage[Race]) -> None:
    """The lanes; where it is presented, below them what measures on the server."""
    state = stage.state
    cards = cards_of(state)
    if not cards:
        st.error(
            "No checkpoint of these networks was found in `assets/checkpoints`. Restore that "
            "folder, or train one: `python -m arviz_models train --help`"
        )
        return
    covered = "times" in stage.hidden
    rows = measured(cards)
    ways = ("decoder", "naive") if state.lineup == WAYS else ("decoder",)
    _, height, width = rows[0].card["config"]["event_shape"]
    meta = {
        "rows": height,
        "columns": width,
        "seed": state.seed,
        "runs": RUNS,
        "naive_runs": NAIVE_RUNS,
        "where": state.where,
        "lineup": state.lineup,
        "lanes": [lane(stage, row, way, covered) for row in rows for way in ways],
    }
    mount(
        "contexts_race",
        key=stage.key("contexts_race"),
        data=pack(stage.meta() | meta | look(), {} if covered else drawn(rows, ways)),
    )
    stage.made["cards"] = cards
    if stage.present:
        _on_server(stage)


def _on_server(stage: Stage) -> None:
    """The buttons that measure on the server."""
    if "times" not in stage.hidden and "cards" in stage.made:
        stage.made["work"] = measuring(stage.made["cards"])


def drawn(rows: Sequence[Row], ways: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
    """By number of the lane: the digit (D,) that the server drew when it was timed."""
    known = [row.measured for row in rows for _ in ways]
    return {
        str(number): found.comparison.drawn.ravel().astype(np.uint8)
        for number, found in enumerate(known)
        if found is not None and found.comparison.drawn.size
    }


def lane(stage: Stage, row: Row, way: str, covered: bool) -> dict[str, Any]:
    """What the browser is told of one lane: `Lane` of contexts_race_values.js."""
    card = row.card
    known = None if row.measured is None or covered else row.measured.comparison
    return {
        "id": f"{card['name']} {way}",
        "title": row.title,
        "way": way,
        "parameters": card["parameters"],
        "nats": row.test_nll,
        "offer": offer(stage, card["name"]),
        "server": None if known is None else on_server(known.costs.get(way), way),
        "device": "" if known is None else known.device,
    }


def on_server(cost: Cost | None, way: str) -> dict[str, float] | None:
    """Milliseconds of one digit, and how many digits or passes tell it: `Spread` in JavaScript.

    Of a naive digit its passes are timed, and all are taken to be as long as the median one.
    """
    if cost is None:
        return None
    low, high = cost.range or (cost.whole, cost.whole)
    return {
        "median": 1000 * cost.whole,
        "low": 1000 * low,
        "high": 1000 * high,
        "runs": len(cost.repeats),
        "estimated": way == "naive",
    }


def controls(stage: Stage[Race]) -> None:
    """Who draws, and what measures on the server."""
    covered = "times" in stage.hidden
    st.segmented_control(
        "Who races",
        list(LINEUPS),
        format_func=LINEUPS.__getitem__,
        required=True,
        wrap=True,
        key=stage.key("lineup"),
        disabled=covered,
    )
    if stage.state.lineup == WAYS and len(names()) > 1:
        st.selectbox(
            "Network",
            names(),
            format_func=lambda name: TITLES[name],
            key=stage.key("model"),
            disabled=covered,
        )
    st.segmented_control(
        "Whose times",
        list(WHERE),
        format_func=WHERE.__getitem__,
        required=True,
        wrap=True,
        key=stage.key("where"),
        disabled=covered,
        help="The lanes are replayed at the true speed of this browser, of the server once it has "
        "measured, or of both side by side. The server draws the digit of seed "
        f"{DRAWN_SEED} while it is timed.",
    )
    st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"), disabled=covered)
    if not stage.present:
        _on_server(stage)


# --- the steps ------------------------------------------------------------------------------------

HOW_MANY = Question(
    text="For a whole digit the decoder computes every feature of the network once. The naive way "
    "runs a full pass for each pixel, and here a full pass computes every feature once, too. How "
    "many times as long does the naive way take in this browser?",
    answers={
        "About 2 times": "There is one full pass for each of 784 pixels.",
        "About 28 times": "That would be one full pass for each row. Each pixel needs its own.",
        "About 784 times": "784 full passes, each about as long as one digit by the decoder.",
    },
    right="About 784 times",
    why="Press **Race** and compare the medians.",
    hide=("times",),
)

PARALLEL = Question(
    text="In training, a PixelCNN computes all pixels of an image at once, and the LSTMs go row by "
    "row or diagonal by diagonal. Does that help the PixelCNN when it draws?",
    answers={
        "Yes, it draws all pixels at once": "The values of earlier pixels are its input. When it "
        "draws, they are not there yet.",
        "Yes, it draws a row at once": "Each pixel reads the one on its left, which must be drawn "
        "first.",
        "No": "All three draw 784 pixels, one after the other.",
    },
    right="No",
    why="What a step costs depends on the size of the network, so look at the parameters too.",
    hide=("times",),
)

STEPS = (
    Step(
        "Two ways to draw",
        "Both lanes draw the same digit with the same network and the same random numbers. The "
        "naive way computes all 784 conditionals at every step and uses one of them. The decoder "
        "keeps what it has computed, and computes only what the new pixel needs.",
        {"lineup": WAYS, "model": "diagonal-bilstm-mnist"},
        question=HOW_MANY,
        after="Each way is timed alone, the naive one with three digits. Then the race is shown at "
        "true speed. The naive lane needs some seconds; the decoder is done before you see it "
        "start.",
    ),
    Step(
        "Slow motion",
        "Press **Race**, and set the speed below the lanes to 10 / s: the race then runs a hundred "
        "times slower, ten milliseconds a second. Now you see the decoder draw. In that time the "
        "naive lane has hardly one pixel.",
        {"lineup": WAYS, "model": "diagonal-bilstm-mnist"},
        SLOW,
    ),
    Step(
        "Three networks",
        "All three draw by the decoder, which keeps what it has computed.",
        {"lineup": KINDS},
        SLOW,
        question=PARALLEL,
        after="Press **Race**. The race is shown in slow motion; 1000 / s is true speed.",
    ),
    Step(
        "No fair race",
        "These networks are not matched: they differ in parameters and in test NLL, both of which "
        "stand in the table. So the times do not say which kind is faster. For that, two networks "
        "have to be of equal size, or equally good. The next two steps have such networks.",
        {"lineup": KINDS},
        SLOW,
    ),
    Step(
        "Equal size",
        "These three draw 14×14 digits and have about as many parameters. Their test NLL differs: "
        f"{PAIR_NATS['diagonal']:.1f} nats (Diagonal BiLSTM), {PAIR_NATS['row']:.1f} (Row LSTM) "
        f"and {PAIR_NATS['pixelcnn']:.1f} (PixelCNN). The states of the LSTMs carry what stands "
        f"above, from every row; this PixelCNN reads {C['pair, rows above']} rows above. Each was "
        "trained for few epochs. Press **Race**: is the best one the fastest, too?",
        {"lineup": SIZE},
        SLOW,
    ),
    Step(
        "Equally good",
        f"This Row LSTM has only {GOOD_PAIR['row']:,} parameters, the PixelCNN "
        f"{GOOD_PAIR['pixelcnn']:,}. Their test NLL is about the same: {GOOD_NATS['row']:.2f} and "
        f"{GOOD_NATS['pixelcnn']:.2f} nats. So here it matters more what a network can read than "
        "how large it is. Press **Race**: does the smaller one draw faster?",
        {"lineup": GOOD},
        SLOW,
    ),
    Step(
        "On the server",
        "Press **Measure on the server**, then **Race**: both places draw side by side. On the "
        "server a full pass is a few large matrix products, far faster than 784 small steps in "
        "Python. So the naive way loses by a smaller factor than in this browser, and the order of "
        "the networks can be another one.",
        {"lineup": WAYS, "model": "diagonal-bilstm-mnist", "where": "both"},
    ),
)

RACE = Activity(
    slug="race",
    title="The race",
    state=Race,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
)
