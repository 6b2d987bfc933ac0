"""Own images in a browser: drawn one after the other, the threshold in the hand, a large zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.driving import accessibility_violations, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

DRAWN = 11


def draw(page: Page, number: int) -> None:
    """A stroke, another one for each number, and "Add this drawing"; nothing is waited for."""
    box = page.locator(".lab-pad canvas").bounding_box()
    assert box is not None
    x, y, side = box["x"], box["y"], box["width"]
    page.mouse.move(x + 0.2 * side, y + (0.1 + 0.07 * number) * side)
    page.mouse.down()
    page.mouse.move(x + 0.5 * side, y + 0.2 * side, steps=3)
    page.mouse.move(x + 0.8 * side, y + 0.9 * side, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Add this drawing").click()


def large_zip() -> bytes:
    """6 pictures, and 6 MB that are none: more than the server took before."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(6):
            grey = np.full((60, 60), 255, np.uint8)
            grey[10 : 20 + 5 * number, 10:20] = grey[10:15, 10 : 40 + 2 * number] = 0
            file = io.BytesIO()
            Image.fromarray(grey).save(file, "PNG")
            archive.writestr(f"{number}.png", file.getvalue())
        archive.writestr("notes.bin", bytes(6 * 2**20))
    return target.getvalue()


def test_drawings_come_without_loss_the_threshold_is_in_the_hand_and_a_large_zip_is_read(
    open_page: OpenPage,
) -> None:
    page = open_page("lab?activity=images", width=390, height=844)
    for number in range(DRAWN):
        draw(page, number)
    sheet, range_ = page.locator(".lab-sheet"), page.locator(".lab-sheet input")
    settle(page)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []
    expect(page.get_by_role("button", name="Train on these")).to_be_enabled()
    kept = int(sheet.get_attribute("data-kept") or 0)

    def image_at(threshold: float) -> str:
        change = "(input, to) => { input.value = to; input.dispatchEvent(new Event('input')); }"
        range_.evaluate(change, threshold)
        found: str = sheet.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        return found

    before = image_at(0.5)
    assert image_at(0.98) != before  # at once: the server has not been told
    assert image_at(0.5) == before
    page.locator("input[type=file]").first.set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": large_zip()}
    )
    expect(sheet).to_have_attribute("data-kept", str(kept + 6))
