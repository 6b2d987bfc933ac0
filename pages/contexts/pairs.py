"""Trained networks that are matched: as many parameters, or the same test NLL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.ui import models

EQUAL_SIZE = {"pixelcnn": "pixelcnn-mnist14", "row": "row-lstm-mnist14"}
"""Checkpoints with as many parameters, of 14×14 digits, by the words of their networks."""

EQUALLY_GOOD = {"pixelcnn": "pixelcnn-mnist14", "row": "row-lstm-mnist14-small"}
"""Checkpoints with the same test NLL, likewise."""

SHARE, NATS = 0.05, 0.3
"""How far parameters (as a part) and test NLLs of a pair may be apart; a test holds it."""


def of_equal_size() -> dict[str, dict[str, Any]]:
    """The cards of the first pair by word, with their "name"; empty where one is missing."""
    return _cards(EQUAL_SIZE)


def equally_good() -> dict[str, dict[str, Any]]:
    """The same of the second pair."""
    return _cards(EQUALLY_GOOD)


def _cards(pair: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found = models.shipped(tuple(pair.values()))
    if len(found) < len(pair):
        return {}
    return {word: found[name] | {"name": name} for word, name in pair.items()}


def in_words(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures of a pair: what it has in common, and what not."""
    sizes = [f"{card['parameters']:,}" for card in cards.values()]
    nats = [f"{card['test_nll']:.2f}" for card in cards.values()]
    return (
        f"Both were trained on 14×14 digits. They have {sizes[0]} and {sizes[1]} parameters, and "
        f"their test NLL is {nats[0]} and {nats[1]} nats."
    )
