"""Back and forward in the browser's history: the picture always stands where the address says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.driving import settle, touch_everywhere

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

PICTURES = {
    "contexts": ".contexts",
    "pixelcnn?activity=reads&tour=4": ".fields",
    "diagonal_bilstm?activity=build": ".build",
}


def target(page: Page, picture: str) -> str:
    """Where the picture stands, once it has told its element."""
    page.wait_for_timeout(400)  # a picture keeps its place 250 ms after it has come to rest
    settle(page)
    return page.locator(picture).get_attribute("data-target") or ""


def set_side(page: Page, side: int) -> None:
    field = page.get_by_label("Side of the image, pixels")
    field.fill(str(side))
    field.press("Enter")
    settle(page)


@pytest.mark.quick
@pytest.mark.parametrize("lesson", PICTURES)
def test_target_returns_with_the_address(lesson: str, open_page: OpenPage) -> None:
    picture = PICTURES[lesson]
    page = open_page(lesson)
    places = [(page.url, target(page, picture))]
    for side in (9, 8):
        set_side(page, side)
        there = target(page, picture)
        places.append((page.url, there))
    for url, there in reversed(places[:-1]):
        page.go_back()
        settle(page)
        assert (page.url, target(page, picture)) == (url, there)
    page.go_forward()
    settle(page)
    assert (page.url, target(page, picture)) == places[1]


@pytest.mark.parametrize(
    ("lesson", "picture"),
    [
        ("pixelcnn?activity=reads&tour=4", ".fields canvas"),
        ("contexts", ".contexts canvas"),
        ("row_lstm?activity=gates", ".gates .stage"),  # all of it, what stands beside a canvas too
        ("diagonal_bilstm?activity=build", ".build"),
    ],
)
def test_a_finger_drawn_to_the_right_over_a_picture_does_not_go_back(
    lesson: str, picture: str, open_page: OpenPage
) -> None:
    page = open_page("reading", width=390, height=844)
    page.goto(page.url.replace("reading", lesson.replace("_", "-", 1)))
    settle(page)
    touch_everywhere(page, page.locator(picture).first)
    assert page.url.split("?")[0].endswith(lesson.split("?")[0].replace("_", "-"))
