"""What holds for every page there is: it opens by its link, fits, can be read, says no error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pages import navigation
from pages.ui.outline import Entry
from tests.browser.driving import (
    PICTURE,
    accessibility_violations,
    cut_by_its_pane,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

ENTRIES = navigation.PAGES
GROUNDS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LAPTOP, PROJECTOR, PHONE = (1440, 900), (1280, 720), (390, 844)

BRIGHTNESS_OF_GROUND = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const [red, green, blue] = getComputedStyle(app).backgroundColor.match(/[0-9]+/g).map(Number);
  return (red + green + blue) / 3;
}
"""


def path_of(entry: Entry) -> str:
    return "" if entry is navigation.HOME else entry.slug


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    settle(page)


def is_whole(page: Page, entry: Entry) -> None:
    """The page itself, in its frame, and no other page's or an error."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_role("dialog").count() == 0  # "Page not found" is one
    assert page.get_by_role("alert").count() == 0
    expect(page.locator("[aria-current=page]")).to_have_text(entry.title)


def says_ground(page: Page, ground: str) -> None:
    assert (page.evaluate(BRIGHTNESS_OF_GROUND) > 128) == (ground == "light")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)
def test_page_at_every_size_on_every_ground(open_page: OpenPage, entry: Entry) -> None:
    page = open_page(path_of(entry), width=LAPTOP[0], height=LAPTOP[1], reduced_motion="reduce")
    for ground in GROUNDS:
        page.emulate_media(color_scheme=ground, reduced_motion="reduce")
        resize(page, LAPTOP)
        expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
        is_whole(page, entry)
        says_ground(page, ground)
        assert sideways_overflow(page) == []

        resize(page, PROJECTOR)
        assert sideways_overflow(page) == []
        player = page.locator(".player:visible")  # it stands right below the main picture
        if player.count():
            box = player.first.bounding_box()
            assert box is not None
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= PROJECTOR[1]
        assert accessibility_violations(page) == []

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.reload()  # opened on a phone, on the dark ground
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for ground in reversed(GROUNDS):
        page.emulate_media(color_scheme=ground, reduced_motion="reduce")
        settle(page)
        says_ground(page, ground)
        assert sideways_overflow(page) == []
    for part in page.locator(".player:visible :is(button, input, select)").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
    assert accessibility_violations(page) == []
    assert cut_by_its_pane(page) == []
    picture = page.locator(PICTURE)
    if picture.count():  # it stays in view as the page scrolls, below the app's own line
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 150)")
        line, box = page.get_by_test_id("stHeader").bounding_box(), picture.bounding_box()
        assert line is not None
        assert box is not None
        assert box["y"] >= line["y"] + line["height"] - 1


def test_the_theme_can_change_under_a_picture(open_page: OpenPage) -> None:
    """A component draws again in the other ground's colours, and stays at its step."""
    page = open_page("nade?step=20&seed=3", reduced_motion="reduce")
    canvas = page.locator(".nade canvas").first
    expect(page.locator(".nade")).to_have_attribute("data-step", "20")
    light = canvas.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    settle(page)
    says_ground(page, "dark")
    dark = canvas.evaluate("canvas => canvas.toDataURL()")
    assert dark != light
    expect(page.locator(".nade input[type=range]")).to_have_value("20")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page)
    assert canvas.evaluate("canvas => canvas.toDataURL()") == light


@pytest.mark.quick
def test_from_page_to_page_and_back(open_page: OpenPage) -> None:
    """The navigation leads to every page, and takes no page's link along."""
    page = open_page("nade?seed=3", reduced_motion="reduce")
    navigation_bar = page.get_by_test_id("stSidebarNav")
    for entry in (*ENTRIES, ENTRIES[0]):
        navigation_bar.get_by_role("link", name=entry.title, exact=True).click()
        page.wait_for_url(f"**/{path_of(entry)}")
        settle(page)
        is_whole(page, entry)
    page.go_back()
    settle(page)
    is_whole(page, ENTRIES[-1])


def test_an_address_that_is_no_page_says_so_over_the_home_page(
    open_page: OpenPage, browser_problems: list[str]
) -> None:
    page = open_page("no-such-lesson", reduced_motion="reduce")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    is_whole(page, navigation.HOME)
    [problem] = browser_problems  # Streamlit's own word on it
    assert "does not seem to exist" in problem
    browser_problems.clear()
