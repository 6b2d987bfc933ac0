"""Whether an engine draws what Python draws: what it is asked, and how its answers are compared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arviz_models import NADE, AutoregressiveModel, list_pretrained, load_pretrained
from arviz_models.cards import read_card
from arviz_models.ordering import named_order
from pages.ui.engine import CLASSES
from tests.engine_cases import (
    Case,
    Conversation,
    Engine,
    in_node,
    random_x,
    small_cases,
    some_given,
)

TOLERANCE = 1e-4  # of a probability
SEEDS = (*range(50), 2**32 + 5)
KERNELS = {True: "WebAssembly SIMD", False: "JavaScript"}
SMALL = list(small_cases())


def shipped(kinds: Sequence[str] = CLASSES) -> list[str]:
    """Names of the checkpoints of some classes."""
    return [name for name in list_pretrained() if read_card(name)["class"] in kinds]


def small_cases_of(kind: str) -> list[Case]:
    """The small models of a class."""
    return [case for case in SMALL if case.name.split("-")[0] == kind.lower()]


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

    Python computes in double precision: in single precision it may be as far from what is right as
    the engine is, and both roundings would count, at a low temperature several times.

    Python follows the engine's values, so that one value which rounding decides does not hide the
    steps after it. Where several samples have the same values, it draws once.
    """
    model = deepcopy(model).double()
    views: dict[Any, dict[Any, tuple[dict[str, Any], list[Any]]]] = defaultdict(dict)
    for request, sample in zip(requests, samples, strict=True):
        view_of = (tuple(request.get("order", ())), request.get("start"))
        drawn_of = (json.dumps(request), sample["values"].tobytes())
        views[view_of].setdefault(drawn_of, (request, []))[1].append(sample)
    for its in views.values():
        group = list(its.values())
        view = variant(model, group[0][0])
        order = view.order.numpy()
        numbers = torch.cat([uniforms_of(view, request) for request, _ in group], dim=1)
        drawn = np.stack([alike[0]["values"] for _, alike in group])  # (n, D), by step
        x = np.empty_like(drawn, dtype=np.int64)
        x[:, order] = drawn
        temperature = torch.tensor([float(request.get("temperature", 1)) for request, _ in group])
        steps = view.draw_steps(
            numbers,
            given=torch.from_numpy(x).view(-1, *model.event_shape),
            temperature=temperature,
        )
        probs = torch.stack([step.probs for step in steps], dim=1).numpy()  # (n, D, K)
        for j, (request, alike) in enumerate(group):
            uniforms = numbers[: model.dimensions, j].numpy()
            given = np.array(request.get("given", [-1] * model.dimensions))[order]
            for sample in alike:
                assert np.array_equal(sample["order"], order)
                assert np.array_equal(sample["uniforms"], uniforms)
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
    """Each conditional of x, (N, *event_shape), by one full pass."""
    expected = torch.log_softmax(model.logits(x), -1).exp().numpy()
    for one, its in zip(expected, logits, strict=True):
        found = torch.softmax(torch.tensor(its).view(*model.event_shape, model.levels), -1)
        np.testing.assert_allclose(found.numpy(), one, atol=TOLERANCE)


def check_checkpoint(name: str, folder: Path, engine: Engine = in_node) -> None:
    """A shipped checkpoint, fifty seeds and both kernels."""
    model = load_pretrained(name, "cpu")
    talk = Conversation(folder, engine)
    asked, x = requests_for(model, SEEDS), random_x(model, 2)
    for simd in KERNELS:
        talk.ask(name, asked, x, simd=simd)
    compare(model, asked, x, talk.answers())


def check_small(
    cases: Sequence[Case],
    seeds: Sequence[int],
    folder: Path,
    engine: Engine = in_node,
    kernels: Sequence[bool] = tuple(KERNELS),
) -> None:
    """Many small models at once."""
    talk, models = Conversation(folder, engine), []
    for case in cases:
        model = case.saved(folder)
        models.append((case, model, requests_for(model, seeds), random_x(model, 2)))
        for simd in kernels:
            talk.ask(case.name, *models[-1][2:], folder, simd)
    assert models
    answers = iter(talk.answers())
    for case, model, asked, x in models:
        try:
            compare(model, asked, x, [next(answers) for _ in kernels], kernels)
        except AssertionError as error:
            raise AssertionError(f"{case.name}: {error}") from error
    assert next(answers, None) is None


def compare(
    model: AutoregressiveModel,
    asked: Sequence[dict[str, Any]],
    x: Tensor,
    answers: Sequence[dict[str, Any]],
    kernels: Sequence[bool] = tuple(KERNELS),
) -> None:
    """The answers of some kernels to the same requests are those of Python."""
    assert [answer["kernel"] for answer in answers] == [KERNELS[simd] for simd in kernels]
    samples = [sample for answer in answers for sample in answer["samples"]]
    assert_same(model, [*asked] * len(answers), samples)
    for answer in answers:
        assert_logits(model, x, answer["logits"])
