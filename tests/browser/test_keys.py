"""Space plays and the arrows step whatever was clicked; what Tab has reached keeps its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages import navigation
from pages.ui.outline import Entry
from tests.browser.driving import open_reading, settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

READS = "pixelcnn?activity=reads&tour=4"  # a still picture with a player and controls

FRAME_AROUND_THE_PAGE = """
() => getComputedStyle(document.querySelector('[data-testid="stMain"]'), '::before').content
"""


def player(page: Page) -> Locator:
    """The first one that is shown."""
    return page.locator(".player:visible").first


def is_playing(page: Page) -> str | None:
    return player(page).get_attribute("data-playing")


def step(page: Page) -> int:
    return int(player(page).locator("input").input_value())


def space_plays(page: Page) -> None:
    """Space begins to play from the first step, and stops it."""
    page.keyboard.press("Home")
    assert step(page) == 0
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "true")
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "false")


def arrows_step(page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert step(page) == 1


def choose(page: Page, name: str) -> None:
    """Click a choice of a segmented control of Streamlit."""
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).first.click()
    settle(page)


def click_in_picture(page: Page, name: str) -> None:
    page.locator(".choice:visible button", has_text=name).first.click()


@pytest.mark.parametrize(
    ("link", "click"),
    [
        pytest.param(
            "diagonal_bilstm?activity=sweep&present=1",
            lambda page: click_in_picture(page, "Sweep"),
            id="a button of a picture that is presented",
        ),
        pytest.param(
            f"{READS}&present=1",
            lambda page: click_in_picture(page, "First kernel"),
            id="another one",
        ),
        pytest.param("row_lstm?activity=reads", lambda page: choose(page, "5"), id="a choice"),
        pytest.param(
            READS,
            lambda page: page.get_by_role("button", name="Reset", exact=True).click(),
            id="a button of the page",
        ),
        pytest.param(
            READS,
            lambda page: open_reading(page, "Code"),
            id="what is read",
        ),
        pytest.param(
            "nade",
            lambda page: player(page).locator("select").select_option(index=1),
            id="the speed",
        ),
        pytest.param(
            "reading",
            lambda page: page.get_by_test_id("stSidebarNav").get_by_text("MADE").click(),
            id="a link from a page without a picture",
        ),
    ],
)
def test_keys_play_after_a_click_on(
    open_page: OpenPage, link: str, click: Callable[[Page], None]
) -> None:
    page = open_page(link)
    click(page)
    settle(page)
    space_plays(page)
    arrows_step(page)


def test_keys_play_after_a_choice_from_a_list_and_belong_to_the_list_while_it_is_open(
    open_page: OpenPage,
) -> None:
    page = open_page("nade", reduced_motion="reduce")
    page.get_by_test_id("stSelectbox").get_by_role("combobox").first.click()
    before = step(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    assert step(page) == before
    page.get_by_role("option").first.click()
    settle(page)
    space_plays(page)
    arrows_step(page)


@pytest.mark.quick
def test_what_tab_has_reached_is_pressed_by_space(open_page: OpenPage) -> None:
    """Also after the mouse was in use."""
    page = open_page(READS)
    click_in_picture(page, "First kernel")
    page.keyboard.press("Tab")
    later = page.locator(".choice:visible button", has_text="Later kernels")
    expect(later).to_be_focused()
    page.keyboard.press("Space")
    expect(later).to_have_attribute("aria-pressed", "true")
    assert is_playing(page) in (None, "false")

    page = open_page("nade")
    reseed = page.get_by_role("button", name="Reseed", exact=True)
    page.get_by_role("button", name="Reset", exact=True).click()
    settle(page)
    page.keyboard.press("Tab")
    expect(reseed).to_be_focused()
    page.keyboard.press("Space")
    settle(page)
    assert "seed=" in page.url
    assert is_playing(page) in (None, "false")


def test_arrows_choose_among_what_tab_has_reached(open_page: OpenPage) -> None:
    page = open_page(READS, reduced_motion="reduce")
    page.get_by_role("spinbutton", name="Side of the image").click()
    before = step(page)
    choices = page.get_by_role("radiogroup", name="First kernel").get_by_role("radio")
    for _ in range(12):  # back, past the other choices and the question marks beside the labels
        page.keyboard.press("Shift+Tab")
        if choices.last.evaluate("e => e.matches(':focus')"):  # one enters a group from behind
            break
    expect(choices.last).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    settle(page)
    assert "first=5" in page.url
    assert step(page) == before


def test_keys_belong_to_a_text_that_is_typed(open_page: OpenPage) -> None:
    page = open_page(READS, reduced_motion="reduce")
    before = step(page)
    field = page.get_by_role("spinbutton", name="Side of the image")
    field.click()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert step(page) == before
    expect(field).to_be_focused()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(
            entry,
            id=entry.slug,
        )
        for entry in navigation.PAGES
    ],
)
def test_no_frame_around_the_page_after_a_click_and_a_key(
    open_page: OpenPage, entry: Entry
) -> None:
    """But where Tab has come to the page itself, it shows where the focus is."""
    page = open_page("" if entry is navigation.HOME else entry.slug, reduced_motion="reduce")
    for key in ("ArrowRight", "Space"):
        page.mouse.click(1270, 500)
        page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.dataset.testid") == "stMain"
        assert page.evaluate(FRAME_AROUND_THE_PAGE) == "none"
    page.reload()
    settle(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Skip to content"
    assert page.evaluate("() => document.activeElement.dataset.testid") == "stMain"
    assert page.evaluate(FRAME_AROUND_THE_PAGE) != "none"
