"""Time series: what is shown is what statsmodels computes, and bad files are refused in words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from arviz_models.analysis import time_series
from arviz_models.analysis.series_file import read_csv
from arviz_models.analysis.time_series import (
    FEWEST,
    MOST_ITERATIONS,
    SERIES,
    Array,
    Fit,
    Series,
    SeriesError,
    check_residuals,
    fit,
    futures,
    load_series,
    multi_step,
    one_step,
)

ORDERS = [("sunspots", 2, 0, 0), ("nile", 1, 0, 1), ("inflation", 1, 1, 1), ("nile", 0, 2, 1)]


def reference(series: Series, p: int, d: int, q: int) -> Any:
    """statsmodels by itself, called as its manual says."""
    from statsmodels.tsa.arima.model import ARIMA

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ARIMA(series.values, order=(p, d, q), trend="ctn"[d]).fit()


def random_walk(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=n).cumsum()


def lines(values: Array, *, header: str = "") -> str:
    return (f"{header}\n" if header else "") + "\n".join(f"{value:.4f}" for value in values)


# --- series --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERIES)
def test_shipped_series_are_whole_and_say_where_they_come_from(name: str) -> None:
    series = load_series(name)
    assert np.isfinite(series.values).all()
    assert len(series) == len(series.labels) == len(series.times) >= FEWEST
    assert (np.diff(series.times) > 0).all()
    assert all((series.title, series.unit, series.frequency, series.source, series.licence))


def test_shipped_series_are_those_of_statsmodels() -> None:
    from statsmodels.datasets import co2, macrodata, nile, sunspots

    np.testing.assert_array_equal(
        load_series("sunspots").values, sunspots.load_pandas().data.SUNACTIVITY
    )
    np.testing.assert_array_equal(load_series("nile").values, nile.load_pandas().data.volume)
    data = macrodata.load_pandas().data
    np.testing.assert_array_equal(load_series("inflation").values, data.infl[1:])
    growth = 400 * np.log(data.realgdp).diff()[1:]
    np.testing.assert_allclose(load_series("growth").values, growth)
    assert load_series("growth").labels[0] == "1959 Q2"
    monthly = co2.load_pandas().data.co2.resample("MS").mean()
    shipped, measured = load_series("co2"), monthly.notna().to_numpy()
    np.testing.assert_array_equal(shipped.values[measured], monthly[measured])
    assert (~measured).sum() == 5
    assert "5 months" in shipped.note


def test_unknown_series_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of sunspots"):
        load_series("stocks")


def test_times_go_on_beyond_the_end() -> None:
    np.testing.assert_allclose(load_series("nile").times_from(98, 4), [1969, 1970, 1971, 1972])


# --- fit and forecast ----------------------------------------------------------------------------


@pytest.fixture(scope="module", params=ORDERS, ids=lambda order: "-".join(map(str, order)))
def pair(request: pytest.FixtureRequest) -> tuple[Fit, Any]:
    name, *order = request.param
    series = load_series(name)
    return fit(series, *order), reference(series, *order)


def test_fit_equals_statsmodels(pair: tuple[Fit, Any]) -> None:
    ours, theirs = pair
    np.testing.assert_array_equal(ours.estimates, theirs.params)
    np.testing.assert_allclose(ours.errors, theirs.bse)
    np.testing.assert_allclose(ours.intervals, theirs.conf_int(0.05))
    np.testing.assert_allclose(ours.residuals, theirs.resid[ours.d :])
    assert ours.aic == pytest.approx(theirs.aic)
    assert ours.log_likelihood == pytest.approx(theirs.llf)
    assert ours.converged == theirs.mle_retvals["converged"]
    assert len(ours.names) == len(ours.estimates)
    assert ours.estimates[-1] == ours.sigma2


def test_one_step_equals_statsmodels(pair: tuple[Fit, Any]) -> None:
    ours, theirs = pair
    found = one_step(ours)
    expected = theirs.get_prediction(start=ours.d)
    np.testing.assert_allclose(found.mean, expected.predicted_mean)
    np.testing.assert_allclose(found.error, expected.se_mean)
    np.testing.assert_allclose(np.c_[found.low, found.high], expected.conf_int(alpha=0.05))
    np.testing.assert_allclose(ours.series.values[ours.d :] - found.mean, ours.residuals)


def test_multi_step_equals_statsmodels(pair: tuple[Fit, Any]) -> None:
    ours, theirs = pair
    found = multi_step(ours, 15)
    expected = theirs.get_forecast(15)
    assert found.start == len(ours.series)
    np.testing.assert_allclose(found.mean, expected.predicted_mean)
    np.testing.assert_allclose(found.error, expected.se_mean)
    np.testing.assert_allclose(np.c_[found.low, found.high], expected.conf_int(alpha=0.05))


def test_multi_step_from_earlier_sees_nothing_after_it(pair: tuple[Fit, Any]) -> None:
    ours, theirs = pair
    known = len(ours.series) - 10
    found = multi_step(ours, 10, known)
    expected = theirs.apply(ours.series.values[:known]).get_forecast(10)
    np.testing.assert_allclose(found.mean, expected.predicted_mean)
    first = one_step(ours).mean[known - ours.d]
    assert found.mean[0] == pytest.approx(first), "one step ahead is the same both ways"


@pytest.mark.slow
@pytest.mark.parametrize("back", [0, 12])
def test_futures_have_the_mean_and_the_deviation_of_the_forecast(
    pair: tuple[Fit, Any], back: int
) -> None:
    ours, _ = pair
    n, known = 4000, len(ours.series) - back
    drawn, forecast = futures(ours, 12, n, seed=1, known=known), multi_step(ours, 12, known)
    assert drawn.shape == (n, 12)
    standard_error = forecast.error / np.sqrt(n)
    assert (np.abs(drawn.mean(0) - forecast.mean) < 4 * standard_error).all()
    assert (np.abs(drawn.std(0) / forecast.error - 1) < 4 / np.sqrt(2 * n)).all()


def test_futures_are_those_of_the_seed() -> None:
    found = fit(load_series("nile"), 1, 0, 0)
    one, same, other = (futures(found, 5, 3, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)
    assert futures(found, 5, 0, 0).shape == (0, 5)


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("back", [0, 12])
def test_more_futures_and_a_longer_horizon_change_no_path_that_is_drawn(
    order: tuple[str, int, int, int], back: int
) -> None:
    name, p, d, q = order
    found = fit(load_series(name), p, d, q)
    known = len(found.series) - back
    many = futures(found, 30, 8, 3, known)
    for horizon, n in ((30, 3), (7, 8), (1, 1)):
        np.testing.assert_array_equal(futures(found, horizon, n, 3, known), many[:n, :horizon])


def test_a_future_is_statsmodels_own_simulation_with_the_same_noise(pair: tuple[Fit, Any]) -> None:
    ours, theirs = pair
    random = np.random.default_rng((5, 2))
    begin = random.multivariate_normal(
        theirs.predicted_state[:, -1], theirs.predicted_state_cov[:, :, -1]
    )
    noise = random.normal(scale=np.sqrt(ours.sigma2), size=(9, 1))
    expected = theirs.simulate(9, anchor="end", initial_state=begin, state_shocks=noise)
    np.testing.assert_allclose(futures(ours, 9, 3, seed=5)[2], expected, rtol=1e-6)


def test_formula_of_an_ar_is_its_one_step_prediction() -> None:
    found = fit(load_series("sunspots"), 2, 0, 0)
    x = found.series.values
    by_hand = found.constant + found.phi[0] * x[1:-1] + found.phi[1] * x[:-2]
    np.testing.assert_allclose(one_step(found).mean[2:], by_hand)


def test_formula_of_an_arima_is_its_one_step_prediction() -> None:
    found = fit(load_series("inflation"), 1, 1, 1)
    x, e = found.series.values, found.residuals  # e belongs to x[1:]
    change = found.constant + found.phi[0] * np.diff(x)[:-1] + found.theta[0] * e[:-1]
    late = slice(80, None)  # by then the filter has forgotten how it began
    np.testing.assert_allclose(one_step(found).mean[1:][late], (x[1:-1] + change)[late], rtol=1e-4)


def test_a_model_too_rich_for_the_series_says_that_it_did_not_converge() -> None:
    series = read_csv(lines(random_walk(30)))
    found = fit(series, 5, 0, 4)
    assert not found.converged
    assert found.iterations == MOST_ITERATIONS
    assert any("did not converge" in warning for warning in found.warnings)


def test_a_good_fit_has_no_warnings() -> None:
    found = fit(load_series("nile"), 1, 0, 0)
    assert found.converged
    assert found.warnings == ()
    assert found.names == ("μ", "φ₁", "σ²")


def test_progress_counts_the_iterations_and_can_end_the_fit() -> None:
    counts: list[int] = []
    found = fit(load_series("nile"), 2, 0, 0, counts.append)
    assert counts == list(range(1, found.iterations + 1))

    class StoppedError(Exception):
        pass

    def stop(count: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        fit(load_series("nile"), 2, 0, 0, stop)


@pytest.mark.parametrize(
    ("order", "words"),
    [((13, 0, 0), "p: got 13; expected 0 to 12"), ((12, 2, 4), "needs 26 values or more")],
)
def test_orders_that_cannot_be_fitted_are_refused(order: tuple[int, int, int], words: str) -> None:
    with pytest.raises(SeriesError, match=words):
        fit(read_csv(lines(random_walk(FEWEST))), *order)


def test_what_statsmodels_cannot_fit_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise np.linalg.LinAlgError("singular matrix")

    monkeypatch.setattr(time_series, "_model", fail)
    with pytest.raises(SeriesError, match=r"cannot fit ARIMA\(1, 0, 0\).*singular matrix"):
        fit(load_series("nile"), 1, 0, 0)


def test_horizon_and_known_are_checked() -> None:
    found = fit(load_series("nile"), 1, 0, 0)
    for call in (
        lambda: multi_step(found, 0),
        lambda: multi_step(found, 5, known=101),
        lambda: multi_step(found, 5, known=1),
        lambda: futures(found, 0, 5, 0),
        lambda: futures(found, 5, -1, 0),
    ):
        with pytest.raises(ValueError, match="expected"):
            call()


def test_checks_equal_statsmodels(pair: tuple[Fit, Any]) -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera
    from statsmodels.tsa.stattools import acf

    ours, theirs = pair
    residuals = theirs.resid[ours.d :]
    found = check_residuals(ours)
    np.testing.assert_allclose(found.acf, acf(residuals, nlags=found.lags_tested))
    box = acorr_ljungbox(residuals, lags=[found.lags_tested], model_df=ours.p + ours.q)
    assert found.ljung_box == pytest.approx(box.lb_stat.iloc[0])
    assert found.ljung_box_p == pytest.approx(box.lb_pvalue.iloc[0])
    shown = (found.jarque_bera, found.jarque_bera_p, found.skewness, found.kurtosis)
    assert shown == pytest.approx(jarque_bera(residuals))
    assert found.bound == pytest.approx(1.96 / np.sqrt(len(residuals)), rel=1e-4)
    assert ("still depend" in found.words[0]) == (found.ljung_box_p < 0.05)


def test_ljung_box_names_its_lags_and_the_degrees_of_freedom_it_loses(
    pair: tuple[Fit, Any],
) -> None:
    ours, _ = pair
    found = check_residuals(ours)
    assert found.removed == ours.p + ours.q
    left = found.lags_tested - found.removed
    assert f"lags 1 to {found.lags_tested} together" in found.words[0]
    assert f"{found.lags_tested} − {found.removed} = {left} degrees of freedom" in found.words[0]
    chi_squared = pytest.importorskip("scipy.stats").chi2
    assert found.ljung_box_p == pytest.approx(chi_squared.sf(found.ljung_box, left))


def test_a_model_without_weights_loses_no_degrees_of_freedom() -> None:
    words = check_residuals(fit(load_series("nile"), 0, 0, 0)).words[0]
    assert "20 degrees of freedom: no φ or θ was fitted" in words
