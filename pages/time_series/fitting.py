"""The series that is chosen, and its fit: live, kept by the process, with progress and Stop.

statsmodels takes seconds to import, and 140 MB with what it brings along. So the first visitor of
the page begins the import, on a thread beside the run of the page, which hears a click meanwhile.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import streamlit as st

from arviz_models.jobs import JobError, Request
from pages.time_series.state import UPLOADED, UPLOADED_KEY, Forecasting
from pages.ui import work

if TYPE_CHECKING:
    from arviz_models.analysis.series import Series
    from arviz_models.analysis.time_series import Fit

MOMENT = 0.2  # seconds that a fit may take here
REMEMBERED = 64  # fits that the process keeps for all sessions


@st.cache_resource(show_spinner=False)
def _loading() -> threading.Thread:
    """What imports statsmodels, begun with the first call."""
    from arviz_models.analysis.time_series import prepare

    thread = threading.Thread(target=prepare, name="statsmodels", daemon=True)
    thread.start()
    return thread


def ready() -> None:
    """Wait until statsmodels is imported. Any click ends the waiting, not the import."""
    thread = _loading()
    if not thread.is_alive():
        return
    with st.spinner("Loading statsmodels, which fits: once, after the start of the server"):
        while thread.is_alive():
            thread.join(work.LOOK)
            work.look()


def chosen(state: Forecasting) -> Series:
    """The series of that name, or the visitor's own."""
    from arviz_models.analysis.series import load_series

    if state.series == UPLOADED:
        own: Series = st.session_state[UPLOADED_KEY]
        return own
    ready()
    return load_series(state.series)


@st.cache_resource(show_spinner=False)
def fits_kept() -> OrderedDict[tuple[Any, ...], Any]:
    """Fits by series and p, d, q, the oldest first; the same for all sessions."""
    return OrderedDict()


class _LongerError(Exception):
    """The fit takes more than a moment."""


def key_of(series: Series, state: Forecasting) -> tuple[Any, ...]:
    """What decides the fit."""
    digest = hashlib.sha256(series.values.tobytes()).hexdigest()
    return (digest, series.name, series.title, series.labels, state.p, state.d, state.q)


def fitted(series: Series, state: Forecasting) -> Fit | None:
    """The fit, or None where the visitor stopped it. Any click ends a fit that is under way.

    Most fits take a tenth of a second, less than a worker would take to import statsmodels: each is
    tried here for a moment, and what takes longer is done by a worker.

    Raises:
        SeriesError: no such model can be fitted to the series.
    """
    from arviz_models.analysis.time_series import fit

    key, fits = key_of(series, state), fits_kept()
    if found := fits.get(key):
        return found
    if st.session_state.get(work.STOPPED) == key:
        return None
    ready()  # else the import would be the moment, and a worker would import it once more
    begun = time.monotonic()

    def moment(_: int) -> None:
        if time.monotonic() - begun > MOMENT:
            raise _LongerError

    try:
        found = fit(series, state.p, state.d, state.q, on_iteration=moment)
    except _LongerError:
        found = _fitted_by_a_worker(series, state, key)
    if found is not None:
        fits[key] = found
        while len(fits) > REMEMBERED:
            fits.popitem(last=False)
    return found


def _fitted_by_a_worker(series: Series, state: Forecasting, key: tuple[Any, ...]) -> Fit | None:
    from arviz_models.analysis.series import SeriesError
    from arviz_models.analysis.time_series import MOST_ITERATIONS, Fit

    def words(iteration: int | None) -> str:
        return f"fit: iteration {iteration or 0} of at most {MOST_ITERATIONS}"

    options = {"values": series.values, "p": state.p, "d": state.d, "q": state.q}
    try:
        found = work.result_of(Request("arima", options), key, words)
    except JobError as error:
        if error.kind == SeriesError.__name__:
            raise SeriesError(str(error)) from None
        raise
    return None if found is None else Fit(series=series, **found)


def model_name(fit: Fit) -> str:
    """ARIMA(p, d, q), shorter where it is one of its special cases."""
    p, d, q = fit.p, fit.d, fit.q
    if d:
        return f"ARIMA({p}, {d}, {q})"
    if p and q:
        return f"ARMA({p}, {q})"
    return f"AR({p})" if p else f"MA({q})" if q else "white noise"
