"""The engine in Chromium, from a plain file server: in a Web Worker, and on the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from arviz_models import load_pretrained
from arviz_models.cards import read_card
from pages.ui.engine import CLASSES
from tests.engine_cases import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# One of each class.
CHECKPOINTS = (
    "nade-mnist",
    "made-digits-any-order",
    "pixelcnn-mnist-grey",
    "gated-pixelcnn-mnist",
    "pixel-snail-digits",
    "row-lstm-mnist",
    "diagonal-bilstm-mnist-full",
)
SEEDS = (0, 7)
# window.drawn(name, seeds): values and probabilities, by a worker and by the page.
SCRIPT = """async () => {
  const { EngineClient } = await import("/engine/client.js");
  const { load } = await import("/engine/index.js");
  const card = (name) => `${location.origin}/checkpoints/${name}.json`;
  window.worker = new Worker("/engine/worker.js", { type: "module" });
  window.client = new EngineClient(window.worker);
  window.drawn = async (name, seeds) => {
    await window.client.load(card(name));
    const model = await load(card(name));
    const traces = [];
    for (const seed of seeds) {
      const there = await window.client.sample(card(name), { seed });
      const here = model.sample({ seed });
      const same = there.values.every((value, t) => value === here.values[t]);
      traces.push({ values: [...there.values], probs: [...there.probs], same });
    }
    return { kernel: model.kernel.kind, traces };
  };
}"""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{origin}/checkpoints/nade-mnist.json")  # any page of that server
    page.evaluate(SCRIPT)
    yield page
    context.close()


@pytest.mark.quick
def test_one_of_each_class_is_drawn() -> None:
    assert sorted(read_card(name)["class"] for name in CHECKPOINTS) == sorted(CLASSES)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_chromium_draws_what_python_draws(page: Page, name: str) -> None:
    found = page.evaluate("([name, seeds]) => drawn(name, seeds)", [name, list(SEEDS)])
    assert found["kernel"] == "WebAssembly SIMD"
    model = load_pretrained(name, "cpu")
    for seed, trace in zip(SEEDS, found["traces"], strict=True):
        assert trace["same"]
        numbers = model.random_numbers(1, torch.Generator().manual_seed(seed))
        values = np.array(trace["values"])
        x = torch.empty(model.dimensions, dtype=torch.long)
        x[model.order] = torch.from_numpy(values)
        steps = list(model.draw_steps(numbers, given=x.view(1, *model.event_shape)))
        probs = torch.cat([step.probs for step in steps]).numpy()
        np.testing.assert_allclose(np.array(trace["probs"]).reshape(probs.shape), probs, atol=1e-4)
        sums, u = probs.cumsum(1)[:, :-1], numbers.numpy()
        wrong = values != (u >= sums).sum(1)
        assert not (wrong & (np.abs(u - sums).min(1) >= 1e-4)).any()


def test_the_engine_goes_on_without_a_network_once_it_is_loaded(page: Page) -> None:
    before = page.evaluate("drawn('nade-mnist', [1])")
    page.context.set_offline(True)
    again = page.evaluate(
        "client.sample(location.origin + '/checkpoints/nade-mnist.json', { seed: 1 })"
        ".then((trace) => [...trace.values])"
    )
    assert again == before["traces"][0]["values"]


def test_two_tabs_draw_at_once(page: Page, origin: str) -> None:
    other = page.context.new_page()
    other.goto(f"{origin}/checkpoints/nade-mnist.json")
    other.evaluate(SCRIPT)
    start = "window.begun = drawn('pixelcnn-mnist-grey', [3]); null"
    for tab in (page, other):
        tab.evaluate(start)
    one, two = (tab.evaluate("begun") for tab in (page, other))
    assert one == two


def test_a_worker_that_cannot_start_is_told_to_the_page(page: Page) -> None:
    """As one that was ended for its memory: what was asked is rejected, and the server answers."""
    message: Any = page.evaluate(
        """async () => {
          const { EngineClient } = await import("/engine/client.js");
          const client = new EngineClient(new Worker("/engine/absent.js", { type: "module" }));
          return client.load(location.href).then(() => "loaded", (error) => error.message);
        }"""
    )
    assert message.startswith("The engine failed")
