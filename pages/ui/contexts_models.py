"""The checkpoint of each network that the contexts page sets side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from arviz_models.figures.networks import NETWORKS
from pages.ui.models import cards

DATA = "mnist_binary"


@st.cache_data(show_spinner=False, max_entries=1, ttl=60)
def shipped() -> dict[str, dict[str, Any]]:
    """The card of each network's checkpoint, by its word, with its "name"; the best of several.

    All of binary digits of one size, so that their figures can be compared. A network whose
    checkpoint is missing or damaged is left out.
    """
    found: dict[str, dict[str, Any]] = {}
    for word, network in NETWORKS.items():
        fitting = [
            card | {"name": name}
            for name, card in cards(network.kind).items()
            if card["data"] == DATA and card["levels"] == 2 and network.has(card)
        ]
        if fitting:
            found[word] = min(fitting, key=lambda card: card["test_nll"])
    return found
