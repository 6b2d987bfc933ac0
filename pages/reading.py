"""Further reading: the papers of all lessons, each tied to the lesson that uses it."""

from __future__ import annotations

import streamlit as st

from pages import LESSONS
from pages.ui import lesson
from pages.ui.outline import Entry, page_of


def page(_: Entry) -> None:
    """The page."""
    with st.container(key="head"):
        st.title("Further reading", anchor=False)
    st.markdown(
        "What each lesson takes from whom. The papers are short, and better than any summary."
    )
    for entry in LESSONS:
        st.page_link(page_of(entry))
        lesson.papers(entry.papers)
