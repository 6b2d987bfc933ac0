"""Trainings on the GPU of a browser. Here it is a false one, and forced.

It is a program on the processor: these tests say what is computed, and nothing of its speed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from arviz_models.analysis import browser_training, lab
from arviz_models.analysis.lab_settings import Settings
from arviz_models.descent import weights_of
from arviz_models.image_model import ImageModel
from tests.browser.conftest import CHROMIUM_ARGS, PATIENCE_MS, Server
from tests.browser.driving import settle
from tests.engine_cases import ASSETS, served
from tests.test_browser_training import PASSED, STEPS, numbers, own_images, task_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

pytestmark = pytest.mark.timeout(900)

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 300_000  # milliseconds: a false GPU is slow, and slower to compile
SMALL = Settings(model="made", width=30, rate=0.01, batch=40, epochs=2, seed=3)
CASES: dict[str, tuple[Settings, dict[str, Any]]] = {
    "made": (SMALL, {}),
    "made-5-levels-random-order": (
        replace(SMALL, levels=5, order="random", depth=2, batch=12),
        {},
    ),
    "made-no-direct-large-batch": (
        replace(SMALL, batch=300),
        {"direct": False, "degrees": "random", "hidden": [33, 70]},
    ),
    "pixelcnn": (replace(SMALL, model="pixelcnn", width=6, depth=1, batch=12), {}),
    "pixelcnn-no-blocks": (replace(SMALL, model="pixelcnn", width=3, depth=0, batch=8), {}),
    "pixelcnn-4-levels-kernel-5": (
        replace(SMALL, model="pixelcnn", data="own", side=7, levels=4, width=9, depth=1, batch=8),
        {"kernel": 5, "first_kernel": 3},
    ),
}

COMPARED = """async ({ settings, bits, dimensions, levels, train, passed, steps }) => {
  const { findAdapter } = await import("/engine/training/adapter.js");
  const { RunOnGPU } = await import("/engine/training/gpu_run.js");
  const { Images } = await import("/engine/training/images.js");
  const { WatchedRun } = await import("/engine/training/watched.js");
  const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  const base64 = (array) => {
    let text = "";
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      text += String.fromCharCode(byte);
    return btoa(text);
  };
  const coded = (tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, array]) => [name, base64(array)]));
  const { adapter } = await findAdapter({ falseToo: true });
  const watched = new WatchedRun(settings, new Images(bytes, dimensions, train, levels));
  const gpu = await RunOnGPU.open(watched, adapter, true);
  const { run } = watched;
  const { trained } = run;
  const first = coded(trained.tensors());
  const some = run.images.batch(Int32Array.from({ length: passed }, (_, n) => n));
  const { loss, gradient } = await gpu.trained.gradient(some, passed);
  trained.kernel.f.set(gradient, trained.g);
  const gradients = coded(trained.tensors(trained.g));
  const began = performance.now();
  const losses = [];
  while (losses.length < steps) {
    gpu.many = Math.min(gpu.many, steps - losses.length);
    losses.push(...(await gpu.learn()));
  }
  const step = (performance.now() - began) / steps;
  const { valid } = await gpu.look();
  const weights = base64(watched.weights());
  gpu.close();
  return { first, loss, gradients, losses, valid, weights, step };
}"""

LOST = """async ({ settings, bits, dimensions, train }) => {
  const { serve } = await import("/engine/training/protocol.js");
  const { Database } = await import("/engine/training/kept.js");
  const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  const request = GPUAdapter.prototype.requestDevice;
  let device;
  GPUAdapter.prototype.requestDevice = async function () {
    return (device = await request.call(this));
  };
  const store = new Database("test-of-the-gpu");
  const images = { bytes, dimensions, train };
  const trainer = (more) => {
    const told = [];
    let heard = () => {};
    const port = { postMessage: (message) => (told.push(message), heard()), onmessage: null };
    serve(port, store);
    const ask = (data) => port.onmessage({ data });
    ask({ do: "start", settings, images, ...more });
    const losses = () => told.flatMap(({ news }) => news?.losses ?? []);
    const until = async (there) => {
      while (!told.some(({ end, failed }) => end || failed) && !there())
        await new Promise((resolve) => (heard = resolve));
    };
    const ends = () => until(() => false);
    return { told, ask, losses, until, ends };
  };
  const straight = trainer({});
  await straight.ends();
  const keep = { token: "a", about: {} };
  const before = trainer({ keep });
  await before.until(() => before.losses().length);
  before.ask({ do: "pause" });
  await before.ends();
  const began = before.losses().length;
  const lost = trainer({ keep, begun: true, gpu: true, falseGPU: true });
  await lost.until(() => lost.losses().length > began + 3);
  device.destroy();
  await lost.ends();
  lost.ask({ do: "forget" });
  return {
    straight: straight.losses(),
    began,
    losses: lost.losses(),
    failed: lost.told.filter(({ failed }) => failed),
    devices: lost.told.flatMap(({ device }) => device ?? []),
    how: lost.told.map(({ end }) => end).find(Boolean)?.how,
    looks: lost.told.flatMap(({ news }) => news?.look?.step ?? []),
  };
}"""

FORCED = """() => {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...more) {
    post.call(this, { ...message, falseGPU: true }, ...more);
  };
}"""  # so that the app takes the false GPU


@pytest.fixture(scope="module")
def false_gpu(playwright_and_chromium: tuple[Playwright, str]) -> Iterator[Browser]:
    """A browser whose only GPU is a program on the processor."""
    playwright, executable = playwright_and_chromium
    arguments = [*CHROMIUM_ARGS, "--enable-unsafe-webgpu"]
    browser = playwright.chromium.launch(executable_path=executable, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def engine(false_gpu: Browser) -> Iterator[Page]:
    """A page from which the engine can be imported."""
    with served(Path(ASSETS)) as origin:
        context = false_gpu.new_context()
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.goto(f"{origin}/checkpoints/nade-mnist.json")
        if not page.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())"):
            pytest.skip("this Chromium gives no WebGPU adapter")
        yield page
        context.close()


def asked(settings: Settings, config: dict[str, Any]) -> dict[str, Any]:
    images = lab.dataset_of(settings.data, settings.levels, own_images(settings))
    found = browser_training.packed(images)
    options = browser_training.options_of(settings)
    options["config"] |= config
    return {
        "settings": options,
        "bits": base64.b64encode(found.bytes).decode(),
        "dimensions": settings.dimensions,
        "levels": settings.levels,
        "train": found.train,
    }


@pytest.mark.parametrize("name", CASES)
def test_a_gpu_trains_as_torch_does(engine: Page, name: str) -> None:
    settings, config = CASES[name]
    task = task_of(settings, config)
    model, run = task.model, task.run
    told = asked(settings, config) | {"passed": PASSED, "steps": STEPS}
    answer = engine.evaluate(COMPARED, told)
    print(f"\n{name}: {answer['step']:.0f} ms a step on a false GPU")
    for key, each in model.named_parameters():
        np.testing.assert_allclose(numbers(answer["first"][key]), each.detach().ravel(), atol=1e-6)

    loss = -model.log_prob(task.dataset.batch("train", slice(0, PASSED))).sum()
    loss.backward()
    assert answer["loss"] * PASSED == pytest.approx(float(loss.detach()), rel=1e-5)
    # A weight that all pixels share sums over all of them, and the terms may cancel.
    least = 1e-7 * PASSED * model.dimensions if isinstance(model, ImageModel) else 0.0
    for key, each in model.named_parameters():
        assert each.grad is not None
        atol = 1e-5 * float(each.grad.abs().max()) + least
        found = numbers(answer["gradients"][key])
        np.testing.assert_allclose(found, each.grad.ravel(), atol=atol, err_msg=key)

    losses = [run.take_step().batch_loss for _ in range(STEPS)]
    np.testing.assert_allclose(answer["losses"], losses, rtol=1e-4)
    np.testing.assert_allclose(numbers(answer["weights"]), weights_of(model), atol=2e-3)
    *_, step = task._look()
    assert answer["valid"] == pytest.approx(step.news["moment"][0]["valid"], rel=1e-4)


def test_a_gpu_that_is_lost_leaves_the_training_to_the_processor(engine: Page) -> None:
    """It was kept by another page, too, which trained on the processor."""
    answer = engine.evaluate(LOST, asked(replace(SMALL, epochs=60), {}))
    assert answer["failed"] == []
    assert answer["how"] == "done"
    gpu, processor = answer["devices"]
    assert "swiftshader" in gpu["gpu"]
    assert (gpu["step"], processor["gpu"]) == (answer["began"], "")
    assert gpu["step"] < processor["step"] < len(answer["straight"])
    assert "the GPU is lost" in processor["why"]
    assert len(answer["losses"]) == len(answer["straight"])  # each step once
    np.testing.assert_allclose(answer["losses"], answer["straight"], rtol=2e-3)
    assert answer["looks"] == sorted(answer["looks"])


@pytest.fixture
def open_lab(false_gpu: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_lab(query: str, *, forced: bool) -> Page:
        context = false_gpu.new_context(viewport={"width": 1280, "height": 720})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        if forced:
            page.add_init_script(f"({FORCED})()")
        page.goto(f"{server.url}/lab?{query}")
        settle(page)
        return page

    yield open_lab
    for context in contexts:
        context.close()


def test_a_page_does_not_use_a_false_gpu(open_lab: Callable[..., Page]) -> None:
    page = open_lab("model=made&width=8", forced=False)
    why = "what this browser calls its GPU (google swiftshader) is a program on the processor."
    expect(page.get_by_text(f"No GPU trains here: {why}")).to_be_visible()
    assert page.get_by_role("radio", name="GPU").count() == 0
    expect(page.get_by_role("radio", name="In this browser (WebAssembly SIMD)")).to_be_checked()


def test_a_page_trains_on_the_gpu_of_its_browser(open_lab: Callable[..., Page]) -> None:
    page = open_lab("model=made&width=8&batch=20&budget=seconds&seconds=600", forced=True)
    switch = page.get_by_role("radio", name="On your GPU (google swiftshader)")
    expect(switch).to_be_checked()
    expect(page.get_by_text("on its GPU (google swiftshader)")).to_be_visible()

    def press(name: str) -> None:
        page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()

    press("Start")
    expect(page.get_by_text("MADE", exact=False).filter(has_text="on the GPU: step")).to_be_visible(
        timeout=LONG
    )
    press("Pause")
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_enabled(timeout=LONG)
    settle(page)
    press("Resume")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_enabled(timeout=LONG)
    press("Stop")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled(timeout=LONG)
    settle(page)
    expect(page.get_by_text("parameters in a browser (GPU: google swiftshader)")).to_be_visible()
