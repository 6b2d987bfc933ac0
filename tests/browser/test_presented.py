"""Presented on a projector: all text can be read from the seats, and the screen holds all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pages.ui.outline import Activity, Lesson
from tests.browser.conftest import PATIENCE_MS, Server
from tests.browser.driving import settle
from tests.browser.test_every_step import LONG, all_activities
from tests.browser.text_sizes import note_texts, small_texts
from tests.short import short

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

expect: Any = pytest.importorskip("playwright.sync_api").expect

WIDTH, HEIGHT = 1920, 1080
LEAST = 18  # CSS pixels
# Once the networks have been measured, their chart is below the table, and the page scrolls to it.
SCROLLS = {("contexts", "costs")}

# How much of the page is below the screen.
BELOW = """
() => {
  const main = document.querySelector('[data-testid=stMain]');
  return main.scrollHeight - main.clientHeight;
}
"""


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Page]:
    """One page for all of them, which notes what it writes on canvases."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    note_texts(page)
    yield page
    context.close()


@pytest.mark.parametrize(("lesson", "activity"), all_activities())
def test_presented_all_text_is_large_enough_and_on_the_screen(
    screen: Page, server: Server, lesson: Lesson, activity: Activity
) -> None:
    """At its last step, where the most is shown."""
    last = len(activity.steps)
    address = f"{lesson.slug}?activity={activity.slug}&tour={last}&present=1"
    address += short(lesson.slug, activity.slug)
    screen.goto(f"{server.url}/{address}")
    settle(screen, timeout_ms=LONG)
    expect(screen.locator(".st-key-stage_panel h3")).to_have_text(activity.steps[-1].title)
    skip = screen.locator(".st-key-stage_skip button")
    if skip.count():
        assert screen.evaluate(BELOW) <= 0, "with its question"
        skip.click()
        settle(screen, timeout_ms=LONG)
    assert not screen.locator(".failed, [data-testid=stException]").count()
    assert small_texts(screen, LEAST) == []
    if (lesson.slug, activity.slug) not in SCROLLS:
        assert screen.evaluate(BELOW) <= 0


# On a small projector, 1280 by 720: the least side of each picture, CSS pixels.
LARGE_PICTURES = {
    "contexts": (".contexts .panel canvas.grid", 5, 190),
    "lab?activity=compare": (".lab-compare .model canvas.map", 11, 125),
    "attention": (".attention-reads canvas.picture", 1, 590),
    "pixelcnn?activity=softmax": (".softmax canvas.picture", 1, 540),
    "diagonal-bilstm?activity=readers": (".diagonal .primer .node", 12, 66),
    "diagonal-bilstm?activity=build": (".build canvas.grid", 1, 570),
    "diagonal-bilstm?activity=sweep": (".diagonal canvas.map", 1, 840),
}
WIDTHS = "all => all.map(each => each.getBoundingClientRect().width)"


@contextmanager
def opened(
    browser: Browser, address: str, *, width: int = 1280, height: int = 720
) -> Iterator[Page]:
    """A page of its own at an address, at rest, which notes what it writes on canvases."""
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    try:
        page = context.new_page()
        note_texts(page)
        page.goto(address)
        settle(page, timeout_ms=LONG)
        yield page
    finally:
        context.close()


@pytest.mark.parametrize("address", LARGE_PICTURES)
def test_presented_pictures_are_as_large_as_the_screen_allows(
    browser: Browser, server: Server, address: str
) -> None:
    """Rows and columns of pictures use the height too, and the screen still holds all of them."""
    selector, count, least = LARGE_PICTURES[address]
    presented = f"{server.url}/{address}{'&' if '?' in address else '?'}present=1"
    with opened(browser, presented) as page:
        expect(page.locator(selector)).to_have_count(count, timeout=PATIENCE_MS)
        sides = page.locator(selector).evaluate_all(WIDTHS)
        assert min(sides) >= least, sides
        assert page.evaluate(BELOW) <= 0


@pytest.mark.parametrize("lesson", ["contexts", "attention"])
def test_presented_the_table_of_what_it_costs_is_no_smaller_than_the_words(
    browser: Browser, server: Server, lesson: str
) -> None:
    address = f"{server.url}/{lesson}?activity=costs&tour=3&present=1"
    with opened(browser, address, width=1440, height=900) as page:
        size = "element => parseFloat(getComputedStyle(element).fontSize)"
        cell = page.locator(".st-key-stage_picture td").first
        assert cell.evaluate(size) >= page.locator(".st-key-stage_panel p").last.evaluate(size)
        assert page.evaluate(BELOW) <= 0


@pytest.mark.parametrize("present", ["", "&present=1"])
def test_the_labels_of_a_large_masked_network_can_be_read(
    browser: Browser, server: Server, present: str
) -> None:
    """MADE's graph and matrices, of 16 variables and 16 units a layer, on a small projector."""
    address = f"{server.url}/made?activity=cut&tour=7&D=16&width=16{present}"
    with opened(browser, address) as page:
        expect(page.locator(".made canvas.graph")).to_be_visible(timeout=PATIENCE_MS)
        assert [each for each in small_texts(page, 13) if "canvas" in each[0]] == []


def test_text_of_every_kind_is_found(screen: Page, server: Server) -> None:
    """What looks for small text sees that of canvases, of HTML and of SVG."""
    screen.goto(f"{server.url}/nade?present=1")
    settle(screen)
    screen.get_by_test_id("stMain").evaluate(
        """main => {
          const canvas = document.createElement('canvas');
          canvas.style.cssText = 'position: fixed; top: 0; left: 0; width: 150px; height: 75px';
          const svg = '<svg viewBox="0 0 100 100" width="50" height="50" '
            + 'style="position: fixed; top: 0"><text y="20" font-size="30">drawing</text></svg>';
          const words = '<p style="position: fixed; top: 0; font-size: 12px">words</p>';
          main.insertAdjacentHTML('beforeend', words + svg);
          main.append(canvas); // 300 pixels wide, shown on 150
          const context = canvas.getContext('2d');
          context.font = '30px sans-serif';
          context.fillText('canvas', 0, 30);
          context.scale(2, 2);
          context.fillText('large enough', 0, 30);
        }"""
    )
    found = {text: size for _, text, size in small_texts(screen, LEAST)}
    assert found == {"words": 12, "drawing": 15, "canvas": 15}
