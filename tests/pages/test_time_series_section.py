"""The time-series section: its controls, its link, uploads good and bad, without a browser."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import time_series
from arviz_models.time_series import fit, load_series
from pages.ui import time_series_lesson
from tests.pages.visiting import link, whole


def page() -> None:
    from pages.ui import lesson
    from pages.ui.state import Integer, Link
    from pages.ui.time_series_lesson import FIELDS, section

    link = Link("chain_rule", {"seed": Integer(0, 999), **FIELDS})
    state = link.read()
    lesson.show_notices(link)
    section(link, state)


def visit(**query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for name, text in query.items():
        app.query_params[name] = text
    return app.run()


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption, *app.latex))


def upload(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    app.file_uploader(key="ts.file").upload(name, content, "text/csv")
    return app.run()


WALK = np.random.default_rng(0).normal(size=40).cumsum()
GOOD = ("level\n" + "\n".join(f"{value:.4f}" for value in WALK)).encode()


def test_limits_are_those_of_the_model() -> None:
    for name in ("SERIES", "MOST_P", "MOST_D", "MOST_Q"):
        assert getattr(time_series_lesson, name) == getattr(time_series, name)


def test_importing_the_section_waits_for_nothing_slow() -> None:
    """The page's first paint must not wait for what a closed section needs."""
    slow = (
        "statsmodels",
        "scipy",
        "matplotlib",
        "arviz_models.time_series",
    )
    code = (
        f"import sys, pages.ui.time_series_lesson; print([m for m in {slow} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_section_opens_with_yules_model() -> None:
    app = visit()
    whole(app)
    assert link(app) == {}
    assert app.subheader[0].value == "Where the name comes from: time series"
    assert len(app.error) == len(app.warning) == 0
    assert len(app.get("plotly_chart")) == 2
    found = fit(load_series("sunspots"), 2, 0, 0)
    assert "AR(2)" in said(app)
    assert f"{found.constant:.3g}" in app.latex[0].value
    assert f"{found.phi[0]:.3g}" in app.latex[0].value
    assert f"AIC {found.aic:.2f}" in said(app)
    shown = app.dataframe[0].value
    np.testing.assert_allclose(shown["estimate"], found.estimates)
    np.testing.assert_allclose(shown["standard error"], found.errors)


def test_a_link_restores_everything() -> None:
    query = {
        "ts_series": "inflation",
        "ts_p": "1",
        "ts_d": "1",
        "ts_q": "1",
        "ts_view": "many steps",
        "ts_horizon": "12",
        "ts_futures": "7",
        "ts_back": "1",
        "ts_whole": "1",
    }
    app = visit(**query)
    whole(app)
    assert link(app) == query
    assert "ARIMA(1, 1, 1)" in said(app)
    assert app.number_input(key="chain_rule.ts_d").value == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [("ts_p", "13"), ("ts_d", "x"), ("ts_series", "uploaded"), ("ts_horizon", "0")],
)
def test_a_bad_link_falls_back_with_a_notice(name: str, text: str) -> None:
    app = visit(**{name: text})
    whole(app)
    assert name in app.warning[0].value
    assert link(app) == {}


def test_a_control_changes_the_fit_and_the_link() -> None:
    app = visit()
    app.number_input(key="chain_rule.ts_p").set_value(3).run()
    whole(app)
    assert link(app) == {"ts_p": "3"}
    assert "AR(3)" in said(app)


@pytest.mark.parametrize("name", time_series_lesson.SERIES)
def test_every_series_is_shown_with_its_source_and_licence(name: str) -> None:
    app = visit(ts_series=name, ts_p="1")
    whole(app)
    series = load_series(name)
    for words in (series.title, series.unit, series.source, series.licence):
        assert words in said(app)


def test_white_noise_has_no_chart_of_weights() -> None:
    app = visit(ts_p="0")
    whole(app)
    assert "white noise" in said(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("tab", ["Residuals", "Take away"])
def test_other_tabs_open(tab: str) -> None:
    app = visit()
    app.session_state["ts.tabs"] = tab
    app.run()
    whole(app)
    if tab == "Residuals":
        assert "Ljung-Box over 20 lags" in said(app)
    else:
        buttons: list[Any] = list(app.get("download_button"))
        labels = [button.label for button in buttons]
        assert labels == ["Fan, PNG", "Fan, SVG", "Forecasts, CSV", "Coefficients, CSV"]


def test_a_good_file_is_fitted() -> None:
    app = upload(visit(), GOOD)
    whole(app)
    assert len(app.error) == 0
    assert app.selectbox(key="chain_rule.ts_series").value == "uploaded"
    assert "level: 40 values" in said(app)
    app.selectbox(key="chain_rule.ts_series").set_value("nile").run()
    whole(app)
    assert "Nile" in said(app)


def test_a_bad_file_is_refused_in_words_and_the_series_before_it_stays() -> None:
    app = upload(visit(), GOOD)
    app = upload(app, GOOD.replace(b"\n", b"\nhigh\n", 1), "worse [file].csv")
    whole(app)
    assert "Row 2: “high” is not a number" in app.error[0].value
    assert "worse ·file·.csv" in app.error[0].value
    assert "level: 40 values" in said(app)


def test_a_series_too_short_for_its_model_says_so() -> None:
    app = upload(visit(), GOOD[:150])
    app.number_input(key="chain_rule.ts_p").set_value(12)
    app.number_input(key="chain_rule.ts_q").set_value(4).run()
    whole(app)
    assert "needs 24 values or more" in app.error[0].value
    assert len(app.number_input) == 3, "the controls stay"


def test_a_model_that_does_not_converge_says_so() -> None:
    app = upload(visit(), GOOD[:230])
    app.number_input(key="chain_rule.ts_p").set_value(5)
    app.number_input(key="chain_rule.ts_q").set_value(4).run()
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
    app = visit()
    app.slider(key="chain_rule.ts_horizon").set_value(5).run()
    visit()
    whole(app)
    assert count == 1


def test_a_stopped_fit_can_be_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_series_lesson, "PATIENCE", 0.0)
    app = visit()  # the progress and its Stop are gone when the fit is done
    assert "Stop" not in [button.label for button in app.button]
    fits = time_series_lesson._fits()
    [key] = fits
    fits.clear()
    app.session_state[time_series_lesson.STOPPED_KEY] = key
    app.run()
    whole(app)
    assert "stopped" in app.info[0].value
    assert len(fits) == 0
    next(button for button in app.button if button.label == "Fit again").click().run()
    whole(app)
    assert len(app.info) == 0
    assert len(fits) == 1
