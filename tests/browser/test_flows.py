"""The lesson on flows in a browser: every step, every question, training, pointing, drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.flows.lesson import LESSON
from tests.browser.driving import (
    accessibility_violations,
    can_train,
    ends_of_every_control,
    open_reading,
    press_everywhere,
    query,
    settle,
    sideways_overflow,
    slow_trainings,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

BEND = "flows?activity=bend"
SMALL = f"{BEND}&layers=1&order=natural&steps=200"


def picture(page: Page) -> Locator:
    return page.locator(".flows")


def in_view(page: Page, found: Locator) -> float:
    """The share of its height that the window shows."""
    box = found.bounding_box()
    assert box is not None
    size = page.viewport_size
    assert size is not None
    shown = min(box["y"] + box["height"], size["height"]) - max(box["y"], 0)
    return max(0.0, shown) / box["height"]


def numbers(text: str | None) -> list[float]:
    return [float(each) for each in (text or "").split()]


# --- steps ---------------------------------------------------------------------------------------


def test_the_stretch_shows_what_its_steps_say(open_page: OpenPage) -> None:
    page = open_page("flows?tour=3", reduced_motion="reduce")
    stretch = page.locator(".stretch")
    expect(stretch).to_have_attribute("data-terms", "-0.9189 0.6931 -1.6121")
    assert numbers(stretch.get_attribute("data-pair")) == [0, 1]
    expect(stretch.locator(".reading")).to_contain_text("−0.919 − 0.693 = −1.612 nats")
    slider = stretch.locator("[data-slider=alpha]")
    slider.evaluate("""input => {
      input.value = '-0.5';
      input.dispatchEvent(new Event('input'));
      input.dispatchEvent(new Event('change'));
    }""")
    settle(page)
    assert numbers(stretch.get_attribute("data-terms"))[1] == -0.5
    assert numbers(stretch.get_attribute("data-pair"))[0] == 0  # the point keeps its z
    assert query(page) == {"tour": "3", "alpha": "-0.5"}
    page.reload()
    settle(page)
    expect(stretch).to_have_attribute("data-alpha", "-0.5000")


def test_one_transform_shows_the_sum_that_its_words_name(open_page: OpenPage) -> None:
    page = open_page(f"{BEND}&tour=2", reduced_motion="reduce")
    reading = picture(page).locator(".reading b").last
    expect(reading).to_contain_text("nats")
    words = page.locator(".st-key-stage_panel").inner_text()
    assert f"= {reading.inner_text()}" in words
    zeros = picture(page).locator(".jacobian figure").first.locator("span")
    assert [cell.get_attribute("class") or "" for cell in zeros.all()] == ["", "zero", "", ""]


def test_passes_play_on_one_clock(open_page: OpenPage) -> None:
    page = open_page("flows?activity=maf-or-iaf&tour=3", reduced_motion="reduce")
    reads = page.locator(".reads")
    expect(reads).to_have_attribute("data-found", "4 4")  # at rest, at the end
    page.keyboard.press("Home")
    expect(reads).to_have_attribute("data-found", "0 0")
    page.keyboard.press("ArrowRight")
    expect(reads).to_have_attribute("data-found", "4 1")
    expect(reads.locator(".reading")).to_have_text(
        "MAF: done after 1 pass. IAF: 1 of 4 after 1 pass."
    )


# --- questions -----------------------------------------------------------------------------------


def shown_words(page: Page) -> str:
    """All that the picture and the readout say, labels too."""
    found: str = page.locator(".st-key-stage_picture").evaluate("""box => {
      const say = root => [...root.querySelectorAll('*')].map(each => {
        const style = getComputedStyle(each);
        if (style.display === 'none' || each.hidden || each.closest('[hidden]')) return '';
        const own = [...each.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(' ');
        const name = each.getAttribute('aria-label') ?? '';
        const data = Object.values(each.dataset ?? {}).join(' ');
        return [own, name, data, each.shadowRoot ? say(each.shadowRoot) : ''].join(' ');
      }).join(' ');
      return say(box);
    }""")
    return found


def test_the_curve_of_x_is_covered_until_the_question_is_answered(open_page: OpenPage) -> None:
    page = open_page("flows?tour=2", reduced_motion="reduce")
    stretch = page.locator(".stretch")
    expect(stretch.locator(".reading")).to_contain_text("x = ")
    for giveaway in ("0.199", "log p", "strip", "-1.6"):
        assert giveaway not in shown_words(page), giveaway
    assert stretch.get_attribute("data-terms") is None
    page.locator(".st-key-stage_answer_0 button").click()
    expect(stretch.locator(".reading")).to_contain_text("p(x) = 0.199")
    expect(page.get_by_text("The answer is:")).to_be_visible()


def test_eight_transforms_are_not_shown_before_the_question_is_answered(
    open_page: OpenPage,
) -> None:
    page = open_page(f"{BEND}&tour=3", reduced_motion="reduce")
    expect(picture(page).locator(".says")).to_contain_text("2.73 nats")
    words = page.locator(".st-key-stage_panel").inner_text()
    assert "kurtosis" not in words
    assert "transform 1 / 1" in shown_words(page)
    page.locator(".st-key-stage_answer_1 button").click()
    settle(page)
    expect(picture(page)).to_have_attribute("data-stage", "8.00")
    expect(picture(page).locator(".says")).to_contain_text("2.73 nats")  # and is as poor


@pytest.mark.parametrize("tour", [1, 2])
def test_passes_are_covered_until_the_question_is_answered(open_page: OpenPage, tour: int) -> None:
    page = open_page(f"flows?activity=maf-or-iaf&tour={tour}", reduced_motion="reduce")
    reads = page.locator(".reads")
    expect(reads).to_have_attribute("data-found", "")
    assert "pass" not in reads.locator(".reading").inner_text()
    expect(reads.locator(".player")).not_to_be_visible()
    expect(page.get_by_role("radio", name="Count and time")).to_have_count(0)
    if tour == 2:
        page.locator(".st-key-stage_answer_2 button").click()
        expect(reads).to_have_attribute("data-found", "4 4")
        expect(reads.locator(".player")).to_be_visible()


# --- training ------------------------------------------------------------------------------------

RUN_BUTTONS = """
() => [...document.querySelectorAll('button')]
  .filter(button => button.getClientRects().length > 0)  // Streamlit's own Stop is hidden
  .map(button => button.innerText)
  .filter(text => ['Train again', 'Stop'].includes(text))
"""


@pytest.mark.parametrize("where", ["In this browser", "On the server"])
def test_while_it_learns_stop_stands_alone_and_one_place_counts(
    open_page: OpenPage, where: str
) -> None:
    page = open_page("reading", own=True)
    slow_trainings(page)
    page.goto(page.url.replace("/reading", f"/{BEND}"))  # 2,000 steps, eight transforms
    can_train(page)
    page.get_by_role("radio", name=where).click()
    settle(page)
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Train again", exact=True).click()
    places = main.locator("[data-testid=stProgress], .training .told").filter(visible=True)
    expect(places).to_contain_text("nats", timeout=120_000)
    first = places.inner_text()
    for _ in range(10):
        assert page.evaluate(RUN_BUTTONS) == ["Stop"]
        assert places.count() == 1
        assert page.locator(".says").inner_text() == ""
        page.wait_for_timeout(100)
    expect(places).not_to_have_text(first)
    main.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Train again")).to_be_enabled(timeout=60_000)
    settle(page)
    steps = int(query(page)["trained"])
    said = "in this browser" if where == "In this browser" else "on the server (cpu)"
    expect(page.get_by_text(f"stopped after {steps:,} steps")).to_contain_text(said)
    expect(places).to_have_count(0)
    assert page.evaluate(RUN_BUTTONS) == ["Train again"]


def test_a_trained_flow_comes_back_by_its_link_and_after_another_lesson(
    open_page: OpenPage,
) -> None:
    page = open_page(f"{SMALL}&trained=30", reduced_motion="reduce")
    expect(page.get_by_text("stopped after 30 steps")).to_be_visible(timeout=120_000)
    settle(page)
    address = query(page)
    assert address["trained"] == "30"
    loss = page.locator(".says").inner_text()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Further reading").click()
    page.wait_for_url("**/reading")
    settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Flows").click()
    expect(page.locator(".says")).to_have_text(loss, timeout=30_000)
    page.wait_for_function("() => location.search.includes('trained=30')")
    settle(page)
    assert query(page) == address
    page.go_back()
    page.wait_for_url("**/reading")
    page.go_back()
    page.wait_for_url("**/flows?*trained=30*")
    expect(page.locator(".says")).to_have_text(loss, timeout=30_000)


def test_presenting_fits_a_projector_and_has_train_in_view(open_page: OpenPage) -> None:
    page = open_page(f"{BEND}&present=1", width=1920, height=1080)
    expect(page.get_by_role("button", name="Train again", exact=True)).to_be_in_viewport()
    for activity in LESSON.activities:
        page.goto(page.url.split("?")[0] + f"?activity={activity.slug}&present=1")
        settle(page)
        assert in_view(page, page.locator(".st-key-stage_picture")) == 1, activity.slug


def test_training_runs_to_its_end_and_can_be_scrubbed(open_page: OpenPage) -> None:
    page = open_page(f"{SMALL}&seed=5", reduced_motion="reduce")
    expect(page.get_by_role("button", name="Train again")).to_be_visible(timeout=120_000)
    settle(page)
    picture(page).get_by_role("button", name="While it learned").click()
    expect(picture(page)).to_have_attribute("data-mode", "learning")
    page.keyboard.press("Home")
    expect(picture(page).locator(".says")).to_contain_text("step 0:")
    page.keyboard.press("End")
    expect(picture(page).locator(".says")).to_contain_text("step 200:")
    assert accessibility_violations(page) == []


# --- touching ------------------------------------------------------------------------------------


def point(page: Page, across: float, down: float) -> None:
    """A place on the canvas, as parts of its width and height."""
    planes = picture(page).locator("canvas")
    box = planes.bounding_box()
    assert box is not None
    planes.hover(position={"x": across * box["width"], "y": down * box["height"]})


@pytest.mark.quick
def test_pointing_is_answered_without_the_server(open_page: OpenPage) -> None:
    page = open_page(BEND, settled=False, reduced_motion="reduce", own=True)
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.reload()
    can_train(page)
    expect(picture(page)).to_have_attribute("data-stage", "8.00", timeout=30_000)
    page.wait_for_timeout(500)
    del traffic[:]
    point(page, 0.25, 0.5)
    expect(picture(page).locator(".reading")).to_contain_text("log |det")
    first = picture(page).get_attribute("data-pair")
    point(page, 0.75, 0.4)
    expect(picture(page)).not_to_have_attribute("data-pair", str(first))
    page.keyboard.press("Home")
    expect(picture(page)).to_have_attribute("data-stage", "0.00")
    assert traffic == []


def test_a_drawn_spiral_becomes_the_data(open_page: OpenPage) -> None:
    page = open_page(f"{BEND}&tour=5")
    page.get_by_role("button", name="Learn from these").click()
    expect(page.get_by_role("alert").get_by_text("given 0")).to_be_visible(timeout=30_000)
    pad = page.locator(".pad canvas")
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for k in range(30):
        page.mouse.move(box["x"] + 60 + 5 * k, box["y"] + 60 + (k % 9) * 12)
    page.mouse.up()
    assert int(page.locator(".pad").get_attribute("data-points") or 0) >= 50
    page.get_by_role("button", name="Learn from these").click()
    expect(page.locator(".flows canvas")).to_be_visible(timeout=30_000)
    expect(page.locator(".pad")).to_have_count(0)
    # It learns to the end, or until it is stopped.
    expect(page.get_by_role("button", name="Train again")).to_be_visible(timeout=120_000)
    settle(page)
    assert len(query(page)["points"]) > 60


def test_each_plane_is_pressed_and_dragged_with_the_mouse(open_page: OpenPage) -> None:
    page = open_page(BEND, reduced_motion="reduce")
    planes = picture(page).locator("canvas")
    box = planes.bounding_box()
    assert box is not None
    for across in (0.3, 0.75):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        first = picture(page).get_attribute("data-pair")
        assert first
        page.mouse.move(box["x"] + (across + 0.08) * box["width"], box["y"] + 0.4 * box["height"])
        page.mouse.up()
        expect(picture(page)).not_to_have_attribute("data-pair", first)
    page.mouse.move(5, 5)  # what was pinned stays
    assert picture(page).get_attribute("data-pair")
    planes.press("Escape")
    expect(picture(page)).to_have_attribute("data-pair", "")


@pytest.mark.parametrize(
    ("path", "canvas"),
    [
        ("flows?tour=3", ".stretch canvas"),
        (BEND, ".planes"),
        (f"{BEND}&tour=5", ".pad canvas"),
        ("flows?activity=maf-or-iaf&tour=3", ".reads canvas"),
    ],
)
def test_every_picture_can_be_pressed_dragged_and_touched_everywhere(
    open_page: OpenPage, path: str, canvas: str
) -> None:
    page = open_page(path, width=390, height=844, reduced_motion="reduce")
    found = page.locator(canvas)
    press_everywhere(page, found)
    touch_everywhere(page, found)
    settle(page)
    expect(found).to_be_visible()
    assert page.locator(".failed").count() == 0


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("flows?tour=3", 3),  # what is shown, and two sliders
        (f"{SMALL}&seed=4", 4),  # transforms, flow, training steps; the player
        ("flows?activity=maf-or-iaf&tour=3", 4),  # what is shown, task, D; the player
        ("flows?activity=maf-or-iaf&tour=5", 3),  # what is shown, D, order
    ],
)
def test_the_ends_of_every_control_draw_a_picture(
    open_page: OpenPage, path: str, least: int
) -> None:
    page = open_page(path, reduced_motion="reduce")
    settle(page, timeout_ms=120_000)
    assert ends_of_every_control(page) >= least
    assert page.locator(".failed").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def test_every_file_is_taken_away(open_page: OpenPage) -> None:
    page = open_page(f"{BEND}&layers=1&order=natural")
    open_reading(page, "Take away")
    settle(page)
    for label, start in (("Points, CSV", b"x1,x2,z1"), ("Transforms, GIF", b"GIF89a")):
        with page.expect_download(timeout=120_000) as download:
            page.get_by_role("button", name=label).click()
        assert download.value.path().read_bytes().startswith(start)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_bad_link_on_a_phone_is_told_and_nothing_is_cut_off(
    open_page: OpenPage, scheme: str
) -> None:
    page = open_page(f"{BEND}&layers=99", width=390, height=844, color_scheme=scheme)
    expect(page.get_by_role("alert")).to_contain_text("layers")
    assert sideways_overflow(page) == []
    assert accessibility_violations(page) == []
