"""What stands around every page: setup, theme, navigation. Streamlit runs it for each visit."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui.navigation import PAGES, page

HERE = Path(__file__).resolve().parent
SIDEBAR = 212  # pixels

st.set_page_config(
    page_title="ARViz",
    page_icon=str(HERE / "static" / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)
st.html(HERE / "static" / "theme.css")
st.navigation([page(entry) for entry in PAGES]).run()
