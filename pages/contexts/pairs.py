"""Trained networks that are matched, two or three: as many parameters, or the same test NLL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arviz_models.figures.numbers import listed
from pages.ui import models

EQUAL_SIZE = {
    "pixelcnn": "pixelcnn-mnist14",
    "row": "row-lstm-mnist14",
    "diagonal": "diagonal-bilstm-mnist14",
}
"""Checkpoints with as many parameters, of 14×14 digits, by the words of their networks."""

EQUALLY_GOOD = {"pixelcnn": "pixelcnn-mnist14", "row": "row-lstm-mnist14-small"}
"""Checkpoints with the same test NLL, likewise."""

SHARE, NATS = 0.05, 0.3
"""How far parameters (as a part) and test NLLs of any two may be apart; a test holds it."""


def of_equal_size() -> dict[str, dict[str, Any]]:
    """The cards of the first ones by word, with their "name"; empty where one is missing."""
    return _cards(EQUAL_SIZE)


def equally_good() -> dict[str, dict[str, Any]]:
    """The same of the second ones."""
    return _cards(EQUALLY_GOOD)


def _cards(pair: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found = models.shipped(tuple(pair.values()))
    if len(found) < len(pair):
        return {}
    return {word: found[name] | {"name": name} for word, name in pair.items()}


def in_words(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures of matched networks: what they have in common, and what not."""
    sizes = listed([f"{card['parameters']:,}" for card in cards.values()], "; ")
    nats = listed([f"{card['test_nll']:.2f}" for card in cards.values()], "; ")
    every = "Both" if len(cards) == 2 else "All"
    return (
        f"{every} were trained on 14×14 digits. They have {sizes} parameters, and their test NLL "
        f"is {nats} nats."
    )
