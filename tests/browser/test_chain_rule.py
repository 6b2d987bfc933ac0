"""The chain-rule lesson in a browser: reorder, hover, edit, play, and a bad link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.browser.conftest import Server
from tests.browser.driving import (
    accessibility_violations,
    ends_of_every_control,
    press_everywhere,
    settle,
    sideways_overflow,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    OpenPage = Callable[..., Page]

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


def effects(page: Page) -> list[str]:
    """How much each arrow says that it changes."""
    found: list[str] = page.locator(".chain .dag path.body").evaluate_all(
        "paths => paths.map(path => path.dataset.effect)"
    )
    return found


def grip(page: Page, bits: str) -> tuple[float, float]:
    """The end of a state's bar."""
    box = state(page, bits).locator(".grip").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def edge(page: Page, step: int, number: int) -> tuple[float, float]:
    """The middle of a row's bar."""
    box = row(page, step, number).locator(".bar").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_table_shows_what_its_header_says_and_the_product_what_the_state_takes(
    open_page: OpenPage,
) -> None:
    page = open_page("chain_rule?tour=3")
    expect(page.locator(".chain .factor h4").nth(1)).to_have_text("p(x₂ = 1 | x₁)")
    lit = page.locator(".chain .row.lit .p")
    assert lit.all_text_contents() == ["0.300", "0.300", "0.900"]
    terms = page.locator(".chain .term:not(.whole) .num")
    assert terms.all_text_contents() == ["0.300", "1 − 0.300 = 0.700", "0.900"]
    expect(page.locator(".chain .axis .bits")).to_have_text("x₁x₂x₃")


@pytest.mark.quick
def test_arrows_and_tables_follow_a_bar_while_it_is_dragged(open_page: OpenPage) -> None:
    page = open_page("chain_rule?tour=3")
    before = effects(page)
    assert before[0] == "0.000"
    x, y = edge(page, 1, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=3)
    held = effects(page)
    p = float(row(page, 1, 0).locator(".p").inner_text())
    assert float(held[0]) == pytest.approx(abs(p - 0.3), abs=0.002)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('joint=')")
    settle(page)
    assert effects(page) == held


def test_bars_are_dragged_by_touch_and_the_page_scrolls_beside_them(
    browser: Browser, server: Server
) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/chain-rule?tour=3")
        settle(page)
        session = context.new_cdp_session(page)

        def drag(x: float, y: float, across: float, down: float) -> None:
            for kind, share in [("touchStart", 0.0), ("touchMove", 0.5), ("touchMove", 1.0)]:
                points = [{"x": x + share * across, "y": y + share * down}]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        page.locator(".chain").evaluate("it => it.scrollIntoView()")
        drag(*edge(page, 0, 0), -20, 0)
        page.wait_for_function("() => location.search.includes('joint=')")
        settle(page)
        p = float(row(page, 0, 0).locator(".p").inner_text())
        assert p > 0.4
        bar = float(state(page, "000").locator(".number").inner_text())
        drag(*grip(page, "000"), 0, -25)
        expect(state(page, "000").locator(".number")).not_to_have_text(f"{bar:.3f}")
        settle(page)
        raised = float(state(page, "000").locator(".number").inner_text())
        assert raised > bar + 0.05
        box = state(page, "000").locator(".bits").bounding_box()
        assert box is not None
        drag(box["x"] + 10, box["y"] + 5, 0, -40)
        settle(page)
        assert float(state(page, "000").locator(".number").inner_text()) == raised
        touch_everywhere(page, page.locator(".chain .factors"))
        touch_everywhere(page, page.locator(".chain .joint"))
        settle(page)
        assert page.locator(".failed").count() == 0


def test_edits_that_follow_each_other_fast_are_all_kept(open_page: OpenPage) -> None:
    page = open_page("chain_rule?tour=3")
    for number in range(4):
        row(page, 2, number).focus()
        page.keyboard.press("Home" if number % 2 else "End")
    page.wait_for_function("() => location.search.includes('joint=')")
    page.wait_for_timeout(1000)
    settle(page)
    page.reload()
    settle(page)
    shown = [row(page, 2, number).get_attribute("aria-valuenow") for number in range(4)]
    assert shown == ["1.000", "0.000", "1.000", "0.000"]


def test_a_share_beyond_the_picture_says_how_high_it_is(open_page: OpenPage) -> None:
    page = open_page("chain_rule?activity=draw&step=3")
    expect(page.locator(".chain")).to_have_attribute("data-n", "1")
    over = page.locator(".chain .state u:visible")
    expect(over).to_have_count(1)
    expect(over).to_have_text("▲ 1.00")


def test_the_picture_bears_every_press(open_page: OpenPage) -> None:
    page = open_page("chain_rule?tour=3")
    for part in (".dag", ".factors", ".joint"):
        press_everywhere(page, page.locator(f".chain {part}"), per_side=4)
    settle(page)
    assert page.locator(".failed").count() == 0
    assert float(page.locator(".chain").get_attribute("data-check") or "nan") < 1e-9


@pytest.mark.parametrize(("activity", "number"), [("draw", 3), ("networks", 2)])
def test_every_control_bears_both_ends_of_its_range(
    open_page: OpenPage, activity: str, number: int
) -> None:
    page = open_page(f"chain_rule?activity={activity}", height=900)
    assert ends_of_every_control(page) >= number
    assert page.locator(".failed").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def test_the_step_that_draws_plays(open_page: OpenPage) -> None:
    page = open_page("chain_rule?activity=draw")
    expect(page.locator(".chain")).to_have_attribute("data-n", re.compile("[1-9]"))
    page.locator(".chain [data-do=play]").click()


def test_reordering_changes_the_factors_and_leaves_the_bars(open_page: OpenPage) -> None:
    page = open_page("chain_rule?tour=3")
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
    page = open_page("chain_rule", settled=False, own=True)
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: frames.append("sent")))
    page.goto(page.url.split("?")[0] + "?tour=3")
    settle(page)
    before = len(frames)
    state(page, "011").hover()
    for step, number in ((0, 0), (1, 0), (2, 1)):
        expect(row(page, step, number)).to_have_class("row lit")
    expect(page.locator(".chain .reading")).to_contain_text("(1 − 0.300) × 0.300 × 0.900 = 0.189")
    row(page, 1, 1).hover()
    for bits in ("100", "101", "110", "111"):
        expect(state(page, bits)).to_contain_class("lit")
    assert len(frames) == before


def test_a_conditional_is_edited_by_hand_and_the_link_has_it(open_page: OpenPage) -> None:
    page = open_page("chain_rule?tour=3")
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
    page = open_page("chain_rule?activity=draw&n=100&step=0")
    page.locator(".chain select").select_option("1024")
    page.get_by_role("button", name="Play").first.click()
    expect(page.locator(".chain")).to_have_attribute("data-n", "100")
    expect(page.locator(".chain .reading")).to_contain_text("total variation distance")


def test_a_bad_link_says_so_and_shows_the_default(open_page: OpenPage) -> None:
    page = open_page("chain_rule?activity=draw&tour=2&joint=1.2&step=-4")
    expect(page.get_by_role("alert")).to_contain_text("joint")
    assert numbers(page, JOINT)[0] == "0.466"


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_state_of_the_picture_can_be_read_by_all(
    open_page: OpenPage, ground: Literal["light", "dark"]
) -> None:
    page = open_page("chain_rule?activity=draw&step=50", width=390, height=844, color_scheme=ground)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []


# --- the stage: every step in view, and what it claims is shown -----------------------------------

SIZES = [
    pytest.param((1280, 720), id="1280"),
    pytest.param((390, 844), id="390"),
]
IN_VIEW = """
selector => {
  const hosts = [document, ...[...document.querySelectorAll('*')].map(it => it.shadowRoot)];
  const found = hosts.filter(Boolean).flatMap(host => [...host.querySelectorAll(selector)]);
  const shown = found.filter(it => it.getBoundingClientRect().height > 0);
  return shown.length > 0 && shown.every(it => {
    const box = it.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
  });
}
"""
DOTTED = ".chain .dag path.body[stroke-dasharray='1 5']"


def dotted(page: Page) -> int:
    return int(page.locator(DOTTED).count())


def told(page: Page, where: str) -> str:
    """All that a picture tells: its text and its labels."""
    found: str = page.locator(where).evaluate(
        """root => root.textContent + [...root.querySelectorAll('*'), root].map(it =>
          ['aria-label', 'aria-valuetext', 'aria-valuenow', 'data-effect']
            .map(name => it.getAttribute(name) ?? '').join(' ')).join(' ')"""
    )
    return found


def next_step(page: Page) -> None:
    page.locator(".st-key-stage_next button").click()
    settle(page)


def reply(page: Page, words: str) -> None:
    page.locator(".st-key-stage_question").get_by_role("button", name=words, exact=True).click()
    settle(page)


@pytest.mark.parametrize("size", SIZES)
def test_one_path_and_the_orders_are_in_view_and_as_the_steps_say(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page("chain_rule", width=size[0], height=size[1])
    assert page.evaluate(IN_VIEW, ".chain .joint")
    assert "p(x₂" not in told(page, ".chain")
    next_step(page)
    assert "p(x₂" not in told(page, ".chain .factors"), "the number of rows is asked"
    reply(page, "4")
    expect(page.locator(".chain .row[data-step='2']")).to_have_count(4)
    next_step(page)
    expect(state(page, "101")).to_contain_class("pinned")
    for part in (".chain .factors", ".chain .joint", ".chain .reading"):
        assert page.evaluate(IN_VIEW, part), part
    next_step(page)  # Change the order
    bars, factors = numbers(page, JOINT), numbers(page, FACTORS)
    reply(page, "Nothing")
    assert numbers(page, JOINT) == bars
    assert numbers(page, FACTORS) != factors
    next_step(page)
    assert dotted(page) == 1
    assert page.evaluate(IN_VIEW, ".chain .dag")
    next_step(page)
    assert dotted(page) == 0
    next_step(page)
    assert dotted(page) == 0, "the idle arrow is asked"
    secret = told(page, ".chain")
    assert "0.600" not in secret and "0.800" not in secret
    reply(page, "x₁ → x₃")
    assert effects(page) == ["0.600", "0.000", "0.600"]
    next_step(page)
    assert effects(page) == ["0.360", "0.441", "0.441"]
    assert page.evaluate(IN_VIEW, ".chain .joint")


@pytest.mark.parametrize("size", SIZES)
def test_samples_are_in_view_and_alone_give_the_impossible_states_their_share(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(
        "chain_rule?activity=draw&tour=2", width=size[0], height=size[1], reduced_motion="reduce"
    )
    picture = page.locator(".chain")
    expect(picture).to_have_attribute("data-n", "2000")
    assert float(picture.get_attribute("data-distance") or "nan") == pytest.approx(0.0185)
    next_step(page)
    expect(picture).to_have_attribute("data-n", "2000")
    assert picture.locator(".state .bars b:visible").count() == 4
    for part in (".chain .joint", ".chain .player"):
        assert page.evaluate(IN_VIEW, part), part
    reply(page, "About half")
    expect(picture.locator(".state .bars b:visible")).to_have_count(8)
    assert float(picture.get_attribute("data-distance") or "nan") == pytest.approx(0.487)
    assert float(picture.get_attribute("data-check") or "nan") < 1e-9


@pytest.mark.parametrize("size", SIZES)
def test_networks_merge_in_view_and_the_counts_wait_for_the_answer(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page("chain_rule?activity=networks", width=size[0], height=size[1])
    picture = page.locator(".networks")
    expect(picture.locator("[data-cell]")).to_have_count(7)
    assert "10²³⁶" not in told(page, ".networks") and "2ᴰ" not in told(page, ".networks")
    reply(page, "No, as many")
    expect(picture.locator(".counts b")).to_have_text(["7"] * 2)
    next_step(page)
    expect(picture.locator(".counts b").last).to_have_text("154,252,784")
    boxes = picture.locator("[data-box]").evaluate_all(
        "all => new Set(all.map(it => it.getAttribute('x'))).size"
    )
    assert boxes == picture.locator("[data-output]").count()
    next_step(page)
    expect(picture).to_have_attribute("data-merged", "1")
    expect(picture.locator(".counts b").last).to_have_text("785,284")
    next_step(page)
    outputs = picture.locator("[data-output]").count()
    expect(picture.locator("[data-loss]")).to_have_count(outputs)
    for part in (".networks svg", ".networks .counts"):
        assert page.evaluate(IN_VIEW, part), part


@pytest.mark.parametrize("address", ["?tour=3", "?activity=draw", "?activity=networks&tour=4"])
def test_what_is_presented_fits_the_projector(open_page: OpenPage, address: str) -> None:
    page = open_page(
        f"chain_rule{address}&present=1", width=1920, height=1080, reduced_motion="reduce"
    )
    for part in (".chain .reading", ".chain .legend", ".networks .scale"):
        if page.locator(part).count():
            assert page.evaluate(IN_VIEW, part), part
