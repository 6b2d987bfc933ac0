"""Contexts: what every network reads of one image, side by side, and what that costs."""

from __future__ import annotations

from pages.ui import contexts_costs, contexts_lesson, lesson

link = contexts_lesson.link()
state = contexts_lesson.read(link)
lesson.head("Who sees what", contexts_lesson.idea(state), link, seeded=False)

contexts_lesson.controls(link, state)
with lesson.guarded():
    contexts_lesson.picture(link, state)

if not state["present"]:
    contexts_lesson.question(link)
    lesson.cards(contexts_lesson.cards(link), "contexts.card")
    with lesson.guarded():
        measure = contexts_costs.section()
        contexts_lesson.tabs(link, state)
        measure()
