"""The MADE lesson in a browser: the graph under the hand, the player, the link.

What is on the page is found by role, label and data attribute; where a node is on the canvas is
found by pointing, so that words and layout may change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from arviz_models.figures.palette import MEANINGS
from tests.browser.driving import (
    accessibility_violations,
    address_has,
    ends_of_every_control,
    press,
    press_everywhere,
    query,
    settle,
    sideways_overflow,
    touch_everywhere,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Server

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

ORDER = (2, 0, 4, 1, 3)
# A step that covers nothing; the fields are those of the slide, or these.
STEP = {"tour": "7"}
FIVE = {"D": "5", "width": "8", "degrees": "even"}
GRAPH = "made?tour=7&D=5&width=4&degrees=even&order=2.0.4.1.3"
LARGEST = "made?tour=7&D=16&width=32&layers=3&degrees=even"
PLAIN = "made?tour=7&D=5&width=8&degrees=even"

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
        ("D=5&order=2.0.4.1.3&degrees=even&weights=trained&width=4", [5, 4, 4, 5]),
        ("D=16&width=32&layers=3&direct=1&degrees=random", [16, 32, 32, 32, 16]),
        ("D=5&width=8&degrees=even&mistake=relaxed&weights=trained&layers=1", [5, 8, 5]),
        ("mistake=degree 0&D=3&width=1&degrees=even", [3, 1, 1, 3]),
    ],
)
def test_nodes_are_where_they_are_found_and_no_gradient_is_without_a_path(
    open_page: OpenPage, link: str, sizes: list[int]
) -> None:
    page = open_page(f"made?tour=7&{link}", reduced_motion="reduce")
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert [len(layer) for layer in nodes(page)] == sizes
    assert page.get_by_test_id("stException").count() == 0


# --- pointing, pinning ---------------------------------------------------------------------------


def test_pointing_at_an_output_lights_what_it_reads_without_the_server(
    open_page: OpenPage,
) -> None:
    page = open_page(GRAPH, settled=False, reduced_motion="reduce", own=True)
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


def test_the_stepper_changes_a_degree_and_the_link_holds_it(open_page: OpenPage) -> None:
    page = open_page("made?tour=7&D=5&degrees=even", reduced_motion="reduce")
    click(page, nodes(page)[2][1])  # the second unit of the second hidden layer: degree 2
    expect(stepper(page).locator("output")).to_have_text("2")
    press(page, "Raise the degree")
    changed = {**STEP, "D": "5", "hand": "1.2.3.4-1.3.3.4"}
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


def test_a_degree_goes_from_0_to_d_and_no_further(open_page: OpenPage) -> None:
    page = open_page("made?tour=7&D=3&layers=1&width=2&degrees=even", reduced_motion="reduce")
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


@pytest.mark.quick
def test_an_input_dragged_onto_another_takes_its_rank(open_page: OpenPage) -> None:
    page = open_page(PLAIN, reduced_motion="reduce")
    inputs = nodes(page)[0]
    x, y = inputs[1]
    drag(page, (x, y), (x, y + 12))  # let go where it was
    settle(page)
    order_is(page, 0, 1, 2, 3, 4)
    drag(page, inputs[0], inputs[2])
    address_has(page, **STEP, **FIVE, order="1.2.0.3.4")
    order_is(page, 1, 2, 0, 3, 4)
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    drag(page, nodes(page)[0][4], nodes(page)[0][1])
    address_has(page, **STEP, **FIVE, order="4.1.2.0.3")
    # The outputs read by the new order.
    for output, place in enumerate(nodes(page)[-1]):
        point(page, place)
        assert lit(page) == read_by((4, 1, 2, 0, 3), output)
    page.go_back()
    order_is(page, 1, 2, 0, 3, 4)
    address_has(page, **STEP, **FIVE, order="1.2.0.3.4")


def test_an_input_can_be_dragged_by_touch(browser: Browser, server: Server) -> None:
    """A finger on an input drags it; the page does not scroll away under it."""
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{server.url}/{PLAIN}")
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
        address_has(page, **STEP, **FIVE, order="1.2.0.3.4")


def test_chips_move_by_keyboard_and_keep_the_focus(open_page: OpenPage) -> None:
    page = open_page(PLAIN, reduced_motion="reduce")
    before = scrubber(page).input_value()
    chip(page, 0).focus()
    page.keyboard.press("ArrowRight")
    address_has(page, **STEP, **FIVE, order="1.0.2.3.4")
    expect(chip(page, 0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    address_has(page, **STEP, **FIVE, order="1.2.0.3.4")
    expect(chip(page, 0)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    address_has(page, **STEP, **FIVE, order="1.0.2.3.4")
    page.keyboard.press("ArrowLeft")
    address_has(page, **STEP, **FIVE)
    order_is(page, 0, 1, 2, 3, 4)
    assert scrubber(page).input_value() == before  # the arrows were the chip's
    chip(page, 3).drag_to(chip(page, 1))
    address_has(page, **STEP, **FIVE, order="0.3.1.2.4")


def test_a_chip_that_could_not_move_takes_no_focus_later(open_page: OpenPage) -> None:
    page = open_page(PLAIN, reduced_motion="reduce")
    chip(page, 0).focus()
    page.keyboard.press("ArrowLeft")  # it is the first already
    field = page.get_by_role("spinbutton").first
    field.fill("6")
    field.press("Enter")
    address_has(page, **STEP, **{**FIVE, "D": "6"})
    expect(field).to_be_focused()


# --- the player ----------------------------------------------------------------------------------


def test_the_player_builds_the_picture_step_by_step(open_page: OpenPage) -> None:
    page = open_page("made?tour=7&layers=1&width=2&degrees=even&D=3", reduced_motion="reduce")
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


def test_a_step_plays_the_tests_of_its_weights_and_stops_at_its_mark(open_page: OpenPage) -> None:
    page = open_page("made?tour=3")
    playing = picture(page).locator("[data-playing]")
    page.locator(".st-key-stage_next button").click()
    expect(playing).to_have_attribute("data-playing", "true")
    expect(reading(page)).to_contain_text(
        re.compile("From hidden layer 2 to the outputs.*(keep|cut)")
    )
    expect(playing).to_have_attribute("data-playing", "false")
    expect(picture(page)).to_have_attribute("data-kept", "7 12 8 0")
    expect(picture(page)).to_have_attribute("data-step", "60")


def test_a_pin_that_the_network_lacks_breaks_nothing(open_page: OpenPage) -> None:
    page = open_page("made?tour=6", reduced_motion="reduce")
    page.get_by_test_id("stMain").get_by_role("radio", name="1", exact=True).click()
    settle(page)
    press(page, "Present")
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert [len(layer) for layer in nodes(page)] == [4, 4, 4]


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


# --- everywhere, and at every end ----------------------------------------------------------------


def test_the_ends_of_every_control_draw_a_picture(open_page: OpenPage) -> None:
    page = open_page("made?tour=7", reduced_motion="reduce")
    assert ends_of_every_control(page) >= 5
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert page.locator(".failed").count() == 0


def test_graph_and_matrices_can_be_pressed_dragged_and_touched_everywhere(
    open_page: OpenPage,
) -> None:
    page = open_page(GRAPH, reduced_motion="reduce")
    for canvas in (graph(page), picture(page).locator("canvas.matrices")):
        press_everywhere(page, canvas)
        settle(page)
        touch_everywhere(page, canvas)
        settle(page)
    expect(picture(page)).to_have_attribute("data-disagreements", "0")
    assert page.locator(".failed").count() == 0


# --- the warning colour ---------------------------------------------------------------------------

ILLEGAL = MEANINGS["illegal"].light
COUNT_COLOUR = """
(canvas, colour) => {
  const wanted = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4)
    found += Number(data[at + 3] > 200
      && wanted.every((each, k) => Math.abs(each - data[at + k]) < 24));
  return found;
}
"""


def in_warning_colour(canvas: Locator) -> int:
    """How many pixels of a canvas have the colour of what must not be there, or nearly so."""
    return int(canvas.evaluate(COUNT_COLOUR, ILLEGAL))


def test_what_must_not_be_there_alone_has_the_warning_colour(open_page: OpenPage) -> None:
    page = open_page("made?tour=7&degrees=even&direct=1&seed=2", reduced_motion="reduce")
    parts = (graph(page), picture(page).locator("canvas.matrices"))
    legend = picture(page).locator(".if-illegal")
    assert [in_warning_colour(part) for part in parts] == [0, 0]
    expect(legend).not_to_be_visible()
    page.get_by_role("radio", name="Break the mask").click()
    settle(page)
    assert [in_warning_colour(part) for part in parts] == [0, 0]  # it would answer the question
    expect(legend).not_to_be_visible()
    press(page, "Skip")
    expect(picture(page)).to_have_attribute("data-illegal", "true")
    expect(legend).to_be_visible()
    assert all(in_warning_colour(part) > 100 for part in parts)
    # An output that is pointed at shows its own illegal paths.
    point(page, nodes(page)[-1][2])
    assert in_warning_colour(graph(page)) > 100
    assert "x₃" in reading(page).locator("b").last.inner_text()


@pytest.mark.parametrize("width", [1024, 1280])
def test_every_choice_of_the_controls_can_be_seen(open_page: OpenPage, width: int) -> None:
    page = open_page("made?tour=7", width=width, reduced_motion="reduce")
    column = page.get_by_test_id("stColumn").last.bounding_box()
    assert column is not None
    choices = page.get_by_test_id("stButtonGroup").get_by_role("radio")
    assert choices.count() >= 8
    for number in range(choices.count()):
        cut = choices.nth(number).evaluate(
            """choice => {
              const own = choice.getBoundingClientRect();
              for (let box = choice.parentElement; box; box = box.parentElement) {
                const frame = box.getBoundingClientRect();
                if (getComputedStyle(box).overflowX !== "visible" && own.right > frame.right + 1)
                  return true;
              }
              return choice.scrollWidth > choice.clientWidth + 1;
            }"""
        )
        assert not cut, choices.nth(number).inner_text()


# --- fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [f"{LARGEST}&direct=1", f"{GRAPH}&present=1"])
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


# --- every answer ---------------------------------------------------------------------------------


def everything_said(page: Page, root: str) -> str:
    """All text of a picture, with its labels and attributes."""
    return str(
        page.locator(root).first.evaluate(
            """root => [root, ...root.querySelectorAll("*")].map(each =>
                 [...each.attributes].map(({ name, value }) => `${name}=${value}`).join(" "))
               .join("\\n") + "\\n" + root.innerText"""
        )
    )


@pytest.mark.parametrize(
    ("link", "root", "giveaways"),
    [
        ("tour=5", ".made", ["x₁ and x₂", "data-reads=0", "reads x"]),
        ("activity=order", ".made", ["data-index=", "x₂, x₃ and x₁", "rank 1"]),
        ("activity=break", ".made", ["own input", "data-illegal=true", "must not be"]),
        ("activity=break&tour=4", ".made-states", ["9.7", "1.00"]),
        ("activity=learn&tour=2", ".made-training", ["64 passes", "1 pass", "64 conditionals"]),
    ],
)
def test_nothing_gives_the_answer_away_while_it_is_asked(
    open_page: OpenPage, link: str, root: str, giveaways: list[str]
) -> None:
    page = open_page(f"made?{link}", reduced_motion="reduce")
    expect(page.locator(root).first).to_be_visible()
    if root == ".made":  # pointing and playing do not tell it either
        for place in nodes(page, 12)[-1]:
            point(page, place)
            assert lit(page) == []
        page.keyboard.press("End")
    said = everything_said(page, root)
    assert [each for each in giveaways if each in said] == []


def test_the_numbers_of_a_unit_are_the_networks_own(open_page: OpenPage) -> None:
    page = open_page("made?tour=6&direct=1&weights=trained", reduced_motion="reduce")
    assert float(picture(page).get_attribute("data-check") or "nan") < 1e-4
    numbers = picture(page).locator(".numbers")
    expect(numbers).to_contain_text("ReLU(")  # the step pins a unit of degree 3
    before = numbers.inner_text()
    bits = picture(page).locator(".bits button")
    bits.nth(3).click()  # x4: this unit cannot read it
    assert numbers.inner_text() == before
    bits.nth(1).click()
    assert numbers.inner_text() != before


def test_training_in_the_page_brings_the_loss_down(open_page: OpenPage) -> None:
    page = open_page("made?activity=learn&tour=3", reduced_motion="reduce")
    root = page.locator(".made-training")
    before = float(root.get_attribute("data-test") or "nan")
    page.locator(".st-key-made_train button").click()
    expect(page.get_by_role("button", name="Train again")).to_be_visible(timeout=90_000)
    settle(page)
    expect(root).to_have_attribute("data-moment", "600")
    assert float(root.get_attribute("data-test") or "nan") < 0.5 * before


def test_a_click_on_a_state_shows_its_factors(open_page: OpenPage) -> None:
    page = open_page("made?activity=learn", reduced_motion="reduce")
    root = page.locator(".made-states")
    canvas = root.locator("canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": 0.6 * box["width"], "y": 0.6 * box["height"]})
    told = root.locator(".factors p")
    expect(told).to_have_count(3)
    expect(told.nth(1)).to_contain_text("p(x₁) · p(x₂ | x₁) · p(x₃ | x₁, x₂)")
    expect(told.nth(2)).to_contain_text("p(x₃) · p(x₂ | x₃) · p(x₁ | x₃, x₂)")
