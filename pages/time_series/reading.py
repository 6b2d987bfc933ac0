"""What is read below the stage of time series: formula, coefficients, code, mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.time_series.fitting import model_name
from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.analysis.time_series import Fit

CHART = {"displayModeBar": False}


def _fit(stage: Stage) -> Fit | None:
    """The fit of the picture above; where there is none, say so."""
    found: Fit | None = stage.made.get("fit")
    if found is None:
        st.caption("There is no fit now.")
    return found


def formula(stage: Stage) -> None:
    """The model, and the fitted one."""
    st.latex(
        r"\Delta^d x_t = c + \sum_{k=1}^{p} \varphi_k\, \Delta^d x_{t-k} + \varepsilon_t + "
        r"\sum_{k=1}^{q} \theta_k\, \varepsilon_{t-k}, \qquad "
        r"\varepsilon_t \sim \mathcal N(0, \sigma^2)"
    )
    st.markdown(
        "AR(p) has only the **φ**, the weights of past values: the arrows of the picture. MA(q) "
        "has only the **θ**, the weights of past errors. With **d** = 1 the model is one of the "
        "changes Δxₜ = xₜ − xₜ₋₁. So p(xₜ | earlier values) is a Gaussian whose mean is a line: "
        "the chain rule with one conditional for all t."
    )


def code(stage: Stage) -> None:
    """The lines that do it."""
    from arviz_models.analysis import time_series

    show_source(time_series.one_step, time_series.multi_step, time_series.futures)


def mistakes(stage: Stage) -> None:
    """Claims that are not true, and what is."""
    lesson.mistakes(
        [
            (
                "A forecast is one line.",
                "The line is the mean of a distribution. Each sampled future is as wild as the "
                "series itself; the mean is smooth.",
            ),
            (
                "The error grows by the same amount at every step.",
                "An AR model forgets old shocks, so its error levels off at the spread of the "
                "series. With d = 1 it grows without end.",
            ),
            (
                "A better fit one step ahead is better many steps ahead.",
                "Errors are fed back. Test the horizon that you need: **Start in the past**.",
            ),
            (
                "The most probable future is a typical one.",
                "The mean of many futures looks like none of them. Images made by taking the most "
                "probable value at each pixel fail in the same way.",
            ),
        ]
    )


def coefficients(stage: Stage) -> None:
    """All weights with their intervals, and whether the residuals look independent."""
    from arviz_models.analysis.residual_checks import check_residuals
    from arviz_models.figures.numbers import decimals, significant
    from pages.time_series.figures import coefficients_figure, formula
    from pages.time_series.residuals import sentences

    found = _fit(stage)
    if found is None:
        return
    ground = st.context.theme.type or "light"
    name = model_name(found)
    st.markdown("\n\n".join(f"${line}$" for line in formula(found, ground)))
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        first = significant(found.estimates[0], 4)
        mean = {
            0: f"The constant is μ(1 − φ₁ − …) with the mean μ = {first}.",
            1: f"Δxₜ = xₜ − xₜ₋₁. The constant is δ(1 − φ₁ − …) with the drift δ = {first} a step.",
            2: "Δ²xₜ is the difference of the differences; it has no constant.",
        }[found.d]
        ended = "converged" if found.converged else "did not converge"
        st.caption(
            f"{name}: the weights φ of past values and θ of past errors have the colours of the "
            f"chart. {mean} Fitted by maximum likelihood: {ended} after {found.iterations} "
            f"iterations, {found.seconds * 1000:,.0f} ms. Log-likelihood "
            f"{decimals(found.log_likelihood, 2)} nats, AIC {decimals(found.aic, 2)}."
        )
    with right:
        if found.p + found.q:
            st.plotly_chart(coefficients_figure(found, ground), config=CHART, key="ts.weights")
    numbers = {
        "estimate": found.estimates,
        "standard error": found.errors,
        "95 % from": found.intervals[:, 0],
        "95 % to": found.intervals[:, 1],
    }
    written = {name: [significant(each, 4) for each in column] for name, column in numbers.items()}
    st.dataframe(
        {"coefficient": list(found.names), **written},
        hide_index=True,
        height="content",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in numbers},
    )
    said = sentences(check_residuals(found), found)
    st.markdown("\n".join(f"- {sentence}" for sentence in said))
