"""Time series: what is shown is what statsmodels computes, and bad files are refused in words."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from arviz_models.analysis import time_series
from arviz_models.analysis.residual_checks import check_residuals
from arviz_models.analysis.series import (
    FEWEST,
    SERIES,
    Array,
    Series,
    SeriesError,
    load_series,
    unnamed,
)
from arviz_models.analysis.series_file import read_csv
from arviz_models.analysis.time_series import (
    MOST_ITERATIONS,
    Fit,
    fit,
    futures,
    multi_step,
    one_step,
)

ORDERS = [("sunspots", 2, 0, 0), ("nile", 1, 0, 1), ("inflation", 1, 1, 1), ("nile", 0, 2, 1)]


def arima(series: Series, p: int, d: int, q: int) -> Any:
    """The model of statsmodels by itself, on the values as they are."""
    from statsmodels.tsa.arima.model import ARIMA

    return ARIMA(series.values, order=(p, d, q), trend="ctn"[d])


def reference(found: Fit) -> Any:
    """statsmodels' results with these coefficients, in the unit of the series.

    Its own default takes the values before the series for draws with variance 10⁶, so that its
    results depend on the unit; the exact filter knows nothing of them.
    """
    model = arima(found.series, found.p, found.d, found.q)
    model.use_exact_diffuse, model.loglikelihood_burn = True, 0
    model.initialize_default()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.smooth(found.estimates)


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
    name, p, d, q = request.param
    found = fit(load_series(name), p, d, q)
    return found, reference(found)


def test_what_is_said_of_a_fit_is_what_statsmodels_says_of_its_coefficients(
    pair: tuple[Fit, Any],
) -> None:
    ours, theirs = pair
    errors = theirs.bse if ours.d < 2 else ours.errors  # see the next test
    np.testing.assert_allclose(ours.errors, errors, rtol=1e-6)
    np.testing.assert_allclose(
        ours.intervals, ours.estimates[:, None] + np.outer(errors, [-1.959964, 1.959964]), rtol=1e-5
    )
    np.testing.assert_allclose(ours.residuals, theirs.resid[ours.d :], rtol=1e-6, atol=1e-9)
    # Each of the first d values has the density of a Gaussian of variance 1 at 0.
    log_likelihood = theirs.llf + ours.d * np.log(2 * np.pi) / 2
    assert ours.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)
    assert ours.aic == pytest.approx(2 * len(ours.names) - 2 * log_likelihood, abs=1e-6)
    assert len(ours.names) == len(ours.estimates)
    assert ours.estimates[-1] == ours.sigma2


def test_no_fit_of_statsmodels_is_better(pair: tuple[Fit, Any]) -> None:
    """By itself it may be worse: its search ends early where the unit is far from 1."""
    ours, theirs = pair
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = arima(ours.series, ours.p, ours.d, ours.q).fit()
    assert ours.converged
    assert ours.log_likelihood > theirs.model.loglike(found.params) + (
        ours.d * np.log(2 * np.pi) / 2 - 1e-3
    )
    if ours.d < 2:
        assert (np.abs(ours.estimates - found.params) < 0.03 * ours.errors).all()


# θ of the ARIMA(0, 2, 1) of the Nile is at its edge, −1, where rounding moves the fit the most.
WELL_POSED = [*ORDERS[:3], ("nile", 2, 2, 0), ("co2", 2, 1, 1), ("growth", 0, 0, 0)]


def in_unit(found: Fit, unit: float) -> Fit:
    """The same fit of the same series, each value written `unit` times as large."""
    by = {"μ": unit, "δ": unit, "σ": unit**2}
    units = np.array([by.get(name[0], 1.0) for name in found.names])
    jacobian = len(found.residuals) * np.log(unit)
    return replace(
        found,
        series=replace(found.series, values=unit * found.series.values),
        estimates=units * found.estimates,
        errors=units * found.errors,
        intervals=units[:, None] * found.intervals,
        sigma2=unit**2 * found.sigma2,
        aic=found.aic + 2 * jacobian,
        log_likelihood=found.log_likelihood - jacobian,
        residuals=unit * found.residuals,
    )


@pytest.mark.parametrize("unit", [1e-8, 3e-12, 1e6, 1e12])
@pytest.mark.parametrize("order", WELL_POSED, ids=str)
def test_the_unit_of_a_series_changes_nothing_but_the_unit(
    order: tuple[str, int, int, int], unit: float
) -> None:
    name, p, d, q = order
    plain = fit(load_series(name), p, d, q)
    expected = in_unit(plain, unit)
    found = fit(expected.series, p, d, q)
    close = partial(np.testing.assert_allclose, rtol=1e-5)
    for each in ("estimates", "errors", "intervals", "sigma2"):
        close(getattr(found, each), getattr(expected, each), err_msg=each)
    for each in ("log_likelihood", "aic"):
        assert getattr(found, each) == pytest.approx(getattr(expected, each), abs=1e-6)
    sigma = found.sigma2**0.5
    close(found.residuals, expected.residuals, atol=1e-5 * sigma)
    assert (found.converged, found.iterations) == (plain.converged, plain.iterations)
    assert found.warnings == plain.warnings
    for ask in (one_step, partial(multi_step, horizon=9), partial(multi_step, horizon=9, known=50)):
        ours, theirs = ask(found), ask(plain)
        for each in ("mean", "error", "low", "high"):
            close(getattr(ours, each), unit * getattr(theirs, each), atol=1e-5 * sigma)
    close(futures(found, 9, 3, seed=1), unit * futures(plain, 9, 3, seed=1), atol=1e-5 * sigma)
    checks, same = check_residuals(found), check_residuals(plain)
    for each in ("ljung_box", "skewness", "kurtosis", "jarque_bera"):
        assert getattr(checks, each) == pytest.approx(getattr(same, each), rel=1e-5)
    for each in ("ljung_box_p", "jarque_bera_p"):
        assert getattr(checks, each) == pytest.approx(getattr(same, each), rel=1e-4)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e6])
@pytest.mark.parametrize("order", WELL_POSED, ids=str)
def test_a_constant_added_to_a_series_moves_its_level_alone(
    order: tuple[str, int, int, int], unit: float
) -> None:
    name, p, d, q = order
    series = load_series(name)
    level = unit * 1e4 * series.values.std()
    below, above = (
        fit(replace(series, values=unit * series.values + more), p, d, q) for more in (0.0, level)
    )
    moved = level * (np.arange(len(below.names)) == 0) * (d == 0)
    close = partial(np.testing.assert_allclose, rtol=1e-5)
    close(above.estimates - moved, below.estimates, atol=1e-5 * below.errors.min())
    close(above.errors, below.errors)
    close(above.residuals, below.residuals, atol=1e-5 * below.sigma2**0.5)
    assert above.log_likelihood == pytest.approx(below.log_likelihood, abs=1e-5)
    ours, theirs = multi_step(above, 9), multi_step(below, 9)
    close(ours.mean - level, theirs.mean, atol=1e-5 * below.sigma2**0.5)
    close(ours.error, theirs.error)


def test_noise_far_below_the_spread_of_a_series_is_found() -> None:
    """A fine measurement on a steep line: statsmodels has no noise below 1e-5 of its unit."""
    noise, n = 1e-6, 300
    values = 1000.0 * np.arange(n) + np.random.default_rng(0).normal(scale=noise, size=n).cumsum()
    found = fit(unnamed(values), 0, 1, 0)
    assert found.constant == pytest.approx(1000, abs=4 * noise)
    assert np.sqrt(found.sigma2) == pytest.approx(noise, rel=0.15)


def test_a_series_that_is_smooth_beside_its_spread_is_fitted_in_the_unit_of_its_noise() -> None:
    """Its noise is 1/2400 of its spread; in the unit of the spread φ₁ is found as 1.993."""
    radius, angle, n = 0.9999, 0.005, 2400
    weights = 2 * radius * np.cos(angle), -(radius**2)
    x = np.random.default_rng(0).normal(size=n)
    for t in range(2, n):
        x[t] += weights[0] * x[t - 1] + weights[1] * x[t - 2]
    found = fit(unnamed(x[-400:]), 2, 0, 0)
    np.testing.assert_allclose(found.phi, weights, atol=1e-3)
    assert found.sigma2 == pytest.approx(1, rel=0.15)


def test_a_likelihood_higher_than_any_can_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rounded:
        def fit(self, **_: object) -> object:
            return SimpleNamespace(params=np.array([0.0, 0.5, 1.0]), llf=-50.0)

    monkeypatch.setattr(time_series, "_model", lambda *_: Rounded())
    with pytest.raises(SeriesError, match=r"lost its digits by rounding\)\. Take a smaller p"):
        fit(load_series("nile"), 1, 0, 0)


@pytest.mark.parametrize(
    ("values", "d", "words"),
    [
        (0.1 * np.arange(50), 1, "differences are all the same, up to rounding.*smaller d"),
        (0.1 * np.arange(50), 2, "differences of the differences are all the same"),
        (np.full(50, 0.1), 0, "values are all the same"),
        (np.zeros(50), 0, "values are all the same"),
        (1e-200 * random_walk(50), 0, "squares .* too small or too large.*another unit"),
        (1e200 * random_walk(50), 1, "squares .* too small or too large.*another unit"),
    ],
)
def test_what_has_no_noise_and_what_float64_cannot_square_is_refused_in_words(
    values: Array, d: int, words: str
) -> None:
    with pytest.raises(SeriesError, match=words):
        fit(unnamed(values), 1, d, 0)


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
    ours, _ = pair
    known = len(ours.series) - 10
    found = multi_step(ours, 10, known)
    expected = reference(replace(ours, series=unnamed(ours.series.values[:known]))).get_forecast(10)
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
    variances, directions = np.linalg.eigh(theirs.predicted_state_cov[:, :, -1])
    root = directions * np.sqrt(np.maximum(variances, 0)) @ directions.T
    begin = theirs.predicted_state[:, -1] + root @ random.normal(size=len(root))
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


def test_ljung_box_loses_a_degree_of_freedom_for_each_weight(
    pair: tuple[Fit, Any],
) -> None:
    ours, _ = pair
    found = check_residuals(ours)
    assert found.removed == ours.p + ours.q
    left = found.lags_tested - found.removed
    chi_squared = pytest.importorskip("scipy.stats").chi2
    assert found.ljung_box_p == pytest.approx(chi_squared.sf(found.ljung_box, left))
