"""Digits that the browser draws: at once under the hand; by the server where it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.driving import DRAG, LISTEN, settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Request, Route, WebSocket

    from tests.browser.conftest import Server

    OpenPage = Callable[..., Page]

expect: Any = pytest.importorskip("playwright.sync_api").expect

SIDE = 28
EDGE = 3  # pixels around the grid
PIXELCNN = "pixelcnn?activity=draw&tour=2"
LINKS = [
    pytest.param("row-lstm?activity=draw&tour=3", id="Row LSTM"),
    pytest.param("diagonal-bilstm?activity=draw&tour=3", id="Diagonal BiLSTM"),
    pytest.param("pixelcnn?activity=draw&tour=3&model=gated-pixelcnn-mnist", id="Gated PixelCNN"),
    pytest.param("pixelcnn?activity=draw&tour=3&model=pixelcnn-mnist-grey", id="16 levels"),
    pytest.param("pixelcnn?activity=draw&tour=2&beside=diagonal-bilstm-mnist", id="beside"),
    pytest.param("attention?activity=draw&tour=2", id="PixelSNAIL"),
]
WEIGHTS = "**/*.safetensors*"
SENT = b'"name":"u"'  # the random numbers, in a message of the server that brings a sample


def picture(page: Page) -> Locator:
    return page.locator(".draw, .same-seed")


def line(page: Page) -> Locator:
    """What says who computed."""
    return page.locator(".computed .told")


def drawn_by(page: Page, who: str) -> None:
    expect(picture(page)).to_have_attribute("data-by", who, timeout=60_000)


def temperature(page: Page) -> Locator:
    return page.get_by_role("slider", name="Temperature")


def opened(open_page: OpenPage, link: str, **how: Any) -> Page:
    """The page, once its browser has drawn the picture and all is told."""
    page = open_page(link, reduced_motion="reduce", **how)
    drawn_by(page, "browser")
    settle(page)
    picture(page).evaluate(LISTEN)
    return page


def hold_weights(page: Page) -> list[Route]:
    """Requests for weights from here on, which wait until they are continued."""
    held: list[Route] = []
    page.context.route(WEIGHTS, lambda route: held.append(route))
    return held


def traces_of(page: Page) -> list[int]:
    """Sizes of the messages with a sample that the server sends from the next page on."""
    found: list[int] = []

    def listen(socket: WebSocket) -> None:
        def note(payload: bytes | str) -> None:
            if isinstance(payload, bytes) and SENT in payload:
                found.append(len(payload))

        socket.on("framereceived", note)

    page.on("websocket", listen)
    return found


def shown(page: Page) -> str:
    """The picture as it is painted now, nothing pointed at."""
    page.mouse.move(2, 2)
    found = picture(page).evaluate(
        "root => [...root.querySelectorAll('canvas')].map(each => each.toDataURL()).join()"
    )
    return str(found)


def press_pixel(page: Page, row: int, column: int) -> None:
    box = picture(page).locator("canvas.digit").bounding_box()
    assert box is not None
    cell = (box["width"] - 2 * EDGE) / SIDE
    x = box["x"] + EDGE + (column + 0.5) * cell
    page.mouse.click(x, box["y"] + EDGE + (row + 0.5) * cell)


def drag(page: Page, *values: str) -> dict[str, int]:
    handles = [picture(page).element_handle(), temperature(page).element_handle()]
    found: dict[str, int] = page.evaluate(DRAG, [*handles, list(values)])
    return found


@pytest.mark.quick
def test_engine_kernel_and_decoders_are_sent_in_at_most_40_kb(open_page: OpenPage) -> None:
    """As a browser that was never here gets them: compressed, with the headers of each answer."""
    page = open_page("", settled=False, own=True)
    answers: list[Request] = []
    page.on("requestfinished", lambda one: answers.append(one) if "/engine/" in one.url else None)
    page.goto(page.url + PIXELCNN)
    drawn_by(page, "browser")
    settle(page)
    sent = {}
    for answer in answers:
        response = answer.response()
        assert response is not None
        body = int(response.all_headers()["content-length"])  # of what was sent, compressed
        sent[answer.url.rsplit("/", 1)[1]] = body + answer.sizes()["responseHeadersSize"]
    assert sorted(sent) == ["client.js", "worker.js"]
    assert sum(sent.values()) <= 40_000


@pytest.mark.quick
def test_a_flip_changes_the_digit_and_the_server_sends_no_sample(open_page: OpenPage) -> None:
    page = open_page("", settled=False)
    traces, held = traces_of(page), hold_weights(page)
    page.goto(page.url + PIXELCNN)
    drawn_by(page, "server")
    for route in held:
        route.continue_()
    page.context.unroute(WEIGHTS)
    drawn_by(page, "browser")
    settle(page)
    assert len(traces) > 0  # until the weights are there, the server draws
    page.keyboard.press("End")
    picture(page).evaluate(LISTEN)
    traces.clear()
    before = shown(page)
    press_pixel(page, 6, 6)
    page.wait_for_function("() => location.search.includes('flip=174-1')")
    settle(page)
    assert shown(page) != before
    assert page.evaluate("window.samples.length") == 1  # what Python answers is not drawn anew
    assert traces == []
    expect(line(page)).to_contain_text("Computed in this browser")


@pytest.mark.parametrize(
    ("link", "root"),
    [
        ("pixelcnn?activity=train&tour=3&seed=61&step=784", ".passes"),
        ("row_lstm?activity=race&tour=3&seed=61&step=784", ".race"),
    ],
)
def test_an_image_that_is_only_played_is_the_same_by_browser_and_server(
    open_page: OpenPage, link: str, root: str
) -> None:
    page = open_page(link, reduced_motion="reduce")
    found = page.locator(root)

    def images(by: str) -> list[str]:
        expect(found).to_have_attribute("data-by", by, timeout=60_000)
        settle(page)
        shown: list[str] = found.evaluate(
            "root => [...root.querySelectorAll('canvas')].slice(0, 2).map(each => each.toDataURL())"
        )
        return shown

    by_browser = images("browser")
    expect(line(page)).to_contain_text(re.compile("Computed in this browser, .* ms"))
    page.get_by_role("button", name="Compute on the server").click()
    if root == ".race":
        assert images("server") == by_browser
    else:  # one colour of the ramp of probabilities may round to the next
        assert images("server")[0] == by_browser[0]
    expect(line(page)).to_contain_text("784 steps")


FLIPS = """
async root => {
  const canvas = root.querySelector("canvas.digit");
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  for (const across of [0.2, 0.3, 0.4, 0.6, 0.7, 0.8]) {
    for (const type of ["pointerdown", "pointerup"]) {
      canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true,
        clientX: box.left + across * box.width, clientY: box.top + 0.25 * box.height }));
    }
    await new Promise(go => setTimeout(go, 60));
  }
}
"""


def test_the_server_is_not_told_of_each_flip_in_quick_succession(open_page: OpenPage) -> None:
    """A script for each would cost a class the server."""
    page = opened(open_page, PIXELCNN)
    page.keyboard.press("End")
    settle(page)
    page.evaluate("window.sent = 0")
    picture(page).evaluate(FLIPS)
    page.wait_for_function("() => /flip=(\\d+-\\d\\.){5}\\d+-\\d/.test(location.search)")
    settle(page)
    assert 1 <= page.evaluate("window.sent") <= 2  # a busy machine may pause between two


@pytest.mark.parametrize("link", [pytest.param(PIXELCNN, id="PixelCNN"), *LINKS])
def test_the_temperature_changes_the_digit_before_the_server_is_told(
    open_page: OpenPage, link: str
) -> None:
    page = opened(open_page, link)
    page.keyboard.press("End")
    page.wait_for_timeout(500)  # the address is told where the player stands
    page.evaluate("window.sent = 0")
    found = drag(page, "2.5", "0.5", "2")
    assert found["sent"] == 0
    assert found["pictures"] > 2
    page.wait_for_function("() => location.search.includes('temperature=2')")
    settle(page)
    drawn_by(page, "browser")


@pytest.mark.parametrize("link", [pytest.param(PIXELCNN, id="PixelCNN"), *LINKS])
def test_browser_and_server_draw_the_same_picture(open_page: OpenPage, link: str) -> None:
    page = opened(open_page, link)
    sample, by_browser = picture(page).get_attribute("data-sample"), digit(page)
    words = page.locator(".draw .words").inner_text()
    page.get_by_role("button", name="Compute on the server").click()
    drawn_by(page, "server")
    settle(page)
    assert picture(page).get_attribute("data-sample") == sample
    assert digit(page) == by_browser
    assert page.locator(".draw .words").inner_text() == words


def digit(page: Page) -> str:
    """The large picture without the map of a unit, which float16 of the server may round."""
    page.mouse.move(2, 2)
    page.locator(".draw .inner").press("Escape")
    page.locator(".draw .inner").blur()
    return str(page.locator(".draw .digit").evaluate("canvas => canvas.toDataURL()"))


def test_one_seed_is_drawn_by_all_networks_in_the_browser(open_page: OpenPage) -> None:
    page = open_page("", settled=False)
    traces = traces_of(page)
    page.goto(page.url + "contexts?activity=seeds&tour=3")
    drawn_by(page, "browser")
    settle(page)
    traces.clear()
    pictures = {shown(page)}
    for value in ("0.5", "0.4"):
        temperature(page).evaluate(
            "(range, value) => { range.value = value;"
            " range.dispatchEvent(new Event('input', { bubbles: true })); }",
            value,
        )
        expect(picture(page)).to_have_attribute("data-sample", re.compile(rf",{value},25\]"))
        pictures.add(shown(page))
    assert len(pictures) == 3
    page.wait_for_function("() => location.search.includes('temperature=0.4')")
    page.get_by_role("button", name="New sample").click()
    page.wait_for_function("() => location.search.includes('seed=')")
    settle(page)
    drawn_by(page, "browser")
    assert traces == []


def test_a_worker_that_the_browser_has_stopped_is_replaced_by_the_server(
    open_page: OpenPage,
) -> None:
    page = opened(open_page, PIXELCNN)
    page.evaluate("window.arvizEngine.client.then(client => client.worker.terminate())")
    temperature(page).evaluate(
        "range => { range.value = 0.5;"
        " range.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    page.wait_for_function("() => location.search.includes('temperature=0.5')")
    drawn_by(page, "server")
    expect(line(page)).to_contain_text("does not run in this browser, so the server computes")
    expect(temperature(page)).to_have_value("0.5")
    page.get_by_role("button", name="Compute in this browser").click()
    drawn_by(page, "browser")


def test_a_page_that_has_lost_its_server_goes_on_drawing(browser: Browser, server: Server) -> None:
    """The connection is cut, not the network alone, which leaves an open WebSocket as it is."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    sockets: list[Any] = []

    def through(socket: Any) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/_stcore/stream", through)
    page.goto(f"{server.url}/{PIXELCNN}")
    drawn_by(page, "browser")
    settle(page)
    picture(page).evaluate(LISTEN)
    context.set_offline(True)
    sockets[-1].close()
    found = drag(page, "2.5", "0.5", "2")
    assert found["pictures"] == 4
    context.close()


COMPLETE = "pixelcnn?activity=complete&tour=4"


def test_the_line_says_who_computed_what_is_shown_and_not_who_could(open_page: OpenPage) -> None:
    page = open_page(COMPLETE, reduced_motion="reduce")
    page.wait_for_function("() => window.arvizEngine?.loaded.size && !window.arvizEngine.pending")
    settle(page)
    page.wait_for_timeout(500)
    said = re.compile(
        r"^Computed on the server \([^)]+\), [\d,]+ ms for 784 steps of 8 samples\. What you"
    )
    expect(line(page)).to_have_text(said)  # nothing was touched
    page.get_by_role("button", name="Compute on the server").wait_for()
    slider = temperature(page)
    slider.focus()
    slider.press("ArrowLeft")
    expect(line(page)).to_have_text(re.compile(r"^Computed in this browser, \d+ ms\.$"))


def test_before_a_race_nothing_is_said_to_be_computed(open_page: OpenPage) -> None:
    page = open_page("contexts?activity=race&tour=1", reduced_motion="reduce")
    expect(line(page)).to_have_text("Ready in this browser.", timeout=60_000)


def test_a_worker_that_dies_while_weights_load_is_told_and_the_server_draws(
    open_page: OpenPage,
) -> None:
    page = open_page("", settled=False, own=True)
    held = hold_weights(page)
    page.goto(page.url + PIXELCNN)
    drawn_by(page, "server")
    for _ in range(600):
        if held:
            break
        page.wait_for_timeout(100)
    page.evaluate("window.arvizEngine.client.then(client => client.worker.terminate())")
    expect(line(page)).to_contain_text(
        "does not run in this browser, so the server computes", timeout=30_000
    )
    assert page.evaluate("window.arvizEngine.pending") == 0
    drawn_by(page, "server")
    page.context.unroute(WEIGHTS)
    page.get_by_role("button", name="Compute in this browser").click()
    drawn_by(page, "browser")


def test_damaged_weights_are_told_in_a_sentence_and_the_server_draws(
    open_page: OpenPage,
) -> None:
    page = open_page("", settled=False, own=True)

    def cut(route: Route) -> None:
        body = route.fetch().body()
        route.fulfill(body=body[: len(body) // 2], content_type="application/octet-stream")

    page.context.route(WEIGHTS, cut)
    page.goto(page.url + PIXELCNN)
    expect(line(page)).to_contain_text(
        "The model does not run in this browser, so the server computes.", timeout=60_000
    )
    drawn_by(page, "server")
    title = line(page).get_attribute("title") or ""
    assert title.endswith(".")
    assert "pixelcnn" in title or "bytes" in title
    settle(page)
    press_pixel(page, 0, 3)
    page.wait_for_function("() => location.search.includes('flip=3-1')")
    settle(page)
    drawn_by(page, "server")
