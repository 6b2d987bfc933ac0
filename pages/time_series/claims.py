"""What the steps about time series claim, computed by fitting the series again."""

from __future__ import annotations

from typing import Any

import numpy as np

from arviz_models.analysis.residual_checks import check_residuals
from arviz_models.analysis.series import Array, load_series
from arviz_models.analysis.time_series import Fit, Forecast, fit, futures, multi_step, one_step

HORIZON, FAR, PATHS, SEED = 24, 60, 30, 0


def rmse(values: Array, forecast: Forecast, start: int) -> float:
    """Root of the mean squared error of a forecast, from index `start` of the series on."""
    mean = forecast.mean[start - forecast.start :][: len(values) - start]
    return float(np.sqrt(np.mean((values[start:] - mean) ** 2)))


def backtest(found: Fit) -> list[float]:
    """RMSE over the last values: one step ahead, and all at once."""
    values = found.series.values
    start = len(values) - HORIZON
    return [
        rmse(values, one_step(found), start),
        rmse(values, multi_step(found, HORIZON, start), start),
    ]


def compute() -> dict[str, Any]:
    """All claims, by name."""
    sunspots, nile = load_series("sunspots"), load_series("nile")
    two, nine = fit(sunspots, 2, 0, 0), fit(sunspots, 9, 0, 0)
    far = multi_step(two, FAR)
    paths = futures(two, FAR, PATHS, SEED)
    forgetful, changes = fit(nile, 1, 0, 0), fit(nile, 0, 1, 1)
    levels, grows = multi_step(forgetful, FAR), multi_step(changes, FAR)
    return {
        "AR(2): weights": [two.constant, *map(float, two.phi)],
        "AR(2): noise": float(np.sqrt(two.sigma2)),
        "AR(2): next": float(far.mean[0]),
        "AR(2): AIC": two.aic,
        "AR(9): AIC": nine.aic,
        "AR(9): noise": float(np.sqrt(nine.sigma2)),
        "last values": [float(value) for value in sunspots.values[-3:]],
        "sunspots: spread": float(sunspots.values.std()),
        "error at 1 and 24": [float(far.error[0]), float(far.error[HORIZON - 1])],
        "mean: spread": float(far.mean[HORIZON:].std()),
        "paths: spread": float(paths[:, HORIZON:].std(axis=1).mean()),
        "AR(2): RMSE": backtest(two),
        "AR(9): RMSE": backtest(nine),
        "negative": float((futures(two, HORIZON, PATHS, SEED) < 0).mean()),
        "nile: levels off": [float(levels.mean[-1]), float(levels.error[-1])],
        "nile: spread": float(nile.values.std()),
        "nile: grows": [float(grows.error[at]) for at in (0, HORIZON - 1, FAR - 1)],
        "nile: Ljung-Box": check_residuals(changes).ljung_box_p,
        "AR(2): Ljung-Box": check_residuals(two).ljung_box_p,
    }
