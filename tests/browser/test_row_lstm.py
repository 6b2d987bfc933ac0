"""The Row LSTM lesson in a browser: the triangle, row by row, and the gates of a digit.

What the picture shows is compared with the tables of the real models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from arviz_models.analysis.row_reads import RowReads, row_reads
from arviz_models.cards import list_pretrained
from pages.row_lstm.gates import COLUMN, DIGIT, UNIT
from tests.browser.driving import (
    address_has,
    ends_of_every_control,
    press_everywhere,
    settle,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

START = 7 * 11 + 5
EDGE = 3  # pixels around a grid
NEEDS_WEIGHTS = pytest.mark.skipif(
    not any(name.startswith("row-lstm") for name in list_pretrained()),
    reason="no trained Row LSTM is shipped",
)


def picture(page: Page) -> Locator:
    return page.locator(".row-lstm")


def grid(page: Page) -> Locator:
    return picture(page).locator("canvas.grid")


def point(page: Page, index: int) -> None:
    box = grid(page).bounding_box()
    assert box is not None
    side = (box["width"] - 2 * EDGE) / 11
    row, column = divmod(index, 11)
    page.mouse.move(box["x"] + EDGE + (column + 0.5) * side, box["y"] + EDGE + (row + 0.5) * side)


def shows(page: Page, reads: RowReads, target: int, layers: int, rows: int) -> None:
    """Picture and words are those of the model."""
    classes = reads.classes(target, layers, rows)
    expected = {
        "target": target,
        "layers": layers,
        "rows": rows,
        "seen": classes.count("seen"),
        "limited": classes.count("depth-limited"),
        "blind": classes.count("blind"),
        "states": int((reads.states[target, :target] <= rows).sum()),
    }
    for name, number in expected.items():
        expect(picture(page)).to_have_attribute(f"data-{name}", str(number))
    said = f"reads {expected['seen']} of {target}"
    expect(picture(page).locator(".counts")).to_contain_text(said)


def next_step(page: Page) -> None:
    page.locator(".st-key-stage_next button").click()
    settle(page)


def answer(page: Page, number: int) -> None:
    page.locator(f".st-key-stage_answer_{number} button").click()
    settle(page)


def said_of(part: Locator) -> str:
    """All that a picture says: its text, and what it tells those who cannot see it."""
    labels = part.locator("[aria-label]").evaluate_all("all => all.map(e => e.ariaLabel)")
    return " ".join([part.inner_text(), *labels])


def test_every_step_shows_what_its_words_say(open_page: OpenPage) -> None:
    """What the question covers is nowhere on the picture until it is answered."""
    page = open_page("row_lstm?activity=reads", reduced_motion="reduce")
    expect(picture(page)).to_have_attribute("data-states", "3")
    next_step(page)
    expect(picture(page)).to_have_attribute("data-rows", "7")
    next_step(page)
    expect(picture(page)).to_have_attribute("data-states", "57")
    covered = said_of(picture(page))
    assert picture(page).get_attribute("data-seen") is None
    assert not re.search("reads 55|never|column to the left", covered)
    answer(page, 0)
    bare = row_reads(11, 3, None)
    shows(page, bare, START, 1, 7)
    next_step(page)
    shows(page, bare, START, 5, 7)
    next_step(page)
    shows(page, row_reads(11, 3, 7), START, 1, 7)


@NEEDS_WEIGHTS
def test_the_gates_show_what_the_words_say_of_one_unit(open_page: OpenPage) -> None:
    """c of the chosen row, with and without the stroke; covered until the question is answered."""
    from arviz_models.analysis.gates import gate_arrays
    from arviz_models.data import load_dataset
    from arviz_models.pretrained import load_pretrained

    model: Any = load_pretrained("row-lstm-mnist", "cpu")
    x = load_dataset("mnist_binary", 2).test[DIGIT, 0].numpy()
    without = x.copy()
    without[:7] = 0
    c, erased = (
        gate_arrays(model, each, 2)["internals"][4, UNIT, :, COLUMN] for each in (x, without)
    )
    page = open_page("row_lstm?activity=gates", reduced_motion="reduce")
    gates = page.locator(".gates")

    def holds(name: str, value: float) -> None:
        expect(gates).to_have_attribute(f"data-{name}", re.compile(r"-?\d"))
        assert float(gates.get_attribute(f"data-{name}") or "nan") == pytest.approx(value, abs=0.02)

    for row in (4, 5, 14):
        expect(gates).to_have_attribute("data-pixel", str(row * 28 + COLUMN))
        holds("c", float(c[row]))
        next_step(page)
    assert gates.get_attribute("data-erased") is None
    assert (
        f"{erased[16]:.2f}".replace("-", "−") not in page.locator("main, body").first.inner_text()
    )
    answer(page, 0)
    holds("erased", float(erased[16]))
    next_step(page)
    assert "× " not in gates.locator(".numbers").inner_text()  # i × g would tell g
    answer(page, 0)
    expect(gates.locator(".numbers")).to_contain_text(f"Unit {UNIT}")


@NEEDS_WEIGHTS
def test_the_gates_of_another_digit_are_computed_in_this_browser(open_page: OpenPage) -> None:
    """With the numbers of the server, while it is told nothing; where it computes, with its own."""
    from arviz_models.analysis.gates import gate_arrays
    from arviz_models.data import load_dataset
    from arviz_models.pretrained import load_pretrained

    model: Any = load_pretrained("row-lstm-mnist", "cpu")
    test = load_dataset("mnist_binary", 2).test
    page = open_page("row_lstm?activity=gates&tour=4", reduced_motion="reduce")
    answer(page, 0)
    gates = page.locator(".gates")
    expect(gates).to_have_attribute("data-by", "browser")
    expect(page.get_by_text("Computed in this browser")).to_be_visible()

    def holds(number: int) -> None:
        """c and p of the digit, with and without its first rows, as the server has them."""
        expect(gates).to_have_attribute("data-digit", str(number))
        x = test[number, 0].numpy()
        without = x.copy()
        without[:7] = 0
        for name, image in (("c", x), ("erased", without)):
            found = gate_arrays(model, image, 2)
            c, p = found["internals"][4, UNIT].ravel()[464], found["p"].ravel()[464]
            shown = float(gates.get_attribute(f"data-{name}") or "nan")
            assert shown == pytest.approx(c, abs=5e-3)  # the server sends "erased" as float16
            if name == "c":
                assert float(gates.get_attribute("data-p") or "nan") == pytest.approx(p, abs=1e-4)

    holds(DIGIT)
    others = gates.locator(".digit-strip [role=group] button")
    titles = others.evaluate_all("all => all.map(each => each.title)")
    first, second = (int(titles[place].split()[-1]) for place in (3, 7))
    assert DIGIT not in (first, second)
    others.nth(3).click()
    address_has(page, activity="gates", tour="4", digit=str(first))
    holds(first)
    page.get_by_role("button", name="Compute on the server").click()
    expect(gates).to_have_attribute("data-by", "server")
    holds(first)
    page.get_by_role("button", name="Compute in this browser").click()
    expect(gates).to_have_attribute("data-by", "browser")
    settle(page)
    page.evaluate("WebSocket.prototype.send = () => {}")
    others.nth(7).click()
    holds(second)


@NEEDS_WEIGHTS
def test_the_race_covers_the_drawing_until_it_is_asked_for(open_page: OpenPage) -> None:
    page = open_page("row_lstm?activity=race&tour=2", reduced_motion="reduce")
    race = page.locator(".race")
    expect(race.locator("[data-side=pass]")).to_have_attribute("data-done", "784")
    assert race.locator("[data-side=drawing]").get_attribute("data-done") is None
    assert "784" not in race.inner_text()
    answer(page, 2)
    expect(race.locator("[data-side=drawing]")).to_have_attribute("data-done", "784")
    race.locator("input[type=range]").fill("28")
    expect(race.locator("[data-side=pass]")).to_have_attribute("data-done", "784")
    expect(race.locator("[data-side=drawing]")).to_have_attribute("data-done", "28")


def test_the_triangle_grows_row_by_row_for_target_layers_and_form(open_page: OpenPage) -> None:
    page = open_page("row_lstm?activity=reads&tour=4&layers=1&up=0", reduced_motion="reduce")
    bare = row_reads(11, 3, None)
    for rows in range(4):
        shows(page, bare, START, 1, rows)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    shows(page, bare, START, 1, 7)
    expect(picture(page).locator(".counts")).to_contain_text("55 of 82 (67 %)")
    expect(picture(page).locator(".reason")).to_contain_text("7 of the 57 states")
    slider = picture(page).locator(".layers input")
    slider.fill("5")
    shows(page, bare, START, 5, 7)
    grid(page).focus()
    page.keyboard.press("ArrowUp")
    shows(page, bare, START - 11, 5, 6)  # still followed to the top
    address_has(page, activity="reads", tour="4", target=str(START - 11))  # else as the step
    page.keyboard.press("Escape")

    page.get_by_test_id("stMain").get_by_role("radio", name="7", exact=True).first.click()
    settle(page)
    shows(page, row_reads(11, 3, 7), START - 11, 5, 6)
    expect(picture(page).locator(".reason")).to_contain_text("7×7")


def test_the_way_to_a_pixel_goes_over_states(open_page: OpenPage) -> None:
    """Each is among those the last is computed from, and the last reads the pixel by itself."""
    page = open_page("row_lstm?activity=reads&tour=4&layers=1", reduced_motion="reduce")
    reads = row_reads(11, 3, None)
    found = 0
    for pixel in range(0, START, 7):
        point(page, pixel)
        place = f"Row {pixel // 11}, column {pixel % 11}"
        expect(picture(page).locator(".reading")).to_contain_text(place)
        path = picture(page).get_attribute("data-path")
        if reads.rows[0, START, pixel] > 7:
            assert path is None
            continue
        assert path is not None
        places = [int(each) for each in path.split()]
        assert places[0] == START
        for below, above in pairwise(places):
            assert reads.states[below, above] == 1
        assert reads.rows[0, places[-1], pixel] == 0
        found += 1
    assert found >= 5


def numbers_of(said: str) -> list[float]:
    """The numbers with a point in a text, also those written as a power of ten."""
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
    found = re.findall(r"(−?\d+\.\d+)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", said)
    return [float(f"{a.translate(digits)}e{b.translate(digits) or 0}") for a, b in found]


@NEEDS_WEIGHTS
def test_a_press_or_a_drag_on_the_digit_chooses_the_pixel(open_page: OpenPage) -> None:
    page = open_page("row_lstm?activity=gates", reduced_motion="reduce")
    gates = page.locator(".gates")
    digit = gates.locator("canvas.digit")
    digit.scroll_into_view_if_needed()
    box = digit.bounding_box()
    assert box is not None
    side = (box["width"] - 2 * EDGE) / 28

    def place(row: int, column: int) -> tuple[float, float]:
        return box["x"] + EDGE + (column + 0.5) * side, box["y"] + EDGE + (row + 0.5) * side

    page.mouse.click(*place(3, 20))
    expect(gates).to_have_attribute("data-pixel", str(3 * 28 + 20))
    expect(gates.locator(".at")).to_contain_text("Row 3, column 20")
    page.mouse.move(*place(3, 20))
    page.mouse.down()
    page.mouse.move(*place(10, 12), steps=4)
    page.mouse.move(*place(20, 5), steps=4)
    expect(gates.locator(".at")).to_contain_text("Row 20, column 5")
    page.mouse.up()
    address_has(page, activity="gates", pixel=str(20 * 28 + 5))
    curves = gates.locator("canvas.column").bounding_box()
    assert curves is not None
    page.mouse.click(curves["x"] + 10, box["y"] + EDGE + 10.5 * side)  # a row of the curves
    expect(gates).to_have_attribute("data-pixel", str(10 * 28 + 5))


@NEEDS_WEIGHTS
def test_the_gates_take_every_press_drag_and_touch(open_page: OpenPage) -> None:
    page = open_page("row_lstm?activity=gates", reduced_motion="reduce")
    for view, names in (("column", ("digit", "column")), ("units", ("bars",))):
        page.locator(f".gates [data-view={view}]").click()
        for name in names:
            canvas = page.locator(f".gates canvas.{name}")
            press_everywhere(page, canvas)
            touch_everywhere(page, canvas)
    expect(page.locator(".failed")).to_have_count(0)
    buttons = page.locator(".gates button[data-symbol]")
    for number in range(buttons.count()):
        buttons.nth(number).click()
    expect(page.locator(".failed")).to_have_count(0)


def test_the_triangle_takes_every_press_drag_and_touch_and_both_ends_of_every_control(
    open_page: OpenPage,
) -> None:
    page = open_page("row_lstm?activity=reads&tour=4", reduced_motion="reduce")
    press_everywhere(page, grid(page))
    expect(picture(page)).to_have_attribute("data-target", "0")  # the drag ended there
    touch_everywhere(page, grid(page))
    assert ends_of_every_control(page) >= 4  # layers, rows, first kernel, kernel
    expect(page.locator(".failed")).to_have_count(0)


@NEEDS_WEIGHTS
def test_symbols_bars_and_numbers_are_linked(open_page: OpenPage) -> None:
    page = open_page(
        "row_lstm?activity=gates&pixel=380&feature=3&gate=f&view=units", reduced_motion="reduce"
    )
    gates = page.locator(".gates")
    expect(gates).to_have_attribute("data-pixel", "380")
    expect(gates.locator(".map-name")).to_contain_text("f (forget gate) of unit 3")
    gates.locator(".equations [data-symbol=h]").first.hover()
    expect(gates.locator(".names [data-symbol=h]")).to_have_class("lit")
    expect(gates.locator(".map-name")).to_contain_text("h (hidden state) of unit 3")
    said = gates.locator(".numbers").inner_text()
    numbers = numbers_of(said)
    f, above, i, g, c, o, tanh_c, h = numbers
    assert c == pytest.approx(f * above + i * g, abs=0.002 * (1 + abs(above)))
    assert tanh_c == pytest.approx(np.tanh(c), abs=0.002)
    assert h == pytest.approx(o * tanh_c, abs=0.002)
    gates.locator("canvas.digit").focus()
    page.keyboard.press("ArrowLeft")
    expect(gates).to_have_attribute("data-pixel", "379")
    address_has(page, activity="gates", pixel="379", feature="3", gate="f", view="units")
