"""Activity: one pass trains all conditionals; drawing takes a step for each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.pixelcnn.models import BINARY, PLAIN
from pages.ui import lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.live import on_server
from pages.ui.models import missing_checkpoint, model, shipped
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer
from pages.ui.stage import Stage
from pages.ui.training_run import Queue

C = load(__file__)
NO_MODEL = "none"
WAYS = ("training", "naive", "decoder")
DRAW_WIDTH = 120  # pixels of an image drawn
BATCHES = {1: 10.0, 16: 3.0}  # images at once: seconds of naive passes before the rest is estimated


@dataclass(frozen=True)
class Passes:
    """What the picture shows.

    Attributes:
        model: name of the checkpoint.
        way: one of `WAYS`.
        seed: of the image that is drawn.
    """

    model: str
    way: str
    seed: int


def fields() -> Mapping[str, Field]:
    """How the address holds `Passes`, and the step of the player."""
    return {
        "model": Choice(tuple(shipped(tuple(BINARY))) or (NO_MODEL,)),
        "way": Choice(WAYS),
        "seed": Integer(0, lesson.MOST_SEED, 10),
        "step": Integer(0, 784, browser_owned=True),
    }


def picture(stage: Stage[Passes]) -> None:
    """The image and all conditionals, or as many as are there; and how many passes that took."""
    state = stage.state
    if state.model == NO_MODEL:
        st.error(missing_checkpoint("PixelCNN"))
        return
    engine = offer(stage, state.model)
    arrays = {}
    if engine is None:
        trace = live.samples(state.model, 1, state.seed)
        if trace is None:
            st.info("Stopped. Press **Reseed**, or change anything, to draw again.")
            return
        stage.cost = live.computed(live.cost(trace))
        arrays = {
            "values": trace.values[:, 0].astype(np.uint8),
            "p": np.ascontiguousarray(trace.probs[:, 0, 1], np.float32),
        }
    _, rows, columns = shipped((state.model,))[state.model]["config"]["event_shape"]
    meta = {
        "way": state.way,
        "title": BINARY[state.model],
        "rows": rows,
        "columns": columns,
        "seed": state.seed,
        "engine": engine,
        "trace_id": repr((state, stage.link.resets)),
    }
    mount("passes", key=stage.key("passes"), data=pack(stage.meta() | meta | look(), arrays))


def controls(stage: Stage) -> None:
    """Which model, and how it works through the image."""
    st.segmented_control(
        "Model",
        list(shipped(tuple(BINARY))),
        format_func=lambda name: BINARY[name],
        key=stage.key("model"),
        required=True,
        wrap=True,
    )
    if "passes" not in stage.hidden:
        words = {"training": "Train", "naive": "Draw, simple", "decoder": "Draw, decoder"}
        st.segmented_control(
            "Way",
            WAYS,
            format_func=lambda way: words[way],
            key=stage.key("way"),
            required=True,
            wrap=True,
        )


# --- timed on this device -------------------------------------------------------------------------


def timing(stage: Stage) -> None:
    """All conditionals in one pass, or one after the other: timed on this device."""
    if why := stage.withheld("passes"):
        st.caption(why)
        return
    session = st.session_state
    models = {name: BINARY[name] for name in shipped(tuple(BINARY))}
    if not models:
        return
    measured: dict[tuple[str, int], Any] = session.setdefault("pixelcnn.timing", {})
    asked: Queue = session.setdefault("pixelcnn.timing.asked", Queue())
    with st.container(horizontal=True, vertical_alignment="center"):
        asked.buttons(
            "pixelcnn.timing",
            "Time it again" if measured else "Time it here",
            [(name, n) for name in models for n in BATCHES],
        )
        every = st.toggle(
            "Every naive pass",
            key="pixelcnn.timing.every",
            disabled=bool(asked.left),
            help="Otherwise a few seconds of passes are timed and the rest is estimated from them. "
            "All of them for 16 images may take minutes.",
        )
    place = st.empty()
    _show_costs(models, measured)
    if asked.left:
        seed = session.get(stage.key("seed")) or 0
        asked.work(partial(_measure, models, asked, measured, seed, every, place))


def _measure(
    models: dict[str, str],
    asked: Queue,
    measured: dict[tuple[str, int], Any],
    seed: int,
    every: bool,
    place: Any,
    piece: tuple[str, int],
) -> None:
    """One model at one batch size."""
    from arviz_models.analysis.timing import compare
    from arviz_models.figures.timing import doing

    name, n = piece
    seconds = None if every else BATCHES[n]
    with closing(compare(model(name), n, seed, seconds)) as comparisons:
        for found in comparisons:
            # What was measured before stays until there is the same again.
            if "naive" in found.costs or piece not in measured:
                measured[piece] = found
            # A click on Stop, or anywhere else, ends the script here, and with it the draw.
            place.progress(asked.part(found.part), f"{models[name]}: {doing(found)}")


def _show_costs(models: dict[str, str], measured: dict[tuple[str, int], Any]) -> None:
    from pages.pixelcnn import live_figures as figures

    there = {key: found for key, found in measured.items() if found.costs}
    if not there:
        return
    ground = st.context.theme.type or "light"
    span = figures.span(list(there.values()))
    for column, (name, called) in zip(st.columns(2, gap="large"), models.items(), strict=False):
        mine = [there[name, n] for n in BATCHES if (name, n) in there]
        if not mine:
            continue
        with column:
            st.markdown(f"**{called}**")
            st.plotly_chart(
                figures.costs_figure(mine, span, ground),
                key=f"pixelcnn.timing.{name}",
                config={"displayModeBar": False},
                alt=f"Times of {called}: " + "; ".join(map(figures.costs_in_words, mine)),
            )
            st.markdown(figures.verdict(mine))
            st.image(
                figures.first_draws(mine[0], ground),
                width=DRAW_WIDTH,
                caption=["by the decoder", figures.naive_caption(mine[0])],
                alt=["An image drawn by the decoder", "The same, drawn naively"],
            )
            st.caption(figures.agreement(mine))
    device = next(iter(there.values())).device
    st.caption(
        f"Measured {on_server(device)} just now. A pass is one evaluation of the whole network; "
        "the passes were counted. The scale is logarithmic: each line is ten times the one before."
    )
    st.download_button(
        "Times, CSV",
        partial(figures.costs_table, [(name, found) for (name, _), found in there.items()]),
        "parallel-or-sequence.csv",
        on_click="ignore",
    )


# --- the steps ------------------------------------------------------------------------------------

COUNT = Question(
    text="Now the image is not there: it is to be drawn. How many passes through the network does "
    "one image take, drawn the simple way?",
    answers={
        "1": "That needs the finished image.",
        "28, one for each row": "Within a row, each pixel waits for its left neighbour.",
        "784, one for each pixel": "Each pass gives all conditionals, and one of them is kept.",
    },
    right="784, one for each pixel",
    hide=("passes",),
    state={"way": "naive"},
    place={"step": 0, "play": True},
)

STEPS = (
    Step(
        "The image is there",
        "In training the image is known. One pass gives all 784 conditionals at once, and the loss "
        "is the sum of their −log p. The way back improves all of them.",
        {"model": PLAIN, "way": "training"},
        {"step": 1},
        question=COUNT,
    ),
    Step(
        "The image is not there",
        "When drawing, each pixel waits for the one before. The simple way makes a whole pass for "
        "every pixel, 614,656 conditionals for one image, and keeps 784 of them. Here a pass takes "
        "milliseconds, an image seconds: time it under *Take away*, below.",
        {"model": PLAIN, "way": "naive"},
        {"step": 0, "play": True},
    ),
    Step(
        "Keep what is finished",
        "What the layers said of finished pixels never changes. The decoder keeps it, and computes "
        "only what the new pixel needs. The samples are the same, only faster: compare the two in "
        "*Take away*, below.",
        {"model": PLAIN, "way": "decoder"},
        {"step": 0, "play": True},
    ),
)

TRAIN = Activity(
    slug="train",
    title="Train",
    state=Passes,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=timing,
)
