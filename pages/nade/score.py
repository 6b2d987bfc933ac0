"""Activity: NADE scores a test digit: every conditional by one pass, and what each pixel costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.nade.state import fields as drawing_fields
from pages.nade.state import title_of
from pages.ui import lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer
from pages.ui.models import cards, missing_checkpoint, model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, Integer, Values
from pages.ui.stage import Stage

C = load(__file__)
VIEWS = {"p": "Probability", "cost": "Cost", "passes": "Evaluations"}
DIGIT = 9  # of the test images
DRAWN_SEED = 20  # of the digit that is drawn beside the one that is scored
SIZES = {"digits": 270, "mnist_binary": 10_000}  # test images
NOTHING = {"model": "nade-mnist", "digit": DIGIT}


@dataclass(frozen=True)
class Scored:
    """Which digit is scored, by which model, and what of it is shown.

    Attributes:
        model: name of the checkpoint.
        digit: number of the test image.
        view: "p", "cost" or "passes".
    """

    model: str
    digit: int
    view: str


def fields() -> Mapping[str, Field]:
    """How the address holds a `Scored`, and the pixel that is pinned."""
    known = cards("NADE")
    drawing = drawing_fields()

    def most(values: Values) -> int:
        return SIZES.get(known.get(values["model"], {}).get("data", ""), 1) - 1

    def pixels(values: Values) -> int:
        shape = known.get(values["model"], {}).get("config", {}).get("event_shape", [1])
        return int(math.prod(shape)) - 1

    return {
        "model": drawing["model"],
        "digit": Integer(0, most, DIGIT),
        "view": Choice(tuple(VIEWS)),
        "pixel": Integer(0, pixels, browser_owned=True),
        "step": drawing["step"],
    }


@st.cache_data(show_spinner=False, max_entries=64)
def image_of(data: str, digit: int) -> np.ndarray:
    """A test image, uint8 (H, W)."""
    from arviz_models.data import load_dataset

    x: np.ndarray = load_dataset(data).batch("test", [digit])[0, 0].numpy()
    return x.astype(np.uint8)


@st.cache_data(show_spinner=False, max_entries=64)
def scored(name: str, digit: int) -> tuple[dict[str, np.ndarray], str]:
    """One pass over a test image.

    Returns:
        x: (D,) uint8; p: (D,) float32, of a 1; cost: (D,) float32, of its value, nats. And what the
        pass took, in words.
    """
    from arviz_models.analysis.conditionals import conditionals

    x, nade = image_of(cards("NADE")[name]["data"], digit), model(name)
    found, cost = live.timed(nade, "one pass", partial(conditionals, nade, x))
    log_p, value = found["log_p"], x.reshape(-1, 1)
    score = {
        "x": value[:, 0],
        "p": np.exp(log_p[:, 1]),
        "cost": -np.take_along_axis(log_p, value, axis=1)[:, 0],
    }
    return score, cost


@st.cache_data(show_spinner=False, max_entries=4)
def independent_pixels(data: str) -> float:
    """Mean cost of a test image, nats, where each pixel has its own probability and reads none."""
    from arviz_models.analysis.scales import independent_pixels as computed

    return computed(data)


def marks(name: str) -> list[dict[str, Any]]:
    """The marks of the loss bar but for that of the digit: their names, and their nats."""
    card = cards("NADE")[name]
    pixels = math.prod(card["config"]["event_shape"])
    return [
        {"name": "coin tosses", "nats": pixels * math.log(2)},
        {"name": "independent pixels", "nats": independent_pixels(card["data"])},
        {"name": "this model, mean", "nats": card["test_nll"]},
    ]


def picture(stage: Stage[Scored]) -> None:
    """The digit, and beside it p, the cost, or a digit that is drawn."""
    state = stage.state
    if not cards("NADE"):
        st.error(missing_checkpoint("NADE"))
        return
    card = cards("NADE")[state.model]
    _, height, width = card["config"]["event_shape"]
    engine = offer(stage, state.model)
    if engine is None:
        arrays = _by_server(stage)
        if arrays is None:
            st.info("Stopped. Press **Reset** to draw again.")
            return
    else:
        arrays = {"x": image_of(card["data"], state.digit)}
    meta = {
        "rows": height,
        "columns": width,
        "view": state.view,
        "marks": marks(state.model),
        "engine": engine,
        "seed": DRAWN_SEED,
        "picture_id": repr((state.model, state.digit)),
    }
    mount("nade_score", key="nade_score", data=pack(stage.meta() | meta | look(), arrays))
    stage.made |= {"arrays": partial(_by_server, stage), "shape": (height, width)}


def _by_server(stage: Stage[Scored]) -> dict[str, np.ndarray] | None:
    """What the picture shows, or None where the visitor stopped what is drawn of it."""
    from arviz_models.sampler import Request

    state = stage.state
    found, cost = scored(state.model, state.digit)
    arrays, costs = dict(found), [cost]
    if state.view == "passes":
        drawn = live.run(Request(model(state.model), DRAWN_SEED), ("score", state.model))
        if drawn is None:
            return None
        costs.append(live.cost(drawn))
        arrays |= {
            "order": drawn.order.astype(np.int32),
            "drawn": drawn.values[:, 0].astype(np.uint8),
        }
    stage.cost = live.computed(*costs)
    return arrays


def controls(stage: Stage[Scored]) -> None:
    """What is shown, of which digit, by which model."""
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key=stage.key("view"),
        required=True,
        wrap=True,
    )
    most = SIZES.get(cards("NADE").get(stage.state.model, {}).get("data", ""), 1) - 1
    st.number_input("Test image number", 0, most, key=stage.key("digit"))
    st.selectbox("Model", list(cards("NADE")), format_func=title_of, key=stage.key("model"))


def take_away(stage: Stage[Scored]) -> None:
    """The maps as figure, the numbers as tables."""
    from pages.nade import score_figures as figures

    if "arrays" not in stage.made:
        return
    if why := stage.withheld():
        st.caption(why)
        return
    arrays, shape = stage.made["arrays"](), stage.made["shape"]
    if arrays is None:
        return
    figure = figures.score_figure(arrays, shape)
    files: lesson.Files = {
        "Every pixel, CSV": (lambda: figures.score_table(arrays, shape), "csv"),
        "Arrays, NPZ": (lambda: figures.packed_arrays(arrays), "npz"),
    }
    lesson.downloads(f"nade-score-{stage.state.digit}", figure, files)
    st.pyplot(figure, alt="The figure that the buttons save")


def at(index: int) -> str:
    """A pixel of a 28×28 digit as the words name it: (row, column)."""
    return f"({index // 28}, {index % 28})"


WHERE = Question(
    text="A pixel costs −log p of its value. Which pixels cost the most?",
    answers={
        "All 784 about the same": "Most of the margin costs almost nothing: p of a 1 is near 0 "
        "there, and the pixel is 0.",
        "Those inside the strokes": "Where its neighbours are 1, the model expects a 1.",
        "Those at the edges of the strokes": "The pixels before do not tell exactly where a "
        "stroke begins and ends.",
    },
    right="Those at the edges of the strokes",
    why=f"Of the {C['pixels that hold half']} costliest pixels, {C['costly pixels at an edge']} "
    "differ from a neighbour.",
    state={**NOTHING, "view": "cost"},
    place={"pixel": C["costliest pixel"]},
)
PASSES = Question(
    text="How many evaluations of the network does it take to score one 28×28 digit, and how many "
    "to draw one?",
    answers={
        "1 to score, 1 to draw": "To draw a pixel, the values of the pixels before it are needed.",
        "1 to score, 784 to draw": "All pixels of a given digit are known, so all conditionals "
        "come together. A new digit has no known pixel: one step for each.",
        "784 to score, 784 to draw": "To score, every x is known already: no conditional has to "
        "wait.",
    },
    right="1 to score, 784 to draw",
    why="NADE makes each step cheap, one column of W. Cheaper steps are still steps.",
    hide=("counts",),
    place={"step": 0, "play": True},
)

STEPS = (
    Step(
        "Score a digit",
        f"This is test digit {DIGIT}; the model has never seen it. The colours show its 784 "
        "conditionals p(xᵢ = 1 | the pixels before). Point at any pixel.",
        {**NOTHING, "view": "p"},
        question=WHERE,
    ),
    Step(
        "Add up the cost",
        f"Pixel {at(C['costliest pixel'])} costs the most: {C['its cost']:.2f} nats. The sum is "
        f"{C['cost of the digit']:.2f} nats, that is {C['bits/dim of the digit']:.3f} bits for "
        "each pixel (bits/dim). "
        f"Half of it comes from {C['pixels that hold half']} of the 784 pixels.",
        {**NOTHING, "view": "cost"},
        {"pixel": C["costliest pixel"]},
    ),
    Step(
        "The loss of the training",
        "This sum is the cross-entropy between the digit and the predictions. Training lowers its "
        f"mean over all digits. Coin tosses cost {C['coin tosses']:.1f} nats, independent pixels "
        f"{C['independent pixels']:.1f}, this model {C['this model']:.1f} (the bar below).",
        {**NOTHING, "view": "cost"},
    ),
    Step(
        "Score or draw",
        "On the left the model scores a digit, on the right it draws one.",
        {**NOTHING, "view": "passes"},
        {"step": 0},
        question=PASSES,
    ),
)

SCORE = Activity(
    slug="score",
    title="Score a digit",
    state=Scored,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
