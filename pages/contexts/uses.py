"""Activity: what trained networks use of what they can read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.analysis.networks import NETWORKS
from pages.contexts.grids import FIVE, nets_fields, place_of, show_grids
from pages.contexts.models import DATA, shipped
from pages.ui import digits, lesson, live
from pages.ui import fields as field_pictures
from pages.ui.claims import load
from pages.ui.engine import offer
from pages.ui.models import model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field, FlipList, Flips, Integer, Values
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.analysis.sensitivity import Sensitivity
    from arviz_models.analysis.side_by_side import Fields

C = load(__file__)
SIDE = 28
TARGET = 16 * SIDE + 12  # a little below the middle, where the ink is
FIVE_TARGET = 12 * SIDE + 14  # of test digit 45, a 5
VIEWS = ("use", "read")
STROKE = tuple((row * SIDE + column, 1) for row in range(8, 12) for column in (24, 25))


@dataclass(frozen=True)
class Uses:
    """What the trained networks see.

    Attributes:
        digit: place in the test split.
        paint: pixels painted over it, (flat index, level).
    """

    digit: int
    paint: Flips


@dataclass(frozen=True)
class Paint(FlipList):
    """Pixels painted over the digit, as `FlipList`; none at all where a step has some: "none"."""

    def parse(self, text: str, values: Values) -> Flips:
        return () if text == "none" else super().parse(text, values)

    def text(self, value: Flips) -> str:
        return super().text(value) or "none"


def pixels() -> int:
    """D of the images that the networks were trained on."""
    cards = shipped()
    if not cards:
        return SIDE * SIDE
    _, height, width = next(iter(cards.values()))["config"]["event_shape"]
    return int(height * width)


def fields() -> Mapping[str, Field]:
    """How the address holds `Uses`, and where the picture stands."""
    return {
        "digit": Integer(0, digits.TEST_DIGITS - 1, 1),
        "paint": Paint(lambda values: pixels()),
        "target": Integer(0, lambda values: pixels() - 1, browser_owned=True),
        **nets_fields(),
        "view": Choice(VIEWS, browser_owned=True),
    }


def usual(stage: Stage) -> dict[str, Any]:
    """Where the picture stands where the address says nothing: as the step has it."""
    return place_of(stage, {"target": TARGET, "nets": FIVE, "view": VIEWS[0]})


def images(stage: Stage[Uses]) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Ten test digits, the chosen one, and the same with its paint."""
    strip = digits.strip(DATA, 2, stage.state.digit)
    digit = digits.chosen(strip, stage.state.digit)
    x = digit.copy()
    for index, level in stage.state.paint:
        x.flat[index] = level
    return strip, digit, x


# --- what the networks make of it -----------------------------------------------------------------


@st.cache_data(show_spinner=False, max_entries=1024)
def _sensitivity(name: str, x: np.ndarray, target: int) -> tuple[Sensitivity, float]:
    """It, and the milliseconds that it took."""
    from arviz_models.analysis.sensitivity import sensitivity

    began = time.perf_counter()
    found = sensitivity(model(name), x, target)
    return found, 1000 * (time.perf_counter() - began)


def sensitivities(
    x: np.ndarray, target: int, stage: Stage | None = None
) -> tuple[dict[str, Sensitivity], list[str]]:
    """What each checkpoint makes of the target, and what is wrong with those that cannot tell.

    Args:
        x: (H, W) levels.
        target: flat index.
        stage: that is to say what it took.
    """
    from arviz_models.device import describe

    found, problems, took, device = {}, [], 0.0, ""
    for word, card in shipped().items():
        try:
            found[word], each = _sensitivity(card["name"], x, target)
            took, device = took + each, describe(model(card["name"]).device)
        except RuntimeError as error:
            if not lesson.is_ours(error):
                raise
            problems.append(f"{NETWORKS[word].title} is left out. {error}")
    if stage is not None and found:
        stage.cost = live.computed(
            f"{live.on_server(device)}, {took:,.0f} ms for the gradients of {len(found)} networks"
        )
    return found, problems


def ink(of: Sensitivity, value: int) -> float:
    """p(ink) of the target, which has this value."""
    return of.probability if value else 1 - of.probability


def depth_of(word: str) -> int:
    """Layers after the first of a checkpoint; 0 where there are none that could reach further."""
    return int(shipped()[word]["config"].get("layers", 0))


@st.cache_data(show_spinner="Following every path through the layers", max_entries=4)
def _tables(names: tuple[tuple[str, str], ...]) -> tuple[dict[str, Any], bytes, str]:
    found = trained_fields(names)
    name = "contexts " + " ".join(name for _, name in names)
    return field_pictures.meta(found), field_pictures.tables(name, found), name


def trained_fields(names: tuple[tuple[str, str], ...]) -> Fields:
    """What the checkpoints read; of each its word and its name."""
    from arviz_models.analysis.contexts import trained

    return trained({word: model(name) for word, name in names})


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage[Uses]) -> None:
    """The gradients of every checkpoint at one digit and target, and p(ink) of the target.

    Where the browser computes, it has p(ink) itself; then gradients are computed only where they
    are shown.
    """
    strip, digit, x = images(stage)
    place = stage.link.kept(stage.values, usual(stage))
    target = int(place["target"])
    offers = {word: offer(stage, card["name"]) for word, card in shipped().items()}
    here = bool(offers) and all(offers.values())
    asked = not here or (place["view"] == "use" and "field" not in stage.hidden)
    found, problems = sensitivities(x, target, stage) if asked else ({}, [])
    for problem in problems:
        st.warning(problem)
    if asked and not found:
        st.error(
            f"No checkpoint trained on {DATA} was found in `assets/checkpoints`. Restore that "
            "folder, or train one: `python -m arviz_models train pixelcnn --data mnist_binary "
            "--name pixelcnn-mnist`"
        )
        return
    before = found
    if stage.state.paint and not here:
        before, _ = sensitivities(digit, target)
    names = {word: shipped()[word]["name"] for word in (found if asked else offers)}
    meta, packed, name = _tables(tuple(names.items()))
    value, old = int(x.flat[target]), int(digit.flat[target])
    panels = [
        panel
        | {
            "depth": depth_of(panel["table"]),
            "engine": offers[panel["table"]] if here else None,
            "sensitivity": {
                "near": found[panel["table"]].near,
                "ink": ink(found[panel["table"]], value),
                "before": ink(before[panel["table"]], old),
            }
            if asked
            else None,
        }
        for panel in meta["panels"]
    ]
    own = {
        "mode": "trained",
        "tables": name,
        "panels": panels,
        "at": target,
        "digit": stage.state.digit,
        "paint": [index for index, _ in stage.state.paint],
        "strokes": st.session_state.get(stage.key("·strokes"), 0),
        "depth": 0,
    }
    arrays = {f"gradient {word}": each.gradient for word, each in found.items()}
    arrays |= {"x": x, "base": digit, "strip": strip["images"], "strip_indices": strip["indices"]}
    show_grids(
        stage,
        meta | own | usual(stage),
        arrays,
        packed,
        following=("Set differences", "Take away"),
        on_digit_change=lambda: _picked(stage),
        on_paint_change=lambda: _painted(stage),
    )


def _picked(stage: Stage) -> None:
    """Callback of the picture: another digit."""
    said = st.session_state[stage.key("grids")].get("digit")
    if said:
        stage.set(digit=digits.picked(said["digit"]), paint=())


def _painted(stage: Stage) -> None:
    """Callback of the picture: pixels under the brush get the other value."""
    said = st.session_state[stage.key("grids")].get("paint")
    if not said:
        return
    st.session_state[stage.key("·strokes")] = int(said["nonce"])
    field = stage.link.fields["paint"]
    wanted = {int(index): int(level) for index, level in said["cells"]}
    paint = tuple(sorted((dict(stage.link.get("paint")) | wanted).items()))
    try:
        stage.set(paint=field.parse(field.text(paint), stage.values))
    except ValueError as error:
        stage.link.note(f"That is too much paint: {error}. Choose a digit to begin again.")


def controls(stage: Stage[Uses]) -> None:
    """Take the paint off."""
    if stage.state.paint and not stage.asks:
        st.button(
            "Take the paint off", key=stage.key("·clean"), on_click=stage.set, kwargs={"paint": ()}
        )


def standing(
    stage: Stage[Uses],
) -> tuple[Fields, dict[str, int], int, tuple[str, ...], dict[str, Sensitivity]] | None:
    """The tables, the layers of each network, the target, the networks shown, and how each uses
    what it reads; None where no network is there."""
    _, _, x = images(stage)
    place = stage.link.kept(stage.values, usual(stage))
    found, _ = sensitivities(x, int(place["target"]))
    if not found:
        return None
    fields_of = trained_fields(tuple((word, shipped()[word]["name"]) for word in found))
    depths = {word: depth_of(word) for word in found}
    return fields_of, depths, int(place["target"]), tuple(place["nets"] or FIVE), found


def take_away(stage: Stage[Uses]) -> None:
    """The gradients where the picture stands, as figure and tables."""
    from arviz_models.analysis.contexts import chosen
    from arviz_models.figures import fields as field_figures
    from pages.contexts import figures

    at_hand = standing(stage)
    if at_hand is None:
        st.info("There is no trained network to show this of.")
        return
    if why := stage.withheld("field"):
        st.caption(why)
        return
    whole, depths, target, nets, sensitivity = at_hand
    found = chosen(whole, nets)
    found = found if found.panels else whole
    _, _, x = images(stage)
    mine = {panel.table: sensitivity[panel.table] for panel in found.panels}
    row, column = divmod(target, found.shape[1])
    figure = figures.gradients_figure(found, depths, x, target, mine)
    lesson.downloads(
        f"contexts-{row}-{column}",
        figure,
        {
            "Gradients, CSV": (partial(figures.gradients_table, x, target, mine), "csv"),
            "Counts, CSV": (partial(figures.counts_table, found, target, depths), "counts.csv"),
            "All tables, NPZ": (partial(field_figures.archive, found), "npz"),
        },
    )
    st.caption(
        f"Target row {row}, column {column}, the trained networks at test digit "
        f"{stage.state.digit}; the networks that are shown. The counts hold the set differences of "
        "every pair; the NPZ has the first layer that reads each pixel, for every target (255: "
        "none ever does)."
    )
    st.pyplot(figure, alt="The figure that the buttons save")


# --- the steps ------------------------------------------------------------------------------------

WHOSE = Question(
    text="We add a stroke of eight ink pixels, in rows 8 to 11, columns 24 and 25. For which "
    "networks does p(ink) of the target change?",
    answers={
        "All five": "PixelCNN and the Row LSTM cannot read the stroke: it lies in their blind "
        "spot.",
        "All but PixelCNN": "The Row LSTM has the same blind spot: it cannot read the stroke "
        "either.",
        "Gated PixelCNN, Diagonal BiLSTM and full context": "These three read the stroke.",
    },
    right="Gated PixelCNN, Diagonal BiLSTM and full context",
    why="Hatched pixels are never read. What is not read cannot change p.",
    hide=("bars", "field"),
    place={"target": FIVE_TARGET, "view": "read"},
)

STEPS = (
    Step(
        "What they can read",
        "These are the trained networks, at a test digit. Blue is what each can read for the "
        f"target (16, 12): {C.get('read')} of 460 earlier pixels. Here that is architecture "
        "alone; the weights do not matter.",
        {"digit": 1},
        {"target": TARGET, "view": "read"},
        hide=("bars",),
    ),
    Step(
        "What they use",
        "The brighter a pixel, the more the prediction changes with it: the size of its gradient. "
        "It is above 0 at every pixel that is read. The 24 nearest pixels (within 3 rows and "
        f"columns) are {C.get('near pixels, percent')} % of the earlier ones and have "
        f"{C.get('near, percent')} % of the gradient. Much of the rest lies along the strokes.",
        {"digit": 1},
        {"target": TARGET, "view": "use"},
        hide=("bars",),
    ),
    Step(
        "Test it",
        "A gradient is about tiny changes. Now change pixels for real. This digit is a 5, and the "
        "target is (12, 14). The stroke is painted.",
        {"digit": 45, "paint": STROKE},
        {"target": FIVE_TARGET, "view": "read"},
        question=WHOSE,
        after=f"In the order of the grids, p(ink) changes by {C.get('changes')}. The zeros are "
        "exact. Press *Paint* and draw a stroke of your own.",
    ),
)

USES = Activity(
    slug="uses",
    title="What they use",
    state=Uses,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
