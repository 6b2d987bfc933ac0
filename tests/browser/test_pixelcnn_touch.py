"""Every picture of the PixelCNN lesson under mouse and finger, every control at both of its ends.

No console error and no failed picture; `no_browser_problems` in conftest.py watches the console.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import (
    ends_of_every_control,
    press_everywhere,
    settle,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

LIVE = "break"
PICTURES = {
    "draw": ".draw canvas.digit, .draw canvas.inner",
    "reads": ".fields canvas.grid",
    "softmax": ".softmax canvas.picture",
    "complete": ".completion canvas.picture, .completion canvas.chosen",
    "train": ".passes canvas.image",
    LIVE: ".leak canvas.real, .leak canvas.told, .leak canvas.samples",
}


def opened(open_page: OpenPage, activity: str, link: str = "", **settings: Any) -> Page:
    """The activity at a step that covers nothing."""
    tour = 2 if activity in ("complete", "softmax", "train") else 1
    page = open_page(
        f"pixelcnn?activity={activity}&tour={tour}&{link}", reduced_motion="reduce", **settings
    )
    settle(page, timeout_ms=120_000)
    return page


def pictures(page: Page, tab: str) -> list[Locator]:
    """Those on screen: a phone has no place for samples before there are any."""
    found = page.locator(PICTURES[tab])
    expect(found.first).to_be_visible()
    return [each for each in found.all() if each.is_visible()]


def nothing_failed(page: Page) -> None:
    settle(page, timeout_ms=120_000)
    assert page.locator(".failed").count() == 0
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("tab", PICTURES)
def test_every_picture_takes_the_mouse(open_page: OpenPage, tab: str) -> None:
    page = opened(open_page, tab)
    for each in pictures(page, tab):
        press_everywhere(page, each)
    nothing_failed(page)


@pytest.mark.parametrize("tab", PICTURES)
def test_every_picture_takes_a_finger(open_page: OpenPage, tab: str) -> None:
    page = opened(open_page, tab, width=390, height=844)
    for each in pictures(page, tab):
        touch_everywhere(page, each)
    nothing_failed(page)


@pytest.mark.parametrize("tab", [tab for tab in PICTURES if tab != LIVE])
def test_every_control_goes_to_both_ends(open_page: OpenPage, tab: str) -> None:
    page = opened(open_page, tab)
    assert ends_of_every_control(page) >= 1
    nothing_failed(page)


@pytest.mark.parametrize(
    "link",
    [
        "pixel=0",
        "pixel=783",
        "model=pixelcnn-mnist-grey&pixel=400&paint=380-3",
    ],
)
def test_every_pixel_of_every_model_has_bars(open_page: OpenPage, link: str) -> None:
    """Also where a probability is all but 0 or 1."""
    page = opened(open_page, "softmax", link)
    for said in page.locator(".softmax .bars output").all_text_contents():
        assert said
        assert "e-" not in said
        assert "NaN" not in said
    nothing_failed(page)


@pytest.mark.parametrize("temperature", ["0", "0.1", "3"])
def test_a_drawing_is_completed_at_every_temperature(open_page: OpenPage, temperature: str) -> None:
    page = opened(open_page, "complete", f"temperature={temperature}")
    expect(page.locator(".completion")).to_have_attribute("data-stale", "false")
    chosen = page.locator(".completion canvas.chosen")
    page.get_by_role("button", name="Surprisal", exact=True).click()
    box = chosen.bounding_box()
    assert box is not None
    for share in (0.05, 0.4, 0.95):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
        said = page.locator(".completion [data-say=pointed]").inner_text()
        assert "nats" in said
        assert "e-" not in said.replace("value-", "")
    nothing_failed(page)
