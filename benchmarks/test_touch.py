"""From a touch of a picture to the picture that follows, in Chromium: two frames.

    pytest benchmarks/test_touch.py -s -k "Attention"

The event is made on the page. On a drawn digit the temperature is moved, or a pixel is pressed and
let go. In "Complete" a brush that is down moves on by a pixel, and all eight continuations follow.
Over the softmax of a pixel, the target is dragged to the next one, or a brush moves on. A time
ends in the first frame after the picture has been painted anew, so it includes the messages to the
worker and back, all that the picture computes, and the browser's own painting. Where a digit takes
longer than a few milliseconds, its first rows are painted before the others: the first such picture
has to come within two frames; the whole one is timed too.

On a busy machine every page is late. So the same page is timed in the same run, before and after,
while its worker only spins for as long as the engine does before its first slice, and the page
paints one rectangle. No picture may take more than `SLOWER` times as long, or two frames where that
is more. A whole digit has to come in half the time that the server's takes, on the same page. A
softmax is whole with its first picture.
"""

from __future__ import annotations

import os
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import (  # noqa: F401
    browser,
    browser_problems,
    kept_page,
    open_page,
    playwright_and_chromium,
    server,
)
from tests.browser.driving import press, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.benchmark

ROUNDS = 60
WARM_UP = 20
SERVER_ROUNDS = 7
FRAMES = 1000 / 60 * 2  # milliseconds
STILL = 600  # milliseconds after which nothing more is told
SLOWER = 3  # times a page that only paints, at the 95th percentile
HAND = ("temperature", "flip")
SOFTMAX_HAND = ("target", "paint")
DRAW = ".draw"
# What is told of a picture when it is painted anew: in part, and whole.
TOLD = {
    "temperature": (["data-part", "data-sample"], "data-sample"),
    "flip": (["data-part", "data-sample"], "data-sample"),
    "brush": (["data-painted"], "data-key"),
    "target": (["data-target"], "data-target"),
    "paint": (["data-nats"], "data-nats"),
}
# Link, picture, touches.
LINKS = {
    "NADE": ("nade?activity=flip&tour=3&model=nade-mnist&seed=20", ".nade", HAND),
    "NADE any order": (
        "nade?activity=flip&tour=3&model=nade-mnist-any-order&order=spiral",
        ".nade",
        HAND,
    ),
    "MADE": ("made?activity=learn&tour=4&model=made-mnist&seed=8", ".made-drawing", HAND),
    "MADE any order": (
        "made?activity=learn&tour=5&model=made-mnist-any-order",
        ".made-drawing",
        HAND,
    ),
    "PixelCNN": ("pixelcnn?activity=draw&tour=2", DRAW, HAND),
    "PixelCNN 16 levels": ("pixelcnn?activity=draw&tour=3&model=pixelcnn-mnist-grey", DRAW, HAND),
    "Gated PixelCNN": ("pixelcnn?activity=draw&tour=2&model=gated-pixelcnn-mnist", DRAW, HAND),
    "Row LSTM": ("row-lstm?activity=draw&tour=2", DRAW, HAND),
    "Diagonal BiLSTM": ("diagonal-bilstm?activity=draw&tour=2", DRAW, HAND),
    "Diagonal BiLSTM full context": (
        "diagonal-bilstm?activity=draw&tour=2&model=diagonal-bilstm-mnist-full",
        DRAW,
        HAND,
    ),
    "Attention": ("attention?activity=draw&tour=2&model=pixel-snail-mnist", DRAW, HAND),
}

# Where rows are given and no question covers the continuations.
COMPLETE = {
    "NADE": "nade?activity=complete&tour=1&rows=14",
    "NADE any order": "nade?activity=complete&tour=1&rows=14&model=nade-mnist-any-order",
    "MADE": "made?activity=complete&tour=1&rows=14",
    "MADE any order": "made?activity=complete&tour=1&rows=14&model=made-mnist-any-order",
    "PixelCNN": "pixelcnn?activity=complete&tour=2&rows=14",
    "PixelCNN 16 levels": "pixelcnn?activity=complete&tour=2&rows=14&model=pixelcnn-mnist-grey",
    "Gated PixelCNN": "pixelcnn?activity=complete&tour=2&rows=14&model=gated-pixelcnn-mnist",
    "Row LSTM": "row-lstm?activity=complete&tour=2&rows=14",
    "Diagonal BiLSTM": "diagonal-bilstm?activity=complete&tour=2&rows=14",
    "Diagonal BiLSTM full context": (
        "contexts?activity=complete&tour=2&rows=14&model=diagonal-bilstm-mnist-full"
    ),
    "Attention": "attention?activity=complete&tour=1&rows=14&model=pixel-snail-mnist",
}
SOFTMAX = {
    "PixelCNN": "pixelcnn?activity=softmax&tour=4&model=pixelcnn-mnist",
    "PixelCNN 16 levels": "pixelcnn?activity=softmax&tour=4&model=pixelcnn-mnist-grey",
    "Gated PixelCNN": "pixelcnn?activity=softmax&tour=4&model=gated-pixelcnn-mnist",
}

# Milliseconds from each event to the first frame after its first picture, and after its whole one;
# and of these in the engine.
TOUCH = """
async ([root, range, kind, parts, whole, start, rounds, released]) => {
  const canvas = root.querySelector("canvas.digit, canvas.picture, canvas");
  const box = canvas.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  // The moment after the frame in which the picture was painted; null where it never is.
  const painted = (names, still) => new Promise(resolve => {
    const done = moment => (look.disconnect(), clearTimeout(late), resolve(moment));
    const look = new MutationObserver(() => {
      if (still()) return;
      look.disconnect();
      frame().then(() => done(performance.now()));
    });
    const late = setTimeout(() => done(null), 3000);
    look.observe(root, { attributes: true, attributeFilter: names });
  });
  const press = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1,
    bubbles: true, clientX: box.left + box.width * x, clientY: box.top + box.height * y }));
  const over = (type, row, column) => press(type, (column + 0.5) / 28, (row + 0.5) / 28);
  // To and fro over lines with two rows between: each step paints a pixel that was paper.
  const along = at => Math.floor(at / 26) % 2 ? 26 - at % 26 : 1 + at % 26;
  const brush = (type, at) => over(type, 1 + 3 * Math.floor(at / 26), along(at));
  const target = (type, at) => over(type, 12 + Math.floor(at / 20) % 4, 4 + at % 20);
  // Four pixels of paper above the target; the next stroke takes the ink away again.
  const paint = (type, at) => over(type, 10, 14 + at % 4);
  canvas.setPointerCapture = () => {};
  const firsts = [], wholes = [], engine = [];
  if (kind === "brush") brush("pointerdown", start);
  if (kind === "target") target("pointerdown", start);
  if (kind === "brush" || kind === "target") await new Promise(done => setTimeout(done, 500));
  for (let round = start; round < start + rounds; round++) {
    await frame();
    const before = root.getAttribute(whole);
    const still = () => root.getAttribute(whole) === before;
    const part = painted(parts, parts.includes(whole) && parts.length === 1 ? still : () => false);
    const last = painted([whole], still);
    const computed = window.arvizEngine.spent;
    const began = performance.now();
    if (kind === "temperature") {
      range.value = (0.5 + 0.05 * (round % 20)).toFixed(2);
      range.dispatchEvent(new Event("input", { bubbles: true }));
      if (released) range.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (kind === "flip") {
      press("pointerdown", 0.15, 0.5);
      press("pointerup", 0.15, 0.5);
    } else if (kind === "brush") {
      brush("pointermove", round + 1);
    } else if (kind === "target") {
      target("pointermove", round + 1);
    } else if (round % 4 === 0) {
      paint("pointerup", round);
      paint("pointerdown", round);
    } else {
      paint("pointermove", round);
    }
    const [one, all] = [await part, await last];
    if (one === null || all === null) continue; // not counted: most have to be
    firsts.push(one - began);
    wholes.push(all - began);
    engine.push(window.arvizEngine.spent - computed);
  }
  if (kind === "brush") brush("pointerup", start + rounds);
  if (kind === "target") target("pointerup", start + rounds);
  if (kind === "paint") paint("pointerup", start + rounds);
  return { firsts, wholes, engine };
}
"""


# The same of a page that only paints, with nothing to compute: milliseconds of each round.
LEAST = """
async rounds => {
  const canvas = document.body.appendChild(document.createElement("canvas"));
  const context = canvas.getContext("2d");
  const echo = `onmessage = event => {
    const end = performance.now() + 4;
    while (performance.now() < end);
    postMessage(event.data);
  }`;
  const worker = new Worker(URL.createObjectURL(new Blob([echo])));
  const frame = () => new Promise(requestAnimationFrame);
  const found = [];
  for (let round = 0; round < rounds; round++) {
    await frame();
    const began = performance.now();
    await new Promise(done => { worker.onmessage = done; worker.postMessage(round); });
    context.fillStyle = round % 2 ? "black" : "white";
    context.fillRect(0, 0, 300, 150);
    await frame();
    found.push(performance.now() - began);
  }
  worker.terminate();
  canvas.remove();
  return found;
}
"""


def test_what_the_browser_itself_takes(browser: Browser) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.evaluate(LEAST, WARM_UP)
    found = page.evaluate(LEAST, 2 * ROUNDS)
    page.close()
    p95 = quantiles(found, n=20)[-1]
    print(
        f"\na page that only paints: p50 {median(found):.1f} ms, p95 {p95:.1f} ms, largest "
        f"{max(found):.1f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    assert median(found) <= FRAMES


@pytest.mark.parametrize(
    ("link", "picture", "kind"),
    [
        pytest.param(link, picture, kind, id=f"{name}-{kind}")
        for name, (link, picture, kinds) in LINKS.items()
        for kind in kinds
    ],
)
def test_the_picture_follows_the_hand_within_two_frames(
    open_page: Callable[..., Page],  # noqa: F811
    link: str,
    picture: str,
    kind: str,
) -> None:
    page = open_page(link, reduced_motion="reduce")
    touched = ready(page, picture, kind)
    wholes = timed(page, link, touched)
    press(page, "Compute on the server")
    settle(page)
    by_server = []
    for number in range(SERVER_ROUNDS):
        by_server += page.evaluate(TOUCH, [*touched, number, 1, True])["wholes"]
        settle(page)
    print(f"drawn by the server {median(by_server):.0f} ms")
    assert median(wholes) < median(by_server) / 2


@pytest.mark.parametrize("link", COMPLETE.values(), ids=COMPLETE)
def test_continuations_follow_the_brush_within_two_frames(
    open_page: Callable[..., Page],  # noqa: F811
    link: str,
) -> None:
    page = open_page(link, reduced_motion="reduce")
    touched = ready(page, ".completion", "brush")
    page.locator(".completion [data-width=thin]").click()
    page.locator(".completion [data-do=clear]").click()
    settle(page, quiet_ms=STILL)
    timed(page, link, touched)


@pytest.mark.parametrize("kind", SOFTMAX_HAND)
@pytest.mark.parametrize("link", SOFTMAX.values(), ids=SOFTMAX)
def test_the_softmax_follows_the_hand_within_two_frames(
    open_page: Callable[..., Page],  # noqa: F811
    link: str,
    kind: str,
) -> None:
    page = open_page(link, reduced_motion="reduce")
    touched = ready(page, ".softmax", kind)
    page.locator(f".softmax [data-mode={'choose' if kind == 'target' else 'paint'}]").click()
    settle(page, quiet_ms=STILL)
    timed(page, link, touched)


def ready(page: Page, picture: str, kind: str) -> list[Any]:
    """What `TOUCH` takes of a page whose picture is there, whole and at rest."""
    root = page.locator(picture).first
    page.get_by_text("Computed in this browser").wait_for()
    settle(page)
    page.keyboard.press("End")
    settle(page, quiet_ms=STILL)
    slider = page.get_by_role("slider", name="Temperature") if kind == "temperature" else root
    return [root.element_handle(), slider.element_handle(), kind, *TOLD[kind]]


def timed(page: Page, link: str, touched: list[Any]) -> list[float]:
    """Touch the picture, and hold its times against those of a page that only paints.

    Returns:
        milliseconds of the whole pictures.
    """
    page.evaluate(TOUCH, [*touched, 0, WARM_UP, False])
    settle(page, quiet_ms=STILL)
    page.evaluate(LEAST, WARM_UP)
    least = page.evaluate(LEAST, ROUNDS)
    found = page.evaluate(TOUCH, [*touched, WARM_UP, ROUNDS, False])
    least += page.evaluate(LEAST, ROUNDS)
    settle(page, quiet_ms=STILL)
    firsts, wholes = found["firsts"], found["wholes"]
    assert len(firsts) >= 0.9 * ROUNDS
    p95, least_p95 = (quantiles(each, n=20)[-1] for each in (firsts, least))
    print(
        f"\n{link}, {touched[2]}: first picture p50 {median(firsts):.1f} ms, p95 {p95:.1f} ms, "
        f"largest {max(firsts):.1f} ms of {len(firsts)}; whole p50 {median(wholes):.1f} ms, p95 "
        f"{quantiles(wholes, n=20)[-1]:.1f} ms, in the engine {median(found['engine']):.1f} ms; "
        f"a page that only paints p50 {median(least):.1f} ms, p95 {least_p95:.1f} ms; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    assert p95 <= max(FRAMES, SLOWER * least_p95)
    return list(wholes)
