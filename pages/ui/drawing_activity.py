"""Activity of every image lesson: a digit is drawn pixel by pixel, row by row.

    DRAW = draw_activity({"pixelcnn-mnist": "PixelCNN"}, steps=(Step(...), ...))

A sample is one trace, of the server's sampler or of the engine in the reader's browser (engine.py).
The picture plays it, with the probability of each pixel, the random number that decides, the pixels
that this probability can read, and what the decoder keeps for itself where it tells (`INNER`). A
drawn pixel can be flipped: the random numbers stay. Temperature and seed stand beside the picture
(hand.py).

In a step, `state` sets model, temperature, seed, flip, layer, direction and beside. `place` sets:

- step: pixels drawn, 0..D; play: whether it goes on from there
- reads: whether the pixels that the next probability can read are shown
- unit: [symbol, number] of the inner state, to be shown over the picture
- mark: flat index of a pixel that the words speak of

What `hide` can cover: "p", "reads", "inner", "sum", "beside", "changes".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui import engine, hand, lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.models import model, shipped
from pages.ui.outline import Activity, Step
from pages.ui.query import Choice, Field, Flag, FlipList, Integer, Number, Values
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.sampler import Request, Trace

NOTHING = "none"
SPEEDS = (1, 4, 16, 64, 128, 256, 512)
MOST_UNITS = 8192  # rows of bars times units
DIRECTIONS = {"left": "From the left", "right": "From the right"}
LEFT, RIGHT = DIRECTIONS


@dataclass(frozen=True)
class Drawn:
    """What decides a sample.

    Attributes:
        model: name of the checkpoint.
        temperature: divides the logits.
        seed: of the random numbers.
        flip: pixels set by hand, (flat index, level).
        layer: whose inner state is shown, from 1.
        direction: whose gates are shown, of `DIRECTIONS`; "left" where there is only one.
        beside: another checkpoint that draws with the same random numbers; "none" for none.
    """

    model: str
    temperature: float
    seed: int
    flip: tuple[tuple[int, int], ...]
    layer: int
    direction: str
    beside: str


@dataclass(frozen=True)
class Row:
    """One row of bars of the inner state, a bar for each unit.

    Attributes:
        name: of the decoder's internals; "{layer}" stands for the layer's number.
        symbol, words: what the picture calls it.
        low, high: ends of its bars; None where each bar has the largest size of its own unit.
    """

    name: str
    symbol: str
    words: str
    low: float | None = None
    high: float | None = None


_SIDES = {LEFT: ("direct", "", "from the left"), RIGHT: ("mirrored", "′", "from the right")}


def _gates(direction: str) -> tuple[Row, ...]:
    """The gates of one direction of a Diagonal BiLSTM."""
    name, prime, side = _SIDES[direction]
    return (
        Row(f"layer{{layer}}.{name}.o", f"o{prime}", f"output gate, {side}", 0, 1),
        Row(f"layer{{layer}}.{name}.f", f"f{prime}", f"forget gate, {side}", 0, 1),
        Row(f"layer{{layer}}.{name}.i", f"i{prime}", f"input gate, {side}", 0, 1),
        Row(f"layer{{layer}}.{name}.g", f"g{prime}", f"content, {side}", -1, 1),
    )


def _state(direction: str) -> tuple[Row, ...]:
    """Its cell and its hidden state."""
    name, prime, side = _SIDES[direction]
    return (
        Row(f"layer{{layer}}.{name}.c", f"c{prime}", f"cell, {side}"),
        Row(f"layer{{layer}}.{name}.h", f"h{prime}", f"state, {side}", -1, 1),
    )


INNER: Mapping[str, tuple[Row, ...]] = {
    "PixelCNN": (Row("features", "h", "features that the softmax reads", 0),),
    "GatedPixelCNN": (Row("features", "h", "features that the softmax reads", 0),),
    "RowLSTM": (
        Row("layer{layer}.o", "o", "output gate", 0, 1),
        Row("layer{layer}.f", "f", "forget gate", 0, 1),
        Row("layer{layer}.i", "i", "input gate", 0, 1),
        Row("layer{layer}.g", "g", "content", -1, 1),
        Row("layer{layer}.c", "c", "cell"),
        Row("layer{layer}.h", "h", "hidden state", -1, 1),
    ),
    "DiagonalBiLSTM": (*_gates(LEFT), *_state(LEFT), *_state(RIGHT)),
}
"""What the decoders of a class tell of themselves, by the class; none tells of an absent class."""

SECOND: Mapping[str, tuple[Row, ...]] = {
    "DiagonalBiLSTM": (*_gates(RIGHT), *_state(RIGHT), *_state(LEFT)),
}
"""The same where the second direction is chosen; a class that is absent has one direction.

The rows correspond to those of `INNER`, one by one. Both directions whole would be 600 kB a sample.
"""


def draw_activity(
    models: Mapping[str, str],
    steps: Sequence[Step],
    *,
    beside: Mapping[str, str] | None = None,
    slug: str = "draw",
    title: str = "Draw a digit",
) -> Activity:
    """The activity, for one lesson.

    Args:
        models: checkpoints of images with one channel, and what they are called; the first one
            shipped is the default.
        steps: as the module says.
        beside: checkpoints that can draw beside them, with the same random numbers.
        slug, title: of the activity.
    """
    beside = beside or {}
    show = partial(_picture, models={**beside, **models})
    return Activity(
        slug=slug,
        title=title,
        state=Drawn,
        fields=partial(_fields, models, beside),
        picture=show,
        controls=partial(_controls, models=models, beside=beside),
        steps=tuple(steps),
        take_away=_take_away,
    )


def _fields(models: Mapping[str, str], beside: Mapping[str, str]) -> dict[str, Field]:
    def pixels(values: Values) -> int:
        _, height, width = _config(values["model"])["event_shape"]
        return int(height * width)

    def layers(values: Values) -> int:
        return _layers(values["model"])

    def directions(values: Values) -> tuple[str, ...]:
        return tuple(DIRECTIONS) if _has_directions(values["model"]) else (LEFT,)

    return {
        "model": Choice(tuple(shipped(tuple(models))) or (NOTHING,)),
        "temperature": Number(0, 3, 1),
        "seed": Integer(0, lesson.MOST_SEED),
        "flip": FlipList(pixels),
        "layer": Integer(1, layers, 1),
        "direction": Choice(directions),
        "beside": Choice((NOTHING, *shipped(tuple(beside)))),
        "step": Integer(0, pixels, browser_owned=True),
        "reads": Flag(browser_owned=True),
        "unit": Integer(0, MOST_UNITS, browser_owned=True),
    }


def _config(name: str) -> dict[str, Any]:
    card = shipped((name,)).get(name)
    nothing = {"event_shape": [1, 1, 1], "levels": 2, "layers": 1}
    return dict(card["config"] if card else nothing)


def _class(name: str) -> str:
    """The class of a checkpoint; "" of none."""
    card = shipped((name,)).get(name)
    return card["class"] if card else ""


def _layers(name: str) -> int:
    """How many layers have an inner state of their own; 1 where there is nothing to choose."""
    by_layer = any("{layer}" in row.name for row in INNER.get(_class(name), ()))
    return int(_config(name).get("layers", 1)) if by_layer else 1


def _has_directions(name: str) -> bool:
    """Whether a checkpoint has two directions to choose from."""
    return _class(name) in SECOND


def _rows(name: str, layer: int, direction: str = LEFT) -> tuple[Row, ...]:
    """The rows of bars of a checkpoint's inner state, of one layer and one direction."""
    rows = (SECOND if direction == RIGHT else INNER).get(_class(name), ())
    return tuple(replace(row, name=row.name.format(layer=layer)) for row in rows)


def second_direction(name: str, layer: int) -> str:
    """What the second direction of a layer of a Diagonal BiLSTM reads, in one sentence."""
    more = int(_config(name).get("first_kernel", 1)) // 2
    columns = f", from {more} columns left of that pixel to the right border" if layer == 1 else ""
    return (
        "The second direction comes from the right: at a pixel it brings only what lies in the "
        f"rows above{columns}."
    )


# --- the picture ----------------------------------------------------------------------------------


def _picture(stage: Stage[Drawn], models: Mapping[str, str]) -> None:
    state = stage.state
    if state.model == NOTHING:
        st.error(
            f"No checkpoint of {', '.join(models)} was found in `assets/checkpoints`. Restore that "
            f"folder, or train one: `python -m arviz_models train-all {next(iter(models))}`"
        )
        return
    offers = {name: engine.offer(stage, name) for name in _drawing(state)}
    here = all(offers.values())  # this browser draws them
    found = None if here else _drawn(state)
    if not here and found is None:
        st.info("Stopped. Press **Reseed**, or change anything, to draw again.")
        return
    drawer = model(state.model)
    rows = _rows(state.model, state.layer, state.direction)
    trace_id = repr((state, stage.link.resets))
    meta = {
        "model": state.model,
        "title": models[state.model],
        "rows": drawer.event_shape[1],
        "columns": drawer.event_shape[2],
        "levels": drawer.levels,
        "trace_id": trace_id,
        "engine": offers[state.model] if here else None,
        "beside_engine": offers.get(state.beside) if here and _has_other(state) else None,
        "internals": [row.name for row in rows],
        "table": f"first layers {state.model}",
        "depth": drawer.following_layers,
        "inner": _inner_meta(rows, _units(state.model)),
        "shelf": stage.key("·inner"),
        "beside": models.get(state.beside) if _has_other(state) else None,
        "speeds": SPEEDS,
    }
    meta |= hand.meta(stage, seed=state.seed, temperature=state.temperature, flip=state.flip)
    picture = stage.key("draw_picture")
    mount(
        "draw",
        key=picture,
        data=pack(stage.meta() | meta | look(), _arrays(found) if found else {}),
        on_hand_change=lambda: hand.told(stage, picture),
    )
    mount("weights", key=stage.key("draw_table"), data=first_layers(state.model))
    if found and meta["inner"]:
        # One name for every trace: the browser keeps the inner state of the last one alone.
        inner = _inner_arrays(state, found["trace"])
        packed = pack({"name": meta["shelf"], "trace_id": trace_id}, inner)
        mount("weights", key=stage.key("draw_inner"), data=packed)
    if found:
        stage.cost = live.computed(live.cost(found["trace"]))
    stage.made["trace"] = lambda: found["trace"] if found else _trace(state, state.flip)


def _has_other(state: Drawn) -> bool:
    """Whether another checkpoint draws beside this one."""
    return state.beside not in (NOTHING, state.model)


def _drawing(state: Drawn) -> tuple[str, ...]:
    """The checkpoints that draw."""
    return (state.model, state.beside) if _has_other(state) else (state.model,)


def _drawn(state: Drawn) -> dict[str, Trace] | None:
    """What the server draws; None where the visitor stopped it.

    Returns:
        "trace" and "base", the same without flips; "beside", of the other checkpoint.
    """
    wanted = {"base": (state, ()), "trace": (state, state.flip)}
    if _has_other(state):
        wanted["beside"] = (replace(state, model=state.beside), ())
    found: dict[str, Trace] = {}
    for name, (which, flip) in wanted.items():
        trace = _trace(which, flip)
        if trace is None:
            return None
        found[name] = trace
    return found


def _arrays(found: Mapping[str, Trace]) -> dict[str, np.ndarray]:
    """What the picture plays of what the server drew."""
    arrays = trace_arrays(found["trace"], found["base"])
    if "beside" in found:
        arrays["beside"] = found["beside"].values[:, 0].astype(np.uint8)
    return arrays


def _trace(state: Drawn, flip: tuple[tuple[int, int], ...]) -> Trace | None:
    """The sample with those pixels set by hand; None where the visitor stopped it."""
    from arviz_models.base import given_values
    from arviz_models.sampler import Request

    drawer = model(state.model)
    internals = tuple(row.name for row in _rows(state.model, state.layer, state.direction))
    given = given_values(drawer.event_shape, dict(flip)) if flip else None
    request: Request = Request(
        drawer, state.seed, given=given, temperature=state.temperature, internals=internals
    )
    key = ("draw", state.model, state.temperature, state.seed, flip, internals)
    return live.run(request, key)


def trace_arrays(trace: Trace, base: Trace) -> dict[str, np.ndarray]:
    """What the picture plays: one sample in raster order, and the same without flips.

    Returns:
        probs: (D, K) float32; u: (D,) float32; values and base: (D,) uint8.
    """
    return {
        "probs": trace.probs[:, 0].astype(np.float32),
        "u": trace.uniforms[:, 0].astype(np.float32),
        "values": trace.values[:, 0].astype(np.uint8),
        "base": base.values[:, 0].astype(np.uint8),
    }


@lru_cache(maxsize=32)
def _units(name: str) -> dict[str, int]:
    """How many units each of a checkpoint's internals has."""
    from arviz_models.analysis.internals import internal_sizes

    return internal_sizes(model(name))


def _inner_meta(rows: Sequence[Row], units: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows of bars, as the browser takes them."""
    return [
        {
            "symbol": row.symbol,
            "words": row.words,
            "units": units[row.name],
            "low": row.low,
            "high": row.high,
        }
        for row in rows
    ]


def _inner_arrays(state: Drawn, trace: Trace) -> dict[str, np.ndarray]:
    """row0, row1, ...: each (D, units) float16, half of what the trace takes."""
    rows = _rows(state.model, state.layer, state.direction)
    return {
        f"row{number}": trace.internals[row.name][:, 0].astype(np.float16)
        for number, row in enumerate(rows)
    }


@st.cache_data(show_spinner="Following every path through the layers", max_entries=8)
def first_layers(name: str) -> bytes:
    """What each pixel's probability reads, for all targets: sent once, kept in the browser."""
    from arviz_models.analysis.receptive_fields import first_seen

    return pack({"name": f"first layers {name}"}, {"first_seen": first_seen(model(name))})


# --- beside and below it --------------------------------------------------------------------------


def _controls(stage: Stage[Drawn], models: Mapping[str, str], beside: Mapping[str, str]) -> None:
    known = list(shipped(tuple(models)))
    if len(known) > 1:
        st.selectbox(
            "Model",
            known,
            format_func=lambda name: models[name],
            key=stage.key("model"),
            # There it is another digit.
            on_change=stage.link.on_change("model", lambda: stage.set(flip=())),
        )
    layers = _layers(stage.state.model)
    if layers > 1:
        st.segmented_control(
            "Inner state of layer",
            list(range(1, layers + 1)),
            key=stage.key("layer"),
            required=True,
            wrap=True,
        )
    if _has_directions(stage.state.model) and "inner" not in stage.hidden:
        st.segmented_control(
            "Gates of the direction",
            list(DIRECTIONS),
            format_func=DIRECTIONS.__getitem__,
            key=stage.key("direction"),
            required=True,
            wrap=True,
        )
        if stage.state.direction == RIGHT:
            st.caption(second_direction(stage.state.model, stage.state.layer))
    others = list(shipped(tuple(beside)))
    if others and "beside" not in stage.hidden:
        st.selectbox(
            "Beside it, the same random numbers",
            [NOTHING, *others],
            format_func=lambda name: beside.get(name, "nothing"),
            key=stage.key("beside"),
        )


def _take_away(stage: Stage[Drawn]) -> None:
    """The sample as figure, film and tables."""
    from arviz_models.figures import drawn_digit as figures

    draw = stage.made.get("trace")
    trace = draw() if draw is not None else None
    if trace is None:
        return
    state = stage.state
    files: lesson.Files = {
        "Animation, GIF": (partial(figures.animation, trace), "gif"),
        "Every pixel, CSV": (partial(figures.table, trace), "csv"),
        "Arrays, NPZ": (partial(figures.archive, trace), "npz"),
    }
    figure = figures.filmstrip(trace)
    lesson.downloads(f"{state.model}-{state.seed}", figure, files)
    st.pyplot(figure, alt="The figure that the buttons save")
