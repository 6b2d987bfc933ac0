"""A visitor's own series: upload, what was understood of the file, and what has to be asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from pages.time_series.state import UPLOADED, UPLOADED_KEY
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.analysis.series_file import Reading

PROBLEM_KEY, READINGS_KEY, TURNED_KEY, ASK_KEY = "ts.problem", "ts.readings", "ts.turned", "ts.ask"
ROWS_SHOWN = 4
# A value is never broken or cut off; what the file holds may go on in the next line.
TABLE_STYLE = """<style>
.st-key-ts_understood table { table-layout: fixed; width: 100%; }
.st-key-ts_understood :is(td, th) { padding: 4px; width: 27%; white-space: normal; }
.st-key-ts_understood :is(td, td *) { font-size: 0.75rem; }
.st-key-ts_understood td:not(:last-child) * { overflow-wrap: anywhere !important; }
.st-key-ts_understood :is(td, th):nth-child(2) { width: 21%; }
.st-key-ts_understood :is(td, th):last-child { width: 52%; }
</style>"""


def own_series(stage: Stage) -> None:
    """Upload, what was understood of the file, and what has to be asked: all in one place."""
    file = st.file_uploader(
        "A column of values, or one of dates and one of values, CSV",
        type=["csv", "tsv", "txt"],
        max_upload_size=1,
        key="ts.file",
        on_change=_upload,
        args=(stage,),
        help="20 to 2,000 rows. Commas, semicolons, tabs, bars or spaces part the columns. The "
        "file stays in this session, and a link does not hold it.",
    )
    if file is None:
        st.caption("What the page understands of your file is shown here.")
    elif PROBLEM_KEY in st.session_state:
        st.error(f"{st.session_state[PROBLEM_KEY]} The series before it stays.")
    else:
        _understood(stage)


def _upload(stage: Stage) -> None:
    """Callback: read a file in all ways that fit; of a bad one keep what is wrong."""
    from arviz_models.analysis.series import SeriesError
    from arviz_models.analysis.series_file import ASPECTS, readings

    state, file = st.session_state, st.session_state["ts.file"]
    for key in (PROBLEM_KEY, READINGS_KEY, TURNED_KEY, *(f"{ASK_KEY}.{each}" for each in ASPECTS)):
        state.pop(key, None)
    if file is None:
        return
    try:
        state[READINGS_KEY] = readings(file.getvalue(), UPLOADED)
    except SeriesError as error:
        state[PROBLEM_KEY] = f"**{plain(file.name)}**: {_as_it_is(str(error))}"
    else:
        _take(stage)


def _answered() -> list[Reading]:
    """The readings of the file that the answers so far leave."""
    from arviz_models.analysis.series_file import question

    left = list(st.session_state[READINGS_KEY])
    while (asked := question(left)) is not None:
        answer = st.session_state.get(f"{ASK_KEY}.{asked.aspect}")
        if answer is None or answer not in asked.answers:
            break
        left = list(asked.answers[answer])
    return left


def _take(stage: Stage) -> None:
    """Callback: the file's series is taken as soon as one reading is left.

    It may be called for an answer about a file that another one has just replaced.
    """
    if READINGS_KEY not in st.session_state:
        return
    left = _answered()
    if len(left) == 1:
        turned = st.session_state.get(TURNED_KEY, False)
        st.session_state[UPLOADED_KEY] = (left[0].turned() if turned else left[0]).series
        stage.set(series=UPLOADED)


def _understood(stage: Stage) -> None:
    """The questions, each with its answer, and the reading that is left."""
    from arviz_models.analysis.series_file import question

    left = list(st.session_state[READINGS_KEY])
    while (asked := question(left)) is not None:
        key = f"{ASK_KEY}.{asked.aspect}"
        answer = st.radio(
            _words(asked.text),
            list(asked.answers),
            format_func=_words,
            index=None,
            key=key,
            on_change=_take,
            args=(stage,),
        )
        if answer is None:
            st.info(
                "This file can be read in more than one way. Choose one; until then, the series "
                "before it stays."
            )
            return
        left = list(asked.answers[answer])
    reading = left[0]
    if not reading.dates:
        st.toggle(
            "The first row is the newest",
            key=TURNED_KEY,
            on_change=_take,
            args=(stage,),
            help="The file has no dates, so its first row is taken as the oldest.",
        )
        reading = reading.turned() if st.session_state[TURNED_KEY] else reading
    st.markdown("\n".join(f"- {name}: {_words(text)}" for name, text in reading.said().items()))
    with st.container(key="ts_understood"):
        st.html(TABLE_STYLE)
        st.table(_first_rows(reading), hide_index=True)


def _first_rows(reading: Reading) -> dict[str, list[str]]:
    """The first rows in time: as the file has them, and what they mean."""
    from arviz_models.analysis.series import dates_of
    from arviz_models.figures.numbers import significant

    series = reading.series
    cells = reading.cells[::-1] if reading.newest_first else reading.cells
    times = series.times[:ROWS_SHOWN]
    if series.time_unit == "date":
        shown = [str(each).removesuffix("T00:00:00").replace("T", " ") for each in dates_of(times)]
    elif reading.dates == "labels":
        shown = list(series.labels[:ROWS_SHOWN])
    else:
        shown = [significant(each, 12) for each in times]
    return {
        "in the file": [_words(" | ".join(row)) for row in cells[:ROWS_SHOWN]],
        "time": [_words(each) for each in shown],
        "value": [significant(each, 15) for each in series.values[:ROWS_SHOWN]],
    }


def _as_it_is(text: str) -> str:
    """A sentence without what Markdown would take for a formula, a link or an emphasis."""
    return re.sub(r"([\\`*_\[\]$<>~])", r"\\\1", text)


def _words(text: str) -> str:
    """A file's own words without what Markdown would take for its own."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|~<>$:-])", r"\\\1", text)


def plain(name: str) -> str:
    """A file's name without what Markdown would take for its own."""
    return "".join(each if each.isalnum() or each in " .-" else "·" for each in name)[:40]
