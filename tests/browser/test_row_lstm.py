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

from arviz_models.cards import list_pretrained
from arviz_models.figures.row_lstm import RowReads, row_reads
from tests.browser.driving import address_has, settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

pytestmark = pytest.mark.slow

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


def test_the_triangle_grows_row_by_row_for_target_layers_and_form(open_page: OpenPage) -> None:
    page = open_page("row_lstm", reduced_motion="reduce")
    bare = row_reads(11, 3, None)
    for rows in range(4):
        shows(page, bare, START, 1, rows)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    shows(page, bare, START, 1, 7)
    expect(picture(page).locator(".counts")).to_contain_text("55 of 82 (67 %)")
    expect(picture(page).locator(".reason")).to_contain_text("7 of the 57 states")
    address_has(page, rows="7")

    slider = picture(page).locator(".layers input")
    slider.fill("5")
    shows(page, bare, START, 5, 7)
    grid(page).focus()
    page.keyboard.press("ArrowUp")
    shows(page, bare, START - 11, 5, 6)  # still followed to the top
    address_has(page, rows="6", layers="5", target=str(START - 11))
    page.keyboard.press("Escape")

    page.get_by_test_id("stMain").get_by_role("radio", name="7", exact=True).first.click()
    settle(page)
    shows(page, row_reads(11, 3, 7), START - 11, 5, 6)
    expect(picture(page).locator(".reason")).to_contain_text("7×7")


def test_the_way_to_a_pixel_goes_over_states(open_page: OpenPage) -> None:
    """Each is among those the last is computed from, and the last reads the pixel by itself."""
    page = open_page("row_lstm?rows=7", reduced_motion="reduce")
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


def test_an_answer_plays_the_rows_to_the_top(open_page: OpenPage) -> None:
    page = open_page("row_lstm?first=7&target=30", reduced_motion="reduce")
    page.get_by_text("None of them", exact=True).click()
    settle(page)
    shows(page, row_reads(11, 3, None), START, 1, 7)


@NEEDS_WEIGHTS
def test_symbols_bars_and_numbers_are_linked(open_page: OpenPage) -> None:
    page = open_page("row_lstm?pixel=380&feature=3&gate=f", reduced_motion="reduce")
    page.get_by_role("tab", name="Gates at a pixel").click()
    gates = page.locator(".gates")
    expect(gates).to_have_attribute("data-pixel", "380")
    expect(gates.locator(".map-name")).to_contain_text("f (forget gate) of feature 3")
    gates.locator(".equations [data-symbol=h]").first.hover()
    expect(gates.locator(".names [data-symbol=h]")).to_have_class("lit")
    expect(gates.locator(".map-name")).to_contain_text("h (hidden state) of feature 3")
    said = gates.locator(".numbers").inner_text().replace("−", "-")
    numbers = [float(text) for text in re.findall(r"-?\d+\.\d{3}", said)]
    f, above, i, g, c, o, tanh_c, h = numbers
    assert c == pytest.approx(f * above + i * g, abs=0.002 * (1 + abs(above)))
    assert tanh_c == pytest.approx(np.tanh(c), abs=0.002)
    assert h == pytest.approx(o * tanh_c, abs=0.002)
    gates.locator("canvas.digit").focus()
    page.keyboard.press("ArrowLeft")
    expect(gates).to_have_attribute("data-pixel", "379")
    address_has(page, pixel="379", feature="3", gate="f")
