"""Contexts in a browser: every step shows what it claims, every question hides its answer.

What the pictures show is compared with the receptive fields and samples of the real networks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.analysis.contexts import contexts, differences
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.receptive_fields import NAMES
from arviz_models.analysis.side_by_side import Fields
from pages.contexts import reads, seeds, uses
from pages.contexts.grids import FIVE
from pages.contexts.models import TITLES, shipped
from tests.browser.driving import (
    LISTEN,
    accessibility_violations,
    address_has,
    cut_by_its_pane,
    press,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Server

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

SIZE, TARGET = reads.START_SIZE, reads.TARGET
EDGE = 3  # pixels around a grid
NEEDS_WEIGHTS = pytest.mark.skipif(not shipped(), reason="no trained network is shipped")
SIZES = [
    (1280, 720),
    pytest.param((390, 844)),
]
ANSWERS = {"reads": "Gated PixelCNN and full context", "mark": "Diagonal BiLSTM"}


@pytest.fixture(scope="module")
def known() -> Fields:
    """What the networks of the lesson's first state read."""
    return contexts(SIZE, int(reads.KERNELS[0]))


def start(open_page: OpenPage, query: str, size: tuple[int, int] = (1280, 720)) -> Page:
    width, height = size
    link = f"contexts?{query}"
    return open_page(link, width=width, height=height, reduced_motion="reduce")


def uncovered(open_page: OpenPage, size: tuple[int, int] = (1280, 720)) -> Page:
    """The grids with nothing hidden: the first question is skipped. They stand at 15 layers."""
    page = start(open_page, "activity=reads&tour=3", size)
    press(page, "Skip")
    stands_at(page, depth=reads.DEEP)
    return page


def picture(page: Page) -> Locator:
    return page.locator(".contexts")


def panel(page: Page, word: str) -> Locator:
    return picture(page).locator(f"figure[data-word={word}]")


def grid(page: Page, word: str) -> Locator:
    return panel(page, word).locator("canvas.grid")


def chip(page: Page, word: str) -> Locator:
    return picture(page).locator(f".choice [data-word={word}]")


def against(page: Page) -> Locator:
    return picture(page).get_by_label("Set differences to")


def cell(page: Page, index: int, word: str, *, size: int = SIZE) -> tuple[float, float]:
    """Where a pixel of a grid is on the screen."""
    grid(page, word).scroll_into_view_if_needed()
    box = grid(page, word).bounding_box()
    assert box is not None
    side = (box["width"] - 2 * EDGE) / size
    row, column = divmod(index, size)
    return box["x"] + EDGE + (column + 0.5) * side, box["y"] + EDGE + (row + 0.5) * side


def click(page: Page, index: int, word: str, *, size: int = SIZE) -> None:
    page.mouse.click(*cell(page, index, word, size=size))


def stands_at(page: Page, **expected: str | int) -> None:
    """Wait until the picture rests there."""
    for name, value in expected.items():
        expect(picture(page)).to_have_attribute(f"data-{name}", str(value))


def shows(page: Page, fields: Fields, target: int, depth: int, words: tuple[str, ...]) -> None:
    """These grids and no others, with the counts of the networks, in data and in words."""
    expect(picture(page).locator("figure")).to_have_count(len(words))
    for of in fields.panels:
        if of.table not in words:
            continue
        classes = fields.classes(of, target, depth)
        count = {name: int((classes == k).sum()) for k, name in enumerate(NAMES)}
        figure = panel(page, of.table)
        for name, number in {
            "seen": count["seen"],
            "limited": count["depth-limited"],
            "blind": count["blind"],
        }.items():
            expect(figure).to_have_attribute(f"data-{name}", str(number))
        expect(figure.locator(".counts")).to_contain_text(f"reads {count['seen']} of {target}")


def in_view(page: Page, part: Locator) -> None:
    """The part of the picture is on the screen, whole."""
    box = part.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= page.viewport_size["height"]  # type: ignore[index]


# --- the steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_each_step_of_who_reads_what_shows_the_numbers_it_names(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = start(open_page, "activity=reads", size)
    for words, depth in (("1 layer", 1), ("3 layers", 3)):
        stands_at(page, depth=depth)
        seen = [panel(page, word).get_attribute("data-seen") for word in FIVE]
        *first, last = map(str, seen)
        assert f"{', '.join(first)} and {last}" == reads.C[words]
        assert [panel(page, word).get_attribute("data-blind") for word in FIVE] == [""] * 5
        for word in FIVE:
            in_view(page, grid(page, word))
        page.locator(".st-key-stage_next button").click()
        settle(page)
    press(page, ANSWERS["reads"])
    stands_at(page, depth=reads.DEEP)
    seen = [panel(page, word).get_attribute("data-seen") for word in FIVE]
    assert ", ".join(map(str, seen[:4])) + f" and {seen[4]}" == reads.C["15 layers"]


def test_while_it_is_asked_nothing_on_screen_gives_the_answer_away(open_page: OpenPage) -> None:
    page = start(open_page, "activity=reads&tour=3")
    expect(picture(page).locator(".counts")).to_have_text([""] * 5)
    assert picture(page).locator("input[type=range]").get_attribute("max") == "3"
    for text in (picture(page).inner_text(), *labels(page)):
        assert "never" not in text
        assert "reads" not in text
    page = start(open_page, "activity=reads&tour=4")
    stands_at(page, asking="true", target=reads.ASKED_TARGET)
    for text in (picture(page).inner_text(), *labels(page)):
        assert "never" not in text
        assert "read" not in text.replace("Can read", "")


def labels(page: Page) -> list[str]:
    found: list[str] = picture(page).evaluate(
        "root => [...root.querySelectorAll('[aria-label]')].map(e => e.getAttribute('aria-label'))"
    )
    return found


def test_a_pixel_is_marked_by_mouse(open_page: OpenPage, known: Fields) -> None:
    page = start(open_page, "activity=reads&tour=4")
    click(page, reads.ASKED_TARGET + 1, "diagonal")  # not drawn before the target
    stands_at(page, asking="true")
    click(page, 43, "diagonal")
    stands_at(page, asking="false", target=reads.ASKED_TARGET)
    settle(page)
    expect(page.get_by_text("You marked (3, 10) in Diagonal BiLSTM")).to_be_visible()
    shows(page, known, reads.ASKED_TARGET, reads.DEEP, reads.ASKED)


def test_a_pixel_is_marked_by_keyboard(open_page: OpenPage) -> None:
    page = start(open_page, "activity=reads&tour=4")
    grid(page, "gated").focus()
    page.keyboard.press("Tab")
    expect(grid(page, "diagonal")).to_be_focused()
    page.keyboard.press("Enter")  # nothing is chosen yet
    stands_at(page, asking="true")
    for _ in range(reads.ASKED_TARGET - 43):
        page.keyboard.press("ArrowLeft")
    expect(picture(page).locator(".reading")).to_have_text("Row 3, column 10")
    page.keyboard.press("Enter")
    stands_at(page, asking="false")
    expect(page.get_by_text("You marked (3, 10) in Diagonal BiLSTM")).to_be_visible()


@NEEDS_WEIGHTS
@pytest.mark.parametrize("size", SIZES)
def test_the_stroke_is_covered_until_it_is_answered_then_p_is_told(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = start(open_page, "activity=uses&tour=3", size)
    for word in FIVE:
        expect(panel(page, word).locator(".counts")).to_have_text("")
        assert "p(ink)" not in (grid(page, word).get_attribute("aria-label") or "")
    press(page, uses.WHOSE.right)
    for word in FIVE:
        before, after = uses.C["p before and after"][word]
        said = panel(page, word).locator(".counts")
        expect(said).to_contain_text("unchanged" if before == after else f"{after:.3f}")


@NEEDS_WEIGHTS
def test_five_networks_agree_up_to_the_pixel_that_the_step_names(open_page: OpenPage) -> None:
    page = start(open_page, "activity=seeds")
    same = page.locator(".same-seed")
    expect(same).to_have_attribute("data-step", str(seeds.SPLIT))
    assert same.locator(".player input[type=range]").get_attribute("max") == str(seeds.SPLIT)
    expect(same.locator(".said")).to_have_text([""] * len(TITLES))
    page.locator(".st-key-stage_next button").click()
    settle(page)
    at = f"Row {seeds.ROW}, column {seeds.COLUMN} is next"
    expect(same.locator(".reading")).to_contain_text(at)
    for figure, p in zip(same.locator("figure").all(), seeds.C["25: p at the split"], strict=True):
        assert float(figure.get_attribute("data-p") or "nan") == pytest.approx(p, abs=1e-3)
    page.locator(".st-key-stage_next button").click()
    expect(same).to_have_attribute("data-step", str(seeds.D))
    expect(same.locator(".name[aria-pressed=true]")).to_have_text("Diagonal BiLSTM")


@NEEDS_WEIGHTS
def test_nats_are_on_no_page_of_the_costs_before_the_question_is_answered(
    open_page: OpenPage,
) -> None:
    page = start(open_page, "activity=costs&tour=1")
    for tour in range(1, 7):
        page.goto(page.url.split("?")[0] + f"?activity=costs&tour={tour}")
        settle(page)
        main = page.get_by_test_id("stMain").inner_text()
        for card in shipped().values():
            assert f"{card['binarized_mnist_test_nll']:.2f}" not in main


# --- by hand -------------------------------------------------------------------------------------


@pytest.mark.quick
def test_the_target_dragged_in_one_grid_moves_in_all(open_page: OpenPage, known: Fields) -> None:
    page = uncovered(open_page)
    page.mouse.move(*cell(page, 6 * SIZE + 2, "row"))
    page.mouse.down()
    for index in (6 * SIZE + 6, 4 * SIZE + 10):
        page.mouse.move(*cell(page, index, "row"))
        shows(page, known, index, reads.DEEP, FIVE)  # while it is dragged
    page.mouse.up()
    stands_at(page, target=4 * SIZE + 10)
    click(page, 0, "full")
    for word in FIVE:
        expect(panel(page, word).locator(".counts")).to_contain_text("nothing comes before")


def test_networks_are_hidden_compared_and_kept_in_the_link(
    open_page: OpenPage, known: Fields
) -> None:
    page = uncovered(open_page)
    chip(page, "made").click()
    chip(page, "gated").click()
    nets = (*(word for word in FIVE if word != "gated"), "made")
    shows(page, known, TARGET, reads.DEEP, nets)
    against(page).select_option("row")
    stands_at(page, against="row")
    apart = differences(known, TARGET, dict.fromkeys(NETWORKS, reads.DEEP))
    words = list(known.arrays)
    for word in set(nets) - {"row"}:
        gained = apart[words.index(word), words.index("row")]
        expect(panel(page, word)).to_have_attribute("data-gained", str(gained))
    address_has(page, activity="reads", tour="3", nets=".".join(nets), against="row")
    page.reload()
    settle(page)
    stands_at(page, nets=".".join(nets), against="row")
    chip(page, "row").click()  # what is not shown is not compared with
    stands_at(page, against="none")


@NEEDS_WEIGHTS
def test_paint_changes_what_the_networks_are_shown(open_page: OpenPage) -> None:
    page = start(open_page, "activity=uses&tour=3")
    press(page, uses.WHOSE.right)
    press(page, "Paint")
    click(page, 12 * 28 + 13, "gated", size=28)
    expect(page).to_have_url(re.compile("paint="))
    settle(page)
    stands_at(page, target=uses.FIVE_TARGET)  # the brush does not move it


@NEEDS_WEIGHTS
def test_p_follows_the_brush_before_the_server_is_told(open_page: OpenPage) -> None:
    page = start(open_page, "activity=uses&tour=3")
    press(page, uses.WHOSE.right)
    root = page.locator(".contexts")
    expect(page.locator(".computed .told")).to_contain_text("Computed in this browser")
    settle(page)
    # The engine's numbers are those of the claims; what is not read changes by exactly 0.
    for word in FIVE:
        before, after = uses.C["p before and after"][word]
        said = panel(page, word).locator(".ink").inner_text()
        shown = [float(each) for each in re.findall(r"\d\.\d+", said)]
        wanted = [before] if before == after else [before, after]
        assert shown == pytest.approx(wanted, abs=1.1e-3), word
        assert ("unchanged" in said) == (before == after), word
    words = {word: panel(page, word).locator(".ink").inner_text() for word in FIVE}
    press(page, "Paint")
    root.evaluate(LISTEN)
    page.mouse.move(*cell(page, 11 * 28 + 12, "gated", size=28))
    page.mouse.down()
    page.mouse.move(*cell(page, 11 * 28 + 16, "gated", size=28), steps=3)
    for word in FIVE:  # all of them read the row above the target
        expect(panel(page, word).locator(".ink")).not_to_have_text(words[word])
    page.wait_for_function("() => !window.arvizEngine.pending")
    assert page.evaluate("window.sent") == 0
    under_the_brush = {word: panel(page, word).locator(".ink").inner_text() for word in FIVE}
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('paint=')")
    settle(page)
    for word in FIVE:
        assert panel(page, word).locator(".ink").inner_text() == under_the_brush[word]
    press(page, "Compute on the server")
    for word in FIVE:
        expect(panel(page, word).locator(".ink")).to_have_text(under_the_brush[word])


def test_a_finger_drags_the_target(browser: Browser, server: Server) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/contexts")
        settle(page)
        page.touchscreen.tap(*cell(page, 3 * SIZE + 3, "gated"))
        stands_at(page, target=3 * SIZE + 3)


# --- fit -----------------------------------------------------------------------------------------


@NEEDS_WEIGHTS
@pytest.mark.parametrize("activity", ["reads", "uses", "seeds"])
def test_presented_all_of_the_picture_is_on_the_screen(open_page: OpenPage, activity: str) -> None:
    page = start(open_page, f"activity={activity}&tour=2&present=1", (1920, 1080))
    part = page.locator(".same-seed" if activity == "seeds" else ".contexts")
    in_view(page, part)
    assert sideways_overflow(page) == []


@NEEDS_WEIGHTS
@pytest.mark.parametrize("activity", ["reads", "uses", "seeds", "costs"])
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, activity: str) -> None:
    page = open_page(
        f"contexts?activity={activity}&tour=2",
        width=390,
        height=844,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    assert sideways_overflow(page) == []
    assert cut_by_its_pane(page) == []
    assert accessibility_violations(page) == []
