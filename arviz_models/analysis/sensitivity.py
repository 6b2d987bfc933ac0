"""What a trained network makes of one pixel: its gradient, its probability, how far it looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arviz_models.analysis.conditionals import gradient, surprisal
from arviz_models.analysis.receptive_fields import NAMES, receptive_field
from arviz_models.base import AutoregressiveModel


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How one trained network predicts one pixel of one image, and what from.

    Attributes:
        gradient: float32 (H, W), `receptive_fields.gradient_map`, nats.
        probability: that it gave the value which the pixel has, 0..1.
        nats: -log p of the whole image.
        near: the least n with at least half of all gradient at pixels that are read within n rows
            and columns of the target; 0 where there is none.
    """

    gradient: np.ndarray
    probability: float
    nats: float
    near: int


def sensitivity(model: AutoregressiveModel, x: np.ndarray, target: int) -> Sensitivity:
    """What a network makes of a pixel.

    Args:
        model: of images with one channel, in raster order.
        x: (H, W) integers 0..K-1.
        target: flat index.
    """
    row, column = divmod(target, x.shape[1])
    found = gradient(model, x, (row, column))
    nats = surprisal(model, x[None])[0]
    read = receptive_field(model, (row, column)).classes == NAMES.index("seen")
    distance = near(np.where(read, found, 0), target)
    return Sensitivity(found, float(np.exp(-nats[row, column])), float(nats.sum()), distance)


def near(gradient: np.ndarray, target: int) -> int:
    """`Sensitivity.near` of a gradient (H, W)."""
    down, across = np.indices(gradient.shape)
    row, column = divmod(target, gradient.shape[1])
    distance = np.maximum(abs(down - row), abs(across - column))
    within = np.cumsum(np.bincount(distance.ravel(), gradient.ravel()))
    return int(np.argmax(within >= within[-1] / 2))
