"""A question is asked before its answer is on screen: in the picture, in words, and below."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pages.home import HOME
from pages.lessons import LESSONS
from tests.browser.driving import settle
from tests.giveaways import GIVEAWAYS
from tests.short import short

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenPage = Callable[..., Page]

pytest.importorskip("playwright.sync_api")

QUESTIONS = [
    (lesson.slug, activity.slug, number)
    for lesson in (HOME, *LESSONS)
    for activity in lesson.activities
    for number, step in enumerate(activity.steps, start=1)
    if step.question is not None
]

# All that is written on the page, also inside components and for screen readers, but for what is
# passed over.
SAID = """
but => {
  const said = [];
  const roots = [document.querySelector('[data-testid=stMain]')];
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const element = node instanceof Element ? node : node.parentElement;
      if (element?.shadowRoot && node === element) roots.push(element.shadowRoot);
      if (but && element?.closest(but)) continue;
      if (!element || /^(style|script|annotation)$/i.test(element.tagName)) continue;
      if (!element.checkVisibility()) continue;
      if (node === element) {
        for (const name of ['aria-label', 'title', 'alt']) said.push(element.getAttribute(name));
      } else said.push(node.data);
    }
  }
  return said.filter(Boolean).join(' ').replace(/\\s+/g, ' ');
}
"""
QUESTION = ".st-key-stage_question"


def found(patterns: tuple[str, ...], said: str) -> list[str]:
    """Which of them are in what is said, with the words around."""
    hits = [re.search(f".{{0,60}}(?:{each}).{{0,40}}", said, re.IGNORECASE) for each in patterns]
    return [hit.group() for hit in hits if hit]


def test_of_every_question_it_is_known_what_gives_it_away() -> None:
    assert set(QUESTIONS) == GIVEAWAYS.keys()


@pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda at: "-".join([at[0] or "home", at[1], str(at[2])])
)
def test_nothing_on_the_page_gives_the_answer_away_while_it_is_asked(
    open_page: OpenPage, question: tuple[str, str, int]
) -> None:
    slug, activity, number = question
    query = f"activity={activity}&tour={number}{short(slug, activity)}"
    query += "&reading=what-people-get-wrong" if slug else ""
    page = open_page(f"{slug}?{query}", reduced_motion="reduce")
    assert page.locator(f"{QUESTION} button").count() > 2, "nothing is asked"
    assert found(GIVEAWAYS[question], page.evaluate(SAID, QUESTION)) == []
    page.locator(".st-key-stage_skip button").click()
    settle(page, timeout_ms=240_000)  # two networks are trained where a mask is broken
    told: Any = page.evaluate(SAID, "")
    assert len(found(GIVEAWAYS[question], told)) == len(GIVEAWAYS[question])
