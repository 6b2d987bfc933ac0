"""The state of the time-series lesson: a series, a model, and which predictions are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.ui import lesson
from pages.ui.query import Choice, Field, Flag, Integer, Values

# As arviz_models.analysis.time_series has them; written out, since the page's first paint must not
# wait for its imports. A test compares.
SERIES = ("sunspots", "nile", "co2", "inflation", "growth")
MOST_P, MOST_D, MOST_Q = 12, 2, 4
UPLOADED, UPLOADED_KEY = "uploaded", "ts.uploaded"
VIEWS = ("one step", "many steps", "residuals")
MOST_HORIZON, MOST_FUTURES = 60, 100


@dataclass(frozen=True)
class Forecasting:
    """What is fitted and shown.

    Attributes:
        series: one of `SERIES`, or `UPLOADED`.
        p, d, q: values, differences and errors back.
        view: one of `VIEWS`.
        horizon: steps ahead.
        futures: how many are sampled.
        seed: of their random numbers.
        back: whether the predictions start one horizon before the end.
        whole: whether the series is drawn from its first value.
        below: whether what is below 0 is marked.
    """

    series: str
    p: int
    d: int
    q: int
    view: str
    horizon: int
    futures: int
    seed: int
    back: bool
    whole: bool
    below: bool


def series_names(values: Values | None = None) -> tuple[str, ...]:
    """A link cannot hold a visitor's own series: it is a choice only where it was uploaded."""
    return (*SERIES, UPLOADED) if UPLOADED_KEY in st.session_state else SERIES


def fields() -> Mapping[str, Field]:
    """How the address holds a `Forecasting`, and the step of the player."""
    return {
        "series": Choice(series_names),
        "p": Integer(0, MOST_P, 2),
        "d": Integer(0, MOST_D, 0),
        "q": Integer(0, MOST_Q, 0),
        "view": Choice(VIEWS),
        "horizon": Integer(1, MOST_HORIZON, 24),
        "futures": Integer(0, MOST_FUTURES, 30),
        "seed": Integer(0, lesson.MOST_SEED),
        "back": Flag(),
        "whole": Flag(),
        "below": Flag(),
        "step": Integer(0, lambda values: values["horizon"], browser_owned=True),
    }
