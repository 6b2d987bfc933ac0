"""Test digits to pick from, for every lesson that shows a model at one."""

from __future__ import annotations

import random

import numpy as np
import streamlit as st

TEST_IMAGES = {"digits": 270, "mnist14": 10_000, "mnist_binary": 10_000, "mnist": 10_000}
TEST_DIGITS = TEST_IMAGES["mnist_binary"]


@st.cache_data(show_spinner="Opening the digits", max_entries=64)
def strip(data: str, levels: int, index: int) -> dict[str, np.ndarray]:
    """One test digit of each kind, `index` among them; their places in the test split."""
    from arviz_models.analysis.digit_strip import digit_strip
    from arviz_models.data import load_dataset

    return digit_strip(load_dataset(data, levels), index)


def chosen(found: dict[str, np.ndarray], index: int) -> np.ndarray:
    """The digit `index` of a strip that holds it: uint8 (H, W)."""
    [place] = np.flatnonzero(found["indices"] == index)
    digit: np.ndarray = found["images"][place]
    return digit


def picked(choice: int | None, of: int = TEST_DIGITS) -> int:
    """The test digit that was picked, one of so many; another one where that is left to chance."""
    return random.randrange(of) if choice is None else int(choice)
