"""What attention weighs at one pixel, and the probability that follows."""

from __future__ import annotations

import numpy as np
import torch

from arviz_models.pixel_snail import PixelSNAIL


@torch.no_grad()
def weights_and_p(
    model: PixelSNAIL, x: np.ndarray, target: tuple[int, int]
) -> tuple[np.ndarray, float]:
    """Attention weights of a target, and its probability of ink.

    Args:
        x: (H, W) 0 or 1.
        target: row and column.

    Returns:
        (blocks heads, 1 + H W) float32, the empty key first; and p.
    """
    image = torch.from_numpy(x[None, None].astype(np.int64)).to(model.device)
    found = model.weights(image, target)[0, :, 0].flatten(0, 1).float().cpu().numpy()
    logits = model.logits(image)[0, 0, target[0], target[1]].double()
    return found, float(torch.softmax(logits, -1)[1])
