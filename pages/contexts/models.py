"""The checkpoint of each network that the contexts page sets side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from arviz_models.analysis.networks import NETWORKS
from pages.ui.models import cards

DATA = "mnist_binary"
TITLES = {
    "pixelcnn-mnist": "PixelCNN",
    "gated-pixelcnn-mnist": "Gated PixelCNN",
    "row-lstm-mnist": "Row LSTM",
    "diagonal-bilstm-mnist": "Diagonal BiLSTM",
    "diagonal-bilstm-mnist-full": "Full context",
}
"""The five that draw side by side, as a picture calls them."""


@st.cache_data(show_spinner=False, max_entries=4)
def of_equal_size() -> dict[str, dict[str, Any]]:
    """By word, what stands for the card of an image network as large as the shipped Row LSTM.

    They have the layers of the shipped ones, as many features as bring their parameters nearest,
    and random weights: times do not depend on those. Empty where there is no Row LSTM.
    """
    from arviz_models.analysis.equal_size import build, of_size, parameters

    cards = shipped()
    found: dict[str, dict[str, Any]] = {}
    for word, card in cards.items():
        if "row" in cards and "features" in card["config"]:
            config = of_size(card["class"], card["config"], cards["row"]["parameters"])
            found[word] = {
                "name": f"equal size {word}",
                "class": card["class"],
                "config": config,
                "parameters": parameters(build(card["class"], config)),
            }
    return found


@st.cache_resource(show_spinner=False, max_entries=8)
def untrained(word: str) -> Any:
    """One of `of_equal_size`, on the device that serves all sessions.

    Raises:
        DeviceError: the device is not there.
    """
    from arviz_models.analysis.equal_size import build
    from arviz_models.device import choose_device

    card = of_equal_size()[word]
    return build(card["class"], card["config"]).to(choose_device())


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
