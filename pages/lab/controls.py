"""The controls of a training: Start, Pause, Stop; then all settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from arviz_models.analysis.lab_settings import (
    BUDGETS,
    DATA,
    KINDS,
    LEAST_RATE,
    MOST_BATCH,
    MOST_EPOCHS,
    MOST_LEVELS,
    MOST_RATE,
    MOST_SECONDS,
    MOST_SEED,
    ORDERS,
    OWN,
    Settings,
)
from pages.lab import here, images, own
from pages.lab.runs import LabRun, begin
from pages.lab.state import DEEPEST, WIDEST
from pages.ui.stage import Stage

TABLES = "lab.tables"


@st.cache_data(show_spinner="Reading the images", max_entries=200)
def _checked(settings: Settings) -> tuple[Any, str]:
    """What a training takes, or None and why it is refused."""
    from arviz_models.analysis.lab import NotPossible, check

    try:
        return check(settings), ""
    except NotPossible as refused:
        return None, str(refused)


def check(settings: Settings) -> tuple[Any, str]:
    return own.checked(settings) if settings.data == OWN else _checked(settings)


def controls(stage: Stage[Settings]) -> None:
    """Where it trains; then all settings."""
    size, refused = check(stage.state.used)
    lacking = stage.state.data == OWN and own.ready(stage.state) is None
    if refused and not lacking:
        st.error(refused)
    elif refused and stage.made.get("run") is not None:  # else it is said in the picture
        images.absent(stage, refused)
    elif not refused:
        st.caption(f"{size}. {here.choice(stage.state.used)}")
    _settings(stage)


def actions(stage: Stage[Settings]) -> None:
    """Start, Pause, Stop."""
    refused = check(stage.state.used)[1]
    run: LabRun | None = stage.made.get("run")
    live, paused = run is not None and run.live, run is not None and run.paused
    waits = run is not None and bool(run.asked_to)
    with st.container(horizontal=True, key="lab_buttons"):
        st.button(
            "Start",
            key="lab.start",
            type="primary",
            disabled=bool(refused),
            on_click=_start,
            args=(stage.state,),
        )
        resumes = paused and run is not None and run.settings is not None
        st.button(
            "Resume" if resumes else "Pause",
            key="lab.pause",
            disabled=waits or not (live or resumes),
            on_click=(begin if resumes else LabRun.pause) if run is not None else None,
            args=(run,) if run is not None else None,
        )
        st.button(
            "Stop",
            key="lab.stop",
            disabled=waits or not (live or resumes),
            on_click=run.finish if run is not None else None,
        )


def _start(settings: Settings) -> None:
    """Callback: a new run of these settings."""
    state = st.session_state
    state[TABLES] = state.get(TABLES, 0) + 1  # a new table: nothing is marked in it
    begin(here.made(settings))


def _settings(stage: Stage[Settings]) -> None:
    state = stage.state
    kind, key = state.kind, stage.key
    st.selectbox(
        "Model",
        list(KINDS),
        format_func=lambda name: KINDS[name].title,
        key=key("model"),
        on_change=stage.link.on_change("model", partial(_fitting, stage)),
    )
    st.selectbox(
        "Images",
        list(DATA),
        format_func=lambda name: DATA[name].title,
        key=key("data"),
        on_change=stage.link.on_change("data", partial(_fitting_images, stage)),
    )
    if state.data == OWN:
        images.told(state)
    boxes: list[Callable[[], object]] = [
        partial(st.number_input, _word(kind.width.word), 1, WIDEST, key=key("width"), step=1)
    ]
    if kind.depth is not None:
        depth = _word(kind.depth.word)
        boxes.append(partial(st.number_input, depth, 0, DEEPEST, key=key("depth"), step=1))
    if kind.orders:
        boxes.append(partial(st.selectbox, "Order", ORDERS, key=key("order")))
    boxes += [
        partial(
            st.number_input,
            "Learning rate",
            LEAST_RATE,
            MOST_RATE,
            key=key("rate"),
            format="%.5g",
            step=0.001,
        ),
        partial(st.number_input, "Batch size", 1, MOST_BATCH, key=key("batch"), step=1),
        partial(st.number_input, "Levels K", 2, MOST_LEVELS, key=key("levels"), step=1),
        partial(st.number_input, "Seed", 0, MOST_SEED, key=key("seed"), step=1),
    ]
    _in_pairs(boxes)
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    with left:
        st.segmented_control("It ends after", BUDGETS, key=key("budget"), required=True, wrap=True)
    with right:
        if state.budget == "epochs":
            st.number_input("Epochs", 1, MOST_EPOCHS, key=key("epochs"), step=1)
        else:
            st.number_input("Seconds", 1, MOST_SECONDS, key=key("seconds"), step=1)
    st.caption(
        "The learning rate falls to 0 along the epochs."
        if state.budget == "epochs"
        else "The learning rate stays: how many epochs there will be is not known."
    )


def _in_pairs(boxes: list[Callable[[], object]]) -> None:
    """Controls, two in a row."""
    for first in range(0, len(boxes), 2):
        places = st.columns(2, gap="small", vertical_alignment="bottom")
        for place, box in zip(places, boxes[first : first + 2], strict=False):
            with place:
                box()


def _word(word: str) -> str:
    return word[0].upper() + word[1:]


def _fitting(stage: Stage) -> None:
    """Callback: another model was chosen; it begins with what suits it."""
    kind = KINDS[st.session_state[stage.key("model")]]
    stage.link.set(width=kind.width.start, rate=kind.rate, batch=kind.batch)
    if kind.depth is not None:
        stage.link.set(depth=kind.depth.start)


def _fitting_images(stage: Stage) -> None:
    """Callback: other images were chosen."""
    if st.session_state[stage.key("data")] == OWN and own.mine().greys:
        images.suit(stage)
