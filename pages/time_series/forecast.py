"""The picture of a series and what a model says of its future, for every activity."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.time_series.fitting import chosen, fitted, model_name
from pages.time_series.state import (
    MOST_D,
    MOST_FUTURES,
    MOST_HORIZON,
    MOST_P,
    MOST_Q,
    UPLOADED,
    UPLOADED_KEY,
    VIEWS,
    Forecasting,
    series_names,
)
from pages.time_series.upload import plain
from pages.ui import lesson, work
from pages.ui.components import look, mount, pack
from pages.ui.live import on_server
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.analysis.residual_checks import Checks
    from arviz_models.analysis.series import Array, Series
    from arviz_models.analysis.time_series import Fit, Forecast

KEPT = 64  # forecasts that the process keeps for all sessions
CLOSE_UP = 11  # values before the next one, where arrows go from the last ones


def picture(stage: Stage[Forecasting]) -> None:
    """The series, its predictions, and the futures sampled from it."""
    from arviz_models.analysis.series import SeriesError

    state = stage.state
    series = chosen(state)
    try:
        found = fitted(series, state)
    except SeriesError as error:
        st.error(str(error))
        return
    if found is None:
        st.info("The fit was stopped. Change p, d or q, or fit again.")
        st.button("Fit again", on_click=lambda: st.session_state.pop(work.STOPPED, None))
        return
    meta, arrays, made = drawn(state, series, found)
    mount("series", key="time_series_picture", data=pack(stage.meta() | look() | meta, arrays))
    stage.made |= {"fit": found, "drawn": made}
    title = plain(series.title) if series.name == UPLOADED else series.title
    stage.cost = (
        f"{title}: {len(series):,} values, {series.frequency}, in {series.unit}. {series.note} "
        f"Source: {series.source}. Licence: {series.licence}. Fitted by statsmodels "
        f"{on_server('cpu')}, {found.seconds * 1000:,.0f} ms."
    )
    for warning in found.warnings:
        st.warning(warning)


def drawn(
    state: Forecasting, series: Series, found: Fit
) -> tuple[dict[str, Any], dict[str, Any], tuple[Any, Any, Any]]:
    """Everything that the picture draws: meta, arrays; and the forecasts that are taken away."""
    from pages.time_series.figures import first_shown

    horizon, known = state.horizon, len(series)
    if state.back:  # a short series keeps as many as the model needs to begin
        known = max(known - horizon, found.p + found.d + found.q + 1)
    model = (series.values.tobytes(), found.p, found.d, found.q)
    one, checks = _of_the_past(model, found)
    many, paths = _of_the_future(model, horizon, known, state.futures, state.seed, found)
    start = first_shown(series, known, horizon)
    if state.view == "one step":
        start = max(0, known - max(CLOSE_UP, found.p + found.d + 2))
    end = max(len(series), known + horizon)
    meta = {
        "title": series.title,
        "unit": series.unit,
        "time_unit": series.time_unit,
        "labels": labels(series, end),
        "view": state.view,
        "known": known,
        "start": 0 if state.whole else start,
        "horizon": horizon,
        "futures": state.futures,
        "one_start": one.start,
        "model": model_name(found),
        "d": found.d,
        "q": found.q,
        "constant": found.constant,
        "phi": found.phi.tolist(),
        "sigma": float(np.sqrt(found.sigma2)),
        "below": state.below,
        "bound": checks.bound,
        "ljung_box_p": checks.ljung_box_p,
        "lags_tested": checks.lags_tested,
        "trace_id": repr((state, series.title, known)),
    }
    values = series.values
    if known < len(series):
        meta["rmse"] = [
            errors(values[known:], one.mean[known - one.start :]),
            errors(values[known:], many.mean),
        ]
    named = {
        "times": series.times_from(0, end),
        "values": values,
        "one": one.mean,
        "one_error": one.error,
        "mean": many.mean,
        "error": many.error,
        "paths": paths,
        "acf": checks.acf[1:],
    }
    # In float64: a visitor's values may differ in their tenth digit.
    arrays = {name: np.asarray(each, np.float64) for name, each in named.items()}
    return meta, arrays, (one, many, paths)


# What a model says is computed once for all visitors, not again for each step of the lesson.
@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _of_the_past(model: tuple[Any, ...], _fit: Fit) -> tuple[Forecast, Checks]:
    """One-step predictions and residuals; `model`: the values, p, d and q decide the fit."""
    from arviz_models.analysis.residual_checks import check_residuals
    from arviz_models.analysis.time_series import one_step

    return one_step(_fit), check_residuals(_fit)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _of_the_future(
    model: tuple[Any, ...], horizon: int, known: int, futures: int, seed: int, _fit: Fit
) -> tuple[Forecast, Array]:
    """Predictions of several steps, and sampled futures."""
    from arviz_models.analysis import time_series

    many = time_series.multi_step(_fit, horizon, known)
    return many, time_series.futures(_fit, horizon, futures, seed, known)


def errors(values: Array, mean: Array) -> float:
    """Root of the mean squared error over the values that both have."""
    both = min(len(values), len(mean))
    return float(np.sqrt(np.mean((values[:both] - mean[:both]) ** 2)))


def labels(series: Series, end: int) -> list[str]:
    """What each time is called, also beyond the end of the series."""
    from arviz_models.analysis.series import dates_of

    beyond = series.times_from(len(series), end - len(series))
    if series.time_unit == "date":
        more = [str(each).removesuffix("T00:00:00").replace("T", " ") for each in dates_of(beyond)]
    else:
        digits = max(0, 2 - math.floor(math.log10(series.step)))  # so that neighbours differ
        more = [_shortest(round(float(each), digits)) for each in beyond]
    return [*series.labels, *more]


def _shortest(time: float) -> str:
    """A time without a point where it is whole."""
    return str(int(time)) if time.is_integer() else str(time)


def controls(stage: Stage[Forecasting]) -> None:
    """Series, model, and which predictions are shown."""
    from arviz_models.analysis.series import title

    own = getattr(st.session_state.get(UPLOADED_KEY), "title", "")

    def called(name: str) -> str:
        return f"{own} (your file)" if name == UPLOADED else title(name)

    st.selectbox("Series", series_names(), format_func=called, key=stage.key("series"))
    for column, name, most, words in zip(
        st.columns(3),
        "pdq",
        (MOST_P, MOST_D, MOST_Q),
        (
            "How many past values are weighed: φ",
            "How often the series is replaced by its differences",
            "How many past errors are weighed: θ",
        ),
        strict=True,
    ):
        column.number_input(name, 0, most, key=stage.key(name), help=words)
    st.segmented_control("Shown", VIEWS, key=stage.key("view"), required=True, wrap=True)
    view = stage.state.view
    if view == "many steps":
        _futures(stage)
    if view != "residuals":
        st.toggle("Whole series", key=stage.key("whole"))


def _futures(stage: Stage) -> None:
    """Which futures are shown, where some are."""
    st.slider("Horizon, steps ahead", 1, MOST_HORIZON, key=stage.key("horizon"))
    st.slider("Sampled futures", 0, MOST_FUTURES, key=stage.key("futures"))
    st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"))
    st.toggle(
        "Start in the past",
        key=stage.key("back"),
        help="The predictions start one horizon before the end and do not see what came then. The "
        "coefficients are still those fitted to the whole series.",
    )
    st.toggle("Mark what is below 0", key=stage.key("below"))


def take_away(stage: Stage) -> None:
    """The fan as figure, all predictions and coefficients as tables."""
    from pages.time_series import figures

    if "fit" not in stage.made:
        return
    if why := stage.withheld():
        st.caption(why)
        return
    found, (one, many, paths) = stage.made["fit"], stage.made["drawn"]
    series = found.series
    figure = figures.export_figure(series, one, many, paths, len(many.mean))
    files: lesson.Files = {
        "Forecasts, CSV": (partial(figures.forecast_csv, series, one, many, paths), "csv"),
        "Coefficients, CSV": (partial(figures.coefficients_csv, found), "coefficients.csv"),
    }
    lesson.downloads("time_series", figure, files, "Fan")
    st.pyplot(figure, alt="The figure that the buttons save")
