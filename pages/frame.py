"""What stands around every page: setup, theme, navigation. Streamlit runs it for each visit."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import streamlit as st

from pages import LESSONS
from pages.lab.page import LAB
from pages.navigation import HOME, PAGES
from pages.ui.components import mount, theme
from pages.ui.monitor import timed_run
from pages.ui.outline import page_of
from pages.ui.state import note_page
from pages.ui.uncut import callbacks_uncut
from pages.ui.upkeep import note_session

HERE = Path(__file__).resolve().parent
SIDEBAR = 212  # pixels
RARELY = timedelta(days=1)


@st.fragment(run_every=RARELY)
def come_back() -> None:
    """Let the page come back by itself when the connection was lost.

    A lost connection ends the run. Back again, Streamlit's client asks for a new run only if it
    knew of one under way. Between two runs of a page that starts itself anew it knows of none, and
    would show what the ended run has left: an empty page. But where a part of the page runs on a
    timer, however rare, the client always asks.
    """


callbacks_uncut()
note_session()
st.set_page_config(
    page_title="ARViz",
    page_icon=str(HERE / "static" / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)
st.html(f"<style>{theme()}</style>")
with st.container(key="focus"):  # takes no room
    come_back()  # before the page, which may end the run
    mount("focus", key="focus.reach")
st.session_state["·after"] = {
    before.slug: page_of(after) for before, after in pairwise((HOME, *LESSONS, LAB))
}
chosen = st.navigation([page_of(entry) for entry in PAGES])
note_page(chosen.url_path)
with timed_run():
    chosen.run()
