"""The time-series lesson in a browser: its steps, files that are asked about, dates as ticks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.driving import accessibility_violations, open_reading, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

WALK = np.random.default_rng(0).normal(size=60).cumsum()
THOUSANDS = "\n".join(f"{value:,}" for value in range(998, 1030))


SIZES = [
    pytest.param((1280, 720), id="1280"),
    pytest.param((390, 844), id="390", marks=pytest.mark.slow),
]


def upload(page: Page, text: str, name: str = "mine.csv") -> None:
    field = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    page.wait_for_timeout(500)
    settle(page)


def ticks(page: Page) -> list[str]:
    """What the axis of the picture reads, from left to right."""
    expect(page.locator(".series [data-tick]").first).to_be_visible()
    found: list[str] = page.locator(".series [data-tick]").all_text_contents()
    return found


def in_view(page: Page, *parts: str) -> None:
    """These parts of the picture are whole in the window."""
    size = page.viewport_size
    assert size is not None
    for part in parts:
        box = page.locator(f".series {part}").first.bounding_box()
        assert box is not None and box["height"] > 0, part
        assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"] + 1, part


def told(page: Page) -> str:
    """All that the picture tells: its text and its label."""
    found: str = page.locator(".series").evaluate(
        "root => root.textContent + root.querySelector('svg').getAttribute('aria-label')"
    )
    return found


def next_step(page: Page) -> None:
    page.locator(".st-key-stage_next button").click()
    settle(page)


def reply(page: Page, words: str) -> None:
    page.locator(".st-key-stage_question").get_by_role("button", name=words, exact=True).click()
    settle(page)


@pytest.mark.quick
@pytest.mark.parametrize("size", SIZES)
def test_one_step_is_in_view_and_its_prediction_waits_for_the_answer(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page("time_series", width=size[0], height=size[1])
    picture = page.locator(".series")
    expect(picture.locator("[data-weight]")).to_have_count(2)
    assert "13.7" not in told(page)
    next_step(page)
    assert "13.7" not in told(page)
    expect(picture.locator("[data-gaussian]")).to_have_count(0)
    reply(page, "Below 2.9")
    expect(picture.locator("[data-next]")).to_have_text("13.7")
    expect(picture.locator("[data-gaussian]")).to_have_count(1)
    in_view(page, "svg", ".reading")
    next_step(page)
    expect(picture.locator(".reading")).to_contain_text("16.6")
    next_step(page)
    expect(picture.locator("[data-weight]")).to_have_count(9)
    in_view(page, "svg", ".reading")


@pytest.mark.parametrize("size", SIZES)
def test_many_futures_are_in_view_and_as_the_steps_say(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(
        "time_series?activity=many-steps", width=size[0], height=size[1], reduced_motion="reduce"
    )
    picture = page.locator(".series")
    expect(picture.locator("[data-path]")).to_have_count(30)
    in_view(page, "svg", ".reading", ".player")
    next_step(page)
    expect(picture.locator("[data-path]")).to_have_count(0)
    assert "40.3" not in told(page)
    reply(page, "40.3, about 2.4 times as much")
    expect(picture.locator("[data-error]")).to_have_text("40.3")
    expect(picture.locator("[data-band]")).to_have_count(2)
    next_step(page)
    assert "mean" not in told(page) and "sampled" not in told(page)
    reply(page, "Curve B")
    expect(picture.locator(".legend")).to_contain_text("sampled futures")
    next_step(page)
    expect(picture.locator("[data-came]")).to_have_count(24)
    expect(picture.locator("[data-rmse-many]")).to_have_text("48.4")
    next_step(page)
    expect(picture.locator("[data-rmse-many]")).to_have_text("22.8")
    next_step(page)
    expect(picture.locator("[data-share]")).to_have_text("13 %")
    assert picture.locator("[data-negative]").count() == 94  # of 720 sampled values
    in_view(page, "svg", ".reading", ".player")


@pytest.mark.parametrize("size", SIZES)
def test_differences_and_residuals_are_in_view(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page("time_series?activity=differences", width=size[0], height=size[1])
    picture = page.locator(".series")
    expect(picture.locator("[data-error]")).to_have_text("169")
    next_step(page)
    assert "295" not in told(page)
    reply(page, "It still grows")
    expect(picture.locator("[data-error]")).to_have_text("295")
    next_step(page)
    expect(picture.locator("[data-p]")).to_have_text("0.636")
    independent = picture.locator("[data-bar=outside]").count()
    next_step(page)
    expect(picture.locator("[data-p]")).to_have_text("1·10⁻⁵")
    assert picture.locator("[data-bar=outside]").count() > max(2, independent)
    in_view(page, "svg", ".reading")


def test_paths_grow_as_they_are_played(open_page: OpenPage) -> None:
    page = open_page("time_series?activity=many-steps")
    picture = page.locator(".series")
    expect(picture).to_have_attribute("data-step", "24")


def test_daily_dates_give_ticks_that_differ_and_an_axis_of_dates(open_page: OpenPage) -> None:
    page = open_page("time_series?activity=own")
    days = [date(2024, 1, 25) + timedelta(days=each) for each in range(60)]
    upload(page, "\n".join(f"{a:%d/%m/%Y};{b:.3f}" for a, b in zip(days, WALK, strict=True)))
    expect(page.get_by_test_id("stMain")).to_contain_text("day, month, year")
    read = ticks(page)
    assert len(read) >= 3
    assert len(set(read)) == len(read)
    assert any("2024" in each for each in read)
    expect(page.locator(".series [data-axis]")).to_have_text("date")


def test_an_ambiguous_file_is_asked_about_and_a_bad_one_is_refused_in_view(
    open_page: OpenPage,
) -> None:
    page = open_page("time_series?activity=own", height=900)
    upload(page, THOUSANDS)
    question = page.get_by_role("radiogroup", name="How is the row “1,000” meant?")
    expect(question).to_be_visible()
    expect(page.get_by_text("Choose one; until then")).to_be_visible()
    question.get_by_text("one value, 1000 (thousands comma)").click()
    settle(page)
    expect(page.get_by_role("cell", name="998").first).to_be_visible()
    assert accessibility_violations(page) == []
    upload(page, THOUSANDS.replace("1,003", "many"), "worse.csv")
    alert = page.get_by_role("alert").filter(has_text="“many” is not a number")
    expect(alert).to_be_visible()
    hidden = alert.evaluate(
        """alert => {
          const box = alert.getBoundingClientRect();
          const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return !alert.contains(top);
        }"""
    )
    assert not hidden, "something lies over the error"


OWN = {
    "rate": 1.1 + 0.01 * WALK,
    "tiny": 3e-5 + 1e-6 * WALK,
    "huge": 3e10 + 9e8 * WALK,
    "negative": -2.5e11 - 1e10 * WALK,
    "near": 1e9 + WALK,
}


def cut_off(page: Page, part: str, inside: str) -> list[str]:
    """What stands in the part but not in the box around it, in words."""
    found: list[str] = page.locator(f"{inside} {part}").evaluate_all(
        """(parts, inside) => parts.filter(part => {
          const box = part.closest(inside).getBoundingClientRect();
          const own = part.getBoundingClientRect();
          const out = own.left < box.left - 0.5 || own.right > box.right + 0.5;
          return out || (part.matches('td') && part.scrollWidth > part.clientWidth + 1);
        }).map(part => part.textContent)""",
        inside.split()[-1],
    )
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(OWN))
def test_own_values_of_any_size_are_whole_in_picture_and_table(
    open_page: OpenPage, name: str, size: tuple[int, int]
) -> None:
    page = open_page("time_series?activity=own", width=size[0], height=size[1])
    days = [date(2024, 1, 25) + timedelta(days=each) for each in range(60)]
    rows = [f"{day};{value!r}" for day, value in zip(days, map(float, OWN[name]), strict=True)]
    upload(page, "\n".join(rows))
    expect(page.get_by_test_id("stMain")).to_contain_text("year, month, day")
    for view in ("many steps", "one step"):
        button = page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True)
        button.click()
        settle(page)
        expect(page.locator(f".series[data-view='{view}']")).to_be_visible()
        axis = page.locator(".series svg text[text-anchor=end]").all_text_contents()
        assert len(set(axis)) == len(axis) > 2
        assert cut_off(page, "text", ".series svg") == []
        reading = page.locator(".series .reading").inner_text()
        assert not re.search(r"[ ±(]0\.?0*([ ,;]|\.? )", reading), reading
    table = page.get_by_test_id("stTable")
    table.scroll_into_view_if_needed()
    assert cut_off(page, "td", "[data-testid=stTable]") == []
    assert cut_off(page, "[data-testid=stTable]", ".stMain") == []
    assert sideways_overflow(page) == []


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_the_longest_formula_and_every_choice_are_whole(open_page: OpenPage, width: int) -> None:
    page = open_page("time_series?series=growth&p=12&d=1&q=4", width=width)
    settle(page, timeout_ms=120_000)
    open_reading(page, "Coefficients")
    settle(page)
    assert sideways_overflow(page) == []
    formula = (
        page.get_by_test_id("stMarkdown").filter(has=page.locator(".katex")).filter(has_text="ε")
    )
    cut = formula.locator(".katex-html .base").evaluate_all(
        """parts => parts.filter(part => {
          const box = part.closest('[data-testid="stMarkdown"]').getBoundingClientRect();
          return part.getBoundingClientRect().right > box.right + 1;
        }).length"""
    )
    assert cut == 0
    assert formula.locator(".katex-html .base").count() > 17
    labels = page.locator("label, [data-testid=stButtonGroup] button").evaluate_all(
        "all => all.filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.innerText)"
    )
    assert labels == []
