"""A digit as a network draws it, pixel by pixel: what a student takes away of one sample."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from arviz_models.figures.frames import explained
from arviz_models.figures.palette import MEANINGS, PROBABILITY
from arviz_models.sampler import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FUTURE = MEANINGS["future"].light


def surprisals(trace: Trace) -> np.ndarray:
    """(D,) float64, nats: -log p of each value, under the probabilities that it was drawn from."""
    value = trace.values[:, 0].astype(np.intp)
    with np.errstate(divide="ignore"):  # inf: a flip to what temperature 0 never draws
        log_p = np.log(trace.probs[np.arange(trace.steps), 0, value].astype(np.float64))
    found: np.ndarray = 0 - log_p
    return found


def table(trace: Trace) -> str:
    """CSV, a line for each pixel: probabilities, random number, level, log p so far."""
    levels, width = trace.probs.shape[-1], trace.event_shape[2]
    names = ",".join(f"p_{level}" for level in range(levels))
    lines = [f"step,row,column,{names},u,value,log_p_nats,log_p_so_far_nats"]
    nats = surprisals(trace)
    sums = np.cumsum(nats)
    for t, index in enumerate(trace.order.tolist()):
        row, column = divmod(index, width)
        p = ",".join(f"{each:.6g}" for each in trace.probs[t, 0].tolist())
        u, value = trace.uniforms[t, 0], int(trace.values[t, 0])
        lines.append(f"{t},{row},{column},{p},{u:.6g},{value},{0 - nats[t]:.6g},{0 - sums[t]:.6g}")
    return "\n".join(lines) + "\n"


def archive(trace: Trace) -> bytes:
    """NPZ of order, values, probs, uniforms, and the inner state by name."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        order=trace.order,
        values=trace.values,
        probs=trace.probs,
        uniforms=trace.uniforms,
        **trace.internals,
    )
    return file.getvalue()


def filmstrip(trace: Trace, moments: int = 6) -> Figure:
    """The image and the probability of ink at evenly spaced moments, as a Matplotlib figure.

    With more than two levels, the lower row shows the expected level, from 0 to 1.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    _, height, width = trace.event_shape
    levels = trace.probs.shape[-1]
    ends = [MEANINGS["paper"].light, MEANINGS["ink"].light]
    ink = LinearSegmentedColormap.from_list("ink", ends)
    ramp = LinearSegmentedColormap.from_list("probability", PROBABILITY)
    expected = trace.probs[:, 0] @ np.linspace(0, 1, levels, dtype=np.float32)
    figure = Figure(figsize=(1.5 * moments, 3.3), layout="constrained")
    axes = figure.subplots(2, moments, squeeze=False)
    steps = np.linspace(0, trace.steps, moments).round().astype(int)
    for column, t in enumerate(steps):
        shown = np.full((2, height * width), np.nan)
        shown[0, trace.order[:t]] = trace.values[:t, 0] / (levels - 1)
        shown[1, trace.order[:t]] = expected[:t]
        for axis, image, colours in zip(axes[:, column], shown, (ink, ramp), strict=True):
            axis.set_facecolor(FUTURE)
            picture = axis.imshow(image.reshape(height, width), cmap=colours, vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        axes[0, column].set_title(f"{t} pixels", fontsize=9)
    axes[0, 0].set_ylabel("x", fontsize=9)
    words = "p(ink | all before)" if levels == 2 else "expected level"
    axes[1, 0].set_ylabel(words, fontsize=9)
    figure.colorbar(picture, ax=axes[1, :], shrink=0.8, label=words)
    return figure


def animation(trace: Trace, frames: int = 80, side: int = 288) -> bytes:
    """The digit filling up, as GIF of about five seconds.

    Args:
        trace: of n = 1 sample.
        frames: how many moments it shows, evenly spaced.
        side: about that of the image, screen pixels.
    """
    from PIL import Image

    _, height, width = trace.event_shape
    levels, scale = trace.probs.shape[-1], side // height
    ends = [np.array(list(bytes.fromhex(MEANINGS[name].light[1:]))) for name in ("paper", "ink")]
    tones = [ends[0] + (ends[1] - ends[0]) * level / (levels - 1) for level in range(levels)]
    colours = np.array([*tones, list(bytes.fromhex(FUTURE[1:]))]).round().astype(np.uint8)
    sums = np.concatenate([[0], -np.cumsum(surprisals(trace))])
    pictures, words = [], []
    for t in np.linspace(0, trace.steps, frames).round().astype(int).tolist():
        level = np.full(height * width, levels)
        level[trace.order[:t]] = trace.values[:t, 0]
        image = colours[level.reshape(height, width)].repeat(scale, 0).repeat(scale, 1)
        pictures.append(Image.fromarray(image))
        words.append(f"{t} of {trace.steps} pixels are drawn; log p = {sums[t]:.2f} nats")
    pages = [page.quantize(32) for page in explained(pictures, words, [(FUTURE, "not drawn yet")])]
    file = io.BytesIO()
    durations = [60] * (frames - 1) + [1500]
    pages[0].save(file, "GIF", save_all=True, append_images=pages[1:], duration=durations, loop=0)
    return file.getvalue()
