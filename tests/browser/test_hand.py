"""The hand on a sample of NADE or MADE: this browser draws at once, and Python is told later."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import driving
from tests.browser.driving import DRAG, LISTEN, address_has, press, settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

FLIP = {"activity": "flip", "tour": "3"}  # NADE, 28 x 28
MADE = {"activity": "learn", "tour": "4"}
PICTURES = ".nade, .made-drawing"

# How much two pictures of the same size differ, in the channel that differs most.
DIFFERENCE = """
async ([one, other]) => {
  const levels = async address => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  };
  const [a, b] = [await levels(one), await levels(other)];
  return a.length === b.length ? a.reduce((most, level, at) =>
    Math.max(most, Math.abs(level - b[at])), 0) : Infinity;
}
"""


def picture(page: Page) -> Locator:
    return page.locator(PICTURES)


def opened(open_page: OpenPage, stem: str, query: dict[str, str], **how: Any) -> Page:
    """The page, once this browser has drawn its picture and nothing more is told."""
    link = "&".join(f"{name}={text}" for name, text in query.items())
    page = open_page(f"{stem}?{link}", reduced_motion=how.pop("reduced_motion", "reduce"), **how)
    drawn_by(page, "browser")
    settle(page)
    picture(page).evaluate(LISTEN)
    return page


def drawn_by(page: Page, who: str) -> None:
    expect(picture(page)).to_have_attribute("data-by", who, timeout=60_000)


def sample(page: Page) -> str:
    return picture(page).get_attribute("data-sample") or ""


def cell_at(page: Page, across: float, down: float) -> tuple[float, float]:
    """A place on the picture, in shares of its canvas."""
    box = picture(page).locator("canvas").first.bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def test_a_flip_is_drawn_before_the_server_is_told(open_page: OpenPage) -> None:
    page = opened(open_page, "nade", FLIP)
    before = sample(page)
    page.mouse.move(*cell_at(page, 0.15, 0.4))
    page.mouse.down()
    page.wait_for_function("() => window.samples.length > 0")
    assert page.evaluate("window.sent") == 0
    page.mouse.up()
    after = sample(page)
    assert after != before
    index, level = json.loads(after[after.index("[[") :])[-1]
    address_has(page, **FLIP, flip=f"39-1.{index}-{level}")
    assert sample(page) == after
    assert page.evaluate("window.samples.length") == 1  # what Python answers is not drawn anew


def test_the_temperature_changes_the_digit_before_the_server_is_told(open_page: OpenPage) -> None:
    page = opened(open_page, "nade", FLIP)
    slider = page.get_by_role("slider", name="Temperature")
    handles = [picture(page).element_handle(), slider.element_handle()]
    found = page.evaluate(DRAG, [*handles, ["0.8", "0.5", "0.2"]])
    assert found["sent"] == 0
    assert found["pictures"] == 4
    address_has(page, **FLIP, temperature="0.2")


@pytest.mark.parametrize("leave", ["Next", "PageDown"])
def test_a_change_made_right_before_the_next_step_comes_back_with_back_to_mine(
    open_page: OpenPage, leave: str
) -> None:
    page = opened(open_page, "nade", {"activity": "flip", "tour": "2"})
    slider = page.get_by_role("slider", name="Temperature")
    slider.evaluate(  # moved, not let go
        "range => { range.value = 0.4; range.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    if leave == "Next":
        page.locator(".st-key-stage_next button").click()
    else:
        page.keyboard.press(leave)
    address_has(page, **FLIP)
    press(page, "Back to mine")
    page.wait_for_function("() => /tour=2&temperature=0.4/.test(location.search)")


def test_a_new_sample_is_drawn_at_once_and_its_seed_is_told(open_page: OpenPage) -> None:
    page = opened(open_page, "nade", FLIP)
    page.get_by_role("button", name="New sample").click()
    page.wait_for_function("() => window.samples.length > 0")
    seed = page.get_by_role("spinbutton", name="Seed").input_value()
    assert seed != "20"
    address_has(page, **FLIP, seed=seed)
    assert f",{seed}]" in sample(page)


@pytest.mark.slow
def test_a_held_pixel_makes_all_that_follows_flicker(open_page: OpenPage) -> None:
    page = opened(open_page, "nade", FLIP, reduced_motion="no-preference")
    page.keyboard.press("End")
    page.mouse.move(*cell_at(page, 0.15, 0.4))
    page.mouse.down()
    page.wait_for_function("() => window.samples.length > 4", timeout=20_000)
    assert page.evaluate("window.sent") == 0
    assert page.evaluate("new Set(window.samples).size") == 2  # the two levels, by turns
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('flip=39-1.')")


@pytest.mark.slow
def test_made_follows_the_hand_too(open_page: OpenPage) -> None:
    page = opened(open_page, "made", {**MADE, "model": "made-mnist"})
    slider = page.get_by_role("slider", name="Temperature")
    handles = [picture(page).element_handle(), slider.element_handle()]
    found = page.evaluate(DRAG, [*handles, ["0.8", "0.5"]])
    assert (found["sent"], found["pictures"]) == (0, 3)
    page.mouse.move(*cell_at(page, 0.2, 0.4))
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => /temperature=0.5&flip=\\d+-1/.test(location.search)")


def test_a_stroke_changes_all_continuations_before_the_server_is_told(
    open_page: OpenPage,
) -> None:
    """By MADE of any order, the rows below the line given: they come first in its order."""
    query = {"activity": "complete", "tour": "4"}
    page = open_page("made?activity=complete&tour=4", reduced_motion="reduce")
    root, drawn = page.locator(".completion"), page.locator(".completion .others span")
    expect(root).to_have_attribute("data-key", re.compile("made-mnist-any-order"))
    settle(page)
    root.evaluate(LISTEN)
    key, before = root.get_attribute("data-key"), drawn.all_text_contents()
    pad = root.locator("canvas.picture").bounding_box()
    assert pad is not None
    page.mouse.move(pad["x"] + 0.3 * pad["width"], pad["y"] + 0.9 * pad["height"])
    page.mouse.down()
    page.mouse.move(pad["x"] + 0.7 * pad["width"], pad["y"] + 0.8 * pad["height"], steps=4)
    page.wait_for_function(
        "([root, key]) => root.dataset.key !== key && !window.arvizEngine.pending",
        arg=[root.element_handle(), key],
    )
    under_the_brush = drawn.all_text_contents()
    assert all(now != was for now, was in zip(under_the_brush, before, strict=True))
    assert page.evaluate("window.sent") == 0
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('drawing=2.')")
    settle(page)
    assert driving.query(page).keys() == {*query, "drawing"}
    after = drawn.all_text_contents()
    assert after == under_the_brush  # what Python answers is not drawn anew


# Moves the temperature of continuations without letting go: how many messages were sent by the time
# at which the large one had changed, and how many different sets of all eight were seen.
DRAG_COMPLETION = """
async ([root, range, values]) => {
  const chosen = root.querySelector("canvas.chosen");
  const [first, keys] = [chosen.toDataURL(), new Set([root.dataset.key])];
  let sent = null;
  for (const value of values) {
    const before = root.dataset.key;
    range.value = value;
    range.dispatchEvent(new Event("input", { bubbles: true }));
    while (root.dataset.key === before) {
      if (chosen.toDataURL() !== first) sent ??= window.sent;
      await new Promise(requestAnimationFrame);
    }
    sent ??= window.sent;
    keys.add(root.dataset.key);
  }
  return { sets: keys.size, sent };
}
"""
COMPLETED = {"activity": "complete", "tour": "4"}


def completing(open_page: OpenPage, stem: str, model: str) -> tuple[Page, Locator]:
    """The last step of an activity "Complete", once this browser has drawn all continuations."""
    link = "&".join(f"{name}={text}" for name, text in COMPLETED.items())
    page = open_page(f"{stem}?{link}", reduced_motion="reduce")
    root = page.locator(".completion")
    expect(root).to_have_attribute("data-key", re.compile(model), timeout=60_000)
    settle(page)
    root.evaluate(LISTEN)
    return page, root


def test_the_temperature_changes_all_continuations_before_the_server_is_told(
    open_page: OpenPage,
) -> None:
    page, root = completing(open_page, "nade", "nade-mnist")
    slider = page.get_by_role("slider", name="Temperature")
    drawn = page.locator(".completion .others span")
    before = drawn.all_text_contents()
    handles = [root.element_handle(), slider.element_handle()]
    found = page.evaluate(DRAG_COMPLETION, [*handles, ["0.8", "0.5", "0.3"]])
    assert found == {"sets": 4, "sent": 0}
    under_the_hand = drawn.all_text_contents()
    assert under_the_hand != before
    address_has(page, **COMPLETED, temperature="0.3")
    assert drawn.all_text_contents() == under_the_hand  # what Python answers is not drawn anew
    page.reload()
    settle(page)
    expect(slider).to_have_value("0.3")
    expect(drawn).to_have_text(under_the_hand)


def test_new_continuations_are_drawn_at_once_and_their_seed_is_told(open_page: OpenPage) -> None:
    page, root = completing(open_page, "nade", "nade-mnist")
    key = root.get_attribute("data-key")
    page.get_by_role("button", name="New sample").click()
    expect(root).not_to_have_attribute("data-key", key)
    seed = page.get_by_role("spinbutton", name="Seed").input_value()
    assert f" {seed} " in (root.get_attribute("data-key") or "")
    address_has(page, **COMPLETED, seed=seed)


def test_a_temperature_set_right_before_a_step_back_comes_back_with_back_to_mine(
    open_page: OpenPage,
) -> None:
    page, _ = completing(open_page, "nade", "nade-mnist")
    page.get_by_role("slider", name="Temperature").evaluate(  # moved, not let go
        "range => { range.value = 0.4; range.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    page.locator(".st-key-stage_back button").click()
    address_has(page, **{**COMPLETED, "tour": "3"})
    press(page, "Back to mine")
    address_has(page, **COMPLETED, temperature="0.4")


def test_the_server_draws_the_continuations_once_the_temperature_is_let_go(
    open_page: OpenPage,
) -> None:
    page, root = completing(open_page, "nade", "nade-mnist")
    press(page, "Compute on the server")
    slider, drawn = page.get_by_role("slider", name="Temperature"), root.locator(".others span")
    before = drawn.all_text_contents()
    slider.fill("0.5")
    expect(drawn).not_to_have_text(before)
    address_has(page, **COMPLETED, temperature="0.5")
    by_server = drawn.all_text_contents()
    press(page, "Compute in this browser")
    expect(root).to_have_attribute("data-key", re.compile("0.5"))
    settle(page)
    assert drawn.all_text_contents() == by_server


@pytest.mark.slow
def test_a_random_order_of_a_new_seed_comes_from_the_server(open_page: OpenPage) -> None:
    query = {"tour": "6", "order": "random", "seed": "3"}
    page = opened(open_page, "nade", query)
    field = page.get_by_role("spinbutton", name="Seed")
    field.fill("4")
    field.press("Enter")
    address_has(page, **{**query, "seed": "4"})
    drawn_by(page, "browser")
    expect(picture(page)).to_have_attribute(
        "data-sample", '["nade-digits-any-order,random,bias,0",1,4][]'
    )


@pytest.mark.slow
def test_an_engine_that_dies_loses_nothing(
    open_page: OpenPage, browser_problems: list[str]
) -> None:
    page = opened(open_page, "nade", FLIP)
    page.evaluate("window.arvizEngine.client.then(client => client.stop('ended for its memory'))")
    slider = page.get_by_role("slider", name="Temperature")
    slider.evaluate(
        "range => { range.value = 0.5;"
        " range.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    address_has(page, **FLIP, temperature="0.5")
    drawn_by(page, "server")
    expect(slider).to_have_value("0.5")
    expect(picture(page).locator("[data-say=before]")).to_contain_text("σ((")
    assert "/ 0.5" in picture(page).locator(".formula").inner_text()
    assert browser_problems == []


TAUGHT = [
    pytest.param("nade", FLIP, id="flip 3"),
    *(
        pytest.param(stem, {"activity": activity, "tour": tour, **more}, marks=pytest.mark.slow)
        for stem, activity, tour, more in [
            ("nade", "draw", "3", {"step": "64"}),
            ("nade", "draw", "6", {"step": "64"}),
            ("nade", "flip", "2", {}),
            ("nade", "chance", "4", {}),
            ("nade", "chance", "5", {}),
            ("made", "learn", "4", {}),
            ("made", "learn", "5", {}),
        ]
    ),
]


@pytest.mark.parametrize(("stem", "query"), TAUGHT)
def test_browser_and_server_draw_the_same_picture(
    open_page: OpenPage, stem: str, query: dict[str, str]
) -> None:
    page = opened(open_page, stem, query)
    page.mouse.move(2, 2)

    def shown() -> str:
        settle(page)
        found = picture(page).evaluate("root => root.querySelector('canvas').toDataURL()")
        return str(found)

    by_browser, drawn = shown(), sample(page)
    press(page, "Compute on the server")
    drawn_by(page, "server")
    assert sample(page) == drawn
    # One colour of the ramp of probabilities may round to the next: 256 steps.
    assert page.evaluate(DIFFERENCE, [by_browser, shown()]) <= 4
