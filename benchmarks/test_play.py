"""What students who play cost the server: four pages whose browsers draw, a hand on each.

    pytest benchmarks/test_play.py -s

Each page is touched for 20 s, up to 20 times a second: the temperature is moved, pixels are
flipped, a brush goes over a drawing. A student's hand makes about two such touches a second, so
the four pages make those of up to 40 students; of how many is printed. The processor time of the
server, and of all processes that it started, is measured while the pages lie idle, while they are
touched, and while they tell where they came to rest. Only a message of a page makes the server run
a script: they are counted, and while a hand moves there has to be none.

Measured on 2 cores that other work kept busy (load 30), so that the pages made 19 touches a second:
0.14 s of processor in 21 s of play, 0.09 s in 20 s of rest; one message of each page afterwards.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import (  # noqa: F401 - fixtures
    browser,
    playwright_and_chromium,
    server,
)
from tests.browser.driving import LISTEN, settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Server

pytestmark = pytest.mark.benchmark

SECONDS = 20.0
A_SECOND = 20  # touches
TOLD = 3  # messages of a page, at most, once its hand rests: what changed, and what follows of it
SHARE = 0.05  # of one core, at most, that playing may cost more than lying idle
# The link, its picture, and the touches.
PAGES = {
    "NADE": ("nade?activity=flip&tour=3&model=nade-mnist&seed=20", ".nade", "temperature"),
    "PixelCNN": ("pixelcnn?activity=draw&tour=2", ".draw", "flip"),
    "Row LSTM": ("row-lstm?activity=draw&tour=2", ".draw", "temperature"),
    "MADE": ("made?activity=complete&tour=4", ".completion", "brush"),
}

# Touches for so many seconds; how many there were, and how many pictures followed.
PLAY = """
([root, range, kind, seconds, each]) => {
  const canvas = root.querySelector("canvas.digit, canvas.picture, canvas");
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  let pictures = 0;
  const names = ["data-sample", "data-part", "data-painted", "data-key"];
  const look = new MutationObserver(() => pictures++);
  look.observe(root, { attributes: true, attributeFilter: names });
  const press = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1,
    bubbles: true, clientX: box.left + box.width * x, clientY: box.top + box.height * y }));
  const touch = {
    temperature: number => {
      range.value = (0.5 + 0.05 * (number % 20)).toFixed(2);
      range.dispatchEvent(new Event("input", { bubbles: true }));
    },
    flip: number => {
      const at = [0.2 + 0.06 * (number % 10), 0.3 + 0.4 * ((number * 3) % 7) / 7];
      press("pointerdown", ...at);
      press("pointerup", ...at);
    },
    brush: number => press(number ? "pointermove" : "pointerdown",
      0.5 + 0.4 * Math.sin(number / 9), 0.5 + 0.4 * Math.sin(number / 7)),
  }[kind];
  window.playing = (async () => {
    const end = performance.now() + 1000 * seconds;
    let touches = 0;
    while (performance.now() < end) {
      touch(touches++);
      await new Promise(go => setTimeout(go, each));
    }
    const sent = window.sent;
    if (kind === "temperature") range.dispatchEvent(new Event("change", { bubbles: true }));
    if (kind === "brush") press("pointerup", 0.5, 0.5);
    look.disconnect();
    return { touches, pictures, sent };
  })();
}
"""


def processor(pid: int) -> float:
    """Seconds of processor time that a process and all that it started have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    started = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return own + sum(processor(int(child)) for child in started.split())


def opened(page: Page, address: str, picture: str) -> dict[str, Any]:
    """The page, once its browser draws and nothing more is told: what PLAY takes of it."""
    page.goto(address)
    page.get_by_text("Computed in this browser").wait_for(timeout=90_000)
    settle(page, quiet_ms=1500)
    page.keyboard.press("End")
    settle(page, quiet_ms=1500)
    root = page.locator(picture).first
    root.evaluate(LISTEN)
    return {
        "root": root.element_handle(),
        "range": page.get_by_role("slider", name="Temperature").element_handle(),
    }


def test_the_server_computes_nothing_while_students_play(
    browser: Browser,  # noqa: F811
    server: Server,  # noqa: F811
) -> None:
    with ExitStack() as stack:
        pages = []
        for link, picture, kind in PAGES.values():
            context = browser.new_context(
                viewport={"width": 1280, "height": 720}, reduced_motion="reduce"
            )
            stack.callback(context.close)
            page = context.new_page()
            pages.append((page, opened(page, f"{server.url}/{link}", picture), kind))

        def used(during: Callable[[], Any]) -> tuple[float, float]:
            before, began = processor(server.pid), time.perf_counter()
            during()
            return processor(server.pid) - before, time.perf_counter() - began

        def rest() -> None:
            pages[0][0].wait_for_timeout(1000 * SECONDS)

        def play() -> None:
            for page, found, kind in pages:
                told = [found["root"], found["range"], kind, SECONDS, 1000 / A_SECOND]
                page.evaluate(PLAY, told)
            results.extend(page.evaluate("window.playing") for page, _, _ in pages)

        def tell() -> None:
            for page, _, _ in pages:
                settle(page, quiet_ms=1500)

        results: list[dict[str, int]] = []
        idle, idle_s = used(rest)
        played, played_s = used(play)
        told, told_s = used(tell)
        messages = [page.evaluate("window.sent") for page, _, _ in pages]
    print()
    for name, result, count in zip(PAGES, results, messages, strict=True):
        print(
            f"{name:9} {result['touches']:4} touches, {result['pictures']:4} changes of the "
            f"picture; messages while the hand moved {result['sent']}, at rest {count}"
        )
    touches = sum(result["touches"] for result in results) / SECONDS
    print(
        f"{touches:.0f} touches a second, those of {touches / 2:.0f} students\n"
        f"server, processor time: idle {idle:.2f} s in {idle_s:.0f} s, played on {played:.2f} s in "
        f"{played_s:.0f} s, told the ends {told:.2f} s in {told_s:.0f} s; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    for name, result, count in zip(PAGES, results, messages, strict=True):
        assert result["pictures"] > result["touches"] / 10, f"{name}: no picture follows the hand"
        assert result["sent"] == 0, f"{name} told the server while the hand moved"
        assert 1 <= count <= TOLD, f"{name} told {count} times where its hand came to rest"
    assert played / played_s - idle / idle_s <= SHARE
