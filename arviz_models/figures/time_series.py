"""Pictures of a series and its ARIMA: the fan of futures, the coefficients, the residuals."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arviz_models.figures.palette import colours
from arviz_models.time_series import Array, Checks, Fit, Forecast, Series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HALF, NEARLY_ALL = 0.6744897501960817, 1.959963984540054  # 50 % and 95 % of a Gaussian, ± errors
FEWEST_SHOWN = 60  # values of the series beside the fan


def _clear(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def first_shown(series: Series, known: int, horizon: int) -> int:
    """Index of the first value drawn where not all are: some before the fan, to compare."""
    return max(0, known - max(FEWEST_SHOWN, 3 * horizon))


def _from_known(series: Series, forecast: Forecast) -> tuple[Array, float]:
    """Times of the fan, from the last known value on, and that value: where all futures begin."""
    times = series.times_from(forecast.start - 1, len(forecast.mean) + 1)
    return times, float(series.values[forecast.start - 1])


def forecast_figure(
    series: Series,
    one: Forecast | None,
    many: Forecast | None,
    paths: Array,
    ground: str,
    *,
    known: int,
    horizon: int,
    whole: bool = False,
    height: int = 400,
) -> Any:
    """The series, its one-step predictions, and the fan of many steps, in Plotly.

    Args:
        series: what was fitted.
        one, many: what `one_step` and `multi_step` gave; None leaves it out.
        paths: (n, horizon), sampled futures, drawn only with `many`.
        ground: "light" or "dark".
        known: values given to the fan; those after it are drawn as hidden ones.
        horizon: steps of the fan.
        whole: the series from its first value, not only the part before the fan.
        height: in pixels.
    """
    import plotly.graph_objects as go

    colour = colours(ground)
    known = known if many is not None else len(series)
    start = 0 if whole else first_shown(series, known, horizon)
    seen, hidden = slice(start, known), slice(known, None)
    figure = go.Figure()

    def band(times: Array, low: Array, high: Array, opacity: float, name: str, tone: str) -> None:
        figure.add_scatter(
            x=[*times, *times[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            fillcolor=_clear(colour[tone], opacity),
            line={"width": 0},
            mode="lines",
            name=name,
            hoverinfo="skip",
        )

    if many is not None:
        times, last = _from_known(series, many)
        for width, opacity, name in ((NEARLY_ALL, 0.16, "95 %"), (HALF, 0.22, "50 %")):
            low, high = (np.r_[last, many.mean + sign * width * many.error] for sign in (-1, 1))
            band(times, low, high, opacity, f"{name} of all futures", "quiet")
        if len(paths):
            ends = np.full((len(paths), 1), np.nan)
            drawn = np.hstack([np.full((len(paths), 1), last), paths, ends])
            figure.add_scatter(
                x=np.tile(np.r_[times, np.nan], len(paths)),
                y=drawn.reshape(-1),
                mode="lines",
                line={"color": colour["sampled-future"], "width": 1},
                opacity=0.45,
                name="sampled futures",
                hoverinfo="skip",
            )
    if one is not None:
        times, shown = series.times[one.start :], slice(max(start - one.start, 0), None)
        times, low, high = (each[shown] for each in (times, one.low, one.high))
        band(times, low, high, 0.16, "95 % of one step", "target")
    figure.add_scatter(
        x=series.times[seen],
        y=series.values[seen],
        text=series.labels[seen],
        mode="lines+markers",
        marker={"size": 3},
        line={"color": colour["seen"], "width": 1.8},
        name="seen",
        hovertemplate=f"%{{text}}: %{{y:.4~g}} {series.unit}<extra>seen</extra>",
    )
    if known < len(series):
        figure.add_scatter(
            x=series.times[hidden],
            y=series.values[hidden],
            text=series.labels[hidden],
            mode="markers",
            marker={
                "size": 7,
                "symbol": "circle-open",
                "color": colour["seen"],
                "line": {"width": 2},
            },
            name="what came, hidden from the fan",
            hovertemplate=f"%{{text}}: %{{y:.4~g}} {series.unit}<extra>what came</extra>",
        )
    if one is not None:
        figure.add_scatter(
            x=times,
            y=one.mean[shown],
            text=series.labels[one.start :][shown],
            mode="lines",
            line={"color": colour["target"], "width": 1.5, "dash": "dot"},
            name="one step",
            hovertemplate=f"%{{text}}: %{{y:.4~g}} {series.unit}<extra>one step</extra>",
        )
    if many is not None:
        times, last = _from_known(series, many)
        figure.add_scatter(
            x=times,
            y=np.r_[last, many.mean],
            customdata=np.arange(len(times)),
            mode="lines",
            line={"color": colour["target"], "width": 2.5},
            name="many steps, mean",
            hovertemplate="%{customdata} ahead: %{y:.4~g} "
            f"{series.unit}<extra>many steps, mean</extra>",
        )
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": series.time_unit, "showgrid": False, "tickformat": "d"},
        yaxis={"title": series.unit},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        dragmode=False,  # a finger on the chart scrolls the page
        hovermode="closest",
    )
    return figure


def tone_of(name: str) -> str:
    """The meaning whose colour a coefficient has: φ weigh seen values, θ sampled noise."""
    return {"φ": "seen", "θ": "sampled-future"}.get(name[0], "quiet")


def coefficients_figure(fit: Fit, ground: str) -> Any:
    """φ and θ with their 95 % intervals, in Plotly; the constant and σ² have other units."""
    import plotly.graph_objects as go

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


def acf_figure(checks: Checks, ground: str) -> Any:
    """Autocorrelation of the residuals and the bounds of independent noise, in Plotly."""
    import plotly.graph_objects as go

    colour = colours(ground)
    lags = np.arange(1, len(checks.acf))
    outside = np.abs(checks.acf[1:]) > checks.bound
    figure = go.Figure()
    for which, name, tone, shape in (
        (~outside, "within the bounds", "quiet", ""),
        (outside, "outside", "target", "/"),
    ):
        figure.add_bar(
            x=lags[which],
            y=checks.acf[1:][which],
            name=name,
            marker={"color": colour[tone], "pattern": {"shape": shape}},
            width=0.5,
            hovertemplate="lag %{x}: %{y:.3f}<extra></extra>",
        )
    for bound in (-checks.bound, checks.bound):
        figure.add_hline(y=bound, line={"color": colour["seen"], "width": 1, "dash": "dash"})
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "lag in steps"},
        yaxis={"title": "autocorrelation"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        showlegend=True,
        barmode="overlay",
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
    axis.plot(
        series.times[start:known], series.values[start:known], color=colour["seen"], label="seen"
    )
    if known < len(series):
        axis.plot(
            series.times[known:], series.values[known:], "o", mfc="none", ms=4,
            color=colour["seen"], label="what came",
        )  # fmt: skip
    shown = slice(max(start - one.start, 0), None)
    axis.plot(
        series.times[one.start :][shown], one.mean[shown], ":", color=colour["target"],
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
    times = series.times_from(0, end)
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
        writer.writerow([repr(float(times[row])), label, *cells])
    return file.getvalue()


def coefficients_csv(fit: Fit) -> str:
    """Coefficients, standard errors and 95 % intervals as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["coefficient", "estimate", "standard_error", "low_95", "high_95"])
    for name, *numbers in zip(fit.names, fit.estimates, fit.errors, fit.intervals, strict=True):
        estimate, error, (low, high) = numbers
        writer.writerow([name, *(repr(float(each)) for each in (estimate, error, low, high))])
    return file.getvalue()


def formula(fit: Fit, ground: str) -> str:
    """The fitted model as LaTeX lines, its weights in the colours of `coefficients_figure`."""
    colour = colours(ground)

    def weight(value: float, tone: str, first: bool) -> str:
        sign = "-" if value < 0 else "" if first else "+"
        return rf"{sign}\,\textcolor{{{colour[tone]}}}{{{abs(value):.3g}}}\,"

    variable = {0: "x", 1: r"\Delta x", 2: r"\Delta^2 x"}[fit.d]
    terms = [] if fit.d == 2 else [f"{fit.constant:.3g}"]
    for k, value in enumerate(fit.phi, start=1):
        terms.append(weight(value, "seen", not terms) + rf"{variable}_{{t-{k}}}")
    terms.append(("+" if terms else "") + r"\varepsilon_t")
    for k, value in enumerate(fit.theta, start=1):
        terms.append(weight(value, "sampled-future", False) + rf"\varepsilon_{{t-{k}}}")
    lines = [" ".join(terms[at : at + 5]) for at in range(0, len(terms), 5)]
    body = r" \\ &\quad ".join(lines)
    noise = rf"\varepsilon_t &\sim \mathcal N(0,\; {np.sqrt(fit.sigma2):.3g}^2)"
    return rf"\begin{{aligned}} {variable}_t &= {body} \\ {noise} \end{{aligned}}"
