"""Pictures of a series: every mark is a number of the model, in the colour of its meaning."""

from __future__ import annotations

import csv
import io
import math
import re
from typing import Any

import numpy as np
import pytest

from arviz_models.analysis.residual_checks import check_residuals
from arviz_models.analysis.series import Array, load_series
from arviz_models.analysis.series_file import read_csv
from arviz_models.analysis.time_series import Fit, Forecast, fit, futures, multi_step, one_step
from arviz_models.figures.export import figure_bytes
from pages.time_series.figures import (
    coefficients_csv,
    coefficients_figure,
    export_figure,
    forecast_csv,
    formula,
)
from pages.time_series.forecast import drawn as picture_of
from pages.time_series.forecast import labels
from pages.time_series.residuals import p_value, sentences
from pages.time_series.state import Forecasting

HORIZON = 12
Drawn = tuple[Fit, Forecast, Forecast, Array]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    found = fit(load_series("sunspots"), 2, 0, 1)
    many, paths = multi_step(found, HORIZON), futures(found, HORIZON, 5, 0)
    return found, one_step(found), many, paths


def shown(**changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the picture is given: meta and arrays."""
    usual: dict[str, Any] = {"series": "sunspots", "p": 2, "d": 0, "q": 1, "view": "many steps"}
    usual |= {"horizon": HORIZON, "futures": 5, "seed": 0}
    usual |= {"back": False, "whole": False, "below": False}
    state = Forecasting(**(usual | changed))
    series = load_series(state.series)
    meta, arrays, _ = picture_of(state, series, fit(series, state.p, state.d, state.q))
    return meta, arrays


def test_the_picture_has_the_series_and_its_predictions(drawn: Drawn) -> None:
    found, one, many, paths = drawn
    meta, arrays = shown(whole=True)
    assert meta["start"] == 0
    for name, expected in (
        ("values", found.series.values),
        ("one", one.mean),
        ("one_error", one.error),
        ("mean", many.mean),
        ("error", many.error),
        ("paths", paths),
        ("acf", check_residuals(found).acf[1:]),
    ):
        np.testing.assert_allclose(arrays[name], expected, rtol=1e-6, atol=1e-6, err_msg=name)
    np.testing.assert_array_equal(arrays["times"][309:], 2009 + np.arange(HORIZON))
    assert meta["labels"][309:] == [str(year) for year in range(2009, 2009 + HORIZON)]


def test_the_part_before_the_fan_is_drawn_unless_all_is_asked_for() -> None:
    assert shown()[0]["start"] == 309 - 60
    assert shown(view="one step")[0]["start"] > 309 - 30
    assert shown(whole=True)[0]["start"] == 0


def test_what_the_fan_does_not_see_is_kept_apart_and_compared() -> None:
    meta, arrays = shown(back=True)
    assert meta["known"] == 309 - HORIZON
    series = load_series("sunspots")
    found = fit(series, 2, 0, 1)
    many = multi_step(found, HORIZON, meta["known"])
    np.testing.assert_allclose(arrays["mean"], many.mean, rtol=1e-6)
    gap = series.values[meta["known"] :] - many.mean
    assert meta["rmse"][1] == pytest.approx(np.sqrt(np.mean(gap**2)))
    assert "rmse" not in shown()[0]


def test_coefficients_have_their_intervals(drawn: Drawn) -> None:
    found = drawn[0]
    past, errors = coefficients_figure(found, "light").data
    assert list(past.y) == ["φ₁", "φ₂"]
    assert list(errors.y) == ["θ₁"]
    np.testing.assert_array_equal(past.x, found.phi)
    np.testing.assert_allclose(past.x + past.error_x.array, found.intervals[1:3, 1])
    np.testing.assert_allclose(past.x - past.error_x.arrayminus, found.intervals[1:3, 0])


@pytest.mark.parametrize("order", [(2, 0, 0), (1, 1, 1), (0, 2, 1), (0, 0, 0), (12, 1, 0)])
def test_formula_holds_the_fitted_numbers(order: tuple[int, int, int]) -> None:
    found = fit(load_series("nile"), *order)
    text, noise = formula(found, "light")
    for value in (*found.phi, *found.theta):
        assert f"{abs(value):.3g}" in text
    assert (f"{found.constant:.3g}" in text) or found.d == 2
    assert text.count(r"\textcolor") == found.p + found.q
    assert text.count("{") == text.count("}")
    assert f"{np.sqrt(found.sigma2):.3g}^2" in noise


DAYS = "\n".join(
    f"{np.datetime64('2024-01-25') + each},{value:.4f}"
    for each, value in enumerate(np.random.default_rng(0).normal(size=60).cumsum())
)


def test_daily_dates_are_drawn_and_written_as_dates() -> None:
    found = fit(read_csv(DAYS), 1, 0, 0)
    one, many, paths = one_step(found), multi_step(found, 3), futures(found, 3, 2, 0)
    names = labels(found.series, 63)
    assert names[:2] == ["2024-01-25", "2024-01-26"]
    assert names[60:] == ["2024-03-25", "2024-03-26", "2024-03-27"]
    rows = list(csv.DictReader(io.StringIO(forecast_csv(found.series, one, many, paths))))
    assert [row["time"] for row in rows[-2:]] == ["2024-03-26", "2024-03-27"]
    exported = figure_bytes(export_figure(found.series, one, many, paths, 3), "svg").decode()
    assert ">date<" in exported


def test_export_is_a_png_and_an_svg(drawn: Drawn) -> None:
    found, one, many, paths = drawn
    figure = export_figure(found.series, one, many, paths, HORIZON)
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    assert b"<svg" in figure_bytes(figure, "svg")


def test_csv_holds_every_number(drawn: Drawn) -> None:
    found, one, many, paths = drawn
    rows = list(csv.DictReader(io.StringIO(forecast_csv(found.series, one, many, paths))))
    assert len(rows) == len(found.series) + HORIZON
    assert float(rows[0]["value"]) == found.series.values[0]
    assert rows[0]["label"] == "1700"
    assert float(rows[5]["one_step"]) == one.mean[5]
    assert rows[308]["multi_step"] == ""
    assert [float(row["multi_step"]) for row in rows[309:]] == list(many.mean)
    assert [float(row["future_5"]) for row in rows[309:]] == list(paths[4])
    assert rows[309]["value"] == ""


def test_coefficients_csv_holds_every_number(drawn: Drawn) -> None:
    found = drawn[0]
    rows = list(csv.DictReader(io.StringIO(coefficients_csv(found))))
    assert [row["coefficient"] for row in rows] == list(found.names)
    assert [float(row["estimate"]) for row in rows] == list(found.estimates)
    assert [float(row["high_95"]) for row in rows] == list(found.intervals[:, 1])


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.632, "p = 0.63"),
        (1.278e-05, "p = 1.3·10⁻⁵"),
        (8e-06, "p = 8·10⁻⁶"),
        (0.0, "p < 10⁻³⁰⁰"),
        (math.nan, "p = –"),
    ],
)
def test_a_p_value_has_two_digits_and_is_never_0(p: float, words: str) -> None:
    assert p_value(p) == words


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 1, 0)], ids=str)
def test_the_sentences_on_the_residuals_name_the_lags_the_degrees_and_the_verdict(
    order: tuple[int, int, int],
) -> None:
    found = fit(load_series("sunspots"), *order)
    checks = check_residuals(found)
    box, gaussian = sentences(checks, found)
    lags, removed = checks.lags_tested, order[0] + order[2]
    assert f"lags 1 to {lags} together: Q = {checks.ljung_box:.1f}, p = " in box
    assert f"{lags} − {removed} = {lags - removed} degrees of freedom" in box
    assert ("still depend" in box) == (checks.ljung_box_p < 0.05)
    assert ("is not Gaussian, so" in gaussian) == (checks.jarque_bera_p < 0.05)
    assert not re.search(r"\de[-+]", box + gaussian), "no number as a computer writes it"


def test_a_model_without_weights_loses_no_degrees_of_freedom() -> None:
    found = fit(load_series("nile"), 0, 0, 0)
    words = sentences(check_residuals(found), found)[0]
    assert "20 degrees of freedom: no φ or θ was fitted" in words
