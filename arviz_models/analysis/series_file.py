"""A time series from a text file that somebody else's program has written.

Programs write numbers and dates in many ways, and one file can often be read in several: 1,001 is a
thousand and one, or one and a thousandth, or a label 1 and a value 1. So nothing is guessed here.
`readings` tries every separator, decimal mark, thousands mark and form of dates on the *whole* file
and gives every reading that fits all of its rows. Where more than one is left, `question` is what
has to be asked.

The csv module splits rows, strptime reads dates, pandas finds their frequency.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from arviz_models.analysis.time_series import FEWEST, MOST, Array, Series, SeriesError, days_of

MOST_BYTES = 200_000
_LARGEST = 1e12
_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}

# What may part the columns, and what it is called; "" is one column.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces", "": ""}
DECIMALS = {".": "point", ",": "comma"}
THOUSANDS = {"": "", ",": "comma", ".": "point", " ": "space", "'": "apostrophe"}
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007"), " ")  # as good as a space in a number
_ALIKE = _SPACES | {ord("−"): "-", ord("’"): "'"}

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

# What a question can be about, in the order in which it is asked.
ASPECTS = ("numbers", "dates", "order")


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a file, that fits all of its rows.

    Attributes:
        separator: a key of `SEPARATORS`; empty for one column.
        decimal, thousands: the marks that the numbers have; empty where none has one.
        names: the first row, where it holds the names of the columns.
        cells: the rows as the file holds them, in the file's order.
        values: their values, in the file's order.
        dates: how the first column tells the time: a form of dates, "years", "numbers", "labels",
            or empty where there is no such column.
        newest_first: whether the file begins with the last value in time.
        series: what that gives, oldest first.
    """

    separator: str
    decimal: str
    thousands: str
    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    values: Array
    dates: str
    newest_first: bool
    series: Series

    def turned(self) -> Reading:
        """The same with the rows taken in the opposite order; for values without a time."""
        values = self.series.values[::-1].copy()
        series = replace(self.series, values=values, labels=self.series.labels[::-1])
        return replace(self, newest_first=not self.newest_first, series=series)

    def said(self) -> dict[str, str]:
        """What was understood, in words."""
        columns = len(self.cells[0])
        parted = f", parted by {_called(SEPARATORS[self.separator])}" if columns > 1 else ""
        order = "newest first, turned round" if self.newest_first else "oldest first"
        told = {
            "Columns": f"{columns}{parted}",
            "First row": f"the name “{self.names[-1]}”" if self.names else "already a value",
            "Decimal mark": DECIMALS.get(self.decimal, "none in this file"),
            "Thousands mark": THOUSANDS[self.thousands] or "none in this file",
            "Rows": f"{len(self.values):,}, {order}",
        }
        if self.dates:
            told["First column"] = self.dates
        return told

    def aspect(self, name: str) -> tuple[object, ...]:
        """What this reading says of one of `ASPECTS`, to compare."""
        if name == "numbers":
            return (len(self.cells[0]), self.values.tobytes(), self.cells)
        return (self.dates,) if name == "dates" else (self.newest_first,)


@dataclass(frozen=True)
class Ambiguity:
    """What has to be asked before a file can be read.

    Attributes:
        aspect: one of `ASPECTS`.
        text: the question.
        answers: each answer in words, with the readings that it leaves.
    """

    aspect: str
    text: str
    answers: Mapping[str, tuple[Reading, ...]]


def read_csv(content: bytes | str, name: str = "uploaded") -> Series:
    """The series of a file that can be read in one way only.

    Raises:
        SeriesError: it cannot be read, or in several ways; the message says what to do.
    """
    found = readings(content, name)
    asked = question(found)
    if asked is not None:
        raise SeriesError(f"{asked.text} It can be {', or '.join(asked.answers)}.")
    return found[0].series


def question(found: Sequence[Reading]) -> Ambiguity | None:
    """What tells the readings apart, as a question; None where there is one reading."""
    for aspect in ASPECTS:
        groups: dict[object, list[Reading]] = {}
        for reading in found:
            groups.setdefault(reading.aspect(aspect), []).append(reading)
        if len(groups) > 1:
            text, words = _ASK[aspect]([group[0] for group in groups.values()])
            answers = zip(words, map(tuple, groups.values()), strict=True)
            return Ambiguity(aspect, text, dict(answers))
    return None


def _telling(ways: Sequence[Reading], told: Callable[[Reading, int], object]) -> int:
    """The first row that tells most of the readings apart."""
    rows = range(min(len(way.values) for way in ways))
    return max(rows, key=lambda at: len({told(way, at) for way in ways}))


def _ask_numbers(ways: Sequence[Reading]) -> tuple[str, list[str]]:
    at = _telling(ways, lambda way, at: (len(way.cells[at]), way.values[at]))
    words = []
    for way in ways:
        cells, value, marks = way.cells[at], f"{way.values[at]:.12g}", _marks(way)
        said = f"“{cells[0]}” and the value {value}" if len(cells) > 1 else f"one value, {value}"
        words.append(f"{said} ({marks})" if marks else said)
    row = min((way.cells[at] for way in ways), key=len)
    return f"How is the row “{' '.join(row)}” meant?", words


def _ask_dates(ways: Sequence[Reading]) -> tuple[str, list[str]]:
    at = _telling(ways, _time_of)
    words = [f"{_time_of(way, at)} ({way.dates})" for way in ways]
    return f"Which date is “{ways[0].cells[at][0]}”?", words


def _ask_order(ways: Sequence[Reading]) -> tuple[str, list[str]]:
    first = ways[0].cells[0][0]
    return f"Which row is the oldest? The first is “{first}”.", [
        "the last row (newest first)" if way.newest_first else "the first row (oldest first)"
        for way in ways
    ]


_ASK: Mapping[str, Callable[[Sequence[Reading]], tuple[str, list[str]]]] = {
    "numbers": _ask_numbers,
    "dates": _ask_dates,
    "order": _ask_order,
}


def _time_of(way: Reading, at: int) -> str:
    """The time of a row of the file, in words."""
    index = len(way.values) - 1 - at if way.newest_first else at
    if way.series.time_unit != "date":
        return f"{way.series.times[index]:g}"
    moment = datetime(1970, 1, 1) + timedelta(days=float(way.series.times[index]))
    return f"{moment.day} {moment:%B %Y}" + (f"{moment:, %H:%M}" if moment.hour else "")


def _marks(way: Reading) -> str:
    marks = (("decimal", DECIMALS.get(way.decimal, "")), ("thousands", THOUSANDS[way.thousands]))
    return ", ".join(f"{what} {mark}" for what, mark in marks if mark)


def _called(mark: str) -> str:
    return mark if mark.endswith("s") else f"{mark}s"


# Every reading that fits --------------------------------------------------------------------------


class _MisfitError(SeriesError):
    """Why a reading does not fit; `row` tells how far it came."""

    def __init__(self, row: float, message: str) -> None:
        super().__init__(message)
        self.row = row


_NEVER = float("inf")  # what is wrong is not in one row
_Row = tuple[int, tuple[str, ...]]  # its number in the file, counted from 1, and its cells


def readings(content: bytes | str, name: str = "uploaded") -> tuple[Reading, ...]:
    """Every way to read a file that fits all of its rows, each once.

    A column of values, or a column of dates or labels and one of values; a first row of names is
    left out.

    Args:
        content: the file.
        name: what to call the series.

    Raises:
        SeriesError: no way fits; says what is wrong, and in which row, counted from 1.
    """
    text = _text(content)
    forced = re.match(r'"?sep=(.)"?[ \t]*(\n|$)', text, re.I)
    skipped = 1 if forced else 0
    if forced:
        text = text[forced.end() :]
    found: dict[object, Reading] = {}
    misfits: list[_MisfitError] = []
    tried: set[str] = set()
    for separator in _separators(text, forced[1] if forced else None):
        try:
            names, rows = _table(text, separator, skipped)
        except _MisfitError as misfit:
            misfits.append(misfit)
            continue
        columns = len(rows[0][1]) if rows else len(names)
        separator = separator if columns > 1 else ""
        if separator in tried:
            continue
        tried.add(separator)
        for decimal in DECIMALS:
            for thousands in THOUSANDS:
                if thousands == decimal:
                    continue
                try:
                    for reading in _fitting(name, separator, decimal, thousands, names, rows):
                        key = tuple(map(reading.aspect, ASPECTS))
                        found.setdefault((*key, reading.series.times.tobytes()), reading)
                except _MisfitError as misfit:
                    misfits.append(misfit)
    if not found:
        raise SeriesError(str(max(misfits, key=lambda misfit: misfit.row)))
    return tuple(found.values())


def _separators(text: str, forced: str | None) -> list[str]:
    """Those to try, the likeliest first: of errors that come equally far the first is shown."""
    if forced is not None:
        return [forced] if forced in SEPARATORS else [";", ""]
    first = next((line for line in text.split("\n") if line.strip()), "")
    return sorted(SEPARATORS, key=lambda mark: -first.count(mark) if mark not in ("", " ") else 0)


def _table(text: str, separator: str, skipped: int) -> tuple[tuple[str, ...], list[_Row]]:
    """Names of the columns, where the first row has them, and the rows below.

    Raises:
        _MisfitError: rows of different lengths, or of more than two columns.
    """
    if separator == " ":
        text = "\n".join(line.strip() for line in text.split("\n"))
    read = csv.reader(
        io.StringIO(text), delimiter=separator or "\x1f", skipinitialspace=separator == " "
    )
    try:
        rows = [
            (read.line_num + skipped, tuple(cell.strip() for cell in row)) for row in read if row
        ]
    except csv.Error as error:
        raise _MisfitError(0, f"This is not CSV: {error}. Save the table as plain CSV.") from error
    rows = [(number, row) for number, row in rows if any(row)]
    if not rows:
        raise _MisfitError(
            _NEVER, f"The file is empty. It needs {FEWEST} values or more, one in each row."
        )
    if all(len(row) > 1 and not row[-1] for _, row in rows):  # each row ends with a separator
        rows = [(number, row[:-1]) for number, row in rows]
    first, columns = rows[0][0], len(rows[0][1])
    for number, row in rows:
        if len(row) != columns:
            hint = ""
            if separator == "," and all(re.fullmatch(r"\d{3}(\.\d+)?", cell) for cell in row[2:]):
                hint = " If a comma parts thousands, save with semicolons, or quote the numbers."
            raise _MisfitError(
                number,
                f"Row {number} has {len(row)} column{'s' * (len(row) != 1)}, where the first has "
                f"{columns}. Every row needs the same.{hint}",
            )
    if columns > 2:
        raise _MisfitError(
            rows[-1][0] if separator != " " else 0,
            f"Row {first} has {columns} columns; expected one of values, or one of dates and "
            "one of values. Remove the others.",
        )
    if _is_word(rows[0][1][-1]):
        return rows[0][1], rows[1:]
    return (), rows


def _is_word(cell: str) -> bool:
    """Whether a cell of the first row is the name of its column, whatever the marks of numbers."""
    return bool(re.search(r"[^\W\d_]", cell)) and cell.lower() not in _MISSING | {"inf", "infinity"}


def _fitting(
    name: str,
    separator: str,
    decimal: str,
    thousands: str,
    names: tuple[str, ...],
    rows: list[_Row],
) -> Iterator[Reading]:
    """The readings with these marks: one for each way to read the dates.

    Raises:
        _MisfitError: a cell is no number with these marks, or no such series can be fitted.
    """
    if names and rows and len(rows[0][1]) == 1 and decimal == "," and re.search(r"\S,\S", names[0]):
        raise _MisfitError(rows[0][0], f"Row 1: “{names[0]}” names two columns.")
    if len(rows) > MOST:
        raise _MisfitError(
            _NEVER, f"{len(rows):,} values; at most {MOST:,} can be fitted here. Cut some."
        )
    pattern = _number_pattern(decimal, thousands)
    values = np.array([_value(row[-1], number, pattern, decimal) for number, row in rows])
    if len(rows) < FEWEST:
        raise _MisfitError(
            _NEVER, f"{len(rows)} value{'s' * (len(rows) != 1)}; a fit needs {FEWEST} or more."
        )
    if np.ptp(values) == 0:
        raise _MisfitError(
            _NEVER,
            f"All {len(values)} values are {values[0]:g}. A constant series leaves nothing to fit.",
        )
    cells = tuple(row for _, row in rows)
    if len(cells[0]) > 1 and all(re.search(r"[;|\t]", row[0]) for row in cells):
        raise _MisfitError(rows[0][0], f"Row {rows[0][0]}: “{cells[0][0]}” is more than a label.")
    plain = [cell[-1].translate(_ALIKE) for cell in cells]
    ways = _times(rows, names, decimal) if len(cells[0]) > 1 else [_Times()]
    for way in ways:
        series = Series(
            name=name,
            title=(names[-1] if names else "")[:60] or "Your series",
            unit="value",
            values=values[::-1].copy() if way.newest_first else values,
            labels=_labels(cells, way.newest_first),
            times=np.arange(1.0, len(rows) + 1) if way.times is None else way.times,
            time_unit=way.unit,
            frequency=way.frequency,
            source="your file",
            licence="yours; it stays in this session",
            note=way.note,
            offset=way.offset,
        )
        yield Reading(
            separator=separator,
            decimal=decimal if any(decimal in cell for cell in plain) else "",
            thousands=thousands if any(thousands in cell for cell in plain) else "",
            names=names,
            cells=cells,
            values=values,
            dates=way.form,
            newest_first=way.newest_first,
            series=series,
        )


def _labels(cells: Sequence[tuple[str, ...]], newest_first: bool) -> tuple[str, ...]:
    if len(cells[0]) == 1:
        return tuple(str(number) for number in range(1, len(cells) + 1))
    labels = tuple(row[0] for row in cells)
    return labels[::-1] if newest_first else labels


def _number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Numbers with these marks: groups of three, or no mark at all."""
    whole = (
        r"\d+" if not thousands else rf"(?:[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+)"
    )
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?")


def _value(cell: str, row: int, pattern: re.Pattern[str], decimal: str) -> float:
    if cell.lower() in _MISSING:
        raise _MisfitError(
            row, f"Row {row} has no value. Fill it in, or begin after it: gaps break lags."
        )
    plain = cell.translate(_ALIKE)
    if re.fullmatch(r"[+-]?inf(inity)?", plain, re.I):
        raise _MisfitError(row, _too_large(cell, row))
    if not pattern.fullmatch(plain):
        raise _MisfitError(row, f"Row {row}: “{cell[:30]}” is not a number.")
    digits = "".join(mark for mark in plain if mark not in ",.' " or mark == decimal)
    value = float(digits.replace(",", "."))
    if not abs(value) <= _LARGEST:
        raise _MisfitError(row, _too_large(cell, row))
    return value


def _too_large(cell: str, row: int) -> str:
    return f"Row {row}: {cell[:30]} is too large; at most {_LARGEST:g} is read."


# When each value was ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Times:
    """One way to read the first column. `times` are oldest first; None: the number of the row."""

    form: str = ""
    times: Array | None = None
    unit: str = "row"
    newest_first: bool = False
    frequency: str = "as in your file, taken as even"
    offset: str = ""
    note: str = ""


def _times(rows: Sequence[_Row], names: tuple[str, ...], decimal: str) -> list[_Times]:
    """Every way to read the first column as times that rise or fall.

    Raises:
        _MisfitError: dates that neither rise nor fall, or a row without one.
    """
    labels = [row[0] for _, row in rows]
    found, misfit = _dates(labels, [number for number, _ in rows])
    if not found:
        found = _numbers(labels, names, decimal)
    if not found and misfit is not None:
        raise misfit
    return found or [_Times("labels", newest_first=turned) for turned in (False, True)]


def _dates(labels: Sequence[str], rows: Sequence[int]) -> tuple[list[_Times], _MisfitError | None]:
    """The first column as dates; where there is none, what keeps it from being dates."""
    found: dict[bytes, _Times] = {}
    misfit = None
    for form, parse in _date_parsers():
        if parse(labels[0]) is None:
            continue
        moments = [parse(label) for label in labels]
        missing = next((at for at, moment in enumerate(moments) if moment is None), None)
        if missing is not None:
            misfit = misfit or _MisfitError(
                rows[missing],
                f"Row {rows[missing]}: “{labels[missing][:30]}” is no date like “{labels[0]}”.",
            )
            continue
        dates = np.array(moments, dtype="datetime64[s]")
        steps = np.diff(dates).astype(np.int64)
        if (steps > 0).all() or (steps < 0).all():
            newest_first = bool(steps[0] < 0)
            way = _dated(form, dates[::-1] if newest_first else dates, newest_first)
            found.setdefault(dates.tobytes(), way)
        else:
            misfit = _unsorted(labels, steps, rows)
    return list(found.values()), misfit


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


def _unsorted(labels: Sequence[str], steps: NDArray[np.int64], rows: Sequence[int]) -> _MisfitError:
    """The first row that goes against the direction of most."""
    rising = (steps > 0).sum() >= (steps < 0).sum()
    at = int(np.flatnonzero(steps <= 0 if rising else steps >= 0)[0]) + 1
    where = "after" if rising else "before"
    return _MisfitError(
        rows[at],
        f"Row {rows[at]}: {labels[at]} is not {where} {labels[at - 1]}. Sort the rows by date.",
    )


def _dated(form: str, dates: np.ndarray, newest_first: bool) -> _Times:
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
    return _Times(form, days_of(dates), "date", newest_first, frequency, offset, note)


def _numbers(labels: Sequence[str], names: tuple[str, ...], decimal: str) -> list[_Times]:
    """The first column as numbers that rise, or fall: years, or any others."""
    pattern = _number_pattern(decimal, "")
    if not all(pattern.fullmatch(label) for label in labels):
        return []
    numbers = np.array([float(label.replace(",", ".")) for label in labels])
    steps = np.diff(numbers)
    years = bool(numbers.min() >= 1000 and numbers.max() < 3000)
    form = "years" if years else "numbers"
    unit = "year" if years else (names[0][:30] if names else "") or "first column"
    if (steps > 0).all():
        return [_Times(form, numbers, unit)]
    if not (steps < 0).all():
        return []
    turned = _Times(form, numbers[::-1].copy(), unit, newest_first=True)
    return [turned] if years else [_Times(form), turned]


def _text(content: bytes | str) -> str:
    """The file as text with one kind of line end.

    Raises:
        SeriesError: too long, or no text.
    """
    if len(content) > MOST_BYTES:
        raise SeriesError(
            f"The file has {len(content) / 1000:,.0f} kB; at most {MOST_BYTES / 1000:.0f} kB are "
            "read. Keep two columns."
        )
    text = content if isinstance(content, str) else _decoded(content)
    strange = sum(not (c.isprintable() or c in "\r\n\t\ufeff" or ord(c) in _ALIKE) for c in text)
    if "\x00" in text or strange > len(text) / 100:
        raise SeriesError("This is not a text file. Save the table as CSV, not as a spreadsheet.")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16, with or without a mark that says so; else what Windows writes."""
    encoding = "utf-8-sig"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in content[:2]:
        encoding = "utf-16-be" if content[:1] == b"\x00" else "utf-16-le"
    for attempt in (encoding, "cp1252"):
        try:
            return content.decode(attempt)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
