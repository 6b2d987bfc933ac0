"""How the browser tests drive the app: wait until a page is still, look for what must not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A rerun begins a moment after the click that causes it, so one look is not enough: the page has to
# stay still for a while.
_STILL = """
quiet => {
  const app = document.querySelector('[data-testid="stApp"]');
  const still = app !== null
    && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && document.querySelector('[data-testid="stSkeleton"]') === null;
  if (!still) { window.__stillSince = undefined; return false; }
  window.__stillSince ??= performance.now();
  return performance.now() - window.__stillSince >= quiet;
}
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
      && element.getBoundingClientRect().width > 0
      && element.getBoundingClientRect().right > right + 1
      && !element.closest('.katex-mathml')  // a formula for screen readers, clipped to a point
      && !scrolls(element))
    .map(element => element.outerHTML.slice(0, 120));
  if (frame.scrollWidth > frame.clientWidth + 1) {
    found.unshift(`the page is ${frame.scrollWidth} px wide and shows ${frame.clientWidth}`);
  }
  return found;
}
"""


def settle(page: Page, *, quiet_ms: int = 200, timeout_ms: int = 30_000) -> None:
    """Wait until script and connection are at rest and no placeholder shows, for `quiet_ms`."""
    page.evaluate("() => { window.__stillSince = undefined; }")
    page.wait_for_function(_STILL, arg=quiet_ms, polling=25, timeout=timeout_ms)


def press(page: Page, label: str) -> None:
    """Click the button of that name, and wait until the page is at rest."""
    page.get_by_role("button", name=label, exact=True).click()
    settle(page)


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


def sideways_overflow(page: Page) -> list[str]:
    """What reaches beyond the right edge of the page; empty when nothing is cut off there.

    What scrolls inside its own box (a long line of code, a wide table) does not count.
    """
    found: list[str] = page.evaluate(_SIDEWAYS_OVERFLOW)
    return found


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
