"""Activity: a step of the LSTM is a row; a step of drawing is a pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.row_lstm.models import DRAWN_SEED, MISSING, built_and_reached, names, shipped
from pages.ui import lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.models import model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage

REPEATS = 5  # passes that are timed: the median is told


@dataclass(frozen=True)
class Race:
    """Which image is drawn, and then read.

    Attributes:
        model: name of the checkpoint.
        seed: of the random numbers.
    """

    model: str
    seed: int


def fields() -> Mapping[str, Field]:
    """How the address holds it, and the step of the player."""
    return {
        "model": Choice(names),
        "seed": Integer(0, lesson.MOST_SEED, DRAWN_SEED),
        "step": Integer(0, 28 * 28, browser_owned=True),
    }


@st.cache_data(show_spinner=False, max_entries=8)
def pass_seconds(name: str, x: np.ndarray) -> float:
    """Seconds of one pass over a finished image (1, C, H, W): the median of a few."""
    from arviz_models.analysis import timing

    return timing.pass_seconds(model(name), x, REPEATS)


def picture(stage: Stage[Race]) -> None:
    """One image, read row by row and drawn pixel by pixel, in the same number of steps."""
    state = stage.state
    if not shipped():
        st.error(MISSING)
        return
    built = shipped()[state.model]["config"]
    _, rows, columns = built["event_shape"]
    engine = offer(stage, state.model)
    arrays = {}
    if engine is None:
        trace = live.samples(state.model, 1, state.seed)
        if trace is None:
            st.info("Stopped. Press **Reseed** to draw again.")
            return
        arrays = {"x": trace.x[0, 0].astype(np.uint8)}
        stage.cost = f"Drawn {live.cost(trace)}. "
        if not stage.hidden:
            once = pass_seconds(state.model, trace.x)
            stage.cost += f"One pass over the finished image: {once * 1000:,.0f} ms, {rows} rows."
    meta = {
        "rows": rows,
        "columns": columns,
        "kernel": built["kernel"],
        "seed": state.seed,
        "engine": engine,
        "trace_id": repr((state.model, state.seed)),
    }
    mount("row_race", key="row_lstm_race", data=pack(meta | stage.meta() | look(), arrays))


def controls(stage: Stage[Race]) -> None:
    """The seed of the image, and what is known of the network."""
    st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"))
    if shipped():
        st.caption(built_and_reached(shipped()[stage.state.model]))


AT_ONCE = Question(
    text="The LSTM steps by rows. When a digit is drawn, is a row drawn at once?",
    answers={
        "Yes": "Kⁱˢ reads the pixel on the left, which must be drawn first.",
        "Only the first row": "There too Kⁱˢ reads the pixel on the left.",
        "No": "Each pixel waits for the one on its left: 28 · 28 = 784 steps.",
    },
    right="No",
    hide=("drawing",),
    place={"step": 0, "play": True},
)

STEPS = (
    Step(
        "Training",
        "In training the image is known. So a whole row is computed at once, from the row above: "
        "28 rows, 28 steps. The new states take three states each from the row above.",
        place={"step": 0, "play": True},
        hide=("drawing",),
    ),
    Step(
        "Drawing",
        "Now no image is there: the network makes it.",
        place={"step": 28},
        question=AT_ONCE,
        after="Both sides take one step at a time. The left one is ready after 28; by then the "
        "right one has drawn its first row.",
    ),
    Step(
        "Cost",
        "The 28 steps must follow one another: each row waits for the row above. A convolution has "
        "no such chain, so PixelCNN trains faster at equal size. To draw, both need 784 steps. The "
        "lesson *Contexts* compares the times.",
        place={"step": 784},
    ),
)

RACE = Activity(
    slug="race",
    title="Row by row?",
    state=Race,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
)
