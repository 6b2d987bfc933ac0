"""The engine of the browser draws what Python draws: values, conditionals, uniforms, internals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from arviz_models import (
    MADE,
    NADE,
    AutoregressiveModel,
    DiagonalBiLSTM,
    GatedPixelCNN,
    PixelCNN,
    PixelSNAIL,
    RowLSTM,
    list_pretrained,
    load_pretrained,
)
from arviz_models.analysis.last_layer import last_layer
from arviz_models.catalogue import CLASSES
from arviz_models.image_model import ImageModel
from arviz_models.ordering import named_order
from tests.engine_cases import (
    ASSETS,
    Case,
    Conversation,
    named_case,
    random_x,
    small_cases,
    some_given,
)

TOLERANCE = 1e-4  # of a probability
SMALL = list(small_cases())
ENGINE = (
    "NADE",
    "MADE",
    "PixelCNN",
    "GatedPixelCNN",
    "PixelSNAIL",
    "RowLSTM",
    "DiagonalBiLSTM",
)


def requests_for(model: AutoregressiveModel, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """What is asked for every seed, and the variants, each for some of the seeds."""
    asked: list[dict[str, Any]] = [{"seed": seed} for seed in seeds]
    for seed in seeds[: max(1, len(seeds) // 4)]:
        given = some_given(model, seed).flatten().tolist()
        asked += [
            {"seed": seed, "given": given},
            {"seed": seed, "temperature": 0.5, "given": given},
            {"seed": seed, "temperature": 0},
            {"seed": seed, "temperature": 1.7, "first": 2},
        ]
        if isinstance(model, NADE):
            asked.append({"seed": seed, "start": "gaussian"})
            asked.append({"seed": seed, "start": "gaussian", "first": 1})
        if getattr(model, "order_agnostic", False):
            for name in ("reversed", "random"):
                order = named_order(name, model.event_shape, seed=5).tolist()
                asked.append({"seed": seed, "order": order})
    return asked


def variant(model: AutoregressiveModel, request: dict[str, Any]) -> AutoregressiveModel:
    """The model under the order and the start of a request."""
    if "order" in request:
        model = model.with_order(request["order"])
    if "start" in request:
        assert isinstance(model, NADE)
        model = model.with_start(request["start"])
    return model


def uniforms_of(model: AutoregressiveModel, request: dict[str, Any]) -> Tensor:
    """The column of random numbers of one request: that of its seed and sequence number."""
    generator = torch.Generator().manual_seed(request["seed"])
    first = request.get("first", 0)
    return model.random_numbers(first + 1, generator)[:, first:]


def assert_same(
    model: AutoregressiveModel, requests: Sequence[dict[str, Any]], samples: Sequence[Any]
) -> None:
    """Each sample of the engine is what Python's decoder makes of the same random numbers.

    Python follows the engine's values, so that one value which rounding decides does not hide the
    steps after it.
    """
    together = defaultdict(list)
    for request, sample in zip(requests, samples, strict=True):
        key = (tuple(request.get("order", ())), request.get("start"))
        together[key].append((request, sample))
    for group in together.values():
        view = variant(model, group[0][0])
        order = view.order.numpy()
        numbers = torch.cat([uniforms_of(view, request) for request, _ in group], dim=1)
        drawn = np.stack([sample["values"] for _, sample in group])  # (n, D), by step
        x = np.empty_like(drawn, dtype=np.int64)
        x[:, order] = drawn
        temperature = torch.tensor([float(request.get("temperature", 1)) for request, _ in group])
        steps = view.draw_steps(
            numbers,
            given=torch.from_numpy(x).view(-1, *model.event_shape),
            temperature=temperature,
        )
        probs = torch.stack([step.probs for step in steps], dim=1).numpy()  # (n, D, K)
        for j, (request, sample) in enumerate(group):
            assert np.array_equal(sample["order"], order)
            uniforms = numbers[: model.dimensions, j].numpy()
            assert np.array_equal(sample["uniforms"], uniforms)
            given = np.array(request.get("given", [-1] * model.dimensions))[order]
            assert_trace(sample, probs[j], uniforms, given)


def assert_trace(sample: Any, probs: np.ndarray, uniforms: np.ndarray, given: np.ndarray) -> None:
    """One trace of the engine, against the conditionals (D, K) of Python."""
    values = sample["values"]
    found = sample["probs"].reshape(probs.shape)
    sums = probs.astype(np.float64).cumsum(1)[:, :-1]
    # With temperature 0, two logits that are equal but for rounding may change places.
    np.testing.assert_allclose(found, probs, atol=TOLERANCE)
    fixed = given >= 0
    assert np.array_equal(values[fixed], given[fixed])
    level = (uniforms[:, None] >= sums).sum(1)
    decided = np.abs(uniforms[:, None] - sums).min(1) >= TOLERANCE
    wrong = ~fixed & decided & (values != level)
    assert not wrong.any(), f"steps {np.flatnonzero(wrong)}"


def assert_logits(model: AutoregressiveModel, x: Tensor, logits: Sequence[np.ndarray]) -> None:
    expected = torch.log_softmax(model.logits(x), -1).exp().numpy()
    for one, its in zip(expected, logits, strict=True):
        found = torch.softmax(torch.tensor(its).view(*model.event_shape, model.levels), -1)
        np.testing.assert_allclose(found.numpy(), one, atol=TOLERANCE)


def check(model: AutoregressiveModel, name: str, seeds: Sequence[int], **options: Any) -> None:
    """Ask the engine about one model, and compare all it answers."""
    talk = Conversation(options.pop("write_to"))
    asked, x = requests_for(model, seeds), random_x(model, 2)
    talk.ask(name, asked, x, **options)
    (answer,) = talk.answers()
    assert answer["kernel"] == ("WebAssembly SIMD" if options.get("simd", True) else "JavaScript")
    assert_same(model, asked, answer["samples"])
    assert_logits(model, x, answer["logits"])


def shipped(kinds: Sequence[str] = ENGINE) -> list[str]:
    return [name for name in list_pretrained() if load_card(name)["class"] in kinds]


COVERED = [name for name in list_pretrained() if name.endswith("14")]
"""Checkpoints of 14×14 images: larger and smaller ones of their classes draw fifty seeds."""


def load_card(name: str) -> dict[str, Any]:
    from arviz_models.cards import read_card

    return read_card(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_a_checkpoint_draws_in_the_browser_what_python_draws(name: str, tmp_path: Path) -> None:
    check(load_pretrained(name, "cpu"), name, [2**32 + 5], write_to=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("simd", [True, False], ids=["simd", "javascript"])
@pytest.mark.parametrize("name", shipped())
def test_a_checkpoint_draws_many_seeds_as_python_does(
    name: str, simd: bool, tmp_path: Path
) -> None:
    seeds = range(6) if name in COVERED else range(50)
    check(load_pretrained(name, "cpu"), name, seeds, write_to=tmp_path, simd=simd)


def small_cases_of(kind: str) -> list[Case]:
    return [case for case in SMALL if case.name.split("-")[0] == kind.lower()]


def check_small(
    cases: Sequence[Case], seeds: Sequence[int], folder: Path, simd: bool = True
) -> None:
    """Ask the engine about many models at once, and compare all it answers."""
    talk, models, asked = Conversation(folder), [], []
    for case in cases:
        model = case.saved(folder)
        models.append((case, model, random_x(model, 2)))
        asked.append(requests_for(model, seeds))
        talk.ask(case.name, asked[-1], models[-1][2], folder, simd)
    assert models
    for (case, model, x), its, answer in zip(models, asked, talk.answers(), strict=True):
        try:
            assert_same(model, its, answer["samples"])
            assert_logits(model, x, answer["logits"])
        except AssertionError as error:
            raise AssertionError(f"{case.name}: {error}") from error


@pytest.mark.parametrize("kind", ENGINE)
def test_small_models_draw_in_the_browser_what_python_draws(kind: str, tmp_path: Path) -> None:
    check_small(small_cases_of(kind)[::5], [7], tmp_path)


def test_the_javascript_kernel_draws_the_same(tmp_path: Path) -> None:
    check_small(SMALL[2::19], [3], tmp_path, simd=False)


@pytest.mark.slow
@pytest.mark.parametrize("simd", [True, False], ids=["simd", "javascript"])
@pytest.mark.parametrize("kind", ENGINE)
def test_small_models_draw_fifty_seeds_as_python_does(
    kind: str, simd: bool, tmp_path: Path
) -> None:
    check_small(small_cases_of(kind), range(50), tmp_path, simd)


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
    assert set(ENGINE) <= set(CLASSES)
    for kind in ENGINE:
        assert small_cases_of(kind)
        assert shipped([kind])
