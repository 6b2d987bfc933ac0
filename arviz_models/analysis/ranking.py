"""How right a ranking is."""

from __future__ import annotations

from collections.abc import Sequence


def places_right(guess: Sequence[str], order: Sequence[str]) -> int:
    """How many stand at the same place in both rankings."""
    return sum(one == other for one, other in zip(guess, order, strict=True))


def pairs_right(guess: Sequence[str], order: Sequence[str]) -> tuple[int, int]:
    """How many pairs stand in the same order in both rankings, and how many pairs there are."""
    place = {name: number for number, name in enumerate(order)}
    pairs = [place[one] < place[other] for k, one in enumerate(guess) for other in guess[k + 1 :]]
    return sum(pairs), len(pairs)
