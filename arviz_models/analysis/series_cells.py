"""The cells of a visitor's file: a number with its marks, and a unit that stands beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from arviz_models.analysis.series import SeriesError

LARGEST = 1e12
_MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "-", "?"}

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007"), " ")  # as good as a space in a number
ALIKE = _SPACES | {ord("−"): "-", ord("’"): "'"}

NEVER = float("inf")  # what is wrong is not in one row
Row = tuple[int, tuple[str, ...]]  # its number in the file, counted from 1, and its cells


class MisfitError(SeriesError):
    """Why a reading does not fit; `row` tells how far it came, `fits` how many rows end with a
    number in it: of several the one that fits most is told."""

    def __init__(self, row: float, message: str, fits: int = 0) -> None:
        super().__init__(message)
        self.row, self.fits = row, fits


_SIGNS = r"[$€£¥₹₽₩₺₪฿¢]"
_CODES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|"
    "THB|TRY|USD|ZAR"
)
_CURRENCY = rf"(?:[A-Z]{{1,2}})?{_SIGNS}|{_CODES}|Rs\.?|kr\.?"
_CELL = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<before>{_CURRENCY})?\s*"
    r"(?P<number>[+-]?(?:\d[\d.,' ]*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*"
    rf"(?P<after>[%‰°]|{_SIGNS}|°?[^\W\d_][\w/%°²³·.^-]{{0,15}})?"
)


@dataclass(frozen=True)
class Cell:
    """A cell as a number and what stands beside it.

    Attributes:
        number: its digits and marks, with its sign; the whole cell where it holds no number.
        unit: the currency or unit before or after it; empty where there is none.
        known: whether it holds a number, with some marks.
    """

    number: str
    unit: str
    known: bool


@lru_cache(maxsize=20_000)
def cell_of(text: str) -> Cell:
    """What a cell holds, whatever the marks of its number are."""
    plain = text.translate(ALIKE).strip()
    match = _CELL.fullmatch(plain)
    if not match or (match["before"] and match["after"]):
        return Cell(plain, "", False)
    number = match["sign"] + match["number"].strip()
    if number[:2].strip("+-") == "" and len(number) > 1:  # two signs
        return Cell(plain, "", False)
    return Cell(number, match["before"] or match["after"] or "", True)


def is_currency(unit: str) -> bool:
    """Whether a unit is that of money."""
    return bool(re.fullmatch(_CURRENCY, unit))


def fits_of(rows: Sequence[Row]) -> int:
    """How many rows end with a number, whatever its marks are."""
    return sum(cell_of(row[-1]).known for _, row in rows)


def is_word(text: str) -> bool:
    """Whether a cell has letters, and is neither a missing value nor a number of any size."""
    lower = text.lower()
    known = cell_of(text)
    return (
        bool(re.search(r"[^\W\d_]", text))
        and lower not in _MISSING | {"inf", "infinity"}
        and not (known.known and not known.unit)
    )


def one_unit(cells: Sequence[str], rows: Sequence[int]) -> str:
    """The unit that stands beside all numbers, or beside the first; empty where there is none.

    Raises:
        MisfitError: rows have different units, or one has a unit and others have none.
    """
    units = [cell_of(cell).unit for cell in cells]
    first, rest = units[0], set(units[1:])
    if rest <= {first} or (first and rest == {""}):
        return first
    at = next(k for k, unit in enumerate(units) if unit != first)
    given, before = cells[at].strip()[:30], cells[0].strip()[:30]
    if first and units[at]:
        raise MisfitError(
            rows[at],
            f"Row {rows[at]}: “{given}” has the unit “{units[at]}”, and row {rows[0]}, “{before}”, "
            f"has “{first}”. A series needs one unit: convert the values, or write numbers alone.",
        )
    with_it, without = (given, before) if units[at] else (before, given)
    raise MisfitError(
        rows[at],
        f"Row {rows[at]}: “{given}” is not a number like that of row {rows[0]}, “{before}”: "
        f"“{units[at] or first}” stands beside “{with_it}”, and nothing beside “{without}”. Write "
        "the unit in every row, or in none.",
    )


def number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Numbers with these marks: groups of three, or no mark at all."""
    whole = (
        r"\d+" if not thousands else rf"(?:[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+)"
    )
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?")


def value_of(text: str, row: int, pattern: re.Pattern[str], decimal: str) -> float:
    """The number of a cell, without its unit.

    Raises:
        MisfitError: there is none with these marks, or it is too large.
    """
    if text.lower() in _MISSING:
        raise MisfitError(
            row, f"Row {row} has no value. Fill it in, or begin after it: gaps break lags."
        )
    cell = cell_of(text)
    if re.fullmatch(r"[+-]?inf(inity)?", cell.number, re.I):
        raise _too_large(text, row)
    if not pattern.fullmatch(cell.number):
        raise MisfitError(
            row,
            f"Row {row}: “{text[:30]}” is not a number. The page reads digits with a decimal mark, "
            "such as 1234.5 or 1,234.5, with or without a unit. Write such a number there, or "
            "take the row out.",
        )
    digits = "".join(mark for mark in cell.number if mark not in ",.' " or mark == decimal)
    value = float(digits.replace(",", "."))
    if not abs(value) <= LARGEST:
        raise _too_large(text, row)
    return value


def _too_large(text: str, row: int) -> MisfitError:
    return MisfitError(
        row,
        f"Row {row}: {text[:30]} is too large: numbers up to 10¹², a million millions, are read. "
        "Divide the whole column by one number, such as 1,000, and name it in the first row.",
    )
