"""NADE's activities in a browser: every question before its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.nade.lesson import LESSON
from pages.ui.claims import load
from tests.browser.driving import settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

CLAIMS = load(LESSON.activities[0].picture.__code__.co_filename)
PICTURES = ".nade, .nade-score, .nade-learn, .nade-chance, .completion"


def shown(page: Page) -> Locator:
    """The picture on screen."""
    return page.locator(PICTURES)


def go_on(page: Page) -> None:
    page.locator(".st-key-stage_next button").click()
    settle(page)


def answer(page: Page, number: int) -> None:
    page.locator(f".st-key-stage_answer_{number} button").click()
    settle(page)


def right_answer(activity: str, step: int) -> int:
    question = LESSON.activity(activity).steps[step - 1].question
    assert question is not None
    return list(question.answers).index(question.right)


def test_p_is_nowhere_while_its_question_is_asked(open_page: OpenPage) -> None:
    page = open_page("nade", reduced_motion="reduce")
    said = shown(page).locator("[data-say=p]")
    expect(said).to_have_text("…")
    label = shown(page).locator("canvas").first.get_attribute("aria-label") or ""
    assert not re.search("nothing|10⁻|0 is drawn", label + shown(page).inner_text())
    answer(page, right_answer("draw", 1))
    expect(said).to_have_text(re.compile("10⁻"))


def test_costs_are_nowhere_while_their_question_is_asked(open_page: OpenPage) -> None:
    page = open_page("nade?activity=score", reduced_motion="reduce")
    expect(shown(page)).to_have_attribute("data-view", "p")
    assert "Half" not in shown(page).inner_text()
    answer(page, right_answer("score", 1))
    expect(shown(page)).to_have_attribute("data-view", "cost")
    expect(shown(page)).to_have_attribute("data-pixel", str(CLAIMS["costliest pixel"]))
    expect(shown(page).locator("[data-say=readout]")).to_contain_text(f"{CLAIMS['its cost']:.2f}")


def test_this_browser_scores_a_digit_as_the_server_does(open_page: OpenPage) -> None:
    page = open_page("nade?activity=score&tour=2&digit=4", reduced_motion="reduce")
    score = shown(page)
    expect(score).to_have_attribute("data-by", "browser")
    expect(page.get_by_text("Computed in this browser")).to_be_visible()
    here = (score.get_attribute("data-nats"), score.locator("[data-say=readout]").inner_text())
    page.get_by_role("button", name="Compute on the server").click()
    expect(score).to_have_attribute("data-by", "server")
    assert float(score.get_attribute("data-nats") or 0) == pytest.approx(
        float(here[0] or "nan"), abs=2e-3
    )
    assert score.locator("[data-say=readout]").inner_text() == here[1]
    page.get_by_role("button", name="Compute in this browser").click()
    expect(score).to_have_attribute("data-by", "browser")


def test_evaluations_are_nowhere_while_their_question_is_asked(open_page: OpenPage) -> None:
    page = open_page("nade?activity=score&tour=4", reduced_motion="reduce")
    expect(shown(page).locator(".player")).not_to_be_visible()
    label = shown(page).locator("canvas").first.get_attribute("aria-label") or ""
    assert "784" not in shown(page).inner_text() + label
    answer(page, right_answer("score", 4))
    expect(shown(page).locator("[data-say=readout]")).to_contain_text("784 of 784 evaluations")


def test_the_loss_is_nowhere_while_its_question_is_asked(open_page: OpenPage) -> None:
    page = open_page("nade?activity=learn", reduced_motion="reduce")
    label = shown(page).locator("canvas").get_attribute("aria-label") or ""
    assert not re.search(r"\d\d", shown(page).inner_text() + label)
    answer(page, right_answer("learn", 1))
    expect(shown(page).locator("[data-say=readout]")).to_contain_text("44.5 nats")


def test_a_network_learns_on_the_page_and_its_moments_can_be_scrubbed(open_page: OpenPage) -> None:
    page = open_page("nade?activity=learn&tour=2&batches=200", reduced_motion="reduce")
    page.locator(".st-key-nade\\.learn\\.train button, [class*=learn-train] button").first.click()
    expect(shown(page)).to_have_attribute("data-batches", "200", timeout=90_000)
    settle(page)
    expect(shown(page).locator(".player")).to_be_visible()
    expect(shown(page)).to_have_attribute("data-moment", "200")
    shown(page).locator("[data-do=first]").click()
    expect(shown(page)).to_have_attribute("data-moment", "0")


def test_a_click_on_a_hidden_unit_writes_its_sum_out(open_page: OpenPage) -> None:
    page = open_page("nade?tour=3", reduced_motion="reduce")
    strips = shown(page).locator(".strips")
    box = strips.bounding_box()
    assert box is not None
    strips.click(position={"x": box["width"] - 12, "y": 10})
    page.mouse.move(5, 5)
    note = shown(page).locator("[data-say=note]")
    expect(note).to_contain_text("Hidden unit 32")  # and it stays
    # Pixels and counts stand in parentheses; what is left are the terms.
    said = re.sub(r"\([^)]*\)", "", note.inner_text().replace("−", "-").replace(" ", ""))
    found = re.search(r"a=(.*)=(-?[\d.]+),h=σ", said)
    assert found is not None
    terms = [float(each) for each in re.findall(r"[+-]?\d+\.\d+", found[1])]
    assert len(terms) == 2  # the bias, and the one pixel that is 1
    assert sum(terms) == pytest.approx(float(found[2]), abs=0.02)


def test_a_number_of_z_changes_all_pixels_and_a_u_none_before_it(open_page: OpenPage) -> None:
    page = open_page("nade?activity=chance&tour=2", reduced_motion="reduce")
    root = shown(page)
    before = (root.get_attribute("data-decoded") or "").split()
    root.locator(".z input").first.fill("3")
    after = (root.get_attribute("data-decoded") or "").split()
    assert len(before) == 64
    assert sum(a != b for a, b in zip(after, before, strict=True)) > 40  # margins are always 0
    drawn = root.get_attribute("data-drawn") or ""
    canvas = root.locator("canvas.u")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # pixel 2 is 1 by its u
        page.keyboard.press(key)
    index = 2
    again = root.get_attribute("data-drawn") or ""
    assert again[index] != drawn[index]
    assert again[:index] == drawn[:index]
    expect(root.locator("[data-say=readout] b").first).to_have_text("0")
