"""The MADE lesson in a browser: the graph under the hand, the player, the link.

What is on the page is found by role, label and data attribute; where a node is on the canvas is
found by pointing, so that words and layout may change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

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

ORDER = (2, 0, 4, 1, 3)
GRAPH = "made?D=5&width=4&degrees=even&order=2.0.4.1.3"
LARGEST = "made?D=16&width=32&layers=3&degrees=even"

# Nodes by layer, each at its centre: points of the canvas that say the same belong to one node.
FIND_NODES = """
([root, step]) => {
  const canvas = root.querySelector(".graph");
  const reading = root.querySelector(".reading");
  const box = canvas.getBoundingClientRect();
  const event = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind,
    { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
  const found = new Map();
  event("pointerleave", 0, 0);
  for (let x = 1; x < box.width; x += step) {
    for (let y = 1; y < box.height; y += step) {
      event("pointermove", x, y);
      if (!["grab", "pointer"].includes(canvas.style.cursor)) continue;
      const said = reading.innerHTML;
      if (!found.has(said)) found.set(said, []);
      found.get(said).push([x, y]);
    }
  }
  event("pointerleave", 0, 0);
  const middle = (points, axis) =>
    (Math.min(...points.map(p => p[axis])) + Math.max(...points.map(p => p[axis]))) / 2;
  const nodes = [...found.values()].map(points => [middle(points, 0), middle(points, 1)]);
  nodes.sort((a, b) => (Math.abs(a[0] - b[0]) > 12 ? a[0] - b[0] : a[1] - b[1]));
  const layers = [];
  for (const node of nodes) {
    if (layers.length && Math.abs(layers.at(-1)[0][0] - node[0]) <= 12) layers.at(-1).push(node);
    else layers.push([node]);
  }
  return layers;
}
"""


def picture(page: Page) -> Locator:
    return page.locator(".made")


def graph(page: Page) -> Locator:
    return picture(page).locator("canvas.graph")


def reading(page: Page) -> Locator:
    return picture(page).locator(".reading")


def stepper(page: Page) -> Locator:
    return picture(page).locator(".stepper")


def chip(page: Page, index: int) -> Locator:
    return picture(page).locator(f".chips [data-index='{index}']")


def scrubber(page: Page) -> Locator:
    return picture(page).locator("input[type=range]")


def nodes(page: Page, step: int = 5) -> list[list[tuple[float, float]]]:
    """Where the nodes are on the canvas: by layer from the left, from the top."""
    found = page.evaluate(FIND_NODES, [picture(page).element_handle(), step])
    return [[(x, y) for x, y in layer] for layer in found]


def point(page: Page, node: tuple[float, float]) -> None:
    graph(page).hover(position={"x": node[0], "y": node[1]})


def click(page: Page, node: tuple[float, float]) -> None:
    graph(page).click(position={"x": node[0], "y": node[1]})


def leave(page: Page) -> None:
    """Point at nothing."""
    page.mouse.move(1, 1)


def lit(page: Page) -> list[int]:
    """The inputs that are lit, as the order line shows them."""
    return sorted(
        int(text)
        for text in picture(page)
        .locator(".chips .lit")
        .evaluate_all("chips => chips.map(chip => chip.dataset.index)")
    )


def order_is(page: Page, *order: int) -> None:
    """Wait until the order line shows that order."""
    chips = picture(page).locator(".chips [data-index]")
    expect(chips).to_have_count(len(order))
    for place, index in enumerate(order):
        expect(chips.nth(place)).to_have_attribute("data-index", str(index))


def read_by(order: tuple[int, ...], output: int) -> list[int]:
    """What an output reads where the layers lose nothing: all that is drawn before it."""
    return sorted(order[: order.index(output)])


# --- what it shows is the network's own ---------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "sizes"),
    [
        ("order=2.0.4.1.3&degrees=even&weights=trained&width=4", [5, 4, 4, 5]),
        ("D=16&width=32&layers=3&direct=1", [16, 32, 32, 32, 16]),
        ("mistake=relaxed&weights=trained&layers=1", [5, 8, 5]),
        ("mistake=degree 0&D=3&width=1", [3, 1, 1, 3]),
    ],
)
def test_nodes_are_where_they_are_found_and_no_gradient_is_without_a_path(
    open_page: OpenPage, link: str, sizes: list[int]
) -> None:
    page = open_page(f"made?{link}", reduced_motion="reduce")
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert [len(layer) for layer in nodes(page)] == sizes
    assert page.get_by_test_id("stException").count() == 0


# --- pointing, pinning ---------------------------------------------------------------------------


def test_pointing_at_an_output_lights_what_it_reads_without_the_server(
    open_page: OpenPage,
) -> None:
    page = open_page(GRAPH, settled=False, reduced_motion="reduce")
    traffic: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: traffic.append("sent"))
        socket.on("framereceived", lambda _: traffic.append("received"))

    page.on("websocket", listen)
    page.on("request", lambda request: traffic.append(request.url))
    page.reload()
    settle(page)
    assert "received" in traffic  # the listener works
    page.wait_for_timeout(500)
    del traffic[:]
    found = nodes(page)
    leave(page)
    rest = graph(page).evaluate("canvas => canvas.toDataURL()")
    said = set()
    for output, place in enumerate(found[-1]):
        point(page, place)
        assert lit(page) == read_by(ORDER, output)
        assert graph(page).evaluate("canvas => canvas.toDataURL()") != rest
        said.add(reading(page).inner_text())
    assert len(said) == 5
    for place in (*found[0], *found[1]):
        point(page, place)
        assert reading(page).inner_text() not in said
    leave(page)
    assert lit(page) == []
    assert graph(page).evaluate("canvas => canvas.toDataURL()") == rest
    page.wait_for_timeout(300)
    assert traffic == []


def test_pointing_at_a_matrix_lights_the_row_it_belongs_to(open_page: OpenPage) -> None:
    page = open_page(GRAPH, reduced_motion="reduce")
    matrices = picture(page).locator("canvas.matrices")
    box = matrices.bounding_box()
    assert box is not None
    rest = reading(page).inner_text()
    found = set()
    for k in range(1, 30):
        for y in (40, 80):
            matrices.hover(position={"x": k * (box["width"] - 2) / 30, "y": y})
            found.add((reading(page).inner_text(), tuple(lit(page))))
    said = {text for text, _ in found}
    assert len(said - {rest}) > 10  # many cells, each with words of its own
    leave(page)
    assert reading(page).inner_text() == rest


@pytest.mark.slow
def test_a_click_pins_and_another_lets_go(open_page: OpenPage) -> None:
    page = open_page(GRAPH, reduced_motion="reduce")
    found = nodes(page)
    last, first = ORDER[-1], ORDER[0]
    click(page, found[-1][last])
    leave(page)
    assert lit(page) == read_by(ORDER, last)
    point(page, found[-1][first])  # pointing goes before what is pinned
    assert lit(page) == []
    leave(page)
    assert lit(page) == read_by(ORDER, last)
    click(page, found[-1][last])
    leave(page)
    assert lit(page) == []
    click(page, found[-1][last])
    page.keyboard.press("Escape")
    leave(page)
    assert lit(page) == []


def test_the_pin_moves_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(GRAPH, reduced_motion="reduce")
    before = scrubber(page).input_value()
    graph(page).focus()
    page.keyboard.press("ArrowDown")  # the first one pins
    seen = [lit(page)]
    for _ in range(5):  # one more than there is room for
        page.keyboard.press("ArrowDown")
        seen.append(lit(page))
    expected = [read_by(ORDER, output) for output in (0, 1, 2, 3, 4, 4)]
    assert seen == expected
    page.keyboard.press("ArrowUp")
    assert lit(page) == read_by(ORDER, 3)
    expect(stepper(page)).not_to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(stepper(page)).to_be_visible()  # a hidden unit
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(stepper(page)).not_to_be_visible()  # an input
    assert lit(page) == [3]
    page.keyboard.press("ArrowLeft")
    assert lit(page) == [3]
    assert scrubber(page).input_value() == before  # the arrows were the graph's


# --- changing degrees ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_stepper_changes_a_degree_and_the_link_holds_it(open_page: OpenPage) -> None:
    page = open_page("made?width=4&degrees=even", reduced_motion="reduce")
    click(page, nodes(page)[2][1])  # the second unit of the second hidden layer: degree 2
    expect(stepper(page).locator("output")).to_have_text("2")
    press(page, "Raise the degree")
    changed = {"width": "4", "degrees": "by hand", "hand": "1.2.3.4-1.3.3.4"}
    address_has(page, **changed)
    expect(stepper(page).locator("output")).to_have_text("3")
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    graph(page).focus()
    page.keyboard.press("-")
    address_has(page, **{**changed, "hand": "1.2.3.4-1.2.3.4"})
    expect(stepper(page).locator("output")).to_have_text("2")
    page.keyboard.press("+")
    address_has(page, **changed)
    page.reload()
    settle(page)
    address_has(page, **changed)
    click(page, nodes(page)[2][1])
    expect(stepper(page).locator("output")).to_have_text("3")


@pytest.mark.slow
def test_a_degree_goes_from_0_to_d_and_no_further(open_page: OpenPage) -> None:
    page = open_page("made?D=3&layers=1&width=2&degrees=even", reduced_motion="reduce")
    click(page, nodes(page)[1][0])
    expect(stepper(page).locator("output")).to_have_text("1")
    for by, degrees in (("Lower", (0, 0)), ("Raise", (1, 2, 3, 3))):
        for degree in degrees:
            press(page, f"{by} the degree")
            expect(stepper(page).locator("output")).to_have_text(str(degree))
    assert query(page)["hand"] == "3.2"
    assert page.get_by_role("alert").count() <= 1  # what it lost


# --- changing the order --------------------------------------------------------------------------


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = graph(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + start[0], (2 * box["y"] + start[1] + end[1]) / 2)
    page.mouse.move(box["x"] + end[0], box["y"] + end[1])
    page.mouse.up()


def test_an_input_dragged_onto_another_takes_its_rank(open_page: OpenPage) -> None:
    page = open_page("made?degrees=even", reduced_motion="reduce")
    inputs = nodes(page)[0]
    x, y = inputs[1]
    drag(page, (x, y), (x, y + 12))  # let go where it was
    settle(page)
    order_is(page, 0, 1, 2, 3, 4)
    drag(page, inputs[0], inputs[2])
    address_has(page, degrees="even", order="1.2.0.3.4")
    order_is(page, 1, 2, 0, 3, 4)
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    drag(page, nodes(page)[0][4], nodes(page)[0][1])
    address_has(page, degrees="even", order="4.1.2.0.3")
    # The outputs read by the new order.
    for output, place in enumerate(nodes(page)[-1]):
        point(page, place)
        assert lit(page) == read_by((4, 1, 2, 0, 3), output)
    page.go_back()
    order_is(page, 1, 2, 0, 3, 4)
    address_has(page, degrees="even", order="1.2.0.3.4")


@pytest.mark.slow
def test_an_input_can_be_dragged_by_touch(browser: Browser, server: Server) -> None:
    """A finger on an input drags it; the page does not scroll away under it."""
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/made?degrees=even")
        settle(page)
        first, _, third, *_ = nodes(page)[0]
        box = graph(page).bounding_box()
        assert box is not None
        finger = context.new_cdp_session(page)

        def touch(kind: str, y: float | None = None) -> None:
            points = [] if y is None else [{"x": box["x"] + first[0], "y": box["y"] + y}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(16)

        touch("touchStart", first[1])
        for k in range(1, 11):
            touch("touchMove", first[1] + k / 10 * (third[1] - first[1]))
        touch("touchEnd")
        address_has(page, degrees="even", order="1.2.0.3.4")


@pytest.mark.slow
def test_chips_move_by_keyboard_and_keep_the_focus(open_page: OpenPage) -> None:
    page = open_page("made", reduced_motion="reduce")
    before = scrubber(page).input_value()
    chip(page, 0).focus()
    page.keyboard.press("ArrowRight")
    address_has(page, order="1.0.2.3.4")
    expect(chip(page, 0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    address_has(page, order="1.2.0.3.4")
    expect(chip(page, 0)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    address_has(page, order="1.0.2.3.4")
    page.keyboard.press("ArrowLeft")
    address_has(page)
    order_is(page, 0, 1, 2, 3, 4)
    assert scrubber(page).input_value() == before  # the arrows were the chip's
    chip(page, 3).drag_to(chip(page, 1))
    address_has(page, order="0.3.1.2.4")


def test_a_chip_that_could_not_move_takes_no_focus_later(open_page: OpenPage) -> None:
    page = open_page("made", reduced_motion="reduce")
    chip(page, 0).focus()
    page.keyboard.press("ArrowLeft")  # it is the first already
    field = page.get_by_role("spinbutton").first
    field.fill("6")
    field.press("Enter")
    address_has(page, D="6")
    expect(field).to_be_focused()


# --- the player ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_player_builds_the_picture_step_by_step(open_page: OpenPage) -> None:
    page = open_page("made?D=4&width=4", reduced_motion="reduce")
    last = int(scrubber(page).get_attribute("max") or 0)
    assert last >= 8
    expect(scrubber(page)).to_have_value(str(last))
    page.keyboard.press("Home")
    told, pictures = [], set()
    for step in range(last + 1):
        expect(scrubber(page)).to_have_value(str(step))
        told.append(reading(page).inner_text())
        pictures.add(graph(page).evaluate("canvas => canvas.toDataURL()"))
        page.keyboard.press("ArrowRight")
    assert all(told)
    assert len(set(told)) == last + 1
    assert len(pictures) == last + 1
    page.keyboard.press("ArrowLeft")
    expect(scrubber(page)).to_have_value(str(last - 1))
    expect(picture(page)).to_have_attribute("data-step", str(last - 1))
    playing = picture(page).locator("[data-playing]")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(playing).to_have_attribute("data-playing", "true")
    expect(scrubber(page)).not_to_have_value("0")
    page.keyboard.press("Space")
    expect(playing).to_have_attribute("data-playing", "false")


@pytest.mark.slow
def test_cards_play_the_slide_and_pin_its_output(open_page: OpenPage) -> None:
    page = open_page("made?D=9&layers=3", reduced_motion="reduce")
    show = page.get_by_role("button", name="Show this")
    show.nth(1).click()
    settle(page)
    assert query(page)["hand"] == "1.3.2.1-2.1.3.2"
    leave(page)
    assert lit(page) == [0]  # p(x2 | x1) sees x1 alone
    # With fewer layers than the card's pin needs the picture can be made anew all the same.
    page.get_by_test_id("stMain").get_by_role("radio", name="1", exact=True).click()
    settle(page)
    press(page, "Present")
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert [len(layer) for layer in nodes(page)] == [4, 4, 4]


def test_the_first_card_plays_the_build(open_page: OpenPage) -> None:
    page = open_page("made")
    page.get_by_role("button", name="Show this").first.click()
    expect(picture(page).locator("[data-playing]")).to_have_attribute("data-playing", "true")
    expect(scrubber(page)).not_to_have_value("0")


def test_the_picture_stays_when_it_is_presented(open_page: OpenPage) -> None:
    page = open_page(f"{GRAPH}&present=1", reduced_motion="reduce")
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    box = graph(page).bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 720
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(scrubber(page)).to_have_value("1")
    click(page, nodes(page)[-1][3])
    leave(page)
    assert lit(page) == read_by(ORDER, 3)


# --- fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [f"{LARGEST}&direct=1", f"{GRAPH}&present=1"])
@pytest.mark.slow
def test_nothing_is_cut_off_on_a_phone(open_page: OpenPage, link: str) -> None:
    page = open_page(link, width=390, height=844, color_scheme="dark", reduced_motion="reduce")
    click(page, nodes(page)[1][0])
    expect(stepper(page)).to_be_visible()
    box, frame = stepper(page).bounding_box(), picture(page).bounding_box()
    assert box is not None
    assert frame is not None
    assert box["x"] >= frame["x"] - 1
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    assert sideways_overflow(page) == []
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    settle(page)
    assert sideways_overflow(page) == []


def test_a_pinned_unit_can_be_read_by_all(open_page: OpenPage) -> None:
    """axe, with the stepper open; tests/browser/test_every_page.py has the page at rest."""
    page = open_page(GRAPH, reduced_motion="reduce")
    click(page, nodes(page)[1][0])
    expect(stepper(page)).to_be_visible()
    assert accessibility_violations(page) == []
