"""The engine in Chromium, from a plain file server: in a Web Worker, and on the page itself.

The modules are those that the server of the app sends.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.cards import FOLDER, read_card
from pages.ui.engine import CLASSES, modules
from tests import engine_parity
from tests.engine_cases import RUNNER, Engine, served
from tests.engine_parity import SEEDS, check_checkpoint, check_small, shipped, small_cases_of

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
# window.drawn(name, requests): by a worker; and whether the page itself draws the same.
# window.answers(text): what `Conversation.models` asks, answered by a worker.
SCRIPT = """async () => {
  const { EngineClient } = await import("/engine/client.js");
  const { load } = await import("/engine/index.js");
  const { answersOf } = await import("/answers.js");
  const card = (name) => `${location.origin}/checkpoints/${name}.json`;
  window.worker = new Worker("/engine/worker.js", { type: "module" });
  window.client = new EngineClient(window.worker);
  window.drawn = async (name, requests) => {
    await window.client.load(card(name));
    const model = await load(card(name));
    const traces = [];
    for (const request of requests) {
      const there = await window.client.sample(card(name), request);
      const here = model.sample(request);
      const same = ["values", "probs", "uniforms", "order"].every((each) =>
        there[each].every((value, at) => value === here[each][at]));
      traces.push({ values: [...there.values], same });
    }
    return { kernel: model.kernel.kind, traces };
  };
  window.answers = async (text) => {
    const found = [];
    for (const { card, simd, ...asked } of JSON.parse(text)) {
      const address = `${location.origin}/${card}?simd=${simd}`;
      const { kernel } = await client.load(address, { simd });
      const sample = (options) => client.sample(address, options);
      const logits = (x) => client.logits(address, x);
      found.push(await answersOf({ kernel, sample, logits }, asked));
      await client.unload(address);
    }
    return JSON.stringify(found);
  };
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the file server gives: engine/, checkpoints/, and models/ of the tests."""
    root = tmp_path_factory.mktemp("served")
    for name, content in modules().items():
        path = root / "engine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shutil.copyfile(RUNNER.with_name("answers.js"), root / "answers.js")
    (root / "checkpoints").symlink_to(FOLDER)
    (root / "models").mkdir()
    return root


@pytest.fixture(scope="module")
def origin(root: Path) -> Iterator[str]:
    with served(root) as address:
        yield address


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{origin}/checkpoints/nade-mnist.json")  # any page of that server
    page.evaluate(SCRIPT)
    yield page
    context.close()


@pytest.fixture
def chromium(page: Page, root: Path) -> Engine:
    """The engine of a Web Worker of the page."""

    def answers(models: list[dict[str, Any]], folder: Path) -> str:
        for asked in models:
            path = Path(asked["card"])
            place = "checkpoints" if path.parent == FOLDER else "models"
            if place == "models":
                for file in (path, path.with_suffix(".safetensors")):
                    shutil.copyfile(file, root / place / file.name)
            asked["card"] = f"{place}/{path.name}"
        return str(page.evaluate("text => answers(text)", json.dumps(models)))

    return answers


@pytest.mark.quick
def test_one_of_each_class_is_drawn() -> None:
    assert sorted(read_card(name)["class"] for name in CHECKPOINTS) == sorted(CLASSES)
    assert sorted(engine_parity.CLASSES) == sorted(CLASSES)


@pytest.mark.parametrize("name", shipped())
def test_chromium_draws_fifty_seeds_of_a_checkpoint_as_python_does(
    chromium: Engine, name: str, tmp_path: Path
) -> None:
    check_checkpoint(name, tmp_path, chromium)


@pytest.mark.parametrize("kind", CLASSES)
def test_chromium_draws_fifty_seeds_of_small_models_as_python_does(
    chromium: Engine, kind: str, tmp_path: Path
) -> None:
    check_small(small_cases_of(kind), SEEDS, tmp_path, chromium)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_page_itself_draws_what_its_worker_draws(page: Page, name: str) -> None:
    requests = [{"seed": 0}, {"seed": 7, "temperature": 0.5, "n": 2}]
    found = page.evaluate("([name, requests]) => drawn(name, requests)", [name, requests])
    assert found["kernel"] == "WebAssembly SIMD"
    assert [trace["same"] for trace in found["traces"]] == [True, True]


def test_the_engine_goes_on_without_a_network_once_it_is_loaded(page: Page) -> None:
    before = page.evaluate("drawn('nade-mnist', [{ seed: 1 }])")
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
    start = "window.begun = drawn('pixelcnn-mnist-grey', [{ seed: 3 }]); null"
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
