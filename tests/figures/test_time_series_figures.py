"""Pictures of a series: every mark is a number of the model, in the colour of its meaning."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import numpy as np
import pytest

from arviz_models.figures.nade import figure_bytes
from arviz_models.figures.palette import colours
from arviz_models.figures.time_series import (
    acf_figure,
    coefficients_csv,
    coefficients_figure,
    export_figure,
    forecast_csv,
    forecast_figure,
    formula,
)
from arviz_models.time_series import (
    Array,
    Fit,
    Forecast,
    check_residuals,
    fit,
    futures,
    load_series,
    multi_step,
    one_step,
)

HORIZON = 12
Drawn = tuple[Fit, Forecast, Forecast, Array]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    found = fit(load_series("sunspots"), 2, 0, 1)
    many, paths = multi_step(found, HORIZON), futures(found, HORIZON, 5, 0)
    return found, one_step(found), many, paths


def chart(drawn: Drawn, ground: str = "light", **changed: Any) -> dict[str, Any]:
    """The traces of the main chart by their names."""
    found, one, many, paths = drawn
    given: dict[str, Any] = {"one": one, "many": many, "known": len(found.series)} | changed
    figure = forecast_figure(found.series, paths=paths, ground=ground, horizon=HORIZON, **given)
    return {trace.name: trace for trace in figure.data}


def test_chart_draws_the_series_and_its_predictions(drawn: Drawn) -> None:
    found, one, many, paths = drawn
    traces = chart(drawn, whole=True)
    np.testing.assert_array_equal(traces["seen"].y, found.series.values)
    np.testing.assert_array_equal(traces["one step"].y, one.mean)
    np.testing.assert_array_equal(traces["many steps, mean"].y[1:], many.mean)
    np.testing.assert_array_equal(traces["many steps, mean"].x[1:], 2009 + np.arange(HORIZON))
    lines = np.array(traces["sampled futures"].y).reshape(len(paths), -1)
    np.testing.assert_array_equal(lines[:, 1:-1], paths)
    assert (lines[:, 0] == found.series.values[-1]).all()


def test_bands_are_the_quantiles_of_the_forecast(drawn: Drawn) -> None:
    _, _, many, _ = drawn
    traces = chart(drawn)
    high = np.array(traces["95 % of all futures"].y)[1 : HORIZON + 1]
    np.testing.assert_allclose(high, many.high)
    half = np.array(traces["50 % of all futures"].y)[1 : HORIZON + 1]
    np.testing.assert_allclose((half - many.mean) / many.error, 0.6745, atol=1e-4)


def test_chart_shows_the_part_before_the_fan_unless_asked_for_all(drawn: Drawn) -> None:
    part, whole = chart(drawn), chart(drawn, whole=True)
    assert len(part["seen"].y) == len(part["one step"].y) == 60
    assert len(whole["seen"].y) == 309


def test_each_prediction_can_be_left_out(drawn: Drawn) -> None:
    assert not {"one step", "95 % of one step"} & chart(drawn, one=None).keys()
    alone = chart(drawn, many=None, known=280)
    assert alone.keys() == {"seen", "one step", "95 % of one step"}
    assert alone["seen"].x[-1] == 2008


def test_what_the_fan_does_not_see_is_drawn_apart(drawn: Drawn) -> None:
    found = drawn[0]
    known = len(found.series) - HORIZON
    traces = chart(drawn, known=known, many=multi_step(found, HORIZON, known))
    hidden = traces["what came, hidden from the fan"]
    np.testing.assert_array_equal(hidden.y, found.series.values[known:])
    assert traces["seen"].x[-1] == found.series.times[known - 1]
    np.testing.assert_allclose(traces["many steps, mean"].x[1:], hidden.x)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_colours_are_those_of_the_ground(drawn: Drawn, ground: str) -> None:
    traces, colour = chart(drawn, ground), colours(ground)
    assert traces["seen"].line.color == colour["seen"]
    assert traces["one step"].line.color == colour["target"]
    assert traces["one step"].line.dash == "dot"
    assert traces["many steps, mean"].line.color == colour["target"]
    assert traces["sampled futures"].line.color == colour["sampled-future"]


def test_coefficients_have_their_intervals(drawn: Drawn) -> None:
    found = drawn[0]
    past, errors = coefficients_figure(found, "light").data
    assert list(past.y) == ["φ₁", "φ₂"]
    assert list(errors.y) == ["θ₁"]
    np.testing.assert_array_equal(past.x, found.phi)
    np.testing.assert_allclose(past.x + past.error_x.array, found.intervals[1:3, 1])
    np.testing.assert_allclose(past.x - past.error_x.arrayminus, found.intervals[1:3, 0])


def test_acf_has_all_lags_and_its_bounds(drawn: Drawn) -> None:
    checks = check_residuals(drawn[0])
    figure = acf_figure(checks, "light")
    bars = {x: y for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)}
    assert [bars[lag] for lag in range(1, len(checks.acf))] == list(checks.acf[1:])
    assert sorted(line.y0 for line in figure.layout.shapes) == [-checks.bound, checks.bound]
    outside = next(trace for trace in figure.data if trace.name == "outside")
    assert all(abs(y) > checks.bound for y in outside.y)


@pytest.mark.parametrize("order", [(2, 0, 0), (1, 1, 1), (0, 2, 1), (0, 0, 0), (12, 1, 0)])
def test_formula_holds_the_fitted_numbers(order: tuple[int, int, int]) -> None:
    found = fit(load_series("nile"), *order)
    text = formula(found, "light")
    for value in (*found.phi, *found.theta):
        assert f"{abs(value):.3g}" in text
    assert (f"{found.constant:.3g}" in text) or found.d == 2
    assert text.count(r"\textcolor") == found.p + found.q
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"(?<!\\)&", text)) == text.count(r"\\") + 1


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
