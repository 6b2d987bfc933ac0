"""Sheets of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "screenshots" / "samples"
"""The sheets of the shipped checkpoints, NAME.png: 64 samples each, in rows of eight."""

COLUMNS = 8
WIDTH = 500  # screen pixels of such a sheet, about
SAID = ("weights", "seeds")  # the text chunks of such a sheet
GAP = 2  # pixels of paper between two samples
MOST_INKS = 16  # levels that a PNG holds in at most 4 bits a pixel


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


def save_sheet(
    x: np.ndarray,
    levels: int,
    path: Path,
    scale: int = 3,
    text: Mapping[str, str] | None = None,
) -> None:
    """Write `sheet` as PNG; vectors (n, D) become images of one row.

    Few levels of one channel are a palette, of which entry k is level k: so the file is small, and
    a page can give it other colours.

    Args:
        x: (n, C, H, W) or (n, D) integers 0..levels-1.
        levels: K.
        path: of the file.
        scale: screen pixels a pixel.
        text: what the file says of itself (its text chunks).

    Raises:
        OSError: `path` cannot be written.
    """
    images = x if x.ndim == 4 else x.reshape(len(x), 1, 1, -1)
    found = sheet(images, levels, scale=scale)
    picture = Image.fromarray(found)
    if images.shape[1] == 1 and levels <= MOST_INKS:
        tones = np.rint(255 - np.arange(levels) * (255 / (levels - 1))).astype(np.uint8)
        inks = np.rint((255 - found[..., 0]) * ((levels - 1) / 255)).astype(np.uint8)
        picture = Image.fromarray(inks, "P")
        picture.putpalette(tones.repeat(3).tobytes())
    said = PngInfo()
    for key, value in (text or {}).items():
        said.add_text(key, value)
    picture.save(path, format="PNG", optimize=True, pnginfo=said)


def images_of(picture: np.ndarray, shape: tuple[int, int], scale: int) -> np.ndarray:
    """The images of a sheet, back from its pixels: (rows * columns, H, W).

    Args:
        picture: (height, width), as `sheet` lays it out.
        shape: H, W.
        scale: as for `sheet`.
    """
    high, wide = shape[0] + GAP, shape[1] + GAP
    small = picture[::scale, ::scale][GAP:, GAP:]
    cells = small.reshape(len(small) // high, high, -1, wide).transpose(0, 2, 1, 3)
    found: np.ndarray = cells.reshape(-1, high, wide)[:, : shape[0], : shape[1]]
    return found


# --- the sheets of the shipped checkpoints --------------------------------------------------------


def scale_of(width: int) -> int:
    """Screen pixels a pixel, for images so wide."""
    return max(1, round(WIDTH / (COLUMNS * (width + GAP))))


def said(name: str, folder: Path = FOLDER) -> dict[str, str]:
    """What the sheet of a checkpoint says of itself; {} where there is none."""
    path = folder / f"{name}.png"
    if not path.exists():
        return {}
    with Image.open(path) as picture:
        return {key: str(picture.info[key]) for key in SAID if key in picture.info}


def samples_on(name: str, shape: tuple[int, int], folder: Path = FOLDER) -> np.ndarray:
    """The levels on the sheet of a checkpoint, by seed: uint8 (64, H, W), of images H, W."""
    with Image.open(folder / f"{name}.png") as picture:
        return images_of(np.asarray(picture), shape, scale_of(shape[1]))
