"""Points that a student draws: checked, and as a text short enough for a link.

The pad is a grid of 256 x 256 cells; a point is the cell it lies in. The cells are sorted, and each
is written as its distance from the one before it, 7 bits a byte; the bytes are compressed (zlib)
and written in base64url. 600 points of a spiral take about 900 characters.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

import numpy as np

FEWEST_POINTS, MOST_POINTS = 50, 2000
WINDOW = 3.0  # the pad shows [-WINDOW, WINDOW]^2
CELLS = 256  # on each side of the pad
LONGEST = 4000  # characters: 2,000 points, wherever they lie, take fewer


def checked(points: Any) -> np.ndarray:
    """Points as float64 (N, 2).

    Raises:
        ValueError: not pairs of finite numbers, too few or too many, or all in one line or spot.
    """
    try:
        found = np.asarray(points, dtype=float)
    except (TypeError, ValueError):
        found = np.full((1, 2), np.nan)
    if found.size == 0:
        found = found.reshape(0, 2)
    if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
        raise ValueError("each point is a pair of finite numbers")
    if not FEWEST_POINTS <= len(found) <= MOST_POINTS:
        raise ValueError(
            f"a flow learns from {FEWEST_POINTS} to {MOST_POINTS:,} points; given {len(found):,}"
        )
    if found.std(0).min() < 1e-3 * max(1.0, float(np.abs(found).max())):
        raise ValueError("the points lie in one line or spot; spread them over the plane")
    return found


def to_text(points: Any) -> str:
    """Points of the pad as a text for a link; one outside the pad goes to its edge.

    Raises:
        ValueError: as `checked`.

    Example:
        >>> spiral = [[0.04 * k * np.cos(k / 9), 0.04 * k * np.sin(k / 9)] for k in range(60)]
        >>> from_text(to_text(spiral)).shape
        (60, 2)
    """
    scaled = (checked(points) + WINDOW) / (2 * WINDOW) * CELLS
    cells = np.clip(np.floor(scaled), 0, CELLS - 1).astype(int)
    numbers = np.sort(cells[:, 1] * CELLS + cells[:, 0])
    raw = bytearray()
    for step in np.diff(numbers, prepend=0).tolist():
        while step > 127:
            raw.append(step % 128 + 128)  # the high bit: the number goes on
            step //= 128
        raw.append(step)
    return base64.urlsafe_b64encode(zlib.compress(bytes(raw), 9)).decode().rstrip("=")


def from_text(text: str) -> np.ndarray:
    """The points of `to_text`, each at the centre of its cell: float64 (N, 2), sorted by cell.

    Raises:
        ValueError: a text that `to_text` does not make.
    """
    if len(text) > LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError(f"up to {LONGEST:,} letters, digits, - and _")
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        raw = zlib.decompressobj().decompress(packed, 3 * MOST_POINTS + 1)
    except (ValueError, zlib.error):
        raise ValueError("points as Copy link writes them") from None
    steps, step, shift = [], 0, 0
    for byte in raw:
        step |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            steps.append(step)
            step, shift = 0, 0
        elif shift > 14:  # no distance between two cells is that long
            raise ValueError("points as Copy link writes them")
    numbers = np.cumsum(np.array(steps, dtype=np.int64))
    if shift or (len(numbers) and numbers[-1] >= CELLS**2):
        raise ValueError("points as Copy link writes them")
    cells = np.stack([numbers % CELLS, numbers // CELLS], axis=1)
    return checked((cells + 0.5) / CELLS * 2 * WINDOW - WINDOW)
