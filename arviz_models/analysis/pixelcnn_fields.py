"""PixelCNN and Gated PixelCNN side by side: what they read, and the masks of their kernels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from arviz_models.analysis.receptive_fields import first_seen
from arviz_models.analysis.side_by_side import Fields, Kernel, Panel, Way
from arviz_models.layers import MaskedConv2d
from arviz_models.pixelcnn import (
    GatedLayer,
    GatedPixelCNN,
    LeakyGatedPixelCNN,
    LeakyPixelCNN,
    PixelCNN,
)

VERTICAL = 2  # the bit of a weight on the vertical stack in a kernel's cells


@lru_cache(maxsize=8)
def pixelcnn_fields(size: int, kernel: int, first_kernel: int, first_mask: str) -> Fields:
    """What the two networks read on a size x size image, at every depth.

    Args:
        size: side of the image.
        kernel: side of the later kernels, odd.
        first_kernel: side of the first, odd.
        first_mask: "A", or "B" for networks broken on purpose.

    Raises:
        ValueError: another mask; else as `PixelCNN`.
    """
    if first_mask not in ("A", "B"):
        raise ValueError(f"the first mask is A, or B to break it; given {first_mask!r}")
    leaks = first_mask == "B"
    # Structure does not depend on features; one layer shows what the later ones are.
    settings: dict[str, Any] = {"features": 1, "layers": 1}
    settings |= {"kernel": kernel, "first_kernel": first_kernel}
    with torch.random.fork_rng(devices=[]):
        plain = (LeakyPixelCNN if leaks else PixelCNN)((1, size, size), **settings)
        gated = (LeakyGatedPixelCNN if leaks else GatedPixelCNN)((1, size, size), **settings)
    arrays = {
        "PixelCNN": first_seen(plain),
        "GatedPixelCNN": first_seen(gated),
        "vertical stack": first_seen(gated, stream=0),
        "PixelCNN first kernel": _mask(plain.first),
        "PixelCNN later kernels": _mask(plain.blocks[0].conv),
        "GatedPixelCNN first kernel": _masks(gated.first),
        "GatedPixelCNN later kernels": _masks(gated.blocks[0]),
    }
    first, later = f"{first_kernel}×{first_kernel}", f"{kernel}×{kernel}"
    notes = {
        "PixelCNN": (
            "a 1 on its own pixel: a leak" if leaks else "a 0 on its own pixel",
            "a 1 on its own feature, of earlier pixels",
        ),
        "GatedPixelCNN": (
            "left and itself, a leak: horizontal stack"
            if leaks
            else "above: vertical stack; left: horizontal",
            "vertical features hold rows above alone",
        ),
    }

    # The vertical stack reads rows above alone, and has no mask.
    masked = {"PixelCNN": "mask", "GatedPixelCNN": "horizontal mask"}

    def kernels(name: str) -> tuple[Kernel, Kernel]:
        of_first, of_later = (
            Kernel(title, note, cells, *arrays[cells].shape)
            for title, note, cells in zip(
                (f"first layer, {masked[name]} {first_mask}", f"later layers, {masked[name]} B"),
                notes[name],
                (f"{name} first kernel", f"{name} later kernels"),
                strict=True,
            )
        )
        return of_first, of_later

    panels = (
        Panel(
            "PixelCNN",
            f"{first}, mask {first_mask}, then {{depth}} layers of {later}, mask B",
            "PixelCNN",
            ("PixelCNN",),
            kernels=kernels("PixelCNN"),
        ),
        Panel(
            "Gated PixelCNN",
            f"{first}, then {{depth}} layers of {later}, in two stacks",
            "GatedPixelCNN",
            ("GatedPixelCNN", "vertical stack"),
            (
                Way("seen: vertical stack", "vertical stack", "vertical", ("vertical stack",)),
                Way(
                    "seen: horizontal stack alone",
                    "horizontal stack",
                    "horizontal",
                    ("GatedPixelCNN",),
                ),
            ),
            kernels("GatedPixelCNN"),
        ),
    )
    return Fields((size, size), panels, arrays)


def _mask(conv: MaskedConv2d) -> np.ndarray:
    """uint8 (k, k): the mask of one channel on itself."""
    return conv.group_mask[0, 0].numpy().astype(np.uint8)


def _masks(layer: GatedLayer) -> np.ndarray:
    """uint8 (rows, columns): 1 where the row is read, plus 2 where the vertical stack is."""
    vertical = layer.vertical_taps(1)[0, 0].numpy()
    row = layer.row.group_mask[0, 0, 0].numpy()
    cells = np.where(vertical, VERTICAL, 0).astype(np.uint8)
    cells[len(cells) // 2] |= row
    return cells
