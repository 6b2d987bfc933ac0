"""How long a sample takes in Chromium, as a ratio to the server's decoder at batch 1.

Both are timed in the same run, by turns, each with one thread: the ratio holds on a busy machine
where the times do not. The engine runs in a Web Worker, as in the lessons; so its time includes the
messages to the worker and back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

import pytest
import torch

from arviz_models import load_pretrained
from tests.browser.conftest import browser, playwright_and_chromium  # noqa: F401 - fixtures
from tests.engine_cases import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.benchmark

ROUNDS = 25
WARM_UP = 12  # samples after which the browser has compiled what it runs often
SCRIPT = """async (name) => {
  const { EngineClient } = await import("/engine/client.js");
  const client = new EngineClient(new Worker("/engine/worker.js", { type: "module" }));
  const card = `${location.origin}/checkpoints/${name}.json`;
  const began = performance.now();
  await client.load(card);
  const loaded = performance.now() - began;
  window.timed = async (seed) => {
    const began = performance.now();
    const { milliseconds } = await client.sample(card, { seed }, { slice: 1000 });
    return [milliseconds, performance.now() - began];
  };
  return loaded;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811
    with served() as origin:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{origin}/checkpoints/nade-mnist.json")
        yield page
        context.close()


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("nade-mnist", 0.05),
        ("nade-mnist-any-order", 0.1),
        ("made-mnist", 0.3),
        ("made-mnist-any-order", 0.5),
        ("pixelcnn-mnist", 0.15),
        ("pixelcnn-mnist-grey", 0.2),
        ("gated-pixelcnn-mnist", 0.2),
        ("row-lstm-mnist", 0.25),
        ("diagonal-bilstm-mnist", 0.25),
        ("diagonal-bilstm-mnist-full", 0.25),
    ],
)
def test_a_sample_in_the_browser_takes_a_small_part_of_the_servers_time(
    page: Page, name: str, most: float
) -> None:
    model = load_pretrained(name, "cpu")
    loaded = page.evaluate(SCRIPT, name)
    first, _ = page.evaluate("timed(0)")
    for seed in range(1, WARM_UP):
        page.evaluate(f"timed({seed})")
        model.draw(model.random_numbers(1, torch.Generator().manual_seed(seed)))
    engine, with_messages, decoder = [], [], []
    for seed in range(ROUNDS):
        computing, answered = page.evaluate(f"timed({seed})")
        engine.append(computing)
        with_messages.append(answered)
        uniforms = model.random_numbers(1, torch.Generator().manual_seed(seed))
        began = time.perf_counter()
        model.draw(uniforms)
        decoder.append(1000 * (time.perf_counter() - began))
    ratio = median(engine) / median(decoder)
    print(
        f"\n{name}: in Chromium {median(engine):.2f} ms (answered after "
        f"{median(with_messages):.2f}, the first {first:.1f}, loaded in {loaded:.0f}), "
        f"Python's decoder {median(decoder):.1f} ms, ratio {ratio:.3f}; the fastest of each: "
        f"{min(engine):.2f} and {min(decoder):.1f} ms, ratio {min(engine) / min(decoder):.3f}"
    )
    assert ratio <= most
