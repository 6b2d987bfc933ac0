"""The Diagonal BiLSTM lesson in a browser: both readers, the skew, the sweep, what is read.

What the picture shows is compared with what the real network reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.figures.diagonal_bilstm import Diagonals, bidirectional_reads, diagonals
from tests.browser.driving import accessibility_violations, query, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

pytestmark = pytest.mark.slow

expect: Any = pytest.importorskip("playwright.sync_api").expect

START = 7 * 11 + 5
EDGE, HEAD = 3, 20  # pixels around a canvas, and of the line over a map


def picture(page: Page) -> Locator:
    return page.locator(".diagonal")


def panel(page: Page, name: str) -> Locator:
    return picture(page).locator(f".panel[data-of={name}]")


def reading(page: Page) -> Locator:
    return picture(page).locator(".reading")


def seek(page: Page, step: int) -> None:
    picture(page).locator("input[type=range]").fill(str(step))


def show(page: Page, view: str) -> None:
    picture(page).locator(f"[data-view={view}]").click()
    expect(picture(page)).to_have_attribute("data-view", view)


def reads(page: Page, found: Diagonals, target: int, depth: int) -> None:
    """Every panel counts what the network's tables say."""
    expect(picture(page)).to_have_attribute("data-target", str(target))
    expect(picture(page)).to_have_attribute("data-depth", str(depth))
    for name in ("direct", "mirrored", "output"):
        seen = found.arrays[name][target] <= depth
        expect(panel(page, name)).to_have_attribute("data-read", str(int(seen[:target].sum())))
        expect(panel(page, name)).to_have_attribute("data-leaks", str(int(seen[target:].sum())))
    blind = found.counts(target, depth)["blind"]
    expect(panel(page, "output")).to_have_attribute("data-blind", str(blind))


def test_every_state_of_the_bidirectional_rnn_lights_what_it_reads(open_page: OpenPage) -> None:
    page = open_page("diagonal_bilstm", reduced_motion="reduce")
    expect(reading(page)).to_contain_text("all 3 inputs")
    tables = bidirectional_reads()
    ways = {"f": ("direct",), "b": ("mirrored",), "y": ("direct", "mirrored")}
    for kind, lit in ways.items():
        for i in range(3):
            picture(page).locator(f"[data-node={kind}{i}]").hover()
            expect(reading(page)).to_contain_text(f"{kind}{'₀₁₂'[i]}")
            for j in range(3):
                expected = " ".join(way for way in lit if tables[way][i, j])
                node = picture(page).locator(f"[data-node=x{j}]")
                expect(node).to_have_attribute("data-read", expected)


@pytest.mark.parametrize("view", ["skew", "mirror"])
def test_the_skew_moves_every_cell_to_its_place(open_page: OpenPage, view: str) -> None:
    """The map tells where the target is drawn, and whose states it reads."""
    page = open_page(f"diagonal_bilstm?view={view}", reduced_motion="reduce")
    canvas = picture(page).locator("canvas.map")
    expect(canvas).to_be_visible()
    size = float(canvas.get_attribute("data-cell") or 0)
    assert float(canvas.get_attribute("data-x") or 0) == pytest.approx(EDGE + 5 * size, abs=0.1)
    seek(page, 100)
    column = {"skew": 7 + 5, "mirror": 7 + (10 - 5)}[view]
    expect(canvas).to_have_attribute("data-x", f"{EDGE + column * size:.1f}")
    expect(canvas).to_have_attribute("data-y", f"{EDGE + HEAD + 7 * size:.1f}")
    beside = {"skew": START - 1, "mirror": START + 1}[view]
    expect(canvas).to_have_attribute("data-reads", f"{beside} {START - 11}")
    expect(picture(page)).to_have_attribute("data-step", "100")
    assert query(page) == {"view": view, "step": "100"}


def test_the_sweep_counts_the_pixels_computed_at_once(open_page: OpenPage) -> None:
    page = open_page("diagonal_bilstm?view=sweep&step=12", reduced_motion="reduce")
    found = diagonals(11, 3, False, True)
    canvas = picture(page).locator("canvas.map")
    expect(reading(page)).to_contain_text("step 12 of 21: 10 pixels at once")
    expect(reading(page)).to_contain_text("76 pixels in 12 steps")
    for step in (1, 11, 21, 22, 30, 42):
        seek(page, step)
        way = "direct" if step <= 21 else "mirrored"
        expect(canvas).to_have_attribute("data-way", way)
        expect(canvas).to_have_attribute("data-now", str(found.wavefronts[(step - 1) % 21]))
    expect(reading(page)).to_contain_text("All 121 pixels in 21 steps")


def test_the_contexts_are_those_of_the_network(open_page: OpenPage) -> None:
    page = open_page("diagonal_bilstm?view=contexts", reduced_motion="reduce")
    paper = diagonals(11, 3, False, True)
    reads(page, paper, START, 1)
    expect(panel(page, "output").locator(".counts")).to_contain_text("reads 81 of 82")
    expect(reading(page)).to_contain_text("One pixel is missing: row 6, column 10.")
    seek(page, 3)
    reads(page, paper, START, 3)
    grid = panel(page, "output").locator("canvas")
    box = grid.bounding_box()
    assert box is not None
    cell = (box["width"] - 2 * EDGE) / 11
    grid.click(position={"x": EDGE + 2.5 * cell, "y": EDGE + 4.5 * cell})
    reads(page, paper, 4 * 11 + 2, 3)
    page.keyboard.press("ArrowRight")
    reads(page, paper, 4 * 11 + 3, 3)
    assert query(page) == {"view": "contexts", "depth": "3", "target": str(4 * 11 + 3)}


def test_full_context_closes_the_corner_and_without_the_shift_the_row_leaks(
    open_page: OpenPage,
) -> None:
    """From any view: a control that changes what is read shows what is read."""
    page = open_page("diagonal_bilstm?view=skew", reduced_motion="reduce")
    page.get_by_text("Full context", exact=True).first.click()
    settle(page)
    expect(picture(page)).to_have_attribute("data-view", "contexts")
    reads(page, diagonals(11, 3, True, True), START, 1)
    expect(reading(page)).to_contain_text("The whole context: 82 of 82.")
    page.get_by_text("Some of its own row", exact=True).first.click()
    settle(page)
    reads(page, diagonals(11, 3, False, False), START, 1)
    expect(reading(page)).to_contain_text("5 pixels of row 7 leak.")


def test_it_fits_a_phone_in_every_view(open_page: OpenPage) -> None:
    page = open_page("diagonal_bilstm", width=390, height=844, reduced_motion="reduce")
    for view in ("skew", "mirror", "sweep", "contexts"):
        show(page, view)
        assert sideways_overflow(page) == [], view
    assert accessibility_violations(page) == []
