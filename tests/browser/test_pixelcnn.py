"""What PixelCNN reads, in a browser: the target under the hand, the layers, the kernel, the link.

What the picture shows is compared with the receptive fields of the real networks.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.analysis.pixelcnn_fields import pixelcnn_fields
from arviz_models.analysis.receptive_fields import NAMES
from arviz_models.analysis.side_by_side import Fields, Kernel, Panel
from pages.pixelcnn.reads import START_DEPTH, START_SIZE, STEPS, TARGET
from tests.browser import driving
from tests.browser.driving import (
    accessibility_violations,
    open_reading,
    press,
    settle,
    sideways_overflow,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Server

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

TOUR = len(STEPS)  # the step that shows both networks and covers nothing; it plays by itself
LAST = STEPS[-1].place["to"]  # the layer that it plays to
DEPTH = START_DEPTH
READS = f"pixelcnn?activity=reads&tour={TOUR}"
STILL = f"{READS}&depth={DEPTH}"  # a link that holds a place does not play
EDGE = 3  # pixels around a grid


@pytest.fixture(scope="module")
def known() -> Fields:
    """What the networks of the lesson's first state read."""
    return pixelcnn_fields(START_SIZE, 3, 3, "A")


def query(page: Page) -> dict[str, str]:
    """What the address holds besides the activity and the step."""
    found = driving.query(page)
    return {name: text for name, text in found.items() if name not in ("activity", "tour")}


def address_has(page: Page, **expected: str) -> None:
    """Wait until the address holds exactly that besides the activity and the step."""
    driving.address_has(page, activity="reads", tour=str(TOUR), **expected)


def picture(page: Page) -> Locator:
    return page.locator(".fields")


def panel(page: Page, number: int) -> Locator:
    return picture(page).locator("figure.panel").nth(number)


def grid(page: Page, number: int = 0) -> Locator:
    return panel(page, number).locator("canvas.grid")


def kernels(page: Page, number: int = 0) -> list[Locator]:
    """Those that stand with a grid: on a phone those of two networks have views of their own."""
    return panel(page, number).locator(".tiles button").filter(visible=True).all()


def scrubber(page: Page) -> Locator:
    return picture(page).locator("input[type=range]")


def reading(page: Page) -> Locator:
    return picture(page).locator(".reading")


def view(page: Page, name: str) -> Locator:
    """The button that shows the field or a kernel."""
    return picture(page).locator(f".choice [data-view={name}]")


def cell(page: Page, index: int, *, size: int = 11, number: int = 0) -> tuple[float, float]:
    """Where a pixel is on the screen."""
    box = grid(page, number).bounding_box()
    assert box is not None
    side = (box["width"] - 2 * EDGE) / size
    row, column = divmod(index, size)
    return box["x"] + EDGE + (column + 0.5) * side, box["y"] + EDGE + (row + 0.5) * side


def point(page: Page, index: int, *, size: int = 11, number: int = 0) -> None:
    page.mouse.move(*cell(page, index, size=size, number=number))


def leave(page: Page) -> None:
    """Point at nothing."""
    page.mouse.move(1, 1)


def stands_at(page: Page, target: int, depth: int) -> None:
    """Wait until the picture rests there."""
    expect(picture(page)).to_have_attribute("data-target", str(target))
    expect(picture(page)).to_have_attribute("data-depth", str(depth))


def shows(page: Page, fields: Fields, target: int, depth: int) -> None:
    """The counts of both grids are those of the networks, in data and in words."""
    stands_at(page, target, depth)
    for number, of in enumerate(fields.panels):
        classes = fields.classes(of, target, depth)
        count = {name: int((classes == k).sum()) for k, name in enumerate(NAMES)}
        figure = panel(page, number)
        expect(figure).to_have_attribute("data-seen", str(count["seen"]))
        expect(figure).to_have_attribute("data-limited", str(count["depth-limited"]))
        expect(figure).to_have_attribute("data-blind", str(count["blind"]))
        fresh = fields.arrays[of.table][target][:target] == depth
        expect(figure).to_have_attribute("data-fresh", str(int(fresh.sum())))
        said = figure.locator(".counts")
        if target:
            expect(said).to_contain_text(f"reads {count['seen']} of {target}")
            blind = f"blind spot {count['blind']} (" if count["blind"] else "no blind spot"
            expect(said).to_contain_text(blind)


# --- the target ----------------------------------------------------------------------------------


def test_the_first_picture_has_the_numbers_of_the_networks(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    shows(page, known, TARGET, DEPTH)
    expect(panel(page, 0).locator(".counts")).to_contain_text("34 of 82 (41 %)")
    expect(panel(page, 0).locator(".counts")).to_contain_text("blind spot 10 (12 %)")
    assert query(page) == {"depth": str(DEPTH)}
    press(page, "Reset")  # the step plays to its end, and the address has nothing to add
    shows(page, known, TARGET, LAST)
    address_has(page)


def test_the_target_follows_click_drag_and_arrow_keys(open_page: OpenPage, known: Fields) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    point(page, 9 * 11 + 2)
    page.mouse.down()
    page.mouse.up()
    shows(page, known, 9 * 11 + 2, DEPTH)
    address_has(page, target=str(9 * 11 + 2), depth=str(DEPTH))
    page.mouse.down()
    for index in (8 * 11 + 3, 6 * 11 + 6, 4 * 11 + 10):
        point(page, index)
    expect(panel(page, 0)).to_have_attribute("data-blind", "0")  # while it is dragged
    page.mouse.up()
    shows(page, known, 4 * 11 + 10, DEPTH)
    for key, target in (
        ("ArrowRight", 4 * 11 + 10),  # there is no column more
        ("ArrowLeft", 4 * 11 + 9),
        ("ArrowUp", 3 * 11 + 9),
        ("ArrowDown", 4 * 11 + 9),
    ):
        page.keyboard.press(key)
        shows(page, known, target, DEPTH)
    point(page, 5, number=1)  # the other grid has the same target
    page.mouse.down()
    page.mouse.up()
    shows(page, known, 5, DEPTH)
    point(page, 0)
    page.mouse.down()
    page.mouse.up()
    expect(panel(page, 0).locator(".counts")).to_contain_text("nothing comes before")


def test_arrow_keys_belong_to_the_grid_only_while_it_has_the_focus(open_page: OpenPage) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    keys = picture(page).locator(".keys")
    page.keyboard.press("ArrowRight")
    stands_at(page, TARGET, DEPTH + 1)
    before = keys.inner_text()
    grid(page).focus()
    assert keys.inner_text() != before
    page.keyboard.press("ArrowRight")
    stands_at(page, TARGET + 1, DEPTH + 1)
    page.keyboard.press("End")  # not an arrow: the player's all the same
    stands_at(page, TARGET + 1, LAST)
    page.keyboard.press("Escape")
    assert keys.inner_text() == before
    page.keyboard.press("ArrowLeft")
    stands_at(page, TARGET + 1, LAST - 1)
    # From the controls on, one Tab leads to the first grid, another past the second.
    view(page, "later").focus()
    page.keyboard.press("Tab")
    expect(grid(page)).to_be_focused()


def test_a_finger_drags_the_target_or_picks_another(browser: Browser, server: Server) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/{STILL}")
        settle(page)
        x, y = cell(page, 3 * 11 + 3)
        page.touchscreen.tap(x, y)
        stands_at(page, 3 * 11 + 3, DEPTH)
        finger = context.new_cdp_session(page)

        def touch(kind: str, x: float = 0, y: float = 0) -> None:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(16)

        touch("touchStart", x, y)
        for index in (4 * 11 + 3, 5 * 11 + 4, 8 * 11 + 6):
            touch("touchMove", *cell(page, index))
        touch("touchEnd")
        stands_at(page, 8 * 11 + 6, DEPTH)


def test_hover_drag_step_and_scrub_send_nothing_to_the_server(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&size=14", reduced_motion="reduce", own=True)
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.on("request", lambda request: traffic.append(request.url))
    page.reload()
    settle(page)
    assert "received" in traffic  # the listener works
    page.wait_for_timeout(300)
    del traffic[:]
    for index in range(0, 196, 17):
        point(page, index, size=14)
    page.mouse.down()
    for index in range(180, 20, -31):
        point(page, index, size=14)
    page.mouse.up()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    scrubber(page).fill("7")
    view(page, "first").click()
    scrubber(page).fill("40")
    address_has(page, size="14", target="40", depth="7", view="first")
    page.wait_for_timeout(300)
    assert traffic == []


# --- what a pixel is -----------------------------------------------------------------------------


def test_pointing_at_a_pixel_says_when_it_is_read(open_page: OpenPage, known: Fields) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    for pixel, words in (
        (6 * 11 + 5, ["Row 6, column 5", "PixelCNN: read by the first layer"]),
        (3 * 11 + 2, ["PixelCNN: read since layer 3", "by the vertical stack"]),
        (7 * 11 + 4, ["Gated PixelCNN: read by the first layer, by the horizontal stack"]),
        (0, ["PixelCNN: not yet; from layer 6 on", "Gated PixelCNN: not yet; from layer 5 on"]),
        (6 * 11 + 10, ["PixelCNN: never, at any depth", "Gated PixelCNN: not yet; from layer 4"]),
        (TARGET, ["the target", "No network reads the pixel that it predicts"]),
        (TARGET + 1, ["in the future"]),
    ):
        for number in (0, 1):
            point(page, pixel, number=number)
            for each in words:
                expect(reading(page)).to_contain_text(each)
        if pixel < TARGET:
            for of in known.panels:
                first = int(known.arrays[of.table][TARGET, pixel])
                expected = "never" if first == 255 else str(first) if first else "first layer"
                said = reading(page).inner_text().split(f"{of.title}: ", 1)[1].split(". ")[0]
                assert expected in said
    leave(page)
    expect(reading(page)).to_contain_text("Layer 3 adds 13 to PixelCNN, 18 to Gated PixelCNN")


def ones(fields: Fields, kernel: Kernel, bit: int) -> set[tuple[int, int]]:
    """Offsets (rows, columns) that a kernel reads of a stream."""
    cells = fields.arrays[kernel.cells]
    return {
        (row - kernel.rows // 2, column - kernel.columns // 2)
        for row in range(kernel.rows)
        for column in range(kernel.columns)
        if cells[row, column] & bit
    }


def check_path(fields: Fields, of: Panel, places: list[int], pixel: int) -> None:
    """A path from the target to a pixel, in as many steps as the table says, under the kernels."""
    size = fields.shape[1]
    first = int(fields.arrays[of.table][TARGET, pixel])
    assert places[0] == TARGET
    assert places[-1] == pixel
    assert len(places) == first + 2  # a step a layer
    steps = [(b // size - a // size, b % size - a % size) for a, b in pairwise(places)]
    start, later = of.kernels
    for kernel, step in [*((later, step) for step in steps[:-1]), (start, steps[-1])]:
        assert step in ones(fields, kernel, 1) | ones(fields, kernel, 2)


def test_the_path_to_a_pixel_is_one_that_the_kernels_allow(
    open_page: OpenPage, known: Fields
) -> None:
    page = open_page(f"{READS}&depth=15", reduced_motion="reduce")
    stands_at(page, TARGET, 15)  # deeper than the step itself plays
    found = 0
    for pixel in (0, 10, 6 * 11, 6 * 11 + 6, 6 * 11 + 10, 7 * 11 + 4, 7 * 11, 2 * 11 + 9, 40):
        point(page, pixel)
        for number, of in enumerate(known.panels):
            path = panel(page, number).get_attribute("data-path") or ""
            if known.arrays[of.table][TARGET, pixel] == 255:
                assert path == ""
            else:
                check_path(known, of, [int(place) for place in path.split()], pixel)
                found += 1
    assert found >= 15
    point(page, TARGET + 2)
    expect(panel(page, 0)).to_have_attribute("data-path", "")


def test_a_first_mask_of_type_b_lights_the_target(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&mask=B", reduced_motion="reduce")
    expect(picture(page).locator(".legend")).to_contain_text("leak")
    for number in (0, 1):
        expect(panel(page, number)).to_have_attribute("data-leaks", "1")
        expect(panel(page, number).locator(".counts")).to_contain_text("a leak")
    point(page, TARGET)
    expect(reading(page)).to_contain_text("the answer is given away")
    page.get_by_test_id("stMain").get_by_role("radio", name="A", exact=True).click()
    expect(panel(page, 0)).to_have_attribute("data-leaks", "0")
    assert "leak" not in picture(page).inner_text()


# --- layers and kernels --------------------------------------------------------------------------


def test_the_player_grows_the_field_layer_by_layer(open_page: OpenPage, known: Fields) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    page.keyboard.press("Home")
    for depth in range(8):
        shows(page, known, TARGET, depth)
        page.keyboard.press("ArrowRight")
    picture(page).locator("[data-do=last]").click()
    shows(page, known, TARGET, LAST)
    expect(reading(page)).to_contain_text("no deeper stack will: PixelCNN never reads 10 pixels")
    picture(page).locator("[data-do=first]").click()
    picture(page).locator("select").select_option("8")
    picture(page).locator("[data-do=play]").click()
    playing = picture(page).locator("[data-playing]")
    expect(playing).to_have_attribute("data-playing", "true")
    expect(scrubber(page)).to_have_value(str(LAST))
    expect(playing).to_have_attribute("data-playing", "false")
    shows(page, known, TARGET, LAST)


def test_a_kernel_walks_in_raster_order(open_page: OpenPage) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    view(page, "first").click()
    counts = panel(page, 0).locator(".counts")
    expect(counts).to_contain_text("4 ones, 5 zeros")
    expect(counts).to_contain_text("a 0 on its own pixel")
    expect(scrubber(page)).to_have_value(str(TARGET))
    page.keyboard.press("Home")
    expect(counts).to_contain_text("4 ones over the border, on zeros")
    pictures = set()
    for target in range(12):
        expect(scrubber(page)).to_have_value(str(target))
        pictures.add(grid(page).evaluate("canvas => canvas.toDataURL()"))
        page.keyboard.press("ArrowRight")
    assert len(pictures) == 12
    view(page, "later").click()
    expect(counts).to_contain_text("5 ones, 4 zeros")
    # A kernel's own picture is a button too, and leads back.
    tile = panel(page, 1).locator(".tiles button").nth(1)
    expect(tile).to_have_attribute("aria-pressed", "true")
    tile.click()
    expect(view(page, "field")).to_have_attribute("aria-pressed", "true")
    stands_at(page, 12, DEPTH)
    address_has(page, target="12", depth=str(DEPTH))


def test_the_walk_plays_to_the_last_pixel(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&size=7&view=first&target=30&depth={DEPTH}")
    picture(page).locator("select").select_option("32")
    page.keyboard.press("Space")  # no button has the focus
    expect(scrubber(page)).to_have_value("48")
    stands_at(page, 48, DEPTH)
    address_has(page, size="7", view="first", target="48", depth=str(DEPTH))


# --- the link ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ArrowRight", "End"])  # a layer, and where the step plays to
def test_the_address_holds_the_place_through_reload_control_and_way_back(
    open_page: OpenPage, known: Fields, key: str
) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    grid(page).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.keyboard.press(key)
    depth = LAST if key == "End" else DEPTH + 1
    place = {"target": str(TARGET - 1)} | ({} if depth == LAST else {"depth": str(depth)})
    address_has(page, **place)
    page.reload()
    settle(page)
    shows(page, known, TARGET - 1, depth)
    page.get_by_test_id("stMain").get_by_role("radio", name="5×5").nth(1).click()
    wider = pixelcnn_fields(START_SIZE, 5, 3, "A")
    shows(page, wider, TARGET - 1, depth)
    address_has(page, kernel="5", **place)
    page.go_back()
    shows(page, known, TARGET - 1, depth)
    address_has(page, **place)
    press(page, "Reset")
    shows(page, known, TARGET, LAST)
    address_has(page)


def test_another_size_keeps_the_targets_place(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&target=120&depth=2", reduced_motion="reduce")
    field = page.get_by_role("spinbutton", name="Side of the image")
    field.fill("12")
    field.press("Enter")
    settle(page)
    shows(page, pixelcnn_fields(12, 3, 3, "A"), 143, 2)
    address_has(page, size="12", target="143", depth="2")


def test_the_place_outlives_presenting(open_page: OpenPage, known: Fields) -> None:
    page = open_page(STILL, reduced_motion="reduce")
    grid(page).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    stands_at(page, TARGET - 11, DEPTH + 1)
    for name in ("Present", "Leave"):
        page.get_by_role("button", name=name).click()
        settle(page)
        shows(page, known, TARGET - 11, DEPTH + 1)
        assert query(page)["target"] == str(TARGET - 11)
        assert query(page)["depth"] == str(DEPTH + 1)


def test_take_away_follows_the_target(open_page: OpenPage) -> None:
    page = open_page(STILL, reduced_motion="reduce")

    def saves(row: int, depth: int) -> None:
        """Wait until the files are those of that row's target."""
        words = f"Target row {row}, column 5, with {depth} layers after the first"
        expect(page.get_by_text(words)).to_be_visible()
        settle(page)

    open_reading(page, "Take away")
    saves(7, DEPTH)
    grid(page).focus()
    page.keyboard.press("ArrowUp")
    saves(6, DEPTH)
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    saves(6, LAST)
    with page.expect_download() as download:
        page.get_by_role("button", name="First layers, CSV").click()
    assert download.value.suggested_filename == "pixelcnn-6-5.csv"
    press(page, "Reset")  # the address holds no place, and the picture rests where the step ends
    saves(7, LAST)


# --- fit -----------------------------------------------------------------------------------------


def test_the_picture_fits_when_it_is_presented(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&present=1&size=28&first=7", reduced_motion="reduce")
    sizes = [(1280, 720), (1440, 900)]

    def widths() -> list[float]:
        """Of the first grid, at each size of the window; all of the picture's parts fit."""
        found = []
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            settle(page)
            for part in (grid(page), grid(page, 1), picture(page).locator(".player")):
                box = part.bounding_box()
                assert box is not None
                assert box["y"] >= 0
                assert box["y"] + box["height"] <= height
                assert box["x"] + box["width"] <= width
            box = grid(page).bounding_box()
            assert box is not None
            found.append(box["width"])
        return found

    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    presented = widths()
    whole = picture(page).bounding_box()  # the words in it grow too, so the grid takes not all
    assert whole is not None
    assert whole["y"] + whole["height"] > 0.9 * sizes[-1][1]
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    settle(page)
    usual = widths()
    assert all(large > small for large, small in zip(presented, usual, strict=True))


def test_the_controls_say_what_is_shown_after_a_link_that_presents(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&present=1&size=28&first=7&mask=B", reduced_motion="reduce")
    page.get_by_role("button", name="Leave").click()
    settle(page)
    controls = page.locator(".st-key-stage_controls")
    expect(controls.get_by_role("spinbutton", name="Side of the image")).to_have_value("28")
    expect(controls.get_by_role("radio", name="7×7").first).to_be_checked()
    expect(controls.get_by_role("radio", name="What if B?")).to_be_checked()
    open_reading(page, "Papers")  # a run sends what the controls hold
    settle(page)
    expect(picture(page)).to_have_attribute("data-rows", "28")


@pytest.mark.parametrize(
    "link",
    [
        f"{READS}&size=28&first=7&mask=B",
        f"{READS}&view=first&first=7",
    ],
)
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, link: str) -> None:
    page = open_page(link, width=390, height=844, color_scheme="dark", reduced_motion="reduce")
    assert sideways_overflow(page) == []
    for number in (0, 1):
        for part in (grid(page, number), *kernels(page, number)):
            box = part.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    assert accessibility_violations(page) == []


def test_the_colours_follow_the_theme(open_page: OpenPage) -> None:
    page = open_page(f"{READS}&target=60&depth=5", reduced_motion="reduce")
    light = grid(page).evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    settle(page)
    assert grid(page).evaluate("canvas => canvas.toDataURL()") != light
    stands_at(page, 60, 5)
    assert accessibility_violations(page) == []
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page)
    assert grid(page).evaluate("canvas => canvas.toDataURL()") == light
