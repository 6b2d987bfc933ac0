"""What the lab draws: curves over each other, and samples as they get better."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.sheets import sheet
from pages.ui import curves as curves_ui

if TYPE_CHECKING:
    from arviz_models.analysis.lab import Yardstick
    from pages.lab.runs import LabRun

UNITS = ("nats", "bits/dim")
ACROSS = ("steps", "epochs", "seconds")
COLUMNS = 4  # of the samples
MOST_MOMENTS = 5  # rows of earlier samples


@dataclass(frozen=True)
class Curve:
    """One run as the picture shows it.

    Attributes:
        run: it.
        number: of it in the table.
        main: whether its training loss is drawn too.
    """

    run: LabRun
    number: int
    main: bool


def curves(drawn: Sequence[Curve], unit: str, across: str) -> list[curves_ui.Curve]:
    """Training loss of the main run, and the validation NLL of all.

    Args:
        drawn: the runs; the main one first.
        unit: one of `UNITS`.
        across: one of `ACROSS`.
    """
    found = []
    for place, curve in enumerate(drawn):
        run, scale = curve.run, scale_of(unit, curve.run.dimensions)
        factor = scale_of(UNITS[unit == UNITS[0]], run.dimensions) / scale
        if curve.main and run.losses:
            steps, losses = curves_ui.thinned(run.losses)
            found.append(
                curves_ui.Curve(
                    f"{run.token}:loss",
                    "training loss",
                    _positions(run, steps, across),
                    losses * scale,
                    number=place,
                    faint=True,
                    ends=True,
                    factor=factor,
                )
            )
        known = [each for each in run.kept if each["valid"] is not None]
        if known:
            at = np.array([each["step"] for each in known], float)
            found.append(
                curves_ui.Curve(
                    f"{run.token}:valid",
                    "validation" if len(drawn) == 1 else f"validation, run {curve.number}",
                    _positions(run, at, across),
                    np.array([each["valid"] for each in known], float) * scale,
                    number=place,
                    marked=True,
                    dashed=not curve.main,
                    factor=factor,
                )
            )
    return found


def levels(yardsticks: Sequence[Yardstick], unit: str, dimensions: int) -> list[curves_ui.Level]:
    """The lines that give the curves a meaning.

    Args:
        yardsticks: of the main run's data.
        unit: one of `UNITS`.
        dimensions: D of that data.
    """
    scale = scale_of(unit, dimensions)
    return [curves_ui.Level(each.word, each.nats * scale) for each in yardsticks]


def axes(unit: str, across: str) -> curves_ui.Axes:
    """Logarithmic: a loss begins high, and its last nats are what counts."""
    y = "nats an image" if unit == "nats" else "bits a dimension"
    return curves_ui.Axes(across, y, log=True)


def units(unit: str, across: str) -> curves_ui.Units:
    """How the value of a point is told: in both units."""
    place = {"steps": "at step {}", "epochs": "after {} epochs", "seconds": "after {} s"}[across]
    if unit == "nats":
        return curves_ui.Units("nats", "bits/dim", 3, 4, place)
    return curves_ui.Units("bits/dim", "nats", 4, 3, place)


def scale_of(unit: str, dimensions: int) -> float:
    """What nats are multiplied by."""
    return 1.0 if unit == "nats" else 1 / math.log(2) / dimensions


def _positions(run: LabRun, steps: np.ndarray, across: str) -> np.ndarray:
    """Where steps lie along the axis; what no look says is between those of two looks."""
    if across == "steps" or not run.kept:
        return steps
    name = {"epochs": "epoch", "seconds": "seconds"}[across]
    looks = sorted((each["step"], each[name]) for each in run.kept)
    at, values = [each[0] for each in looks], [each[1] for each in looks]
    if run.done > at[-1] and at[-1]:  # after the last look it goes on at the same pace
        at.append(run.done)
        values.append(values[-1] * run.done / looks[-1][0])
    return np.interp(steps, at, values)


# --- samples --------------------------------------------------------------------------------------


def large(samples: np.ndarray, run: LabRun, ground: str) -> str:
    """The samples of one look, as `_coloured` has them."""
    return _coloured(samples, run.shape, run.levels, COLUMNS, ground, 280)


def moments(run: LabRun) -> list[int]:
    """Numbers of the looks whose samples are shown beside each other: early ones, and later."""
    last = len(run.kept) - 1
    if last < 1:
        return []
    wanted = {round(last * (each / (MOST_MOMENTS - 1)) ** 2) for each in range(MOST_MOMENTS - 1)}
    return sorted(wanted - {last})


def small(run: LabRun, ground: str) -> str:
    """The samples of earlier looks, a row each, as `_coloured` has them."""
    chosen = [run.frames[number]["samples"] for number in moments(run)]
    return _coloured(np.concatenate(chosen), run.shape, run.levels, 2 * COLUMNS, ground, 280)


def real(images: np.ndarray, shape: tuple[int, int], levels: int, ground: str) -> str:
    """Images of the data, as `_coloured` has them."""
    return _coloured(images, shape, levels, COLUMNS, ground, 280)


def _coloured(
    images: np.ndarray,
    shape: tuple[int, int],
    levels: int,
    columns: int,
    ground: str,
    width: int,
) -> str:
    """A sheet in the colours of ink and paper, with edges around each image: see `png_address`."""
    shades = min(levels, 255)  # a palette holds these, and the line between the images
    found = sheet(images.reshape(len(images), 1, *shape), levels, columns)[..., 0]
    numbers = np.rint(found / 255 * (shades - 1)).astype(np.uint8)
    numbers[_edges(len(images), shape, columns, found.shape[:2])] = shades
    ink, paper, line = (_rgb(getattr(MEANINGS[name], ground)) for name in ("ink", "paper", "line"))
    parts = np.linspace(0, 1, shades)[:, None]
    colours = np.concatenate([parts * paper + (1 - parts) * ink, [line]])
    scale = max(1, round(2 * width / found.shape[1]))
    picture = Image.fromarray(numbers.repeat(scale, axis=0).repeat(scale, axis=1))
    picture.putpalette(np.rint(colours).astype(np.uint8).tobytes())  # a third of the bytes of RGB
    return png_address(picture)


def png_address(picture: Image.Image) -> str:
    """A picture as an address that holds it.

    What `st.image` keeps on the server is gone with the next run of the page, and while a model
    learns that is sooner than a browser may ask for it.
    """
    target = io.BytesIO()
    picture.save(target, "PNG")
    return f"data:image/png;base64,{base64.b64encode(target.getvalue()).decode()}"


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], float)


def _edges(count: int, shape: tuple[int, int], columns: int, size: tuple[int, ...]) -> np.ndarray:
    """bool (height, width): the gaps between the images."""
    from arviz_models.figures.sheets import GAP

    gaps = np.ones(size, bool)
    for number in range(count):
        top = GAP + number // columns * (shape[0] + GAP)
        left = GAP + number % columns * (shape[1] + GAP)
        gaps[top : top + shape[0], left : left + shape[1]] = False
    return gaps
