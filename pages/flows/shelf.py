"""What the server keeps of trained flows, for all sessions: little, and never more than a bound.

A flow is determined by its data, its settings, its seed and the number of steps it has learned. So
none of this has to be kept: what was put away for something newer is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.ui.shelf import Shelf

MOST_LEARNED = 12_000_000  # bytes: about 25 trainings
MOST_PICTURES = 8_000_000  # bytes: about 10 pictures


@dataclass(frozen=True)
class Learned:
    """One training, or the first part of one.

    Attributes:
        weights: float32, all parameters one after the other.
        losses: float32, one a step.
        seconds: that the training took.
        kept: step and loss of each picture.
        frames: the arrays of each picture.
    """

    weights: np.ndarray
    losses: np.ndarray
    seconds: float
    kept: tuple[dict[str, Any], ...]
    frames: tuple[dict[str, np.ndarray], ...]

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        arrays = [array for frame in self.frames for array in frame.values()]
        return sum(array.nbytes for array in (self.weights, self.losses, *arrays))


@st.cache_resource(show_spinner=False)
def learned() -> Shelf:
    """Trainings, by settings and steps learned."""
    return Shelf(MOST_LEARNED)


@st.cache_resource(show_spinner=False)
def pictures() -> Shelf:
    """The arrays of pictures of flows that do not learn now, by the same."""
    return Shelf(MOST_PICTURES)
