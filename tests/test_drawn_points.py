"""A drawing in a link: what was drawn comes back, and whatever else a link holds is refused."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from arviz_models.drawn_points import (
    CELLS,
    FEWEST_POINTS,
    LONGEST,
    MOST_POINTS,
    WINDOW,
    from_text,
    to_text,
)

CELL = 2 * WINDOW / CELLS


def points(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-WINDOW, WINDOW, (count, 2))


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


@given(some.integers(FEWEST_POINTS, MOST_POINTS), some.integers(0, 999))
def test_each_point_comes_back_in_its_cell_and_the_text_again(count: int, seed: int) -> None:
    drawn = points(count, seed)
    text = to_text(drawn)
    again = from_text(text)
    assert len(again) == count
    cells = np.floor((drawn + WINDOW) / CELL)
    ordered = cells[np.lexsort((cells[:, 0], cells[:, 1]))]
    assert np.allclose(again, (ordered + 0.5) * CELL - WINDOW)
    assert to_text(again) == text


def test_the_most_points_fit_into_a_link() -> None:
    assert len(to_text(points(MOST_POINTS))) < LONGEST
    assert len(to_text(points(600))) < 1200


def test_points_outside_the_pad_go_to_its_edge() -> None:
    again = from_text(to_text([*points(60), [9.0, -9.0]]))
    assert np.abs(again).max() < WINDOW


@given(some.text(max_size=300))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"letters|Copy link|points"):
        from_text(text)


@given(some.binary(max_size=400))
def test_any_other_bytes_are_refused_or_points_of_the_pad(raw: bytes) -> None:
    try:
        found = from_text(packed(raw))
    except ValueError:
        return
    assert FEWEST_POINTS <= len(found) <= MOST_POINTS
    assert np.abs(found).max() < WINDOW


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\x01" * 10, "given 10"),
        (b"\x01" * (MOST_POINTS + 1), "given 2,001"),
        (b"\x00" * 1_000_000, "given 6,001"),  # a small text of many points
        (b"\x00" * 60, "line or spot"),
        (b"\xff\xff\xff\x7f" * 60, "Copy link"),
        (b"\xff\x7f" * 60, "Copy link"),  # beyond the last cell
        (b"\x01" * 60 + b"\x80", "Copy link"),  # ends in the middle of a number
    ],
)
def test_bytes_that_will_not_do_are_refused_in_words(raw: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_text(packed(raw))
