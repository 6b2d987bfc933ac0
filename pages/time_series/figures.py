"""A series and its ARIMA to take away: the fan of futures, the coefficients."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.analysis.series import Array, Series, dates_of
from arviz_models.analysis.time_series import Fit, Forecast
from arviz_models.figures.charts import graph_objects
from arviz_models.figures.palette import colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HALF, NEARLY_ALL = 0.6744897501960817, 1.959963984540054  # 50 % and 95 % of a Gaussian, ± errors
FEWEST_SHOWN = 60  # values of the series beside the fan


def first_shown(series: Series, known: int, horizon: int) -> int:
    """Index of the first value drawn where not all are: some before the fan, to compare."""
    return max(0, known - max(FEWEST_SHOWN, 3 * horizon))


def _shown(series: Series, times: Array) -> Any:
    """Times as an axis takes them: dates as dates, all others as numbers."""
    if series.time_unit != "date":
        return times
    known = np.isfinite(times)
    dates = np.full(len(times), np.datetime64("NaT"), "datetime64[s]")
    dates[known] = dates_of(times[known])
    return dates


def _from_known(series: Series, forecast: Forecast) -> tuple[Array, float]:
    """Times of the fan, from the last known value on, and that value: where all futures begin."""
    times = series.times_from(forecast.start - 1, len(forecast.mean) + 1)
    return times, float(series.values[forecast.start - 1])


def tone_of(name: str) -> str:
    """The meaning whose colour a coefficient has: φ weigh seen values, θ sampled noise."""
    return {"φ": "seen", "θ": "sampled-future"}.get(name[0], "quiet")


def coefficients_figure(fit: Fit, ground: str) -> Any:
    """φ and θ with their 95 % intervals, in Plotly; the constant and σ² have other units."""
    go = graph_objects()

    colour = colours(ground)
    figure = go.Figure()
    for letter, what in (("φ", "weight of a past value"), ("θ", "weight of a past error")):
        rows = [index for index, name in enumerate(fit.names) if name.startswith(letter)]
        if not rows:
            continue
        values, ends = fit.estimates[rows], fit.intervals[rows]
        tone = colour[tone_of(letter)]
        figure.add_scatter(
            x=values,
            y=[fit.names[row] for row in rows],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": ends[:, 1] - values,
                "arrayminus": values - ends[:, 0],
                "color": tone,
            },
            customdata=ends,
            mode="markers",
            marker={"color": tone, "size": 8, "symbol": "circle" if letter == "φ" else "square"},
            name=what,
            hovertemplate="%{y} = %{x:.3f}, 95 %: %{customdata[0]:.3f} to %{customdata[1]:.3f}"
            "<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": colour["quiet"], "width": 1})
    figure.update_layout(
        height=130 + 26 * (fit.p + fit.q),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "weight, with its 95 % interval"},
        yaxis={"autorange": "reversed", "type": "category"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        showlegend=True,
        dragmode=False,
    )
    return figure


def export_figure(
    series: Series, one: Forecast, many: Forecast, paths: Array, horizon: int
) -> Figure:
    """The same fan as a Matplotlib figure, to take away."""
    from matplotlib.figure import Figure

    colour = colours("light")
    known = many.start
    start = first_shown(series, known, horizon)
    figure = Figure(figsize=(9, 4), layout="constrained")
    axis = figure.subplots()
    times, last = _from_known(series, many)
    past, times = _shown(series, series.times), _shown(series, times)
    for width, opacity, name in ((NEARLY_ALL, 0.16, "95 %"), (HALF, 0.22, "50 %")):
        low, high = (np.r_[last, many.mean + sign * width * many.error] for sign in (-1, 1))
        axis.fill_between(
            times, low, high, color=colour["quiet"], alpha=opacity, lw=0, label=f"{name} of futures"
        )
    for number, path in enumerate(paths):
        label = None if number else "sampled futures"
        axis.plot(
            times, np.r_[last, path], color=colour["sampled-future"], lw=0.6, alpha=0.6, label=label
        )
    axis.plot(past[start:known], series.values[start:known], color=colour["seen"], label="seen")
    if known < len(series):
        axis.plot(
            past[known:], series.values[known:], "o", mfc="none", ms=4,
            color=colour["seen"], label="what came",
        )  # fmt: skip
    shown = slice(max(start - one.start, 0), None)
    axis.plot(
        past[one.start :][shown], one.mean[shown], ":", color=colour["target"],
        label="one step",
    )  # fmt: skip
    axis.plot(times, np.r_[last, many.mean], color=colour["target"], lw=2, label="many steps, mean")
    axis.set_xlabel(series.time_unit)
    axis.set_ylabel(series.unit)
    axis.set_title(f"{series.title}. Source: {series.source}", fontsize=8)
    axis.legend(fontsize=7, ncols=3)
    return figure


def forecast_csv(series: Series, one: Forecast, many: Forecast, paths: Array) -> str:
    """All values behind the picture as CSV: a row for each time, empty where there is none."""
    end = max(len(series), many.start + len(many.mean))
    times = _shown(series, series.times_from(0, end))
    columns: dict[str, Array] = {"value": series.values}
    table: dict[str, tuple[int, Array]] = {name: (0, column) for name, column in columns.items()}
    for name, forecast in (("one_step", one), ("multi_step", many)):
        table[name] = (forecast.start, forecast.mean)
        table[f"{name}_low"] = (forecast.start, forecast.low)
        table[f"{name}_high"] = (forecast.start, forecast.high)
    for number, path in enumerate(paths, start=1):
        table[f"future_{number}"] = (many.start, path)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["time", "label", *table])
    for row in range(end):
        label = series.labels[row] if row < len(series) else ""
        cells = [
            repr(float(column[row - start])) if 0 <= row - start < len(column) else ""
            for start, column in table.values()
        ]
        writer.writerow([_written(times[row]), label, *cells])
    return file.getvalue()


def _written(time: Any) -> str:
    """A time as CSV holds it: 2024-01-31, with the hour where there is one, or the number."""
    if isinstance(time, np.datetime64):
        return str(time).removesuffix("T00:00:00")
    return repr(float(time))


def coefficients_csv(fit: Fit) -> str:
    """Coefficients, standard errors and 95 % intervals as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["coefficient", "estimate", "standard_error", "low_95", "high_95"])
    for name, *numbers in zip(fit.names, fit.estimates, fit.errors, fit.intervals, strict=True):
        estimate, error, (low, high) = numbers
        writer.writerow([name, *(repr(float(each)) for each in (estimate, error, low, high))])
    return file.getvalue()


def _latex(value: float) -> str:
    """Three digits of a number: 1030, not the 1.03e+03 that LaTeX would set as a sum."""
    mantissa, _, power = f"{value:.3g}".partition("e")
    if not power:
        return mantissa
    if 0 < int(power) < 6:
        return f"{float(f'{value:.3g}'):.0f}"
    return rf"{mantissa} \times 10^{{{int(power)}}}"


def formula(fit: Fit, ground: str) -> tuple[str, str]:
    """The fitted model and its noise, each in LaTeX without breaks, weights in their colours.

    A browser breaks a formula in running text at its plus signs, wherever the page ends.
    """
    colour = colours(ground)

    def weight(value: float, tone: str, first: bool) -> str:
        sign = "-" if value < 0 else "" if first else "+"
        return rf"{sign} \textcolor{{{colour[tone]}}}{{{_latex(abs(value))}}}\,"

    variable = {0: "x", 1: r"\Delta x", 2: r"\Delta^2 x"}[fit.d]
    terms = [] if fit.d == 2 else [_latex(fit.constant)]
    for k, value in enumerate(fit.phi, start=1):
        terms.append(weight(value, "seen", not terms) + rf"{variable}_{{t-{k}}}")
    terms.append(("+" if terms else "") + r"\varepsilon_t")
    for k, value in enumerate(fit.theta, start=1):
        terms.append(weight(value, "sampled-future", False) + rf"\varepsilon_{{t-{k}}}")
    spread = _latex(float(np.sqrt(fit.sigma2)))
    spread = f"({spread})" if "times" in spread else spread
    noise = rf"\varepsilon_t \sim \mathcal N(0,\; {spread}^2)"
    return f"{variable}_t = {' '.join(terms)}", noise
