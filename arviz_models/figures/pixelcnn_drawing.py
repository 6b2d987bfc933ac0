"""A drawing and an image model: arrays for the browser, pictures read from files, files to keep.

Two tabs of the PixelCNN lesson show these: the softmax of one pixel as earlier pixels are painted,
and a drawing that the model completes. Images here have one channel.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps

from arviz_models.base import NOT_DRAWN, AutoregressiveModel
from arviz_models.data import Dataset
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.figures.sheets import GAP, sheet
from arviz_models.receptive_field import (
    NAMES,
    first_seen,
    gradient_map,
    receptive_field,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from arviz_models.image_model import ImageModel

Arrays = dict[str, np.ndarray]

# --- a pixel's softmax ----------------------------------------------------------------------------


def conditionals(model: AutoregressiveModel, x: np.ndarray) -> Arrays:
    """Every conditional at one image, by one pass.

    Args:
        model: of images with one channel, D pixels.
        x: (H, W) integers 0..K-1.

    Returns:
        logits: (D, K) float32, as the network gives them, so that what it does not read leaves
        them the same to the last bit. log_p: (D, K) float32, nats.
    """
    logits, log_p = _conditionals(model, x[None])
    return {
        "logits": logits[0].float().cpu().numpy(),
        "log_p": log_p[0].float().cpu().numpy(),
    }


def field_table(model: ImageModel) -> Arrays:
    """first_seen: (D, D) uint8, [target, pixel], as `receptive_field.first_seen`."""
    return {"first_seen": first_seen(model)}


def gradient(model: AutoregressiveModel, x: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """`receptive_field.gradient_map` at an image x (H, W): float32 (H, W), nats."""
    height, width = x.shape
    return (
        gradient_map(model, _images(model, x[None]), target)
        .astype(np.float32)
        .reshape(height, width)
    )


def conditional_table(model: AutoregressiveModel, x: np.ndarray, target: tuple[int, int]) -> str:
    """CSV, a line for each pixel: its value and conditional, and what it is to the target."""
    width = x.shape[1]
    classes = receptive_field(model, target).classes.ravel()
    log_p = conditionals(model, x)["log_p"]
    moves = gradient(model, x, target).ravel()
    probabilities = ",".join(f"p_{level}" for level in range(model.levels))
    lines = [f"index,row,column,value,to_target,gradient_nats,surprise_nats,{probabilities}"]
    for index, value in enumerate(x.ravel().tolist()):
        row, column = divmod(index, width)
        p = ",".join(f"{math.exp(each):.6g}" for each in log_p[index].tolist())
        lines.append(
            f"{index},{row},{column},{value},{NAMES[classes[index]]},{moves[index]:.6g},"
            f"{-log_p[index, value]:.6g},{p}"
        )
    return "\n".join(lines) + "\n"


def softmax_figure(
    model: AutoregressiveModel, x: np.ndarray, digit: np.ndarray, target: tuple[int, int]
) -> Figure:
    """What the target's conditional reads, over the image, and its softmax, in Matplotlib.

    Args:
        x: (H, W) the image as painted.
        digit: (H, W) the same before it was painted.
        target: row and column.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    height, width = x.shape
    row, column = target
    field = receptive_field(model, target)
    p, unpainted = (
        np.exp(conditionals(model, each)["log_p"][row * width + column]) for each in (x, digit)
    )
    colour = {name: meaning.light for name, meaning in MEANINGS.items()}
    looks: dict[str, dict[str, Any]] = {
        "future": {"facecolor": colour["future"]},
        "target": {"facecolor": colour["paper"], "edgecolor": colour["target"], "lw": 2},
        "seen": {"facecolor": colour["seen"]},
        "depth-limited": {"facecolor": colour["depth-limited"], "hatch": "..."},
        "blind": {"facecolor": "white", "edgecolor": colour["blind"], "hatch": "////"},
    }
    figure = Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (y, x_), kind in np.ndenumerate(field.classes):
        look: dict[str, Any] = {"lw": 0, "edgecolor": colour["seen"]} | looks[NAMES[kind]]
        left.add_patch(Rectangle((x_, y), 1, 1, zorder=3 if (y, x_) == target else 2, **look))
        if x[y, x_]:
            strength = x[y, x_] / (model.levels - 1)
            left.add_patch(
                Rectangle(
                    (x_ + 0.18, y + 0.18), 0.64, 0.64, fc=colour["ink"], alpha=strength, zorder=4
                )
            )
    left.set(xlim=(-0.1, width + 0.1), ylim=(height + 0.1, -0.1), aspect="equal")
    left.set_axis_off()
    figure.suptitle(
        f"{type(model).__name__}, pixel in row {row}, column {column}: "
        + ", ".join(f"{field.counts[name]} {MEANINGS[name].word}" for name in NAMES[2:]),
        fontsize=10,
    )
    levels = np.arange(model.levels)
    right.barh(levels, p, 0.6, color=colour["quiet"], label="as painted")
    right.barh(levels, unpainted, 0.72, fill=False, ls="--", label="before it was painted")
    for level, each, other in zip(levels, p, unpainted, strict=True):
        right.text(max(each, other) + 0.02, level, f"{each:.3f}", va="center", fontsize=9)
    right.set(xlim=(0, 1.2), yticks=levels, xlabel="p(x = k | before)", ylabel="k")
    right.set_ylim(max(4, model.levels) - 0.5, -0.5)
    right.legend(fontsize=8, loc="lower right")
    right.spines[["top", "right"]].set_visible(False)
    return figure


# --- a drawing completed --------------------------------------------------------------------------


def surprise(model: AutoregressiveModel, x: np.ndarray) -> np.ndarray:
    r""":math:`-\log p(x_i \mid x_{\text{before}})` of every pixel of n images.

    Args:
        model: of images with one channel.
        x: (n, H, W) integers 0..K-1.

    Returns:
        float32 (n, H, W), nats; its sum over an image is -log p(x).
    """
    _, log_p = _conditionals(model, x)  # (n, D, K)
    value = torch.from_numpy(x.reshape(len(x), -1, 1).astype(np.int64)).to(log_p.device)
    of_value = -log_p.gather(-1, value).squeeze(-1)
    return of_value.float().cpu().numpy().reshape(x.shape)


def given_rows(x: np.ndarray, rows: int) -> torch.Tensor:
    """The first rows of an image x (H, W) as `Request.given`, the others left to the model.

    Returns:
        long (1, 1, H, W), -1 where the model is to draw.
    """
    given = torch.full((1, 1, *x.shape), NOT_DRAWN)
    given[0, 0, :rows] = torch.from_numpy(x[:rows].astype(np.int64))
    return given


def completion_figure(x: np.ndarray, nats: np.ndarray, rows: int, levels: int) -> Figure:
    """Continuations above, the surprise of their pixels below, as a Matplotlib figure.

    Args:
        x: (n, H, W) images.
        nats: (n, H, W) what `surprise` gave of them.
        rows: how many were given.
        levels: K.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    ink = LinearSegmentedColormap.from_list("ink", [MEANINGS["paper"].light, MEANINGS["ink"].light])
    ramp = LinearSegmentedColormap.from_list("surprise", PROBABILITY)
    figure = Figure(figsize=(1.35 * len(x), 3.2), layout="constrained")
    axes = figure.subplots(2, len(x), squeeze=False)
    for column, (image, heat) in enumerate(zip(x, nats, strict=True)):
        axes[0, column].imshow(image, cmap=ink, vmin=0, vmax=levels - 1)
        shown = axes[1, column].imshow(heat, cmap=ramp, vmin=0, vmax=float(nats.max()))
        axes[0, column].set_title(f"{heat[rows:].sum():.1f} nats", fontsize=8)
        for axis in axes[:, column]:
            axis.axhline(rows - 0.5, color=MEANINGS["target"].light, lw=1)
            axis.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("given above the line", fontsize=8)
    axes[1, 0].set_ylabel("−log p", fontsize=8)
    figure.colorbar(shown, ax=axes[1, :], shrink=0.8, label="nats a pixel")
    return figure


def completion_table(x: np.ndarray, nats: np.ndarray, rows: int) -> str:
    """CSV, a line for each pixel of each continuation; arguments as `completion_figure`."""
    lines = ["continuation,row,column,given,value,surprise_nats"]
    for (number, row, column), value in np.ndenumerate(x):
        given = int(row < rows)
        surprised = nats[number, row, column]
        lines.append(f"{number + 1},{row},{column},{given},{value},{surprised:.6g}")
    return "\n".join(lines) + "\n"


def completion_archive(x: np.ndarray, nats: np.ndarray, rows: int) -> bytes:
    """NPZ of x, surprise_nats and rows; arguments as `completion_figure`."""
    file = io.BytesIO()
    np.savez_compressed(file, x=x, surprise_nats=nats, rows=np.array(rows))
    return file.getvalue()


def completion_animation(
    x: np.ndarray, rows: int, levels: int, frames: int = 60, scale: int = 4
) -> bytes:
    """The continuations filling up side by side, as GIF of about four seconds."""
    n, height, width = x.shape
    future = tuple(bytes.fromhex(MEANINGS["future"].light[1:]))
    whole = sheet(x[:, np.newaxis], levels, columns=n, scale=scale)
    pictures = []
    for drawn in np.linspace(rows * width, height * width, frames).round().astype(int):
        frame = whole.copy()
        for number in range(n):
            for row, column in (divmod(index, width) for index in range(drawn, height * width)):
                top = (GAP + row) * scale
                left = (GAP + number * (width + GAP) + column) * scale
                frame[top : top + scale, left : left + scale] = future
        pictures.append(Image.fromarray(frame).quantize(32))
    file = io.BytesIO()
    durations = [60] * (frames - 1) + [1500]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()


# --- digits to begin with -------------------------------------------------------------------------

LABELS = 10
BLOCK = 100  # test images: enough for one of each digit


def digit_strip(data: Dataset, index: int) -> Arrays:
    """Test image `index` and one of each other digit, from the same hundred test images.

    Where those show no k, `index` stands in its place; no hundred of MNIST lacks one.

    Returns:
        indices: (10,) int32, at k the place in the test split of an image that shows a k;
        images: (10, H, W) uint8.
    """
    labels = data.labels("test")
    assert labels is not None  # every embedded data set has them
    first = index // BLOCK * BLOCK
    block = labels[first : first + BLOCK].tolist()
    indices = [first + block.index(k) if k in block else index for k in range(LABELS)]
    indices[block[index - first]] = index
    images = data.batch("test", indices)[:, 0]
    return {"indices": np.array(indices, np.int32), "images": images.numpy().astype(np.uint8)}


# --- pictures from files --------------------------------------------------------------------------

FORMATS = ("PNG", "JPEG")
MOST_PIXELS = 2**24  # of an uploaded picture: 4096 x 4096
FILLED = 20 / 28  # MNIST's digits fill this much of its images
STROKE = 1.9  # pixels: their width as `_stroke_width` measures it, mean of 2,000 test digits
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
    grey = _grey(file)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))  # (h, w)
    if ink.max() < LEAST_CONTRAST:
        raise PictureError(
            "The picture is of one colour: there is nothing on it to complete. Take one with dark "
            "strokes on a light ground, or the reverse."
        )
    ink *= 255 / ink.max()
    if ink.shape != shape:
        ink = _placed(ink, shape)
    return (ink.round().astype(np.int64) * levels // 256).astype(np.uint8)


def _grey(file: BinaryIO) -> np.ndarray:
    """The picture in the file, upright: float (h, w), 0..255."""
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
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):  # 16 bits
                return np.asarray(picture, np.float64) / 257
            if picture.has_transparency_data:
                picture = _opaque(picture.convert("RGBA"))
            return np.asarray(picture.convert("L"), np.float64)
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


def _placed(ink: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Ink (h, w), 0..255, cut out, fitted, thickened and centred in an image of `shape`."""
    there = ink > 0.3 * 255
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FILLED * min(shape) / max(cut.shape)
    size = [max(1, round(length * scale)) for length in cut.shape]
    fine = _resized(cut, [FINER * length for length in size])
    fine *= 255 / fine.max()  # a thin line is faint once it is small
    missing = STROKE - _stroke_width(fine > 127) / FINER
    if missing > 0:
        grown = ImageFilter.MaxFilter(2 * math.ceil(missing * FINER / 2) + 1)
        fine = np.asarray(Image.fromarray(fine.astype(np.uint8)).filter(grown), np.float64)
    small = _resized(fine, size)
    placed = np.zeros(shape)
    corner = []
    for axis, (whole, length) in enumerate(zip(shape, size, strict=True)):
        middle = np.average(np.arange(length) + 0.5, weights=small.sum(1 - axis))
        corner.append(int(np.clip(round(whole / 2 - middle), 0, whole - length)))
    top, left = corner
    placed[top : top + size[0], left : left + size[1]] = small * (255 / small.max())
    return placed


def _resized(grey: np.ndarray, size: list[int]) -> np.ndarray:
    """Grey values 0..255 (h, w) at another height and width, each the mean of what it covers."""
    picture = Image.fromarray(grey.astype(np.float32))
    return np.array(picture.resize(size[::-1], Image.Resampling.BOX), np.float64)


def _stroke_width(there: np.ndarray) -> float:
    """Twice the area of what is there, bool (h, w), over the length of its edge: in pixels."""
    padded = np.pad(there, 1).astype(int)
    edge = sum(np.abs(np.diff(padded, axis=axis)).sum() for axis in (0, 1))
    return float(2 * there.sum() / edge)


# --- to the models and back -----------------------------------------------------------------------


def _images(model: AutoregressiveModel, x: np.ndarray) -> torch.Tensor:
    """(n, H, W) -> long (n, 1, H, W), where the model is."""
    return torch.from_numpy(x[:, np.newaxis].astype(np.int64)).to(model.device)


def _conditionals(model: AutoregressiveModel, x: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and log-probabilities of n images (n, H, W), each (n, D, K)."""
    with torch.no_grad():
        logits = model.logits(_images(model, x)).flatten(1, -2)
    return logits, torch.log_softmax(logits.double(), dim=-1)
