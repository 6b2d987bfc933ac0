"""What a model says of one image: its conditionals, their gradients, the surprisal of each pixel.

Images here have one channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from arviz_models.analysis.receptive_fields import (
    first_seen,
    gradient_map,
)
from arviz_models.base import NOT_DRAWN, AutoregressiveModel

if TYPE_CHECKING:
    from arviz_models.image_model import ImageModel


Arrays = dict[str, np.ndarray]


def conditionals(model: AutoregressiveModel, x: np.ndarray) -> Arrays:
    """Every conditional at one image, by one pass.

    Args:
        model: of images with one channel, D pixels.
        x: (H, W) integers 0..K-1.

    Returns:
        logits: (D, K) float32, as the network gives them. log_p: (D, K) float32, nats.
    """
    logits, log_p = _conditionals(model, x[None])
    return {
        "logits": logits[0].float().cpu().numpy(),
        "log_p": log_p[0].float().cpu().numpy(),
    }


def field_table(model: ImageModel) -> Arrays:
    """first_seen: (D, D) uint8, [target, pixel], as `receptive_fields.first_seen`."""
    return {"first_seen": first_seen(model)}


def gradient(model: AutoregressiveModel, x: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """`receptive_fields.gradient_map` at an image x (H, W): float32 (H, W), nats."""
    height, width = x.shape
    return (
        gradient_map(model, _images(model, x[None]), target)
        .astype(np.float32)
        .reshape(height, width)
    )


def surprisal(model: AutoregressiveModel, x: np.ndarray) -> np.ndarray:
    r""":math:`-\log p(x_i \mid x_{\text{before}})` of every pixel of n images.

    Args:
        model: of images with one channel.
        x: (n, H, W) integers 0..K-1.

    Returns:
        float32 (n, H, W), nats; its sum over an image is -log p(x).
    """
    _, log_p = _conditionals(model, x)  # (n, D, K)
    value = torch.from_numpy(x.reshape(len(x), -1, 1).astype(np.int64)).to(log_p.device)
    of_value = -log_p.gather(-1, value).squeeze(-1)
    return of_value.float().cpu().numpy().reshape(x.shape)


def given_rows(x: np.ndarray, line: int, *, below: bool = False) -> torch.Tensor:
    """Rows of an image x (H, W) as `Request.given`, the others left to the model.

    Args:
        x: (H, W) integers 0..K-1.
        line: rows above it.
        below: whether the rows below the line are given, in place of those above it.

    Returns:
        long (1, 1, H, W), -1 where the model is to draw.
    """
    mask = np.zeros(x.shape, bool)
    mask[slice(line, None) if below else slice(line)] = True
    return given_pixels(x, mask)


def given_pixels(x: np.ndarray, mask: np.ndarray) -> torch.Tensor:
    """Some pixels of an image x (H, W) as `Request.given`, those where `mask` (H, W) is true.

    Returns:
        long (1, 1, H, W), -1 where the model is to draw.
    """
    return torch.from_numpy(np.where(mask, x.astype(np.int64), NOT_DRAWN))[None, None]


def given_first(given: torch.Tensor) -> torch.Tensor:
    """The order (D,) in which what is given comes first, then the rest, each part in raster order.

    Every conditional that is drawn can then read all that is given.

    Args:
        given: (1, *event_shape), -1 where the model is to draw.
    """
    return torch.argsort((given.flatten() == NOT_DRAWN).long(), stable=True)


def _images(model: AutoregressiveModel, x: np.ndarray) -> torch.Tensor:
    """(n, H, W) -> long (n, 1, H, W), where the model is."""
    return torch.from_numpy(x[:, np.newaxis].astype(np.int64)).to(model.device)


def _conditionals(model: AutoregressiveModel, x: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and log-probabilities of n images (n, H, W), each (n, D, K)."""
    with torch.no_grad():
        logits = model.logits(_images(model, x)).flatten(1, -2)
    return logits, torch.log_softmax(logits.double(), dim=-1)
