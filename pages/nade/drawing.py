"""The picture of NADE at work, for every activity that draws a digit with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.nade.state import ORDERS, Drawing, title_of
from pages.ui import engine, hand, lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.models import cards, missing_checkpoint, model
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.sampler import Trace


def chosen_model(state: Drawing) -> Any:
    """The model in the order and with the start that the controls say."""
    view = model(state.model).with_start(state.start)
    if not view.order_agnostic:
        return view
    return view.with_order(_order(state, view.event_shape))


def _order(state: Drawing, event_shape: Sequence[int]) -> Any:
    from arviz_models.ordering import named_order

    return named_order(state.order, event_shape, state.seed)


def picture(stage: Stage[Drawing]) -> None:
    """One sample with the flips, pixel by pixel; the same without them is kept for comparison."""
    state = stage.state
    known = cards("NADE")
    if not known:
        st.error(missing_checkpoint("NADE"))
        return
    config = known[state.model]["config"]
    offered = engine.offer(stage, state.model)
    if offered is not None:  # the browser draws; its engine knows the model's own order
        drawn = bool(config.get("order_agnostic"))
        order = _order(state, config["event_shape"]).numpy().astype(np.int32) if drawn else None
        arrays = {} if order is None else {"order": order}
        stage.made["trace"] = partial(_drawn, state)
    else:
        found = _drawn_and_compared(state)
        if found is None:
            st.info("Stopped. Press **Reseed**, or change anything, to draw again.")
            return
        trace, arrays = found
        stage.made["trace"] = lambda: trace
        stage.cost = live.computed(live.cost(trace))
    _, rows, columns = config["event_shape"]
    meta = {
        "model": state.model,
        "rows": rows,
        "columns": columns,
        "order": state.order,
        "start": state.start,
        "engine": offered,
    }
    meta |= hand.meta(stage, seed=state.seed, temperature=state.temperature, flip=state.flip)
    mount(
        "nade",
        key="nade_picture",
        data=pack(stage.meta() | meta | look(), arrays),
        on_hand_change=lambda: hand.told(stage, "nade_picture"),
    )
    mount("weights", key="nade_weights", data=packed_weights(state.model))


def _drawn(state: Drawing, *, flipped: bool = True) -> Trace | None:
    """The server's sample; None where the visitor stopped it."""
    from arviz_models.base import given_values
    from arviz_models.sampler import Request

    nade = chosen_model(state)
    flip = state.flip if flipped else ()
    given = given_values(nade.event_shape, dict(flip)) if flip else None
    request = Request(nade, state.seed, temperature=state.temperature, given=given)
    key = (state.model, state.order, state.start, state.temperature, state.seed, flip)
    return live.run(request, key)


def _drawn_and_compared(state: Drawing) -> tuple[Trace, dict[str, np.ndarray]] | None:
    """The server's sample, and what the picture plays; None where the visitor stopped it.

    With flips it is compared with the same without them, otherwise with the start of the paper.
    """
    from arviz_models.figures.traces import trace_arrays
    from arviz_models.nade import first_hidden_units

    other = state if state.flip else replace(state, start="bias")
    base = _drawn(other, flipped=False)
    trace = _drawn(state) if base is not None else None
    if base is None or trace is None:
        return None
    first_h = first_hidden_units(chosen_model(state), state.seed)
    return trace, trace_arrays(trace, base, first_h)


@st.cache_data(show_spinner=False, max_entries=8)
def packed_weights(name: str) -> bytes:
    """The weights behind the picture, sent once and kept in the browser."""
    from arviz_models.analysis.weights import weight_arrays

    return pack({"name": name}, weight_arrays(model(name)))


def controls(stage: Stage[Drawing]) -> None:
    """Model and order; temperature and seed stand beside the picture."""
    known = cards("NADE")
    st.selectbox(
        "Model",
        list(known),
        format_func=title_of,
        key=stage.key("model"),
        # Other pixels have those places there.
        on_change=stage.link.on_change("model", lambda: stage.set(flip=())),
    )
    any_order = known.get(stage.state.model, {}).get("config", {}).get("order_agnostic", False)
    if any_order:
        st.selectbox("Order of the pixels", ORDERS, key=stage.key("order"))


def take_away(stage: Stage[Drawing]) -> None:
    """The sample as figure, film and tables."""
    from pages.nade import figures

    if why := stage.withheld("p"):
        st.caption(why)
        return
    draw = stage.made.get("trace")
    trace = draw() if draw is not None else None
    if trace is None:
        return
    name = f"nade-{stage.state.seed}"
    files: lesson.Files = {
        "Animation, GIF": (lambda: figures.animation(trace), "gif"),
        "Every step, CSV": (lambda: figures.table(trace), "csv"),
        "Arrays, NPZ": (lambda: figures.archive(trace), "npz"),
    }
    figure = figures.filmstrip(trace)
    lesson.downloads(name, figure, files)
    st.pyplot(figure, alt="The figure that the buttons save")
