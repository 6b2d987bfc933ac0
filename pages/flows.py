"""Autoregressive flows, MAF and IAF: a Gaussian bent into data, one variable at a time."""

from __future__ import annotations

from pages.ui import flows_lesson, lesson
from pages.ui.predict import ask

link = flows_lesson.link()
state = link.read()
lesson.head(
    "Autoregressive flows",
    "Scale and shift each variable by numbers read from those before it: an invertible map, and "
    "its direction decides what is fast.",
    link,
)

flows_lesson.prepare(state)
picture, controls = lesson.stage(state)
with controls:
    place = flows_lesson.controls(link, state)
with picture, lesson.guarded():
    flows_lesson.picture(state)

if not state["present"]:
    ask(flows_lesson.QUESTION, "flows.question", flows_lesson.reveal(link))
    lesson.cards(flows_lesson.cards(link), "flows.card")
    with lesson.guarded():
        flows_lesson.tabs(link, state)
flows_lesson.learn(state, place)
