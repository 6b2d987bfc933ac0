"""The contexts lesson in a browser: one target for all grids, what sets them apart, what they heed.

What the picture shows is compared with the receptive fields and the gradients of the real networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.data import load_dataset
from arviz_models.figures.contexts import contexts, differences, heed, missed_by_one
from arviz_models.figures.fields import Fields
from arviz_models.figures.networks import NETWORKS
from arviz_models.pretrained import load_pretrained
from arviz_models.receptive_field import NAMES
from pages.ui import contexts_lesson as lesson
from pages.ui.contexts_models import DATA, shipped
from tests.browser.driving import (
    accessibility_violations,
    address_has,
    press,
    query,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Server

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

SIZE = lesson.START_SIZE
START = lesson.start({"show": "structure", "size": SIZE}).target
FIRST_DIGIT = lesson.link().fields["digit"].default({})
EDGE = 3  # pixels around a grid
NEEDS_WEIGHTS = pytest.mark.skipif(not shipped(), reason="no trained network is shipped")


@pytest.fixture(scope="module")
def known() -> Fields:
    """What the networks of the lesson's first state read."""
    return contexts(SIZE, int(lesson.KERNELS[0]))


@pytest.fixture(scope="module")
def answer(known: Fields) -> tuple[str, int]:
    """The network and the pixel that the question asks for."""
    depths = dict.fromkeys(NETWORKS, lesson.DEEP)
    [(pixel, word)] = missed_by_one(known, lesson.ASKED, lesson.ASKED_TARGET, depths).items()
    return word, pixel


def picture(page: Page) -> Locator:
    return page.locator(".contexts")


def panel(page: Page, word: str) -> Locator:
    return picture(page).locator(f"figure[data-word={word}]")


def grid(page: Page, word: str) -> Locator:
    return panel(page, word).locator("canvas.grid")


def chip(page: Page, word: str) -> Locator:
    return picture(page).locator(f".choice [data-word={word}]")


def against(page: Page) -> Locator:
    return picture(page).get_by_label("Set differences to")


def reading(page: Page) -> Locator:
    return picture(page).locator(".reading")


def cell(page: Page, index: int, word: str, *, size: int = SIZE) -> tuple[float, float]:
    """Where a pixel of a grid is on the screen."""
    grid(page, word).scroll_into_view_if_needed()
    box = grid(page, word).bounding_box()
    assert box is not None
    side = (box["width"] - 2 * EDGE) / size
    row, column = divmod(index, size)
    return box["x"] + EDGE + (column + 0.5) * side, box["y"] + EDGE + (row + 0.5) * side


def click(page: Page, index: int, word: str, *, size: int = SIZE) -> None:
    page.mouse.click(*cell(page, index, word, size=size))


def stands_at(page: Page, **expected: str | int) -> None:
    """Wait until the picture rests there."""
    for name, value in expected.items():
        expect(picture(page)).to_have_attribute(f"data-{name}", str(value))


def shows(page: Page, fields: Fields, target: int, depth: int, words: tuple[str, ...]) -> None:
    """These grids and no others, with the counts of the networks, in data and in words."""
    expect(picture(page).locator("figure")).to_have_count(len(words))
    for of in fields.panels:
        if of.table not in words:
            continue
        classes = fields.classes(of, target, depth)
        count = {name: int((classes == k).sum()) for k, name in enumerate(NAMES)}
        figure = panel(page, of.table)
        fresh = int((fields.arrays[of.table][target][:target] == depth).sum())
        for name, number in {
            "seen": count["seen"],
            "limited": count["depth-limited"],
            "blind": count["blind"],
            "fresh": fresh,
        }.items():
            expect(figure).to_have_attribute(f"data-{name}", str(number))
        expect(figure.locator(".counts")).to_contain_text(f"reads {count['seen']} of {target}")


def open_tab(page: Page, label: str) -> None:
    page.get_by_role("tab", name=label).click()
    settle(page)


# --- the target and the layers -------------------------------------------------------------------


def test_the_target_dragged_in_one_grid_moves_in_all(open_page: OpenPage, known: Fields) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    shows(page, known, START, lesson.START_DEPTH, lesson.START)
    assert query(page) == {}
    page.mouse.move(*cell(page, 9 * SIZE + 2, "row"))
    page.mouse.down()
    for index in (6 * SIZE + 6, 4 * SIZE + 10):
        page.mouse.move(*cell(page, index, "row"))
        shows(page, known, index, lesson.START_DEPTH, lesson.START)  # while it is dragged
    page.mouse.up()
    address_has(page, target=str(4 * SIZE + 10))
    click(page, 0, "full")
    for word in lesson.START:
        expect(panel(page, word).locator(".counts")).to_contain_text("nothing comes before")
    address_has(page, target="0")


def test_layers_are_stepped_scrubbed_and_played(open_page: OpenPage, known: Fields) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    shows(page, known, START, lesson.START_DEPTH + 1, lesson.START)
    page.keyboard.press("Home")
    shows(page, known, START, 0, lesson.START)
    scrubber = picture(page).locator("input[type=range]")
    scrubber.fill("9")
    shows(page, known, START, 9, lesson.START)
    address_has(page, depth="9")
    expect(reading(page)).to_contain_text("Layer 9 adds")
    picture(page).get_by_label("Speed").select_option("8")
    picture(page).locator("[data-do=play]").click()
    last = int(scrubber.get_attribute("max") or 0)
    expect(scrubber).to_have_value(str(last))
    shows(page, known, START, last, lesson.START)


# --- which networks ------------------------------------------------------------------------------


def test_a_network_is_hidden_and_brought_back_and_the_last_one_stays(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page("contexts?nets=row.made", reduced_motion="reduce")
    shows(page, known, START, lesson.START_DEPTH, ("row", "made"))
    chip(page, "row").click()
    shows(page, known, START, lesson.START_DEPTH, ("made",))
    expect(chip(page, "row")).to_have_attribute("aria-pressed", "false")
    chip(page, "made").click()
    shows(page, known, START, lesson.START_DEPTH, ("made",))
    expect(chip(page, "made")).to_have_attribute("aria-pressed", "true")
    chip(page, "gated").click()
    chip(page, "row").click()
    shows(page, known, START, lesson.START_DEPTH, ("gated", "row", "made"))
    titles = [NETWORKS[word].title for word in ("gated", "row", "made")]
    assert picture(page).locator("figcaption b").all_inner_texts() == titles
    address_has(page, nets="gated.row.made")


def test_set_differences_are_those_of_the_networks(open_page: OpenPage, known: Fields) -> None:
    page = open_page("contexts?depth=2", reduced_motion="reduce")
    against(page).select_option("gated")
    stands_at(page, against="gated")
    apart = differences(known, START, dict.fromkeys(NETWORKS, 2))
    words = list(known.arrays)
    other = words.index("gated")
    for word in set(lesson.START) - {"gated"}:
        gained, lost = apart[words.index(word), other], apart[other, words.index(word)]
        expect(panel(page, word)).to_have_attribute("data-gained", str(gained))
        expect(panel(page, word)).to_have_attribute("data-lost", str(lost))
        said = panel(page, word).locator(".counts")
        expect(said).to_contain_text(f"{f'+{gained}' if gained else 0} not by Gated PixelCNN")
        expect(said).to_contain_text(f"{f'−{lost}' if lost else 0} by Gated PixelCNN alone")
    assert apart[other].sum() > 0 < apart[:, other].sum()
    assert accessibility_violations(page) == []
    chip(page, "gated").click()  # what is not shown is not compared with
    stands_at(page, against="none")
    expect(against(page)).to_have_value("none")


@pytest.mark.slow
def test_the_table_of_differences_follows_the_target(open_page: OpenPage) -> None:
    page = open_page("contexts?size=14", reduced_motion="reduce")
    grid(page, "row").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("For the target in row 8, column 6")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("For the target in row 7, column 6")).to_be_visible()
    open_tab(page, "Formula")
    page.keyboard.press("Escape")
    grid(page, "row").focus()
    page.keyboard.press("ArrowUp")
    open_tab(page, "Take away")
    expect(page.get_by_text("Target row 6, column 6, with 3 layers")).to_be_visible()
    settle(page)


@pytest.mark.slow
def test_pointing_at_a_pixel_says_when_each_network_reads_it(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page("contexts?depth=3", reduced_motion="reduce")
    for pixel in (0, SIZE - 1, 6 * SIZE + 10, START - 1, START - SIZE):
        page.mouse.move(*cell(page, pixel, "gated"))
        row, column = divmod(pixel, SIZE)
        expect(reading(page)).to_contain_text(f"Row {row}, column {column}.")
        said = reading(page).inner_text().split(". ", 1)[1].rstrip(".")
        parts = dict(part.split(": ") for part in said.split(" · "))
        when = {title: words for titles, words in parts.items() for title in titles.split(", ")}
        assert set(when) == {NETWORKS[word].title for word in lesson.START}
        for word in lesson.START:
            first = int(known.arrays[word][START, pixel])
            expected = (
                "never read"
                if first == 255
                else f"from layer {first} on"
                if first > 3
                else f"since layer {first}"
                if first
                else "by the first layer"
            )
            assert expected in when[NETWORKS[word].title]
    page.mouse.move(*cell(page, START + 1, "gated"))
    expect(reading(page)).to_contain_text("in the future")


@pytest.mark.slow
def test_hover_drag_and_layers_send_nothing_to_the_server(open_page: OpenPage) -> None:
    page = open_page("contexts?size=14", reduced_motion="reduce")
    traffic: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: traffic.append("sent")))
    page.reload()
    settle(page)
    open_tab(page, "Formula")
    assert traffic  # the listener works
    del traffic[:]
    for index in range(0, 196, 31):
        page.mouse.move(*cell(page, index, "row", size=14))
    page.mouse.down()
    for index in range(180, 20, -31):
        page.mouse.move(*cell(page, index, "row", size=14))
    page.mouse.up()
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    chip(page, "nade").click()
    against(page).select_option("nade")
    stands_at(page, target=25, depth=15, against="nade")
    page.wait_for_timeout(400)
    assert traffic == []


# --- the link ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_address_holds_the_place_through_reload_control_and_way_back(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    chip(page, "diagonal").click()
    chip(page, "nade").click()
    against(page).select_option("row")
    click(page, 5 * SIZE + 3, "full")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    nets = ("pixelcnn", "gated", "row", "full", "nade")
    place = {"target": "58", "depth": "4", "nets": ".".join(nets), "against": "row"}

    def is_there(fields: Fields) -> None:
        shows(page, fields, 58, 4, nets)
        stands_at(page, **place)

    address_has(page, **place)
    page.reload()
    settle(page)
    is_there(known)
    page.get_by_test_id("stMain").get_by_role("radio", name="7×7").click()
    wider = contexts(SIZE, 7)
    is_there(wider)
    address_has(page, first="7", **place)
    page.go_back()
    is_there(known)
    address_has(page, **place)
    page.go_forward()
    is_there(wider)
    address_has(page, first="7", **place)
    press(page, "Reset")
    shows(page, known, START, lesson.START_DEPTH, lesson.START)
    stands_at(page, against="none")
    address_has(page)


def test_what_does_not_fit_in_a_link_is_told_and_the_default_shown(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page(
        "contexts?nets=row.vgg&against=nade&target=121&depth=5", reduced_motion="reduce"
    )
    notice = page.get_by_role("alert")
    for name in ("nets", "against", "target"):
        expect(notice).to_contain_text(f"The link's {name} is")
    shows(page, known, START, 5, lesson.START)
    stands_at(page, against="none")
    address_has(page, depth="5")


@pytest.mark.slow
@pytest.mark.parametrize("size", [lesson.LEAST_SIZE, lesson.MOST_SIZE])
def test_the_ends_of_every_range_open(open_page: OpenPage, size: int) -> None:
    most = lesson.fields.MOST_DEPTH
    link = f"contexts?size={size}&first=7&depth={most}&nets=row&target="
    fields = contexts(size, 7)
    for target in (0, size * size - 1):
        page = open_page(f"{link}{target}", reduced_motion="reduce")
        if target:
            shows(page, fields, target, most, ("row",))
        stands_at(page, target=target, depth=most)
        assert page.get_by_role("alert").count() == 0


@pytest.mark.slow
def test_another_size_keeps_the_targets_place(open_page: OpenPage) -> None:
    page = open_page("contexts?target=120&depth=2", reduced_motion="reduce")
    page.wait_for_timeout(300)  # the player has come to rest
    field = page.get_by_role("spinbutton", name="Side of the image")
    field.fill("12")
    field.press("Enter")
    settle(page)
    shows(page, contexts(12, 3), 143, 2, lesson.START)
    address_has(page, size="12", target="143", depth="2")


# --- the question --------------------------------------------------------------------------------


def ask(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_text(lesson.MARK, exact=True).click()
    expect(picture(page)).to_have_attribute("data-asking", "true")
    settle(page)


def verdict(page: Page, start: str) -> Locator:
    return page.get_by_test_id("stMarkdown").filter(has_text=start).last


def test_a_pixel_is_marked_by_mouse(
    open_page: OpenPage, known: Fields, answer: tuple[str, int]
) -> None:
    page = open_page("contexts?size=7&against=row", reduced_motion="reduce")
    word, pixel = answer
    wrong = next(each for each in lesson.ASKED if each != word)
    for clicked, at, start in (
        (wrong, pixel - 1, "Not quite."),
        (word, pixel, "Yes."),
    ):
        ask(page)
        stands_at(page, target=lesson.ASKED_TARGET, nets=".".join(lesson.ASKED), against="none")
        assert picture(page).locator(".counts").all_inner_texts() == [""] * 3  # tells nothing yet
        click(page, lesson.ASKED_TARGET + 1, clicked)  # not drawn before the target
        expect(picture(page)).to_have_attribute("data-asking", "true")
        click(page, at, clicked)
        expect(verdict(page, start)).to_be_visible()
        stands_at(page, target=lesson.ASKED_TARGET, asking="false")
        settle(page)
        shows(page, known, lesson.ASKED_TARGET, lesson.DEEP, lesson.ASKED)
        page.get_by_text(lesson.MARK, exact=True).click()  # takes the answer back
        settle(page)


@pytest.mark.slow
def test_a_pixel_is_marked_by_keyboard(open_page: OpenPage, answer: tuple[str, int]) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    word, pixel = answer
    ask(page)
    against(page).focus()
    for each in lesson.ASKED:  # Tab leads from grid to grid
        page.keyboard.press("Tab")
        expect(grid(page, each)).to_be_focused()
        if each == word:
            break
    page.keyboard.press("Enter")  # nothing is chosen yet
    stands_at(page, asking="true")
    place = lesson.ASKED_TARGET
    while place != pixel:
        page.keyboard.press("ArrowLeft")
        place -= 1
    row, column = divmod(pixel, SIZE)
    expect(reading(page)).to_have_text(f"Row {row}, column {column}")
    stands_at(page, target=lesson.ASKED_TARGET)
    page.keyboard.press("Enter")
    expect(verdict(page, "Yes.")).to_be_visible()
    settle(page)
    page.keyboard.press("ArrowLeft")  # the target's again
    stands_at(page, target=lesson.ASKED_TARGET - 1)


@pytest.mark.slow
def test_fingers_mark_a_pixel_and_drag_the_target(
    browser: Browser, server: Server, known: Fields, answer: tuple[str, int]
) -> None:
    word, pixel = answer
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/contexts")
        settle(page)
        finger = context.new_cdp_session(page)

        def touch(kind: str, x: float = 0, y: float = 0) -> None:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(16)

        page.touchscreen.tap(*cell(page, 3 * SIZE + 3, "gated"))
        stands_at(page, target=3 * SIZE + 3)
        touch("touchStart", *cell(page, 3 * SIZE + 3, "gated"))
        for index in (4 * SIZE + 3, 5 * SIZE + 4, 8 * SIZE + 6):
            touch("touchMove", *cell(page, index, "gated"))
        touch("touchEnd")
        stands_at(page, target=8 * SIZE + 6)
        shows(page, known, 8 * SIZE + 6, lesson.START_DEPTH, lesson.START)

        ask(page)
        x, y = cell(page, 20, word)
        touch("touchStart", x, y)  # scrolls the page, and marks nothing
        for way in range(15, 106, 15):
            touch("touchMove", x, y - way)
        touch("touchEnd")
        stands_at(page, asking="true")
        page.touchscreen.tap(*cell(page, pixel, word))
        expect(verdict(page, "Yes.")).to_be_visible()
        stands_at(page, target=lesson.ASKED_TARGET)


@pytest.mark.slow
def test_the_right_pixel_in_another_grid_is_told_from_the_answer(
    open_page: OpenPage, answer: tuple[str, int]
) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    word, pixel = answer
    wrong = next(each for each in lesson.ASKED if each != word)
    ask(page)
    click(page, pixel, wrong)
    expect(verdict(page, "Not quite.")).to_contain_text(f"{NETWORKS[wrong].title} does read")
    settle(page)


# --- what trained networks heed ------------------------------------------------------------------


def heeds(page: Page, target: int, digit: int, words: tuple[str, ...] = lesson.START) -> None:
    """Wait until every grid says what its network makes of that target of that digit."""
    cards: Mapping[str, Any] = shipped()
    x = load_dataset(DATA).test[digit, 0].numpy()
    stands_at(page, target=target)
    for word in words:
        expected = heed(load_pretrained(cards[word]["name"]), x, target)
        said = panel(page, word).locator(".counts")
        expect(said).to_contain_text(f"p of its value {expected.probability:.3f}", timeout=15_000)
        expect(said).to_contain_text(f"half the gradient within {expected.near} px")
        expect(said).to_contain_text(f"this digit: {expected.nats:.1f} nats")


@NEEDS_WEIGHTS
def test_gradients_of_a_moved_target_arrive(open_page: OpenPage) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    page.get_by_test_id("stMain").get_by_text(lesson.SHOWS["trained"]).click()
    expect(picture(page)).to_have_attribute("data-mode", "trained", timeout=15_000)
    settle(page)
    click(page, 14 * 28 + 15, "row", size=28)
    heeds(page, 14 * 28 + 15, FIRST_DIGIT)
    expect(picture(page).locator(".legend")).to_contain_text("|∂ log p / ∂x|")


@pytest.mark.slow
@NEEDS_WEIGHTS
@pytest.mark.parametrize("tab", ["Set differences", "Formula"])
def test_the_gradients_are_those_of_the_target_shown_however_fast_it_moves(
    open_page: OpenPage, tab: str
) -> None:
    page = open_page("contexts?show=trained", reduced_motion="reduce")
    open_tab(page, tab)
    for there, back in ((470, 410), (530, 415), (610, 421)):
        click(page, back, "row", size=28)
        heeds(page, back, FIRST_DIGIT, ("row",))
        settle(page)
        click(page, there, "row", size=28)
        click(page, back, "row", size=28)  # before the gradients of the other are here
        heeds(page, back, FIRST_DIGIT, ("row",))
    for index in range(150, 650, 71):
        page.mouse.move(*cell(page, index, "row", size=28))
        page.mouse.down()
        page.mouse.move(*cell(page, index + 40, "row", size=28), steps=3)
        page.mouse.up()
    chip(page, "nade").click()  # while they are on their way
    heeds(page, 150 + 7 * 71 + 40, FIRST_DIGIT, (*lesson.START, "nade"))


@pytest.mark.slow
@NEEDS_WEIGHTS
def test_another_digit_keeps_the_target_and_the_networks(open_page: OpenPage) -> None:
    page = open_page("contexts?show=trained", reduced_motion="reduce")
    open_tab(page, "Formula")
    click(page, 414, "row", size=28)
    chip(page, "pixelcnn").click()
    settle(page)
    nets = tuple(word for word in lesson.START if word != "pixelcnn")
    chosen = picture(page).get_by_role("button", name="A 7, test digit 0")
    chosen.click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    heeds(page, 414, 0, nets)
    address_has(page, show="trained", digit="0", target="414", nets=".".join(nets))
    page.reload()
    settle(page)
    heeds(page, 414, 0, nets)
    page.go_back()
    heeds(page, 414, FIRST_DIGIT, nets)


@pytest.mark.slow
@NEEDS_WEIGHTS
def test_the_layers_out_of_sight_stay_where_they_are(open_page: OpenPage) -> None:
    page = open_page("contexts?show=trained", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.get_by_test_id("stMain").get_by_text(lesson.SHOWS["structure"]).click()
    stands_at(page, mode="structure", depth=lesson.START_DEPTH)
    settle(page)


@pytest.mark.slow
@NEEDS_WEIGHTS
@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844), (360, 740)])
@pytest.mark.parametrize("link", ["contexts", "contexts?show=trained"])
def test_a_grid_stays_in_its_place_when_it_gets_the_focus(
    open_page: OpenPage, link: str, size: tuple[int, int]
) -> None:
    """Otherwise a click would end on another cell than it began."""
    page = open_page(link, width=size[0], height=size[1], reduced_motion="reduce")
    before = grid(page, "row").bounding_box()
    grid(page, "row").evaluate("canvas => canvas.focus({ preventScroll: true })")
    expect(picture(page).locator(".keys")).to_contain_text("Esc")
    assert grid(page, "row").bounding_box() == before


# --- presenting and fit --------------------------------------------------------------------------


@pytest.mark.slow
@NEEDS_WEIGHTS
def test_presenting_hides_the_prose_and_keeps_the_picture(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page("contexts", reduced_motion="reduce")
    click(page, 60, "row")
    page.keyboard.press("Escape")
    before = grid(page, "row").bounding_box()
    press(page, "Present")
    shows(page, known, 60, lesson.START_DEPTH, lesson.START)
    expect(page.get_by_text("Predict.")).to_have_count(0)
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    box = grid(page, "row").bounding_box()
    assert box is not None
    assert before is not None
    assert box["width"] > 1.15 * before["width"]
    address_has(page, present="1", target="60")
    every = ".".join(NETWORKS)
    for link in (f"nets={every}&against=gated", "pin=show.size.first", "show=trained"):
        page = open_page(f"contexts?present=1&{link}", reduced_motion="reduce")
        assert sideways_overflow(page) == []
        box = picture(page).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720


@pytest.mark.slow
@NEEDS_WEIGHTS
@pytest.mark.parametrize("link", ["against=row", "show=trained"])
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, link: str) -> None:
    every = ".".join(NETWORKS)
    page = open_page(
        f"contexts?nets={every}&{link}",
        width=390,
        height=844,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    assert sideways_overflow(page) == []
    for word in NETWORKS:
        box = grid(page, word).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert accessibility_violations(page) == []


@pytest.mark.slow
def test_the_colours_follow_the_theme(open_page: OpenPage) -> None:
    page = open_page("contexts?target=60&depth=5&against=row", reduced_motion="reduce")
    drawn = "canvas => canvas.toDataURL()"
    light = grid(page, "full").evaluate(drawn)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    settle(page)
    assert grid(page, "full").evaluate(drawn) != light
    stands_at(page, target=60, depth=5, against="row")
    assert accessibility_violations(page) == []
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page)
    assert grid(page, "full").evaluate(drawn) == light
