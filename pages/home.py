"""Home: what autoregressive generation is, in the first minute, and the way to the lessons."""

from __future__ import annotations

import streamlit as st

from pages import LESSONS
from pages.first_minute.activity import FIRST_MINUTE
from pages.ui import stage_page
from pages.ui.outline import Entry, Lesson, page_of


def page(lesson: Entry) -> None:
    """The page."""
    assert isinstance(lesson, Lesson)
    if stage_page.perform(lesson).present:
        return
    st.subheader("The lessons", anchor=False)
    for entry in LESSONS:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.page_link(page_of(entry), width="content")
            st.markdown(entry.idea, width="content")


HOME = Lesson(
    slug="",
    title="Home",
    page=page,
    heading="An image, one pixel at a time",
    activities=(FIRST_MINUTE,),
)
