"""Time series: AR, ARMA and ARIMA on real series, where the word autoregression comes from.

    Δᵈxₜ = c + φ₁ Δᵈxₜ₋₁ + … + φₚ Δᵈxₜ₋ₚ + εₜ + θ₁ εₜ₋₁ + … + θ_q εₜ₋q,    εₜ ~ N(0, σ²)

Each value is drawn given the ones before it, as each pixel of a digit is; only the conditional is a
line plus Gaussian noise instead of a network. statsmodels fits (exact likelihood by the Kalman
filter) and forecasts; sampled futures go through its state space. It gets the series in units of
its noise: some of its limits are absolute numbers, so that in other units it would find other
weights (dollars against millions of dollars), and errors where the values are small.

Sources: Yule, "On a Method of Investigating Periodicities in Disturbed Series", 1927 (AR(2) on
sunspot numbers); Box and Jenkins, "Time Series Analysis: Forecasting and Control", 1970.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from arviz_models.analysis.series import Array, Series, SeriesError

MOST_P, MOST_D, MOST_Q = 12, 2, 4
MOST_ITERATIONS = 50  # statsmodels' own limit
LEVEL = 0.95  # of every interval
ROUNDING = 4 * float(np.finfo(float).eps)  # of the largest value: differences as small are none
SMALL = 0.01  # noise below this part of the unit of a fit is fitted again in its own
MOST_REFITS = 3
SMALLEST = 1e-140  # size of the largest value, as 1e140 is the most: float64 holds its square
FAILURES = (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError)  # of statsmodels
_SPARE = 8  # values wanted beyond one for each coefficient and difference


@dataclass(frozen=True, eq=False)
class Fit:
    """An ARIMA(p, d, q) fitted to a series by maximum likelihood.

    `names` and the arrays beside it list the coefficients in the order of statsmodels: the
    constant (d = 0: mean μ of the series; d = 1: drift δ, the mean of its differences; d = 2:
    none), φ₁ … φₚ, θ₁ … θ_q, σ².

    Attributes:
        estimates, errors: (k,), values and standard errors.
        intervals: (k, 2), of 95 %.
        sigma2: variance of ε, in squared units of the series.
        aic, log_likelihood: of the n − d differences, in nats.
        residuals: (n − d,), x minus its one-step prediction; the first d values have none.
        converged: whether the search ended before its limit of iterations.
        seconds: that the fit took.
        warnings: what to know about the numbers, in words.
    """

    series: Series
    p: int
    d: int
    q: int
    names: tuple[str, ...]
    estimates: Array
    errors: Array
    intervals: Array
    sigma2: float
    aic: float
    log_likelihood: float
    residuals: Array
    converged: bool
    iterations: int
    seconds: float
    warnings: tuple[str, ...]

    @property
    def phi(self) -> Array:
        """φ₁ … φₚ."""
        return self._named("φ")

    @property
    def theta(self) -> Array:
        """θ₁ … θ_q."""
        return self._named("θ")

    @property
    def constant(self) -> float:
        """c of the formula: (1 − φ₁ − … − φₚ) times μ or δ; 0 for d = 2."""
        return float(self.estimates[0] * (1 - self.phi.sum())) if self.d < 2 else 0.0

    def _named(self, letter: str) -> Array:
        return self.estimates[[name.startswith(letter) for name in self.names]]


@dataclass(frozen=True, eq=False)
class Forecast:
    """Gaussian predictions of the values from index `start` on.

    mean, error, low, high: (count,); error is the standard deviation of the prediction, and low
    and high are the ends of its 95 % interval.
    """

    start: int
    mean: Array
    error: Array
    low: Array
    high: Array


def prepare() -> None:
    """Import what loads, fits, forecasts and checks: the first time, that takes seconds."""
    import statsmodels.datasets
    import statsmodels.stats.diagnostic
    import statsmodels.tsa.arima.model
    import statsmodels.tsa.stattools  # noqa: F401
    import threadpoolctl  # type: ignore[import-untyped]  # noqa: F401


def fit(
    series: Series, p: int, d: int, q: int, on_iteration: Callable[[int], None] | None = None
) -> Fit:
    """Fit an ARIMA(p, d, q), with mean (d = 0), drift (d = 1) or neither (d = 2).

    Args:
        series: what to fit.
        p, d, q: values, differences and errors back.
        on_iteration: called with the number of each iteration done, at most 50; what it raises
            ends the fit.

    Raises:
        SeriesError: p, d or q out of range, too few values for them, or statsmodels fails.
    """
    for name, given, most in (("p", p, MOST_P), ("d", d, MOST_D), ("q", q, MOST_Q)):
        if not 0 <= given <= most:
            raise SeriesError(f"{name}: got {given}; expected 0 to {most}.")
    needed = p + d + q + _SPARE
    if len(series) < needed:
        raise SeriesError(
            f"ARIMA({p}, {d}, {q}) needs {needed} values or more; this series has {len(series)}. "
            "Take a smaller p, d or q."
        )
    # An ARIMA(p, d, q) is an ARMA(p, q) of the d-th differences; for d = 2 they have no mean.
    changes, middle, size = _changes(series.values, d)
    names, trend = _names(p, d, q), "n" if d == 2 else "c"
    prepare()  # not part of the time that the fit takes
    begun = time.perf_counter()
    try:
        results, size = _search(changes - middle, size, p, q, trend, on_iteration)
        with _quiet():
            errors, intervals = np.asarray(results.bse), np.asarray(results.conf_int(1 - LEVEL))
    except FAILURES as error:
        raise SeriesError(
            f"statsmodels cannot fit ARIMA({p}, {d}, {q}) to this series ({error}). "
            "Take a smaller p or q, or another d."
        ) from error
    converged = bool(results.mle_retvals["converged"])
    units, zeros = _units(names, size), np.zeros(len(names))
    if d < 2:
        zeros[0] = middle
    estimates = zeros + units * np.asarray(results.params)
    # The density of x is that of x / size, over size; so for each of the differences.
    log_likelihood = float(results.llf) - len(changes) * float(np.log(size))
    return Fit(
        series=series,
        p=p,
        d=d,
        q=q,
        names=names,
        estimates=estimates,
        errors=units * errors,
        intervals=zeros[:, None] + units[:, None] * intervals,
        sigma2=float(estimates[-1]),
        aic=2 * (len(names) - log_likelihood),
        log_likelihood=log_likelihood,
        residuals=size * np.asarray(results.resid),
        converged=converged,
        iterations=int(results.mle_retvals["iterations"]),
        seconds=time.perf_counter() - begun,
        warnings=_warnings(results, errors, converged),
    )


def _search(
    changes: Array,
    size: float,
    p: int,
    q: int,
    trend: str,
    on_iteration: Callable[[int], None] | None,
) -> tuple[Any, float]:
    """The best fit to changes of that size, and the unit in which it was found.

    Noise far below the spread of the changes is near the limits of statsmodels. So there it is
    fitted once more in the unit of the noise that was found.
    """
    found = _fitted(changes / size, p, q, trend, on_iteration)
    for _ in range(MOST_REFITS):
        noise = float(np.sqrt(found.params[-1]))
        if noise > SMALL:
            break
        try:
            again = _fitted(changes / (size * noise), p, q, trend, on_iteration)
        except FAILURES:
            break
        if again.llf - len(changes) * np.log(noise) <= found.llf:
            break
        found, size = again, size * noise
    return found, size


def _fitted(
    changes: Array, p: int, q: int, trend: str, on_iteration: Callable[[int], None] | None
) -> Any:
    """statsmodels' results.

    Raises:
        ArithmeticError: its filter, which has rounding errors near the unit circle, has found a
            likelihood above the highest that noise of this variance can have.
    """
    count = 0

    def step(_: Any) -> None:
        nonlocal count
        count += 1
        if on_iteration is not None:
            on_iteration(count)

    with _quiet():
        found = _model(changes, p, 0, q, trend).fit(
            method_kwargs={"maxiter": MOST_ITERATIONS, "callback": step}
        )
        highest = -len(changes) / 2 * np.log(2 * np.pi * found.params[-1])
    if not found.llf < highest:
        raise ArithmeticError("the likelihood lost its digits by rounding")
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """On one thread, as on such small matrices more of them cost up to fifty times the time; and
    without statsmodels' warnings: `Fit.warnings` says in words what they would."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _changes(values: Array, d: int) -> tuple[Array, float, float]:
    """The d-th differences, their mean as far as the model has one, and their spread around it.

    Raises:
        SeriesError: they hold nothing but rounding, or have no squares in float64.
    """
    largest = float(np.abs(values).max())
    if largest and not SMALLEST < largest < 1 / SMALLEST:
        raise SeriesError(
            "The squares of such values are too small or too large for the computer. Write them in "
            "another unit, for example 3.2 in place of 3.2e-150."
        )
    changes = np.diff(values, n=d)
    middle = float(changes.mean()) if d < 2 else 0.0
    spread = float(np.sqrt(np.mean((changes - middle) ** 2)))
    if spread <= ROUNDING * largest:
        what = ("values are", "differences are", "differences of the differences are")[d]
        raise SeriesError(
            f"The {what} all the same, up to rounding: no noise is left to fit. "
            + ("Take a smaller d." if d else "Take a series that changes more.")
        )
    return changes, middle, spread


def _units(names: tuple[str, ...], size: float) -> Array:
    """By what each coefficient grows when the values are `size` times as large."""
    power = {"μ": 1, "δ": 1, "φ": 0, "θ": 0, "σ": 2}
    return np.array([size ** power[name[0]] for name in names])


def _model(values: Array, p: int, d: int, q: int, trend: str) -> Any:
    from statsmodels.tsa.arima.model import ARIMA

    return ARIMA(values, order=(p, d, q), trend=trend)


def _names(p: int, d: int, q: int) -> tuple[str, ...]:
    def numbered(letter: str, count: int) -> list[str]:
        digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
        return [letter + str(k).translate(digits) for k in range(1, count + 1)]

    return (*(["μ"], ["δ"], [])[d], *numbered("φ", p), *numbered("θ", q), "σ²")


def _warnings(results: Any, errors: Array, converged: bool) -> tuple[str, ...]:
    said = []
    if not converged:
        said.append(
            f"The fit did not converge in {results.mle_retvals['iterations']} iterations (at most "
            f"{MOST_ITERATIONS}): better coefficients may exist, and these are not to be trusted. "
            "The model may be too rich for the series; take a smaller p or q."
        )
    if not np.isfinite(errors).all():
        said.append("Some standard errors could not be computed; their intervals are missing.")
    for roots, whose, what in (
        (results.arroots, "φ", "shocks hardly fade; another difference (d) may do better"),
        (results.maroots, "θ", "past errors hardly fade; a smaller d or q may do better"),
    ):
        if len(roots) and np.abs(roots).min() < 1.01:
            said.append(f"A root of the {whose} polynomial is close to the unit circle: {what}.")
    return tuple(said)


def _results(fit: Fit, known: int) -> tuple[Any, float, float]:
    """statsmodels' results with the coefficients of `fit`, given the first `known` values, and
    where their 0 lies and how large their 1 is, in units of the series."""
    if not fit.p + fit.d + fit.q < known <= len(fit.series):
        raise ValueError(
            f"known: got {known}; expected {fit.p + fit.d + fit.q + 1} to {len(fit.series)}."
        )
    zero = fit.estimates[0] if fit.d == 0 else fit.series.values[0]
    size = float(np.sqrt(fit.sigma2))
    coefficients = fit.estimates / _units(fit.names, size)
    if fit.d == 0:
        coefficients[0] = 0.0
    values = (fit.series.values[:known] - zero) / size
    model = _model(values, fit.p, fit.d, fit.q, ("c", "t", "n")[fit.d])
    # Nothing is known before the first d values. By itself statsmodels would take them for draws
    # with variance 10⁶, whatever their unit.
    model.use_exact_diffuse, model.loglikelihood_burn = True, 0
    model.initialize_default()
    with _quiet():
        return model.filter(coefficients, cov_type="none"), zero, size


def _forecast(start: int, prediction: Any, zero: float, size: float) -> Forecast:
    low, high = zero + size * np.asarray(prediction.conf_int(alpha=1 - LEVEL)).T
    mean, error = np.asarray(prediction.predicted_mean), np.asarray(prediction.se_mean)
    return Forecast(start, zero + size * mean, size * error, low, high)


def one_step(fit: Fit) -> Forecast:
    """Each value of the series predicted from the true values before it, from index d on."""
    results, zero, size = _results(fit, len(fit.series))
    return _forecast(fit.d, results.get_prediction(start=fit.d), zero, size)


def multi_step(fit: Fit, horizon: int, known: int | None = None) -> Forecast:
    """The `horizon` values after the first `known`, all predicted from those alone.

    Args:
        fit: whose coefficients to use.
        horizon: how many values ahead.
        known: how many values of the series are given, all by default.

    Raises:
        ValueError: `known` or `horizon` out of range.
    """
    if horizon < 1:
        raise ValueError(f"horizon: got {horizon}; expected 1 or more.")
    known = len(fit.series) if known is None else known
    results, zero, size = _results(fit, known)
    return _forecast(known, results.get_forecast(horizon), zero, size)


def futures(fit: Fit, horizon: int, n: int, seed: int, known: int | None = None) -> Array:
    """Sampled continuations: each value is drawn given the known ones and those drawn before it.

    The random numbers of a path come from the seed and the path's own number, one after another in
    time: more paths, or a longer horizon, add to what was drawn and change none of it.

    Args:
        fit, horizon, known: as in `multi_step`.
        n: how many.
        seed: of the noise; the same seed gives the same futures.

    Returns:
        float (n, horizon).

    Raises:
        ValueError: `known`, `horizon` or `n` out of range.
    """
    if horizon < 1 or n < 0:
        raise ValueError(f"horizon, n: got {horizon}, {n}; expected 1 or more and 0 or more.")
    results, zero, size = _results(fit, len(fit.series) if known is None else known)
    if n == 0:
        return np.empty((0, horizon))
    # Around the mean, statsmodels' state α gives Z α and becomes T α + R ε; here σ is 1.
    filtered = results.filter_results
    T, R = filtered.transition[:, :, -1], filtered.selection[:, 0, -1]
    Z, spread = filtered.design[0, :, -1], filtered.predicted_state_cov[:, :, -1]
    variances, directions = np.linalg.eigh(spread)  # rounding chooses any other root
    root = directions * np.sqrt(np.maximum(variances, 0)) @ directions.T
    states, noise = np.empty((n, len(T))), np.empty((n, horizon))
    for number in range(n):
        random = np.random.default_rng((seed, number))
        states[number] = root @ random.normal(size=len(T))
        noise[number] = random.normal(size=horizon)
    drawn = np.empty((n, horizon))
    for step in range(horizon):
        drawn[:, step] = states @ Z
        states = states @ T.T + noise[:, step : step + 1] * R
    return zero + size * (drawn + np.asarray(results.forecast(horizon)))
