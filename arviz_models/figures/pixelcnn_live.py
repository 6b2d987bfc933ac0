"""Pictures of what runs live on the PixelCNN page: a broken mask, and passes against steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from arviz_models.base import NOT_DRAWN
from arviz_models.break_the_mask import FIRST_KERNEL, Pair, total_probability
from arviz_models.data import Dataset
from arviz_models.figures.palette import MEANINGS
from arviz_models.layers import MASK_TYPES, kernel_mask
from arviz_models.timing import WAYS, Comparison

Arrays = dict[str, np.ndarray]

SAMPLES = 8  # of each model, at each moment
MOMENTS = 40  # kept of one training, at most
NAMES = {"A": "mask A", "B": "mask B, leaking"}
LABELS = {
    "forward": "forward: 1 pass",
    "training": "training: 1 pass and back",
    "decoder": "decoder: {steps} steps",
    "naive": "naive: {passes} passes",
}
MARKS = {
    "forward": ("seen", "circle"),
    "training": ("seen", "diamond"),
    "decoder": ("feeds", "square"),
    "naive": ("target", "x"),
}


# --- a broken mask -------------------------------------------------------------------------------


def first_masks() -> np.ndarray:
    """uint8 (2, k, k): the first kernel's mask of type A and of type B."""
    size = (FIRST_KERNEL, FIRST_KERNEL)
    return np.stack([kernel_mask(kind, size)[0, 0].numpy() for kind in MASK_TYPES]).astype(np.uint8)


def real_digit(dataset: Dataset, seed: int) -> torch.Tensor:
    """One image that no model has learned from: long (1, C, H, W) of the test split."""
    return dataset.batch("test", [seed % dataset.size("test")])


@torch.no_grad()
def moment(models: Pair, image: torch.Tensor, seed: int) -> tuple[list[float], Arrays]:
    """Both models as they are now.

    Args:
        image: long (1, C, H, W), what they are asked about.
        seed: of the random numbers of the samples, the same for both models.

    Returns:
        what the "probabilities" of all tiny images add up to, for each model;
        told: (2, D) float16, p(x_i = 1 | ...) of each pixel of `image`; samples: (2, n, D) uint8.
    """
    told, samples = [], []
    for model in models:
        told.append(model.logits(image).softmax(-1)[..., 1].flatten())
        drawn = model.sample(SAMPLES, generator=torch.Generator().manual_seed(seed))
        samples.append(drawn.flatten(1))
    arrays: Arrays = {
        "told": torch.stack(told).numpy().astype(np.float16),
        "samples": torch.stack(samples).numpy().astype(np.uint8),
    }
    return [total_probability(model) for model in models], arrays


def moment_steps(steps: int) -> list[int]:
    """The steps of a training at which a moment is kept: most of them early, where a leak shows."""
    found = {round(steps * (number / (MOMENTS - 1)) ** 2.5) for number in range(1, MOMENTS)}
    return sorted(found - {0})


def film(moments: Sequence[Arrays]) -> Arrays:
    """All moments as one set of arrays, the moment first."""
    return {name: np.stack([each[name] for each in moments]) for name in moments[0]}


def bits_per_dimension(nats: float, dimensions: int) -> float:
    """Nats an image as bits a pixel."""
    return nats / (dimensions * math.log(2))


def loss_figure(
    losses: Sequence[tuple[float, float]],
    total: int,
    levels: dict[str, float],
    dimensions: int,
    ground: str,
) -> Any:
    """The losses of both models at every step so far, as Plotly curves.

    Args:
        losses: of the sound and of the leaking model, nats an image, a pair for each step.
        total: steps of the whole training.
        levels: horizontal lines: what each is called, and its height in nats.
        dimensions: D, for bits/dim under the pointer.
        ground: "light" or "dark".
    """
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    steps = list(range(1, len(losses) + 1))
    figure = go.Figure()
    for number, (mask, tone, dash) in enumerate((("A", "seen", "solid"), ("B", "target", "dash"))):
        nats = [pair[number] for pair in losses]
        figure.add_scatter(
            x=steps,
            y=nats,
            customdata=[bits_per_dimension(value, dimensions) for value in nats],
            hovertemplate="%{y:.3f} nats, %{customdata:.3f} bits/dim",
            name=NAMES[mask],
            line={"color": colour[tone], "width": 2, "dash": dash},
        )
    for words, height in levels.items():
        figure.add_hline(
            y=height,
            line={"color": colour["quiet"], "dash": "dot", "width": 1},
            annotation={
                "text": f"{words}: {height:.1f}",
                "font": {"color": colour["quiet"], "size": 12},
                "xanchor": "right",
            },
        )
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "step", "range": [0, total]},
        yaxis={"title": "loss, nats an image", "range": [0, 1.05 * dimensions * math.log(2)]},
        legend={"orientation": "h", "y": 1.14},
        showlegend=True,
        hovermode="x unified",
    )
    return figure


def losses_table(losses: Sequence[tuple[float, float]], dimensions: int) -> str:
    """Every step's losses as CSV."""
    lines = ["step,mask_a_nats,mask_b_nats,mask_a_bits_per_dim,mask_b_bits_per_dim"]
    for step, pair in enumerate(losses, start=1):
        numbers = [*pair, *(bits_per_dimension(nats, dimensions) for nats in pair)]
        lines.append(f"{step}," + ",".join(f"{number:.6g}" for number in numbers))
    return "\n".join(lines) + "\n"


# --- in parallel or in sequence ------------------------------------------------------------------


def duration(seconds: float) -> str:
    """A time as one reads it: two or three digits and a unit."""
    value, unit = seconds, "s"
    if seconds < 0.9995:
        value, unit = 1000 * seconds, "ms"
    elif seconds >= 119.5:
        value, unit = seconds / 60, "min"
    return f"{value:,.{2 if value < 0.995 else 1 if value < 9.95 else 0}f} {unit}"


def span(measured: Sequence[Comparison]) -> tuple[float, float]:
    """Shortest and longest time, in seconds."""
    times = [cost.whole for comparison in measured for cost in comparison.costs.values()]
    return min(times), max(times)


def _images(n: int) -> str:
    return "1 image" if n == 1 else f"{n} images"


def label(way: str, comparison: Comparison) -> str:
    """What a way is called, with its passes or steps."""
    cost = comparison.costs[way]
    return LABELS[way].format(steps=cost.steps, passes=cost.whole_passes)


def costs_figure(measured: Sequence[Comparison], span: tuple[float, float], ground: str) -> Any:
    """Times of one model, a line for each way and batch size, as Plotly dots on a log scale.

    Args:
        measured: of one model, smallest batch first; may be unfinished.
        span: shortest and longest time in seconds, so that figures side by side share a scale.
        ground: "light" or "dark".
    """
    import plotly.graph_objects as go

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure()
    low, high = (math.log10(seconds) for seconds in span)
    low, high = math.floor(low), high + 0.1
    row, ticks, names = 0.0, [], []
    for comparison in measured:
        images = _images(comparison.n) + (" at once" if comparison.n > 1 else "")
        figure.add_annotation(
            x=0,
            xref="paper",
            y=row,
            text=f"<b>{images}</b>",
            showarrow=False,
            xanchor="left",
            font={"color": colour["quiet"]},
        )
        row += 1
        for way in WAYS:
            if way not in comparison.costs:
                row += 1
                continue
            cost = comparison.costs[way]
            tone, symbol = MARKS[way]
            figure.add_scatter(
                x=[10**low, cost.whole],
                y=[row, row],
                mode="lines",
                line={
                    "color": colour[tone],
                    "width": 1,
                    "dash": "dot" if cost.reckoned else "solid",
                },
                hoverinfo="skip",
            )
            figure.add_scatter(
                x=[cost.whole],
                y=[row],
                mode="markers+text",
                text=("about " if cost.reckoned else "") + duration(cost.whole),
                textposition="middle right",
                cliponaxis=False,
                marker={"color": colour[tone], "symbol": symbol, "size": 11},
                hovertemplate=f"{measured_words(way, comparison)}<extra></extra>",
            )
            ticks.append(row)
            names.append(label(way, comparison))
            row += 1
    decades = range(low, math.floor(high) + 1)
    figure.update_layout(
        height=max(120, 30 * int(row) + 50),
        margin={"l": 10, "r": 90, "t": 10, "b": 10},  # room for the time beside the longest one
        showlegend=False,
        xaxis={
            "type": "log",
            "range": [low, high],
            "showgrid": True,
            "gridcolor": colour["line"],
            "zeroline": False,
            "tickvals": [10.0**power for power in decades],
            "ticktext": ["" if power % 2 == 0 else tick(power) for power in decades],
            "tickangle": 0,
            "fixedrange": True,
        },
        yaxis={
            "range": [row - 0.5, -0.6],
            "tickvals": ticks,
            "ticktext": names,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    )
    return figure


def tick(power: int) -> str:
    """10^power seconds, for an axis."""
    return f"{10**power:,} s" if power >= 0 else f"{10.0 ** (power + 3):g} ms"


def measured_words(way: str, comparison: Comparison) -> str:
    """What was measured, and what is reckoned from it."""
    cost = comparison.costs[way]
    said = f"{duration(cost.whole)} for {_images(comparison.n)}"
    if cost.reckoned:
        return (
            f"{said}, reckoned from {cost.done} of {cost.steps} steps, which took "
            f"{duration(cost.seconds)}"
        )
    return f"{said}, measured"


def costs_in_words(comparison: Comparison) -> str:
    """All that is measured so far, for those who do not see the figure."""
    return "; ".join(
        f"{label(way, comparison)}, {measured_words(way, comparison)}"
        for way in WAYS
        if way in comparison.costs
    )


def doing(comparison: Comparison) -> str:
    """What is being measured now."""
    images = _images(comparison.n)
    if comparison.doing == "naive":
        cost = comparison.costs.get("naive")
        done = f"pass {cost.done:,} of {cost.steps:,}" if cost else "first pass"
        return f"drawing {images} naively, {done}"
    said = {
        "decoder": f"drawing {images} by the decoder",
        "forward": f"one pass over {images}",
        "training": f"one pass over {images}, and back",
        None: f"{images}, done",
    }
    return said[comparison.doing]


def verdict(measured: Sequence[Comparison]) -> str:
    """Naive against decoder, and one image against several, in a sentence each; Markdown."""
    said = []
    for comparison in measured:
        ratio = comparison.speedup
        if ratio is None:
            continue
        naive, decoder, training = (
            comparison.costs[way] for way in ("naive", "decoder", "training")
        )
        about = "about " if naive.reckoned else ""
        conditionals = comparison.n * naive.steps
        said.append(
            f"**{_images(comparison.n)}:** a training step takes {duration(training.whole)}, for "
            f"{conditionals:,} conditionals. To draw takes {about}{duration(naive.whole)} naively "
            f"and {duration(decoder.whole)} by the decoder, **{about}{ratio:,.0f} times** as fast."
        )
    return "  \n".join(said)


def agreement(measured: Sequence[Comparison]) -> str:
    """Whether the draws are the same, as far as both have come."""
    compared = sum(comparison.compared for comparison in measured)
    different = sum(comparison.different for comparison in measured)
    if not compared:
        return "Nothing is drawn naively yet."
    same = (
        "the same in both"
        if not different
        else f"the same in both but for {different:,}: a random number fell into the last bits of "
        "a probability"
    )
    return (
        f"From the same random numbers: the {compared:,} pixels, of 1 and of several images, that "
        f"were drawn both ways are {same}."
    )


def first_draws(comparison: Comparison, ground: str, scale: int = 4) -> list[np.ndarray]:
    """The first image by the decoder and the naive one, what is not drawn in the future's grey.

    Args:
        comparison: of a model with two levels and one channel, drawn by the decoder.
        ground: "light" or "dark".
        scale: screen pixels a pixel.

    Returns:
        two of uint8 (height, width, 3).
    """
    from PIL import ImageColor

    names = ("paper", "ink", "future", "line")
    tones = [ImageColor.getrgb(getattr(MEANINGS[name], ground)) for name in names]
    drawn = comparison.drawn[0, 0].astype(np.int64)
    naive = comparison.naive[0, 0] if comparison.naive.size else np.full_like(drawn, NOT_DRAWN)
    pictures = []
    for draw in (drawn, naive):
        framed = np.pad(np.where(draw == NOT_DRAWN, 2, draw), 1, constant_values=3)
        pictures.append(np.array(tones, np.uint8)[framed].repeat(scale, 0).repeat(scale, 1))
    return pictures


def naive_caption(comparison: Comparison) -> str:
    """What stands under the naive draw of `first_draws`."""
    drawn = comparison.compared // comparison.n
    steps = comparison.drawn[0].size
    return "naively" if drawn == steps else f"naively, {drawn:,} of {steps:,} pixels"


def costs_table(measured: Sequence[tuple[str, Comparison]]) -> str:
    """Everything measured as CSV, a line for each model, batch size and way."""
    lines = ["model,device,images,way,steps_done,steps,full_passes,seconds_measured,seconds_whole"]
    for name, comparison in measured:
        for way, cost in comparison.costs.items():
            numbers = f"{cost.done},{cost.steps},{cost.passes},{cost.seconds:.6g},{cost.whole:.6g}"
            lines.append(f'{name},"{comparison.device}",{comparison.n},{way},{numbers}')
    return "\n".join(lines) + "\n"
