"""Networks of equal size: as many parameters, and the same ones each time."""

from __future__ import annotations

import pytest
import torch

from arviz_models.analysis.equal_size import build, of_size, parameters
from arviz_models.cards import read_card

SHIPPED = ("pixelcnn-mnist", "row-lstm-mnist", "diagonal-bilstm-mnist")


@pytest.mark.parametrize("name", SHIPPED)
def test_parameters_come_within_five_percent_of_what_is_wanted(name: str) -> None:
    card = read_card(name)
    wanted = read_card("row-lstm-mnist")["parameters"]
    config = of_size(card["class"], card["config"], wanted)
    assert abs(parameters(build(card["class"], config)) - wanted) <= 0.05 * wanted
    assert {**config, "features": 0} == {**card["config"], "features": 0}


def test_no_other_number_of_features_comes_nearer() -> None:
    card = read_card("pixelcnn-mnist")
    found = of_size(card["class"], card["config"], 46_529)["features"]
    sizes = {
        features: parameters(build(card["class"], {**card["config"], "features": features}))
        for features in range(found - 2, found + 3)
    }
    assert min(sizes, key=lambda features: abs(sizes[features] - 46_529)) == found


def test_weights_are_the_same_each_time_and_leave_the_callers_random_numbers_alone() -> None:
    config = {"event_shape": [1, 4, 4], "levels": 2, "features": 3, "layers": 1}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, other = build("RowLSTM", config), build("RowLSTM", config)
    assert torch.equal(torch.rand(1), expected)
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))
