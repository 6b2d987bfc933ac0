"""The PixelCNN lesson's tabs that take a brush, in a browser: what is painted, and what answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from arviz_models import load_dataset, load_pretrained
from arviz_models.analysis.conditionals import conditionals, surprisal
from arviz_models.analysis.receptive_fields import NAMES, receptive_field
from pages.ui import completing, completion_activity
from tests.browser import driving
from tests.browser.driving import LISTEN, accessibility_violations, settle, sideways_overflow

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

SOFTMAX, COMPLETE = "softmax", "complete"
PLAIN, GATED = "pixelcnn-mnist", "gated-pixelcnn-mnist"
NARROW = "pixelcnn-mnist-3x3"  # a deeper one would read more: it has pixels of every class
SIDE = 28
DIGIT, PIXEL = 1, 16 * 28 + 12
FREE = {  # a step that covers nothing, with the digit as it is
    SOFTMAX: f"model={PLAIN}&digit={DIGIT}&pixel={PIXEL}",
    COMPLETE: "tour=2&seed=0",
}
TARGET = divmod(PIXEL, SIDE)
BUSY_MS = 600  # in which a busy machine begins to answer a stroke


def open_tab(open_page: OpenPage, activity: str, query: str = "", **settings: Any) -> Page:
    address = f"pixelcnn?activity={activity}&{FREE[activity]}&{query}".rstrip("&")
    page = open_page(address, reduced_motion="reduce", **settings)
    settle(page)
    root = page.locator(".softmax" if activity == SOFTMAX else ".completion")
    expect(root).to_be_visible()
    return page


def query(page: Page) -> dict[str, str]:
    """What the address holds besides what `open_tab` put there."""
    given = {"activity", "tour", "model", "seed"}
    found = driving.query(page)
    return {name: text for name, text in found.items() if name not in given}


def say(page: Page, name: str) -> Locator:
    return page.locator(f".softmax .{name}")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def at(page: Page, canvas: str, index: int) -> tuple[float, float]:
    """The middle of a pixel on a canvas, on the screen."""
    box = page.locator(canvas).bounding_box()
    assert box is not None
    cell = (box["width"] - 4) / SIDE
    row, column = divmod(index, SIDE)
    return box["x"] + 2 + (column + 0.5) * cell, box["y"] + 2 + (row + 0.5) * cell


def click(page: Page, index: int, canvas: str = ".softmax .picture") -> None:
    page.mouse.click(*at(page, canvas, index))
    settle(page, quiet_ms=BUSY_MS)


def drag(page: Page, start: int, end: int, canvas: str = ".softmax .picture") -> None:
    """So fast that the pointer is seen at both ends alone."""
    page.mouse.move(*at(page, canvas, start))
    page.mouse.down()
    page.mouse.move(*at(page, canvas, end))
    page.mouse.up()
    settle(page, quiet_ms=BUSY_MS)


def digit(index: int = DIGIT) -> np.ndarray:
    return load_dataset("mnist_binary").batch("test", [index])[0, 0].numpy().astype(np.uint8)


def of_class(model: str, name: str) -> list[int]:
    """Flat indices of the pixels that are that to the default target."""
    classes = receptive_field(load_pretrained(model, device="cpu"), TARGET).classes.ravel()
    return [int(index) for index in np.flatnonzero(classes == NAMES.index(name))]


def shows_conditional(page: Page, model: str, x: np.ndarray, pixel: int) -> None:
    """Bars and −log p are those that the model gives."""
    log_p = conditionals(load_pretrained(model, device="cpu"), x)["log_p"][pixel]
    outputs = page.locator(".softmax .bars output").all_text_contents()
    assert len(outputs) == len(log_p)
    for shown, expected in zip(outputs, np.exp(log_p), strict=True):
        if "·" not in shown and ">" not in shown:
            assert float(shown) == pytest.approx(expected, abs=6e-4)
    nats = float(page.locator(".softmax").get_attribute("data-nats") or "nan")
    assert nats == pytest.approx(-log_p[x.flat[pixel]], abs=1e-4)
    assert f"{nats:.3f} nats" in say(page, "value").inner_text()


# --- a pixel's softmax ----------------------------------------------------------------------------


def test_another_pixel_is_looked_up_and_goes_into_the_link(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    shows_conditional(page, PLAIN, digit(), PIXEL)
    assert "pixel 461 of 784" in say(page, "formula").inner_text()
    click(page, 300)
    shows_conditional(page, PLAIN, digit(), 300)
    assert query(page)["pixel"] == "300"
    page.reload()
    settle(page)
    shows_conditional(page, PLAIN, digit(), 300)


def test_what_is_not_read_moves_nothing_and_each_try_is_counted(open_page: OpenPage) -> None:
    page = open_page(
        f"pixelcnn?activity={SOFTMAX}&{FREE[SOFTMAX].replace(PLAIN, NARROW)}",
        reduced_motion="reduce",
    )
    settle(page)
    press(page, "Paint")
    bars = page.locator(".softmax .bars").inner_text()
    kinds = {"blind": "however deep", "depth-limited": "a deeper one", "future": "in the future"}
    for tries, (kind, words) in enumerate(kinds.items(), start=1):
        pixel = of_class(NARROW, kind)[-20]
        click(page, pixel)
        verdict = say(page, "verdict").inner_text()
        assert "changed log p by 0:" in verdict
        assert words in verdict
        assert page.locator(".softmax .bars").inner_text() == bars
        expect(page.locator(".softmax")).to_have_attribute("data-tries", str(tries))
        assert f"{pixel}-" in query(page)["paint"]
    assert "moved the bars: 0" in say(page, "tries").inner_text()


def test_paint_on_what_is_read_moves_the_bars_as_the_model_says(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    press(page, "Paint")
    above = PIXEL - SIDE
    click(page, above)
    x = digit()
    x.flat[above] ^= 1
    shows_conditional(page, PLAIN, x, PIXEL)
    expect(say(page, "verdict")).to_have_attribute("data-moved", "true")
    was, now = (
        conditionals(load_pretrained(PLAIN, device="cpu"), each)["log_p"][PIXEL, x.flat[PIXEL]]
        for each in (digit(), x)
    )
    assert f"{abs(now - was):.3f}" in say(page, "verdict").inner_text()
    expect(say(page, "bars")).not_to_have_class("bars still")  # the ghost of the digit unpainted
    press(page, "Undo")
    settle(page)
    shows_conditional(page, PLAIN, digit(), PIXEL)
    assert "paint" not in query(page)


def test_the_gated_model_reads_what_the_other_is_blind_to(open_page: OpenPage) -> None:
    row = TARGET[0] - 1
    [pixel, *_] = [index for index in of_class(PLAIN, "blind") if index // SIDE == row]
    page = open_tab(open_page, SOFTMAX, f"paint={pixel}-1")
    assert "changed log p by 0:" in say(page, "verdict").inner_text()
    page.get_by_role("radio", name="Gated PixelCNN").click()
    settle(page)
    expect(say(page, "verdict")).to_have_attribute("data-moved", "true")
    x = digit()
    x.flat[pixel] = 1
    shows_conditional(page, GATED, x, PIXEL)


def test_a_fast_drag_leaves_no_gaps_and_the_paint_comes_off(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    press(page, "Paint")
    drag(page, 2, 20)
    expected = ".".join(f"{index}-1" for index in range(2, 21))
    assert query(page)["paint"] == expected
    press(page, "Unpaint")
    settle(page)
    assert "paint" not in query(page)


def test_strokes_made_before_the_answer_to_the_first_are_kept_and_counted(
    open_page: OpenPage,
) -> None:
    page = open_tab(open_page, SOFTMAX)
    press(page, "Paint")
    pixels = of_class(PLAIN, "future")[40:100:20]
    for pixel in pixels:
        page.mouse.click(*at(page, ".softmax .picture", pixel))
    expect(page.locator(".softmax")).to_have_attribute("data-tries", str(len(pixels)))
    settle(page)
    painted = query(page)["paint"].split(".")
    assert [int(each.split("-")[0]) for each in painted] == pixels


def test_keys_choose_and_paint(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    click(page, 300)
    page.locator(".softmax .picture").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"pixel={300 + 1 + SIDE}(&|$)"))
    settle(page)
    press(page, "Paint")
    page.locator(".softmax .picture").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("paint=301-"))


def test_another_digit_from_the_strip(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX, "paint=5-1")
    button = page.locator(".softmax .strip [role=group] button").nth(4)
    place = int((button.get_attribute("aria-label") or "").rsplit(" ", 1)[1])
    button.click()
    settle(page)
    assert query(page)["digit"] == str(place)
    assert "paint" not in query(page)
    shows_conditional(page, PLAIN, digit(place), PIXEL)


def test_bars_follow_brush_and_target_before_the_server_is_told(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    root = page.locator(".softmax")
    expect(root).to_have_attribute("data-by", "browser")
    press(page, "Paint")
    root.evaluate(LISTEN)
    shown, row = page.locator(".softmax .bars"), PIXEL - SIDE - 2
    for wanted, begin in (("Paint", row), ("Choose the pixel", row - 4 * SIDE)):
        press(page, wanted)
        before = shown.inner_text()
        page.mouse.move(*at(page, ".softmax .picture", begin))
        page.mouse.down()
        page.mouse.move(*at(page, ".softmax .picture", begin + 4))  # still held down
        expect(shown).not_to_have_text(before, use_inner_text=True)
        assert page.evaluate("window.sent") == 0
        page.mouse.up()
        settle(page, quiet_ms=BUSY_MS)
        assert page.evaluate("window.sent") > 0
        page.evaluate("window.sent = 0")
    assert "Computed in this browser" in page.locator(".computed .told").inner_text()
    x = digit()
    for index, level in (each.split("-") for each in query(page)["paint"].split(".")):
        x.flat[int(index)] = int(level)
    shows_conditional(page, PLAIN, x, int(query(page)["pixel"]))


def stroke_and_go_on(page: Page) -> str:
    """A stroke of which Python has not heard yet; how a link says it."""
    press(page, "Paint")
    page.mouse.click(*at(page, ".softmax .picture", 5))
    expect(page).to_have_url(re.compile("paint=5-1"))  # sooner, no hand is at anything else
    return "5-1"


def test_a_stroke_is_told_once_the_hand_rests_and_is_a_step_of_the_history(
    open_page: OpenPage,
) -> None:
    page = open_tab(open_page, SOFTMAX, own=True)
    before = page.evaluate("history.length")
    stroke = stroke_and_go_on(page)
    page.mouse.click(*at(page, ".softmax .picture", 7))  # the hand is at it again
    assert page.evaluate("history.length") == before
    settle(page)
    assert query(page)["paint"] == f"{stroke}.7-1"
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    settle(page)
    assert "paint" not in query(page)
    shows_conditional(page, PLAIN, digit(), PIXEL)
    expect(page.get_by_role("button", name="Unpaint")).to_be_disabled()


def test_a_page_that_is_loaded_again_at_once_keeps_the_stroke(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    stroke = stroke_and_go_on(page)
    page.reload()
    settle(page)
    assert query(page)["paint"] == stroke


def test_a_link_that_is_copied_at_once_holds_the_stroke(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX, own=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stroke = stroke_and_go_on(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert f"paint={stroke}" in page.evaluate("navigator.clipboard.readText()")


def test_a_lesson_that_is_left_at_once_comes_back_with_the_stroke(open_page: OpenPage) -> None:
    page = open_tab(open_page, SOFTMAX)
    stroke = stroke_and_go_on(page)
    page.get_by_role("link", name="NADE", exact=True).first.click(delay=150)  # as a hand clicks
    page.wait_for_url("**/nade*")
    settle(page)
    page.get_by_role("link", name="PixelCNN", exact=True).first.click()
    expect(page).to_have_url(re.compile(f"pixelcnn.*paint={stroke}"))  # the browser puts it back
    settle(page)
    x = digit()
    x[0, 5] = 1
    shows_conditional(page, PLAIN, x, PIXEL)
    expect(page.get_by_role("button", name="Unpaint")).to_be_enabled()


def test_paint_that_a_step_begins_with_stays_away_once_it_was_taken_off(
    open_page: OpenPage,
) -> None:
    page = open_page(f"pixelcnn?activity={SOFTMAX}&tour=2", reduced_motion="reduce")
    settle(page)
    press(page, "Unpaint")
    settle(page)
    page.reload()
    settle(page)
    assert page.get_by_role("button", name="Unpaint").is_disabled()
    assert not page.get_by_text("The default is shown").count()


WATCH = """
() => {
  window.disagreed = [];
  window.agreed = new Set();
  const read = root => [...root].map(each => each.textContent.split("= ").at(-1)).join(" ");
  const look = () => {
    const [bars, panel] = [".softmax", ".pixel-logit"].map(name => window.rootOf(name));
    const [shown, told] = [
      read(bars.querySelectorAll(".bars output")),
      read(panel.querySelectorAll(".levels button")),
    ];
    const sum = panel.querySelector(".numbers:not([hidden]) tr.total td:last-child")?.textContent;
    if (shown !== told) window.disagreed.push([shown, told]);
    else window.agreed.add(shown + " " + sum);
    requestAnimationFrame(look);
  };
  look();
}
"""
FIND = """
() => {
  window.rootOf = (wanted, from = document) => {
    for (const each of from.querySelectorAll("*")) {
      if (each.matches(wanted)) return each;
      const found = each.shadowRoot && window.rootOf(wanted, each.shadowRoot);
      if (found) return found;
    }
    return null;
  };
}
"""


def probability_of(total: str) -> float:
    return float(1 / (1 + np.exp(-float(total.replace("−", "-")))))


def test_bars_and_the_products_below_agree_at_every_moment_of_a_stroke(
    open_page: OpenPage,
) -> None:
    page = open_tab(open_page, SOFTMAX)
    expect(page.locator(".softmax")).to_have_attribute("data-by", "browser")
    page.locator(".pixel-logit .levels button").nth(1).click()
    expect(page.locator(".pixel-logit .numbers")).to_be_visible()
    press(page, "Paint")
    page.evaluate(FIND)
    page.evaluate(WATCH)
    row = PIXEL - SIDE - 3
    page.mouse.move(*at(page, ".softmax .picture", row))
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(*at(page, ".softmax .picture", row + step))
        page.wait_for_timeout(80)
    held = page.evaluate("[...window.agreed]")  # still held down
    page.mouse.up()
    settle(page, quiet_ms=BUSY_MS)
    assert page.evaluate("window.disagreed") == []
    assert len(held) > 2
    for shown in held:
        _, ink, total = shown.split()
        assert probability_of(total) == pytest.approx(float(ink), abs=6e-4)


def test_where_the_server_computes_no_number_of_another_pixel_stands_beside_the_bars(
    open_page: OpenPage,
) -> None:
    page = open_tab(open_page, SOFTMAX)
    page.get_by_role("button", name="Compute on the server").click()
    expect(page.locator(".softmax")).to_have_attribute("data-by", "server")
    settle(page)
    page.locator(".pixel-logit .levels button").nth(1).click()
    expect(page.locator(".pixel-logit .numbers")).to_be_visible()
    page.evaluate(FIND)
    page.evaluate(WATCH)
    page.mouse.move(*at(page, ".softmax .picture", PIXEL - SIDE))
    page.mouse.down()
    page.mouse.move(*at(page, ".softmax .picture", PIXEL - SIDE + 2))  # still held down
    expect(page.locator(".pixel-logit .numbers")).to_be_hidden()
    expect(page.locator(".pixel-logit .waiting")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".pixel-logit .numbers")).to_be_visible()
    settle(page)
    assert page.evaluate("window.disagreed") == []


# --- a drawing completed --------------------------------------------------------------------------


def totals(page: Page) -> dict[str, float]:
    """The nats of each line of the table."""
    lines = page.locator(".completion tbody tr").all()
    cells = [line.locator("td").all_text_contents() for line in lines]
    return {words: float(nats) for words, nats, *_ in cells}


def test_continuations_are_shown_with_the_models_surprisal(open_page: OpenPage) -> None:
    page = open_tab(open_page, COMPLETE, "rows=20")
    expect(page.locator(".completion")).to_have_attribute("data-stale", "false")
    nats = surprisal(load_pretrained(PLAIN, device="cpu"), digit(12)[None])[0]
    assert totals(page)["given rows"] == pytest.approx(nats[:20].sum(), abs=0.06)
    assert totals(page)["together"] == pytest.approx(
        totals(page)["given rows"] + totals(page)["drawn so far"], abs=0.11
    )
    hidden = page.locator(".completion [data-say=hidden]").inner_text()
    assert f"{nats[20:].sum():.1f} nats" in hidden
    sums = page.locator(".completion .others span").all_text_contents()
    assert len(sums) == completing.COMPLETIONS
    assert len(set(sums)) > 1
    chosen = 1  # by the step
    assert float(sums[chosen].split()[0]) == pytest.approx(totals(page)["drawn so far"], abs=0.06)
    page.locator(".completion .others button").nth(3).click()
    assert float(sums[3].split()[0]) == pytest.approx(totals(page)["drawn so far"], abs=0.06)

    press(page, "Surprisal")
    pixel = int(nats[:20].argmax())  # the largest is well above what the page rounds to 0
    page.mouse.move(*at(page, ".completion .chosen", pixel))
    said = page.locator(".completion [data-say=pointed]").inner_text()
    assert f"{nats.flat[pixel]:.3f} nats" in said


def test_strokes_wait_for_and_the_link_brings_them_back(open_page: OpenPage) -> None:
    page = open_tab(open_page, COMPLETE)
    root = page.locator(".completion")
    press(page, "Compute on the server")  # in this browser they follow the hand
    settle(page)
    press(page, "Clear")
    settle(page)
    expect(root).to_have_attribute("data-stale", "true")
    press(page, "Thin")
    drag(page, 4 * SIDE + 5, 4 * SIDE + 20, ".completion .picture")
    expect(root).to_have_attribute("data-stale", "true")
    levels, pixels = completion_activity.Painted().parse(query(page)["drawing"], {"model": PLAIN})
    expected = np.zeros((SIDE, SIDE), np.uint8)
    expected[4, 5:21] = 1
    assert levels == 2
    np.testing.assert_array_equal(np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE), expected)
    nats = surprisal(load_pretrained(PLAIN, device="cpu"), expected[None])[0]
    assert totals(page) == {"given rows": pytest.approx(nats[:14].sum(), abs=0.06)}

    press(page, "Complete")
    settle(page)
    expect(root).to_have_attribute("data-stale", "false")
    drawn = page.locator(".completion .others span").all_text_contents()
    page.reload()
    settle(page)
    expect(root).to_have_attribute("data-stale", "false")
    assert page.locator(".completion .others span").all_text_contents() == drawn


def test_the_line_is_dragged_and_moved_by_keys(open_page: OpenPage) -> None:
    page = open_tab(open_page, COMPLETE)
    slider = page.get_by_role("slider", name="Rows given")
    expect(slider).to_have_attribute("aria-valuenow", "14")
    slider.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    settle(page)
    expect(slider).to_have_attribute("aria-valuenow", "16")
    assert query(page) == {"rows": "16"}
    box = slider.bounding_box()
    assert box is not None
    grip = box["x"] + box["width"] - 8
    page.mouse.move(grip, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip, at(page, ".completion .picture", 9 * SIDE)[1])
    page.mouse.up()
    settle(page)
    rows = slider.get_attribute("aria-valuenow")
    assert rows in ("9", "10")
    assert query(page) == {"rows": rows}


def test_a_picture_is_uploaded_and_a_bad_file_is_told(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_tab(open_page, COMPLETE, "rows=20")
    bad, good = tmp_path / "bad.png", tmp_path / "good.png"
    bad.write_bytes(b"not a picture")
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).line([(80, 60), (210, 60), (120, 250)], fill="black", width=20)
    picture.save(good)
    press(page, "Upload a picture")
    page.locator("input[type=file]").set_input_files(bad)
    settle(page)
    expect(page.get_by_role("alert")).to_contain_text("not a PNG or JPEG")
    assert query(page) == {"rows": "20"}
    page.locator("input[type=file]").set_input_files(good)
    expect(page).to_have_url(re.compile("drawing="))
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".completion")).to_have_attribute("data-stale", "false")


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("tab", [SOFTMAX, COMPLETE])
def test_tab_fits_a_phone_and_can_be_read(open_page: OpenPage, tab: str, ground: str) -> None:
    page = open_tab(open_page, tab, width=390, height=844, color_scheme=ground)
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("tab", [SOFTMAX, COMPLETE])
def test_the_theme_can_change_under_the_picture(open_page: OpenPage, tab: str) -> None:
    page = open_tab(open_page, tab)
    root = page.locator(".softmax" if tab == SOFTMAX else ".completion")
    canvas = root.locator("canvas").first
    light = canvas.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    settle(page)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != light
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page)
    assert canvas.evaluate("canvas => canvas.toDataURL()") == light
