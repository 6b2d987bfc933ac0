"""All networks side by side: what each reads of one image, and what sets them apart.

"Layers" counts those after the first convolution, the same number for every network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.receptive_fields import NEVER, first_seen
from arviz_models.analysis.side_by_side import Fields, Panel
from arviz_models.base import AutoregressiveModel
from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.image_model import ImageModel
from arviz_models.made import MADE
from arviz_models.nade import NADE
from arviz_models.pixelcnn import GatedPixelCNN, PixelCNN
from arviz_models.row_lstm import RowLSTM

KERNEL = 3  # of later convolutions and of the Row LSTM's states, as in the papers


def every_layer(model: AutoregressiveModel) -> np.ndarray:
    """What `first_seen` says, for models without layers that reach further too.

    Returns:
        uint8 (H*W, H*W), [target, pixel]: 0 where such a model reads the pixel, else NEVER.
    """
    if isinstance(model, ImageModel):
        return first_seen(model)
    return np.where(model.dependencies().cpu().numpy(), 0, NEVER).astype(np.uint8)


@lru_cache(maxsize=8)
def contexts(size: int, first_kernel: int) -> Fields:
    """What every network reads on a size x size image with one channel, at every depth.

    Args:
        size: side of the image.
        first_kernel: side of the first convolution, odd, at least 3; NADE and MADE have none.

    Raises:
        ValueError: as the networks.
    """
    shape, D = (1, size, size), size * size
    # Structure does not depend on features; one layer shows what all later ones are.
    small: dict[str, Any] = {"features": 1, "layers": 1, "first_kernel": first_kernel}
    with torch.random.fork_rng(devices=[]):
        models: dict[str, AutoregressiveModel] = {
            "pixelcnn": PixelCNN(shape, kernel=KERNEL, **small),
            "gated": GatedPixelCNN(shape, kernel=KERNEL, **small),
            "row": RowLSTM(shape, kernel=KERNEL, **small),
            "diagonal": DiagonalBiLSTM(shape, **small),
            "full": DiagonalBiLSTM(shape, full_context=True, **small),
            "nade": NADE(shape, hidden=1),
            "made": MADE(shape, hidden=(D,), degrees="even"),  # units of every degree
        }
    return _fields(models)


def trained(models: Mapping[str, AutoregressiveModel]) -> Fields:
    """What trained networks read, each with the kernels that it has.

    Args:
        models: by their words in NETWORKS; of one image size with one channel, in raster order.
    """
    return _fields(models)


def _fields(models: Mapping[str, AutoregressiveModel]) -> Fields:
    shape: tuple[int, int] = next(iter(models.values())).event_shape[1:]  # type: ignore[assignment]
    panels = tuple(
        Panel(NETWORKS[word].title, subtitle(model), word, (word,))
        for word, model in models.items()
    )
    return Fields(shape, panels, {word: every_layer(model) for word, model in models.items()})


def subtitle(model: AutoregressiveModel) -> str:
    """The layers of a network in a few words; {layers} stands for those after the first."""
    if not isinstance(model, ImageModel):
        return "a running sum" if isinstance(model, NADE) else "masks on a dense layer"
    first = f"{model.first_kernel}×{model.first_kernel} + {{layers}}"
    if isinstance(model, PixelCNN):
        return f"{first} of {model.kernel}×{model.kernel}"
    if isinstance(model, GatedPixelCNN):
        return f"{first}, two stacks"
    return f"{first}, k = {model.kernel}" if isinstance(model, RowLSTM) else first


# --- what sets two networks apart -----------------------------------------------------------------


def reads(fields: Fields, target: int, depths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """bool (H*W,) for each network: which earlier pixels it reads.

    Args:
        target: flat index.
        depths: layers after the first that each has, by its word.
    """
    earlier = np.arange(fields.shape[0] * fields.shape[1]) < target
    return {
        word: (table[target] <= depths[word]) & earlier for word, table in fields.arrays.items()
    }


def differences(fields: Fields, target: int, depths: Mapping[str, int]) -> np.ndarray:
    """int (networks, networks): how many pixels the network of the row reads and that of the
    column does not. Arguments as for `reads`."""
    rows = np.stack(list(reads(fields, target, depths).values()))
    found: np.ndarray = (rows[:, None] & ~rows[None]).sum(-1)
    return found


def missed_by_one(
    fields: Fields, words: Sequence[str], target: int, depths: Mapping[str, int]
) -> dict[int, str]:
    """The earlier pixels that exactly one of some networks does not read: pixel -> its word."""
    rows = reads(fields, target, depths)
    missing = np.stack([~rows[word][:target] for word in words])
    return {
        int(pixel): words[int(missing[:, pixel].argmax())]
        for pixel in np.flatnonzero(missing.sum(0) == 1)
    }


def chosen(fields: Fields, words: Sequence[str]) -> Fields:
    """Some of the networks alone, in their own order."""
    panels = tuple(panel for panel in fields.panels if panel.table in words)
    return replace(fields, panels=panels, arrays={p.table: fields.arrays[p.table] for p in panels})
