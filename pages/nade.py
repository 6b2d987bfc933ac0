"""NADE: tied weights, one running sum, and a digit drawn pixel by pixel."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson, nade_lesson
from pages.ui.components import look, mount, pack
from pages.ui.models import problem
from pages.ui.predict import ask

link = nade_lesson.link()
state = link.read()
lesson.head(
    "NADE",
    "One hidden layer serves every pixel in turn: each value drawn adds one column of weights "
    "to a running sum, and the sum predicts the next.",
    link,
)
if state["model"] == nade_lesson.NO_MODEL:
    st.error(problem("NADE"))
    st.stop()

picture, controls = lesson.stage(state)
with controls:
    nade_lesson.controls(link, state)

with lesson.guarded():
    drawn = nade_lesson.draw(state, link.resets)
if drawn is None:
    picture.info("Stopped. Press **Reseed**, or change anything, to draw again.")
    st.stop()

with picture:
    mount(
        "nade",
        key="nade_picture",
        data=pack(drawn.meta | look(), drawn.arrays),
        on_flip_change=lambda: nade_lesson.flip(link),
    )
    mount("weights", key="nade_weights", data=nade_lesson.packed_weights(state["model"]))
with controls:
    st.caption(drawn.cost)

if not state["present"]:
    ask(nade_lesson.QUESTION, "nade.question", lambda: nade_lesson.show(link, step=0))
    lesson.cards(nade_lesson.cards(link), "nade.card")
    nade_lesson.tabs(link, state, drawn)
