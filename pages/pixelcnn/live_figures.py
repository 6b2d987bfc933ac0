"""What runs live on the PixelCNN page: the losses of a broken mask, and passes against steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from arviz_models.analysis.timing import WAYS, Comparison
from arviz_models.base import NOT_DRAWN
from arviz_models.figures.charts import graph_objects
from arviz_models.figures.palette import MEANINGS
from arviz_models.figures.timing import MARKS, duration, images_of, label, measured_words, tick
from pages.ui.curves import Curve

NAMES = {"A": "mask A", "B": "mask B, leaking"}


def bits_per_dimension(nats: float, dimensions: int) -> float:
    """Nats an image as bits a pixel."""
    return nats / (dimensions * math.log(2))


def loss_curves(losses: Sequence[tuple[float, float]], dimensions: int) -> list[Curve]:
    """The losses of both models at every step so far.

    Args:
        losses: of the sound and of the leaking model, nats an image, a pair for each step.
        dimensions: D, for bits/dim at the point that is read.
    """
    steps, nats = np.arange(1, len(losses) + 1), np.array(losses, float).reshape(-1, 2)
    factor = bits_per_dimension(1.0, dimensions)
    looks = (("A", "seen", False), ("B", "target", True))
    return [
        Curve(
            mask,
            NAMES[mask],
            steps,
            nats[:, number],
            meaning=meaning,
            dashed=dashed,
            factor=factor,
        )
        for number, (mask, meaning, dashed) in enumerate(looks)
    ]


def losses_table(losses: Sequence[tuple[float, float]], dimensions: int) -> str:
    """Every step's losses as CSV."""
    lines = ["step,mask_a_nats,mask_b_nats,mask_a_bits_per_dim,mask_b_bits_per_dim"]
    for step, pair in enumerate(losses, start=1):
        numbers = [*pair, *(bits_per_dimension(nats, dimensions) for nats in pair)]
        lines.append(f"{step}," + ",".join(f"{number:.6g}" for number in numbers))
    return "\n".join(lines) + "\n"


def span(measured: Sequence[Comparison]) -> tuple[float, float]:
    """Shortest and longest time, in seconds."""
    times = [cost.whole for comparison in measured for cost in comparison.costs.values()]
    return min(times), max(times)


def costs_figure(measured: Sequence[Comparison], span: tuple[float, float], ground: str) -> Any:
    """Times of one model, a line for each way and batch size, as Plotly dots on a log scale.

    Args:
        measured: of one model, smallest batch first; may be unfinished.
        span: shortest and longest time in seconds, so that figures side by side share a scale.
        ground: "light" or "dark".
    """
    go = graph_objects()

    colour = {name: getattr(meaning, ground) for name, meaning in MEANINGS.items()}
    figure = go.Figure()
    low, high = (math.log10(seconds) for seconds in span)
    low, high = math.floor(low), high + 0.1
    row, ticks, names = 0.0, [], []
    for comparison in measured:
        images = images_of(comparison.n) + (" at once" if comparison.n > 1 else "")
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
                    "dash": "dot" if cost.estimated else "solid",
                },
                hoverinfo="skip",
            )
            figure.add_scatter(
                x=[cost.whole],
                y=[row],
                mode="markers+text",
                text=("about " if cost.estimated else "") + duration(cost.whole),
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


def costs_in_words(comparison: Comparison) -> str:
    """All that is measured so far, for those who do not see the figure."""
    return "; ".join(
        f"{label(way, comparison)}, {measured_words(way, comparison)}"
        for way in WAYS
        if way in comparison.costs
    )


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
        about = "about " if naive.estimated else ""
        conditionals = comparison.n * naive.steps
        said.append(
            f"**{images_of(comparison.n)}:** a training step takes {duration(training.whole)}, for "
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
