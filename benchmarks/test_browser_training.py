"""How long a training step takes in Chromium, as a ratio to torch on one thread.

Both take the same steps of the same run (the same batches and weights), by turns in the same
minute: the ratio holds on a busy machine where the times do not. The step is the same in a Web
Worker, where the lab takes it; messages to the page are few and not counted.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models import flows
from arviz_models.analysis import browser_training, lab
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.lab_training import ModelTraining
from tests.browser.conftest import browser, playwright_and_chromium  # noqa: F401 - fixtures
from tests.engine_cases import ASSETS, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.benchmark

ROUNDS, STEPS = 7, 8  # steps in a row, by turns
SCRIPT = """async ({ settings, bits, dimensions, train }) => {
  const { Run } = await import("/engine/training/run.js");
  const { Images } = await import("/engine/training/images.js");
  const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  const run = new Run(settings, new Images(bytes, dimensions, train));
  window.steps = (count) => {
    const began = performance.now();
    for (let i = 0; i < count; i++) run.takeStep();
    return (performance.now() - began) / count;
  };
}"""

FLOW_SCRIPT = """async ({ settings, bits }) => {
  const { WatchedFlow } = await import("/engine/training/watched_flow.js");
  const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  const flow = new WatchedFlow(settings, new Float32Array(bytes.buffer));
  window.steps = (count) => {
    const began = performance.now();
    for (let i = 0; i < count; i++) flow.learn();
    return (performance.now() - began) / count;
  };
}"""

CASES: dict[str, tuple[Settings, dict[str, Any], float]] = {
    "nade-digits-64": (Settings(), {}, 0.5),
    "nade-mnist-500": (Settings(width=500, data="mnist_binary", batch=64), {}, 0.7),
    "made-mnist14-400": (Settings(model="made", width=400, data="mnist14", batch=100), {}, 0.8),
    "made-mnist-1000": (
        Settings(model="made", width=1000, data="mnist_binary", batch=64),
        {"direct": False},
        0.8,
    ),
    "pixelcnn-digits-16x3": (Settings(model="pixelcnn", width=16, depth=3), {}, 1.5),
    "pixelcnn-mnist14-16x3": (
        Settings(model="pixelcnn", width=16, depth=3, data="mnist14", batch=32),
        {},
        1.5,
    ),
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811
    with served(Path(ASSETS)) as origin:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{origin}/checkpoints/nade-mnist.json")
        yield page
        context.close()


@pytest.mark.parametrize("name", CASES)
def test_a_step_in_the_browser_takes_less_time_than_on_one_core_of_the_server(
    page: Page, name: str
) -> None:
    settings, config, most = CASES[name]
    found = browser_training.images(settings.data)
    options = browser_training.options_of(settings)
    options["config"] |= config
    asked = lab.options_of(settings)
    task = ModelTraining(**asked | {"config": asked["config"] | config})
    page.evaluate(
        SCRIPT,
        {
            "settings": options,
            "bits": base64.b64encode(found.bytes).decode(),
            "dimensions": settings.dimensions,
            "train": found.train,
        },
    )
    assert ratio_of(name, page, task.run.take_step) < most


FLOWS = {"maf-8": ("maf", 8, 0.6), "maf-1": ("maf", 1, 0.4), "iaf-4": ("iaf", 4, 0.4)}


@pytest.mark.parametrize("name", FLOWS)
def test_a_step_of_a_flow_takes_less_time_than_on_one_core_of_the_server(
    page: Page, name: str
) -> None:
    kind, layers, most = FLOWS[name]
    settings = browser_training.flow_options(kind, layers, "reversed", 0, 2000, 2000)
    data = flows.dataset("moons")
    bits = base64.b64encode(data.tobytes()).decode()
    page.evaluate(FLOW_SCRIPT, {"settings": settings, "bits": bits})
    descent = flows.train(flows.flow(kind, 2, layers), data, 2000)
    assert ratio_of(f"flow {name}", page, lambda: next(descent)) < most


def ratio_of(name: str, page: Page, take_step: Callable[[], Any]) -> float:
    """The time of the page's `steps`, as a ratio to that of torch, by turns."""
    page.evaluate(f"steps({2 * STEPS})")
    take_step()
    here, there = [], []
    for _ in range(ROUNDS):
        here.append(page.evaluate(f"steps({STEPS})"))
        began = time.perf_counter()
        for _ in range(STEPS):
            take_step()
        there.append((time.perf_counter() - began) * 1000 / STEPS)
    ratio = median(a / b for a, b in zip(here, there, strict=True))
    print(
        f"\n{name}: browser {median(here):.1f} ms a step, torch {median(there):.1f} ms "
        f"(least {min(here):.1f}, {min(there):.1f}); ratio {ratio:.2f}"
    )
    return ratio
