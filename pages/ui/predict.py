"""Predict, then reveal: one question, answered before the picture shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Question:
    """A question with its answers.

    Attributes:
        text: what is asked.
        answers: each possible answer, with what to say to those who gave it.
        right: the right one, a key of `answers`.
        why: the reason, shown to everyone afterwards.
    """

    text: str
    answers: Mapping[str, str]
    right: str
    why: str


def ask(question: Question, key: str, reveal: Callable[[], None]) -> None:
    """Show the question; at an answer call `reveal`, which sets the picture to the truth.

    Args:
        key: of this question, unique on the page.
        reveal: callback, before the next run; sets the lesson's state.
    """
    st.markdown(f"**Predict.** {question.text}")

    def answered() -> None:
        if st.session_state.get(key):
            reveal()

    chosen = st.pills(
        question.text,
        list(question.answers),
        key=key,
        label_visibility="collapsed",
        on_change=answered,
    )
    if chosen is None:
        return
    verdict = "Yes." if chosen == question.right else "Not quite."
    st.markdown(f"**{verdict}** {question.answers[chosen]} {question.why}")
