"""Series of numbers in time: what one holds, and those that statsmodels ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST, MOST = 20, 2_000  # rows of a series; a rich model on more takes minutes


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
