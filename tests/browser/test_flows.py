"""The lesson on flows in a browser: train, Stop, point without the server, draw, bad links."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import accessibility_violations, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect


def picture(page: Page) -> Locator:
    return page.locator(".flows")


def point(page: Page, across: float, down: float) -> None:
    """A place on the canvas, as parts of its width and height."""
    planes = picture(page).locator("canvas")
    box = planes.bounding_box()
    assert box is not None
    planes.hover(position={"x": across * box["width"], "y": down * box["height"]})


@pytest.mark.slow
def test_training_runs_to_its_end_and_can_be_scrubbed(open_page: OpenPage) -> None:
    page = open_page("flows?steps=200&layers=2", reduced_motion="reduce")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Train again")).to_be_visible(timeout=120_000)
    settle(page)
    picture(page).get_by_role("button", name="While it learned").click()
    expect(picture(page)).to_have_attribute("data-mode", "learning")
    page.keyboard.press("Home")
    expect(picture(page).locator(".says")).to_contain_text("step 0:")
    page.keyboard.press("End")
    expect(picture(page).locator(".says")).to_contain_text("step 200:")
    assert accessibility_violations(page) == []


def test_stop_keeps_what_was_learned(open_page: OpenPage) -> None:
    page = open_page("flows?steps=2000&layers=2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_test_id("stProgress")).to_be_visible(timeout=60_000)  # has learned a bit
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("stopped after")).to_be_visible(timeout=60_000)
    settle(page)
    expect(page.get_by_role("button", name="Train again")).to_be_visible()


def test_pointing_is_answered_without_the_server(open_page: OpenPage) -> None:
    page = open_page("flows", settled=False, reduced_motion="reduce")
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.reload()
    settle(page)
    expect(picture(page)).to_have_attribute("data-stage", "4.00", timeout=30_000)
    page.wait_for_timeout(500)
    del traffic[:]
    point(page, 0.25, 0.5)
    expect(picture(page).locator(".reading")).to_contain_text("log |det")
    first = picture(page).get_attribute("data-pair")
    point(page, 0.75, 0.4)
    expect(picture(page)).not_to_have_attribute("data-pair", str(first))
    page.keyboard.press("Home")
    expect(picture(page)).to_have_attribute("data-stage", "0.00")
    assert traffic == []


def test_a_drawn_spiral_becomes_the_data(open_page: OpenPage) -> None:
    page = open_page("flows?data=drawn")
    page.get_by_role("button", name="Learn from these").click()
    expect(page.get_by_role("alert").get_by_text("given 0")).to_be_visible(timeout=30_000)
    pad = page.locator(".pad canvas")
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for k in range(30):
        page.mouse.move(box["x"] + 60 + 5 * k, box["y"] + 60 + (k % 9) * 12)
    page.mouse.up()
    assert int(page.locator(".pad").get_attribute("data-points") or 0) >= 50
    page.get_by_role("button", name="Learn from these").click()
    expect(page.locator(".flows canvas")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_bad_link_on_a_phone_is_told_and_nothing_is_cut_off(
    open_page: OpenPage, scheme: str
) -> None:
    page = open_page("flows?layers=99", width=390, height=844, color_scheme=scheme)
    expect(page.get_by_role("alert")).to_contain_text("layers")
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []


@pytest.mark.slow
def test_a_card_trains_its_flow_and_then_plays_it(open_page: OpenPage) -> None:
    page = open_page("flows?steps=200", reduced_motion="no-preference")
    page.get_by_role("button", name="Show this").nth(1).click()
    expect(page.get_by_role("button", name="Train again")).to_be_visible(timeout=120_000)
    # One transform: the player begins at 0 and comes to rest at 1.
    expect(picture(page)).to_have_attribute("data-step", "1", timeout=20_000)
    expect(picture(page)).to_have_attribute("data-stage", "1.00")
