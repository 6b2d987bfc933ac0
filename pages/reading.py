"""Further reading: the papers of all lessons, each tied to the lesson that uses it."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.navigation import LESSONS, page
from pages.ui.papers import PAPERS

with st.container(key="head"):
    st.title("Further reading", anchor=False)
st.markdown("What each lesson takes from whom. The papers are short, and better than any summary.")
for entry in LESSONS:
    if entry.stem in PAPERS:
        st.page_link(page(entry))
        lesson.papers(entry.stem)
