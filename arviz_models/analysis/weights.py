"""NADE's weights as arrays, for the browser."""

from __future__ import annotations

import numpy as np

from arviz_models.nade import NADE


def weight_arrays(model: NADE) -> dict[str, np.ndarray]:
    """The weights behind the picture, for a binary model.

    Returns:
        W, V: (D, 1, H) float16, as the checkpoints hold them; U: (D, H) float16, or empty unless
        order-agnostic; b: (D,) and c: (H,) float32.
    """
    half = {name: getattr(model, name) for name in ("W", "V", "U")}
    arrays = {
        name: np.empty(0, np.float16) if value is None else value.detach().half().cpu().numpy()
        for name, value in half.items()
    }
    for name in ("b", "c"):
        arrays[name] = getattr(model, name).detach().float().cpu().numpy()
    return arrays
