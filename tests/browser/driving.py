"""How the browser tests drive the app: wait until a page is still, look for what must not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

# A rerun begins a moment after the click that causes it, so one look is not enough: the page has to
# stay still for a while.
_STILL = """
quiet => {
  const app = document.querySelector('[data-testid="stApp"]');
  const still = app !== null
    && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && document.querySelector('[data-testid="stSkeleton"]') === null
    && !window.arvizEngine?.pending  // its weights are on their way, and a run follows
    && !window.arvizEdits?.size;  // a hand has changed something, and a run follows
  if (!still) { window.__stillSince = undefined; return false; }
  window.__stillSince ??= performance.now();
  return performance.now() - window.__stillSince >= quiet;
}
"""

# `settle` takes a page for still between two things that a training tells.
_NOTHING_TRAINS = """
() => [...(window.arvizTrainings?.values() ?? [])].every(({ all }) => all.size === 0)
"""

_SIDEWAYS_OVERFLOW = """
() => {
  const frame = document.querySelector('[data-testid="stMain"]') ?? document.scrollingElement;
  const right = frame.getBoundingClientRect().right;
  const scrolls = element => {
    for (let box = element.parentElement; box && box !== frame; box = box.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  };
  const found = [...frame.querySelectorAll('*')]
    .filter(element => !element.closest('.katex-mathml')  // for screen readers, clipped away
      && !element.closest('.katex .hide-tail')  // a root's bar is as long as can be, and clipped
      && element.getBoundingClientRect().width > 0
      && element.getBoundingClientRect().right > right + 1
      && !element.matches('[data-testid=stSlider] input')  // not seen; beside a thumb at its end
      && !scrolls(element))
    .map(element => element.outerHTML.slice(0, 120));
  if (frame.scrollWidth > frame.clientWidth + 1) {
    found.unshift(`the page is ${frame.scrollWidth} px wide and shows ${frame.clientWidth}`);
  }
  return found;
}
"""

# Of a picture that shows samples: notes every message to the server, and every sample shown.
LISTEN = """
root => {
  window.sent = 0;
  window.samples = [];
  window.listening ??= (() => {
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...all) { window.sent++; return send.apply(this, all); };
  })() ?? true;
  new MutationObserver(() => {
    if (window.samples.at(-1) !== root.dataset.sample) window.samples.push(root.dataset.sample);
  }).observe(root, { attributes: true, attributeFilter: ["data-sample"] });
}
"""

# Moves its temperature as a hand does, without letting go; says how many pictures were seen, and
# how many messages were sent by then.
DRAG = """
async ([root, range, values]) => {
  const canvas = root.querySelector("canvas");
  const pictures = new Set([canvas.toDataURL()]);
  for (const value of values) {
    const before = root.dataset.sample;
    range.value = value;
    range.dispatchEvent(new Event("input", { bubbles: true }));
    while (root.dataset.sample === before) await new Promise(requestAnimationFrame);
    pictures.add(canvas.toDataURL());
    if (window.sent) break;
  }
  return { pictures: pictures.size, sent: window.sent };
}
"""


# What an element is, for a message.
WHAT = "element => element.cloneNode(false).outerHTML.slice(0, 200)"


def settle(page: Page, *, quiet_ms: int = 200, timeout_ms: int = 90_000) -> None:
    """Wait until script, engine, hand and connection rest for `quiet_ms`, with no placeholder."""
    page.evaluate("() => { window.__stillSince = undefined; }")
    page.wait_for_function(_STILL, arg=quiet_ms, polling=25, timeout=timeout_ms)


def press(page: Page, label: str) -> None:
    """Click the button of that name, and wait until the page is at rest."""
    page.get_by_role("button", name=label, exact=True).click()
    settle(page)


def slow_trainings(page: Page) -> None:
    """From now on a training in this browser takes a step in 30 ms or more, on any machine.

    So one of thousands of steps is not over before a test has looked at it.
    """
    changes = {
        "const SLICE = 12;": "const SLICE = 0;",  # one step
        "await otherMessages();": "await new Promise((go) => setTimeout(go, 30));",
    }

    def slower(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        route.fulfill(response=answer, body=text)

    page.route("**/engine/*/training/protocol.js", slower)


def can_train(page: Page) -> None:
    """Wait until the page knows what this browser can: after that it tells nothing by itself."""
    page.get_by_text("It trains in this browser").wait_for(timeout=120_000)
    settle(page)


def reading(page: Page) -> Locator:
    """What chooses among the parts below the stage."""
    return page.get_by_role("radiogroup", name="What to read").get_by_role("radio")


def open_reading(page: Page, label: str) -> None:
    """Open one of the parts below the stage."""
    reading(page).and_(page.get_by_role("radio", name=label, exact=True)).click()


def query(page: Page) -> dict[str, str]:
    """What the address holds."""
    return dict(page.evaluate("() => [...new URLSearchParams(location.search)]"))


def address_has(page: Page, **expected: str) -> None:
    """Wait until the address holds exactly that, and the page is at rest."""
    page.wait_for_function(
        "wanted => JSON.stringify([...new URLSearchParams(location.search)].sort())"
        " === JSON.stringify(wanted)",
        arg=sorted([name, text] for name, text in expected.items()),
        timeout=10_000,
    )
    settle(page)


def press_everywhere(page: Page, picture: Locator, *, per_side: int = 3) -> None:
    """Press a picture in its corners, on its edges and inside, then drag across it: by mouse."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    shares = [(0.02 + 0.96 * k / (per_side - 1)) for k in range(per_side)]
    points = [
        (box["x"] + a * box["width"], box["y"] + b * box["height"]) for b in shares for a in shares
    ]
    for x, y in points:
        page.mouse.click(x, y)
    for begin, end in ((points[0], points[-1]), (points[-1], points[0])):
        page.mouse.move(*begin)
        page.mouse.down()
        page.mouse.move(*end, steps=6)
        page.mouse.up()


def touch_everywhere(page: Page, picture: Locator, *, per_side: int = 3) -> None:
    """The same with a finger: taps, one drag down from the middle, and one to the right.

    On a page that can go back, no drag does.
    """
    picture.scroll_into_view_if_needed()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def finger(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def place(across: float, down: float) -> tuple[float, float]:
        box = picture.bounding_box()  # where it is now: a drag down scrolls the page
        assert box is not None
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    for number in range(per_side**2):
        across, down = (0.02 + 0.96 * k / (per_side - 1) for k in divmod(number, per_side))
        finger("touchStart", *place(across, down))
        finger("touchEnd")
    finger("touchStart", *place(0.5, 0.5))
    for share in (0.6, 0.8, 0.98):
        finger("touchMove", *place(0.5, share))
    finger("touchEnd")
    address, drawn = page.url.split("?")[0], picture.evaluate(WHAT)
    # Not where the lesson's own line covers the picture: the page goes back there, as it may.
    picture.evaluate("element => element.scrollIntoView({ block: 'center' })")
    left, y = place(0.05, 0.5)
    right = page.evaluate("window.innerWidth") - 5
    finger("touchStart", left, y)
    for number in range(1, 26):
        finger("touchMove", left + number / 25 * (right - left), y)
        page.wait_for_timeout(16)
    finger("touchEnd")
    page.wait_for_timeout(500)  # the browser goes back a moment after the finger is up
    assert page.url.split("?")[0] == address, f"the drag to the right went back, from {drawn}"
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.detach()


def _rest(page: Page) -> None:
    """Wait until the page is at rest, and has heard the end of what trains in this browser."""
    settle(page)
    page.wait_for_function(_NOTHING_TRAINS, timeout=120_000)
    settle(page)


def ends_of_every_control(page: Page, area: Locator | None = None) -> int:
    """Set every slider, number and list of choices in `area` to its lowest and its highest value.

    Returns:
        how many were found, so that a test can say that there were some.
    """
    area = area or page.get_by_test_id("stMain")
    ranges = area.locator("input[type=range]:visible:not([data-testid=stSlider] *)")
    for number in range(ranges.count()):
        for end in ("min", "max", "min"):
            ranges.nth(number).evaluate(
                """(input, end) => {
                  input.value = input[end];
                  input.dispatchEvent(new Event('input', { bubbles: true }));
                }""",
                end,
            )
            _rest(page)
    # React takes no notice of a value that is written into its input.
    sliders = area.get_by_test_id("stSlider").locator("input[type=range]")
    for number in range(sliders.count()):
        for end, key in (("min", "Home"), ("max", "End"), ("min", "Home")):
            sliders.nth(number).focus()
            page.keyboard.press(key)
            _rest(page)
            assert sliders.nth(number).input_value() == sliders.nth(number).get_attribute(end)
    numbers = area.get_by_test_id("stNumberInput").locator("input")
    for number in range(numbers.count()):
        for end in ("min", "max"):
            value = numbers.nth(number).get_attribute(end)
            if value is not None:
                numbers.nth(number).fill(value)
                numbers.nth(number).press("Enter")
                _rest(page)
    groups = area.locator("[role=radiogroup]:not(.st-key-head *)")  # the head's opens activities
    for number in range(groups.count()):
        if number >= groups.count():
            break  # a choice before it took it away
        choices = groups.nth(number).get_by_role("radio")
        if choices.first.is_disabled():
            continue
        for choice in (0, choices.count() - 1, 0):
            choices.nth(choice).click()
            _rest(page)
    return ranges.count() + sliders.count() + numbers.count() + groups.count()


def sideways_overflow(page: Page) -> list[str]:
    """What reaches beyond the right edge of the page; empty when nothing is cut off there.

    What scrolls inside its own box (a long line of code, a wide table) does not count.
    """
    found: list[str] = page.evaluate(_SIDEWAYS_OVERFLOW)
    return found


# Legends that are wider inside than they show: the rest would have to be moved to the side.
_CUT = """
all => all
  .filter(legend => legend.scrollWidth > legend.clientWidth + 1)
  .map(legend => `${legend.className} is ${legend.scrollWidth} px wide and shows `
    + `${legend.clientWidth}: ${legend.innerText.replaceAll('\\n', ', ')}`)
"""

PICTURE = '[data-testid="stColumn"]:has(> [data-testid="stVerticalBlock"] .st-key-stage_picture)'


def cut_by_its_pane(page: Page) -> list[str]:
    """Players, and legends on a phone, that are not whole in the pane that holds the picture.

    A legend whose words go on beyond its own right edge is not whole either.
    """
    pane = page.locator(PICTURE)
    if not pane.count():
        return []
    edge = pane.evaluate("pane => pane.getBoundingClientRect().bottom")
    parts = page.locator(".player, .legend").filter(visible=True)
    boxes: list[tuple[str, float]] = parts.evaluate_all(
        "parts => parts.map(part => [part.className, part.getBoundingClientRect().bottom])"
    )
    found = [f"{name} ends {y - edge:.0f} px below the edge" for name, y in boxes if y > edge + 1]
    legends = page.locator(".legend").filter(visible=True)
    found += legends.evaluate_all(_CUT)
    # MADE's legend has many entries: on a phone it is folded away below its own line.
    folded = "details:not([open]) *"
    hidden = page.locator(f".legend:not([hidden]):not({folded})").filter(visible=False)
    return [*found, *["a legend is not shown" for _ in range(hidden.count())]]


def accessibility_violations(
    page: Page, impacts: tuple[str, ...] = ("serious", "critical")
) -> list[str]:
    """axe-core's findings on the page as it is now, one line each with the first elements."""
    from axe_playwright_python.sync_playwright import Axe

    response: dict[str, Any] = Axe().run(page).response
    return [
        f"{violation['impact']} {violation['id']}: {violation['help']} "
        f"({len(violation['nodes'])} elements, first: "
        f"{[node['html'][:120] for node in violation['nodes'][:3]]})"
        for violation in response["violations"]
        if violation["impact"] in impacts
    ]
