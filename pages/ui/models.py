"""Shipped models for the pages: loaded once for all sessions."""

from __future__ import annotations

from typing import Any

import streamlit as st

IN_THE_LAB = "mnist14"
"""Images whose models the lab compares, and lessons do not offer: 8×8 or 28×28 is enough there."""


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
    """Cards of the readable shipped checkpoints of a class that lessons offer, by name.

    A damaged card is passed over here: the others still open.
    """
    from arviz_models.cards import CheckpointError, list_pretrained, read_card

    found = {}
    for name in list_pretrained():
        try:
            card = read_card(name)
        except CheckpointError:
            continue
        if card["class"] == model_class and card.get("data") != IN_THE_LAB:
            found[name] = card
    return found


@st.cache_data(show_spinner=False, max_entries=64, ttl=60)
def shipped(names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Cards of those checkpoints that are there and can be read, by name, in this order."""
    from arviz_models.cards import CheckpointError, list_pretrained, read_card

    found = {}
    there = set(list_pretrained())
    for name in names:
        try:
            if name in there:
                found[name] = read_card(name)
        except CheckpointError:
            continue
    return found


def missing_checkpoint(model_class: str) -> str:
    """What to say where no checkpoint of a class is found."""
    name = model_class.lower()
    return (
        f"No trained {model_class} was found in `assets/checkpoints`. Restore that folder, or "
        f"train one: `python -m arviz_models train {name} --data digits --name {name}-digits`"
    )
