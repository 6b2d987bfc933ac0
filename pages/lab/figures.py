"""What the lab draws: curves over each other, and samples as they get better."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from arviz_models.figures.charts import graph_objects
from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.sheets import sheet

if TYPE_CHECKING:
    from arviz_models.analysis.lab import Yardstick
    from pages.lab.runs import LabRun

UNITS = ("nats", "bits/dim")
ACROSS = ("steps", "epochs", "seconds")
TONES = {  # of Okabe and Ito, as in .streamlit/config.toml; the shown run has the first
    "light": ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87A00", "#2F6FA8", "#7A7F8A"),
    "dark": ("#56B4E9", "#DF762E", "#2FC79A", "#E29CC3", "#F0B83C", "#3D9BD6", "#9AA0AB"),
}
VEILS = {"light": "rgba(255, 255, 255, 0.8)", "dark": "rgba(16, 18, 22, 0.8)"}
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
MOST_POINTS = 400  # of a curve: more steps are drawn as means of several
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


def curves(
    drawn: Sequence[Curve],
    yardsticks: Sequence[Yardstick],
    dimensions: int,
    unit: str,
    across: str,
    ground: str,
    height: int,
) -> Any:
    """Training loss and validation NLL, with the lines that give them a meaning, in Plotly.

    Args:
        drawn: the runs; the main one first.
        yardsticks: of the main run's data.
        dimensions: D of that data.
        unit: one of `UNITS`.
        across: one of `ACROSS`.
        ground: "light" or "dark".
        height: of the figure, in pixels; its text grows with it.
    """
    go = graph_objects()

    quiet = getattr(MEANINGS["quiet"], ground)
    figure, lowest, highest = go.Figure(), math.inf, 0.0
    for place, curve in enumerate(drawn):
        tone, mark = TONES[ground][place % len(MARKS)], MARKS[place % len(MARKS)]
        run, scale = curve.run, _scale(unit, curve.run.dimensions)
        if curve.main and run.losses:
            steps, losses = thinned(run.losses)
            figure.add_scatter(
                x=_positions(run, steps, across),
                y=losses * scale,
                mode="lines",
                opacity=0.55,
                line={"color": tone, "width": 1.5},
                name="training loss",
                hovertemplate=_hover(unit, run.dimensions),
                customdata=losses,
            )
            lowest = min(lowest, float(losses[-10:].min()) * scale)
        known = [each for each in run.kept if each["valid"] is not None]
        valid = np.array([each["valid"] for each in known], float)
        if len(valid):
            at = np.array([each["step"] for each in known], float)
            figure.add_scatter(
                x=_positions(run, at, across),
                y=valid * scale,
                mode="lines+markers",
                line={"color": tone, "width": 2, "dash": "solid" if curve.main else "dash"},
                marker={"size": 6, "symbol": mark},
                name="validation" if len(drawn) == 1 else f"validation, run {curve.number}",
                hovertemplate=_hover(unit, run.dimensions),
                customdata=valid,
            )
            lowest = min(lowest, float(valid.min()) * scale)
            highest = max(highest, float(valid.max()) * scale)
    scale = _scale(unit, dimensions)
    heights = [each.nats * scale for each in yardsticks]
    size = round(height / 28)
    for each, level in zip(yardsticks, heights, strict=True):
        figure.add_shape(
            type="line",
            xref="paper",
            x0=0,
            x1=1,
            y0=level,
            y1=level,
            line={"color": quiet, "dash": "dot", "width": 1},
        )
        figure.add_annotation(
            text=f"{each.word}: {level:.3g}",
            xref="paper",
            x=1,
            y=math.log10(level),  # of a logarithmic axis
            xanchor="right",
            yanchor="bottom",
            showarrow=False,
            font={"color": quiet, "size": size},
            bgcolor=VEILS[ground],  # where a curve passes, the words can be read
            borderpad=1,
        )
    top, bottom = max([*heights, highest], default=1.0), min([*heights, lowest], default=0.1)
    top = min(top, 3 * max(heights, default=top))
    bottom = max(bottom, top / 1000)
    figure.update_layout(
        height=height,
        font={"size": size},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": across, "rangemode": "tozero", "showticklabels": figure.data != ()},
        yaxis={
            "title": "nats an image" if unit == "nats" else "bits a dimension",
            "type": "log",
            "range": [math.log10(bottom / 1.15), math.log10(top * 1.25)],
            "tickvals": _ticks(bottom / 1.15, top * 1.25),
            "ticktext": [f"{tick:g}" for tick in _ticks(bottom / 1.15, top * 1.25)],
        },
        legend={"orientation": "h", "y": 1.1, "x": 0},
        showlegend=True,
        hovermode="closest",
    )
    return figure


def _scale(unit: str, dimensions: int) -> float:
    return 1.0 if unit == "nats" else 1 / math.log(2) / dimensions


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between these: written out whole, as 20 and not 2."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    found = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    return [tick for tick in found if low <= tick <= high]


def _hover(unit: str, dimensions: int) -> str:
    """Both units under the pointer."""
    if unit == "nats":
        return "%{y:.3f} nats at %{x:.4g}"
    return "%{y:.4f} bits/dim, %{customdata:.3f} nats at %{x:.4g}"


def thinned(losses: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """At most `MOST_POINTS` steps with the mean of the losses around each."""
    values = np.array(losses, float)
    wide = -(-len(values) // MOST_POINTS)
    begins = np.arange(0, len(values), wide)
    counts = np.diff([*begins, len(values)])
    means = np.add.reduceat(values, begins) / counts
    return begins + (counts + 1) / 2, means


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
    found = sheet(images.reshape(len(images), 1, *shape), levels, columns)[..., :1] / 255
    ink, paper = (_rgb(getattr(MEANINGS[name], ground)) for name in ("ink", "paper"))
    coloured = found * paper + (1 - found) * ink
    edge = _edges(len(images), shape, columns, found.shape[:2])
    coloured[edge] = _rgb(getattr(MEANINGS["line"], ground))
    scale = max(1, round(2 * width / coloured.shape[1]))
    whole = np.rint(coloured).astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    return png_address(Image.fromarray(whole))


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
