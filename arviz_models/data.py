"""The data sets, by name: images of integers 0..K-1, split into train, valid and test.

    name             image  K          train/valid/test       where the values come from
    mnist_binary     28x28  2          50,000/10,000/10,000   drawn once, P(pixel = 1) = grey/255
    mnist            28x28  2..256, 4  50,000/10,000/10,000   level = floor(grey * K / 256)
    mnist14          14x14  2..256, 2  50,000/10,000/10,000   mean of 2x2; K = 2 drawn, else level
    digits           8x8    2..17, 2   1,257/270/270          nearest level (K = 2: value >= 8)
    binarized_mnist  28x28  2          50,000/10,000/10,000   the published draw, not embedded

The number after the range of K is its default. The test images of every MNIST set are MNIST's own
test images. The published draw shuffles the training images of MNIST before it splits them: its
valid images are therefore *not* unseen by a model trained on `mnist_binary`; its test images are.

**No image stands in two splits.** With few pixels and levels, two drawings can become the same
image. So an image of train that also stands in valid or in test is left out of train, and one of
valid that also stands in test is left out of valid; test stays whole. The sizes above are those
before. At the default K this leaves 49,970/9,998/10,000 images of mnist14 and 1,232/264/270 of
digits; of `mnist_binary`, `binarized_mnist` and `mnist` it takes none. An image that occurs twice
in one split stays there twice: it is a part of the distribution.
"""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = ("train", "valid", "test")

_BySplit = dict[Split, NDArray[np.uint8]]
_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "data"
_MNIST_FILE = _FOLDER / "mnist.npz"
_DIGITS_FILE = _FOLDER / "digits.npz"
_MNIST_TRAIN = 50_000  # the other 10,000 training images are for validation
_PUBLISHED_ROWS: Mapping[Split, int] = {"train": 50_000, "valid": 10_000, "test": 10_000}
_DIGITS_TRAIN, _DIGITS_VALID = 1257, 270
_SEED = 2011  # a constant, because another draw is another data set with other test results


class DatasetNotFoundError(FileNotFoundError):
    """A data set that exists, but whose files are not on this machine."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of integers 0..levels-1 in three splits, and what a page says about them.

    Pixels are held as bytes. `train`, `valid` and `test` make a new long tensor at each access,
    eight times as large (313 MB for MNIST's train), so a training loop takes its batches from
    `batch` instead.

    >>> digits = load_dataset("digits")
    >>> digits.event_shape, digits.levels, digits.size("train")
    ((1, 8, 8), 2, 1232)
    >>> digits.batch("train", slice(0, 5)).shape
    torch.Size([5, 1, 8, 8])
    """

    name: str
    event_shape: tuple[int, int, int]  # (C, H, W)
    levels: int  # K
    licence: str
    source: str
    _pixels: Mapping[Split, Tensor] = field(repr=False)  # by split: uint8 (N, C, H, W)
    _labels: Mapping[Split, Tensor] = field(repr=False)  # by split: uint8 (N,); no entry if unknown

    @property
    def train(self) -> Tensor:
        """Training images: long (N, C, H, W), made anew at each access."""
        return self._of("train").long()

    @property
    def valid(self) -> Tensor:
        """Validation images: long (N, C, H, W), made anew at each access."""
        return self._of("valid").long()

    @property
    def test(self) -> Tensor:
        """Test images: long (N, C, H, W), made anew at each access."""
        return self._of("test").long()

    def size(self, split: Split) -> int:
        """Number of images N in `split`."""
        return len(self._of(split))

    def batch(
        self,
        split: Split,
        index: slice | Sequence[int] | Tensor,
        device: torch.device | str = "cpu",
    ) -> Tensor:
        """The images of `split` at `index`; no other image is converted.

        Args:
            split: "train", "valid" or "test".
            index: a slice, or integers (n,) in any order, with repeats, or a boolean mask (N,).
            device: where the result is wanted; it is bytes that travel there.

        Returns:
            long (n, C, H, W), a copy.

        Raises:
            ValueError: an unknown split, or an index of another kind.
            IndexError: an integer outside -N..N-1, or a mask of another length.
        """
        pixels = self._of(split)
        if isinstance(index, slice):
            return pixels[index].to(device).long()
        rows = torch.as_tensor(index).cpu()
        if rows.numel() == 0:
            rows = rows.long()  # torch.as_tensor([]) is a float
        if rows.ndim != 1 or rows.is_floating_point() or rows.is_complex():
            raise ValueError(
                f"index: got {rows.dtype} of shape {tuple(rows.shape)}; expected a slice, integers "
                "of shape (n,) or a boolean mask of shape (N,). For one image, pass [i]."
            )
        # As bytes, torch would take integers for a mask.
        rows = rows if rows.dtype == torch.bool else rows.long()
        return pixels[rows].to(device).long()

    def labels(self, split: Split) -> Tensor | None:
        """The digit that each image of `split` shows: uint8 (N,), 0..9; None where unknown."""
        self._of(split)
        labels = self._labels.get(split)
        return None if labels is None else labels.clone()

    def level_counts(self, split: Split = "train") -> Tensor:
        """How often each level stands at each pixel of `split`: long (C, H, W, K)."""
        pixels = self._of(split)
        places = torch.arange(math.prod(self.event_shape)) * self.levels
        counts = torch.zeros(len(places) * self.levels, dtype=torch.long)
        for part in pixels.flatten(1).split(1000):  # as long integers, all at once take 313 MB
            counts += (part + places).flatten().bincount(minlength=len(counts))
        return counts.view(*self.event_shape, self.levels)

    def _of(self, split: Split) -> Tensor:
        if split not in SPLITS:
            raise ValueError(f"split: got {split!r}; expected one of {', '.join(SPLITS)}.")
        return self._pixels[split]


def dataset_names() -> tuple[str, ...]:
    """Every name `load_dataset` knows; for `binarized_mnist` the reader must bring the files."""
    return tuple(_RECIPES)


def load_dataset(name: str, levels: int | None = None) -> Dataset:
    """The data set called `name` with values 0..levels-1, the same on every machine.

    Nothing is downloaded. The four data sets last asked for stay in memory (55 MB each for
    28x28) and are shared.

    Args:
        name: one of `dataset_names()`.
        levels: K, how many values a pixel can take; None for the default, see the top of this file.

    Raises:
        ValueError: an unknown name, levels that this data set cannot have, or a damaged file.
        DatasetNotFoundError: `binarized_mnist`, and `ARVIZ_DATA` names no folder that holds it.
    """
    if name not in _RECIPES:
        raise ValueError(f"data set: got {name!r}; expected one of {', '.join(_RECIPES)}.")
    recipe = _RECIPES[name]
    levels = recipe.default_levels if levels is None else levels
    is_integer = isinstance(levels, (int, np.integer)) and not isinstance(levels, bool)
    if not is_integer or not 2 <= levels <= recipe.max_levels:
        if recipe.max_levels == 2:
            expected = "2, the only choice; for more levels use 'mnist'"
        else:
            expected = f"an integer from 2 to {recipe.max_levels}"
        raise ValueError(f"levels of {name!r}: got {levels!r}; expected {expected}.")
    # The folder is part of the cache key, so that a change of ARVIZ_DATA takes effect.
    folder = os.environ.get("ARVIZ_DATA", "") if name == "binarized_mnist" else ""
    return _load(name, int(levels), folder)


@lru_cache(maxsize=4)
def _load(name: str, levels: int, folder: str) -> Dataset:
    recipe = _RECIPES[name]
    pixels, labels = without_repeats(*recipe.make(levels, folder))
    return Dataset(
        name=name,
        event_shape=(1, *pixels["train"].shape[1:]),
        levels=levels,
        licence=recipe.licence,
        source=recipe.source,
        _pixels={split: torch.from_numpy(x).unsqueeze(1) for split, x in pixels.items()},
        _labels={split: torch.from_numpy(y) for split, y in labels.items()},
    )


def without_repeats(pixels: _BySplit, labels: _BySplit) -> tuple[_BySplit, _BySplit]:
    """Leave out of train what stands in valid or test, and out of valid what stands in test.

    Args:
        pixels: uint8 (N, H, W) by split.
        labels: uint8 (N,) by split; may have no entries.
    """
    pixels, labels = dict(pixels), dict(labels)
    later: set[bytes] = set()
    for split in reversed(SPLITS):  # test, which stays whole, then valid, then train
        images = [image.tobytes() for image in pixels[split]]
        alone = np.array([image not in later for image in images])
        later.update(images)
        if not alone.all():
            for arrays in (pixels, labels):
                if split in arrays:
                    arrays[split] = arrays[split][alone]
    return pixels, labels


# From grey values to levels ---------------------------------------------------------------------


def draw_bits(
    intensity: NDArray[np.unsignedinteger[Any]], maximum: int, seed: Sequence[int]
) -> NDArray[np.uint8]:
    """Draw every pixel once: 1 with probability intensity / maximum (to 2**-32), else 0.

    Integers only, from the raw output of PCG64, whose stream NumPy keeps fixed (NEP 19; that of
    `Generator.random` may change): the bits are the same on every machine and version of NumPy.
    0 always gives 0, and `maximum` always gives 1.

    Args:
        intensity: integers 0..maximum < 2**32, any shape.
        maximum: the intensity that is certainly 1.
        seed: non-negative integers; others give an independent draw (but zeros at the end do
            not count).

    Returns:
        uint8 0 or 1, of the shape of `intensity`.
    """
    stream = np.random.PCG64(np.random.SeedSequence(list(seed)))
    flat = intensity.reshape(-1)
    bits = np.empty(flat.size, dtype=np.uint8)
    chunk = 1_000_000  # a pixel needs 8 random bytes: all at once would take 440 MB for MNIST
    for start in range(0, flat.size, chunk):
        part = flat[start : start + chunk].astype(np.uint64)
        uniform = stream.random_raw(part.size) >> np.uint64(32)  # 0..2**32 - 1
        bits[start : start + chunk] = uniform * np.uint64(maximum) < part << np.uint64(32)
    return bits.reshape(intensity.shape)


def _even_levels(
    intensity: NDArray[np.unsignedinteger[Any]], values: int, levels: int
) -> NDArray[np.uint8]:
    """floor(intensity * K / values): the range 0..values-1 cut into K bins of equal width."""
    # By a table of all values, as the product for all pixels would need a wide copy of them.
    level_of = (np.arange(values) * levels // values).astype(np.uint8)
    reduced: NDArray[np.uint8] = level_of[intensity]
    return reduced


def _nearest_levels(
    intensity: NDArray[np.unsignedinteger[Any]], maximum: int, levels: int
) -> NDArray[np.uint8]:
    """intensity * (K - 1) / maximum, rounded, halves up: 0 stays 0 and maximum becomes K - 1."""
    doubled = 2 * np.arange(maximum + 1) * (levels - 1)
    level_of = ((doubled + maximum) // (2 * maximum)).astype(np.uint8)
    reduced: NDArray[np.uint8] = level_of[intensity]
    return reduced


# One function for each data set: pixels (N, H, W) and labels (N,), by split ----------------------


def _read_embedded(
    name: str, path: Path, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.uint8]]:
    if not path.is_file():
        raise DatasetNotFoundError(
            f"{name}: no file {path}; it is part of this repository. Check it out again."
        )
    return _read_npz(path, shapes)


def _read_mnist() -> tuple[_BySplit, _BySplit]:
    """MNIST's grey values 0..255."""
    shapes = {
        "train": (60_000, 28, 28),
        "test": (10_000, 28, 28),
        "train_labels": (60_000,),
        "test_labels": (10_000,),
    }
    arrays = _read_embedded("MNIST", _MNIST_FILE, shapes)

    def split(images: NDArray[np.uint8], test: NDArray[np.uint8]) -> _BySplit:
        return {"train": images[:_MNIST_TRAIN], "valid": images[_MNIST_TRAIN:], "test": test}

    pixels = split(arrays["train"], arrays["test"])
    return pixels, split(arrays["train_labels"], arrays["test_labels"])


def _mnist_binary(levels: int, folder: str) -> tuple[_BySplit, _BySplit]:
    grey, labels = _read_mnist()
    return {s: draw_bits(grey[s], 255, (_SEED, 28, i)) for i, s in enumerate(SPLITS)}, labels


def _mnist(levels: int, folder: str) -> tuple[_BySplit, _BySplit]:
    grey, labels = _read_mnist()
    return {s: _even_levels(grey[s], 256, levels) for s in SPLITS}, labels


def _mnist14(levels: int, folder: str) -> tuple[_BySplit, _BySplit]:
    grey, labels = _read_mnist()
    # The sum of four instead of their mean: 0..1020, exact.
    sums = {s: grey[s].reshape(-1, 14, 2, 14, 2).sum((2, 4), dtype=np.uint16) for s in SPLITS}
    if levels == 2:
        return {s: draw_bits(sums[s], 1020, (_SEED, 14, i)) for i, s in enumerate(SPLITS)}, labels
    return {s: _even_levels(sums[s], 1024, levels) for s in SPLITS}, labels


def _digits(levels: int, folder: str) -> tuple[_BySplit, _BySplit]:
    """Nearest level, not a draw: at K = 2 it keeps 99 % of the digits in one piece, a draw 75 %."""
    shapes = {"images": (1797, 8, 8), "labels": (1797,)}
    arrays = _read_embedded("digits", _DIGITS_FILE, shapes)
    images, digits = _nearest_levels(arrays["images"], 16, levels), arrays["labels"]
    # A permutation from the fixed stream of PCG64; `Generator.permutation` may change.
    stream = np.random.PCG64(np.random.SeedSequence([_SEED, 8]))
    order = np.argsort(stream.random_raw(len(images)), kind="stable")
    cuts = [_DIGITS_TRAIN, _DIGITS_TRAIN + _DIGITS_VALID]
    parts = dict(zip(SPLITS, np.split(order, cuts), strict=True))
    return {s: images[rows] for s, rows in parts.items()}, {
        s: digits[rows] for s, rows in parts.items()
    }


def _published(levels: int, folder: str) -> tuple[_BySplit, _BySplit]:
    return _read_published(folder, _PUBLISHED_ROWS)


# Files -------------------------------------------------------------------------------------------


def _read_published(folder: str, rows: Mapping[Split, int]) -> tuple[_BySplit, _BySplit]:
    """The published binarization from `folder`: the packed .npz, or else the three .amat files.

    Args:
        folder: the value of ARVIZ_DATA, may be empty.
        rows: how many images each split must hold.
    """
    how = (
        "Set ARVIZ_DATA to a folder that holds binarized_mnist.npz, or the published text files "
        "binarized_mnist_train.amat, binarized_mnist_valid.amat and binarized_mnist_test.amat. "
        "They are not part of this project; 'mnist_binary' is, and is drawn the same way."
    )
    if not folder.strip():
        raise DatasetNotFoundError(f"binarized_mnist: ARVIZ_DATA is not set. {how}")
    place = Path(folder.strip()).expanduser()
    packed = place / "binarized_mnist.npz"
    if packed.is_file():
        return _read_packed(packed, rows)
    texts = {split: place / f"binarized_mnist_{split}.amat" for split in SPLITS}
    missing = [path.name for path in texts.values() if not path.is_file()]
    if missing:
        raise DatasetNotFoundError(
            f"binarized_mnist: ARVIZ_DATA is {folder!r}, which has neither {packed.name} nor "
            f"{', '.join(missing)}. {how}"
        )
    return {split: read_amat(path, rows[split]) for split, path in texts.items()}, {}


def _read_packed(path: Path, rows: Mapping[Split, int]) -> tuple[_BySplit, _BySplit]:
    """Bits packed by `numpy.packbits(axis=1)`: uint8 (N, 98) for each split, and its labels."""
    shapes: dict[str, tuple[int, ...]] = {split: (n, 98) for split, n in rows.items()}
    shapes |= {f"{split}_labels": (n,) for split, n in rows.items()}
    arrays = _read_npz(path, shapes)
    pixels = {s: np.unpackbits(arrays[s], axis=1).reshape(-1, 28, 28) for s in SPLITS}
    return pixels, {s: arrays[f"{s}_labels"] for s in SPLITS}


def read_amat(path: Path, rows: int) -> NDArray[np.uint8]:
    """Read a published .amat file: text, one image a line, 784 values 0 or 1 in raster order.

    Args:
        path: the file.
        rows: how many images it must hold.

    Returns:
        uint8 (rows, 28, 28).

    Raises:
        ValueError: a line that is not an image, or another number of lines; names the line.
    """
    bits = np.empty((rows, 784), dtype=np.uint8)
    row = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            values = line.split()
            if not values:
                continue
            strange = set(values) - {b"0", b"1"}
            if len(values) != 784 or strange:
                found = f", among them {min(strange)[:20]!r}" if strange else ""
                raise ValueError(
                    f"{path}, line {number}: got {len(values)} values{found}; expected 784 values, "
                    "each 0 or 1. The file is damaged or another one: get it again."
                )
            if row < rows:
                bits[row] = np.frombuffer(b"".join(values), dtype=np.uint8) - ord("0")
            row += 1
    if row != rows:
        raise ValueError(
            f"{path}: got {row} images; expected {rows}. The file is cut short or another one: "
            "get it again."
        )
    return bits.reshape(rows, 28, 28)


def _read_npz(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.uint8]]:
    """The uint8 arrays named in `shapes`, each with that shape."""
    damaged = f"{path}: not a readable .npz file ({{}}). Damaged, or another file: get it again."
    try:
        archive = np.load(path)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("a single array")
        with archive:
            arrays = {key: archive[key] for key in shapes if key in archive}
    # What zipfile, zlib and NumPy raise on broken bytes, as found by breaking bytes.
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(damaged.format(error)) from error
    for key, shape in shapes.items():
        if key not in arrays:
            raise ValueError(damaged.format(f"no array {key!r} in it"))
        array = arrays[key]
        if array.dtype != np.uint8 or array.shape != shape:
            raise ValueError(
                f"{path}: array {key!r} is {array.dtype} of shape {array.shape}; expected uint8 "
                f"of shape {shape}. It is damaged or another file: get it again."
            )
    return arrays


# The table of data sets --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Recipe:
    default_levels: int
    max_levels: int
    make: Callable[[int, str], tuple[_BySplit, _BySplit]]  # (levels, folder) -> pixels, labels
    licence: str
    source: str


_MNIST_LICENCE = "CC BY-SA 3.0"
_MNIST_SOURCE = "MNIST by Yann LeCun and Corinna Cortes"

_RECIPES: Mapping[str, _Recipe] = {
    "mnist_binary": _Recipe(
        2, 2, _mnist_binary, _MNIST_LICENCE, f"{_MNIST_SOURCE}; each pixel drawn once from its grey"
    ),
    "mnist": _Recipe(
        4, 256, _mnist, _MNIST_LICENCE, f"{_MNIST_SOURCE}; grey values reduced to levels"
    ),
    "mnist14": _Recipe(
        2, 256, _mnist14, _MNIST_LICENCE, f"{_MNIST_SOURCE}; 14x14, the mean of 2x2 pixels"
    ),
    "digits": _Recipe(
        2,
        17,
        _digits,
        "CC BY 4.0",
        "Optical Recognition of Handwritten Digits by E. Alpaydin and C. Kaynak, UCI Machine "
        "Learning Repository, from scikit-learn",
    ),
    "binarized_mnist": _Recipe(
        2,
        2,
        _published,
        "derived from MNIST (CC BY-SA 3.0); not distributed with this project",
        f"{_MNIST_SOURCE}; the fixed binarization of Salakhutdinov and Murray (2008) as published "
        "with NADE by Larochelle and Murray (2011)",
    ),
}
