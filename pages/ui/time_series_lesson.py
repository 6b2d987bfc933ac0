"""The time-series section of the chain-rule lesson: AR, ARMA and ARIMA, live on a real series.

statsmodels and Plotly are slow to import: a page calls `section` only when a visitor opens it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import lesson
from pages.ui.live import PATIENCE
from pages.ui.state import Choice, Field, Flag, Integer, Link, Values

if TYPE_CHECKING:
    from arviz_models.time_series import Fit, Series

# As arviz_models.time_series has them; written out, since a closed section must not wait for its
# imports. A test compares.
SERIES = ("sunspots", "nile", "co2", "inflation", "growth")
MOST_P, MOST_D, MOST_Q = 12, 2, 4
UPLOADED = "uploaded"
VIEWS = ("both", "one step", "many steps")
MOST_HORIZON, MOST_FUTURES = 60, 100
REMEMBERED = 64  # fits that the process keeps for all sessions
CHART = {"displayModeBar": False}


def _series_names(values: Values) -> tuple[str, ...]:
    """A link cannot hold a visitor's own series: it is a choice only where it was uploaded."""
    return (*SERIES, UPLOADED) if UPLOADED_KEY in st.session_state else SERIES


UPLOADED_KEY, PROBLEM_KEY, STOPPED_KEY = "ts.uploaded", "ts.problem", "ts.stopped"

FIELDS: dict[str, Field] = {
    "ts_series": Choice(_series_names),
    "ts_p": Integer(0, MOST_P, 2),
    "ts_d": Integer(0, MOST_D, 0),
    "ts_q": Integer(0, MOST_Q, 0),
    "ts_view": Choice(VIEWS),
    "ts_horizon": Integer(1, MOST_HORIZON, 24),
    "ts_futures": Integer(0, MOST_FUTURES, 30),
    "ts_back": Flag(),
    "ts_whole": Flag(),
}


def section(link: Link, state: Values) -> None:
    """The whole section; `state` has all of `FIELDS` and a seed."""
    st.subheader("Where the name comes from: time series", anchor=False)
    st.markdown(
        "Autoregression is regression of a series on its own past. **One step** predicts each "
        "value from the true values before it; **many steps** must go on from its own "
        "predictions, so what it does not know adds up. The fan is made as the digits are: each "
        "sampled value is fed back as if it had been seen, and the next is drawn given it."
    )
    picture, controls = st.columns([3.3, 1], gap="medium")
    with controls:
        _controls(link, state)
    with picture:
        shown = _picture(state)
    if shown is not None:
        _tabs(*shown)


def _controls(link: Link, state: Values) -> None:
    from arviz_models.time_series import title

    own = getattr(st.session_state.get(UPLOADED_KEY), "title", "")

    def called(name: str) -> str:
        return f"{own} (your file)" if name == UPLOADED else title(name)

    st.selectbox(
        "Series",
        _series_names(state),
        format_func=called,
        key=link.key("ts_series"),
    )
    with st.popover("Your own series, CSV", width="stretch"):
        st.file_uploader(
            "A column of values, or one of dates and one of values",
            type=["csv", "tsv", "txt"],
            max_upload_size=1,
            key="ts.file",
            on_change=_upload,
            args=(link,),
            help="20 to 2,000 rows, oldest first; comma, semicolon or tab. The file stays in this "
            "session, and a link does not hold it.",
        )
    problem = st.session_state.get(PROBLEM_KEY)
    if problem and st.session_state.get("ts.file") is not None:
        st.error(f"{problem} The series before it stays.")
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
        column.number_input(name, 0, most, key=link.key(f"ts_{name}"), help=words)
    st.slider("Horizon, steps ahead", 1, MOST_HORIZON, key=link.key("ts_horizon"))
    st.slider("Sampled futures", 0, MOST_FUTURES, key=link.key("ts_futures"))
    st.segmented_control("Predictions", VIEWS, key=link.key("ts_view"), required=True)
    st.toggle(
        "Start in the past",
        key=link.key("ts_back"),
        help="The fan starts one horizon before the end and does not see what came then. The "
        "coefficients are still those fitted to the whole series.",
    )
    st.toggle("Whole series", key=link.key("ts_whole"))


def _upload(link: Link) -> None:
    """Callback: take a good file; of a bad one keep what is wrong, and the series before it."""
    from arviz_models.time_series import SeriesError, read_csv

    file = st.session_state["ts.file"]
    st.session_state.pop(PROBLEM_KEY, None)
    if file is None:
        return
    try:
        st.session_state[UPLOADED_KEY] = read_csv(file.getvalue(), UPLOADED)
    except SeriesError as error:
        st.session_state[PROBLEM_KEY] = f"**{_plain(file.name)}**: {error}"
    else:
        link.set(ts_series=UPLOADED)


def _plain(name: str) -> str:
    """A file's name without what Markdown would take for its own."""
    return "".join(each if each.isalnum() or each in " .-" else "·" for each in name)[:40]


def _series(state: Values) -> Series:
    from arviz_models.time_series import load_series

    if state["ts_series"] == UPLOADED:
        own: Series = st.session_state[UPLOADED_KEY]
        return own
    return load_series(state["ts_series"])


@st.cache_resource(show_spinner=False)
def _fits() -> OrderedDict[tuple[Any, ...], Any]:
    """Fits by series and p, d, q, the oldest first; the same for all sessions."""
    return OrderedDict()


def _fitted(series: Series, state: Values) -> Fit | None:
    """The fit, or None where the visitor stopped it. Any click ends a fit that is under way.

    Raises:
        SeriesError: no such model can be fitted to the series.
    """
    from arviz_models.time_series import MOST_ITERATIONS, fit

    order = (state["ts_p"], state["ts_d"], state["ts_q"])
    digest = hashlib.sha256(series.values.tobytes()).hexdigest()
    key = (digest, series.name, series.title, series.labels, *order)
    fits = _fits()
    if found := fits.get(key):
        return found
    if st.session_state.get(STOPPED_KEY) == key:
        return None
    st.session_state.pop(STOPPED_KEY, None)
    place, bar, begun = st.empty(), None, time.monotonic()

    def progress(count: int) -> None:
        nonlocal bar
        if time.monotonic() - begun < PATIENCE:
            return
        words = f"fit: iteration {count} of at most {MOST_ITERATIONS}"
        if bar is None:
            with place.container(horizontal=True, vertical_alignment="center"):
                bar = st.progress(0.0, words)
                st.button(
                    "Stop",
                    key="ts.stop",
                    on_click=lambda: st.session_state.update({STOPPED_KEY: key}),
                )
        bar.progress(min(count / MOST_ITERATIONS, 1.0), words)

    fits[key] = found = fit(series, *order, on_iteration=progress)
    place.empty()
    while len(fits) > REMEMBERED:
        fits.popitem(last=False)
    return found


def _picture(state: Values) -> tuple[Fit, tuple[Any, Any, Any]] | None:
    """The chart; the fit and its predictions, or None where there is no fit."""
    from arviz_models.figures import time_series as figures
    from arviz_models.time_series import SeriesError, futures, multi_step, one_step

    series, horizon = _series(state), state["ts_horizon"]
    try:
        found = _fitted(series, state)
    except SeriesError as error:
        st.error(str(error))
        return None
    if found is None:
        st.info("The fit was stopped. Change p, d or q, or fit again.")
        st.button("Fit again", on_click=lambda: st.session_state.pop(STOPPED_KEY, None))
        return None
    ground = st.context.theme.type or "light"
    known = len(series)
    if state["ts_back"]:  # a short series keeps as many as the model needs to begin
        known = max(known - horizon, found.p + found.d + found.q + 1)
    one = one_step(found)
    many = multi_step(found, horizon, known)
    paths = futures(found, horizon, state["ts_futures"], state["seed"], known)
    st.plotly_chart(
        figures.forecast_figure(
            series,
            one if state["ts_view"] != "many steps" else None,
            many if state["ts_view"] != "one step" else None,
            paths,
            ground,
            known=known,
            horizon=horizon,
            whole=state["ts_whole"],
        ),
        config=CHART,
        key="ts.chart",
    )
    title = _plain(series.title) if series.name == UPLOADED else series.title
    st.caption(
        f"{title}: {len(series):,} values, {series.frequency}, in {series.unit}. "
        f"{series.note} Source: {series.source}. Licence: {series.licence}."
    )
    for warning in found.warnings:
        st.warning(warning)
    return found, (one, many, paths)


def _tabs(found: Fit, drawn: tuple[Any, Any, Any]) -> None:
    """Below the chart: what was fitted, whether it fits, and what to take away."""
    ground = st.context.theme.type or "light"
    fitted, checks, away = st.tabs(
        ["Coefficients", "Residuals", "Take away"], key="ts.tabs", on_change="rerun"
    )
    if fitted.open:
        with fitted:
            _coefficients(found, ground)
    if checks.open:
        with checks:
            _residuals(found, ground)
    if away.open:
        with away:
            _take_away(found, drawn)


def _model_name(found: Fit) -> str:
    p, d, q = found.p, found.d, found.q
    if d:
        return f"ARIMA({p}, {d}, {q})"
    if p and q:
        return f"ARMA({p}, {q})"
    return f"AR({p})" if p else f"MA({q})" if q else "white noise"


def _coefficients(found: Fit, ground: str) -> None:
    from arviz_models.figures.time_series import coefficients_figure, formula

    name = _model_name(found)
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        st.latex(formula(found, ground))
        said = {
            0: f"The constant is μ(1 − φ₁ − …) with the mean μ = {found.estimates[0]:.4g}.",
            1: "Δxₜ = xₜ − xₜ₋₁. The constant is δ(1 − φ₁ − …) with the drift "
            f"δ = {found.estimates[0]:.4g} a step.",
            2: "Δ²xₜ is the difference of the differences; it has no constant.",
        }[found.d]
        ended = "converged" if found.converged else "did not converge"
        st.caption(
            f"{name}: the weights φ of past values and θ of past errors have the colours of the "
            f"chart. {said} Fitted by maximum likelihood: {ended} after {found.iterations} "
            f"iterations, {found.seconds * 1000:,.0f} ms. Log-likelihood "
            f"{found.log_likelihood:.2f} nats, AIC {found.aic:.2f}."
        )
    with right:
        if found.p + found.q:
            st.plotly_chart(coefficients_figure(found, ground), config=CHART, key="ts.weights")
    st.dataframe(
        {
            "coefficient": list(found.names),
            "estimate": found.estimates,
            "standard error": found.errors,
            "95 % from": found.intervals[:, 0],
            "95 % to": found.intervals[:, 1],
        },
        hide_index=True,
        height="content",
    )


def _residuals(found: Fit, ground: str) -> None:
    from arviz_models.figures.time_series import acf_figure
    from arviz_models.time_series import check_residuals

    checks = check_residuals(found)
    st.markdown(
        "A residual is a value minus its one-step prediction. If the model has taken up all that "
        "the past tells, the residuals are independent: 95 % of the bars stay within the dashed "
        f"lines at ±{checks.bound:.3f}."
    )
    st.plotly_chart(acf_figure(checks, ground), config=CHART, key="ts.acf")
    st.markdown("\n".join(f"- {sentence}" for sentence in checks.words))


def _take_away(found: Fit, drawn: tuple[Any, Any, Any]) -> None:
    from arviz_models.figures import time_series as figures

    series, (one, many, paths) = found.series, drawn
    figure = figures.export_figure(series, one, many, paths, len(many.mean))
    forecasts = partial(figures.forecast_csv, series, one, many, paths)
    coefficients = partial(figures.coefficients_csv, found)
    files: lesson.Files = {
        "Forecasts, CSV": (forecasts, "csv"),
        "Coefficients, CSV": (coefficients, "coefficients.csv"),
    }
    lesson.downloads("time_series", figure, files, "Fan")
    st.pyplot(figure)
