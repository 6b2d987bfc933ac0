"""The time-series lesson: its controls, its link, uploads good and bad, without a browser."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models.analysis import residual_checks, time_series
from arviz_models.analysis.series import SERIES, load_series, unnamed
from arviz_models.analysis.time_series import fit
from arviz_models.figures.numbers import significant
from pages.time_series import fitting, forecast, state
from pages.time_series.figures import formula
from pages.time_series.fitting import fits_kept
from pages.ui import work
from tests.pages import visiting
from tests.pages.visiting import link, open_reading, packed, whole

visit = partial(visiting.visit, "time_series")


def drawn(app: AppTest) -> dict[str, Any]:
    """The meta that the picture was given."""
    return packed(app, "series")[0]


def arrays(app: AppTest) -> dict[str, Any]:
    return packed(app, "series")[1]


def answer(app: AppTest, said: str) -> None:
    [button] = [each for each in app.button if each.label == said]
    button.click().run()
    whole(app)


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption, *app.latex))


def upload(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    app.file_uploader(key="ts.file").upload(name, content, "text/csv")
    return app.run()


WALK = np.random.default_rng(0).normal(size=40).cumsum()
GOOD = ("level\n" + "\n".join(f"{value:.4f}" for value in WALK)).encode()


def test_limits_are_those_of_the_model() -> None:
    assert state.SERIES == SERIES
    for name in ("MOST_P", "MOST_D", "MOST_Q"):
        assert getattr(state, name) == getattr(time_series, name)


def test_a_slow_import_is_waited_for_and_no_reason_for_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker would import statsmodels once more."""
    imported: list[str] = []

    def slow() -> None:
        if not imported:
            time.sleep(2.0)
            imported.append("statsmodels")

    def quick(*_: Any, on_iteration: Callable[[int], None]) -> str:
        time_series.prepare()
        on_iteration(1)
        return "fitted here"

    monkeypatch.setattr(time_series, "prepare", slow)
    monkeypatch.setattr(time_series, "fit", quick)
    monkeypatch.setattr(fitting, "MOMENT", 1.0)
    monkeypatch.setattr(fitting, "_fitted_by_a_worker", lambda *_: "fitted by a worker")
    fitting._loading.clear()
    fits_kept().clear()
    wanted: Any = SimpleNamespace(p=2, d=0, q=0)
    own = unnamed(np.arange(40.0))
    found: Any = fitting.fitted(own, wanted)
    assert found == "fitted here"
    fits_kept().clear()
    fitting._loading.clear()


def test_what_is_prepared_is_all_that_is_slow_to_import() -> None:
    code = (
        "import sys; from arviz_models.analysis import residual_checks as r, series as s; "
        "from arviz_models.analysis import time_series as t; t.prepare(); "
        "before = set(sys.modules); fit = t.fit(s.load_series('sunspots'), 2, 0, 0); "
        "t.one_step(fit); t.multi_step(fit, 2); t.futures(fit, 2, 1, 0); r.check_residuals(fit); "
        "print(*(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(found) < 10, found


def test_importing_the_section_waits_for_nothing_slow() -> None:
    """The page's first paint must not wait for what a closed section needs."""
    slow = (
        "statsmodels",
        "scipy",
        "matplotlib",
        "arviz_models.analysis.time_series",
    )
    code = f"import sys, pages.time_series.lesson; print([m for m in {slow} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.slow
def test_page_opens_with_yules_model() -> None:
    app = visit()
    whole(app)
    assert link(app) == {}
    assert app.title[0].value == "Time series"
    assert len(app.error) == len(app.warning) == 0
    assert len(app.get("plotly_chart")) == 0, "Plotly keeps the browser busy for seconds"
    found = fit(load_series("sunspots"), 2, 0, 0)
    assert drawn(app)["model"] == "AR(2)"
    np.testing.assert_allclose(drawn(app)["phi"], found.phi)
    open_reading(app, "Coefficients")
    whole(app)
    assert f"{found.constant:.3g}" in said(app)
    assert f"{found.phi[0]:.3g}" in said(app)
    assert f"AIC {found.aic:.2f}" in said(app)
    shown = app.dataframe[0].value
    assert list(shown["estimate"]) == [significant(each, 4) for each in found.estimates]
    assert list(shown["standard error"]) == [significant(each, 4) for each in found.errors]
    assert "Ljung-Box tests lags 1 to 20" in said(app)
    assert len(app.get("plotly_chart")) == 1


def test_a_link_restores_everything() -> None:
    query = {
        "series": "inflation",
        "p": "1",
        "d": "1",
        "q": "1",
        "view": "many steps",
        "horizon": "12",
        "futures": "7",
        "back": "1",
        "whole": "1",
    }
    app = visit(**query)
    whole(app)
    assert link(app) == query
    assert drawn(app)["model"] == "ARIMA(1, 1, 1)"
    assert app.number_input(key="time_series.d").value == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [("p", "13"), ("d", "x"), ("series", "uploaded"), ("horizon", "0")],
)
def test_a_bad_link_falls_back_with_a_notice(name: str, text: str) -> None:
    app = visit(**{name: text})
    whole(app)
    assert name in app.warning[0].value
    assert link(app) == {}


def test_a_control_changes_the_fit_and_the_link() -> None:
    app = visit()
    app.number_input(key="time_series.p").set_value(3).run()
    whole(app)
    assert link(app) == {"p": "3"}
    assert drawn(app)["model"] == "AR(3)"


@pytest.mark.slow
@pytest.mark.parametrize("name", state.SERIES)
def test_every_series_is_shown_with_its_source_and_licence(name: str) -> None:
    app = visit(series=name, p="1")
    whole(app)
    series = load_series(name)
    for words in (series.title, series.unit, series.source, series.licence):
        assert words in said(app)


def test_white_noise_has_no_chart_of_weights() -> None:
    app = visit(p="0")
    whole(app)
    assert drawn(app)["model"] == "white noise"
    open_reading(app, "Coefficients")
    assert len(app.get("plotly_chart")) == 0


def test_everything_can_be_taken_away() -> None:
    app = open_reading(visit(tour="3"), "Take away")
    whole(app)
    buttons: list[Any] = list(app.get("download_button"))
    labels = [button.label for button in buttons]
    assert labels == ["Fan, PNG", "Fan, SVG", "Forecasts, CSV", "Coefficients, CSV"]


@pytest.mark.parametrize(
    ("times", "plus"), [(0.01, 1.1), (1e-3, 0.03), (9e8, 3e10), (-1e11, 0.0), (1.0, 1e9)]
)
def test_own_values_of_any_size_reach_the_picture_whole_and_their_formula_is_no_sum(
    times: float, plus: float
) -> None:
    values = plus + times * WALK
    found = fit(unnamed(values), 1, 0, 0)
    app = upload(visit(activity="own", p="1"), "\n".join(map(repr, map(float, values))).encode())
    whole(app)
    np.testing.assert_array_equal(arrays(app)["values"], values)
    np.testing.assert_allclose(arrays(app)["error"][0], np.sqrt(found.sigma2), rtol=1e-3)
    for line in formula(found, "light"):
        assert not re.search(r"e[+-]?\d", re.sub(r"textcolor\{[^}]*\}", "", line)), line


def test_times_beyond_the_end_differ_however_small_their_steps_are() -> None:
    series = replace(
        unnamed(WALK), times=np.linspace(0, 39e-4, 40), labels=("",) * 40, time_unit="s"
    )
    assert forecast.labels(series, 43)[40:] == ["0.004", "0.0041", "0.0042"]
    later = replace(series, times=np.arange(1900.0, 1940.0))
    assert forecast.labels(later, 42)[40:] == ["1940", "1941"]


# --- every step: what its words claim is true of the state that it shows --------------------------


def test_the_next_value_is_the_weighted_sum_of_the_last_and_is_covered_while_it_is_asked() -> None:
    app = visit(tour="2")
    assert drawn(app)["hidden"] == ["prediction"]
    answer(app, "About 2.9")
    meta, given = packed(app, "series")
    assert meta["hidden"] == []
    assert meta["labels"][meta["known"]] == "2009"
    total = meta["constant"] + meta["phi"][0] * 2.9 + meta["phi"][1] * 7.5
    assert given["mean"][0] == pytest.approx(total, abs=1e-3)
    assert given["error"][0] == pytest.approx(meta["sigma"], rel=1e-4)


def test_the_fan_is_covered_while_its_width_is_asked() -> None:
    app = visit(activity="many-steps", tour="2")
    assert drawn(app)["hidden"] == ["fan", "paths"]
    answer(app, "40.3, about 2.4 times as much")
    assert drawn(app)["hidden"] == []
    assert arrays(app)["error"][23] == pytest.approx(40.3, abs=0.05)


def test_one_path_keeps_the_cycle_and_the_mean_does_not() -> None:
    app = visit(activity="many-steps", tour="3")
    assert drawn(app)["hidden"] == ["fan", "labels"]
    given = arrays(app)
    assert given["mean"][24:].std() < 0.1
    assert given["paths"][24:].std() > 20


@pytest.mark.parametrize(("number", "rmse"), [(4, [19.4, 48.4]), (5, [14.6, 22.8])])
def test_the_past_tests_the_model(number: int, rmse: list[float]) -> None:
    meta = drawn(visit(activity="many-steps", tour=str(number)))
    assert meta["labels"][meta["known"]] == "1985"
    np.testing.assert_allclose(meta["rmse"], rmse, atol=0.05)


def test_some_sampled_values_are_below_zero() -> None:
    app = visit(activity="many-steps", tour="6")
    assert drawn(app)["below"] is True
    share = 100 * (arrays(app)["paths"] < 0).mean()
    assert any(f"{share:.0f} % are" in said.value for said in app.markdown)


def test_with_differences_the_fan_grows() -> None:
    app = visit(activity="differences", tour="2")
    levels = arrays(app)["error"]
    assert levels[-1] / levels[23] < 1.01
    answer(app, "It still grows")
    assert drawn(app)["model"] == "ARIMA(0, 1, 1)"
    grows = arrays(app)["error"]
    assert grows[-1] / grows[23] > 1.3


@pytest.mark.parametrize(("number", "outside"), [(3, 1), (4, 3)])
def test_residuals_that_depend_have_more_bars_outside(number: int, outside: int) -> None:
    app = visit(activity="differences", tour=str(number))
    meta, given = packed(app, "series")
    found = int((np.abs(given["acf"]) > meta["bound"]).sum())
    assert (found <= outside) if number == 3 else (found >= outside)
    assert (meta["ljung_box_p"] < 0.05) == (number == 4)


# --- uploads --------------------------------------------------------------------------------------


def test_a_good_file_is_fitted() -> None:
    app = upload(visit(activity="own"), GOOD)
    whole(app)
    assert len(app.error) == 0
    assert app.selectbox(key="time_series.series").value == "uploaded"
    assert "level: 40 values" in said(app)
    app.selectbox(key="time_series.series").set_value("nile").run()
    whole(app)
    assert "Nile" in said(app)


def test_a_file_of_tiny_values_is_fitted_and_its_numbers_are_written_for_a_reader() -> None:
    rows = [f"{1_234_567 + n},{3e-8 * (9 + value):.6e}" for n, value in enumerate(WALK)]
    app = upload(visit(activity="own"), "\n".join(rows).encode())
    whole(app)
    assert len(app.error) == len(app.warning) == 0
    plain = fit(unnamed(9 + WALK), 2, 0, 0)
    np.testing.assert_allclose(drawn(app)["phi"], plain.phi, atol=1e-3)
    assert drawn(app)["sigma"] == pytest.approx(3e-8 * plain.sigma2**0.5, rel=1e-3)
    open_reading(app, "Coefficients")
    whole(app)
    shown = [
        *app.table[0].value["value"],
        *app.table[0].value["time"],
        *app.dataframe[0].value["estimate"],
    ]
    written = " ".join([said(app), *map(str, shown)])
    assert "1234567" in written
    assert "·10⁻⁷" in written
    assert "AIC −" in said(app)
    assert not re.search(r"\de[-+]\d", written)


def test_a_bad_file_is_refused_in_words_and_the_series_before_it_stays() -> None:
    app = upload(visit(activity="own"), GOOD)
    app = upload(app, GOOD.replace(b"\n", b"\nhigh\n", 1), "worse [file].csv")
    whole(app)
    assert "Row 2: “high” is not a number" in app.error[0].value
    assert "worse ·file·.csv" in app.error[0].value
    assert "level: 40 values" in said(app)


def test_amounts_in_an_error_are_no_formula() -> None:
    rows = "\n".join(f"{value}" for value in range(24))
    app = upload(visit(activity="own"), f"$1\n{rows}\n$2".encode())
    whole(app)
    words = app.error[0].value
    assert "$" in words
    assert not re.search(r"(?<!\\)\$", words)


def widgets(app: AppTest, kind: str) -> list[Any]:
    return [each for each in getattr(app, kind) if str(each.key).startswith("ts.")]


def test_what_was_understood_of_a_file_is_shown() -> None:
    rows = [
        f"{day:02}/02/2024;{value:,.2f}"
        for day, value in zip(range(25, 0, -1), 998 + WALK[:25], strict=True)
    ]
    app = upload(visit(activity="own"), "\n".join(["day;level", *rows]).encode())
    whole(app)
    words = said(app).replace("\\", "")
    for told in (
        "Columns: 2, parted by semicolons",
        "First row: the name “level”",
        "Decimal mark: point",
        "Rows: 25, newest first, turned round",
        "First column: day, month, year",
    ):
        assert told in words
    [table] = app.table
    assert [each.replace("\\", "") for each in table.value["time"]][:2] == [
        "2024-02-01",
        "2024-02-02",
    ]
    assert app.selectbox(key="time_series.series").value == "uploaded"


def test_a_file_with_two_meanings_is_asked_about_before_it_is_taken() -> None:
    text = "\n".join(f"{value:,}" for value in range(998, 1023))
    app = upload(visit(activity="own"), text.encode())
    whole(app)
    [asked] = widgets(app, "radio")
    assert "“1,000”" in asked.label.replace("\\", "")
    assert app.selectbox(key="time_series.series").value == "sunspots", "nothing is guessed"
    for answer, value in ((0, 1000.0), (1, 1.0)):
        [asked] = widgets(app, "radio")
        asked.set_value(asked.options[answer].replace("\\", "")).run()
        whole(app)
        series = app.session_state[state.UPLOADED_KEY]
        assert series.values[2] == value
        assert app.selectbox(key="time_series.series").value == "uploaded"


def test_values_without_dates_can_be_turned_round() -> None:
    app = upload(visit(activity="own"), GOOD)
    before = app.session_state[state.UPLOADED_KEY].values
    [toggle] = widgets(app, "toggle")
    toggle.set_value(True).run()
    whole(app)
    after = app.session_state[state.UPLOADED_KEY].values
    np.testing.assert_array_equal(after, before[::-1])


def test_another_file_is_not_read_by_the_answers_for_the_one_before() -> None:
    app = upload(visit(activity="own"), GOOD)
    [toggle] = widgets(app, "toggle")
    toggle.set_value(True).run()
    app = upload(app, GOOD.replace(b"level", b"other"), "other.csv")
    series = app.session_state[state.UPLOADED_KEY]
    np.testing.assert_allclose(series.values, WALK, atol=1e-4)


def test_a_series_too_short_for_its_model_says_so() -> None:
    app = upload(visit(activity="own"), GOOD[:150])
    app.number_input(key="time_series.p").set_value(12)
    app.number_input(key="time_series.q").set_value(4).run()
    whole(app)
    assert "needs 24 values or more" in app.error[0].value
    assert len(app.number_input) == 4, "the controls stay"


def test_a_model_that_does_not_converge_says_so() -> None:
    app = upload(visit(activity="own"), GOOD[:230])
    app.number_input(key="time_series.p").set_value(5)
    app.number_input(key="time_series.q").set_value(4).run()
    whole(app)
    assert any("did not converge" in warning.value for warning in app.warning)


def test_a_fit_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    real = time_series.fit

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        return real(*given, **named)

    monkeypatch.setattr(time_series, "fit", counted)
    fits_kept().clear()
    app = visit(view="many steps")
    app.slider(key="time_series.horizon").set_value(5).run()
    visit()
    whole(app)
    assert count == 1


def test_a_stopped_fit_can_be_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fits_kept().clear()
    monkeypatch.setattr(fitting, "MOMENT", -1.0)  # so a worker does it
    app = visit()  # the progress and its Stop are gone when the fit is done
    assert "Stop" not in [button.label for button in app.button]
    fits = fits_kept()
    [key] = fits
    fits.clear()
    app.session_state[work.STOPPED] = key
    app.run()
    whole(app)
    assert "stopped" in app.info[0].value
    assert len(fits) == 0
    next(button for button in app.button if button.label == "Fit again").click().run()
    whole(app)
    assert len(app.info) == 0
    assert len(fits) == 1


def test_a_step_computes_no_forecast_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any) -> Any:
            asked.append(name)
            return call(*given)

        return count

    monkeypatch.setattr(
        residual_checks,
        "check_residuals",
        counted("check_residuals", residual_checks.check_residuals),
    )
    for name in ("one_step", "multi_step", "futures"):
        monkeypatch.setattr(time_series, name, counted(name, getattr(time_series, name)))
    app = visit()
    whole(app)
    first = arrays(app)
    asked.clear()
    for _ in range(2):
        app.button(key="stage_next").click().run()
        app.button(key="stage_back").click().run()
    whole(app)
    assert len(asked) == len(set(asked))  # what only the next step shows, once
    assert "one_step" not in asked
    assert all(np.array_equal(first[name], each) for name, each in arrays(app).items())
    asked.clear()
    visiting.by_hand(app, "time_series", seed=4712)
    assert asked == ["multi_step", "futures"]  # the past has no random numbers
