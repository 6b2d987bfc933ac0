"""What a lesson gives away is of the target shown, wherever the address stood before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.driving import open_reading, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize(
    "link",
    [
        "pixelcnn?activity=reads&tour=3&size=14&target=65",
        "row_lstm?activity=reads&tour=4&kernel=5&target=65",
        "diagonal_bilstm?activity=build&size=12&target=65",
        "contexts?activity=uses&tour=2&target=65",
    ],
)
def test_a_moved_target_reaches_what_is_taken_away(
    open_page: Callable[..., Page], link: str
) -> None:
    page = open_page(link)
    open_reading(page, "Take away")
    settle(page)
    said = page.get_by_test_id("stCaptionContainer").filter(has_text="Target row")
    row, column = map(int, re.findall(r"\d+", said.inner_text())[:2])
    grid = page.locator("canvas[role=application][tabindex='0']:visible").first
    grid.focus()
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        grid.press(key)
    page.wait_for_timeout(600)
    settle(page)
    assert f"Target row {row + 1}, column {column - 2}" in said.inner_text()
