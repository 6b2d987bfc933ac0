"""The live tabs of the PixelCNN page in a browser: train, stop, go on, point, scrub, time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import accessibility_violations, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

pytestmark = pytest.mark.slow

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 200_000  # milliseconds: on a busy machine training takes many times as long


def models(page: Page) -> Locator:
    return page.locator(".leak")


def open_tab(page: Page, name: str, then: Locator) -> None:
    page.get_by_role("tab", name=name).click()
    expect(then).to_be_visible(timeout=LONG)
    settle(page)


def press(page: Page, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()


def sent(page: Page) -> list[str]:
    """What goes over the WebSocket from now on; the page is loaded again for it."""
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.reload()
    settle(page)
    return traffic


def test_both_learn_stop_keeps_it_and_go_on_continues(open_page: OpenPage) -> None:
    page = open_page("pixelcnn", reduced_motion="reduce")
    open_tab(page, "Break the mask", models(page))
    expect(models(page).locator(".reading")).to_contain_text("Before the first step")
    press(page, "Train both")
    expect(models(page)).to_have_attribute("data-live", "true", timeout=LONG)
    expect(page.get_by_test_id("stProgress")).to_contain_text("mask B", timeout=LONG)
    press(page, "Stop")
    expect(page.get_by_text("stopped after")).to_be_visible(timeout=LONG)
    settle(page)
    expect(models(page)).to_have_attribute("data-live", "false")
    expect(models(page).locator("dd").first).to_contain_text("bits/dim")
    press(page, "Go on")
    expect(models(page)).to_have_attribute("data-live", "true", timeout=LONG)
    press(page, "Stop")
    expect(models(page)).to_have_attribute("data-live", "false", timeout=LONG)


@pytest.mark.slow
def test_an_answer_trains_both_and_the_leak_shows(open_page: OpenPage) -> None:
    page = open_page("pixelcnn?leak_steps=200", reduced_motion="reduce")
    open_tab(page, "Break the mask", models(page))
    page.get_by_test_id("stButtonGroup").get_by_text("Mask A", exact=True).click()
    expect(page.get_by_role("button", name="Train both again")).to_be_enabled(timeout=LONG)
    settle(page)
    expect(page.get_by_text("Not quite.")).to_be_visible()
    expect(page.get_by_test_id("stCaptionContainer").first).to_contain_text("after 200 steps")
    sound, leaking = (models(page).locator("section").nth(number) for number in range(2))
    expect(sound.locator("dd").last).to_have_text("1.000")
    assert float(leaking.locator("dd").last.inner_text()) > 32
    expect(leaking.locator(".drawn figcaption")).to_contain_text("all blank")
    expect(sound.locator(".drawn figcaption")).not_to_contain_text("all blank")
    expect(page.get_by_text("With a 1 at the centre")).to_be_visible()
    page.mouse.move(0, 0)  # off the answer, whose colours are others while it is pointed at
    page.wait_for_timeout(500)
    assert accessibility_violations(page) == []

    models(page).get_by_role("button", name="First step").click()
    expect(models(page).locator(".reading")).to_contain_text("Before the first step")
    expect(sound.locator("dd").first).to_contain_text("nothing learned yet")
    models(page).get_by_role("button", name="Last step").click()
    expect(models(page).locator(".reading")).to_contain_text("After 200 steps")
    expect(models(page)).to_have_attribute("data-step", str(page.evaluate(LAST_STEP)))

    models(page).locator(".told").first.hover(position={"x": 52, "y": 52})
    expect(models(page).locator(".reading")).to_contain_text("A says")


LAST_STEP = """
() => {
  for (const host of document.querySelectorAll("*")) {
    const range = host.shadowRoot?.querySelector(".leak input[type=range]");
    if (range) return range.max;
  }
}
"""


def test_a_pixel_is_asked_about_without_the_server(open_page: OpenPage) -> None:
    page = open_page("pixelcnn", settled=False, reduced_motion="reduce")
    traffic = sent(page)
    open_tab(page, "Break the mask", models(page))
    page.wait_for_timeout(500)
    del traffic[:]
    real = models(page).locator(".real").first
    real.hover(position={"x": 8, "y": 8})
    expect(models(page).locator(".reading")).to_contain_text("row 0, column 0")
    real.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(models(page).locator(".reading")).to_contain_text("row 1, column 1")
    assert traffic == []


def test_times_are_measured_and_stop_ends_it(open_page: OpenPage) -> None:
    page = open_page("pixelcnn", reduced_motion="reduce")
    start = page.get_by_role("button", name="Time it here")
    open_tab(page, "Parallel or in sequence", start)
    start.click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("PixelCNN", timeout=LONG)
    # The first model's first batch is there, and the next one is under way.
    expect(page.get_by_text("1 image:", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("img", name="The same, drawn naively")).to_be_visible(timeout=LONG)
    press(page, "Stop")
    again = page.get_by_role("button", name="Time it again")
    expect(again).to_be_enabled(timeout=LONG)
    settle(page)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(page.get_by_text("Measured on cpu")).to_be_visible()
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["Break the mask", "Parallel or in sequence"])
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, name: str, scheme: str) -> None:
    page = open_page("pixelcnn", width=390, height=844, color_scheme=scheme)
    first = page.get_by_role("button", name="Train both" if "mask" in name else "Time it here")
    open_tab(page, name, first)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []
