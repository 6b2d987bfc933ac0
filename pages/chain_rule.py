"""The chain rule: any joint distribution is a product of conditionals, in any order."""

from __future__ import annotations

from pages.ui import chain_rule_lesson, lesson, time_series_lesson
from pages.ui.predict import ask

link = chain_rule_lesson.link()
state = link.read()
chain_rule_lesson.name_joint(link, state)
lesson.head(
    "Chain rule",
    "Any distribution is a product of conditionals, each given all that came before. Any order "
    "will do.",
    link,
)

picture, controls = lesson.stage(state)
with controls:
    chain_rule_lesson.controls(link, state)
with picture:
    chain_rule_lesson.picture(link, state)

if not state["present"]:
    ask(
        chain_rule_lesson.QUESTION,
        "chain_rule.question",
        chain_rule_lesson.reveal(link),
    )
    lesson.cards(chain_rule_lesson.cards(link), "chain_rule.card")
    chain_rule_lesson.tabs(link, state)
    time_series_lesson.section(link, state)
