"""Activity: one seed, five networks. The same random numbers, drawn by all of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.contexts.models import TITLES
from pages.ui import engine, hand, lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.models import model, shipped
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer, Number
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.sampler import Trace

C = load(__file__)
SIDE = 28
D = SIDE * SIDE
SPEEDS = (1, 4, 16, 64, 128, 256, 512)
TOGETHER, ALIKE = 25, 7  # seeds
ROW, COLUMN = C.get(f"{TOGETHER}: split", (0, 0))
U_THERE = C.get(f"{TOGETHER}: u at the split", 0.0)
P_THERE = C.get(f"{TOGETHER}: p at the split", [])  # of each network
SPLIT = ROW * SIDE + COLUMN  # the first pixel at which the networks differ with the first of these
PLACE = f"({ROW}, {COLUMN})"


@dataclass(frozen=True)
class Seeds:
    """What decides the samples.

    Attributes:
        seed: of the random numbers, the same for all.
        temperature: divides the logits.
    """

    seed: int
    temperature: float


def fields() -> Mapping[str, Field]:
    """How the address holds `Seeds`, and where the picture stands."""
    return {
        "seed": Integer(0, lesson.MOST_SEED, TOGETHER),
        "temperature": Number(0, 3, 1),
        "step": Integer(0, lambda values: D, browser_owned=True),
        "beside": Choice(tuple(TITLES), browser_owned=True),
    }


def arrays_of(traces: Mapping[str, Trace]) -> dict[str, np.ndarray]:
    """What the picture plays.

    Returns:
        values: (networks, D) uint8; p: (networks, D) float32, of ink; u: (D,) float32.
    """
    every = list(traces.values())
    return {
        "values": np.stack([trace.values[:, 0] for trace in every]).astype(np.uint8),
        "p": np.stack([trace.probs[:, 0, 1] for trace in every]).astype(np.float32),
        "u": every[0].uniforms[:, 0].astype(np.float32),
    }


def picture(stage: Stage[Seeds]) -> None:
    """A sample of each network, pixel by pixel, with one player."""
    names = tuple(shipped(tuple(TITLES)))
    if not names:
        st.error(
            "No checkpoint of these networks was found in `assets/checkpoints`. Restore that "
            "folder, or train one: `python -m arviz_models train --help`"
        )
        return
    state = stage.state
    offers = [engine.offer(stage, name) for name in names]
    here = all(offers)  # this browser draws them
    traces = {} if here else _drawn(state, names)
    if traces is None:
        st.info("Stopped. Press **Reseed**, or change anything, to draw again.")
        return
    meta = {
        "names": list(names),
        "titles": [TITLES[name] for name in names],
        "rows": SIDE,
        "columns": SIDE,
        "engine": offers if here else None,
        "speeds": SPEEDS,
    }
    meta |= hand.meta(stage, seed=state.seed, temperature=state.temperature)
    key = stage.key("same_seed")
    mount(
        "same_seed",
        key=key,
        data=pack(stage.meta() | meta | look(), arrays_of(traces) if traces else {}),
        on_hand_change=lambda: hand.told(stage, key),
    )
    stage.made["traces"] = lambda: traces or _drawn(state, names)
    if traces:
        seconds = sum(trace.seconds for trace in traces.values())
        device = next(iter(traces.values())).device
        took = f"{live.on_server(device)}, {1000 * seconds:,.0f} ms for {len(names)} images"
        stage.cost = live.computed(took)


def _drawn(state: Seeds, names: Sequence[str]) -> dict[str, Trace] | None:
    """A sample of each network, of the server; None where the visitor stopped it."""
    from arviz_models.sampler import Request

    traces: dict[str, Trace] = {}
    for name in names:
        request = Request(model(name), state.seed, temperature=state.temperature)
        trace = live.run(request, ("same seed", name, state.seed, state.temperature))
        if trace is None:
            return None
        traces[name] = trace
    return traces


def take_away(stage: Stage[Seeds]) -> None:
    """The samples as figure and table."""
    from pages.contexts import figures

    if "traces" not in stage.made:
        return
    if why := stage.withheld():
        st.caption(why)
        return
    traces = stage.made["traces"]()
    if not traces:
        return
    titles = [TITLES[name] for name in traces]
    arrays = arrays_of(traces)
    figure = figures.same_seed_figure(arrays["values"], titles, SIDE)
    lesson.downloads(
        f"same-seed-{stage.state.seed}",
        figure,
        {
            "Every pixel, CSV": (
                partial(figures.same_seed_table, arrays, list(traces), SIDE),
                "csv",
            )
        },
    )
    st.pyplot(figure, alt="The figure that the buttons save")


def named(values: Any) -> str:
    """A list of numbers in a sentence, with the network of each."""
    titles = list(TITLES.values())
    return "; ".join(
        f"{title} {value:.3f}" for title, value in zip(titles, values or [], strict=False)
    )


def drawers(value: int) -> str:
    """Which networks draw this value at the split of the first seed."""
    found = [
        title
        for title, p in zip(TITLES.values(), P_THERE, strict=False)
        if (1 - p <= U_THERE) == value
    ]
    return ", ".join(found) or "none"


SAME = Question(
    text="Until here all five have drawn the same pixels. The random numbers stay the same, too. "
    "Do they all end with the same digit?",
    answers={
        "Yes": "The random numbers are the same. The probabilities that they decide on are not.",
        "No": "Each network has its own probabilities. One random number that falls between two "
        "of them is enough.",
        "Only the two PixelCNNs": "Their probabilities differ, too: they have other layers and "
        "other weights.",
    },
    right="No",
    hide=("later",),
    place={"step": SPLIT, "play": True},
)

STEPS = (
    Step(
        "Together",
        "Five networks draw, and each pixel has the same random number in all of them. "
        f"Before pixel {PLACE} they draw the same, "
        f"{C.get(f'{TOGETHER}: ink in common')} ink pixels and all the paper around them.",
        {"seed": TOGETHER},
        {"step": 0, "play": True, "to": SPLIT},
        question=SAME,
    ),
    Step(
        "One random number",
        f"Pixel {PLACE} is next. p(ink): {named(P_THERE)}. The random number "
        f"is {U_THERE:.3f}. Ink is the right end of each bar: u ≥ 1 − "
        "p(ink) gives ink. It falls into the ink part of the bar of "
        f"{drawers(1)}, and into the paper part of {drawers(0)}.",
        {"seed": TOGETHER},
        {"step": SPLIT},
    ),
    Step(
        "Apart",
        "From there on the networks no longer have the same image before them, so the later "
        "probabilities differ more and more. PixelCNN ends with a 0, Gated PixelCNN with a 6, the "
        "Row LSTM and both Diagonal BiLSTMs with a 5. A coloured corner marks where a network "
        "differs from the Diagonal BiLSTM. Click another name to compare with that one.",
        {"seed": TOGETHER},
        {"step": D, "beside": "diagonal-bilstm-mnist"},
    ),
    Step(
        "Another seed",
        "The same networks with other random numbers: all five draw a 5. Do not judge a network by "
        "one seed: try others.",
        {"seed": ALIKE},
        {"step": 0, "play": True, "beside": "diagonal-bilstm-mnist"},
    ),
)

SEEDS = Activity(
    slug="seeds",
    title="One seed",
    state=Seeds,
    fields=fields,
    picture=picture,
    steps=STEPS,
    take_away=take_away,
)
