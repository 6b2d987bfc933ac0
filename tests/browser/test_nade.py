"""The NADE lesson in a browser: the player, the picture, the link, the runs on the server.

What is on the page is found by role, label and data attribute, so that its words may change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import driving
from tests.browser.driving import (
    ends_of_every_control,
    open_reading,
    press,
    press_everywhere,
    reading,
    settle,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

SMALL, LARGE, ANY_ORDER = "nade-digits", "nade-mnist", "nade-digits-any-order"
STEPS = 64  # of the small model
ROUNDING = 1e-4  # between float32 in torch and double precision in JavaScript

# The page's own client stores nothing and asks for nothing while a picture is touched.
TOUCH = """
root => {
  const canvas = root.querySelector("canvas");
  const box = canvas.getBoundingClientRect();
  const move = (x, y) => canvas.dispatchEvent(new PointerEvent("pointermove",
    { clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true }));
  for (let k = 1; k < 40; k++) move(k / 40, 0.5);
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  const range = root.querySelector("input[type=range]");
  for (let step = 0; step <= Number(range.max); step += 3) {
    range.value = step;
    range.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const button of root.querySelectorAll("button")) button.click();
}
"""

# The picture of x as the screen has it: the cells are found by pointing at them, as the formula
# then names the one pointed at; their values are told by the colour to the left of their middle.
READ_PIXELS = """
([root, size]) => {
  const canvas = root.querySelector("canvas");
  const box = canvas.getBoundingClientRect();
  const name = root.querySelector("[data-name]");
  const point = (x, y) => {
    canvas.dispatchEvent(new PointerEvent("pointermove",
      { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
    return name.textContent;
  };
  const leave = () => {
    canvas.dispatchEvent(new PointerEvent("pointerleave"));
    return name.textContent;
  };
  leave();
  const middle = along => {  // of each row or column, in CSS pixels
    const found = Array.from({ length: size }, () => []);
    const rest = name.textContent;
    for (let at = 4; at < box.width / 2; at += 12) {  // a cell is wider than that
      const said = along === "column" ? point(at, box.height / 2) : point(box.width / 6, at);
      const cell = said.match(/(\\d+),(\\d+)/);
      if (cell && said !== rest) found[Number(cell[along === "column" ? 2 : 1])].push(at);
    }
    return found.map(all => all.reduce((sum, at) => sum + at, 0) / all.length);
  };
  const columns = middle("column"), rows = middle("row");
  leave();
  const ratio = canvas.width / box.width;
  const context = canvas.getContext("2d");
  const quarter = (columns[1] - columns[0]) / 4;
  return rows.map(y => columns.map(x => {
    const [red] = context.getImageData((x - quarter) * ratio, y * ratio, 1, 1).data;
    return { x, y, one: red < 128 };
  }));
}
"""


def address_has(page: Page, **expected: str) -> None:
    """Wait until the address holds exactly that, beside the step that these tests are in."""
    driving.address_has(page, tour="5", **expected)


def query(page: Page) -> dict[str, str]:
    """What the address holds beside the step."""
    found = driving.query(page)
    assert found.pop("tour") == "5"
    return found


def leave(page: Page) -> None:
    """Leave the presentation."""
    page.get_by_role("button", name="Leave").click()
    settle(page)


def picture(page: Page) -> Locator:
    return page.locator(".nade")


def scrubber(page: Page) -> Locator:
    return picture(page).locator("input[type=range]")


def at_step(page: Page, step: int) -> None:
    """The player shows that step now."""
    expect(scrubber(page)).to_have_value(str(step))


def rests_at(page: Page, step: int) -> None:
    """The player has come to rest there, and the address has been told."""
    expect(picture(page)).to_have_attribute("data-step", str(step))


def is_playing(page: Page, playing: bool) -> None:
    expect(picture(page).locator("[data-playing]")).to_have_attribute(
        "data-playing", "true" if playing else "false"
    )


def player_button(page: Page, action: str) -> Locator:
    return picture(page).locator(f"button[data-do={action}]")


def drawn_by(page: Page, who: str) -> None:
    """Wait until the picture was drawn there: "browser" or "server"."""
    expect(picture(page)).to_have_attribute("data-by", who, timeout=60_000)


def seed_field(page: Page) -> Locator:
    return page.get_by_role("spinbutton")


# --- the player ---------------------------------------------------------------------------------


def test_plays_by_itself_to_the_end_and_again(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5", settled=False)
    expect(picture(page)).to_be_visible(timeout=30_000)  # the first visit waits for torch
    is_playing(page, True)
    settle(page)
    before = int(scrubber(page).input_value())
    picture(page).get_by_role("combobox").select_option("64")
    expect(scrubber(page)).not_to_have_value(str(before))
    rests_at(page, STEPS)
    is_playing(page, False)
    assert "step" not in query(page)  # the end is where a link without a step leads anyway
    player_button(page, "play").click()
    is_playing(page, True)
    rests_at(page, STEPS)


def test_pause_step_scrub_and_keys(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5", settled=False)
    expect(picture(page)).to_be_visible(timeout=30_000)
    is_playing(page, True)
    player_button(page, "play").click()
    is_playing(page, False)
    settle(page)
    paused_at = int(scrubber(page).input_value())
    rests_at(page, paused_at)

    player_button(page, "first").click()
    at_step(page, 0)
    expect(player_button(page, "play")).to_have_accessible_name("Play")
    player_button(page, "forward").click()
    player_button(page, "forward").click()
    player_button(page, "back").click()
    at_step(page, 1)
    player_button(page, "last").click()
    at_step(page, STEPS)

    page.get_by_test_id("stMarkdown").first.click()  # the focus is on no control
    page.keyboard.press("Home")
    at_step(page, 0)
    page.keyboard.press("ArrowLeft")
    at_step(page, 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    at_step(page, 2)
    page.keyboard.press("Space")
    is_playing(page, True)
    page.keyboard.press("Space")
    is_playing(page, False)
    page.keyboard.press("End")
    at_step(page, STEPS)
    page.keyboard.press("ArrowRight")
    at_step(page, STEPS)

    scrubber(page).fill("30")
    rests_at(page, 30)
    address_has(page, step="30")
    scrubber(page).press("ArrowRight")  # on the slider itself: one step, not two
    rests_at(page, 31)
    address_has(page, step="31")


def test_keys_in_a_control_are_the_controls(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&step=20")
    seed_field(page).focus()
    for key in ("Home", "ArrowLeft", "ArrowRight", "End", "Space"):
        page.keyboard.press(key)
    reading(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    at_step(page, 20)
    is_playing(page, False)


def test_speed_is_steps_a_second(open_page: OpenPage) -> None:
    """A hundred times the speed comes further in the same time, however slow the machine."""
    page = open_page("nade?tour=5&step=1")
    slow_and_fast = []
    for speed in ("4", "512"):
        page.keyboard.press("Home")
        picture(page).get_by_role("combobox").select_option(speed)
        slow_and_fast.append(
            page.evaluate(
                """async root => {
                  root.querySelector("[data-do=play]").click();
                  await new Promise(done => setTimeout(done, 400));
                  const range = root.querySelector("input[type=range]");
                  const step = Number(range.value);
                  root.querySelector("[data-do=first]").click();
                  return step;
                }""",
                picture(page).element_handle(),
            )
        )
    slow, fast = slow_and_fast
    assert slow < fast
    assert slow <= 16


def test_reduced_motion_shows_the_end_and_plays_only_when_asked(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5", reduced_motion="reduce")
    at_step(page, STEPS)
    is_playing(page, False)
    press(page, "Reseed")
    at_step(page, STEPS)
    is_playing(page, False)
    player_button(page, "play").click()
    is_playing(page, True)


@pytest.mark.quick
def test_touching_the_picture_needs_no_server(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5", settled=False, own=True)
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.on("request", lambda request: traffic.append(request.url))
    page.goto(page.url.partition("?")[0] + "?tour=5&step=10")
    drawn_by(page, "browser")  # the engine's own start is told to the server
    settle(page)
    rests_at(page, 10)
    assert "received" in traffic  # the listener works
    page.wait_for_timeout(300)
    del traffic[:]
    picture(page).evaluate(TOUCH)
    box = picture(page).locator("canvas").first.bounding_box()
    assert box is not None
    for k in range(10):
        page.mouse.move(box["x"] + 20 + 20 * k, box["y"] + 100)
    player_button(page, "first").click()
    page.keyboard.press("ArrowRight")
    scrubber(page).fill("40")
    rests_at(page, 40)
    address_has(page, step="40")  # replaced in history, without a run of the script
    page.wait_for_timeout(300)
    assert traffic == []


# --- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        f"model={SMALL}&seed=3",
        f"model={LARGE}&seed=3",
        f"model={ANY_ORDER}&order=spiral&seed=3",
        f"model={SMALL}&start=gaussian&seed=3",
        f"model={SMALL}&seed=3&flip=9-1.20-0",
    ],
)
def test_the_pictures_sums_give_the_models_probabilities(open_page: OpenPage, link: str) -> None:
    page = open_page(f"nade?tour=5&{link}", reduced_motion="reduce")
    expect(picture(page)).to_have_attribute("data-check", re.compile(r"\d"))
    check = float(picture(page).get_attribute("data-check") or "nan")
    assert 0 < check < ROUNDING  # 0 would mean that nothing was compared


def sampled(seed: int, flips: dict[int, int]) -> list[bool]:
    """What the small model draws, computed here."""
    import torch

    from arviz_models.pretrained import load_pretrained

    model = load_pretrained(SMALL, "cpu")
    given = torch.full((1, 1, 8, 8), -1)
    for index, level in flips.items():
        given[0, 0, index // 8, index % 8] = level
    generator = torch.Generator().manual_seed(seed)
    drawn = model.sample(1, given=given, generator=generator)
    return [bool(value) for value in drawn.flatten()]


def pixels(page: Page) -> list[dict[str, Any]]:
    """The cells of the picture on screen, in raster order."""
    rows = page.evaluate(READ_PIXELS, [picture(page).element_handle(), 8])
    return [cell for row in rows for cell in row]


@pytest.mark.quick
def test_flip_a_drawn_pixel_and_only_its_influence_shows(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=3", reduced_motion="reduce")
    rests_at(page, STEPS)
    before = pixels(page)
    assert [cell["one"] for cell in before] == sampled(3, {})

    index = 20
    cell = before[index]
    level = 0 if cell["one"] else 1
    picture(page).locator("canvas").first.click(position={"x": cell["x"], "y": cell["y"]})
    address_has(page, seed="3", flip=f"{index}-{level}")
    settle(page)
    at_step(page, STEPS)
    page.mouse.move(5, 5)
    after = [cell["one"] for cell in pixels(page)]
    assert after == sampled(3, {index: level})
    assert after[:index] == [cell["one"] for cell in before][:index]
    assert after[index] == bool(level)
    changed = sum(a != b["one"] for a, b in zip(after, before, strict=True)) - 1
    assert changed > 0  # or this seed shows nothing
    note = picture(page).locator("[data-say=note]")
    expect(note.locator("b")).to_have_text(str(changed))
    assert str(STEPS - index - 1) in note.inner_text()

    # The same again takes the flip back to what was drawn.
    picture(page).locator("canvas").first.click(position={"x": cell["x"], "y": cell["y"]})
    settle(page)
    assert [cell["one"] for cell in pixels(page)] == [cell["one"] for cell in before]


def test_the_grid_can_be_used_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=3", reduced_motion="reduce")
    rests_at(page, STEPS)
    picture(page).locator("canvas").first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    level = 0 if sampled(3, {})[10] else 1
    address_has(page, seed="3", flip=f"10-{level}")
    at_step(page, STEPS)  # the arrows moved the cursor, not the player


def test_click_on_a_pixel_not_yet_drawn_goes_to_its_step(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&step=64&seed=3", reduced_motion="reduce")
    cell = pixels(page)[44]
    page.keyboard.press("Home")
    picture(page).locator("canvas").first.click(position={"x": cell["x"], "y": cell["y"]})
    rests_at(page, 44)
    assert query(page) == {"seed": "3", "step": "44"}


def test_pointing_lights_the_formulas_symbol(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&step=20&seed=3", reduced_motion="reduce")
    symbol = picture(page).locator("[data-term=V]")
    symbol.hover()
    expect(symbol).to_have_class(re.compile(r"\blit\b"))
    canvas = picture(page).locator("canvas").first
    canvas.hover(position={"x": 60, "y": 60})
    expect(picture(page).locator("[data-term=x]").first).to_have_class(re.compile(r"\blit\b"))
    expect(symbol).not_to_have_class(re.compile(r"\blit\b"))


# --- out of the ordinary ------------------------------------------------------------------------


def formula_reads(page: Page) -> str:
    return picture(page).locator(".formula").inner_text()


@pytest.mark.parametrize("link", ["temperature=0", f"temperature=0.1&model={LARGE}"])
def test_a_cold_sample_is_drawn_and_the_way_back_is_open(open_page: OpenPage, link: str) -> None:
    page = open_page(f"nade?tour=5&{link}&step=64", reduced_motion="reduce")
    rests_at(page, 64)
    assert page.locator(".failed").count() == 0
    assert re.search(r"= [\d.]+(·10⁻[⁰-⁹¹²³]+)? ?$", formula_reads(page).splitlines()[0])
    page.get_by_role("slider", name="Temperature").focus()
    page.keyboard.press("End")
    page.wait_for_function("() => location.search.includes('temperature=3')")
    settle(page)
    assert "/ 3" in formula_reads(page)
    press(page, "Reset")
    assert "temperature" not in query(page)
    assert "σ(V · h + b)" in formula_reads(page)
    assert page.locator(".failed").count() == 0


@pytest.mark.parametrize("temperature", ["0", "0.05", "1", "3"])
@pytest.mark.parametrize("model", [SMALL, LARGE, ANY_ORDER])
def test_every_step_of_every_temperature_has_words(
    open_page: OpenPage, model: str, temperature: str
) -> None:
    page = open_page(
        f"nade?tour=5&model={model}&temperature={temperature}", reduced_motion="reduce"
    )
    settle(page)
    last = int(scrubber(page).get_attribute("max") or 0)
    for step in range(0, last + 1, max(1, last // 40)):
        scrubber(page).fill(str(step))
        assert not re.search(r"undefined|NaN|e[-+]\d", picture(page).inner_text())


def test_the_ends_of_every_control_draw_a_picture(open_page: OpenPage) -> None:
    page = open_page(f"nade?tour=5&model={ANY_ORDER}", reduced_motion="reduce")
    assert ends_of_every_control(page) >= 2
    slider = page.get_by_role("slider", name="Temperature")
    for key in ("Home", "End"):
        slider.focus()
        page.keyboard.press(key)
        settle(page)
        expect(picture(page)).to_be_visible()
    assert page.locator(".failed").count() == 0


def test_the_picture_can_be_pressed_dragged_and_touched_everywhere(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=3", reduced_motion="reduce")
    for canvas in (picture(page).locator("canvas").first, picture(page).locator(".strips")):
        press_everywhere(page, canvas)
        settle(page)
        touch_everywhere(page, canvas)
        settle(page)
    expect(picture(page)).to_be_visible()
    assert page.locator(".failed").count() == 0


def test_a_picture_that_throws_leaves_one_sentence_and_the_next_data_are_drawn(
    open_page: OpenPage, browser_problems: list[str]
) -> None:
    """Whatever fails in a component: the page stays usable, and Reset brings the picture back."""
    page = open_page("nade?tour=5&seed=3", reduced_motion="reduce")
    rests_at(page, STEPS)
    page.evaluate(
        """() => {
          const drawn = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = () => { throw new Error("on purpose"); };
          window.mend = () => { CanvasRenderingContext2D.prototype.fillText = drawn; };
        }"""
    )
    press(page, "Reseed")
    sentence = page.locator(".failed")
    expect(sentence).to_be_visible()
    expect(sentence).to_have_attribute("role", "alert")
    assert picture(page).count() == 0  # no half of a picture
    assert "Error" not in page.get_by_test_id("stMain").inner_text()
    page.evaluate("() => window.mend()")
    press(page, "Reseed")  # the rest of the page works
    expect(sentence).to_have_count(0)
    rests_at(page, STEPS)
    seed = int(query(page)["seed"])
    assert [cell["one"] for cell in pixels(page)] == sampled(seed, {})
    assert browser_problems
    assert all("on purpose" in problem for problem in browser_problems)
    browser_problems.clear()


# --- the link -----------------------------------------------------------------------------------


@pytest.mark.quick
def test_a_link_restores_model_seed_and_step_and_so_does_a_reload(open_page: OpenPage) -> None:
    link = {"model": ANY_ORDER, "order": "spiral", "seed": "17", "step": "23", "flip": "27-1"}
    page = open_page("nade?tour=5&" + "&".join(f"{name}={text}" for name, text in link.items()))
    for _ in range(2):
        rests_at(page, 23)
        is_playing(page, False)
        address_has(page, **link)
        expect(seed_field(page)).to_have_value("17")
        page.reload()
        settle(page)


def test_back_and_forward_restore_the_state(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=1", reduced_motion="reduce")
    seed_field(page).fill("2")
    seed_field(page).press("Enter")
    settle(page)
    address_has(page, seed="2")
    page.go_back()
    settle(page)
    address_has(page, seed="1")
    expect(seed_field(page)).to_have_value("1")
    page.go_forward()
    settle(page)
    address_has(page, seed="2")
    expect(seed_field(page)).to_have_value("2")


def test_back_restores_the_step_that_a_change_left(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=1&step=20", reduced_motion="reduce")
    rests_at(page, 20)
    seed_field(page).fill("2")
    seed_field(page).press("Enter")
    settle(page)
    address_has(page, seed="2")
    rests_at(page, STEPS)
    page.go_back()
    settle(page)
    address_has(page, seed="1", step="20")
    rests_at(page, 20)


def test_reset_goes_to_what_the_step_shows_and_reseed_changes_the_seed(open_page: OpenPage) -> None:
    page = open_page(
        "nade?tour=5&seed=17&temperature=0.5&flip=9-1&step=30", reduced_motion="reduce"
    )
    press(page, "Reset")
    address_has(page)  # the seed is the step's own
    press(page, "Reseed")
    [(name, seed)] = query(page).items()
    assert name == "seed"
    assert seed != "17"
    expect(seed_field(page)).to_have_value(seed)


def test_copy_link_copies_the_address_with_the_step(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=17", reduced_motion="reduce", own=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    scrubber(page).fill("30")
    address_has(page, seed="17", step="30")
    button = page.get_by_role("button", name="Copy link")
    button.click(timeout=5000)
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    expect(button).to_be_visible()


@pytest.mark.parametrize(
    "bad",
    ["model=unknown", "step=1000000000", "order=<script>alert(1)</script>"],
)
def test_a_bad_link_falls_back_with_a_notice(open_page: OpenPage, bad: str) -> None:
    page = open_page(f"nade?tour=5&{bad}", reduced_motion="reduce", settled=False, own=True)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    settle(page)
    notice = page.get_by_role("alert")
    expect(notice).to_have_count(1)
    expect(notice).to_be_visible()
    expect(notice.locator("code").first).to_have_text(bad.partition("=")[0])
    address_has(page)
    rests_at(page, STEPS)  # the page works
    assert page.get_by_role("dialog").count() == 0
    assert "Traceback" not in page.locator("body").inner_text()
    assert dialogs == []


# --- the server ---------------------------------------------------------------------------------


def test_many_samples_show_progress_and_can_be_stopped(open_page: OpenPage) -> None:
    page = open_page(f"nade?tour=5&model={LARGE}&seed=3", reduced_motion="reduce")
    open_reading(page, "Take away")
    settle(page)
    panel = page.locator(".st-key-stage_reading")
    many = re.compile("1,?024")
    panel.get_by_role("radio", name=many).or_(panel.get_by_role("button", name=many)).click()
    settle(page)
    from playwright.sync_api import TimeoutError as TooLate

    # The run takes about a second, and a quick machine may end it before the click arrives.
    for _ in range(8):
        panel.locator("[data-testid=stBaseButton-primary]").click()
        # Streamlit has a Stop of its own, in the header.
        with suppress(TooLate):
            panel.get_by_role("button", name="Stop").dispatch_event("click", timeout=4_000)
        settle(page)
        if panel.get_by_test_id("stAlert").count():
            break
        press(page, "Reseed")
        settle(page)
    expect(panel.get_by_test_id("stAlert")).to_contain_text("Stopped")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(panel.get_by_role("button", name="Sheet, PNG")).to_have_count(0)
    # The rest of the page still works, and a smaller sheet is drawn to its end.
    sixteen = re.compile("^16$")
    panel.get_by_role("radio", name=sixteen).or_(panel.get_by_role("button", name=sixteen)).click()
    settle(page)
    panel.locator("[data-testid=stBaseButton-primary]").click()
    expect(panel.get_by_role("button", name="Sheet, PNG")).to_be_visible(timeout=20_000)


# --- the classroom ------------------------------------------------------------------------------


def test_presenting_hides_all_but_the_picture_and_steps_by_key(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&present=1&seed=3&step=5", reduced_motion="reduce")
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    expect(reading(page)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Model")).to_have_count(0)
    box = picture(page).locator("canvas").first.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 720
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    rests_at(page, 7)
    address_has(page, present="1", seed="3", step="7")
    leave(page)
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    assert query(page).get("seed") == "3"


def test_presenting_from_the_page_keeps_its_state_and_can_reseed(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=3&temperature=0.5", reduced_motion="reduce")
    press(page, "Present")
    address_has(page, present="1", seed="3", temperature="0.5")
    expect(seed_field(page)).to_have_count(0)
    press(page, "Reseed")
    rests_at(page, STEPS)
    after = query(page)
    assert after.pop("seed") != "3"
    assert after == {"present": "1", "temperature": "0.5"}
    leave(page)
    assert query(page).keys() == {"seed", "temperature"}


def test_picture_and_controls_fit_a_projector_without_scrolling(open_page: OpenPage) -> None:
    page = open_page("nade?tour=5&seed=3", reduced_motion="reduce")
    for part in (
        picture(page).locator("canvas").first,
        picture(page).locator(".player"),
        seed_field(page),
        page.get_by_role("slider", name="Temperature"),
        page.get_by_role("combobox").first,
    ):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
