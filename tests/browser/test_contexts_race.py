"""The race in Chromium: both ways draw one digit, and the times stand beside the networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.driving import press, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

pytestmark = pytest.mark.slow

PIXELS = """() => [...document.querySelectorAll("*")]
  .flatMap((each) => each.shadowRoot ? [...each.shadowRoot.querySelectorAll(".lanes canvas")] : [])
  .concat([...document.querySelectorAll(".lanes canvas")])
  .map((canvas) => String(canvas.getContext("2d").getImageData(0, 0, 28, 28).data))"""


def race(page: Page) -> None:
    button = page.locator(".contexts-race [data-do=race]:enabled")
    button.wait_for(timeout=60_000)
    button.click()
    page.locator(".contexts-race[data-measured=true]").wait_for(timeout=300_000)


def test_the_naive_way_draws_the_digit_of_the_decoder_and_takes_longer(open_page: OpenPage) -> None:
    page = open_page("contexts?activity=race&tour=1", reduced_motion="reduce")
    assert page.locator(".contexts-race [data-do=race]").is_disabled()
    press(page, "Skip")
    race(page)
    decoder, naive = page.evaluate(PIXELS)
    assert decoder == naive
    assert "times as long naively" in page.locator("[data-say=found]").inner_text()
    assert "Naive: 3 digits of 784 passes each" in page.locator("[data-say=note]").inner_text()


def test_three_networks_are_timed_and_said_not_to_be_matched(open_page: OpenPage) -> None:
    page = open_page("contexts?activity=race&tour=4", reduced_motion="reduce")
    race(page)
    cells = page.locator(".contexts-race tbody td:nth-child(4)").all_inner_texts()
    assert len(cells) == 3
    assert all("(" in cell for cell in cells)
    assert "not matched" in page.locator("[data-say=note]").inner_text()


def test_the_server_replays_its_own_times_beside_those_of_this_browser(
    open_page: OpenPage,
) -> None:
    page = open_page("contexts?activity=race&tour=5&where=server", reduced_motion="reduce")
    assert page.locator(".contexts-race [data-do=race]").is_disabled()
    assert "Measure on the server" in page.locator("[data-say=doing]").inner_text()
    press(page, "Measure on the server")
    measured = page.locator(".contexts-race[data-measured=true]")
    measured.wait_for(timeout=300_000)
    lanes = page.locator(".lanes figure")
    cells = page.locator(".contexts-race tbody td:nth-child(5)").all_inner_texts()
    said = page.locator(".lanes .said").all_inner_texts()
    assert [f"done after {cell.split(' ')[0]} ms" for cell in cells] == said
    page.locator(".st-key-stage_controls").get_by_text("Both", exact=True).click()
    settle(page)
    half = lanes.count() // 2
    assert half == len(cells)
    race(page)
    # The same seed is the same digit here and there.
    drawn = page.evaluate(PIXELS)
    assert drawn[:half] == drawn[half:]
    times = page.locator(".contexts-race tbody td:nth-child(4)").all_inner_texts() + cells
    said = page.locator(".lanes .said").all_inner_texts()
    assert [f"done after {cell.split(' ')[0]} ms" for cell in times] == said
