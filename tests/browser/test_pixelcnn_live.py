"""The live tabs of the PixelCNN page in a browser: train, stop, go on, point, scrub, time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import accessibility_violations, open_reading, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

LONG = 200_000  # milliseconds: on a busy machine training takes many times as long


def models(page: Page) -> Locator:
    return page.locator(".leak")


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


def test_an_answer_trains_both_stop_keeps_it_and_go_on_continues(open_page: OpenPage) -> None:
    page = open_page("pixelcnn?activity=break&tour=2", reduced_motion="reduce")
    expect(models(page).locator(".reading")).to_contain_text("Before the first step")
    expect(models(page).locator("dd").first).to_have_text("…")
    expect(page.get_by_role("button", name="Train both")).to_be_disabled()
    page.locator(".st-key-stage_answer_0 button").click()
    expect(models(page)).to_have_attribute("data-live", "true", timeout=LONG)
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("mask B", timeout=LONG)
    press(page, "Stop")
    expect(page.get_by_text("stopped after")).to_be_visible(timeout=LONG)
    settle(page)
    expect(models(page)).to_have_attribute("data-live", "false")
    expect(models(page).locator("dd").first).to_contain_text("bits/dim")
    press(page, "Go on")
    expect(models(page)).to_have_attribute("data-live", "true", timeout=LONG)
    press(page, "Stop")
    expect(models(page)).to_have_attribute("data-live", "false", timeout=LONG)


@pytest.mark.parametrize("slow", [1, 6])
def test_a_link_that_trains_opens_in_a_slow_browser_and_trains_again(
    open_page: OpenPage, slow: int
) -> None:
    """The page changes in parts; no part comes before its page, or refers to what is forgotten."""
    page = open_page("", own=True)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.goto(page.url + "pixelcnn?activity=break&tour=3&training=200")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    again = page.get_by_role("button", name="Train both again")
    for _ in range(2):
        expect(again).to_be_enabled(timeout=LONG)
        expect(models(page).locator(".reading")).to_contain_text("After 200 steps", timeout=LONG)
        again.click()
        expect(models(page)).to_have_attribute("data-live", "true", timeout=LONG)
    expect(models(page)).to_have_attribute("data-live", "false", timeout=LONG)


def test_the_leak_shows_in_losses_and_samples(open_page: OpenPage) -> None:
    page = open_page("pixelcnn?activity=break&tour=3&training=200", reduced_motion="reduce")
    expect(page.get_by_role("button", name="Train both again")).to_be_enabled(timeout=LONG)
    settle(page)
    sound, leaking = (models(page).locator("section").nth(number) for number in range(2))
    expect(sound.locator("dd").last).to_have_text("1.000")
    assert float(leaking.locator("dd").last.inner_text()) > 32
    expect(leaking.locator(".drawn figcaption")).to_contain_text("all blank")
    expect(sound.locator(".drawn figcaption")).not_to_contain_text("all blank")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    assert accessibility_violations(page) == []
    models(page).get_by_role("button", name="First step").click()
    expect(models(page).locator(".reading")).to_contain_text("Before the first step")
    expect(sound.locator("dd").first).to_contain_text("nothing learned yet")
    models(page).get_by_role("button", name="Last step").click()
    expect(models(page).locator(".reading")).to_contain_text("After 200 steps")
    models(page).locator(".told").first.hover(position={"x": 40, "y": 40})
    expect(models(page).locator(".reading")).to_contain_text("A says")


def test_a_pixel_is_asked_about_without_the_server(open_page: OpenPage) -> None:
    page = open_page("pixelcnn?activity=break", settled=False, reduced_motion="reduce", own=True)
    traffic = sent(page)
    expect(models(page)).to_be_visible(timeout=LONG)
    page.wait_for_timeout(500)
    del traffic[:]
    real = models(page).locator(".real").first
    real.hover(position={"x": 6, "y": 6})
    expect(models(page).locator(".reading")).to_contain_text("row 0, column 0")
    real.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(models(page).locator(".reading")).to_contain_text("row 1, column 1")
    assert traffic == []


def test_times_are_measured_and_stop_ends_it(open_page: OpenPage) -> None:
    page = open_page("pixelcnn?activity=train&tour=2", reduced_motion="reduce")
    open_reading(page, "Take away")
    start = page.get_by_role("button", name="Time it here")
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
    expect(page.get_by_text("Measured on the server (cpu)")).to_be_visible()
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("activity", ["break", "train"])
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, activity: str, scheme: str) -> None:
    page = open_page(f"pixelcnn?activity={activity}", width=390, height=844, color_scheme=scheme)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []
