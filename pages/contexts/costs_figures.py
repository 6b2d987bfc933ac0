"""What each network costs beside how good it is: the table, the chart, and what they say."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from arviz_models.analysis.costs import (
    Row,
    epochs_run,
    precision,
)
from arviz_models.analysis.timing import WAYS, Cost
from arviz_models.figures.charts import graph_objects
from arviz_models.figures.palette import colours
from arviz_models.figures.timing import MARKS, measured_words, tick

DRAWN = {"decoder": "by the decoder", "naive": "naively"}

HEIGHT, TOP, BOTTOM = 400, 45, 50  # of the chart, and of what is above and below its plot: pixels
LABEL_WIDTH, LABEL_HEIGHT = 145, 17  # pixels
LEFT = 72  # pixels, for the axis title beside numbers of four digits
LEAST_NATS = 5.0  # height of the chart: a difference that says nothing must not fill it


# --- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column of the table.

    Attributes:
        label: its header, with the unit.
        explained: what its numbers are.
        format: of a number, as Streamlit's NumberColumn takes it; "" for text.
        whole: whether its numbers are integers.
    """

    label: str
    explained: str
    format: str = ""
    whole: bool = False


# In front those that the steps speak of.
COLUMNS = {
    "network": Column("Network", "The trained network of this row"),
    "training_ms": Column(
        "Train, ms",
        "One image on the server: every conditional, and back for the gradients. Median of 5",
        "%.1f",
    ),
    "decoder_ms": Column(
        "Decoder, ms",
        "One image on the server, pixel after pixel. Median of 5",
        "%.1f",
    ),
    "naive_s": Column(
        "Naive, s",
        "One image on the server, by a full pass for each pixel: the median pass times the pixels",
        "%.2f",
    ),
    "speedup": Column(
        "Naive / decoder",
        "How many times as long the naive draw of the same image takes",
        "%.1f",
    ),
    "test_nll": Column(
        "Test nats",
        "Mean −ln p(x) of the test images, from the checkpoint's card. Lower is better",
        "%.2f",
    ),
    "parameters": Column("Parameters", "Numbers that training sets", "localized", whole=True),
    "epoch_seconds": Column(
        "Epoch, s",
        "From the checkpoint's card: seconds of its training over the epochs it ran",
        "localized",
    ),
    "passes_to_train": Column(
        "Train, passes",
        "Full forward passes that give every conditional of a batch, counted here by a hook",
        "localized",
        whole=True,
    ),
    "passes_naive": Column(
        "Naive, passes",
        "Full forward passes of the naive draw: one for each pixel, counted as far as it was drawn",
        "localized",
        whole=True,
    ),
    "passes_decoder": Column(
        "Decoder, passes",
        "Full forward passes of a draw by the decoder, counted here. It takes a step for each "
        "pixel, but each step computes only what the new pixel needs",
        "localized",
        whole=True,
    ),
    "decoder_range": Column("Decoder, range", "The fastest and the slowest of the repeats, in ms"),
    "naive_range": Column(
        "Naive, range",
        "Seconds, if every pass took as long as the quick ones, or as the slow ones: the outer "
        "tenths of the passes are left out",
    ),
    "training_range": Column("Train, range", "The fastest and the slowest of the repeats, in ms"),
    "trained_on": Column(
        "Trained on", "The device that the card names, and the precision of its products"
    ),
    "built_of": Column("Built of", "What the card's settings say"),
}
# As many as fit beside a step on a laptop; the others are there when they are asked for.
IN_FRONT = (
    *("network", "training_ms", "decoder_ms", "naive_s"),
    *("speedup", "test_nll", "parameters"),
)


def built_of(config: Mapping[str, Any]) -> str:
    """Size of a network, from its card's config."""
    if "hidden" in config:
        layers = config["hidden"] if isinstance(config["hidden"], Sequence) else [config["hidden"]]
        hidden = " + ".join(f"{units:,}" for units in layers) + " hidden units"
        return hidden + (", direct connections" if config.get("direct") else "")
    layers = config["layers"]
    words = f"{layers} {'layer' if layers == 1 else 'layers'} of {config['features']} features"
    first = config["first_kernel"]
    return words if first is None else f"{words}, first kernel {first}×{first}"


def _range(cost: Cost, unit: float) -> str | None:
    """From the fastest to the slowest, `unit` of them a second; None where there is one only."""
    if cost.range is None:
        return None
    return "–".join(f"{unit * seconds:.3g}" for seconds in cost.range)


def cells(row: Row) -> dict[str, Any]:
    """One line of the table, by the names of `COLUMNS`; None where nothing is known yet."""
    card = row.card
    seconds = card.get("training_seconds")
    found = dict.fromkeys(COLUMNS) | {
        "network": row.title,
        "test_nll": row.test_nll if row.trained else None,
        "parameters": card.get("parameters"),
        "epoch_seconds": None if seconds is None else round(seconds / epochs_run(card), 1),
        "trained_on": f"{card['device']}, {precision(card)}" if "device" in card else None,
        "built_of": built_of(card["config"]),
    }
    if row.measured is None:
        return found
    comparison = row.measured.comparison
    training, decoder, naive = (comparison.costs[way] for way in ("training", "decoder", "naive"))
    return found | {
        "passes_to_train": training.whole_passes,
        "passes_decoder": decoder.whole_passes,
        "passes_naive": naive.whole_passes,
        "training_ms": 1000 * training.whole,
        "decoder_ms": 1000 * decoder.whole,
        "naive_s": naive.whole,
        "speedup": comparison.speedup,
        "training_range": _range(training, 1000),
        "decoder_range": _range(decoder, 1000),
        "naive_range": _range(naive, 1),
    }


def frame(rows: Sequence[Row]) -> Any:
    """The table as a pandas DataFrame: what is missing leaves its column one of numbers."""
    import pandas as pd

    kinds = {
        name: "string" if not column.format else "Int64" if column.whole else "Float64"
        for name, column in COLUMNS.items()
    }
    return pd.DataFrame([cells(row) for row in rows], columns=list(COLUMNS)).astype(kinds)


def styled(rows: Sequence[Row], seen: Sequence[str]) -> Any:
    """The table as HTML shows it, whose type grows where it is presented: a pandas Styler.

    Args:
        rows: of the table.
        seen: its columns, of `COLUMNS`; they are headed by their labels.
    """

    def in_words(column: Column) -> Callable[[float], str]:
        wanted = "," if column.format == "localized" else f",{column.format.removeprefix('%')}"
        return lambda value: format(value, wanted)

    found = frame(rows)[list(seen)].rename(columns={name: COLUMNS[name].label for name in seen})
    numbers = [COLUMNS[name] for name in seen if COLUMNS[name].format]
    return found.style.format({each.label: in_words(each) for each in numbers}, na_rep="")


def costs_csv(rows: Sequence[Row]) -> str:
    """The table as CSV, and beside it what was measured as it was measured, a line a network."""
    raw = {"steps_done": "done", "steps": "steps", "full_passes": "passes"}
    raw |= {"seconds_measured": "seconds", "seconds_whole": "whole"}
    extra = ["checkpoint", "test_set", "images", "device", "measured_at"]
    extra += [f"{way}_{name}" for way in WAYS for name in raw]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *extra], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        line = cells(row) | {"checkpoint": row.card["name"] if row.trained else "random weights"}
        line |= {"test_set": row.test_set} if row.trained else {}
        if row.measured is not None:
            comparison = row.measured.comparison
            at = datetime.fromtimestamp(row.measured.when, UTC).isoformat(timespec="seconds")
            line |= {"images": comparison.n, "device": comparison.device, "measured_at": at}
            for way, cost in comparison.costs.items():
                line |= {f"{way}_{name}": getattr(cost, field) for name, field in raw.items()}
        writer.writerow(
            {key: f"{cell:.6g}" if isinstance(cell, float) else cell for key, cell in line.items()}
        )
    return text.getvalue()


# --- the chart -----------------------------------------------------------------------------------


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved as little as it takes to be `gap` apart, in their order.

    Those that would overlap stand as one block around the mean of where they belong.
    """
    blocks: list[tuple[float, list[int]]] = []  # middle, and which ones stand there
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        middle, members = heights[index], [index]
        while blocks and middle - blocks[-1][0] < gap * (len(blocks[-1][1]) + len(members)) / 2:
            members = blocks.pop()[1] + members
            middle = sum(heights[member] for member in members) / len(members)
        blocks.append((middle, members))
    found = [0.0] * len(heights)
    for middle, members in blocks:
        for place, member in enumerate(members):
            found[member] = middle + gap * (place - (len(members) - 1) / 2)
    return found


def costs_chart(rows: Sequence[Row], ground: str) -> Any:
    """Test NLL against the time of one sample, by the decoder and naively, as a Plotly figure.

    Args:
        rows: one at least is measured; the others have their room from the start.
        ground: "light" or "dark".
    """
    go = graph_objects()

    colour = colours(ground)
    found = [(row, row.measured.comparison) for row in rows if row.measured is not None]
    nats = [row.test_nll for row, _ in found]
    times = {way: [each.costs[way].whole for _, each in found] for way in DRAWN}
    every = times["decoder"] + times["naive"]
    low, high = math.floor(math.log10(min(every))), math.log10(max(every)) + 0.15
    lowest, highest = min(row.test_nll for row in rows), max(row.test_nll for row in rows)
    middle, half = (lowest + highest) / 2, max(0.6 * (highest - lowest), LEAST_NATS / 2)
    bottom, top = middle - half, middle + half
    gap = LABEL_HEIGHT * (top - bottom) / (HEIGHT - TOP - BOTTOM)

    figure = go.Figure()
    for (row, _), decoder, naive, label in zip(
        found, times["decoder"], times["naive"], spread(nats, gap), strict=True
    ):
        for x, y, tone, dash in (
            ([decoder, naive], [row.test_nll, row.test_nll], "quiet", "solid"),
            ([naive, 10**high], [row.test_nll, label], "line", "dot"),  # leads to its name
        ):
            figure.add_scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": colour[tone], "width": 1, "dash": dash},
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=label,
            text=row.title,
            showarrow=False,
            font={"size": 12},
        )
    for way, words in DRAWN.items():
        tone, symbol = MARKS[way]
        figure.add_scatter(
            x=times[way],
            y=nats,
            mode="markers",
            name=words,
            marker={
                "color": colour[tone],
                "symbol": symbol if way == "decoder" else f"{symbol}-open",
                "size": 11,
            },
            customdata=[
                f"{row.title}, {row.test_nll:.2f} nats<br>{words}: {measured_words(way, each)}"
                for row, each in found
            ],
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
        )
    decades = range(low, math.floor(high) + 1)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": LEFT, "r": LABEL_WIDTH, "t": TOP, "b": BOTTOM, "autoexpand": False},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        xaxis={
            "title": "time of one sample",
            "type": "log",
            "range": [low, high],
            "showgrid": True,
            "gridcolor": colour["line"],
            "tickvals": [10.0**power for power in decades],
            "ticktext": [tick(power) for power in decades],
            "tickangle": 0,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "title": {"text": "test NLL, nats (lower is better)", "standoff": 12},
            "range": [bottom, top],
            "showgrid": False,  # its lines would be taken for those of networks
            "ticks": "outside",
            "zeroline": False,
            "fixedrange": True,
        },
    )
    return figure


def chart_in_words(rows: Sequence[Row]) -> str:
    """All that the chart shows, for those who do not see it."""
    return "; ".join(
        f"{row.title}, {row.test_nll:.2f} nats: "
        + ", ".join(
            f"{words} {measured_words(way, row.measured.comparison)}"
            for way, words in DRAWN.items()
        )
        for row in rows
        if row.measured is not None
    )
