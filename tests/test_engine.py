"""The engine of the browser draws what Python draws: values, conditionals, uniforms, internals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import (
    MADE,
    NADE,
    AutoregressiveModel,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    PixelSNAIL,
    RowLSTM,
    catalogue,
)
from arviz_models.analysis.last_layer import last_layer
from arviz_models.image_model import ImageModel
from tests.engine_cases import ASSETS, Case, Conversation, named_case, random_x
from tests.engine_parity import (
    CLASSES,
    SEEDS,
    SMALL,
    TOLERANCE,
    check_checkpoint,
    check_small,
    shipped,
    small_cases_of,
)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_a_checkpoint_draws_fifty_seeds_as_python_does(name: str, tmp_path: Path) -> None:
    check_checkpoint(name, tmp_path)


@pytest.mark.parametrize("kind", CLASSES)
def test_small_models_draw_in_the_browser_what_python_draws(kind: str, tmp_path: Path) -> None:
    check_small(small_cases_of(kind)[::5], [7], tmp_path, kernels=[True])


def test_the_javascript_kernel_draws_the_same(tmp_path: Path) -> None:
    check_small(SMALL[2::19], [3], tmp_path, kernels=[False])


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLASSES)
def test_small_models_draw_fifty_seeds_as_python_does(kind: str, tmp_path: Path) -> None:
    check_small(small_cases_of(kind), SEEDS, tmp_path)


INTERNALS = {
    "NADE": ["a", "h"],
    "MADE": ["h1"],
    "PixelCNN": ["features"],
    "GatedPixelCNN": ["features"],
    "PixelSNAIL": ["layer1.weights", "layer2.weights"],
    "RowLSTM": [f"layer2.{name}" for name in "ofigch"],
    "DiagonalBiLSTM": [
        f"layer1.{direction}.{name}" for direction in ("direct", "mirrored") for name in "ofigch"
    ],
}


def inner_cases() -> list[Case]:
    """Of each class with internals one whose layers are there and whose state moves."""
    parts = (
        "nade-2x4x3-levels-2",
        "made-1x3x4-levels-2-hidden-6-5-degrees-random-direct-True",
        "pixelcnn-1x5x4-levels-2-features-3",
        "pixelcnn-1x3x6-levels-5-features-8",
        "pixelsnail-1x5x4-levels-3-features-3-layers-2",
        "rowlstm-1x5x4-levels-2-features-3",
        "diagonalbilstm-1x5x4-levels-3-features-3",
        "diagonalbilstm-1x5x4-levels-2-features-8",
    )
    return [case for part in parts for case in SMALL if part in case.name]


@pytest.mark.parametrize("case", inner_cases(), ids=lambda case: case.name)
def test_the_internals_are_those_of_python(case: Case, tmp_path: Path) -> None:
    model = case.saved(tmp_path)
    names = INTERNALS[type(model).__name__]
    talk = Conversation(tmp_path)
    talk.ask(case.name, [{"seed": 4, "n": 2, "internals": names}], folder=tmp_path)
    sample = talk.answers()[0]["samples"][0]
    numbers = model.random_numbers(2, torch.Generator().manual_seed(4))
    x = torch.empty(2, model.dimensions, dtype=torch.long)
    x[:, model.order] = torch.tensor(sample["values"].reshape(-1, 2).T.astype(np.int64))
    steps = list(model.draw_steps(numbers, given=x.view(2, *model.event_shape)))
    assert list(sample["internals"]) == names
    for name in names:
        expected = np.stack([step.internals[name].numpy() for step in steps])  # (D, n, size)
        assert np.abs(expected).max() > 0
        found = sample["internals"][name].reshape(expected.shape)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("part", ["pixelcnn-1x3x6-levels-5", "gatedpixelcnn-"])
def test_what_the_last_layer_reads_is_that_of_python(part: str, tmp_path: Path) -> None:
    case = next(case for case in SMALL if case.name.startswith(part))
    model = case.saved(tmp_path)
    assert isinstance(model, ImageModel)
    talk = Conversation(tmp_path)
    talk.ask(case.name, [{"seed": 4, "n": 1, "internals": ["head"]}], folder=tmp_path)
    sample = talk.answers()[0]["samples"][0]
    x = sample["values"].reshape(model.event_shape[1:])  # in raster order
    for target, found in enumerate(sample["internals"]["head"].reshape(x.size, -1)):
        expected = last_layer(model, x, target)["h"]
        np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=TOLERANCE)


def wide_cases() -> list[Case]:
    """Models with units enough, and weights mild enough, to react to all that they can read."""
    settings: list[tuple[type[AutoregressiveModel], dict[str, Any]]] = [
        (NADE, {"hidden": 12}),
        (NADE, {"hidden": 12, "levels": 3, "order": "spiral"}),
        (MADE, {"hidden": (90,), "order": "reversed"}),
        (MADE, {"hidden": (90, 90), "levels": 3, "degrees": "even"}),
        (MADE, {"hidden": (15,), "masks": 3, "direct": True, "order": "column-wise"}),
        (PixelCNN, {"features": 16, "layers": 2, "first_kernel": 3}),
        (PixelCNN, {"features": 16, "layers": 1, "first_kernel": 5, "levels": 3}),
        (GatedPixelCNN, {"features": 8, "layers": 2, "first_kernel": 3}),
        (PixelSNAIL, {"features": 8, "layers": 1, "trunk": 1, "first_kernel": 3}),
        (PixelSNAIL, {"features": 8, "layers": 1, "trunk": 1, "own_pixel": False}),
        (RowLSTM, {"features": 8, "layers": 1, "first_kernel": None}),
        (RowLSTM, {"features": 8, "layers": 2, "first_kernel": 3}),
        (DiagonalBiLSTM, {"features": 8, "layers": 2, "first_kernel": 3}),
        (DiagonalBiLSTM, {"features": 8, "layers": 1, "first_kernel": 3, "full_context": True}),
    ]
    cases = [named_case(kind, (1, 4, 5), **options) for kind, options in settings]
    return [replace(case, spread=0.4) for case in cases]


def test_the_engine_reads_exactly_what_the_structure_says(tmp_path: Path) -> None:
    """By finite differences: no pixel more, none less, over many images."""
    talk, models, bases = Conversation(tmp_path), [], 24
    for case in wide_cases():
        model = case.saved(tmp_path)
        D = model.dimensions
        base = random_x(model, bases).flatten(1)  # (bases, D)
        x = base[:, None].repeat(1, D + 1, 1)  # the last is not changed
        x[:, range(D), range(D)] = (x[:, range(D), range(D)] + 1) % model.levels
        talk.ask(case.name, [], x.flatten(0, 1), tmp_path)
        models.append((case, model))
    for (case, model), answer in zip(models, talk.answers(), strict=True):
        D = model.dimensions
        logits = np.stack(answer["logits"]).reshape(bases, D + 1, D, model.levels)
        changed = (logits[:, :-1] != logits[:, -1:]).any((0, 3)).T  # [i, j]: i reads j
        expected = model.dependencies().numpy()
        assert np.array_equal(changed, expected), (
            f"{case.name}: {(changed & ~expected).sum()} pairs too many, "
            f"{(expected & ~changed).sum()} of {expected.sum()} missing"
        )


def test_a_shipped_model_takes_at_most_16_mb_of_a_phone_and_all_together_48() -> None:
    """As docs/ENGINE.md says: float16 is widened to float32 in the memory of the engine."""
    memory = [
        2 * (ASSETS / "checkpoints" / f"{name}.safetensors").stat().st_size for name in shipped()
    ]
    assert max(memory) <= 16 * 2**20
    assert sum(memory) <= 48 * 2**20


def test_every_model_of_the_catalogue_is_tried_on_the_engine() -> None:
    assert set(CLASSES) <= set(catalogue.CLASSES)
    for kind in CLASSES:
        assert small_cases_of(kind)
        assert shipped([kind])
