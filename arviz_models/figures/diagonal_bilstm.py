"""The Diagonal BiLSTM: its two directions, the diagonals they take at once, what they read.

Tables for the browser, which looks up every target and depth by itself, and files to take away.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from arviz_models.diagonal_bilstm import DIRECTIONS, DiagonalBiLSTM, direction_reads
from arviz_models.figures.palette import MEANINGS
from arviz_models.layers import skew
from arviz_models.receptive_field import NEVER, first_seen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
            (H, W+H-1), the pixel that stands there, or -1.
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
    arrays = {"output": first_seen(model)} | _directions(model) | skewed
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


# --- to take away ---------------------------------------------------------------------------------

WORDS = {
    "target": MEANINGS["target"].word,
    "direct": "read by the first direction",
    "mirrored": "read by the second direction",
    "both": "read by both",
    "depth-limited": MEANINGS["depth-limited"].word,
    "blind": MEANINGS["blind"].word,
    "future": MEANINGS["future"].word,
    "leak": "leak",
}
_STYLES: dict[str, dict[str, Any]] = {
    "future": {"facecolor": MEANINGS["future"].light},
    "target": {"facecolor": "white", "edgecolor": MEANINGS["target"].light, "linewidth": 2},
    "direct": {"facecolor": MEANINGS["seen"].light},
    "mirrored": {"facecolor": MEANINGS["seen-second"].light, "hatch": "||", "edgecolor": "white"},
    "both": {
        "facecolor": MEANINGS["seen"].light,
        "hatch": "//",
        "edgecolor": MEANINGS["seen-second"].light,
    },
    "depth-limited": {
        "facecolor": MEANINGS["depth-limited"].light,
        "hatch": "..",
        "edgecolor": MEANINGS["seen"].light,
    },
    "blind": {"facecolor": "white", "hatch": "////", "edgecolor": MEANINGS["blind"].light},
    "leak": {"facecolor": MEANINGS["target"].light, "hatch": "xx", "edgecolor": "white"},
}


def contexts_figure(found: Diagonals, target: int, depth: int) -> Figure:
    """What the output reads at a target, by direction, as a Matplotlib figure.

    Args:
        target: flat index.
        depth: layers after the first convolution.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows, columns = found.shape
    counts = found.counts(target, depth)
    figure = Figure(figsize=(5, 5.6), layout="constrained")
    axis = figure.subplots()
    with matplotlib.rc_context({"hatch.linewidth": 0.8}):
        for pixel, kind in enumerate(found.marks(target, depth).ravel()):
            row, column = divmod(pixel, columns)
            style = {"linewidth": 0} | _STYLES[MARKS[kind]]
            axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **style))
        row, column = divmod(target, columns)
        outline: dict[str, Any] = _STYLES["target"] | {"fill": False, "zorder": 3}
        axis.add_patch(Rectangle((column + 0.05, row + 0.05), 0.9, 0.9, **outline))
        handles = [
            Rectangle((0, 0), 1, 1, label=word, **({"linewidth": 0} | _STYLES[name]))
            for name, word in WORDS.items()
            if counts[name]
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False
        )
    axis.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    axis.set_axis_off()
    read = sum(counts[name] for name in DIRECTIONS) + counts["both"]
    leaks = f", and {counts['leak']} that it must not read" if counts["leak"] else ""
    axis.set_title(
        f"Diagonal BiLSTM, {depth} {'layer' if depth == 1 else 'layers'}"
        f"{'' if found.shift else ', without the shift'}\nreads {read} of {target}{leaks}",
        fontsize=9,
    )
    return figure


def sweep_animation(found: Diagonals, cell: int = 12) -> bytes:
    """Both directions sweeping the image, a diagonal a picture, as GIF; then it starts again."""
    from PIL import Image

    rows, columns = found.shape
    colours = ("paper", "future", "seen", "seen-second", "drawn-now")
    image = np.full(rows * columns, colours.index("future"), np.uint8)
    inside = np.pad(np.ones((cell - 1, cell - 1), np.uint8), ((0, 1), (0, 1)))
    pictures = []
    for name, done in zip(DIRECTIONS, ("seen", "seen-second"), strict=True):
        for column in found.arrays[f"skewed {name}"].T:
            now = column[column != NOWHERE]
            image[now] = colours.index("drawn-now")
            picture = Image.fromarray(np.kron(image.reshape(rows, columns), inside))
            picture.putpalette([part for each in colours for part in _rgb(MEANINGS[each].light)])
            pictures.append(picture)
            image[now] = colours.index(done)
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], duration=250, loop=0)
    return file.getvalue()


def contexts_table(found: Diagonals, target: int) -> str:
    """For one target, the first layer that reads each pixel, as CSV; empty: none ever does."""
    _, columns = found.shape
    tables = {name: found.arrays[name][target] for name in ("output", *DIRECTIONS)}
    lines = [",".join(["row", "column", *tables])]
    for pixel in range(found.arrays["output"].shape[1]):
        layers = ["" if table[pixel] == NEVER else str(table[pixel]) for table in tables.values()]
        lines.append(",".join([*map(str, divmod(pixel, columns)), *layers]))
    return "\n".join(lines) + "\n"


def archive(found: Diagonals) -> bytes:
    """Every table and both skewed maps as NPZ; 255 in a table: no depth reads that pixel."""
    file = io.BytesIO()
    np.savez_compressed(file, **found.arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
