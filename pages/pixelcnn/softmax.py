"""Activity: the softmax of one pixel, over a digit that can be painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.pixelcnn.logit import show_logit
from pages.pixelcnn.models import GATED, GREY, MODELS, PLAIN
from pages.ui import digits, lesson, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.drawing_activity import first_layers
from pages.ui.engine import offer
from pages.ui.models import missing_checkpoint, model, shipped
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import MOST_FLIPS, Choice, Field, FlipList, Flips, Integer, Values
from pages.ui.stage import Stage

C = load(__file__)
NO_MODEL = "none"
NO_PAINT = "none"  # as the picture writes it too
COLUMNS = 28


@dataclass(frozen=True)
class Softmax:
    """What decides the picture.

    Attributes:
        model: name of the checkpoint.
        digit: place in the test split.
        pixel: flat index of the target.
        paint: pixels painted over the digit, (flat index, level).
    """

    model: str
    digit: int
    pixel: int
    paint: Flips


def _config(name: str) -> dict[str, Any]:
    nothing = {"event_shape": [1, 1, 1], "levels": 2, "layers": 0}
    return dict(shipped((name,)).get(name, {}).get("config", nothing))


def _pixels(values: Values) -> int:
    _, height, width = _config(values["model"])["event_shape"]
    return int(height * width)


@dataclass(frozen=True)
class PaintField:
    """Pixels painted over a digit, as `FlipList`; the levels are those of the model.

    A step may begin with paint, so a link has to say that there is none: an empty text would say
    nothing.
    """

    browser_owned: bool = False

    def default(self, values: Values) -> Flips:
        return ()

    def parse(self, text: str, values: Values) -> Flips:
        if text == NO_PAINT:
            return ()
        return FlipList(_pixels, _config(values["model"])["levels"]).parse(text, values)

    def text(self, value: Flips) -> str:
        return FlipList(_pixels).text(value) or NO_PAINT


def fields() -> Mapping[str, Field]:
    """How the address holds a `Softmax`."""
    return {
        "model": Choice(tuple(shipped(tuple(MODELS))) or (NO_MODEL,)),
        "digit": Integer(0, digits.TEST_DIGITS - 1, 1),
        "pixel": Integer(0, lambda values: _pixels(values) - 1, 16 * COLUMNS + 12),
        "paint": PaintField(),
    }


# --- arrays, kept for all sessions ----------------------------------------------------------------


@st.cache_data(show_spinner=False, max_entries=128)
def _conditionals(name: str, x: np.ndarray) -> tuple[dict[str, np.ndarray], str]:
    """Every conditional of an image, and what the pass took, in words."""
    from arviz_models.analysis.conditionals import conditionals

    network = model(name)
    return live.timed(network, "one pass", partial(conditionals, network, x))


@st.cache_data(show_spinner=False, max_entries=128)
def _gradient(name: str, x: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    from arviz_models.analysis.conditionals import gradient

    return gradient(model(name), x, target)


def images(state: Softmax) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Ten test digits, the chosen one, and the same with its paint."""
    card = shipped((state.model,))[state.model]
    strip = digits.strip(card["data"], card["config"]["levels"], state.digit)
    digit = digits.chosen(strip, state.digit)
    x = digit.copy()
    for index, level in state.paint:
        x.flat[index] = level
    return strip, digit, x


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage[Softmax]) -> None:
    """A real digit, what one pixel's softmax reads over it, and that softmax."""
    state = stage.state
    if state.model == NO_MODEL:
        st.error(missing_checkpoint("PixelCNN"))
        return
    strip, digit, x = images(state)
    target = divmod(min(state.pixel, x.size - 1), x.shape[1])
    engine = offer(stage, state.model)
    found: dict[str, np.ndarray] = {}  # where the browser computes
    if engine is None:
        (now, cost), (before, _) = (_conditionals(state.model, each) for each in (x, digit))
        stage.cost = live.computed(cost)
        found = now | {f"base_{name}": array for name, array in before.items()}
    asked = engine is None or st.session_state.get(stage.key("·gradient"), False)
    meta = {
        "model": state.model,
        "title": MODELS[state.model],
        "engine": engine,
        "table": f"first layers {state.model}",
        "layers": _config(state.model)["layers"],
        "levels": _config(state.model)["levels"],
        "rows": x.shape[0],
        "columns": x.shape[1],
        "target": target[0] * x.shape[1] + target[1],
        "digit": state.digit,
        "most": MOST_FLIPS,
        "nonce": st.session_state.get(stage.key("·softmax_nonce"), 0),
    }
    arrays = found | {
        "x": x,
        "base": digit,
        "gradient": _gradient(state.model, x, target) if asked else np.empty(0, np.float32),
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "pixel_softmax",
        key=stage.key("softmax"),
        data=pack(stage.meta() | meta | look(), arrays),
        on_edit_change=lambda: _edit(stage),
    )
    mount("weights", key=stage.key("softmax_table"), data=first_layers(state.model))
    stage.made |= {"x": x, "here": engine is not None}


def _edit(stage: Stage) -> None:
    """Callback of the picture: another pixel, other paint, or another digit; and the gradient."""
    edit = st.session_state[stage.key("softmax")].get("edit")
    if not edit:
        return
    st.session_state[stage.key("·softmax_nonce")] = int(edit["nonce"])
    st.session_state[stage.key("·gradient")] = bool(edit.get("gradient"))
    if "digit" in edit:
        stage.set(digit=digits.picked(edit["digit"]), paint=())
    else:
        painted = {int(index): int(level) for index, level in edit["paint"]}
        stage.set(pixel=int(edit["target"]), paint=tuple(sorted(painted.items())))


def controls(stage: Stage[Softmax]) -> None:
    """Which model."""
    st.segmented_control(
        "Model",
        list(shipped(tuple(MODELS))),
        format_func=lambda name: MODELS[name],
        key=stage.key("model"),
        required=True,
        wrap=True,
    )
    state = stage.state
    if "x" in stage.made and "bars" not in stage.hidden:
        levels, x = _config(state.model)["levels"], stage.made["x"]
        target = min(state.pixel, x.size - 1)
        show_logit(stage, state.model, levels, x, target, here=stage.made["here"])


def take_away(stage: Stage[Softmax]) -> None:
    """The softmax as a figure, and every conditional of the image."""
    from pages.pixelcnn import softmax_figures as figures

    state = stage.state
    if state.model == NO_MODEL:
        return
    if why := stage.withheld():
        st.caption(why)
        return
    _, digit, x = images(state)
    target = divmod(min(state.pixel, x.size - 1), x.shape[1])
    lesson.downloads(
        f"softmax-{target[0]}-{target[1]}",
        lambda: figures.softmax_figure(model(state.model), x, digit, target),
        {
            "All pixels, CSV": (
                partial(figures.conditional_table, model(state.model), x, target),
                "csv",
            )
        },
    )


# --- the steps ------------------------------------------------------------------------------------


def stroke(columns: tuple[int, int]) -> Flips:
    """Ink in rows 8 to 11 of two columns."""
    return tuple((row * COLUMNS + column, 1) for row in range(8, 12) for column in columns)


FIVE = {"digit": 45, "pixel": 12 * COLUMNS + 14}
READ, UNREAD = stroke((16, 17)), stroke((24, 25))

UNSEEN = Question(
    text="A second stroke is painted, on the right. The bars are still those of the digit alone. "
    "What does p(ink) do?",
    answers={
        "It rises": "For that, the network would have to read the stroke. No path leads there.",
        "It falls": "For that, the network would have to read the stroke. No path leads there.",
        "Nothing at all": "The change is zero, not just small.",
    },
    right="Nothing at all",
    hide=("field", "bars"),
    place={"layer": "field", "mode": "paint"},
)

STEPS = (
    Step(
        "One softmax a pixel",
        "The output has the shape of the image, and each pixel has its own softmax over its "
        "levels: here 16 greys, from 0, paper, to 15, ink. At pixel (8, 20) level "
        f"{C['softmax: likeliest grey']} is the likeliest, with p = {C['softmax: its p']:.3f}. "
        "Drag over the digit.",
        {"model": GREY, "digit": 0, "pixel": 8 * COLUMNS + 20},
        {"layer": "plain", "mode": "choose"},
    ),
    Step(
        "Paint where it reads",
        "Eight pixels that the target reads (blue) are ink now. The bars move at once: p(ink) was "
        f"{C['softmax: p of the five']:.3f}, now it is "
        f"{C['softmax: p, painted where it reads']:.3f}. "
        "Paint on blue yourself.",
        {"model": PLAIN, **FIVE, "paint": READ},
        {"layer": "field", "mode": "paint"},
    ),
    Step(
        "Paint on the right",
        "Eight other pixels are ink now, in rows 8 to 11, columns 24 and 25.",
        {"model": PLAIN, **FIVE, "paint": UNREAD},
        {"layer": "plain", "mode": "paint"},
        question=UNSEEN,
        after=f"You see the stroke, the network cannot: p stays {C['softmax: p of the five']:.4f}. "
        "The hatched pixels are in the blind spot.",
    ),
    Step(
        "Without a blind spot",
        "The gated network reads the same stroke. This stroke is hardly part of a 5, so ink here "
        f"becomes less likely: p falls from {C['softmax: gated p of the five']:.4f} to "
        f"{C['softmax: gated p, painted']:.4f}.",
        {"model": GATED, **FIVE, "paint": UNREAD},
        {"layer": "field", "mode": "paint"},
    ),
)

SOFTMAX = Activity(
    slug="softmax",
    title="Softmax",
    state=Softmax,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
