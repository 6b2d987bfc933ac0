"""What the residuals of a fitted series say: whether the model has left anything to predict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arviz_models.analysis.series import Array
from arviz_models.analysis.time_series import Fit


@dataclass(frozen=True, eq=False)
class Checks:
    """Whether the residuals look like independent Gaussian noise.

    Attributes:
        acf: (lags + 1,), their autocorrelation; the first is 1.
        bound: 95 % of the autocorrelations of independent noise lie within ± this.
        lags_tested: lags 1 to this one are tested together by Ljung-Box.
        removed: degrees of freedom taken off them, one for each fitted φ and θ.
        ljung_box, ljung_box_p: statistic and p-value, of χ² with lags_tested − removed degrees.
        skewness, kurtosis: 0 and 3 for a Gaussian.
        jarque_bera, jarque_bera_p: statistic and p-value that they are.
    """

    acf: Array
    bound: float
    lags_tested: int
    removed: int
    ljung_box: float
    ljung_box_p: float
    skewness: float
    kurtosis: float
    jarque_bera: float
    jarque_bera_p: float


def check_residuals(fit: Fit) -> Checks:
    """ACF, Ljung-Box (p + q degrees of freedom taken off) and Jarque-Bera of the residuals."""
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera
    from statsmodels.tsa.stattools import acf

    n, removed = len(fit.residuals), fit.p + fit.q
    lags = min(n - 1, max(min(20, n // 5), removed + 3))
    box = acorr_ljungbox(fit.residuals, lags=[lags], model_df=removed)
    box_statistic, box_p = (float(box[name].iloc[0]) for name in ("lb_stat", "lb_pvalue"))
    jb, jb_p, skewness, kurtosis = map(float, jarque_bera(fit.residuals))
    return Checks(
        acf=np.asarray(acf(fit.residuals, nlags=lags)),
        bound=1.959963984540054 / np.sqrt(n),
        lags_tested=lags,
        removed=removed,
        ljung_box=box_statistic,
        ljung_box_p=box_p,
        skewness=skewness,
        kurtosis=kurtosis,
        jarque_bera=jb,
        jarque_bera_p=jb_p,
    )
