"""What a lesson is made of, as data: pages, navigation and tests are made from it.

A lesson has activities, an activity has steps, and a step may ask a question:

    LESSON = Lesson("nade", "NADE", idea=..., activities=(DRAW, FLIP, ...), papers=...)
    DRAW = Activity("draw", "Draw a digit", State, fields, picture, steps=(Step(...), ...))

`pages/ui/stage.py` shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from pages.ui.papers import Paper
from pages.ui.query import Field


@dataclass(frozen=True)
class Question:
    """A question that stands in a step, before its answer is on screen.

    Attributes:
        text: what is asked.
        answers: each answer to choose from, with what to say to those who chose it; of a wrong one
            only why it is wrong.
        right: the right one, a key of `answers`.
        why: the reason, shown to everyone afterwards.
        hide: the parts of the picture that would give the answer away, by the names that the
            picture knows; they are covered until the student has answered or skipped.
        state, place: what the picture shows after the answer, as in `Step`; None where it stays.
    """

    text: str
    answers: Mapping[str, str]
    right: str
    why: str = ""
    hide: tuple[str, ...] = ()
    state: Mapping[str, Any] | None = None
    place: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Step:
    """One step of an activity: a few sentences, and the state of the picture they speak of.

    Attributes:
        title: a few words.
        text: two to four sentences, Markdown; or a function of the stage, where they hold numbers
            of what is shown.
        state: fields of the activity that differ from their defaults, by name.
        place: where the picture goes: what the browser keeps by itself, such as the player's step
            or the target, by the names that the picture knows.
        question: asked before the answer is shown.
        after: sentences that stand there once the question is answered.
        hide: parts of the picture that later steps introduce.
    """

    title: str
    text: str | Callable[[Any], str]
    state: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    question: Question | None = None
    after: str = ""
    hide: tuple[str, ...] = ()


@dataclass(frozen=True)
class Activity:
    """One picture that is touched, and the steps that tell what it shows.

    Attributes:
        slug: its name in the address.
        title: its name in the lesson's head.
        state: a frozen dataclass with the fields of `fields`; the picture reads it, typed.
        fields: how the address holds them, by name; called in each run, since a choice may depend
            on which models are there.
        picture: draws it, given the stage.
        actions: the buttons that a step's words tell to press, given the stage; they stand above
            the controls, and stay in sight where a presentation puts those behind a button.
        controls: few, beside it, given the stage.
        steps: at least one.
        take_away: what can be saved, given the stage; None where there is nothing.
    """

    slug: str
    title: str
    state: type[Any]
    fields: Callable[[], Mapping[str, Field]]
    picture: Callable[[Any], None]
    steps: tuple[Step, ...]
    controls: Callable[[Any], None] | None = None
    take_away: Callable[[Any], None] | None = None
    actions: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Entry:
    """One page of the app.

    Attributes:
        slug: its address; "" is the start page's.
        title: its name in the sidebar.
        page: draws it, given this entry.
        idea: one sentence.
    """

    slug: str
    title: str
    page: Callable[[Any], None]
    idea: str = ""


@dataclass(frozen=True)
class Lesson(Entry):
    """One lesson; `LESSON` in the lesson.py of its folder.

    Attributes:
        papers: that it rests on, and what it takes from each.
        activities: in the order in which they are told.
        reading: what stands below the stage, by title: formula, code, mistakes; each draws itself,
            given the stage.
        heading: the title on the page, where it is another than in the sidebar.
    """

    papers: tuple[Paper, ...] = ()
    activities: tuple[Activity, ...] = ()
    reading: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)
    heading: str = ""

    def activity(self, slug: str) -> Activity:
        """The activity of that name."""
        [found] = [activity for activity in self.activities if activity.slug == slug]
        return found


def page_of(entry: Entry) -> Any:
    """The page as `st.navigation` and `st.page_link` take it."""
    return st.Page(
        partial(entry.page, entry),
        title=entry.title,
        url_path=entry.slug or None,
        default=not entry.slug,
    )
