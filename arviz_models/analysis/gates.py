"""A Row LSTM's gates, cell and hidden state at every pixel of a digit."""

from __future__ import annotations

import numpy as np
import torch

from arviz_models.row_lstm import RowLSTM


def gate_arrays(model: RowLSTM, x: np.ndarray, layer: int) -> dict[str, np.ndarray]:
    """Gates, cell and hidden state of one layer at every pixel of a binary image.

    Args:
        model: of two levels and one channel.
        x: (H, W) integers 0..1.
        layer: 1 for the lowest Row LSTM, up to `model.layers`.

    Returns:
        internals: (6, F, H, W) float32, o, f, i, g, c, h. p: (H, W) float32, p(x = 1 | before).

    Raises:
        ValueError: the model has no such layer.
    """
    if not 1 <= layer <= model.layers:
        raise ValueError(f"layer is from 1 to {model.layers}; given {layer}")
    internals, p = gates(model, x)
    return {"internals": internals[layer - 1], "p": p}


def gates(model: RowLSTM, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 (layers, 6, F, H, W), and p(x = 1 | before) (H, W), at a binary image."""
    image = torch.from_numpy(x.astype(np.int64))[None, None].to(model.device)
    with torch.no_grad():
        p = torch.softmax(model.logits(image), -1)[0, 0, :, :, 1]
    return model.internals(image).float().cpu().numpy(), p.float().cpu().numpy()
