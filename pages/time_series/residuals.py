"""What the tests of the residuals say, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arviz_models.figures.numbers import decimals, significant

if TYPE_CHECKING:
    from arviz_models.analysis.residual_checks import Checks
    from arviz_models.analysis.time_series import Fit

UNLIKELY = 0.05  # a p-value below it speaks against independent Gaussian noise


def p_value(p: float) -> str:
    """A p-value with its sign: p = 0.63, p = 1.3·10⁻⁵. float64 has no number much below 10⁻³⁰⁰."""
    return "p < 10⁻³⁰⁰" if p == 0 else f"p = {significant(p, 2)}"


def _degrees(checks: Checks, fit: Fit) -> str:
    """How many degrees of freedom the Ljung-Box test has, and why."""
    fitted = [f"{count} {letter}" for count, letter in ((fit.p, "φ"), (fit.q, "θ")) if count]
    lags, removed = checks.lags_tested, checks.removed
    if not fitted:
        return f"Its χ² has {lags} degrees of freedom: no φ or θ was fitted, so none are removed."
    return (
        f"Its χ² has {lags} − {removed} = {lags - removed} degrees of freedom: one is "
        f"removed for each fitted weight ({' and '.join(fitted)})."
    )


def sentences(checks: Checks, fit: Fit) -> tuple[str, str]:
    """What each of the two tests found."""
    return (
        f"Ljung-Box tests lags 1 to {checks.lags_tested} together: "
        f"Q = {decimals(checks.ljung_box, 1)}, {p_value(checks.ljung_box_p)}. "
        f"{_degrees(checks, fit)} "
        + (
            "The residuals still depend on each other: the model misses something."
            if checks.ljung_box_p < UNLIKELY
            else "No sign that the residuals depend on each other."
        ),
        f"Jarque-Bera: {p_value(checks.jarque_bera_p)} (skewness {decimals(checks.skewness, 2)}, "
        f"kurtosis {decimals(checks.kurtosis, 2)}; a Gaussian has 0 and 3). "
        + (
            "The noise is not Gaussian, so the intervals are only approximate."
            if checks.jarque_bera_p < UNLIKELY
            else "No sign that the noise is not Gaussian."
        ),
    )
