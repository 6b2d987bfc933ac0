"""The stage: one activity of a lesson at one of its steps, as a session has it.

The address holds the activity, the step ("tour") and the fields of the activity that differ from
those of the step. So `?activity=flip&tour=2` alone shows what the second step speaks of. How it is
drawn: `stage_page`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Generic, cast

import streamlit as st
from typing_extensions import TypeVar

from pages.ui import lesson as pieces
from pages.ui.outline import Activity, Lesson, Question, Step
from pages.ui.parts import Parts
from pages.ui.query import (
    Choice,
    Field,
    Flag,
    Integer,
    Label,
    Values,
    read_query,
    repair,
    write_query,
)
from pages.ui.state import Link

MOST_STEPS = 20
COMMON = ("activity", "tour", "present", "reading")
TAKE_AWAY, PAPERS = "Take away", "Papers"
SKIPPED = "·skipped"  # in place of an answer
ANSWER_FIRST = "Answer the question first, or skip it: it asks about what stands here."

S_co = TypeVar("S_co", covariant=True, default=object)
"""The dataclass of an activity's state; a function that is given any stage reads none of it."""


@dataclass(frozen=True)
class Staged:
    """A field of the address that belongs to some activities of a lesson.

    Its default is that of the step that is shown. In other activities it is None, and not in the
    address.
    """

    lesson: Lesson
    name: str
    of: Mapping[str, Field]  # by the activity's slug

    @property
    def browser_owned(self) -> bool:
        return next(iter(self.of.values())).browser_owned

    def default(self, values: Values) -> Any:
        own = self.of.get(values["activity"])
        if own is None:
            return None
        wanted = step_of(self.lesson, values).state
        if self.name in wanted:
            try:
                return own.parse(own.text(wanted[self.name]), values)
            except ValueError:  # a step about a checkpoint that is not there
                pass
        return own.default(values)

    def parse(self, text: str, values: Values) -> Any:
        own = self.of.get(values["activity"])
        if own is None:
            raise ValueError("left out in this activity")
        return own.parse(text, values)

    def text(self, value: Any) -> str:
        return next(iter(self.of.values())).text(value)

    @property
    def options(self) -> Callable[[Values], tuple[str, ...]]:
        """What a `Choice` offers in the present activity."""

        def offered(values: Values) -> tuple[str, ...]:
            own = self.of[values["activity"]]
            assert isinstance(own, Choice)
            return own.options(values) if callable(own.options) else own.options

        return offered


def step_of(lesson: Lesson, values: Values) -> Step:
    """The step that the values speak of."""
    steps = lesson.activity(values["activity"]).steps
    return steps[min(values["tour"], len(steps)) - 1]


def link_of(lesson: Lesson) -> Link:
    """The state of a lesson, and how the address holds it."""
    found: dict[str, dict[str, Field]] = {}
    for activity in lesson.activities:
        for name, own in activity.fields().items():
            found.setdefault(name, {})[activity.slug] = own
    common: dict[str, Field] = {
        "activity": Choice(tuple(activity.slug for activity in lesson.activities)),
        "tour": Integer(1, lambda values: len(lesson.activity(values["activity"]).steps), 1),
    }
    for name, of in found.items():
        if len({own.browser_owned for own in of.values()}) > 1:
            raise TypeError(
                f"activities {', '.join(of)} of {lesson.slug} do not agree who keeps the field "
                f"{name!r}, Python or the browser: give one of them another name"
            )
    staged = {name: Staged(lesson, name, of) for name, of in found.items()}
    apart: dict[str, Field] = {
        "present": Flag(),
        "reading": Label((*lesson.reading, TAKE_AWAY, PAPERS)),
    }
    return Link(lesson.slug.replace("-", "_") or "home", {**common, **staged, **apart})


@dataclass
class Stage(Generic[S_co]):
    """What an activity's picture, controls and files are given.

    Attributes:
        lesson, activity: what is shown.
        link: the lesson's state, to be set in callbacks.
        values: of this run, by the name of the field.
        cost: where and how long it was computed, in words; the picture may set it.
        engine: checkpoints that the reader's browser can draw, see pages/ui/engine.py.
        parts: of the page that change while something learns.
        last: what is to be done when all else is on the page, such as to follow a training.
    """

    lesson: Lesson
    activity: Activity
    link: Link
    values: Values
    cost: str = ""
    engine: tuple[str, ...] = ()
    parts: Parts = field(default_factory=Parts)
    last: Callable[[], None] | None = None
    made: dict[str, Any] = field(default_factory=dict)
    """What the picture computed and the files below it use: filled by the picture."""

    @cached_property
    def state(self) -> S_co:
        """The activity's state: an instance of `activity.state`."""
        names = [each.name for each in fields(self.activity.state)]
        return cast("S_co", self.activity.state(**{name: self.values[name] for name in names}))

    @property
    def step(self) -> Step:
        return step_of(self.lesson, self.values)

    @property
    def number(self) -> int:
        """Which step it is, counted from 1."""
        return min(self.values["tour"], len(self.activity.steps))

    @property
    def present(self) -> bool:
        return bool(self.values["present"])

    @property
    def answer(self) -> str | None:
        """What was answered to the step's question: a choice, `SKIPPED`, or None."""
        return self.answer_to(self.activity.slug, self.number)

    def answer_to(self, activity: str, number: int) -> str | None:
        """The same of any step of the lesson."""
        return self._answers.get((activity, number))

    @property
    def _answers(self) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = st.session_state.setdefault(self.key("·answers"), {})
        return found

    @property
    def asks(self) -> bool:
        """Whether a question stands there that is not answered yet."""
        return self.step.question is not None and self.answer is None

    @property
    def hidden(self) -> list[str]:
        """The parts of the picture that are covered now."""
        question = self.step.question
        asked = question.hide if question is not None and self.answer is None else ()
        return sorted({*self.step.hide, *asked})

    def withheld(self, *parts: str) -> str:
        """Why a table or a file that shows parts of the picture is not here now, in words.

        Args:
            parts: by the names that `hide` has; where none is given, all that may be covered, and
                any question that is asked now withholds it.

        Returns:
            "" where no question that is still open, of this step or a later one, covers them.
        """
        wanted = set(parts)

        def asks(question: Question | None, covered: set[str]) -> bool:
            hide = covered.intersection(question.hide if question else ())
            return bool(hide & wanted if wanted else hide)

        if self.asks and (not wanted or asks(self.step.question, set(self.hidden))):
            return ANSWER_FIRST
        later = enumerate(self.activity.steps[self.number :], self.number + 1)
        for number, step in later:
            answered = self.answer_to(self.activity.slug, number) is not None
            if not answered and asks(step.question, set(self.step.hide)):
                return (
                    f"Step {number} asks about what stands here: answer the question there first, "
                    "or skip it."
                )
        return ""

    @property
    def goto(self) -> dict[str, Any] | None:
        """Where the picture goes, once for each number "nonce": what its `meta` is told."""
        found: dict[str, Any] | None = st.session_state.get(self.key("goto"))
        if found is None and (place := self.place()):
            return {**place, "nonce": 0}
        return found

    def meta(self) -> dict[str, Any]:
        """What every picture is told of the stage."""
        return {
            "present": self.present,
            "hidden": self.hidden,
            "goto": self.goto,
            "resets": self.link.resets,
            "arrivals": self.link.arrivals,
            "step": [self.activity.slug, self.number],
        }

    def key(self, name: str) -> str:
        """The key of a widget, or of something kept in the session."""
        return self.link.key(name)

    # --- what buttons do: in callbacks, before the next run ------------------------------------

    def set(self, **values: Any) -> None:
        """Set fields of the activity.

        The browser may send what a hand has changed together with the button that opens another
        step. Where that step is open already, the change is of the state that "Back to mine"
        brings back.
        """
        here = {name: self.values[name] for name in ("activity", "tour")}
        if all(self.link.get(name) == value for name, value in here.items()):
            self.link.set(**values)
            return
        key = self.key("·mine")
        mine = st.session_state.get(key, {})
        kept = mine if here.items() <= mine.items() else self.values
        if any(kept.get(name) != value for name, value in values.items()):
            st.session_state[key] = {**kept, **values}

    def send(self, place: Mapping[str, Any]) -> None:
        """Send the picture to a place."""
        self.link.forget()
        before = st.session_state.get(self.key("goto")) or {"nonce": 0}
        st.session_state[self.key("goto")] = {**place, "nonce": before["nonce"] + 1}

    def open(self, activity: str, number: int) -> None:
        """Open a step; the state of one's own that this replaces is kept for "Back to mine"."""
        now = self._now()
        if self._touched(now):
            st.session_state[self.key("·mine")] = now
        wanted = {"activity": activity, "tour": str(number)}
        values, _ = read_query(self.link.fields, wanted)
        values |= {name: self.values[name] for name in ("present", "reading")}
        self.link.set(**{name: value for name, value in values.items() if self._is_mine(name)})
        self.send(step_of(self.lesson, values).place)

    def follow(self) -> None:
        """Send the picture to where the address has it, after a step back or forward in history."""
        key, arrivals = self.key("·followed"), self.link.arrivals
        before = st.session_state.get(key)
        st.session_state[key] = arrivals
        if before in (None, arrivals):  # a page that is opened reads the address by itself
            return
        told = {
            name: self.values[name]
            for name in self.link.fields
            if not self._is_mine(name) and self.values[name] is not None
        }
        place = {**self.place(), **told}
        if self.touched:  # what the step says of a place may not fit; the address says it all
            st.session_state[self.key("goto")] = {
                **place,
                "nonce": (self.goto or {}).get("nonce", 0),
            }
        else:
            self.send(place)

    def back_to_mine(self) -> None:
        """Bring back the state that was there before a step was opened."""
        mine = st.session_state.pop(self.key("·mine"))
        self.link.set(**{name: value for name, value in mine.items() if self._is_mine(name)})

    def reset(self) -> None:
        """The state of the step again; a seed that the step does not name stays."""
        self.link.reset()
        stays = {*COMMON} | ({"seed"} - self.step.state.keys())
        here = {name: self.values[name] for name in ("activity", "tour")}
        texts = {name: self.link.fields[name].text(value) for name, value in here.items()}
        values, _ = read_query(self.link.fields, texts)
        self.link.set(**{n: v for n, v in values.items() if n not in stays and self._is_mine(n)})
        self.link.set(**{name: self.values[name] for name in stays if name in self.values})
        self._answers.pop((self.activity.slug, self.number), None)
        self.send(self.place())

    def reseed(self) -> None:
        """Another seed than the present one."""
        seed = self.values["seed"]
        while seed == self.values["seed"]:
            seed = random.randint(0, pieces.MOST_SEED)
        self.set(seed=seed)

    def reply(self, answer: str) -> None:
        """Answer the step's question, or skip it: what was covered is shown."""
        question = self.step.question
        assert question is not None
        self._answers[self.activity.slug, self.number] = answer
        if question.state is not None:
            self.set(**question.state)
        if question.place is not None:
            self.send(question.place)

    def _is_mine(self, name: str) -> bool:
        return not self.link.fields[name].browser_owned

    def place(self) -> Mapping[str, Any]:
        """Where the step has the picture; once its question is answered, where that has it."""
        question = self.step.question
        if question is not None and self.answer is not None and question.place is not None:
            return question.place
        return self.step.place

    def _now(self) -> Values:
        """The values as they are now: a callback before this one may have set some.

        What a control held that is no longer there is none: the browser sends it for a while, or
        sends that it holds nothing.
        """
        found = dict(self.values)
        for name in filter(self._is_mine, found):
            now = self.link.get(name)
            found[name] = found[name] if now is None else now
        right = repair(self.link.fields, found)
        return {name: right[name] if self._is_mine(name) else found[name] for name in found}

    @property
    def touched(self) -> bool:
        """Whether the student's own hand has changed what the step shows."""
        return self._touched(self.values)

    def _touched(self, values: Values) -> bool:
        question = self.step.question
        shown = question.state if question is not None and self.answer is not None else None
        texts = {"activity": self.activity.slug, "tour": str(self.number)}
        of_step, _ = read_query(self.link.fields, texts)
        own = self._own(values)
        return bool(own) and own != self._own({**of_step, **(shown or {})})

    def _own(self, values: Values) -> dict[str, str]:
        """What the address would hold of them, but for what all lessons and the browser keep."""
        return {
            name: text
            for name, text in write_query(self.link.fields, values).items()
            if name not in COMMON and not self.link.fields[name].browser_owned
        }

    @property
    def mine(self) -> bool:
        """Whether a state of one's own waits to be brought back."""
        return self.key("·mine") in st.session_state
