"""Sheets of samples."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

GAP = 2  # pixels of paper between two samples


def sheet(x: np.ndarray, levels: int, columns: int | None = None, scale: int = 1) -> np.ndarray:
    """Images side by side, ink on paper.

    Args:
        x: (n, C, H, W) integers 0..levels-1; C is 1 or 3.
        levels: K.
        columns: images a row; None for about a square.
        scale: screen pixels a pixel.

    Returns:
        uint8 (height, width, 3); with C = 1 the highest level is black.
    """
    n, channels, height, width = x.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    shape = (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3)
    out = np.full(shape, 255, dtype=np.uint8)
    grey = np.rint(x * (255 / (levels - 1))).astype(np.uint8)
    if channels == 1:
        grey = np.repeat(255 - grey, 3, axis=1)
    for k, image in enumerate(grey):
        top, left = GAP + (k // columns) * (height + GAP), GAP + (k % columns) * (width + GAP)
        out[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return out.repeat(scale, axis=0).repeat(scale, axis=1)


def save_sheet(x: np.ndarray, levels: int, path: Path, scale: int = 3) -> None:
    """Write `sheet` as PNG; vectors (n, D) become images of one row.

    Raises:
        OSError: `path` cannot be written.
    """
    images = x if x.ndim == 4 else x.reshape(len(x), 1, 1, -1)
    Image.fromarray(sheet(images, levels, scale=scale)).save(path, format="PNG")
