"""The Diagonal BiLSTM's two directions: the diagonals they take at once, what they read.

Tables for the browser, which looks up every target and depth by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F

from arviz_models.analysis.receptive_fields import NEVER, first_seen
from arviz_models.diagonal_bilstm import DIRECTIONS, DiagonalBiLSTM, direction_reads
from arviz_models.layers import skew, spread

NOWHERE = -1  # in a skewed map: no pixel of the image
INPUTS = 3  # of the lecture's bidirectional RNN
MARKS = ("future", "target", "direct", "mirrored", "both", "depth-limited", "blind", "leak")


def bidirectional_reads(inputs: int = INPUTS) -> dict[str, np.ndarray]:
    """Which inputs the states of a bidirectional RNN can read: h_t reads x_t and what h_{t-1} read.

    Returns:
        direct, mirrored: uint8 (inputs, inputs), [state, input], from the first input on and from
        the last.
    """
    own = np.eye(inputs, dtype=np.uint8)

    def run(x: np.ndarray) -> np.ndarray:
        states: list[np.ndarray] = []
        for read in x:
            states.append(read | states[-1] if states else read)
        return np.stack(states)

    return dict(zip(DIRECTIONS, (run(own), run(own[::-1])[::-1]), strict=True))


@dataclass(frozen=True, eq=False)
class Diagonals:
    """A Diagonal BiLSTM on one image size.

    Attributes:
        shape: H, W.
        shift: whether the second direction is moved down by a row.
        arrays: by name. output: uint8 (H*W, H*W), [target, pixel], as `first_seen`. direct,
            mirrored: the first layer, from 1 on, in which that direction's state, as it is added
            at the target, reads the pixel. (A later one need not: with full context the mirrored
            direction finds the corner in layer 1 alone.) skewed direct, skewed mirrored: int32
            (H, W+H-1), the pixel that stands there, or -1. followed direct, followed mirrored:
            uint8 (H*W, H*W), [target, pixel], through how many diagonals that direction's states of
            the first layer have to be followed back, from the one that is added at the target,
            until one reads the pixel; states direct, states mirrored: the same for the state at
            each place. NEVER (255): it does not arrive.
    """

    shape: tuple[int, int]
    shift: bool
    arrays: Mapping[str, np.ndarray]

    @property
    def wavefronts(self) -> list[int]:
        """How many pixels there are on each diagonal: those computed at once."""
        counts: list[int] = (self.arrays["skewed direct"] != NOWHERE).sum(0).tolist()
        return counts

    def marks(self, target: int, depth: int) -> np.ndarray:
        """uint8 (H, W), indices into MARKS: what the output reads, and by which direction.

        Args:
            target: flat index.
            depth: layers after the first convolution. Where that alone reads (0), "direct".
        """
        output, direct, mirrored = (
            self.arrays[name][target] for name in ("output", "direct", "mirrored")
        )
        pixel = np.arange(output.size)
        read = output <= depth
        found = {
            "leak": read & (pixel >= target),
            "future": pixel > target,
            "target": pixel == target,
            "both": (direct <= depth) & (mirrored <= depth),
            "mirrored": mirrored <= depth,
            "direct": read,
            "depth-limited": output != NEVER,
        }
        numbers = [MARKS.index(name) for name in found]
        kinds = np.select(list(found.values()), numbers, MARKS.index("blind"))
        return kinds.astype(np.uint8).reshape(self.shape)

    def counts(self, target: int, depth: int) -> dict[str, int]:
        """How many pixels have each of MARKS."""
        pixels = np.bincount(self.marks(target, depth).ravel(), minlength=len(MARKS))
        return dict(zip(MARKS, pixels.tolist(), strict=True))


@lru_cache(maxsize=8)
def diagonals(size: int, first_kernel: int, full_context: bool, shift: bool) -> Diagonals:
    """What the two directions and the output read on a size x size image, at every depth.

    Args:
        size: side of the image.
        first_kernel: side of the first convolution, odd, at least 3.
        full_context: see `DiagonalBiLSTM`.
        shift: False for the network that leaks.

    Raises:
        ValueError: as `DiagonalBiLSTM`.
    """
    with torch.random.fork_rng(devices=[]):
        # Structure depends neither on features nor on depth.
        model = DiagonalBiLSTM(
            (1, size, size),
            features=1,
            layers=1,
            first_kernel=first_kernel,
            full_context=full_context,
            shift=shift,
        )
    image = torch.arange(size * size).view(size, size)
    ways = dict(zip(DIRECTIONS, (image, image.flip(1)), strict=True))
    skewed = {f"skewed {name}": _skewed(way) for name, way in ways.items()}
    arrays = {"output": first_seen(model)} | _directions(model) | skewed | _followed(model)
    return Diagonals((size, size), shift, arrays)


def _skewed(image: torch.Tensor) -> np.ndarray:
    """A map of flat indices, skewed: int32 (H, W+H-1), NOWHERE in the cells that were added."""
    return (skew(image - NOWHERE) + NOWHERE).numpy().astype(np.int32)


def _directions(model: DiagonalBiLSTM) -> dict[str, np.ndarray]:
    """The first layer after which each direction reads each pixel, [target, pixel], by name."""
    pixels = model.dimensions
    tables = {name: np.full((pixels, pixels), NEVER, np.uint8) for name in DIRECTIONS}
    reads, following = model.first_reads(), None
    layer = 0
    while following is None or not torch.equal(following, reads):
        reads, layer = reads if following is None else following, layer + 1
        mirrored = direction_reads(reads[0].flip(3)).flip(3)
        if model.shift:
            mirrored = F.pad(mirrored[:, :, :-1], (0, 0, 1, 0))
        for name, found in zip(DIRECTIONS, (direction_reads(reads[-1]), mirrored), strict=True):
            seen = found.flatten(1).T.numpy()  # [target, pixel]
            tables[name][seen & (tables[name] == NEVER)] = layer
        following = model.next_reads(reads)
    return tables


def _followed(model: DiagonalBiLSTM) -> dict[str, np.ndarray]:
    """How many diagonals each direction is followed back until it finds a pixel, or a state."""
    _, height, width = model.event_shape
    places = torch.eye(height * width, dtype=torch.bool).view(-1, 1, height, width)
    reads = model.first_reads()  # of the mirrored direction first, where the two differ
    found = {}
    for name, held, side in zip(DIRECTIONS, (reads[-1], reads[0]), (0, 2), strict=True):
        taps = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
        taps[0, 0, 0, 1] = taps[0, 0, 1, side] = True  # above, and on the left or on the right
        moved = name == "mirrored" and model.shift
        for what, begun in (("followed", held), ("states", places)):
            found[f"{what} {name}"] = _diagonals_back(begun, taps, width if moved else 0)
    return found


def _diagonals_back(held: torch.Tensor, taps: torch.Tensor, moved: int) -> np.ndarray:
    """uint8 [target, j]: diagonals from a target's state back to the nearest one that holds j.

    Args:
        held: bool (D, 1, H, W), [j, 0, y, x]: whether the state at that place holds j by itself.
        taps: bool (1, 1, 3, 3): which states a state is computed from.
        moved: how many places further on in raster order the state is added.
    """
    found = torch.full(held.shape, NEVER, dtype=torch.uint8)
    for diagonals_back in range(sum(held.shape[2:]) - 1):
        found.masked_fill_(held & (found == NEVER), diagonals_back)
        held = spread(held, taps)
    table = found.flatten(1).T.contiguous().numpy()
    if moved:
        table = np.concatenate([np.full_like(table[:moved], NEVER), table[:-moved]])
    return table
