"""A time series from a text file that somebody else's program has written.

Programs write numbers and dates in many ways, and one file can often be read in several: 1,001 is a
thousand and one, or one and a thousandth, or a label 1 and a value 1. So nothing is guessed here.
`readings` tries every separator, decimal mark, thousands mark and form of dates on the *whole* file
and gives every reading that fits all of its rows. Where more than one is left, `question` is what
has to be asked.

The csv module splits rows; `series_cells` reads a number and its unit, `series_times` the dates.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

import numpy as np

from arviz_models.analysis.series import FEWEST, MOST, Array, Series, SeriesError
from arviz_models.analysis.series_cells import (
    ALIKE,
    NEVER,
    MisfitError,
    Row,
    cell_of,
    fits_of,
    is_currency,
    is_word,
    number_pattern,
    one_unit,
    value_of,
)
from arviz_models.analysis.series_times import Times, looks_like_time, times_of

MOST_BYTES = 200_000

# What may part the columns, and what it is called; "" is one column.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "spaces", "": ""}
DECIMALS = {".": "point", ",": "comma"}
THOUSANDS = {"": "", ",": "comma", ".": "point", " ": "space", "'": "apostrophe"}

# What a question can be about, in the order in which it is asked.
ASPECTS = ("names", "numbers", "dates", "order")


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a file, that fits all of its rows.

    Attributes:
        separator: a key of `SEPARATORS`; empty for one column.
        decimal, thousands: the marks that the numbers have; empty where none has one.
        names: the first row, where it holds the names of the columns.
        cells: the rows as the file holds them, in the file's order.
        values: their values, in the file's order.
        unit: what stands beside the numbers, such as a currency; empty where nothing does.
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
    unit: str
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
        if self.unit:
            told["Unit"] = f"“{self.unit}”, which stands beside the numbers"
        if self.dates:
            told["First column"] = self.dates
        return told

    def aspect(self, name: str) -> tuple[object, ...]:
        """What this reading says of one of `ASPECTS`, to compare."""
        if name == "names":
            return (bool(self.names),)
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


def _ask_names(ways: Sequence[Reading]) -> tuple[str, list[str]]:
    named = next(way for way in ways if way.names)
    row = " ".join(named.names).strip()
    words = []
    for way in ways:
        cells = len(way.cells[0])
        if way.names:
            names = "name of the column" if cells == 1 else "names of the columns"
            words.append(f"the {names}: the values begin in the next row")
        else:
            words.append(f"a row of data, with the value {_amount(way.values[0], way.unit)}")
    return f"What is the first row, “{row}”?", words


def _amount(value: float, unit: str) -> str:
    return f"{value:.12g} {unit}".strip()


def _ask_numbers(ways: Sequence[Reading]) -> tuple[str, list[str]]:
    at = _telling(ways, lambda way, at: (len(way.cells[at]), way.values[at]))
    words = []
    for way in ways:
        cells, value, marks = way.cells[at], _amount(way.values[at], way.unit), _marks(way)
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
    "names": _ask_names,
    "numbers": _ask_numbers,
    "dates": _ask_dates,
    "order": _ask_order,
}


def _time_of(way: Reading, at: int) -> str:
    """The time of a row of the file, in words."""
    index = len(way.values) - 1 - at if way.newest_first else at
    if way.series.time_unit != "date":
        return f"{way.series.times[index]:.12g}"
    moment = datetime(1970, 1, 1) + timedelta(days=float(way.series.times[index]))
    return f"{moment.day} {moment:%B %Y}" + (f"{moment:, %H:%M}" if moment.hour else "")


def _marks(way: Reading) -> str:
    marks = (("decimal", DECIMALS.get(way.decimal, "")), ("thousands", THOUSANDS[way.thousands]))
    return ", ".join(f"{what} {mark}" for what, mark in marks if mark)


def _called(mark: str) -> str:
    return mark if mark.endswith("s") else f"{mark}s"


# Every reading that fits --------------------------------------------------------------------------


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
    misfits: list[MisfitError] = []
    tried: set[str] = set()
    for separator in _separators(text, forced[1] if forced else None):
        try:
            table = _table(text, separator, skipped)
        except MisfitError as misfit:
            misfits.append(misfit)
            continue
        columns = len(table[0][1])
        separator = separator if columns > 1 else ""
        if separator in tried:
            continue
        tried.add(separator)
        marks = [(a, b) for a in DECIMALS for b in THOUSANDS if a != b]
        for named, (decimal, thousands) in product(_heads(table), marks):
            names, rows = (table[0][1], table[1:]) if named else ((), table)
            try:
                for reading in _fitting(name, separator, decimal, thousands, names, rows):
                    if named:
                        _check_names(table)
                    key = tuple(map(reading.aspect, ASPECTS))
                    found.setdefault((*key, reading.series.times.tobytes()), reading)
            except MisfitError as misfit:
                misfit.fits = fits_of(table)
                misfits.append(misfit)
    if not found:
        raise SeriesError(str(max(misfits, key=lambda misfit: (misfit.fits, misfit.row))))
    return tuple(found.values())


def _separators(text: str, forced: str | None) -> list[str]:
    """Those to try, the likeliest first: of errors that come equally far the first is shown."""
    if forced is not None:
        return [forced] if forced in SEPARATORS else [";", ""]
    first = next((line for line in text.split("\n") if line.strip()), "")
    return sorted(SEPARATORS, key=lambda mark: -first.count(mark) if mark not in ("", " ") else 0)


def _table(text: str, separator: str, skipped: int) -> list[Row]:
    """The rows of a file, one or more, each with one or two cells.

    Raises:
        MisfitError: rows of different lengths, or of more than two columns.
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
        raise MisfitError(0, f"This is not CSV: {error}. Save the table as plain CSV.") from error
    rows = [(number, row) for number, row in rows if any(row)]
    if not rows:
        raise MisfitError(
            NEVER, f"The file is empty. It needs {FEWEST} values or more, one in each row."
        )
    if all(len(row) > 1 and not row[-1] for _, row in rows):  # each row ends with a separator
        rows = [(number, row[:-1]) for number, row in rows]
    first, columns = rows[0][0], len(rows[0][1])
    for number, row in rows:
        if len(row) != columns:
            hint = ""
            if separator == "," and all(re.fullmatch(r"\d{3}(\.\d+)?", cell) for cell in row[2:]):
                hint = " If a comma parts thousands, save with semicolons, or quote the numbers."
            raise MisfitError(
                number,
                f"Row {number} has {len(row)} column{'s' * (len(row) != 1)}, where the first has "
                f"{columns}, parted by {_called(SEPARATORS[separator])}. Every row needs the same: "
                f"fill in what is missing, or take out what is too much.{hint}",
                fits_of([row for row in rows if len(row[1]) == columns]),
            )
    if columns > 2:
        hint = "Remove the others."
        if separator == "," and all(re.fullmatch(r"\d{3}(\.\d+)?", row[-1]) for _, row in rows[1:]):
            hint = "If a comma parts thousands, save with semicolons, or quote the numbers."
        raise MisfitError(
            rows[-1][0] if separator != " " else 0,
            f"Row {first} has {columns} columns, parted by {_called(SEPARATORS[separator])}; "
            f"expected one of values, or one of dates and one of values. {hint}",
            fits_of(rows) if separator != " " else 0,
        )
    return rows


def _heads(rows: list[Row]) -> tuple[bool, ...]:
    """Whether the first row holds names, not data; both where it can be either.

    A number is never a name, but beside a cell that is a name. A number with a word beside it,
    such as 5 EUR, is a value where the other rows have the same.
    """
    first, last = rows[0][1][0], rows[0][1][-1]
    known = cell_of(last)
    if len(rows) > 1 and len(rows[0][1]) > 1:
        timed = looks_like_time(rows[1][1][0])
        if timed and not looks_like_time(first) and known.known:
            return (True,) if known.unit else (True, False)
    if not is_word(last):
        return (False,)
    if not known.known:
        return (True,)
    if any(cell_of(row[-1]).unit for _, row in rows[1:]):
        return (False,)
    return (True, False)


def _check_names(rows: list[Row]) -> None:
    """Refuse a first row without a value as names, where it begins like the rows of data.

    Raises:
        MisfitError: it has a date or a number where the next row has one.
    """
    (number, row), (_, second) = rows[:2]
    if len(row) < 2 or cell_of(row[-1]).known:
        return
    if looks_like_time(row[0]) and looks_like_time(second[0]):
        raise MisfitError(
            rows[-1][0],
            f"Row {number}: “{row[-1][:30]}” is not a number, and is not taken as the name of the "
            f"column, as the row begins with “{row[0][:30]}”, like a row of data. Write the value "
            "there, or take the row out; a row of names has a name in each column.",
        )


def _fitting(
    name: str,
    separator: str,
    decimal: str,
    thousands: str,
    names: tuple[str, ...],
    rows: list[Row],
) -> Iterator[Reading]:
    """The readings with these marks: one for each way to read the dates.

    Raises:
        MisfitError: a cell is no number with these marks, or no such series can be fitted.
    """
    if names and rows and len(rows[0][1]) == 1 and decimal == "," and re.search(r"\S,\S", names[0]):
        raise MisfitError(rows[0][0], f"Row 1: “{names[0]}” names two columns; the rows have one.")
    if len(rows) > MOST:
        raise MisfitError(
            NEVER, f"{len(rows):,} values; at most {MOST:,} can be fitted here. Cut some."
        )
    pattern = number_pattern(decimal, thousands)
    values = np.array([value_of(row[-1], number, pattern, decimal) for number, row in rows])
    unit = one_unit([row[-1] for _, row in rows], [number for number, _ in rows]) if rows else ""
    if len(rows) < FEWEST:
        raise MisfitError(
            NEVER,
            f"{len(rows)} value{'s' * (len(rows) != 1)}; a fit needs {FEWEST} or more. Add rows.",
        )
    cells = tuple(row for _, row in rows)
    if len(cells[0]) > 1:
        _check_labels([row[0] for row in cells], rows[0][0], _called(SEPARATORS[separator]))
    if np.ptp(values) == 0:
        raise MisfitError(
            NEVER,
            f"All {len(values)} values are {values[0]:g}. A constant series leaves nothing to "
            "fit. Take a column that changes.",
        )
    plain = [cell_of(cell[-1]).number for cell in cells]
    ways = times_of(rows, names, decimal) if len(cells[0]) > 1 else [Times()]
    for way in ways:
        series = Series(
            name=name,
            title=(names[-1] if names else "")[:60] or "Your series",
            unit=unit or "value",
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
            unit=unit,
            dates=way.form,
            newest_first=way.newest_first,
            series=series,
        )


def _check_labels(labels: Sequence[str], row: int, marks: str) -> None:
    """Refuse a first column that is none.

    Raises:
        MisfitError: it holds two columns, or amounts, or nothing but a unit. The row is one before,
            so that a reading that came as far tells what is wrong.
    """
    if all(re.search(r"[;|\t]", label) for label in labels):
        raise MisfitError(
            row - 1,
            f"Row {row}: parted by {marks}, the first column is “{labels[0][:30]}”, which holds "
            "another mark that parts columns. Part the columns by one mark alone, and write "
            "numbers without it: 1000, not 1,000.",
        )
    if all(is_currency(cell_of(label).unit) for label in labels):
        raise MisfitError(
            row - 1,
            f"Row {row}: parted by {marks}, the first column is “{labels[0][:30]}”, an amount. It "
            "can be dates or labels. Where a comma parts thousands, quote the number.",
        )
    if len(set(labels)) == 1 and is_currency(labels[0]):
        raise MisfitError(
            row - 1,
            f"Row {row}: the first column is “{labels[0][:30]}” in every row. Take it out.",
        )


def _labels(cells: Sequence[tuple[str, ...]], newest_first: bool) -> tuple[str, ...]:
    if len(cells[0]) == 1:
        return tuple(str(number) for number in range(1, len(cells) + 1))
    labels = tuple(row[0] for row in cells)
    return labels[::-1] if newest_first else labels


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
    strange = sum(not (c.isprintable() or c in "\r\n\t\ufeff" or ord(c) in ALIKE) for c in text)
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
