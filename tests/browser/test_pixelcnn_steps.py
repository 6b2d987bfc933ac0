"""PixelCNN's activities in a browser: its claims true, each answer covered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.pixelcnn import claims
from pages.pixelcnn.lesson import LESSON
from pages.ui.claims import load
from tests.browser.driving import settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

CLAIMS = load(claims.__file__)
PICTURES = {
    "draw": ".draw",
    "reads": ".fields",
    "softmax": ".softmax",
    "complete": ".completion",
    "break": ".leak",
    "train": ".passes",
}
LONG = 120_000  # milliseconds


def opened(open_page: OpenPage, activity: str, tour: int = 1, **settings: Any) -> Page:
    address = f"pixelcnn?activity={activity}&tour={tour}"
    return open_page(address, reduced_motion="reduce", **settings)


def shown(page: Page, activity: str) -> Locator:
    return page.locator(PICTURES[activity])


def answer(page: Page, activity: str, tour: int) -> None:
    """Give the right one."""
    question = LESSON.activity(activity).steps[tour - 1].question
    assert question is not None
    number = list(question.answers).index(question.right)
    page.locator(f".st-key-stage_answer_{number} button").click()
    settle(page, timeout_ms=LONG)


def said(picture: Locator) -> str:
    """All that a picture says, labels of its canvases and figures' data too."""
    labels = "e => [...e.querySelectorAll('[aria-label]')].map(x => x.ariaLabel).join(' ')"
    return f"{picture.inner_text()} {picture.evaluate(labels)}"


def test_the_first_ink_pixel_has_the_probability_that_the_step_names(open_page: OpenPage) -> None:
    page = opened(open_page, "draw", 2)
    picture = shown(page, "draw")
    expect(picture.locator("[data-say=where]")).to_have_text("Row 6, column 16")
    expect(picture.locator("[data-say=p]")).to_contain_text(
        f"{CLAIMS['eight: p of first ink']:.3f}"
    )
    expect(picture.locator("[data-say=verdict]")).to_contain_text("ink is drawn next")


@pytest.mark.quick
def test_the_flip_changes_as_many_pixels_as_the_step_says(open_page: OpenPage) -> None:
    page = opened(open_page, "draw", 4)
    changed = shown(page, "draw").locator("[data-say=note] b")
    expect(changed).to_have_text(str(CLAIMS["eight: pixels that change"]))


def test_the_window_is_nowhere_while_its_question_is_asked(open_page: OpenPage) -> None:
    page = opened(open_page, "draw", 5)
    picture = shown(page, "draw")
    expect(picture.locator("[data-do=reads]")).not_to_be_visible()
    expect(picture.locator(".beside")).not_to_be_visible()
    assert "can read" not in said(picture)
    answer(page, "draw", 5)
    expect(picture.locator("[data-do=reads]")).to_have_attribute("aria-pressed", "true")
    expect(picture.locator("[data-say=note]")).to_contain_text("can read 267 of 742")
    expect(picture.locator(".beside")).to_be_visible()


def test_what_is_never_read_is_nowhere_while_its_question_is_asked(open_page: OpenPage) -> None:
    page = opened(open_page, "reads", 2)
    picture = shown(page, "reads")
    figure = picture.locator("figure.panel")
    expect(figure).to_have_count(1)
    expect(figure).to_have_attribute("data-seen", "34")
    assert not re.search("blind|never|depth|72", said(picture))
    assert figure.get_attribute("data-blind") == ""
    assert picture.locator("input[type=range]").get_attribute("max") == "3"
    answer(page, "reads", 2)
    expect(figure).to_have_attribute("data-seen", "72")
    expect(figure).to_have_attribute("data-blind", "10")


def test_the_step_why_shows_a_path_of_three_layers(open_page: OpenPage) -> None:
    page = opened(open_page, "reads", 4)
    path = shown(page, "reads").locator("figure.panel").get_attribute("data-path") or ""
    assert path.split()[0] == str(7 * 11 + 5)
    assert path.split()[-1] == str(3 * 11 + 9)
    assert len(path.split()) == 5  # three layers and the first


def test_field_and_bars_are_nowhere_while_their_question_is_asked(open_page: OpenPage) -> None:
    page = opened(open_page, "softmax", 3)
    picture = shown(page, "softmax")
    before = picture.locator(".bars").inner_text()
    assert not re.search("blind|never|changed|depth", said(picture))
    expect(picture.locator(".layers")).not_to_be_visible()
    answer(page, "softmax", 3)
    expect(picture.locator(".verdict")).to_contain_text("changed log p by 0")
    assert picture.locator(".bars").inner_text() == before
    assert "never" in picture.locator(".legend").inner_text()


def test_completions_are_nowhere_while_their_question_is_asked(open_page: OpenPage) -> None:
    page = opened(open_page, "complete")
    picture = shown(page, "complete")
    expect(picture.locator(".others")).not_to_be_visible()
    expect(picture.locator("[data-say=which]")).to_have_text("Not drawn yet")
    assert "drawn so far" not in said(picture)
    answer(page, "complete", 1)
    expect(picture.locator(".others")).to_be_visible()
    expect(picture.locator("[data-say=which]")).to_have_text("Completion 2 of 8")


def test_passes_are_nowhere_while_their_question_is_asked(open_page: OpenPage) -> None:
    page = opened(open_page, "train")
    picture = shown(page, "train")
    expect(picture.locator("[data-say=passes]")).to_have_text("…")
    expect(picture.locator(".player")).not_to_be_visible()
    answer(page, "train", 1)
    expect(picture).to_have_attribute("data-way", "naive")
    expect(picture.locator("[data-say=passes]")).to_have_text("784")
    expect(picture.locator("[data-say=computed]")).to_have_text("614,656")


def test_losses_and_samples_are_nowhere_while_their_question_is_asked(
    open_page: OpenPage,
) -> None:
    page = opened(open_page, "break", 2)
    picture = shown(page, "break")
    assert "blank" not in said(picture)
    assert picture.locator("dd").first.inner_text() == "…"
    assert page.locator(".curves").count() == 0
    assert "nats" not in page.locator(".st-key-stage_controls").inner_text()
