"""The last layer of an image model at one pixel: the products that a logit adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from arviz_models.image_model import ImageModel


def last_weights(model: ImageModel) -> dict[str, np.ndarray]:
    """W (K', F) and b (K') of the last layer, float32; see `last_layer`."""
    layer = model.head.logits
    weight = (layer.weight * layer.mask).flatten(1)
    bias = layer.bias if layer.bias is not None else torch.zeros_like(weight[:, 0])
    return {name: _numpy(each) for name, each in (("W", weight), ("b", bias))}


def _numpy(array: torch.Tensor) -> np.ndarray:
    found: np.ndarray = array.detach().float().cpu().numpy()
    return found


def last_layer(model: ImageModel, x: np.ndarray, target: int) -> dict[str, np.ndarray]:
    r"""The features that the logits of one pixel are made of, with weights and bias.

    .. math:: z_k = b_k + \sum_f W_{kf} h_f

    The last layer is a 1x1 convolution: W and b are the same at every pixel, h differs.

    Args:
        model: of images with one channel. With two levels it has one logit, that of level 1.
        x: (H, W) integers 0..K-1.
        target: flat index of the pixel.

    Returns:
        h (F): features after the last ReLU. W (K', F), b (K'), z (K'): float32, K' = 1 with two
        levels and else K; z as the network gives it.
    """
    layer = model.head.logits
    kept: list[torch.Tensor] = []

    def keep(_: object, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        kept.extend([inputs[0], output])

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            model.logits(torch.from_numpy(x[None, None].astype(np.int64)).to(model.device))
    finally:
        handle.remove()
    h, z = (_numpy(each[0].flatten(1)[:, target]) for each in kept)
    return last_weights(model) | {"h": h, "z": z}
