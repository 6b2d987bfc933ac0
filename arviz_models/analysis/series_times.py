"""When each value of a visitor's file was: its first column as dates, years or other numbers.

strptime reads dates, pandas finds their frequency.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from arviz_models.analysis.series import Array, days_of
from arviz_models.analysis.series_cells import MisfitError, Row, number_pattern

_DATE_FORMS: Mapping[str, tuple[str, ...]] = {
    "year, month, day": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    "year, month": ("%Y-%m", "%Y/%m"),
    "day, month, year": (
        *("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %m %Y"),
        *("%d %b %Y", "%d-%b-%Y", "%d %B %Y"),
    ),
    "month, day, year": (
        *("%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y", "%m %d %Y"),
        *("%b %d, %Y", "%B %d, %Y"),
    ),
    "month, year": ("%m/%Y", "%m.%Y", "%m-%Y", "%b %Y", "%b-%Y", "%B %Y"),
    "year, month, day, time": (
        *("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"),
        *("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"),
    ),
    "day, month, year, time": ("%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S"),
    "month, day, year, time": ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S"),
    "day, month, two-digit year": (
        *("%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%d %m %y", "%d/%m/%y %H:%M", "%d.%m.%y %H:%M"),
        *("%d %b %y", "%d-%b-%y", "%d %B %y"),
    ),
    "month, day, two-digit year": (
        *("%m/%d/%y", "%m.%d.%y", "%m-%d-%y", "%m %d %y", "%m/%d/%y %H:%M"),
        *("%b %d, %y", "%B %d, %y"),
    ),
    "two-digit year, month, day": ("%y/%m/%d", "%y.%m.%d", "%y-%m-%d", "%y %m %d"),
    "month, two-digit year": ("%m/%y", "%m-%y", "%b %y", "%b-%y", "%B %y"),
    "two-digit year, month": ("%y/%m", "%y-%m"),
}
_QUARTER = re.compile(r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])|Q([1-4])[-/ ]?(\d{4})", re.I)
_FREQUENCIES = {
    "D": "daily",
    "B": "on working days",
    "W": "weekly",
    "M": "monthly",
    "Q": "quarterly",
    "Y": "yearly",
    "h": "hourly",
}


@dataclass(frozen=True, eq=False)
class Times:
    """One way to read the first column. `times` are oldest first; None: the number of the row."""

    form: str = ""
    times: Array | None = None
    unit: str = "row"
    newest_first: bool = False
    frequency: str = "as in your file, taken as even"
    offset: str = ""
    note: str = ""


def times_of(rows: Sequence[Row], names: tuple[str, ...], decimal: str) -> list[Times]:
    """Every way to read the first column as times that rise or fall.

    Raises:
        MisfitError: dates that neither rise nor fall, or a row without one.
    """
    labels = [row[0] for _, row in rows]
    found, misfit = _as_dates(labels, [number for number, _ in rows])
    if not found:
        found = _as_numbers(labels, names, decimal)
    if not found and misfit is not None:
        raise misfit
    return found or [Times("labels", newest_first=turned) for turned in (False, True)]


def _as_dates(labels: Sequence[str], rows: Sequence[int]) -> tuple[list[Times], MisfitError | None]:
    """The first column as dates; where there is none, what keeps it from being dates."""
    found: dict[bytes, Times] = {}
    misfit = None
    for form, parse in _date_parsers():
        if parse(labels[0]) is None:
            continue
        moments = [parse(label) for label in labels]
        missing = next((at for at, moment in enumerate(moments) if moment is None), None)
        if missing is not None:
            misfit = misfit or MisfitError(
                rows[missing],
                f"Row {rows[missing]}: “{labels[missing][:30]}” is no date like “{labels[0]}”. "
                "Write all dates in one way.",
            )
            continue
        known = [moment for moment in moments if moment is not None]
        for said, century in _centuries(form, known):
            dates = np.array(century, dtype="datetime64[s]")
            steps = np.diff(dates).astype(np.int64)
            if (steps > 0).all() or (steps < 0).all():
                newest_first = bool(steps[0] < 0)
                way = _dated(said, dates[::-1] if newest_first else dates, newest_first)
                found.setdefault(dates.tobytes(), way)
            else:
                misfit = _unsorted(labels, steps, rows)
    return list(found.values()), misfit


def _centuries(form: str, moments: list[datetime]) -> Iterator[tuple[str, list[datetime]]]:
    """The centuries that years of two digits can mean, each with words that tell it.

    69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068, as in POSIX. Where that gives dates that
    are still to come, or that neither rise nor fall, all can be of the 20th century as well.
    """
    if "two-digit" not in form:
        yield form, moments
        return
    ways = [moments]
    steps = np.diff(np.array(moments, dtype="datetime64[s]")).astype(np.int64)
    in_order = (steps > 0).all() or (steps < 0).all()
    if not in_order or max(moments).year > date.today().year:
        try:
            before = [each.replace(year=1900 + each.year % 100) for each in moments]
        except ValueError:  # 1900 had no 29 February
            before = moments
        ways = [moments, before] if in_order else [before]
    for way in ways:
        years = sorted({min(way).year, max(way).year})
        yield f"{form}: {' to '.join(map(str, years))}", way


def looks_like_time(label: str) -> bool:
    """Whether a cell is a date in some form, or a number."""
    return bool(number_pattern(".", "").fullmatch(label)) or any(
        parse(label) is not None for _, parse in _date_parsers()
    )


def _date_parsers() -> Iterator[tuple[str, Callable[[str], datetime | None]]]:
    for form, patterns in _DATE_FORMS.items():
        for pattern in patterns:
            yield form, lambda label, pattern=pattern: _moment(label, pattern)  # type: ignore[misc]
    yield "quarters", _quarter


def _moment(label: str, pattern: str) -> datetime | None:
    if pattern == "%Y%m%d" and not re.fullmatch(r"\d{8}", label):
        return None
    try:
        return datetime.strptime(label, pattern)
    except ValueError:
        return None


def _quarter(label: str) -> datetime | None:
    match = _QUARTER.fullmatch(label)
    if not match:
        return None
    year, quarter = (
        (match["year"], match["quarter"]) if match["year"] else (match.group(4), match.group(3))
    )
    return datetime(int(year), 3 * int(quarter) - 2, 1) if int(year) else None


def _unsorted(labels: Sequence[str], steps: NDArray[np.int64], rows: Sequence[int]) -> MisfitError:
    """The first row that goes against the direction of most."""
    rising = (steps > 0).sum() >= (steps < 0).sum()
    at = int(np.flatnonzero(steps <= 0 if rising else steps >= 0)[0]) + 1
    where = "after" if rising else "before"
    return MisfitError(
        rows[at],
        f"Row {rows[at]}: {labels[at]} is not {where} {labels[at - 1]}. Sort the rows by date.",
    )


def _dated(form: str, dates: np.ndarray, newest_first: bool) -> Times:
    import pandas as pd

    with warnings.catch_warnings():  # pandas 4 will give an object in place of the word
        warnings.simplefilter("ignore")
        inferred = pd.infer_freq(pd.DatetimeIndex(dates))
    offset = str(getattr(inferred, "freqstr", inferred or ""))
    note, frequency = "", "as in your file"
    if offset:
        letters = offset.lstrip("0123456789")
        counted = letters != offset
        known = _FREQUENCIES.get(letters) or _FREQUENCIES.get(letters[0], frequency)
        frequency = f"every {offset[: -len(letters)]} steps, {known}" if counted else known
    else:
        gaps = np.diff(dates).astype(np.int64) / 86_400
        note = (
            f"The steps between the dates are from {gaps.min():g} to {gaps.max():g} days; the "
            "model takes them as even."
        )
    return Times(form, days_of(dates), "date", newest_first, frequency, offset, note)


def _as_numbers(labels: Sequence[str], names: tuple[str, ...], decimal: str) -> list[Times]:
    """The first column as numbers that rise, or fall: years, or any others."""
    pattern = number_pattern(decimal, "")
    if not all(pattern.fullmatch(label) for label in labels):
        return []
    numbers = np.array([float(label.replace(",", ".")) for label in labels])
    steps = np.diff(numbers)
    years = bool(numbers.min() >= 1000 and numbers.max() < 3000)
    form = "years" if years else "numbers"
    unit = "year" if years else (names[0][:30] if names else "") or "first column"
    if (steps > 0).all():
        return [Times(form, numbers, unit)]
    if not (steps < 0).all():
        return []
    turned = Times(form, numbers[::-1].copy(), unit, newest_first=True)
    return [turned] if years else [Times(form), turned]
