"""A picture from a file as a drawing of the size and the levels of a model."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFilter, ImageOps

FORMATS = ("PNG", "JPEG")
MOST_PIXELS = 2**24  # of an uploaded picture: 4096 x 4096
FILLED = 20 / 28  # MNIST's digits fill this much of its images; those of 8x8 fill them all
SMALL = 8  # pixels of a side of those
STROKE = 1.9  # pixels of 28: their width as `_stroke_width` measures it, mean of 2,000 test digits
THINNEST = 1.0  # pixels of any size: a thinner stroke falls apart
FINER = 4  # strokes are thickened on a grid so much finer
LEAST_CONTRAST = 24  # of 255: less is one colour
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, OverflowError)


class PictureError(RuntimeError):
    """A file that cannot become a drawing; the message says why and what to do."""


def read_picture(file: BinaryIO, shape: tuple[int, int], levels: int) -> np.ndarray:
    """A picture file as an image of the model's: grey, placed as MNIST places its digits.

    The ink is what differs from the colour of the border, whichever of the two is darker. It is cut
    out, fitted into 20/28 of the image, thickened where its strokes are thinner than MNIST's, put
    with its centre of mass in the middle, and reduced to levels as the data set `mnist` is. A
    picture that has the shape already is not changed so.

    Args:
        file: of a PNG or JPEG.
        shape: (H, W).
        levels: K.

    Returns:
        uint8 (H, W), levels 0..K-1.

    Raises:
        PictureError: no such file, damaged, too large, or of one colour.
    """
    grey, _ = grey_of(file)
    ink = ink_of(grey)
    if not ink.any():
        raise PictureError(
            "The picture is of one colour: there is nothing on it to complete. Take one with dark "
            "strokes on a light ground, or the reverse."
        )
    if ink.shape != shape:
        ink = placed_ink(ink, shape)
    return levels_of(ink, levels)


def ink_of(grey: np.ndarray, dark: bool | None = None) -> np.ndarray:
    """What differs from the ground, float (h, w): 0 on the ground, 255 at the most.

    Args:
        grey: (h, w), 0..255.
        dark: whether the ink is dark, on white, or light, on black; None takes for the ground the
            colour of the border, whichever that is.

    Returns:
        all 0 where the picture is of one colour.
    """
    if dark is None:
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        ink = np.abs(grey - np.median(border))
    else:
        ink = 255 - grey if dark else grey
    if ink.max() - ink.min() < LEAST_CONTRAST:
        return np.zeros(grey.shape)
    return np.asarray(ink * (255 / ink.max()), np.float64)


def levels_of(ink: np.ndarray, levels: int) -> np.ndarray:
    """Ink 0..255 of any shape, its range cut evenly into levels 0..K-1: uint8."""
    return (ink.round().astype(np.int64) * levels // 256).astype(np.uint8)


def grey_of(file: BinaryIO) -> tuple[np.ndarray, str]:
    """The picture in a file, upright: float (h, w), 0..255; and a note of what is not plain.

    Args:
        file: of a PNG or JPEG, of any depth and colours; of an animation the first frame is taken.

    Raises:
        PictureError: no such file, damaged or too large.
    """
    wanted = f"a {' or '.join(FORMATS)} picture"
    try:
        with Image.open(file, formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise PictureError(
                    f"The picture has {width:,} × {height:,} pixels; at most "
                    f"{MOST_PIXELS / 1e6:.0f} million are taken. Save it smaller and try again."
                )
            opened.verify()
        file.seek(0)  # verifying leaves nothing to read
        with Image.open(file, formats=FORMATS) as opened:
            note = ""
            if (frames := getattr(opened, "n_frames", 1)) > 1:
                note = f"It has {frames:,} frames; the first one was taken."
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):  # 16 bits
                return np.asarray(picture, np.float64) / 257, note
            if picture.has_transparency_data:
                picture = _opaque(picture.convert("RGBA"))
            return np.asarray(picture.convert("L"), np.float64), note
    except Image.DecompressionBombError:
        raise PictureError(
            f"The picture is too large: at most {MOST_PIXELS / 1e6:.0f} million pixels are taken. "
            "Save it smaller and try again."
        ) from None
    except BROKEN:
        raise PictureError(
            f"That file is not {wanted}, or it is damaged. Save the picture as "
            f"{' or '.join(FORMATS)} and try again."
        ) from None


def _opaque(picture: Image.Image) -> Image.Image:
    """An RGBA picture on white, or on black where what is to be seen is light."""
    grey = np.asarray(picture.convert("L"), np.float64)
    alpha = np.asarray(picture.getchannel("A"), np.float64)
    light = alpha.any() and np.average(grey, weights=alpha) > 128
    ground = Image.new("RGBA", picture.size, "black" if light else "white")
    return Image.alpha_composite(ground, picture)


def placed_ink(ink: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Ink (h, w), 0..255, cut out, fitted, thickened and centred in an image of `shape`.

    It fills 20/28 of the image, as in MNIST, and all of one of 8x8, as in the small digits. Strokes
    are as thick as MNIST's at that size, and at least a pixel.
    """
    there = ink > 0.3 * 255
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    filled = FILLED if min(shape) > SMALL else 1.0
    scale = filled * min(shape) / max(cut.shape)
    size = [max(1, round(length * scale)) for length in cut.shape]
    fine = resized(cut, [FINER * length for length in size])
    fine *= 255 / fine.max()  # a thin line is faint once it is small
    wanted = max(THINNEST, STROKE * min(shape) / 28)
    missing = wanted - _stroke_width(fine > 127) / FINER
    if missing > 0:
        grown = ImageFilter.MaxFilter(2 * math.ceil(missing * FINER / 2) + 1)
        fine = np.asarray(Image.fromarray(fine.astype(np.uint8)).filter(grown), np.float64)
    small = resized(fine, size)
    placed = np.zeros(shape)
    corner = []
    for axis, (whole, length) in enumerate(zip(shape, size, strict=True)):
        middle = np.average(np.arange(length) + 0.5, weights=small.sum(1 - axis))
        corner.append(int(np.clip(round(whole / 2 - middle), 0, whole - length)))
    top, left = corner
    placed[top : top + size[0], left : left + size[1]] = small * (255 / small.max())
    return placed


def resized(grey: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Grey values 0..255 (h, w) at another height and width, each the mean of what it covers."""
    picture = Image.fromarray(grey.astype(np.float32))
    return np.array(picture.resize((size[1], size[0]), Image.Resampling.BOX), np.float64)


def _stroke_width(there: np.ndarray) -> float:
    """Twice the area of what is there, bool (h, w), over the length of its edge: in pixels."""
    padded = np.pad(there, 1).astype(int)
    edge = sum(np.abs(np.diff(padded, axis=axis)).sum() for axis in (0, 1))
    return float(2 * there.sum() / edge)
