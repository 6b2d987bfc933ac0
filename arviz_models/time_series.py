"""Time series: AR, ARMA and ARIMA on real series, where the word autoregression comes from.

    Δᵈxₜ = c + φ₁ Δᵈxₜ₋₁ + … + φₚ Δᵈxₜ₋ₚ + εₜ + θ₁ εₜ₋₁ + … + θ_q εₜ₋q,    εₜ ~ N(0, σ²)

Each value is drawn given the ones before it, as each pixel of a digit is; only the conditional is a
line plus Gaussian noise instead of a network. statsmodels fits (exact likelihood by the Kalman
filter) and forecasts; nothing here is computed a second way.

Sources: Yule, "On a Method of Investigating Periodicities in Disturbed Series", 1927 (AR(2) on
sunspot numbers); Box and Jenkins, "Time Series Analysis: Forecasting and Control", 1970.
"""

from __future__ import annotations

import csv
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST, MOST = 20, 2_000  # rows of a series; a rich model on more takes minutes
MOST_BYTES = 200_000
MOST_P, MOST_D, MOST_Q = 12, 2, 4
MOST_ITERATIONS = 50  # statsmodels' own limit
LEVEL = 0.95  # of every interval
_LARGEST = 1e12
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
        times: float (n,), rising: the year with its fraction, or the number of the row.
        time_unit: "year" or "row".
        frequency: yearly, quarterly …
        source, licence: where the values come from and what allows their use.
        note: what was done to them; may be empty.
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

    @property
    def step(self) -> float:
        """Time from one value to the next."""
        return float(self.times[-1] - self.times[0]) / (len(self.times) - 1)

    def times_from(self, start: int, count: int) -> Array:
        """Times of the `count` values from index `start` on, also beyond the end."""
        beyond = self.times[-1] + self.step * np.arange(1, max(start + count - len(self), 0) + 1)
        return np.concatenate([self.times, beyond])[start : start + count]

    def __len__(self) -> int:
        return len(self.values)


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


# A series from a file ----------------------------------------------------------------------------


def read_csv(content: bytes | str, name: str = "uploaded") -> Series:
    """A series from CSV: a column of values, or a column of dates or labels and one of values.

    The columns are parted by comma, semicolon or tab; a first row of names is left out. With
    semicolon or tab, 3,5 is 3.5. Dates are read as 2001-12-31 or 2001-12, or as rising numbers.

    Args:
        content: the file.
        name: what to call the series.

    Raises:
        SeriesError: says what is wrong, and in which row of the file, counted from 1.
    """
    text = _text(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    parting = max(";\t,", key=first.count)  # of a tie the first: 1,5;2,5
    try:
        read = csv.reader(io.StringIO(text), delimiter=parting)
        rows = [(read.line_num, [cell.strip() for cell in row]) for row in read if any(row)]
    except csv.Error as error:
        raise SeriesError(f"This is not CSV: {error}. Save the table as plain CSV.") from error
    rows = [(number, row) for number, row in rows if any(row)]
    if not rows:
        raise SeriesError(f"The file is empty. It needs {FEWEST} values or more, one in each row.")
    columns = len(rows[0][1])
    if columns > 2:
        raise SeriesError(
            f"Row {rows[0][0]} has {columns} columns; expected one of values, or one of dates and "
            "one of values. Remove the others."
        )
    header = rows[0][1][-1]
    if _is_word(header, parting):
        rows = rows[1:]
    else:
        header = ""
    if len(rows) > MOST:
        raise SeriesError(f"{len(rows):,} values; at most {MOST:,} can be fitted here. Cut some.")
    values = np.empty(len(rows))
    for index, (number, row) in enumerate(rows):
        if len(row) != columns:
            raise SeriesError(
                f"Row {number} has {len(row)} column{'s' * (len(row) != 1)}, where the first has "
                f"{columns}. Every row needs the same."
            )
        values[index] = _value(row[-1], number, parting)
    if len(rows) < FEWEST:
        raise SeriesError(
            f"{len(rows)} value{'s' * (len(rows) != 1)}; a fit needs {FEWEST} or more."
        )
    if np.ptp(values) == 0:
        raise SeriesError(
            f"All {len(values)} values are {values[0]:g}. A constant series leaves nothing to fit."
        )
    labels = tuple(row[0] for _, row in rows) if columns == 2 else ()
    times = _times(labels, [number for number, _ in rows])
    dated = times is not None
    return Series(
        name=name,
        title=header[:60] or "Your series",
        unit="value",
        values=values,
        labels=labels or tuple(str(number) for number in range(1, len(rows) + 1)),
        times=np.arange(1.0, len(rows) + 1) if times is None else times,
        time_unit="year" if dated else "row",
        frequency="as in your file, taken as even",
        source="your file",
        licence="yours; it stays in this session",
    )


def _text(content: bytes | str) -> str:
    if len(content) > MOST_BYTES:
        raise SeriesError(
            f"The file has {len(content) / 1000:,.0f} kB; at most {MOST_BYTES / 1000:.0f} kB are "
            "read. Keep two columns."
        )
    if isinstance(content, str):
        text = content
    else:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = content.decode("utf-16" if wide else "utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    strange = sum(not (c.isprintable() or c in "\r\n\t\ufeff") for c in text)
    if "\x00" in text or strange > len(text) / 100:
        raise SeriesError("This is not a text file. Save the table as CSV, not as a spreadsheet.")
    return text.removeprefix("\ufeff")


_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}


def _number(cell: str, parting: str) -> float:
    """The number in a cell; ValueError where there is none."""
    return float(cell.replace(",", ".") if parting != "," else cell)


def _is_word(cell: str, parting: str) -> bool:
    """Whether a cell of the first row is the name of its column."""
    try:
        _number(cell, parting)
    except ValueError:
        return cell.lower() not in _MISSING
    return False


def _value(cell: str, row: int, parting: str) -> float:
    if cell.lower() in _MISSING:
        raise SeriesError(
            f"Row {row} has no value. Fill it in, or begin after it: gaps break lags."
        )
    try:
        value = _number(cell, parting)
    except ValueError as error:
        raise SeriesError(f"Row {row}: “{cell[:30]}” is not a number.") from error
    if not abs(value) <= _LARGEST:
        raise SeriesError(f"Row {row}: {cell[:30]} is too large; at most {_LARGEST:g} is read.")
    return value


def _times(labels: Sequence[str], rows: Sequence[int]) -> Array | None:
    """Years with fractions from dates or rising numbers; None where the labels are neither.

    Raises:
        SeriesError: a date that is not after the one before it.
    """
    if not labels:
        return None
    try:
        dates = [date.fromisoformat(f"{each}-01" if len(each) == 7 else each) for each in labels]
    except ValueError:
        try:
            numbers = np.array([float(each) for each in labels])
        except ValueError:
            return None
        rising = np.isfinite(numbers).all() and (np.diff(numbers) > 0).all()
        return numbers if rising and numbers[0] > 0 and numbers[-1] < 3000 else None
    for before, after, row in zip(dates[:-1], dates[1:], rows[1:], strict=True):
        if after <= before:
            raise SeriesError(f"Row {row}: {after} is not after {before}. Sort the rows by date.")
    return np.array([d.year + (d.timetuple().tm_yday - 1) / 365.25 for d in dates])


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
    count = 0

    def step(_: Any) -> None:
        nonlocal count
        count += 1
        if on_iteration is not None:
            on_iteration(count)

    import statsmodels.tsa.arima.model  # noqa: F401  not part of the time that the fit takes

    begun = time.perf_counter()
    try:
        with _quiet():
            results = _model(series.values, p, d, q).fit(
                method_kwargs={"maxiter": MOST_ITERATIONS, "callback": step}
            )
            errors, intervals = np.asarray(results.bse), np.asarray(results.conf_int(1 - LEVEL))
    except (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise SeriesError(
            f"statsmodels cannot fit ARIMA({p}, {d}, {q}) to this series ({error}). "
            "Take a smaller p or q, or another d."
        ) from error
    converged = bool(results.mle_retvals["converged"])
    return Fit(
        series=series,
        p=p,
        d=d,
        q=q,
        names=_names(p, d, q),
        estimates=np.asarray(results.params),
        errors=errors,
        intervals=intervals,
        sigma2=float(results.params[-1]),
        aic=float(results.aic),
        log_likelihood=float(results.llf),
        residuals=np.asarray(results.resid)[d:],
        converged=converged,
        iterations=int(results.mle_retvals["iterations"]),
        seconds=time.perf_counter() - begun,
        warnings=_warnings(results, errors, converged),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """On one thread, as on such small matrices more of them cost up to fifty times the time; and
    without statsmodels' warnings: `Fit.warnings` says in words what they would."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _model(values: Array, p: int, d: int, q: int) -> Any:
    from statsmodels.tsa.arima.model import ARIMA

    return ARIMA(values, order=(p, d, q), trend=("c", "t", "n")[d])


def _names(p: int, d: int, q: int) -> tuple[str, ...]:
    def numbered(letter: str, count: int) -> list[str]:
        digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
        return [letter + str(k).translate(digits) for k in range(1, count + 1)]

    return (*(["μ"], ["δ"], [])[d], *numbered("φ", p), *numbered("θ", q), "σ²")


def _warnings(results: Any, errors: Array, converged: bool) -> tuple[str, ...]:
    said = []
    if not converged:
        said.append(
            f"The fit did not converge within {MOST_ITERATIONS} iterations: better coefficients "
            "may exist, and these are not to be trusted. The model may be too rich for the "
            "series; take a smaller p or q."
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


def _results(fit: Fit, known: int) -> Any:
    """statsmodels' results with the coefficients of `fit`, given the first `known` values."""
    if not fit.p + fit.d + fit.q < known <= len(fit.series):
        raise ValueError(
            f"known: got {known}; expected {fit.p + fit.d + fit.q + 1} to {len(fit.series)}."
        )
    model = _model(fit.series.values[:known], fit.p, fit.d, fit.q)
    with _quiet():
        return model.filter(fit.estimates, cov_type="none")


def _forecast(start: int, prediction: Any) -> Forecast:
    interval = np.asarray(prediction.conf_int(alpha=1 - LEVEL))
    mean, error = np.asarray(prediction.predicted_mean), np.asarray(prediction.se_mean)
    return Forecast(start, mean, error, interval[:, 0], interval[:, 1])


def one_step(fit: Fit) -> Forecast:
    """Each value of the series predicted from the true values before it, from index d on."""
    return _forecast(fit.d, _results(fit, len(fit.series)).get_prediction(start=fit.d))


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
    return _forecast(known, _results(fit, known).get_forecast(horizon))


def futures(fit: Fit, horizon: int, n: int, seed: int, known: int | None = None) -> Array:
    """Sampled continuations: each value is drawn given the known ones and those drawn before it.

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
    results = _results(fit, len(fit.series) if known is None else known)
    if n == 0:
        return np.empty((0, horizon))
    with _quiet():
        drawn = results.simulate(
            horizon, repetitions=n, anchor="end", rng=np.random.default_rng(seed)
        )
    return np.asarray(drawn).reshape(horizon, n).T


# What the residuals say --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Checks:
    """Whether the residuals look like independent Gaussian noise.

    Attributes:
        acf: (lags + 1,), their autocorrelation; the first is 1.
        bound: 95 % of the autocorrelations of independent noise lie within ± this.
        ljung_box, ljung_box_p: statistic and p-value, of the first `lags_tested` lags.
        skewness, kurtosis: 0 and 3 for a Gaussian.
        jarque_bera, jarque_bera_p: statistic and p-value that they are.
        words: what that means, a sentence each.
    """

    acf: Array
    bound: float
    lags_tested: int
    ljung_box: float
    ljung_box_p: float
    skewness: float
    kurtosis: float
    jarque_bera: float
    jarque_bera_p: float
    words: tuple[str, ...]


def check_residuals(fit: Fit) -> Checks:
    """ACF, Ljung-Box (p + q degrees of freedom taken off) and Jarque-Bera of the residuals."""
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera
    from statsmodels.tsa.stattools import acf

    n = len(fit.residuals)
    lags = min(n - 1, max(min(20, n // 5), fit.p + fit.q + 3))
    box = acorr_ljungbox(fit.residuals, lags=[lags], model_df=fit.p + fit.q)
    box_statistic, box_p = (float(box[name].iloc[0]) for name in ("lb_stat", "lb_pvalue"))
    jb, jb_p, skewness, kurtosis = map(float, jarque_bera(fit.residuals))
    words = (
        f"Ljung-Box over {lags} lags: p = {box_p:.2g}. "
        + (
            "The residuals still depend on each other: the model misses something."
            if box_p < 0.05
            else "No sign that the residuals depend on each other."
        ),
        f"Jarque-Bera: p = {jb_p:.2g} (skewness {skewness:.2f}, kurtosis {kurtosis:.2f}; a "
        "Gaussian has 0 and 3). "
        + (
            "The noise is not Gaussian, so the intervals are only approximate."
            if jb_p < 0.05
            else "No sign that the noise is not Gaussian."
        ),
    )
    return Checks(
        acf=np.asarray(acf(fit.residuals, nlags=lags)),
        bound=1.959963984540054 / np.sqrt(n),
        lags_tested=lags,
        ljung_box=box_statistic,
        ljung_box_p=box_p,
        skewness=skewness,
        kurtosis=kurtosis,
        jarque_bera=jb,
        jarque_bera_p=jb_p,
        words=words,
    )
