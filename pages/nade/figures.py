"""A sample of NADE to take away, and the chart of its first conditional."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.figures.charts import graph_objects
from arviz_models.figures.frames import explained
from arviz_models.figures.numbers import significant
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.nade import StartComparison
from arviz_models.sampler import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image


def table(trace: Trace) -> str:
    """The trace of one sample as CSV: a line for each step."""
    _, _, width = _image_shape(trace)
    lines = ["step,index,row,column,p_one,u,value,log_p_nats"]
    for t, index in enumerate(trace.order.tolist()):
        value = int(trace.values[t, 0])
        p_one = trace.probs[t, 0, 1]
        with np.errstate(divide="ignore"):  # -inf: a flip to what temperature 0 never draws
            log_p = np.log(trace.probs[t, 0, value])
        row, column = divmod(index, width)
        u = trace.uniforms[t, 0]
        lines.append(f"{t},{index},{row},{column},{p_one:.6g},{u:.6g},{value},{log_p:.6g}")
    return "\n".join(lines) + "\n"


def archive(trace: Trace) -> bytes:
    """The trace as NPZ: order, values, probs, uniforms."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        order=trace.order,
        values=trace.values,
        probs=trace.probs,
        uniforms=trace.uniforms,
    )
    return file.getvalue()


def filmstrip(trace: Trace, moments: int = 6) -> Figure:
    """The image and its conditionals at evenly spaced steps, as a Matplotlib figure."""
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap
    from matplotlib.figure import Figure

    _, height, width = _image_shape(trace)
    future = MEANINGS["future"].light
    ink = ListedColormap([MEANINGS["paper"].light, MEANINGS["ink"].light])
    probability = LinearSegmentedColormap.from_list("probability", PROBABILITY)
    figure = Figure(figsize=(1.5 * moments, 3.3), layout="constrained")
    axes = figure.subplots(2, moments, squeeze=False)
    steps = np.linspace(0, trace.steps, moments).round().astype(int)
    for column, t in enumerate(steps):
        shown = np.full((2, height * width), np.nan)
        shown[0, trace.order[:t]] = trace.values[:t, 0]
        shown[1, trace.order[:t]] = trace.probs[:t, 0, 1]
        for row, colours in enumerate((ink, probability)):
            axis = axes[row, column]
            axis.set_facecolor(future)
            picture = axis.imshow(shown[row].reshape(height, width), cmap=colours, vmin=0, vmax=1)
            axis.set_xticks([])
            axis.set_yticks([])
        axes[0, column].set_title(f"step {t}", fontsize=9)
    axes[0, 0].set_ylabel("x", fontsize=9)
    axes[1, 0].set_ylabel("p(x = 1 | earlier)", fontsize=9)
    figure.colorbar(picture, ax=axes[1, :], shrink=0.8, label="probability")
    return figure


def animation(trace: Trace, frames: int = 80, side: int = 288) -> bytes:
    """The image and its conditionals filling up, as GIF of about five seconds.

    Args:
        trace: of n = 1 sample of a binary model.
        frames: how many moments it shows, evenly spaced.
        side: about that of each of the two images, pixels.
    """
    from PIL import Image

    moments = np.linspace(0, trace.steps, frames).round().astype(int).tolist()
    words = [
        f"NADE draws a digit: step {t} of {trace.steps}. Left: x. Right: p(x = 1 | earlier)."
        for t in moments
    ]
    legend = [
        *((MEANINGS[name].light, f"left: {MEANINGS[name].word}") for name in ("ink", "paper")),
        (PROBABILITY[0], "right: probability 0"),
        (PROBABILITY[-1], "right: probability 1"),
        (MEANINGS["future"].light, "not yet drawn, not yet asked"),
        (MEANINGS["target"].light, "outlined: asked now"),
    ]
    pages = explained([moment(trace, t, side) for t in moments], words, legend)
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in _animation_colours() for channel in colour])
    pictures = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    file = io.BytesIO()
    durations = [60] * (len(pictures) - 1) + [1500]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()


def moment(trace: Trace, t: int, side: int) -> Image.Image:
    """The image after t steps, and beside it the conditionals asked so far, one cell a pixel.

    Args:
        trace: of n = 1 sample of a binary model.
        t: steps drawn, 0..D; the next pixel is outlined in both.
        side: about that of each image, pixels.
    """
    from PIL import Image, ImageDraw

    _, height, width = _image_shape(trace)
    cell = max(1, side // max(height, width))
    colours = np.array([_rgb(MEANINGS[name].light) for name in ("paper", "ink", "future")])
    ramp = np.array([_rgb(colour) for colour in PROBABILITY])
    asked = trace.order[: t + 1]
    x = np.full(height * width, 2)
    x[trace.order[:t]] = trace.values[:t, 0]
    p = np.repeat(colours[2:], height * width, axis=0)
    p[asked] = ramp[np.rint(trace.probs[: len(asked), 0, 1] * (len(ramp) - 1)).astype(int)]
    gap = np.full((height, 1, 3), _rgb(MEANINGS["paper"].light))
    both = np.concatenate(
        [colours[x].reshape(height, width, 3), gap, p.reshape(height, width, 3)], axis=1
    )
    pixels = both.astype(np.uint8).repeat(cell, axis=0).repeat(cell, axis=1)
    picture = Image.fromarray(pixels)
    if t < trace.steps:
        row, column = divmod(int(trace.order[t]), width)
        draw = ImageDraw.Draw(picture)
        for left in (column * cell, (width + 1 + column) * cell):
            box = (left, row * cell, left + cell - 1, (row + 1) * cell - 1)
            draw.rectangle(box, outline=MEANINGS["target"].light, width=max(1, cell // 8))
    return picture


def _animation_colours() -> list[tuple[int, int, int]]:
    """Every colour of the animation, and greys for the edges of its letters."""
    named = [MEANINGS[name].light for name in ("paper", "ink", "future", "target", "quiet")]
    paper, ink = (np.array(_rgb(MEANINGS[name].light)) for name in ("paper", "ink"))
    greys = [tuple(np.rint(ink + (paper - ink) * step / 16).astype(int)) for step in range(1, 16)]
    return [*map(_rgb, (*named, *PROBABILITY)), *greys]


def start_figure(comparison: StartComparison, ground: str) -> Any:
    """Histogram of p(first = 1) over Gaussian draws of h, and the bias's constant, in Plotly."""
    go = graph_objects()

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure(
        go.Histogram(
            x=comparison.gaussian[:, 1].cpu().numpy(),
            xbins={"start": 0, "end": 1.0001, "size": 0.02},
            marker_color=colour["seen"],
            name="h drawn from N(0, 1)",
        )
    )
    bias = float(comparison.bias[1])
    figure.add_vline(x=bias, line={"color": colour["target"], "width": 3})
    figure.add_annotation(  # over the bars, and beside the line on the side that has room
        x=bias,
        xanchor="left" if bias < 0.5 else "right",
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        font={"color": colour["target"]},
        text=f"σ(c), the bias: {significant(bias)}",
    )
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        xaxis={"title": "p(first pixel = 1)", "range": [-0.02, 1.02]},
        yaxis={"title": f"draws of {len(comparison.gaussian):,}"},
        showlegend=False,
    )
    return figure


def _image_shape(trace: Trace) -> tuple[int, int, int]:
    shape = trace.event_shape
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (1, 1, shape[0])


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
