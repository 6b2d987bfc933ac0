"""Time series: a value regressed on its own past, and futures that feed back what they draw."""

from __future__ import annotations

from pages.time_series import reading
from pages.time_series.differences import DIFFERENCES
from pages.time_series.many import MANY
from pages.time_series.one import ONE
from pages.time_series.own import OWN
from pages.ui.outline import Lesson
from pages.ui.papers import Paper
from pages.ui.stage_page import show

LESSON = Lesson(
    slug="time-series",
    title="Time series",
    idea="Regress a value on its own past; to go further, feed each drawn value back.",
    page=show,
    activities=(ONE, MANY, DIFFERENCES, OWN),
    reading={
        "Formula": reading.formula,
        "Code": reading.code,
        "What people get wrong": reading.mistakes,
        "Coefficients": reading.coefficients,
    },
    papers=(
        Paper(
            "Hyndman & Athanasopoulos 2021",
            "Forecasting: Principles and Practice, chapter on ARIMA models",
            "https://otexts.com/fpp3/arima.html",
            "autoregression on time series, where the name comes from",
        ),
    ),
)
