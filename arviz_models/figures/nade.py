"""Pictures of NADE's sampling: arrays for the browser, and what a student takes away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.nade import NADE, StartComparison
from arviz_models.sampler import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Arrays = dict[str, np.ndarray]


def weight_arrays(model: NADE) -> Arrays:
    """The weights behind the picture, for a binary model.

    Returns:
        W, V: (D, 1, H) float16, as the checkpoints hold them; U: (D, H) float16, or empty unless
        order-agnostic; b: (D,) and c: (H,) float32.
    """
    half = {name: getattr(model, name) for name in ("W", "V", "U")}
    arrays = {
        name: np.empty(0, np.float16) if value is None else value.detach().half().cpu().numpy()
        for name, value in half.items()
    }
    for name in ("b", "c"):
        arrays[name] = getattr(model, name).detach().float().cpu().numpy()
    return arrays


def trace_arrays(trace: Trace, base: Trace, first_h: np.ndarray | None = None) -> Arrays:
    """What the picture plays: one sample of a binary model, and the same without flips.

    Args:
        trace: of n = 1 sample.
        base: the trace with the same random numbers and nothing given.
        first_h: (H,) hidden units of the first conditional, where they are not σ(c).

    Returns:
        order: (D,) int32; p: (D,) float32, P(x = 1) at each step; u: (D,) float32; values and
        base: (D,) uint8; first_h: (H,) float32 or empty.
    """
    return {
        "order": trace.order.astype(np.int32),
        "p": trace.probs[:, 0, 1].astype(np.float32),
        "u": trace.uniforms[:, 0].astype(np.float32),
        "values": trace.values[:, 0].astype(np.uint8),
        "base": base.values[:, 0].astype(np.uint8),
        "first_h": (np.empty(0) if first_h is None else first_h).astype(np.float32),
    }


def batch_arrays(trace: Trace) -> Arrays:
    """Several samples of a binary model, to be played together.

    Returns:
        order: (D,) int32; values: (D, n) uint8; p: (D, n) float32, P(x = 1) at each step.
    """
    return {
        "order": trace.order.astype(np.int32),
        "values": trace.values.astype(np.uint8),
        "p": np.ascontiguousarray(trace.probs[:, :, 1], dtype=np.float32),
    }


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


def animation(trace: Trace, frames: int = 80, scale: int = 8) -> bytes:
    """The image filling up, as GIF of about five seconds."""
    from PIL import Image

    _, height, width = _image_shape(trace)
    colours = [_rgb(MEANINGS[name].light) for name in ("paper", "ink", "future", "target")]
    palette = [channel for colour in colours for channel in colour]
    pictures = []
    for t in np.linspace(0, trace.steps, frames).round().astype(int):
        shown = np.full(height * width, 2, np.uint8)
        shown[trace.order[:t]] = trace.values[:t, 0]
        if t < trace.steps:
            shown[trace.order[t]] = 3
        image = Image.fromarray(shown.reshape(height, width)).resize(
            (width * scale, height * scale), Image.Resampling.NEAREST
        )
        image.putpalette(palette)
        pictures.append(image)
    file = io.BytesIO()
    durations = [60] * (len(pictures) - 1) + [1500]
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
    )
    return file.getvalue()


def start_figure(comparison: StartComparison, ground: str) -> Any:
    """Histogram of p(first = 1) over Gaussian draws of h, and the bias's constant, in Plotly."""
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure(
        go.Histogram(
            x=comparison.gaussian[:, 1].cpu().numpy(),
            xbins={"start": 0, "end": 1.0001, "size": 0.02},
            marker_color=colour["seen"],
            name="h drawn from N(0, 1)",
        )
    )
    figure.add_vline(
        x=float(comparison.bias[1]),
        line={"color": colour["target"], "width": 3},
        annotation_text=f"bias: {float(comparison.bias[1]):.3g}",
    )
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 20, "b": 10},
        xaxis={"title": "p(first pixel = 1)", "range": [-0.02, 1.02]},
        yaxis={"title": f"draws of {len(comparison.gaussian):,}"},
        showlegend=False,
    )
    return figure


def figure_bytes(figure: Figure, form: str) -> bytes:
    """A Matplotlib figure as "png" or "svg"."""
    file = io.BytesIO()
    figure.savefig(file, format=form, dpi=200)
    return file.getvalue()


def _image_shape(trace: Trace) -> tuple[int, int, int]:
    shape = trace.event_shape
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (1, 1, shape[0])


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
