"""How an address holds a lesson's values: the kinds of fields, and a query read and written.

Whatever a query holds is checked; what does not fit falls back to the default, with a notice that
says so. Fields at their default stay out of the URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Values = Mapping[str, Any]
Flips = tuple[tuple[int, int], ...]  # (flat index, level), sorted by index

MOST_FLIPS = 100


class Field(Protocol):
    """One value of a lesson's state.

    `browser_owned`: kept by the picture itself; checked when a link is opened, else left alone. It
    belongs to the fields declared before it, and goes from the URL when one of those changes."""

    @property
    def browser_owned(self) -> bool: ...

    def default(self, values: Values) -> Any:
        """The value where the URL has none, given the fields declared before."""

    def parse(self, text: str, values: Values) -> Any:
        """The value that `text` stands for; ValueError that says what is expected."""

    def text(self, value: Any) -> str:
        """How the URL holds the value."""


@dataclass(frozen=True)
class Choice:
    """One of some words, which may depend on the fields before; the first is the default."""

    options: tuple[str, ...] | Callable[[Values], tuple[str, ...]]
    browser_owned: bool = False

    def default(self, values: Values) -> str:
        return self._options(values)[0]

    def parse(self, text: str, values: Values) -> str:
        options = self._options(values)
        if text not in options:
            raise ValueError(f"one of {', '.join(options)}" if len(options) > 1 else options[0])
        return text

    def text(self, value: str) -> str:
        return value

    def _options(self, values: Values) -> tuple[str, ...]:
        return self.options(values) if callable(self.options) else self.options


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, which may depend on the fields declared before."""

    low: int
    high: int | Callable[[Values], int]
    start: int = 0
    browser_owned: bool = False

    def default(self, values: Values) -> int:
        return self.start

    def parse(self, text: str, values: Values) -> int:
        high = self.high(values) if callable(self.high) else self.high
        if not re.fullmatch(r"[0-9]{1,12}", text) or not self.low <= int(text) <= high:
            raise ValueError(f"a whole number from {self.low} to {high}")
        return int(text)

    def text(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Number:
    """A decimal number from `low` to `high`."""

    low: float
    high: float
    start: float
    browser_owned: bool = False

    def default(self, values: Values) -> float:
        return self.start

    def parse(self, text: str, values: Values) -> float:
        sign = "-?" if self.low < 0 else ""
        plain = re.fullmatch(rf"{sign}[0-9]{{1,6}}(\.[0-9]{{1,6}})?", text)
        if not plain or not self.low <= float(text) <= self.high:
            raise ValueError(f"a number from {self.low:g} to {self.high:g}")
        return float(text)

    def text(self, value: float) -> str:
        return f"{value:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Flag:
    """1 or 0; off by default."""

    browser_owned: bool = False

    def default(self, values: Values) -> bool:
        return False

    def parse(self, text: str, values: Values) -> bool:
        if text not in ("0", "1"):
            raise ValueError("0 or 1")
        return text == "1"

    def text(self, value: bool) -> str:
        return "1" if value else "0"


@dataclass(frozen=True)
class Words:
    """Any of some words, joined by dots; none by default."""

    options: tuple[str, ...]
    browser_owned: bool = False

    def default(self, values: Values) -> tuple[str, ...]:
        return ()

    def parse(self, text: str, values: Values) -> tuple[str, ...]:
        words = text.split(".")
        if not set(words) <= set(self.options):
            raise ValueError(f"any of {', '.join(self.options)}, joined by dots")
        return tuple(word for word in self.options if word in words)

    def text(self, value: tuple[str, ...]) -> str:
        return ".".join(value)


@dataclass(frozen=True)
class Label:
    """One of some labels; the first by default. ``take-away`` is "Take away"."""

    labels: tuple[str, ...]
    browser_owned: bool = False

    def default(self, values: Values) -> str:
        return self.labels[0]

    def parse(self, text: str, values: Values) -> str:
        known = {self.text(label): label for label in self.labels}
        if text not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return known[text]

    def text(self, value: str) -> str:
        return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")


@dataclass(frozen=True)
class FlipList:
    """Pixels set by hand, ``index-level`` joined by dots: ``300-1.412-0``.

    `dimensions` and `levels` say, from the fields before, what fits.
    """

    dimensions: Callable[[Values], int]
    levels: int = 2
    browser_owned: bool = False

    def default(self, values: Values) -> Flips:
        return ()

    def parse(self, text: str, values: Values) -> Flips:
        pairs = re.fullmatch(r"[0-9]{1,6}-[0-9]{1,3}(\.[0-9]{1,6}-[0-9]{1,3})*", text)
        found = [tuple(map(int, pair.split("-"))) for pair in text.split(".")] if pairs else []
        flips = {index: level for index, level in found}
        high = self.dimensions(values)
        fits = all(index < high and level < self.levels for index, level in flips.items())
        if not found or not fits or len(flips) > MOST_FLIPS:
            raise ValueError(
                f"up to {MOST_FLIPS} pixels as index-level, joined by dots, "
                f"each index below {high} and each level below {self.levels}"
            )
        return tuple(sorted(flips.items()))

    def text(self, value: Flips) -> str:
        return ".".join(f"{index}-{level}" for index, level in value)


@dataclass(frozen=True)
class Permutation:
    """An order, flat indices joined by dots: ``2.0.1``; raster order by default."""

    dimensions: Callable[[Values], int]
    browser_owned: bool = False

    def default(self, values: Values) -> tuple[int, ...]:
        return tuple(range(self.dimensions(values)))

    def parse(self, text: str, values: Values) -> tuple[int, ...]:
        count = self.dimensions(values)
        indices = _integers(text)
        if sorted(indices) != list(range(count)):
            raise ValueError(f"each of 0 to {count - 1} once, joined by dots")
        return indices

    def text(self, value: tuple[int, ...]) -> str:
        return ".".join(map(str, value))


@dataclass(frozen=True)
class Lists:
    """A list of small integers for each layer: ``1.2.3-2.1``; empty by default.

    `lengths` and `high` say, from the fields before, what fits.
    """

    lengths: Callable[[Values], tuple[int, ...]]
    high: Callable[[Values], int]
    browser_owned: bool = False

    def default(self, values: Values) -> tuple[tuple[int, ...], ...]:
        return ()

    def parse(self, text: str, values: Values) -> tuple[tuple[int, ...], ...]:
        lists = tuple(_integers(part) for part in text.split("-"))
        lengths, high = self.lengths(values), self.high(values)
        fits = all(number <= high for numbers in lists for number in numbers)
        if tuple(map(len, lists)) != lengths or not fits:
            raise ValueError(
                f"numbers from 0 to {high} joined by dots, {' and '.join(map(str, lengths))} of "
                "them, the layers joined by -"
            )
        return lists

    def text(self, value: tuple[tuple[int, ...], ...]) -> str:
        return "-".join(".".join(map(str, numbers)) for numbers in value)


def _integers(text: str) -> tuple[int, ...]:
    """Whole numbers joined by dots; empty where `text` is anything else."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})*", text):
        return ()
    return tuple(map(int, text.split(".")))


def read_query(
    fields: Mapping[str, Field], query: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Values of all fields from a query, and one notice for each that did not fit.

    A field that the browser owns is None unless the query has a fitting value.
    """
    values: dict[str, Any] = {}
    notices = []
    for name, field in fields.items():
        values[name] = None if field.browser_owned else field.default(values)
        if name in query:
            try:
                values[name] = field.parse(query[name], values)
            except ValueError as expected:
                given = re.sub(r"[^\w.,:+\- ]", "·", query[name])[:40] or "nothing"
                notices.append(
                    f"The link's `{name}` is `{given}`, but can be {expected}. "
                    "The default is shown."
                )
    return values, notices


def write_query(fields: Mapping[str, Field], values: Values) -> dict[str, str]:
    """The shortest query that brings `values` back; browser-owned fields are left out."""
    return {
        name: field.text(values[name])
        for name, field in fields.items()
        if not field.browser_owned and values[name] != field.default(values)
    }


def repair(fields: Mapping[str, Field], values: Values) -> dict[str, Any]:
    """`values` with those that no longer fit the fields before them back at their defaults.

    A widget changes one field alone: with another model, an order or a flip may be out of range.
    """
    kept: dict[str, Any] = {}
    for name, field in fields.items():
        kept[name] = field.default(kept)
        if not field.browser_owned and values[name] is not None and values[name] != kept[name]:
            try:
                kept[name] = field.parse(field.text(values[name]), kept)
            except ValueError:
                continue
    return kept
