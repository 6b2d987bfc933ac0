"""Row LSTM: the triangle of states, and the pixels that these states read.

A Row LSTM of `layers` layers reads a pixel where some state of its last layer reads it that the
recurrence carries down to the target. Which states those are follows from the taps of the
state-to-state component; what a state reads of the image, from its input-to-state component and
from the layers below. Both are pushed down the rows as boolean relations, with the model's own
kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from arviz_models.analysis.receptive_fields import NEVER, first_seen
from arviz_models.layers import spread
from arviz_models.row_lstm import RowLSTM

MOST_LAYERS = 12
NOT_YET = "not yet"  # read or not: that depends on rows which are not followed yet


@dataclass(frozen=True, eq=False)
class RowReads:
    """What Row LSTMs of one kind read, with 1 to 12 layers, for every target at once.

    D = H W; targets, states and pixels are flat indices in raster order. NEVER (255) in a table
    stands for none at all.

    Attributes:
        shape: H, W.
        first_kernel: side of the first convolution, None in the bare form.
        kernel: k.
        states: uint8 (D, D), [target, place]: how many rows above the target the state at that
            place is, if it is one of those that reach the target's.
        rows: uint8 (12, D, D), [layers - 1, target, pixel]: how many rows above the target the
            lowest state of the last layer is that reads the pixel and reaches the target.
        layers: uint8 (D, D), [target, pixel]: the fewest layers with which the pixel is read.
        masks: by name, the kernels' rows: 1 where a weight is used, 0 where it is masked.
    """

    shape: tuple[int, int]
    first_kernel: int | None
    kernel: int
    states: np.ndarray
    rows: np.ndarray
    layers: np.ndarray
    masks: dict[str, list[list[int]]]

    @property
    def last(self) -> int:
        """The last layer that adds a pixel, for any target."""
        return int(self.layers[self.layers != NEVER].max(initial=1))

    def meta(self) -> dict[str, Any]:
        """All but the tables, as JSON holds it."""
        return {
            "rows": self.shape[0],
            "columns": self.shape[1],
            "first_kernel": self.first_kernel,
            "kernel": self.kernel,
            "last": self.last,
            "most_layers": MOST_LAYERS,
            "masks": self.masks,
        }

    def tables(self) -> dict[str, np.ndarray]:
        """The tables by name."""
        return {"states": self.states, "rows": self.rows, "layers": self.layers}

    def classes(self, target: int, layers: int, rows: int) -> list[str]:
        """What each pixel is to the target once so many rows are followed: NAMES or NOT_YET.

        Of rows further up nothing is told but what is read already.

        Args:
            target: flat index.
            layers: 1..12.
            rows: how many rows above the target the recurrence is followed.
        """
        lowest = target // self.shape[1] - rows  # states above it are not followed

        def name(pixel: int) -> str:
            if pixel >= target:
                return "target" if pixel == target else "future"
            if self.rows[layers - 1, target, pixel] <= rows:
                return "seen"
            if pixel // self.shape[1] < lowest:
                return NOT_YET
            return "blind" if self.layers[target, pixel] == NEVER else "depth-limited"

        return [name(pixel) for pixel in range(self.shape[0] * self.shape[1])]


@lru_cache(maxsize=16)
def row_reads(size: int, kernel: int, first_kernel: int | None) -> RowReads:
    """What Row LSTMs read on a size x size image.

    Args:
        size: side of the image.
        kernel: k, odd, at least 3.
        first_kernel: side of the first convolution, odd; None for the bare form.

    Raises:
        ValueError: as `RowLSTM`.
    """
    # Structure does not depend on features; the second layer shows what all later ones are.
    with torch.random.fork_rng(devices=[]):
        model = RowLSTM((1, size, size), 2, 1, 2, kernel, first_kernel)
    first_lstm, later_lstm = model.lstms
    image = torch.eye(size * size, dtype=torch.bool).view(-1, 1, size, size)
    # What the input of the first, second, ... Row LSTM reads.
    below = chain([image] if model.first is None else [], model.reads_by_layer())
    rows = []
    for layer, reads in zip(range(1, MOST_LAYERS + 1), below, strict=False):
        lstm = first_lstm if layer == 1 else later_lstm
        held = lstm.input_to_state.spread(reads)
        rows.append(rows_above(held, lstm.state_to_state))

    following = first_seen(model)
    needed = following + 1 if model.first is None else np.maximum(following, 1)
    masks = {} if model.first is None else {"first": model.first.group_mask}
    masks["input to state"] = first_lstm.input_to_state.group_mask
    if model.first is None:  # with a first layer all Row LSTMs have the same mask
        masks["input to state, later layers"] = later_lstm.input_to_state.group_mask
    masks["state to state"] = state_taps(first_lstm.state_to_state)[:, :, :1]
    return RowReads(
        shape=(size, size),
        first_kernel=first_kernel,
        kernel=kernel,
        states=rows_above(image, first_lstm.state_to_state),
        rows=np.stack(rows),
        layers=np.where(following == NEVER, NEVER, needed).astype(np.uint8),
        masks={name: mask[0, 0].int().tolist() for name, mask in masks.items()},
    )


def state_taps(conv: nn.Conv2d) -> Tensor:
    """bool (1, 1, 3, k): the state-to-state component as taps of `spread`, on the row above."""
    _, width = conv.kernel_size
    taps = torch.zeros(1, 1, 3, width, dtype=torch.bool)
    taps[:, :, 0] = True
    return taps


def rows_above(held: Tensor, conv: nn.Conv2d) -> np.ndarray:
    """How far the recurrence has to be followed until a state holds something.

    Args:
        held: bool (D, 1, H, W), [j, 0, y, x]: whether the state at that place takes j in by itself,
            not from the row above.
        conv: the state-to-state component.

    Returns:
        uint8 (H W, D), [target, j]: rows between the target and the lowest state that takes j in
        and reaches the target; NEVER where there is none.
    """
    taps = state_taps(conv)
    found = torch.full(held.shape, NEVER, dtype=torch.uint8)
    for rows in range(held.shape[2]):
        found.masked_fill_(held & (found == NEVER), rows)
        held = spread(held, taps)
    table: np.ndarray = found.flatten(1).T.contiguous().numpy()
    table.setflags(write=False)
    return table
