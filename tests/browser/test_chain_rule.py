"""The chain-rule lesson in a browser: reorder, hover, edit, play, and a bad link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.browser.driving import accessibility_violations, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

pytestmark = pytest.mark.slow

expect: Any = pytest.importorskip("playwright.sync_api").expect

JOINT, FACTORS = ".chain .state .number", ".chain .row .p"


def numbers(page: Page, where: str) -> list[str]:
    expect(page.locator(where).first).not_to_be_empty()
    found: list[str] = page.locator(where).all_text_contents()
    return found


def row(page: Page, step: int, number: int) -> Any:
    return page.locator(f".chain .row[data-step='{step}'][data-row='{number}']")


def state(page: Page, bits: str) -> Any:
    return page.locator(f".chain .state[data-state='{int(bits, 2)}']")


def test_reordering_changes_the_factors_and_leaves_the_bars(open_page: OpenPage) -> None:
    page = open_page("chain_rule")
    bars, factors = numbers(page, JOINT), numbers(page, FACTORS)
    page.get_by_role("button", name="x₃, drawn third").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="x₃, drawn second")).to_be_visible()
    settle(page)
    assert numbers(page, JOINT) == bars
    assert numbers(page, FACTORS) != factors
    assert "order=0.2.1" in page.url
    node, last = (
        page.get_by_role("button", name=name).bounding_box()
        for name in ("x₁, drawn first", "x₂, drawn third")
    )
    assert node is not None and last is not None
    page.mouse.move(node["x"] + 10, node["y"] + 10)
    page.mouse.down()
    page.mouse.move(last["x"] + 10, last["y"] + 10, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name="x₁, drawn third")).to_be_visible()
    settle(page)
    assert numbers(page, JOINT) == bars
    assert float(page.locator(".chain").get_attribute("data-check") or "nan") < 1e-9


def test_pointing_answers_without_the_server(open_page: OpenPage) -> None:
    page = open_page("chain_rule", settled=False)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: frames.append("sent")))
    page.reload()
    settle(page)
    before = len(frames)
    state(page, "011").hover()
    for step, number in ((0, 0), (1, 0), (2, 1)):
        expect(row(page, step, number)).to_have_class("row lit")
    expect(page.locator(".chain .reading")).to_contain_text("0.700 × 0.300 × 0.900 = 0.189")
    row(page, 1, 1).hover()
    for bits in ("100", "101", "110", "111"):
        expect(state(page, bits)).to_contain_class("lit")
    assert len(frames) == before


def test_a_conditional_is_edited_by_hand_and_the_link_has_it(open_page: OpenPage) -> None:
    page = open_page("chain_rule")
    row(page, 0, 0).focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(row(page, 0, 0)).to_have_attribute("aria-valuenow", "0.330")
    page.wait_for_function("() => location.search.includes('joint=')")
    settle(page)
    page.reload()
    settle(page)
    expect(row(page, 0, 0)).to_have_attribute("aria-valuenow", "0.330")
    expect(row(page, 2, 0)).to_have_attribute("aria-valuenow", "0.050")


def test_samples_are_played_to_the_end(open_page: OpenPage) -> None:
    page = open_page("chain_rule?n=100")
    page.locator(".chain select").select_option("1024")
    page.get_by_role("button", name="Play").first.click()
    expect(page.locator(".chain")).to_have_attribute("data-n", "100")
    expect(page.locator(".chain .reading")).to_contain_text("total variation distance")


def test_a_bad_link_says_so_and_shows_the_default(open_page: OpenPage) -> None:
    page = open_page("chain_rule?joint=1.2&step=-4")
    expect(page.get_by_role("alert")).to_contain_text("joint")
    assert numbers(page, JOINT)[0] == "0.466"


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_state_of_the_picture_can_be_read_by_all(
    open_page: OpenPage, ground: Literal["light", "dark"]
) -> None:
    page = open_page("chain_rule?step=50", width=390, height=844, color_scheme=ground)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []
