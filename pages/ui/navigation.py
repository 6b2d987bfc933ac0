"""The pages there are, in the order of the lecture. A page's address is its file's name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Entry:
    """One page: its file pages/STEM.py, its name in the sidebar, and its idea in a sentence."""

    stem: str
    title: str
    idea: str = ""


HOME = Entry("home", "Home")
READING = Entry("reading", "Further reading")
LESSONS = (
    Entry(
        "chain_rule",
        "Chain rule",
        "Any distribution is a product of conditionals, in any order: the one idea behind all "
        "that follows.",
    ),
    Entry(
        "nade",
        "NADE",
        "One hidden layer, shared by all conditionals, and a running sum: a digit costs as much "
        "as one pass.",
    ),
    Entry(
        "made",
        "MADE",
        "Masks make an autoencoder autoregressive: number its units, and cut each weight that "
        "looks ahead.",
    ),
    Entry(
        "pixelcnn",
        "PixelCNN",
        "Masked convolutions give every pixel's conditional in one pass, and overlook a wedge of "
        "the image.",
    ),
    Entry(
        "row_lstm",
        "Row LSTM",
        "An LSTM runs down the image row by row. Its states form a triangle, and the pixels they "
        "read another one.",
    ),
    Entry(
        "diagonal_bilstm",
        "Diagonal BiLSTM",
        "Two LSTMs cross the image along its diagonals, and between them read all that comes "
        "before, but for a corner.",
    ),
    Entry(
        "contexts",
        "Contexts",
        "All networks side by side: which earlier pixels each can read, which it uses, and what "
        "that costs.",
    ),
    Entry(
        "flows",
        "Autoregressive flows",
        "A Gaussian bent into data, one variable at a time: the direction decides what is fast.",
    ),
)


PAGES = (HOME, *LESSONS, READING)


def page(entry: Entry) -> Any:
    """The page as `st.navigation` and `st.page_link` take it."""
    return st.Page(FOLDER / f"{entry.stem}.py", title=entry.title, default=entry is HOME)
