"""What stands around every page: page setup, theme, navigation. Streamlit runs it for each visit."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent
SIDEBAR = 212  # pixels

st.set_page_config(
    page_title="ARViz",
    page_icon=str(HERE / "static" / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)
st.html(HERE / "static" / "theme.css")
st.navigation(
    [
        # Each address is its file's name, as Streamlit makes it.
        st.Page(PAGES / "home.py", title="Home", default=True),
        st.Page(PAGES / "nade.py", title="NADE"),
    ]
).run()
