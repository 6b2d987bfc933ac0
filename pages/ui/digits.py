"""Test digits to pick from, for every lesson that shows a model at one."""

from __future__ import annotations

import numpy as np
import streamlit as st

TEST_DIGITS = 10_000  # of MNIST


@st.cache_data(show_spinner="Opening the digits", max_entries=64)
def strip(data: str, levels: int, index: int) -> dict[str, np.ndarray]:
    """One test digit of each kind, `index` among them; their places in the test split."""
    from arviz_models.data import load_dataset
    from arviz_models.figures.pixelcnn_drawing import digit_strip

    return digit_strip(load_dataset(data, levels), index)


def chosen(found: dict[str, np.ndarray], index: int) -> np.ndarray:
    """The digit `index` of a strip that holds it: uint8 (H, W)."""
    [place] = np.flatnonzero(found["indices"] == index)
    digit: np.ndarray = found["images"][place]
    return digit
