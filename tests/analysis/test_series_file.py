"""Files of a series: what any program has written is read as it was meant, or is asked about."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arviz_models.analysis.series import FEWEST, MOST, Array, SeriesError, dates_of
from arviz_models.analysis.series_file import MOST_BYTES, Reading, question, read_csv, readings


def random_walk(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=n).cumsum()


def lines(values: Array, *, header: str = "") -> str:
    return (f"{header}\n" if header else "") + "\n".join(f"{value:.4f}" for value in values)


WALK = random_walk(25)
DAYS = [date(2024, 1, 25) + timedelta(days=each) for each in range(25)]


def only(content: bytes | str) -> Reading:
    """The reading of a file that needs no question."""
    found = readings(content)
    assert question(found) is None
    [reading] = found
    return reading


def asked(content: bytes | str, *answers: int) -> tuple[Reading, list[str]]:
    """What is left after the questions are answered, each by the number of its answer."""
    found, aspects = readings(content), []
    for answer in answers:
        ambiguity = question(found)
        assert ambiguity is not None
        aspects.append(ambiguity.aspect)
        found = list(ambiguity.answers.values())[answer]
    assert question(found) is None
    [reading] = found
    return reading, aspects


def answers(content: bytes | str) -> list[str]:
    """The answers to the first question."""
    ambiguity = question(readings(content))
    assert ambiguity is not None
    return list(ambiguity.answers)


# --- one way to read ------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_two_columns_with_any_separator(separator: str) -> None:
    rows = [f"{2000 + i}-01-01{separator}{value:.4f}" for i, value in enumerate(WALK)]
    reading = only(f"date{separator}level\n" + "\r\n".join(rows))
    series = reading.series
    np.testing.assert_allclose(series.values, WALK, atol=1e-4)
    assert (series.title, series.labels[0]) == ("level", "2000-01-01")
    assert series.time_unit == "date"
    assert str(dates_of(series.times)[0]) == "2000-01-01T00:00:00"
    assert series.frequency == "yearly"
    assert reading.separator == separator


def test_columns_in_line_with_spaces() -> None:
    rows = [f"{1990 + i}    {value:8.4f}  " for i, value in enumerate(WALK)]
    np.testing.assert_allclose(only("\n".join(rows)).series.values, WALK, atol=1e-4)


def test_one_column_with_or_without_a_name() -> None:
    for header in ("", "level"):
        series = only(lines(WALK, header=header)).series
        np.testing.assert_allclose(series.values, WALK, atol=1e-4)
        assert series.time_unit == "row"
        assert series.title == (header or "Your series")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_thousands_commas_beside_another_separator_are_thousands(separator: str) -> None:
    values = 990.25 + np.arange(25)
    rows = [f"{1990 + i}{separator}{value:,.2f}" for i, value in enumerate(values)]
    reading = only("\n".join(rows))
    np.testing.assert_array_equal(reading.series.values, values)
    assert (reading.decimal, reading.thousands) == (".", ",")


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"])
def test_thousands_spaces_of_any_width_are_read(space: str) -> None:
    values = 998_000.5 + 1000 * np.arange(25)
    rows = [f"{1990 + i};{value:,.1f}".replace(",", space) for i, value in enumerate(values)]
    reading = only("\n".join(rows))
    np.testing.assert_array_equal(reading.series.values, values)
    assert reading.said()["Thousands mark"] == "space"


def test_decimal_commas_are_read_where_no_number_could_be_thousands() -> None:
    rows = [f"{1990 + i};{value:.2f}".replace(".", ",") for i, value in enumerate(WALK)]
    reading = only("\n".join(rows))
    np.testing.assert_allclose(reading.series.values, WALK, atol=0.01)
    assert reading.series.times[0] == 1990
    assert reading.said()["Decimal mark"] == "comma"


GOOD = lines(WALK, header="level")


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-16-be"),
        GOOD.replace("level", "Höhe").encode("cp1252"),
        GOOD.replace("\n", "\r").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        ("sep=;\n" + GOOD).encode(),
        ("sep=;\r\n" + (GOOD + "\n").replace("\n", ";\r\n")).encode("utf-8-sig"),
        b'"level"\n' + "\n".join(f'"{value:.4f}"' for value in WALK).encode(),
    ],
    ids=[
        *("utf-8", "BOM", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "CR", "CRLF"),
        *("sep", "sep and empty column", "quoted"),
    ],
)
def test_encodings_line_ends_and_excels_first_line_change_nothing(content: bytes) -> None:
    np.testing.assert_allclose(only(content).series.values, WALK, atol=1e-4)


def test_the_separator_that_a_file_names_is_taken() -> None:
    rows = "\n".join(f"{i};{value:.3f}" for i, value in enumerate(WALK, start=1990))
    assert only("sep=;\n" + rows).separator == ";"
    one = "\n".join(f"{each},5" for each in range(25))
    assert only("sep=;\n" + one).series.values[3] == 3.5


def dated(form: str, days: Sequence[date] = DAYS) -> str:
    return "\n".join(f"{day:{form}};{value:.3f}" for day, value in zip(days, WALK, strict=True))


@pytest.mark.parametrize(
    "form",
    ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y", "%Y%m%d"],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_dates_are_read_and_turned_the_right_way_round(form: str, newest_first: bool) -> None:
    days = DAYS[::-1] if newest_first else DAYS
    reading = only(dated(form, days))
    series = reading.series
    assert [str(each)[:10] for each in dates_of(series.times)] == [str(day) for day in DAYS]
    expected = WALK[::-1] if newest_first else WALK
    np.testing.assert_allclose(series.values, expected, atol=1e-3)
    assert reading.newest_first == newest_first
    assert ("turned round" in reading.said()["Rows"]) == newest_first
    assert series.frequency == "daily"
    assert series.labels[0] == f"{DAYS[0]:{form}}"


@pytest.mark.parametrize("form", ["{0} Q{1}", "{0}Q{1}", "{0}-Q{1}", "Q{1} {0}"])
def test_quarters_are_dates(form: str) -> None:
    labels = [form.format(1990 + i // 4, 1 + i % 4) for i in range(25)]
    series = only("\n".join(f"{a};{b:.3f}" for a, b in zip(labels, WALK, strict=True))).series
    assert str(dates_of(series.times)[5])[:10] == "1991-04-01"
    assert series.frequency == "quarterly"


def test_months_go_on_by_the_calendar() -> None:
    months = [f"{2000 + i // 12}-{1 + i % 12:02}" for i in range(25)]
    series = only("\n".join(f"{a},{b:.3f}" for a, b in zip(months, WALK, strict=True))).series
    after = [str(each)[:10] for each in dates_of(series.times_from(24, 4))]
    assert after == ["2002-01-01", "2002-02-01", "2002-03-01", "2002-04-01"]


def test_uneven_dates_are_said_to_be_uneven() -> None:
    days = [*DAYS[:-1], date(2024, 6, 1)]
    assert "from 1 to" in only(dated("%Y-%m-%d", days)).series.note


def test_falling_years_are_newest_first() -> None:
    rows = [f"{2014 - i};{value:.3f}" for i, value in enumerate(WALK)]
    reading = only("\n".join(rows))
    assert reading.newest_first
    np.testing.assert_allclose(reading.series.values[::-1], WALK, atol=1e-3)


def test_row_numbers_are_not_years() -> None:
    rows = [f"{i};{value:.3f}" for i, value in enumerate(WALK, start=1)]
    assert only("n;level\n" + "\n".join(rows)).series.time_unit == "n"


# --- several ways to read: asked ------------------------------------------------------------------


def test_thousands_commas_in_one_column_are_asked_about() -> None:
    text = "\n".join(f"{value:,}" for value in range(998, 1023))
    assert answers(text) == [
        "one value, 1000 (thousands comma)",
        "one value, 1 (decimal comma)",
    ]
    found = {reading.series.values[3] for reading in readings(text)}
    assert found == {1.001, 1001.0}


def test_decimal_commas_in_one_column_are_asked_about() -> None:
    values = np.round(WALK + 5, 1)
    text = "\n".join(f"{value:.1f}".replace(".", ",") for value in values)
    ambiguity = question(readings(text))
    assert ambiguity is not None
    assert ambiguity.aspect == "numbers"
    one, two = (
        next(words for words in ambiguity.answers if begin in words)
        for begin in ("one value", "and the value")
    )
    [decimal] = ambiguity.answers[one]
    np.testing.assert_array_equal(decimal.series.values, values)
    assert {len(reading.cells[0]) for reading in ambiguity.answers[two]} == {2}


def test_days_and_months_that_could_be_either_are_asked_about() -> None:
    days = [date(2020 + i // 12, 1 + i % 12, 1) for i in range(25)]
    found = readings(dated("%d/%m/%Y", days))
    ambiguity = question(found)
    assert ambiguity is not None
    assert ambiguity.aspect == "dates"
    assert {reading.series.frequency for reading in found} >= {"monthly"}
    told = {words.split(" (")[0] for words in ambiguity.answers}
    assert told == {"1 February 2020", "2 January 2020"}


def test_labels_that_are_no_dates_ask_which_row_is_the_oldest() -> None:
    text = "\n".join(f"round {i};{value:.3f}" for i, value in enumerate(WALK))
    for answer, first in ((0, WALK[0]), (1, WALK[-1])):
        reading, aspects = asked(text, answer)
        assert aspects == ["order"]
        assert reading.series.values[0] == pytest.approx(first, abs=1e-3)
        assert reading.series.labels[0] == ("round 0", "round 24")[answer]


def test_falling_row_numbers_ask_which_row_is_the_oldest() -> None:
    text = "\n".join(f"{25 - i};{value:.3f}" for i, value in enumerate(WALK))
    assert asked(text, 0)[0].series.values[0] == pytest.approx(WALK[0], abs=1e-3)
    assert asked(text, 1)[0].series.values[0] == pytest.approx(WALK[-1], abs=1e-3)


def test_a_file_that_would_have_to_be_asked_about_is_refused_where_nobody_can_answer() -> None:
    with pytest.raises(SeriesError, match=r"one value, 1000 .*, or one value, 1 "):
        read_csv("\n".join(f"{value:,}" for value in range(998, 1023)))


def test_values_without_a_time_can_be_turned_round() -> None:
    reading = only(lines(WALK))
    np.testing.assert_array_equal(reading.turned().series.values, reading.series.values[::-1])
    assert reading.turned().newest_first


# --- the first row, units, and years of two digits ------------------------------------------------

COUNT = range(3, 28)


def rows_of(form: str, *, dated: bool = False) -> list[str]:
    """A row for each of 3 to 27, where % stands in `form`, with a date before it or without."""
    return [
        (f"{day},{form}" if dated else form).replace("#", str(value))
        for day, value in zip(DAYS, COUNT, strict=True)
    ]


@pytest.mark.parametrize(
    ("form", "first"),
    [("#e-5", 3e-5), ("#.5E+04", 35_000), ("#,5E+04", 35_000), ("#E3", 3000), ("-#e-2", -0.03)],
)
@pytest.mark.parametrize("header", [[], ["level"]])
def test_a_number_of_any_size_is_a_value_and_no_name(
    form: str, first: float, header: list[str]
) -> None:
    found = readings("\n".join([*header, *rows_of(form)]))
    [reading] = [each for each in found if len(each.cells[0]) == 1]
    assert reading.names == tuple(header)
    assert len(reading.values) == 25
    assert reading.values[0] == pytest.approx(first)


@pytest.mark.parametrize(
    ("row", "dated", "value"),
    [("2024-01-25,5 EUR", True, 5), ("5 EUR", False, 5), ("2019 sales", False, 2019)],
)
def test_a_first_row_that_can_be_names_or_data_is_asked_about(
    row: str, dated: bool, value: float
) -> None:
    text = "\n".join([row, *rows_of("#", dated=dated)[1:]])
    named, aspects = asked(text, 0)
    assert aspects == ["names"]
    assert (named.names, len(named.values)) == (tuple(row.split(",")), 24)
    data, _ = asked(text, 1)
    assert (data.names, len(data.values), data.values[0]) == ((), 25, value)


@pytest.mark.parametrize("row", ["date,2019", ",0"])
def test_a_number_over_the_values_is_asked_about_where_no_date_stands_beside_it(row: str) -> None:
    text = "\n".join([row, *rows_of("#", dated=True)])
    reading, aspects = asked(text, 0)
    assert aspects == ["names"]
    assert (len(reading.values), reading.series.time_unit) == (25, "date")


@pytest.mark.parametrize("row", ["date,5 EUR", "CO2", "day,price 2020"])
def test_names_with_digits_are_names(row: str) -> None:
    text = "\n".join([row, *rows_of("#", dated="," in row)])
    assert only(text).names == tuple(row.split(","))


@pytest.mark.parametrize(
    ("form", "unit", "sign"),
    [
        *(("$#", "$", 1), ("-$#", "$", -1), ("$-#", "$", -1), ("€ #", "€", 1), ("#€", "€", 1)),
        *(("EUR #", "EUR", 1), ("# EUR", "EUR", 1), ("US$#", "US$", 1), ("#%", "%", 1)),
        *(("# °C", "°C", 1), ("#kg", "kg", 1), ("# m/s", "m/s", 1), ("−# kr.", "kr.", -1)),
    ],
)
@pytest.mark.parametrize("header", [[], ["level"]])
def test_a_unit_beside_every_number_is_understood_and_said(
    form: str, unit: str, sign: int, header: list[str]
) -> None:
    reading = only("\n".join([*header, *rows_of(form)]))
    np.testing.assert_array_equal(reading.values, sign * np.array(COUNT))
    assert (reading.series.unit, reading.unit) == (unit, unit)
    assert unit in reading.said()["Unit"]
    assert reading.names == tuple(header)


def test_thousands_with_a_currency_are_read_or_asked_about() -> None:
    reading = only(
        "\n".join(f"{day};$1,{value:03}.50" for day, value in zip(DAYS, COUNT, strict=True))
    )
    assert reading.values[0] == 1003.5
    both = "\n".join(f"{day};$1,{value:03}" for day, value in zip(DAYS, COUNT, strict=True))
    assert asked(both, 0)[0].values[0] == 1003
    assert "1003 $" in answers(both)[0]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%d/%m/%y", "day, month, two-digit year: 2024"),
        ("%m/%d/%y", "month, day, two-digit year: 2024"),
        ("%d.%m.%y", "day, month, two-digit year: 2024"),
        ("%y-%m-%d", "two-digit year, month, day: 2024"),
        ("%d-%b-%y", "day, month, two-digit year: 2024"),
    ],
)
def test_years_of_two_digits_are_years_and_their_century_is_said(form: str, said: str) -> None:
    reading = only(dated(form))
    assert [str(each)[:10] for each in dates_of(reading.series.times)] == [str(d) for d in DAYS]
    assert reading.said()["First column"] == said


def test_days_and_months_with_years_of_two_digits_are_asked_about() -> None:
    days = [date(1998 + i // 12, 1 + i % 12, 1) for i in range(25)]
    told = {words.split(" (")[0] for words in answers(dated("%d/%m/%y", days))}
    assert told == {"1 February 1998", "2 January 1998"}
    assert asked(dated("%d/%m/%y", days), 0)[0].series.frequency == "monthly"


@pytest.mark.parametrize(("begin", "questions"), [(1958, 0), (1990, 0), (1930, 1)])
def test_the_century_is_that_in_which_the_dates_rise_or_is_asked_about(
    begin: int, questions: int
) -> None:
    days = [date(begin + i, 12, 31) for i in range(25)]
    text = dated("%d/%m/%y", days)
    reading, aspects = asked(text, *[1] * questions)  # 2030 and later are still to come
    assert aspects == ["dates"] * questions
    assert [str(each)[:10] for each in dates_of(reading.series.times)] == [str(d) for d in days]


# --- what any program writes ----------------------------------------------------------------------

FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "")


def grouped(value: float, places: int, decimal: str, thousands: str) -> str:
    text = f"{value:,.{places}f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, list[float], list[str], bool]:
    """A file in some dialect, its values and dates oldest first, and whether it turned them."""
    places = draw(st.integers(0, 4))
    size = draw(st.sampled_from([10, 2_000, 5_000_000]))
    values = draw(
        st.lists(st.integers(-size, size), min_size=FEWEST, max_size=24, unique=True).map(
            lambda found: [round(each + 0.123456 * (places > 0), places) for each in found]
        )
    )
    decimal = draw(st.sampled_from(".,"))
    thousands = draw(st.sampled_from(["", ",", ".", " ", "\u00a0", "'"]).filter(decimal.__ne__))
    form = draw(st.sampled_from(FORMS))
    step, begin = draw(st.sampled_from([1, 7, 31])), draw(st.dates(date(1900, 1, 1)))
    days = [
        date.fromordinal(min(begin.toordinal(), 3_600_000) + step * k) for k in range(len(values))
    ]
    newest_first = bool(form) and draw(st.booleans())
    rows = [
        [*([f"{day:{form}}"] if form else []), grouped(value, places, decimal, thousands)]
        for day, value in zip(days, values, strict=True)
    ]
    if newest_first:
        rows.reverse()
    if draw(st.booleans()):
        rows.insert(0, ["when", "level"][-len(rows[0]) :])
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    file = io.StringIO()
    quoting: Literal[0, 1] = draw(st.sampled_from((0, 1)))  # QUOTE_MINIMAL, QUOTE_ALL
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=ending).writerows(rows)
    text = (f"sep={separator}{ending}" if draw(st.booleans()) else "") + file.getvalue()
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return text.encode(encoding), values, [str(day) for day in days] if form else [], newest_first


@pytest.mark.slow
@given(written())
@settings(max_examples=150)
def test_what_any_dialect_writes_is_read_as_it_was_meant_or_asked_about(
    file: tuple[bytes, list[float], list[str], bool],
) -> None:
    content, values, days, newest_first = file
    found = readings(content)

    def right(reading: Reading) -> bool:
        told = [str(each)[:10] for each in dates_of(reading.series.times)] if days else []
        dated = not days or (reading.series.time_unit == "date" and told == days)
        return (
            dated
            and reading.newest_first == newest_first
            and bool(np.allclose(reading.series.values, values, rtol=1e-12, atol=1e-12))
        )

    assert any(map(right, found)), [reading.said() for reading in found]
    assert len(found) == 1 or question(found) is not None
    ambiguity = question(found)
    while ambiguity is not None:  # every question leads on, and one way of answering is the truth
        found = next(left for left in ambiguity.answers.values() if any(map(right, left)))
        ambiguity = question(found)
    assert len(found) == 1
    assert right(found[0])


@given(st.binary(max_size=400) | st.text("0123456789.,;\t\n\"' -ex\r/Q|\u00a0", max_size=400))
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused_in_words(content: bytes | str) -> None:
    try:
        assert readings(content)
    except SeriesError as error:
        assert str(error)


# --- no way to read -------------------------------------------------------------------------------


def broken(row: int, text: str) -> str:
    """A good file of 25 rows of dates and values, but for one row, counted from 1."""
    rows = [f"{2000 + i}-01-01,{value:.3f}" for i, value in enumerate(WALK)]
    rows[row - 1] = text
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (broken(7, "2006-01-01,high"), "Row 7: “high” is not a number"),
        (broken(7, "2006-01-01,"), "Row 7 has no value"),
        (broken(7, "2006-01-01,NA"), "Row 7 has no value"),
        (broken(7, "2006-01-01,inf"), "Row 7: inf is too large"),
        (broken(7, "2006-01-01,1e300"), "Row 7: 1e300 is too large"),
        (broken(7, "2006-01-01"), "Row 7 has 1 column, where the first has 2"),
        (broken(7, "2006-01-01,3,4"), "Row 7 has 3 columns, where the first has 2"),
        (broken(7, "1999-01-01,3"), "Row 7: 1999-01-01 is not after 2005-01-01"),
        ("1\n2\n\nthree\n" + lines(WALK), "Row 4: “three” is not a number"),
        ("\n\n1\ntwo\n" + lines(WALK), "Row 4: “two” is not a number"),
        (broken(7, "2006-01-01 x,3"), "Row 7: “2006-01-01 x” is no date like “2000-01-01”"),
        (broken(7, ",3"), "Row 7: “” is no date"),
        (broken(7, "2005-01-01,3"), "Row 7: 2005-01-01 is not after 2005-01-01"),
        (broken(1, "2000-01-01,1e15"), "Row 1: 1e15 is too large: numbers up to 10¹²"),
        (broken(1, "2000-01-01,high"), "“high” is not a number, and is not taken as the name"),
        (broken(7, "2006-01-01,0%"), "“%” stands beside “0%”, and nothing beside “"),
        (broken(7, "2006-01-01,5O"), "Write the unit in every row, or in none"),
        ("5 EUR\n" + "6 USD\n7 USD\n" * 12, "Row 2: “6 USD” has the unit “USD”, and row 1"),
        ("2024-01-01;abc1,000\n" * 25, "Part the columns by one mark alone"),
        (
            "\n".join(f"{d},$1,{v:03}" for d, v in zip(DAYS, COUNT, strict=True)),
            "quote the numbers",
        ),
        ("a,b,c\n1,2,3", "Row 1 has 3 columns"),
        ("", "empty"),
        ("  \n\n", "empty"),
        (lines(WALK[:5]), "5 values; a fit needs 20"),
        ("level", "0 values; a fit needs 20"),
        ("3\n" * 30, "All 30 values are 3"),
        (lines(random_walk(MOST + 1)), "2,001 values; at most 2,000"),
        ("1" * (MOST_BYTES + 1), "at most 200 kB"),
        (b"PK\x03\x04\x00\x00\x08\x00" * 20, "not a text file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a text file"),
    ],
)
def test_a_bad_file_is_refused_in_words_with_its_row(text: str | bytes, words: str) -> None:
    with pytest.raises(SeriesError) as refused:
        read_csv(text)
    assert words in str(refused.value)
