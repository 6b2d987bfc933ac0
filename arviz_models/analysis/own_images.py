"""Many pictures of a student's own as a data set: files or a zip, to the shape and levels wanted.

Nothing is written to disk, and no name in a file decides where anything goes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image

from arviz_models.analysis.lab_settings import Fit
from arviz_models.analysis.picture_file import (
    PictureError,
    grey_of,
    ink_of,
    levels_of,
    placed_ink,
    resized,
)
from arviz_models.data import SPLITS, Dataset

MOST_IMAGES = 2_000  # some seconds of work, and 32 MB where all are large
LEAST_IMAGES = 10  # then 6 are there to learn from, 2 for validation and 2 for the test
MOST_BYTES = 64 * 2**20  # of all files together, unpacked
MOST_FILE_BYTES = 8 * 2**20  # of one picture, unpacked
MOST_PIXELS = 2**28  # of all pictures together: some seconds of decoding
KEPT = 128  # pixels of the longer side: all that the finest grid of a digit can use
SHARE = 0.15  # of the images, for validation and again for the test
HIDDEN = (".", "Thumbs.db", "desktop.ini")  # what systems put into zips by themselves


class OwnImagesError(RuntimeError):
    """Files from which no data set can be made; the message says why and what to do."""


@dataclass
class OwnImages:
    """What was read from the files.

    Attributes:
        greys: uint8 (h, w) each, upright; what is larger than 128 pixels was made smaller.
        names: of each.
        refused: name of a file -> why it was left out.
        notes: name of a file -> what was done with it, where that is not plain.
    """

    greys: list[np.ndarray] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def read_files(files: Iterable[tuple[str, bytes]]) -> OwnImages:
    """Read pictures (PNG or JPEG) and zips of pictures.

    A file that is no picture, is damaged or too large is left out, and its reason kept; the others
    are read all the same.

    Args:
        files: name and content of each.

    Raises:
        OwnImagesError: there are too many files, or they are too large together.
    """
    found, total, pixels = OwnImages(), 0, 0
    for name, content in _unpacked(files, found):
        total += len(content)
        if total > MOST_BYTES:
            raise OwnImagesError(
                f"The pictures take more than {MOST_BYTES // 2**20} MB together. Make them smaller "
                "(the models see at most 28 × 28 pixels), or take fewer."
            )
        if not content:
            found.refused[name] = "The file is empty."
            continue
        try:
            grey, note = grey_of(io.BytesIO(content))
        except PictureError as error:
            found.refused[name] = str(error)
            continue
        if len(found.greys) >= MOST_IMAGES:
            raise OwnImagesError(
                f"There are more than {MOST_IMAGES:,} pictures. Take at most {MOST_IMAGES:,}."
            )
        pixels += grey.size
        if pixels > MOST_PIXELS:
            raise OwnImagesError(
                f"The pictures have more than {MOST_PIXELS / 1e6:.0f} million pixels together. "
                "Make them smaller (the models see at most 28 × 28 pixels), or take fewer."
            )
        found.greys.append(_small(grey))
        found.names.append(name)
        if note:
            found.notes[name] = note
    return found


def read_paths(paths: Iterable[Path | str]) -> OwnImages:
    """`read_files` for files on this machine; of a folder all that it holds is read.

    Raises:
        OwnImagesError: there is no such file, or nothing is given.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise OwnImagesError(f"There is no file {path}.")
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        files += [each for each in found if each.is_file() and not _is_hidden(each.name)]
    if not files:
        raise OwnImagesError("Give pictures, a zip of pictures, or a folder of them.")
    return read_files((each.name, each.read_bytes()) for each in files)


def _small(grey: np.ndarray) -> np.ndarray:
    """At most 128 pixels on its longer side: uint8."""
    longer = max(grey.shape)
    if longer > KEPT:
        grey = resized(grey, [max(1, round(side * KEPT / longer)) for side in grey.shape])
    return grey.round().astype(np.uint8)


def as_levels(
    greys: Sequence[np.ndarray],
    shape: tuple[int, int],
    levels: int,
    *,
    fit: Fit = "centred",
    threshold: float = 0.5,
    dark: bool | None = None,
) -> np.ndarray:
    """Pictures in the shape and the levels of a model: `reduced` after `inks`.

    Returns:
        uint8 (n, H, W), levels 0..K-1.
    """
    return reduced(inks(greys, shape, fit=fit, dark=dark), levels, threshold)


def inks(
    greys: Sequence[np.ndarray],
    shape: tuple[int, int],
    *,
    fit: Fit = "centred",
    dark: bool | None = None,
) -> np.ndarray:
    """Pictures in the shape of a model, before they have levels.

    Args:
        greys: (h, w) each, 0..255.
        shape: (H, W).
        fit: "centred" cuts out what differs from the border and places it as MNIST places its
            digits; "whole" shrinks or enlarges the whole picture, which must not keep its
            proportions. A picture that has the shape already stays as it is.
        dark: whether ink is dark, or light; None takes for the ground the colour of each border.

    Returns:
        uint8 (n, H, W): 0 for none, 255 for full ink.
    """
    made = np.zeros((len(greys), *shape), np.uint8)
    for number, grey in enumerate(greys):
        ink = ink_of(grey.astype(np.float64), dark)
        if ink.shape != shape:
            ink = (
                placed_ink(ink, shape)
                if fit == "centred" and ink.max() > 0
                else resized(ink, shape)
            )
        made[number] = ink.round()
    return made


def reduced(ink: np.ndarray, levels: int, threshold: float = 0.5) -> np.ndarray:
    """Ink in levels. The page does the same while a hand moves the threshold (lab_sheet_values.js).

    Args:
        ink: uint8, any shape.
        levels: K.
        threshold: with 2 levels, the share of full ink from which a pixel is 1, 0..1. With more,
            it is not used: the range is cut evenly.

    Returns:
        uint8 of the same shape, levels 0..K-1.
    """
    if levels == 2:
        return ((ink >= threshold * 255) & (ink > 0)).astype(np.uint8)
    return levels_of(ink, levels)


def is_dark(grey: np.ndarray) -> bool:
    """Whether a picture (h, w) has dark ink on a light ground, as `ink_of` takes it by itself."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return bool(grey.mean() < np.median(border))


def standing(images: np.ndarray) -> list[str]:
    """What becomes of each of these images (n, H, W): "kept", "empty" or "repeat"."""
    seen: set[bytes] = set()
    found = []
    for image in images:
        content = image.tobytes()
        found.append("repeat" if content in seen else "kept" if image.any() else "empty")
        if image.any():
            seen.add(content)
    return found


def shares(count: int) -> tuple[int, int, int]:
    """How many of so many images there are to learn from, for validation and for the test."""
    held = max(1, round(SHARE * count))
    return count - 2 * held, held, held


def data_set(images: np.ndarray, levels: int, seed: int = 0) -> Dataset:
    """A data set of own images: 70 % to learn from, 15 % for validation, 15 % for the test.

    Empty images are left out, and of equal ones all but one, so that no image stands in two splits.
    The order of the images does not matter.

    Args:
        images: uint8 (n, H, W), levels 0..K-1.
        levels: K.
        seed: of the shuffle before they are split.

    Raises:
        OwnImagesError: fewer than 10 different images.
    """
    different = np.unique(images, axis=0)
    different = different[different.any((1, 2))]
    if len(different) < LEAST_IMAGES:
        raise OwnImagesError(too_few(len(different)))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(different))
    ends = np.cumsum(shares(len(different))[:2])
    parts = zip(SPLITS, np.split(different[order], ends), strict=True)
    name = "own-" + hashlib.sha256(different.tobytes()).hexdigest()[:8]
    return Dataset(
        name=name,
        event_shape=(1, *images.shape[1:]),
        levels=levels,
        licence="yours",
        source="your own pictures",
        _pixels={split: torch.from_numpy(part)[:, None] for split, part in parts},
        _labels={},
    )


def too_few(count: int) -> str:
    """What is needed where there are only so many different images."""
    have = "1 different image" if count == 1 else f"{count:,} different images"
    return (
        f"There {'is' if count == 1 else 'are'} {have} at this size and with these levels; a "
        f"training needs at least {LEAST_IMAGES}. Add {LEAST_IMAGES - count} more, or take a "
        "larger size."
    )


def zipped(greys: Sequence[np.ndarray]) -> bytes:
    """Pictures as a .zip of PNG files, from which `read_files` reads the same ones."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, grey in enumerate(greys, start=1):
            file = io.BytesIO()
            Image.fromarray(grey).save(file, "PNG")
            archive.writestr(f"{number:04}.png", file.getvalue())
    return target.getvalue()


def _unpacked(files: Iterable[tuple[str, bytes]], found: OwnImages) -> Iterator[tuple[str, bytes]]:
    """The pictures themselves: what is not a zip as it is, what stands in a zip one by one."""
    for name, content in files:
        if not content.startswith(b"PK"):
            yield name, content
            continue
        try:
            yield from _members(name, content, found)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error):
            found.refused[name] = "The zip is damaged. Pack it again."


def _members(name: str, content: bytes, found: OwnImages) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = [each for each in packed.infolist() if not each.is_dir()]
        entries = [each for each in entries if not _is_hidden(each.filename)]
        if len(entries) > MOST_IMAGES:
            raise OwnImagesError(
                f"{name} holds {len(entries):,} files; at most {MOST_IMAGES:,} are taken."
            )
        for entry in entries:
            inside = f"{name}: {PurePosixPath(entry.filename).name}"
            if entry.flag_bits & 1:
                found.refused[inside] = "It is locked by a password. Pack it without one."
                continue
            with packed.open(entry) as stream:
                read = stream.read(MOST_FILE_BYTES + 1)  # whatever size the zip declares
            if len(read) > MOST_FILE_BYTES:
                found.refused[inside] = (
                    f"It has more than {MOST_FILE_BYTES // 2**20} MB. Save it smaller."
                )
                continue
            if read.startswith(b"PK"):
                found.refused[inside] = "It is a zip in a zip. Unpack the inner one first."
                continue
            yield inside, read


def _is_hidden(path: str) -> bool:
    return path.startswith("__MACOSX/") or PurePosixPath(path).name.startswith(HIDDEN)
