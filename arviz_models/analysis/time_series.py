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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST, MOST = 20, 2_000  # rows of a series; a rich model on more takes minutes
MOST_P, MOST_D, MOST_Q = 12, 2, 4
MOST_ITERATIONS = 50  # statsmodels' own limit
LEVEL = 0.95  # of every interval
ROUNDING = 4 * float(np.finfo(float).eps)  # of the largest value: differences as small are none
SMALL = 0.01  # noise below this part of the unit of a fit is fitted again in its own
MOST_REFITS = 3
SMALLEST = 1e-140  # size of the largest value, as 1e140 is the most: float64 holds its square
FAILURES = (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError)  # of statsmodels
_SPARE = 8  # values wanted beyond one for each coefficient and difference


class SeriesError(ValueError):
    """A series that cannot be read or fitted; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Series:
    """Values at even steps of time, oldest first.

    Attributes:
        name: short, unique among the shipped ones.
        title, unit: what is measured, and in what.
        values: float (n,).
        labels: what the time of each value is called, n of them.
        times: float (n,), rising: the year with its fraction, the days since 1970 began, or any
            number, as of the row.
        time_unit: "year", "date" (`times` are days), or what else the times are.
        frequency: yearly, quarterly …
        source, licence: where the values come from and what allows their use.
        note: what was done to them; may be empty.
        offset: how dates go on, as pandas writes it ("MS": the first of each month); empty where
            `times` go on by their mean step.
    """

    name: str
    title: str
    unit: str
    values: Array
    labels: tuple[str, ...]
    times: Array
    time_unit: str
    frequency: str
    source: str
    licence: str
    note: str = ""
    offset: str = ""

    @property
    def step(self) -> float:
        """Time from one value to the next."""
        return float(self.times[-1] - self.times[0]) / (len(self.times) - 1)

    def times_from(self, start: int, count: int) -> Array:
        """Times of the `count` values from index `start` on, also beyond the end."""
        more = max(start + count - len(self), 0)
        beyond = self.times[-1] + self.step * np.arange(1, more + 1)
        if self.offset and more:
            import pandas as pd

            last = dates_of(self.times[-1:])[0]
            beyond = days_of(pd.date_range(last, periods=more + 1, freq=self.offset)[1:])
        return np.concatenate([self.times, beyond])[start : start + count]

    def __len__(self) -> int:
        return len(self.values)


def unnamed(values: Array) -> Series:
    """A series of which only the values matter, as for a fit."""
    n = len(values)
    return Series("", "", "", values, ("",) * n, np.arange(n, dtype=float), "", "", "", "")


def days_of(dates: Any) -> Array:
    """Dates, as NumPy or pandas has them, as days since 1970 began, with their fraction."""
    return np.asarray(dates).astype("datetime64[s]").astype(np.int64) / 86_400


def dates_of(days: Array) -> NDArray[np.datetime64]:
    """The opposite of `days_of`, to the second."""
    return np.round(np.asarray(days) * 86_400).astype(np.int64).astype("datetime64[s]")


# The series that statsmodels ships ---------------------------------------------------------------


def _years(name: str, column: str) -> tuple[Array, tuple[str, ...], Array]:
    data = _frame(name)
    years = data["YEAR" if "YEAR" in data else "year"].to_numpy(float)
    return data[column].to_numpy(float), tuple(f"{year:.0f}" for year in years), years


def _sunspots() -> tuple[Array, tuple[str, ...], Array]:
    return _years("sunspots", "SUNACTIVITY")


def _nile() -> tuple[Array, tuple[str, ...], Array]:
    return _years("nile", "volume")


def _co2() -> tuple[Array, tuple[str, ...], Array]:
    """Monthly means of the weeks that were measured; months without any, on a straight line."""
    monthly = _frame("co2")["co2"].resample("MS").mean().interpolate()
    times = (monthly.index.year + (monthly.index.month - 0.5) / 12).to_numpy(float)
    return monthly.to_numpy(float), tuple(monthly.index.strftime("%Y-%m")), times


def _quarters(values: Callable[[Any], Array]) -> tuple[Array, tuple[str, ...], Array]:
    """From the second quarter on: both series are changes, and the first has none before it."""
    data = _frame("macrodata")
    year, quarter = (data[name].to_numpy(float)[1:] for name in ("year", "quarter"))
    labels = tuple(f"{y:.0f} Q{q:.0f}" for y, q in zip(year, quarter, strict=True))
    return values(data), labels, year + (quarter - 0.5) / 4


def _inflation() -> tuple[Array, tuple[str, ...], Array]:
    return _quarters(lambda data: data["infl"].to_numpy(float)[1:])


def _growth() -> tuple[Array, tuple[str, ...], Array]:
    return _quarters(lambda data: 400 * np.diff(np.log(data["realgdp"].to_numpy(float))))


def _frame(name: str) -> Any:
    from importlib import import_module

    return import_module(f"statsmodels.datasets.{name}").load_pandas().data


@dataclass(frozen=True)
class _Recipe:
    title: str
    unit: str
    frequency: str
    make: Callable[[], tuple[Array, tuple[str, ...], Array]]
    source: str
    note: str = ""


_FRED = (
    "macrodata of statsmodels, compiled by Skipper Seabold from FRED, Federal Reserve Bank of "
    "St. Louis"
)
_RECIPES: Mapping[str, _Recipe] = {
    "sunspots": _Recipe(
        "Sunspots, 1700 to 2008",
        "sunspots",
        "yearly",
        _sunspots,
        "National Geophysical Data Center, from statsmodels",
        "The model is Gaussian: it does not know that counts end at 0.",
    ),
    "nile": _Recipe(
        "Flow of the Nile at Aswan, 1871 to 1970",
        "10⁸ m³",
        "yearly",
        _nile,
        "G. W. Cobb 1978, Biometrika 65.2, from statsmodels",
    ),
    "co2": _Recipe(
        "CO₂ in the air at Mauna Loa, 1958 to 2001",
        "ppmv",
        "monthly",
        _co2,
        "C. D. Keeling and T. P. Whorf 2004, Oak Ridge National Laboratory, from statsmodels",
        "Monthly means of weekly values; the 5 months without a measurement are interpolated on a "
        "straight line.",
    ),
    "inflation": _Recipe(
        "Inflation in the United States, 1959 to 2009",
        "% a year",
        "quarterly",
        _inflation,
        _FRED,
        "The first quarter is left out, as it has none before it to compare with.",
    ),
    "growth": _Recipe(
        "Growth of real GDP in the United States, 1959 to 2009",
        "% a year",
        "quarterly",
        _growth,
        _FRED,
        "400 times the difference of the logarithms of real GDP.",
    ),
}
SERIES = tuple(_RECIPES)


def title(name: str) -> str:
    """What a shipped series is called, without loading it.

    Raises:
        ValueError: no such series.
    """
    if name not in _RECIPES:
        raise ValueError(f"series: got {name!r}; expected one of {', '.join(SERIES)}.")
    return _RECIPES[name].title


@lru_cache
def load_series(name: str) -> Series:
    """A series that statsmodels ships, by its name in `SERIES`.

    Raises:
        ValueError: no such series.
    """
    called = title(name)
    recipe = _RECIPES[name]
    values, labels, times = recipe.make()
    return Series(
        name=name,
        title=called,
        unit=recipe.unit,
        values=values,
        labels=labels,
        times=times,
        time_unit="year",
        frequency=recipe.frequency,
        source=recipe.source,
        licence="public domain",
        note=recipe.note,
    )


# Fit and forecast --------------------------------------------------------------------------------


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


# What the residuals say --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Checks:
    """Whether the residuals look like independent Gaussian noise.

    Attributes:
        acf: (lags + 1,), their autocorrelation; the first is 1.
        bound: 95 % of the autocorrelations of independent noise lie within ± this.
        lags_tested: lags 1 to this one are tested together by Ljung-Box.
        removed: degrees of freedom taken off them, one for each fitted φ and θ.
        ljung_box, ljung_box_p: statistic and p-value, of χ² with lags_tested − removed degrees.
        skewness, kurtosis: 0 and 3 for a Gaussian.
        jarque_bera, jarque_bera_p: statistic and p-value that they are.
    """

    acf: Array
    bound: float
    lags_tested: int
    removed: int
    ljung_box: float
    ljung_box_p: float
    skewness: float
    kurtosis: float
    jarque_bera: float
    jarque_bera_p: float


def check_residuals(fit: Fit) -> Checks:
    """ACF, Ljung-Box (p + q degrees of freedom taken off) and Jarque-Bera of the residuals."""
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera
    from statsmodels.tsa.stattools import acf

    n, removed = len(fit.residuals), fit.p + fit.q
    lags = min(n - 1, max(min(20, n // 5), removed + 3))
    box = acorr_ljungbox(fit.residuals, lags=[lags], model_df=removed)
    box_statistic, box_p = (float(box[name].iloc[0]) for name in ("lb_stat", "lb_pvalue"))
    jb, jb_p, skewness, kurtosis = map(float, jarque_bera(fit.residuals))
    return Checks(
        acf=np.asarray(acf(fit.residuals, nlags=lags)),
        bound=1.959963984540054 / np.sqrt(n),
        lags_tested=lags,
        removed=removed,
        ljung_box=box_statistic,
        ljung_box_p=box_p,
        skewness=skewness,
        kurtosis=kurtosis,
        jarque_bera=jb,
        jarque_bera_p=jb_p,
    )
