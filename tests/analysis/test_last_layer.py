"""The products of the last layer add up to the logit that the network gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from arviz_models.analysis.conditionals import conditionals
from arviz_models.analysis.last_layer import last_layer
from arviz_models.pixelcnn import PixelCNN


@pytest.mark.parametrize("levels", [2, 4])
def test_products_and_bias_add_up_to_the_logits_of_the_pixel(levels: int) -> None:
    torch.manual_seed(0)
    model = PixelCNN((1, 5, 5), levels=levels, features=6, layers=1)
    x = np.random.default_rng(0).integers(0, levels, (5, 5))
    for target in (0, 13, 24):
        found = last_layer(model, x, target)
        total = found["b"] + found["W"] @ found["h"]
        assert total == pytest.approx(found["z"], abs=1e-6)
        logits = conditionals(model, x)["logits"][target]
        assert found["z"] == pytest.approx(logits[-len(found["z"]) :], abs=1e-6)
        assert (found["h"] >= 0).all()
