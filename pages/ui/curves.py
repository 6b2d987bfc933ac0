"""The curves of a training, which grow as it goes on: pages/ui/browser/curves.js draws them.

The component stays the same while its data change, so what a reader points at or has enlarged stays
too. A Plotly chart would be built anew by each figure: Streamlit knows it by all that it draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arviz_models.figures.palette import MEANINGS
from pages.ui.components import look, mount, pack

MOST_POINTS = 400  # of a curve: more steps are drawn as means of several
TONES = {  # of Okabe and Ito, as in .streamlit/config.toml
    "light": ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87A00", "#2F6FA8", "#7A7F8A"),
    "dark": ("#56B4E9", "#DF762E", "#2FC79A", "#E29CC3", "#F0B83C", "#3D9BD6", "#9AA0AB"),
}
MARKS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "hexagon", "star")


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        id: its name while it is on the page.
        name: what the legend calls it.
        x, y: its points from left to right, float (n,).
        number: of its colour and its mark, from 0; they repeat after `TONES`.
        meaning: of its colour, one of `palette.MEANINGS`, in place of its number; "" for none.
        marked: whether each point has a mark.
        dashed, faint: how its line is drawn.
        ends: whether the range of the axis follows its last points alone: a loss begins high.
        factor: from the unit of y to `Units.other`; 0 where there is no other one.
    """

    id: str
    name: str
    x: np.ndarray
    y: np.ndarray
    number: int = 0
    meaning: str = ""
    marked: bool = False
    dashed: bool = False
    faint: bool = False
    ends: bool = False
    factor: float = 0.0

    def style(self) -> dict[str, Any]:
        """What the browser is told of it, beside its points."""
        place = self.number % len(MARKS)
        return {
            "id": self.id,
            "name": self.name,
            "tone": self._tone(place),
            "mark": MARKS[place] if self.marked else "",
            "dashed": self.dashed,
            "faint": self.faint,
            "ends": self.ends,
            "factor": self.factor,
        }

    def _tone(self, place: int) -> dict[str, str]:
        if not self.meaning:
            return {ground: tones[place] for ground, tones in TONES.items()}
        meaning = MEANINGS[self.meaning]
        return {"light": meaning.light, "dark": meaning.dark}


@dataclass(frozen=True)
class Level:
    """A line across, which gives the curves a meaning.

    Attributes:
        word: what it is.
        height: in the unit of y.
    """

    word: str
    height: float


@dataclass(frozen=True)
class Units:
    """How a value is told.

    Attributes:
        unit: of y.
        other: unit that a value is told in too; "" for none.
        digits, other_digits: after the point.
        place: words of a place along x, with "{}" for the number.
    """

    unit: str
    other: str = ""
    digits: int = 3
    other_digits: int = 4
    place: str = "at step {}"


@dataclass(frozen=True)
class Axes:
    """The axes.

    Attributes:
        x, y: their titles.
        log: whether y is logarithmic.
        across, up: their ends; None where they follow the points.
    """

    x: str
    y: str
    log: bool = False
    across: tuple[float, float] | None = None
    up: tuple[float, float] | None = None


def show(
    key: str,
    title: str,
    curves: Sequence[Curve],
    levels: Sequence[Level],
    axes: Axes,
    units: Units,
    height: int,
    present: bool = False,
    room: int | None = None,
    shows: str = "",
) -> None:
    """Put the curves on the page.

    Args:
        key: unique on the page.
        title: what they are, for who does not see them.
        curves: the first one is read first.
        levels: lines across.
        height: of the chart, in CSS pixels.
        present: whether it is presented.
        room: height of all else in the window, in CSS pixels: the chart takes the rest where that
            is more than `height`; None where it is always `height`.
        shows: equal while what is enlarged stays enlarged.
    """
    arrays: dict[str, np.ndarray] = {}
    for number, curve in enumerate(curves):
        arrays[f"x{number}"] = np.asarray(curve.x, np.float64)
        arrays[f"y{number}"] = np.asarray(curve.y, np.float64)
    meta = {
        "title": title,
        "shows": shows,
        "series": [curve.style() for curve in curves],
        "levels": [{"word": each.word, "height": each.height} for each in levels],
        "axes": {"across": axes.across, "up": axes.up, "log": axes.log},
        "xTitle": axes.x,
        "yTitle": axes.y,
        "units": {
            "unit": units.unit,
            "other": units.other,
            "digits": units.digits,
            "otherDigits": units.other_digits,
            "place": units.place,
        },
        "height": height,
        "room": room,
        "present": present,
    }
    mount("curves", key=key, data=pack(meta | look(), arrays))


def thinned(losses: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """At most `MOST_POINTS` steps with the mean of the losses around each."""
    values = np.array(losses, float)
    wide = -(-len(values) // MOST_POINTS) or 1
    begins = np.arange(0, len(values), wide)
    if not len(begins):
        return begins.astype(float), values
    counts = np.diff([*begins, len(values)])
    means = np.add.reduceat(values, begins) / counts
    return begins + (counts + 1) / 2, means
