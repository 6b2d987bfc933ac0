"""A flow to take away, and the charts of its training and of its passes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.flow_planes import (
    ALONG,
    CELLS,
    LINES,
    SHOWN,
    WINDOW,
    Arrays,
    densities,
    gaussian_density,
    grid_lines,
    masks_of_both,
    partners,
    shades,
    still_arrays,
)
from arviz_models.figures.charts import graph_objects
from arviz_models.figures.palette import MEANINGS, PROBABILITY

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from zuko.lazy import Flow

    from arviz_models.flows import Passes

GAUSSIAN = 1 + math.log(2 * math.pi)  # nats: entropy of the standard normal in two dimensions


def loss_figure(losses: Sequence[float], total: int, ground: str) -> Any:
    """The loss of every step so far, and its mean over the last 20, as a Plotly curve."""
    go = graph_objects()

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    steps = list(range(1, len(losses) + 1))
    figure = go.Figure(
        go.Scatter(x=steps, y=list(losses), name="one batch", line={"color": colour["line"]})
    )
    figure.add_scatter(
        x=steps,
        y=smoothed(losses),
        name="mean of 20",
        line={"color": colour["seen"], "width": 2.5},
    )
    figure.add_hline(
        y=GAUSSIAN,
        line={"color": colour["quiet"], "dash": "dot", "width": 1},
        annotation={
            "text": f"a plain Gaussian, {GAUSSIAN:.2f}",
            "font": {"color": colour["quiet"]},
        },
    )
    figure.update_layout(
        height=280,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "training step", "range": [0, total]},
        yaxis={"title": "loss, nats a point"},
        legend={"orientation": "h", "y": 1.14},
    )
    return figure


def smoothed(losses: Sequence[float], width: int = 20) -> np.ndarray:
    """The mean of the last `width` losses, or of as many as there are, at every step."""
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    ends = np.arange(1, len(losses) + 1)
    starts = np.maximum(ends - width, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def log_ticks(values: Sequence[float]) -> list[float]:
    """1, 2 and 5 times powers of ten, from just below the least to just above the greatest value.

    Example:
        >>> log_ticks([0.3, 4.0])
        [0.2, 0.5, 1.0, 2.0, 5.0]
    """
    low, high = math.floor(math.log10(min(values))), math.floor(math.log10(max(values)))
    ticks = [float(f"{c}e{power}") for power in range(low, high + 2) for c in (1, 2, 5)]
    first = max(number for number, tick in enumerate(ticks) if tick <= min(values))
    last = min(number for number, tick in enumerate(ticks) if tick >= max(values))
    return ticks[first : last + 1]


def passes_figure(measured: Sequence[Passes], ground: str) -> Any:
    """Time of one density and of one sample against D, both kinds, as Plotly lines."""
    go = graph_objects()

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure()
    for kind, symbol in (("maf", "circle"), ("iaf", "square")):
        rows = [row for row in measured if row.kind == kind]
        for task, tone in (("density", "seen"), ("sample", "target")):
            fast = (kind == "maf") == (task == "density")
            figure.add_scatter(
                x=[row.variables for row in rows],
                y=[1000 * getattr(row, f"{task}_seconds") for row in rows],
                customdata=[getattr(row, task) for row in rows],
                hovertemplate="D = %{x}: %{y:.2f} ms, %{customdata} passes",
                name=f"{kind.upper()}, {task}",
                mode="lines+markers",
                line={"color": colour[tone], "dash": "solid" if fast else "dash"},
                marker={"symbol": symbol, "size": 8},
            )
    times = [
        1000 * seconds for row in measured for seconds in (row.density_seconds, row.sample_seconds)
    ]
    ticks = log_ticks(times)
    figure.update_layout(
        height=312,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={
            "title": "variables D (log scale)",
            "type": "log",
            "tickvals": sorted({row.variables for row in measured}),
        },
        yaxis={
            "title": "ms for one point (log scale)",
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
            "range": [math.log10(ticks[0]), math.log10(ticks[-1])],
        },
        legend={"orientation": "h", "y": 1.14},
    )
    return figure


def passes_csv(measured: Sequence[Passes]) -> str:
    """One line for each kind and size: passes, and milliseconds."""
    lines = [
        f"{row.kind},{row.variables},{row.density},{row.sample},"
        f"{1000 * row.density_seconds:.4g},{1000 * row.sample_seconds:.4g}"
        for row in measured
    ]
    head = "kind,D,density_passes,sample_passes,density_ms,sample_ms"
    return "\n".join([head, *lines]) + "\n"


# --- one variable --------------------------------------------------------------------------------


def stretched_curves(alpha: float, mu: float) -> np.ndarray:
    """z, p(z), x = exp(alpha) z + mu and p(x) at 241 places: (241, 4)."""
    z = np.linspace(-4, 4, 241)
    density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    return np.stack([z, density, math.exp(alpha) * z + mu, density * math.exp(-alpha)], 1)


def stretch_figure(alpha: float, mu: float) -> Figure:
    """The curve of z above that of x, with the lines from z to x, as a Matplotlib figure."""
    from matplotlib.figure import Figure
    from matplotlib.patches import ConnectionPatch

    z, p_z, x, p_x = stretched_curves(alpha, mu).T
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for axis, places, density, name in ((above, z, p_z, "z"), (below, x, p_x, "x")):
        axis.fill_between(places, density, alpha=0.3, color=MEANINGS["seen"].light)
        axis.plot(places, density, color=MEANINGS["seen"].light)
        axis.set(ylabel=f"$p({name})$")
    below.set(xlabel="z above, x below", xlim=(-8, 8))
    highest = 1.1 * max(p_z.max(), p_x.max())
    above.set_ylim(0, highest)
    below.set_ylim(highest, 0)  # downwards, so that nothing lies between the two axes
    for place in range(-3, 4):
        ends = ((place, 0), (math.exp(alpha) * place + mu, 0))
        line = ConnectionPatch(
            *ends, "data", "data", axesA=above, axesB=below, color="grey", lw=0.8
        )
        line.set_in_layout(False)
        figure.add_artist(line)
    above.set_title(f"x = exp({alpha:.2f}) z + {mu:.2f}", fontsize=10)
    return figure


def stretch_csv(alpha: float, mu: float) -> str:
    """Both curves: z, p_z, x, p_x."""
    lines = [",".join(f"{value:.6g}" for value in row) for row in stretched_curves(alpha, mu)]
    return "\n".join(["z,p_z,x,p_x", *lines]) + "\n"


# --- to take away --------------------------------------------------------------------------------


def planes_figure(model: Flow, data: np.ndarray, name: str) -> Figure:
    """Density, data and grid in x beside the data in z, as a Matplotlib figure."""
    meta, arrays = still_arrays(model, data)
    stages = _stages(arrays)
    figure, left, right = _two_planes()
    left.show("x", *stages[-1])
    right.show("z", *stages[0])
    figure.suptitle(
        f"{name}, K = {meta['K']}: {meta['loss']:.3f} nats a point (standardised data)", fontsize=10
    )
    return figure


def transforms_gif(model: Flow, data: np.ndarray, name: str) -> bytes:
    """From z to x, a transform a second, beside z, as GIF: each picture is a stage of the flow."""
    meta, arrays = still_arrays(model, data)
    stages = _stages(arrays)
    figure, left, right = _two_planes()
    right.show("z", *stages[0])
    pictures = []
    for number, stage in enumerate(stages):
        left.show("z" if number == 0 else "x" if number == meta["K"] else "", *stage)
        figure.suptitle(f"{name}: after {number} of {meta['K']} transforms", fontsize=10)
        pictures.append(_snapshot(figure))
    return _gif(pictures, [1000] * meta["K"] + [2500])


def training_gif(
    data: np.ndarray, frames: Sequence[Arrays], kept: Sequence[dict[str, Any]], name: str
) -> bytes:
    """The pictures kept of a training, as GIF of about six seconds.

    Args:
        data: (N, 2), standardised.
        frames: those of `frame_arrays`.
        kept: of each of them its "step" and its "loss".
    """
    z_density, _ = shades(gaussian_density())
    straight = grid_lines().numpy()
    figure, left, right = _two_planes()
    pictures = []
    for frame, moment in zip(frames, kept, strict=True):
        lines = frame["frame_lines"].astype(float).reshape(2 * LINES, ALONG, 2)
        left.show("x", frame["frame_density"], lines, data[:SHOWN])
        right.show("z", z_density, straight, frame["frame_points"].astype(float))
        figure.suptitle(f"{name}: step {moment['step']}, {moment['loss']:.2f} nats", fontsize=10)
        pictures.append(_snapshot(figure))
    return _gif(pictures, [150] * (len(pictures) - 1) + [2500])


def points_csv(model: Flow, data: np.ndarray) -> str:
    """Every data point, its partner in z and log p(x): x1, x2, z1, z2, log_p_nats."""
    rows = partners(model, data).tolist()
    lines = [",".join(f"{value:.6g}" for value in row) for row in rows]
    return "\n".join(["x1,x2,z1,z2,log_p_nats", *lines]) + "\n"


def losses_csv(losses: Sequence[float]) -> str:
    """The loss of every training step: step, loss_nats."""
    lines = [f"{step},{loss:.6g}" for step, loss in enumerate(losses, start=1)]
    return "\n".join(["step,loss_nats", *lines]) + "\n"


def _stages(arrays: Arrays) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of every stage density, lines and points, from z to x."""
    lines = arrays["lines"].reshape(-1, 2 * LINES, ALONG, 2)
    return list(zip(arrays["density"], lines, arrays["points"], strict=True))


class _PlaneOf:
    """One plane of a figure: its marks are made once, and moved for each picture of a film."""

    def __init__(self, axis: Any) -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.colors import LinearSegmentedColormap

        window = (-WINDOW, WINDOW)
        ramp = LinearSegmentedColormap.from_list("probability", PROBABILITY)
        nothing = np.zeros((CELLS, CELLS), np.uint8)
        self.axis = axis
        self.density = axis.imshow(nothing, extent=(*window, *window), cmap=ramp, vmin=0, vmax=255)
        self.lines = [
            LineCollection([], linestyles=style, colors="white", lw=0.5, alpha=0.6)
            for style in ("-", "--")
        ]
        for lines in self.lines:
            axis.add_collection(lines, autolim=False)
        self.points = axis.scatter([], [], s=5, color="white", edgecolor="black", lw=0.4)
        axis.set(xlim=window, ylim=window, aspect="equal")

    def show(self, letter: str, density: np.ndarray, lines: np.ndarray, points: np.ndarray) -> None:
        """Density (CELLS^2) of `shades`, lines (2 LINES, ALONG, 2), points (M, 2).

        `letter` is "x", "z", or empty for what lies between them.
        """
        self.density.set_data(density.reshape(CELLS, CELLS))
        for collection, half in zip(self.lines, (lines[:LINES], lines[LINES:]), strict=True):
            collection.set_segments(list(half))
        self.points.set_offsets(points)
        title = {"x": "x, the data", "z": "z, the Gaussian"}.get(letter, "between z and x")
        self.axis.set_title(title, fontsize=10)
        self.axis.set_xlabel(f"${letter}_1$" if letter else "variable 1")
        self.axis.set_ylabel(f"${letter}_2$" if letter else "variable 2")


def _two_planes() -> tuple[Figure, _PlaneOf, _PlaneOf]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    return figure, _PlaneOf(left), _PlaneOf(right)


def _snapshot(figure: Figure) -> Any:
    """The figure as a picture of 128 colours; its layout is then fixed for those that follow."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_layout_engine("none")
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    return image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _gif(pictures: Sequence[Any], durations: Sequence[int]) -> bytes:
    file = io.BytesIO()
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=list(durations), loop=0
    )
    return file.getvalue()


def made_figure(variables: int, order: str, seed: int = 0) -> Figure:
    """The masks of one MAF step, zuko's above and MADE's below, as a Matplotlib figure."""
    from matplotlib.figure import Figure

    _, ours, theirs = masks_of_both(variables, order, seed)
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    axes = figure.subplots(2, len(ours))
    titles = [f"hidden {number}" for number in range(1, len(ours))] + ["μ and α"]
    read = ["x", *titles[:-1]]  # what the columns are
    for row, (name, found) in zip(axes, (("zuko", theirs), ("MADE", ours)), strict=True):
        for axis, mask, title, below in zip(row, found, titles, read, strict=True):
            axis.imshow(mask.numpy(), cmap="Greys", vmin=0, vmax=1.6, aspect="auto")
            axis.set(title=f"{title}, {name}", xticks=[], yticks=[])
            axis.title.set_fontsize(9)
            axis.set_xlabel(f"reads {below}", fontsize=8)
            axis.set_ylabel(title, fontsize=8)
    return figure


def archive(model: Flow, data: np.ndarray, losses: Sequence[float]) -> bytes:
    """The arrays of the picture, the densities themselves, the losses and the data as NPZ."""
    meta, arrays = still_arrays(model, data)
    everything: dict[str, Any] = arrays | {
        "density": densities(model),
        "data": data,
        "losses": np.array(losses),
        "orders": np.array(meta["orders"]),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **everything)
    return file.getvalue()
