"""The flows that ship trained: all are there, whole, and what their names say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from arviz_models import flows, trained_flows
from arviz_models.cards import CheckpointError
from arviz_models.descent import set_weights

NAMES = [trained_flows.name_of(*settings) for settings in trained_flows.SHIPPED]


def test_every_flow_of_the_list_ships_and_no_other() -> None:
    there = {path.stem for path in trained_flows.FOLDER.glob("*.safetensors")}
    assert there == set(NAMES)


@pytest.mark.parametrize("settings", trained_flows.SHIPPED, ids=NAMES)
def test_its_weights_give_the_loss_that_its_training_ended_with(
    settings: tuple[str, str, int, str],
) -> None:
    kind, data, transforms, order = settings
    found = trained_flows.load(trained_flows.name_of(*settings))
    assert found is not None
    assert found.losses.shape == (trained_flows.STEPS,)
    model = flows.flow(kind, 2, transforms, order, seed=trained_flows.SEED)
    set_weights(model, found.weights)
    loss = flows.loss_on(model, flows.dataset(data))
    assert loss == pytest.approx(float(found.losses[-100:].mean()), abs=0.03)
    assert found.losses[0] - loss > 0.05


def test_a_name_that_does_not_ship_gives_none() -> None:
    assert trained_flows.load("maf-moons-3-random") is None


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    whole = (trained_flows.FOLDER / f"{NAMES[0]}.safetensors").read_bytes()
    (tmp_path / f"{NAMES[0]}.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"damaged.*trained_flows"):
        trained_flows.load(NAMES[0], tmp_path)


@pytest.mark.slow
def test_training_it_again_gives_the_same_flow(tmp_path: Path) -> None:
    again = trained_flows.train(NAMES[0], tmp_path)
    shipped = trained_flows.load(NAMES[0])
    assert shipped is not None
    # Another processor rounds otherwise, and a training carries that on.
    np.testing.assert_allclose(again.losses[:20], shipped.losses[:20], rtol=1e-3)
    assert again.losses[-100:].mean() == pytest.approx(shipped.losses[-100:].mean(), abs=0.02)
