"""Glossary: the terms of all lessons, from docs/GLOSSARY.md."""

from __future__ import annotations

import streamlit as st

from pages.ui.glossary import terms
from pages.ui.outline import Entry


def page(_: Entry) -> None:
    """The page."""
    with st.container(key="head"):
        st.title("Glossary", anchor=False)
    st.markdown("The terms of the lessons. Each means the same on every page.")
    wanted = (
        st.text_input("Find a term", key="glossary.wanted", placeholder="logit").strip().lower()
    )
    found = [
        term
        for term in terms()
        if wanted in " ".join((term.name, *term.others, term.meaning)).lower()
    ]
    for term in found:
        st.markdown(f"**{term.name}**: {term.meaning}")
    if not found:
        st.info(f"No term has “{wanted}” in its name or its meaning. Clear the field to see all.")
