"""What several networks read of one image, side by side, at every depth.

A table of first layers (`receptive_fields.first_seen`) answers for every target and every depth at
once, so the browser gets the tables and looks up the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arviz_models.analysis.receptive_fields import NEVER


@dataclass(frozen=True)
class Way:
    """How a pixel is read, in a network of several streams.

    Attributes:
        word: what the legend calls such a pixel.
        stream: what a sentence calls the stream: "vertical stack".
        mark: "vertical", "horizontal" or "crossed" lines.
        tables: names of the tables of first layers that all have to hold the pixel.
    """

    word: str
    stream: str
    mark: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Kernel:
    """The taps of a layer, as one mask.

    Attributes:
        title: which layers have it, and of what type.
        note: what to see in it, a sentence.
        cells: name of its array: uint8 (rows, columns), centred on the pixel; 0 where a weight is
            masked, else the sum of 1 for a weight on the first stream and 2 on the second.
        rows, columns: its size, odd.
    """

    title: str
    note: str
    cells: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Panel:
    """One network of the picture.

    Attributes:
        title: its name.
        subtitle: its layers; "{depth}" stands for how many follow the first, "{layers}" for the
            same with its noun.
        table: name of its table of first layers, that of the output.
        streams: names of the tables of the streams, the one that the output reads first; a
            feature of that one also reads the second at its own place.
        ways: how its pixels are read, the first that fits; none for one way alone.
        kernels: of the first layer and of those that follow; none where they are no convolutions.
    """

    title: str
    subtitle: str
    table: str
    streams: tuple[str, ...]
    ways: tuple[Way, ...] = ()
    kernels: tuple[Kernel, ...] = ()


@dataclass(frozen=True, eq=False)
class Fields:
    """What several networks read, side by side, on one image size.

    Attributes:
        shape: H, W.
        panels: the networks.
        arrays: by name. Tables of first layers, uint8 (H*W, H*W) [target, pixel]; masks of
            kernels.
    """

    shape: tuple[int, int]
    panels: tuple[Panel, ...]
    arrays: Mapping[str, np.ndarray]

    @property
    def last(self) -> int:
        """The last layer that adds a pixel, for any target and network."""
        tables = [self.arrays[panel.table] for panel in self.panels]
        return max(int(table[table != NEVER].max(initial=0)) for table in tables)

    def classes(self, panel: Panel, target: int, depth: int) -> np.ndarray:
        """uint8 (H, W), indices into `receptive_fields.NAMES`, `depth` layers after the first."""
        first = self.arrays[panel.table][target]
        pixel = np.arange(first.size)
        found = [pixel > target, pixel == target, first <= depth, first != NEVER]
        return np.select(found, range(4), 4).astype(np.uint8).reshape(self.shape)

    def way(self, panel: Panel, target: int, pixel: int, depth: int) -> Way | None:
        """How a pixel is read that is read; None where the network has one way alone."""
        return next(
            (
                way
                for way in panel.ways
                if all(self.arrays[name][target, pixel] <= depth for name in way.tables)
            ),
            None,
        )

    def deepest(self, target: int) -> int:
        """The last layer that adds a pixel for this target, in any network."""
        rows = [self.arrays[panel.table][target] for panel in self.panels]
        return max(int(row[row != NEVER].max(initial=0)) for row in rows)
