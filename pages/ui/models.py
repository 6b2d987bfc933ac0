"""Shipped models for the pages: loaded once for all sessions."""

from __future__ import annotations

from typing import Any

import streamlit as st


@st.cache_resource(show_spinner="Loading the model", max_entries=16)
def model(name: str) -> Any:
    """The shipped model called `name`, on the device that serves all sessions.

    Raises:
        CheckpointError, DeviceError: what is wrong, in words for the visitor.
    """
    from arviz_models.pretrained import load_pretrained

    return load_pretrained(name)


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def cards(model_class: str) -> dict[str, dict[str, Any]]:
    """Cards of all readable shipped checkpoints of a class, by name.

    A damaged card is passed over here: the others still open.
    """
    from arviz_models.cards import CheckpointError, list_pretrained, read_card

    found = {}
    for name in list_pretrained():
        try:
            card = read_card(name)
        except CheckpointError:
            continue
        if card["class"] == model_class:
            found[name] = card
    return found


def problem(model_class: str) -> str:
    """What to say where no checkpoint of a class is found."""
    name = model_class.lower()
    return (
        f"No trained {model_class} was found in `assets/checkpoints`. Restore that folder, or "
        f"train one: `python -m arviz_models train {name} --data digits --name {name}-digits`"
    )
