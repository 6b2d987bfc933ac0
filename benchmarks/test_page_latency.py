"""How long a visitor waits: for the first page, for the picture under the hand, for the server.

    pytest benchmarks/test_page_latency.py -s

Nothing is asserted of the times, which are those of a busy machine too; they are printed beside
what they should be. That hover, step and scrub cause no traffic is a test, in tests/browser.
"""

from __future__ import annotations

import math
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pages.lessons import LESSONS
from tests.browser.conftest import (  # noqa: F401 - fixtures
    ROOT,
    browser,
    browser_problems,
    kept_page,
    open_page,
    playwright_and_chromium,
    server,
)
from tests.browser.driving import settle
from tests.browser.test_every_step import ANY, LEAST, NEXT
from tests.browser.test_made import LARGEST, nodes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from pages.ui.outline import Lesson

pytestmark = pytest.mark.benchmark

STARTS = 3
TOUCHES = 40

# Each touch is one event, timed until the next frame has been handed to the compositor.
TOUCH = """
async ([root, kind, times]) => {
  const canvas = root.querySelector("canvas");
  const range = root.querySelector("input[type=range]");
  const [back, forward] = ["back", "forward"].map(name => root.querySelector(`[data-do=${name}]`));
  const box = canvas.getBoundingClientRect();
  const move = x => canvas.dispatchEvent(new PointerEvent("pointermove", {
    clientX: box.left + x * box.width, clientY: box.top + 0.5 * box.height, bubbles: true }));
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const touch = {
    hover: k => move(0.02 + 0.96 * ((k * 7) % times) / times),
    step: k => (k % 2 ? back : forward).click(),
    scrub: k => {
      range.value = Math.round(Number(range.max) * ((k * 7) % times) / times);
      range.dispatchEvent(new Event("input", { bubbles: true }));
    },
  }[kind];
  const handled = [], shown = [];
  for (let k = 0; k < times; k++) {
    const began = performance.now();
    touch(k);
    handled.push(performance.now() - began);
    await painted();
    shown.push(performance.now() - began);
  }
  return { handled, shown };
}
"""


@contextmanager
def fresh_server(app: str = "app.py") -> Iterator[tuple[str, float]]:
    """Address of a server just started, and the moment at which it accepted a connection."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.headless=true"]
    process = subprocess.Popen(
        [*command, "--server.address=127.0.0.1", f"--server.port={port}"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not start"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.01)
        yield f"http://127.0.0.1:{port}", time.perf_counter()
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def shown(milliseconds: list[float]) -> str:
    return f"median {statistics.median(milliseconds):6.0f} ms, worst {max(milliseconds):6.0f} ms"


@pytest.mark.parametrize("path", ["", "nade"], ids=["home", "nade"])
def test_first_page_of_a_server_just_started(browser: Browser, path: str) -> None:  # noqa: F811
    headings: list[float] = []
    pictures: list[float] = []
    for _ in range(STARTS):
        with fresh_server() as (url, accepted):
            context = browser.new_context(viewport={"width": 1280, "height": 720})
            page = context.new_page()
            page.goto(f"{url}/{path}", wait_until="commit")
            page.get_by_role("heading", level=1).wait_for(timeout=60_000)
            headings.append(1000 * (time.perf_counter() - accepted))
            page.locator("canvas").first.wait_for(timeout=60_000)
            pictures.append(1000 * (time.perf_counter() - accepted))
            context.close()
    print(f"\n/{path}: heading painted           {shown(headings)}   (goal 3000)")
    print(f"/{path}: picture painted           {shown(pictures)}")


def test_first_page_of_streamlit_alone(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    """What no app of Streamlit can be quicker than: a page that is one title."""
    script = tmp_path / "bare.py"
    script.write_text('import streamlit as st\n\nst.title("Bare")\n', "utf-8")
    headings: list[float] = []
    for _ in range(STARTS):
        with fresh_server(str(script)) as (url, accepted):
            context = browser.new_context(viewport={"width": 1280, "height": 720})
            page = context.new_page()
            page.goto(url, wait_until="commit")
            page.get_by_role("heading", level=1).wait_for(timeout=60_000)
            headings.append(1000 * (time.perf_counter() - accepted))
            context.close()
    print(f"\nStreamlit alone: heading painted  {shown(headings)}")


@pytest.mark.parametrize("model", ["nade-digits", "nade-mnist"])
def test_touching_the_picture(open_page: Callable[..., Page], model: str) -> None:  # noqa: F811
    page = open_page(f"nade?model={model}&seed=3", reduced_motion="reduce")
    root = page.locator(".nade").element_handle()
    print()
    for kind in ("hover", "step", "scrub"):
        page.keyboard.press("Home")
        page.evaluate(TOUCH, [root, kind, 5])
        found: dict[str, Any] = page.evaluate(TOUCH, [root, kind, TOUCHES])
        print(
            f"{model}, {kind:5}: handled {shown(found['handled'])}; "
            f"on screen {shown(found['shown'])}   (goal 50)"
        )


# --- from activity to activity -------------------------------------------------------------------

# From the click until the picture of the other activity is with the compositor: a part of
# the picture's place that was not there before, or the same parts drawn anew under another title.
# Components have shadow roots.
GO = """
async ([button, selector, least]) => {
  let drawn = false;
  const observer = new MutationObserver(() => (drawn = true));
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  const watched = new Set();
  const parts = () => {
    const roots = [document.querySelector('.st-key-stage_picture')], found = [];
    for (const root of roots)
      for (const each of root?.querySelectorAll('*') ?? []) {
        if (each.shadowRoot) roots.push(each.shadowRoot);
        if (each.matches(selector)) found.push(each);
      }
    for (const root of roots.filter(Boolean)) if (!watched.has(root)) {
      watched.add(root);
      observer.observe(root, everything);
    }
    return found;
  };
  const title = () => document.querySelector('.st-key-stage_panel h3')?.textContent;
  const before = new Set(parts()), from = title();
  const there = each => {
    const box = each.getBoundingClientRect();
    return !before.has(each) && Math.min(box.width, box.height) >= least && each.checkVisibility();
  };
  const anew = now =>
    drawn && title() !== from && now.length && now.every(each => before.has(each));
  const shown = () => {
    const now = parts();
    return now.some(there) || anew(now);
  };
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  drawn = false;
  button.click();
  while (performance.now() - began < 60_000 && !shown()) await frame();
  await frame();
  observer.disconnect();
  return performance.now() - began;
}
"""
WARM = 3  # visits that are timed, after one that is not


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_picture_of_an_activity_when_all_is_warm(
    open_page: Callable[..., Page],  # noqa: F811
    lesson: Lesson,
) -> None:
    if len(lesson.activities) < 2:
        pytest.skip("one activity")
    page = open_page(lesson.slug, reduced_motion="reduce")
    found: dict[str, list[float]] = {each.slug: [] for each in lesson.activities}
    for _ in range(WARM + 1):
        # The first one last: it is open at the beginning.
        for each in (*lesson.activities[1:], lesson.activities[0]):
            button = page.locator(".st-key-head").get_by_role("radio", name=each.title)
            found[each.slug].append(page.evaluate(GO, [button.element_handle(), ANY, LEAST]))
            settle(page)
    for slug, times in found.items():
        print(f"\n{lesson.slug}, {slug}: picture {shown(times[1:])}   (goal 1000)", end="")


# --- from step to step ---------------------------------------------------------------------------

# Before anything else of the page: notes when something was last drawn on a canvas.
DRAWN = """
window.drawnAt = [];
for (const name of ["fillRect", "fillText", "stroke", "fill", "drawImage", "putImageData"]) {
  const draw = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...all) {
    if (this.canvas.isConnected) window.drawnAt.push(performance.now());
    return draw.apply(this, all);
  };
}
"""
# From the click on Next until the title of the next step is there, and until the picture has been
# drawn anew: the first moment at which anything of it changed, and the last of its transition.
NEXT_STEP = """
async button => {
  const roots = [document.querySelector('.st-key-stage_picture')], seen = [];
  for (const root of roots)
    for (const each of root.querySelectorAll('*')) if (each.shadowRoot) roots.push(each.shadowRoot);
  // Around the components Streamlit marks at once what may be of the step before.
  const observer = new MutationObserver(changes => {
    if (changes.some(each => each.attributeName !== 'data-stale' && each.attributeName !== 'class'))
      seen.push(performance.now());
  });
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  for (const root of roots) observer.observe(root, everything);
  const words = () => document.querySelector('.st-key-stage_panel h3')?.textContent;
  const frame = () => new Promise(requestAnimationFrame);
  const from = words();
  let titled = null;
  window.drawnAt.length = 0;
  const began = performance.now();
  button.click();
  const last = () => Math.max(began, seen.at(-1) ?? 0, window.drawnAt.at(-1) ?? 0);
  while (performance.now() - began < 30_000) {
    await frame();
    if (titled === null && words() !== from) titled = performance.now();
    if (titled !== null && performance.now() - Math.max(titled, last()) > 400) break;
  }
  observer.disconnect();
  const frames = [titled, Math.min(seen[0] ?? Infinity, window.drawnAt[0] ?? Infinity), last()];
  const [title, first, still] = frames.map(each => each - began);
  return { title, first, still };
}
"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_next_step(open_page: Callable[..., Page], lesson: Lesson) -> None:  # noqa: F811
    """Each step of each activity is opened by Next, twice; the second time counts."""
    page = open_page(lesson.slug, reduced_motion="reduce")
    page.add_init_script(DRAWN)
    for activity in lesson.activities:
        print()
        times: dict[str, list[float]] = {"title": [], "first": [], "still": []}
        for turn in range(2):
            page.goto(f"{page.url.split('?')[0]}?activity={activity.slug}")
            settle(page)
            for number in range(2, len(activity.steps) + 1):
                found = page.evaluate(NEXT_STEP, page.locator(NEXT).element_handle())
                settle(page)
                if turn:
                    print(f"{lesson.slug}, {activity.slug}, {number}: {found}")
                    for name, each in times.items():
                        each += [found[name]] if math.isfinite(found[name]) else []
        for name, each in times.items():
            if each:
                print(f"{lesson.slug}, {activity.slug}: {name} {shown(each)}   (goal 100)")


# As many elements as an activity has, of the kinds that it has, and no picture.
BARE_STEPS = """
import streamlit as st

def forward():
    st.session_state.step = st.session_state.get("step", 1) + 1

step = st.session_state.get("step", 1)
with st.container(key="stage_panel"):
    st.subheader(f"Step {step}")
    st.button("Next", on_click=forward, key="stage_next")
with st.container(key="stage_picture"):
    st.markdown(f"Picture {step}")
for number in range(OTHERS // 5):
    with st.container(key=f"group_{number}"):
        st.caption(f"Words {number}")
        st.button(f"Button {number}")
        st.selectbox(f"Choice {number}", ["one", "two"])
        st.segmented_control(f"Switch {number}", ["one", "two"], default="one")
"""


@pytest.mark.parametrize("others", [0, 40])
def test_next_step_of_streamlit_alone(browser: Browser, tmp_path: Path, others: int) -> None:  # noqa: F811
    """What no step of an app of Streamlit can be quicker than, with few elements and with many."""
    script = tmp_path / "bare.py"
    script.write_text(BARE_STEPS.replace("OTHERS", str(others)), "utf-8")
    times: dict[str, list[float]] = {"title": [], "first": []}
    with fresh_server(str(script)) as (url, _):
        page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page.add_init_script(DRAWN)
        page.goto(url)
        for number in range(2 + TOUCHES // 2):
            button = page.locator(".st-key-stage_next button")
            button.wait_for()
            page.wait_for_timeout(300)
            found = page.evaluate(NEXT_STEP, button.element_handle())
            for name, each in times.items():
                each += [found[name]] if number >= 2 else []
        page.close()
    print()
    for name, each in times.items():
        print(f"Streamlit alone, {others} more elements: {name} {shown(each)}")


# --- MADE ----------------------------------------------------------------------------------------

CHANGES = 10
LINKS = ["made?tour=7&D=12&degrees=even", LARGEST, f"{LARGEST}&weights=trained"]

# From node to node, each timed until the next frame has been handed to the compositor.
POINT = """
async ([root, places]) => {
  const canvas = root.querySelector(".graph");
  const box = canvas.getBoundingClientRect();
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const handled = [], shown = [];
  for (const [x, y] of places) {
    const began = performance.now();
    canvas.dispatchEvent(new PointerEvent("pointermove",
      { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
    handled.push(performance.now() - began);
    await painted();
    shown.push(performance.now() - began);
  }
  canvas.dispatchEvent(new PointerEvent("pointerleave"));
  return { handled, shown };
}
"""

# A key on an element; the picture makes its chips anew when it has an answer, and draws at once.
CHANGE = """
([root, selector, key]) => new Promise(done => {
  const chips = root.querySelector(".chips");
  const began = performance.now();
  const observer = new MutationObserver(() => {
    observer.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  });
  observer.observe(chips, { childList: true });
  root.querySelector(selector).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
})
"""


def test_made_pointing_at_the_largest_graph(open_page: Callable[..., Page]) -> None:  # noqa: F811
    page = open_page(LARGEST, reduced_motion="reduce")
    root = page.locator(".made").element_handle()
    found = nodes(page)
    places = [layer[(7 * k) % len(layer)] for k in range(TOUCHES // 4) for layer in found]
    page.evaluate(POINT, [root, places[:5]])
    times: dict[str, Any] = page.evaluate(POINT, [root, places])
    print(
        f"\nMADE, 16 + 3 x 32 units, hover: handled {shown(times['handled'])}; "
        f"on screen {shown(times['shown'])}   (goal 50)"
    )


@pytest.mark.parametrize("link", LINKS)
def test_made_change_to_new_picture(open_page: Callable[..., Page], link: str) -> None:  # noqa: F811
    """Each change is to a network that was not there before."""
    page = open_page(link, reduced_motion="reduce")
    root = page.locator(".made").element_handle()
    x, y = nodes(page)[1][0]
    graph = page.locator(".made .graph")
    graph.click(position={"x": x, "y": y})
    degree = page.locator(".made .stepper output")
    for what, selector, key in (
        ("degree", ".graph", "+"),
        ("order", ".chips [data-index='0']", "ArrowRight"),
    ):
        found: list[float] = []
        for _ in range(CHANGES):
            before = (degree.text_content(), page.url)
            found.append(page.evaluate(CHANGE, [root, selector, key]))
            settle(page)
            assert (degree.text_content(), page.url) != before
        print(f"\n{link}, {what} → masks, paths, gradient on screen: {shown(found)}   (goal 400)")


# --- PixelCNN ------------------------------------------------------------------------------------

# Each key moves the target of all grids, timed until the next frame has been handed over.
MOVE = """
async ([root, keys]) => {
  const canvas = root.querySelector("canvas.grid");
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const handled = [], shown = [];
  for (const key of keys) {
    const began = performance.now();
    canvas.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    handled.push(performance.now() - began);
    await painted();
    shown.push(performance.now() - began);
  }
  return { handled, shown };
}
"""


@pytest.mark.parametrize("link", ["pixelcnn?size=28&depth=15", "pixelcnn?depth=15"])
def test_field_of_a_new_target(open_page: Callable[..., Page], link: str) -> None:  # noqa: F811
    page = open_page(link, reduced_motion="reduce")
    root = page.locator(".fields").element_handle()
    keys = ["ArrowUp", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowRight"] * (TOUCHES // 5)
    page.evaluate(MOVE, [root, keys[:5]])
    times: dict[str, Any] = page.evaluate(MOVE, [root, keys])
    print(
        f"\n{link}, another target: handled {shown(times['handled'])}; "
        f"on screen {shown(times['shown'])}   (goal 100)"
    )


def test_tables_of_a_new_configuration(open_page: Callable[..., Page]) -> None:  # noqa: F811
    """The first visitor waits for every path of both networks; whoever follows does not."""
    for visitor in ("first", "second"):
        page = open_page("pixelcnn?size=27", reduced_motion="reduce")
        found: list[float] = []
        for side in (26, 28):
            field = page.get_by_role("spinbutton").first
            field.fill(str(side))
            began = time.perf_counter()
            field.press("Enter")
            page.locator(f".fields[data-rows='{side}']").wait_for(timeout=60_000)
            found.append(1000 * (time.perf_counter() - began))
            settle(page)
        print(f"\n{visitor} visitor, another size → both tables → picture: {shown(found)}")
