"""The static export in Chromium, from a plain file server, below a path of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from arviz_models import load_pretrained
from pages.export_site import MODELS, export
from tests.engine_cases import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BELOW = "courses/autoregression"


class Visit:
    """A page, and what it asked for and said.

    Attributes:
        asked: addresses of all requests.
        wrong: errors, and answers of 400 and more.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("requestfailed", lambda request: self.wrong.append(request.url))
        page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and not url.endswith("/favicon.ico"):
            self.wrong.append(f"{status} {url}")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.origin}/{BELOW}/{path}")
        if not path.startswith("index"):
            for name in (".draw", ".completion"):
                self.page.locator(f"{name}[data-ready=true]").wait_for(timeout=60_000)

    def says(self, name: str) -> str:
        return self.page.locator(f".draw [data-say={name}]").inner_text()

    def click(self, pixel: int) -> None:
        """A click on a pixel of the digit."""
        canvas = self.page.locator(".draw .digit")
        box = canvas.bounding_box()
        assert box is not None
        cell = (box["width"] - 6) / 28
        canvas.click(
            position={"x": 3 + (pixel % 28 + 0.5) * cell, "y": 3 + (pixel // 28 + 0.5) * cell}
        )

    def continuations(self) -> list[list[bool]]:
        """Whether each pixel of each continuation is ink."""
        found: list[list[bool]] = self.page.evaluate(
            """() => [...document.querySelector("#complete").shadowRoot
                .querySelectorAll(".others canvas")].map((canvas) => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
              return Array.from({ length: 784 }, (_, i) => data[4 * i] < 128);
            })"""
        )
        return found


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root: Path = tmp_path_factory.mktemp("server")
    export(root / BELOW)
    with served(root) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[Visit]:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    yield Visit(context.new_page(), origin)
    context.close()


def python_says(slug: str, seed: int, temperature: float = 1.0) -> str:
    """log p of Python's sample, as the page writes it."""
    model = load_pretrained(MODELS[slug], "cpu")
    numbers = model.random_numbers(1, torch.Generator().manual_seed(seed))
    total = 0.0
    for step in model.draw_steps(numbers, temperature=torch.tensor([temperature])):
        total += float(step.probs[0, int(step.value[0])].log())
    return f"{total:.2f}".replace("-", "−")


def other_models() -> list[object]:
    return [pytest.param(slug, marks=pytest.mark.slow) for slug in MODELS if slug != "nade"]


@pytest.mark.parametrize("slug", ["nade", *other_models()])
def test_a_page_draws_what_python_draws_and_asks_nobody_else(visit: Visit, slug: str) -> None:
    visit.open(f"{slug}.html#seed=3&temperature=0.8")
    assert f"784 pixels drawn: {python_says(slug, 3, 0.8)} nats" in visit.says("total")
    visit.page.get_by_role("button", name="New sample").click()
    visit.page.wait_for_function("location.hash.includes('seed=4')")
    assert visit.wrong == []
    assert visit.asked
    assert all(url.startswith(f"{visit.origin}/{BELOW}/") for url in visit.asked)


def test_the_index_leads_to_every_model(visit: Visit) -> None:
    visit.open("index.html")
    links = visit.page.locator("main a").evaluate_all("(all) => all.map((a) => a.href)")
    assert links == [f"{visit.origin}/{BELOW}/{slug}.html" for slug in MODELS]
    visit.page.locator("main a").first.click()
    visit.page.locator(".draw[data-ready=true]").wait_for()
    assert visit.wrong == []


def test_a_flip_changes_what_follows_and_stays_in_the_address(visit: Visit) -> None:
    visit.open("nade.html")
    plain = visit.says("total")
    visit.click(12 * 28 + 13)
    note = visit.page.locator(".draw [data-say=note]")
    note.filter(has_text=re.compile(r"changed: \d+ of 434 later pixels")).wait_for()
    flipped = visit.says("total")
    assert flipped != plain
    visit.page.reload()
    visit.open("nade.html" + visit.page.evaluate("location.hash"))
    assert visit.says("total") == flipped
    visit.page.get_by_role("button", name="Take flips back").click()
    note.filter(has_text="Click a drawn pixel").wait_for()
    assert visit.says("total") == plain


def test_the_temperature_moves_the_digit_and_the_continuations(visit: Visit) -> None:
    visit.open("nade.html")
    plain, before = visit.says("total"), visit.continuations()
    visit.page.get_by_label("Temperature").fill("2")
    visit.page.wait_for_function(
        "(text) => !document.querySelector('#draw').shadowRoot"
        ".querySelector('[data-say=total]').innerText.includes(text)",
        arg=plain,
    )
    visit.page.wait_for_timeout(500)
    assert visit.continuations() != before
    assert f"{python_says('nade', 0, 2.0)} nats" in visit.says("total")


def test_space_and_arrows_move_the_player_and_the_picture_keeps_its_own_keys(visit: Visit) -> None:
    visit.open("nade.html")
    page, step = visit.page, visit.page.locator(".draw [data-player] output")
    page.locator("main h1").click()
    page.keyboard.press("Home")
    assert step.inner_text() == "pixel 0 / 784"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert step.inner_text() == "pixel 3 / 784"
    page.keyboard.press("End")
    page.locator(".draw .digit").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('flip=28-1')")
    assert step.inner_text() == "pixel 784 / 784"


def test_the_continuations_follow_the_brush_and_hold_what_is_given(visit: Visit) -> None:
    visit.open("nade.html")
    before = visit.continuations()
    pad = visit.page.locator(".completion .picture")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    cell = (box["width"] - 4) / 28
    x, y = box["x"] + 2 + 5.5 * cell, box["y"] + 2 + 3.5 * cell
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 10 * cell, y, steps=4)
    visit.page.wait_for_timeout(700)
    during = visit.continuations()  # the hand has not let go
    visit.page.mouse.up()
    painted = [3 * 28 + column for column in range(5, 16)]
    assert all(each[pixel] for each in during for pixel in painted)
    assert all(each[336:] != old[336:] for each, old in zip(during, before, strict=True))
    assert len({tuple(each) for each in during}) > 1
    visit.page.get_by_role("button", name="Undo").click()
    visit.page.wait_for_timeout(700)
    assert visit.continuations() == before


def test_a_page_fits_a_phone(browser: Browser, origin: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    visit = Visit(context.new_page(), origin)
    visit.open("nade.html")
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("New sample", "Undo", "Play", "Pause"):
        button = visit.page.get_by_role("button", name=name, exact=True)
        if button.count():
            box = button.first.bounding_box()
            assert box is not None
            assert box["height"] >= 44
    context.close()


def test_a_model_that_cannot_be_loaded_is_told_in_a_sentence(visit: Visit) -> None:
    visit.page.route("**/*.safetensors", lambda route: route.fulfill(body=b"cut"))
    visit.page.goto(f"{visit.origin}/{BELOW}/nade.html")
    alert = visit.page.get_by_role("alert")
    alert.filter(has_text="NADE does not run in this browser").wait_for()
