"""All pages there are, in the order of the sidebar."""

from __future__ import annotations

from pages import LESSONS, glossary, home, reading
from pages.lab.page import LAB
from pages.ui.outline import Entry

HOME = home.HOME
GLOSSARY = Entry("glossary", "Glossary", glossary.page)
READING = Entry("reading", "Further reading", reading.page)
PAGES: tuple[Entry, ...] = (HOME, *LESSONS, LAB, GLOSSARY, READING)
