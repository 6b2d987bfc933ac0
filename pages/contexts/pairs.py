"""Trained networks that are matched: as many parameters, or the same test NLL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.contexts.models import shipped
from pages.ui import models

EQUAL_SIZE = {"pixelcnn": "pixelcnn-mnist14", "row": "row-lstm-mnist14"}
"""Checkpoints with as many parameters, of 14×14 digits, by the words of their networks."""

EQUALLY_GOOD = ("row", "diagonal")
"""Networks of 28×28 digits with the same test NLL."""

SHARE, NATS = 0.05, 0.3
"""How far parameters (as a part) and test NLLs of a pair may be apart; a test holds it."""


def of_equal_size() -> dict[str, dict[str, Any]]:
    """The cards of the first pair by word, with their "name"; empty where one is missing."""
    found = models.shipped(tuple(EQUAL_SIZE.values()))
    if len(found) < len(EQUAL_SIZE):
        return {}
    return {word: found[name] | {"name": name} for word, name in EQUAL_SIZE.items()}


def equally_good() -> dict[str, dict[str, Any]]:
    """The same of the second pair."""
    known = shipped()
    if not known.keys() >= {*EQUALLY_GOOD}:
        return {}
    return {word: known[word] for word in EQUALLY_GOOD}


def in_words(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """What the pair of equal size has in common, and what not."""
    sizes = [f"{card['parameters']:,}" for card in cards.values()]
    nats = [f"{card['test_nll']:.2f}" for card in cards.values()]
    return (
        f"Both were trained on 14×14 digits, and have about as many parameters: {sizes[0]} and "
        f"{sizes[1]}. Their test NLL is {nats[0]} and {nats[1]} nats."
    )
