"""The page of a lesson: its stage, drawn.

head: the lesson, its activities, Present, Copy link, Reset
left: the picture of this activity      right: the step, its question, Back, Next, controls
below: what is read: formula, code, what to take away, what people get wrong, papers
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages.ui import engine
from pages.ui import lesson as pieces
from pages.ui.components import mount, pack
from pages.ui.glossary import glossed
from pages.ui.outline import Lesson, Question
from pages.ui.stage import ANSWER_FIRST, PAPERS, SKIPPED, TAKE_AWAY, Stage, link_of
from pages.ui.state import Link
from pages.ui.uncut import uncut

NOTHING_IS_KEPT = "This browser stores nothing, so your progress is not kept."
AFTER_THE_ANSWER = (
    "This may tell the answer to the question above. It is shown once you have answered or skipped "
    "the question."
)


def show(lesson: Lesson) -> None:
    """The page of a lesson."""
    perform(lesson)


def perform(lesson: Lesson) -> Stage:
    """All that a lesson shows; the stage that it stood on."""
    link = link_of(lesson)
    try:
        return _perform(lesson, link)
    except Exception:  # not what ends a run: this is all that is drawn of it
        link.drawn()
        raise


def _perform(lesson: Lesson, link: Link) -> Stage:
    with uncut():
        values = link.read()
        stage = Stage(lesson, lesson.activity(values["activity"]), link, values)
        stage.follow()
    _head(stage)
    picture, panel = st.columns([3.1, 1.25] if not stage.present else [2.6, 1], gap="medium")
    shown = picture.container(key="stage_picture")  # empty: its frame holds its place (theme.css)
    with panel, st.container(key="stage_panel"):
        _tell(stage)
        controls = st.container(key="stage_controls")
    failed = False
    with shown:
        try:
            stage.activity.picture(stage)
        except RuntimeError as error:
            if not pieces.is_ours(error):
                raise
            st.error(str(error))
            failed = True
    if stage.asks:  # passes and steps are what some questions ask about
        stage.cost = ""
    with controls:  # also beside a picture that failed: another model may open
        if stage.activity.actions is not None:
            stage.activity.actions(stage)
        if stage.activity.controls is not None:
            if stage.present:
                with st.popover("Controls"):
                    stage.activity.controls(stage)
            else:
                stage.activity.controls(stage)
        if stage.engine:
            engine.switch(stage)
        elif stage.cost:
            st.caption(stage.cost)
    link.drawn()
    if failed:
        st.stop()
    if not stage.present:
        with pieces.guarded():
            _reading(stage)
        link.drawn()
    if stage.last is not None:
        stage.last()
    return stage


def _head(stage: Stage) -> None:
    """The lesson's name, its activities, and what is done to all of it."""
    if stage.present:
        st.html(pieces.PRESENTING)
    row = st.container(horizontal=True, vertical_alignment="center", key="head")
    row.title(stage.lesson.heading or stage.lesson.title, anchor=False, width="content")
    with row:
        if len(stage.lesson.activities) > 1:
            chosen = stage.key("·chosen")
            st.session_state[chosen] = stage.activity.slug

            def choose() -> None:
                slug = st.session_state[chosen]
                if not stage.link.was("activity", slug):
                    stage.open(slug, 1)

            st.segmented_control(
                "Activities",
                [activity.slug for activity in stage.lesson.activities],
                format_func=lambda slug: stage.lesson.activity(slug).title,
                key=chosen,
                required=True,
                wrap=True,
                label_visibility="collapsed",
                on_change=choose,
            )
        with st.container(horizontal=True, gap="medium", width="content", key="actions"):
            _actions(stage)
    pieces.show_notices(stage.link)


def _actions(stage: Stage) -> None:
    link = stage.link

    def present(on: bool) -> None:
        # The browser knows no value of a control that a closed popover held: all are sent anew.
        mine = [name for name in link.fields if not link.fields[name].browser_owned]
        link.set(**{**{name: link.get(name) for name in mine}, "present": on})

    if stage.present:
        st.button(
            "Leave",
            type="tertiary",
            key="stage_leave",
            shortcut="esc",
            on_click=present,
            args=(False,),
            help="Leave the presentation",
        )
    else:
        st.button(
            "Present",
            type="tertiary",
            on_click=present,
            args=(True,),
            help="The picture and the step alone, for a projector. Page Down goes on, Esc leaves.",
        )
    address = {"page": stage.lesson.slug, "restored": link.restored}
    mount("copy_link", key=stage.key("copy"), data=pack(address, {}), width="content")
    st.button(
        "Reset", type="tertiary", on_click=stage.reset, help="As this step shows it, same seed"
    )
    if "seed" in stage.values and stage.values["seed"] is not None:
        st.button(
            "Reseed",
            type="tertiary",
            on_click=stage.reseed,
            help="Other random numbers, all else the same",
        )


def _tell(stage: Stage) -> None:
    """The step: its words, its question, and the way on."""
    step, total = stage.step, len(stage.activity.steps)
    st.caption(f"Step {stage.number} of {total}")
    st.subheader(step.title, anchor=False)
    text = step.text(stage) if callable(step.text) else step.text
    if text:
        st.markdown(glossed(text), unsafe_allow_html=True)
    if step.question is not None:
        _ask(stage, step.question)
        if step.after and not stage.asks:
            st.markdown(glossed(step.after), unsafe_allow_html=True)
    _ways_on(stage, total)
    if stage.touched:
        st.caption(
            "You have changed what this step shows, so its words may no longer fit. **Reset** "
            "brings it back."
        )
    mount(
        "progress",
        key="stage_progress",
        on_blocked_change=partial(_nothing_is_kept, stage),
        data=pack(
            {
                "lesson": stage.lesson.slug,
                "activity": stage.activity.slug,
                "step": stage.number,
                "steps": {each.slug: len(each.steps) for each in stage.lesson.activities},
                "blocked": bool(st.session_state.get("·blocked")),
            },
            {},
        ),
    )


def _nothing_is_kept(stage: Stage) -> None:
    """Callback: say once a session that the browser has no storage."""
    stage.link.tell_again()
    if not st.session_state.get("·blocked"):
        st.session_state["·blocked"] = True
        stage.link.note(NOTHING_IS_KEPT)


def _ask(stage: Stage, question: Question) -> None:
    """The question with its answers to choose from; afterwards what there is to say to them."""
    with st.container(key="stage_question"):
        st.markdown(glossed(f"**Before you look:** {question.text}"), unsafe_allow_html=True)
        if stage.answer is None:
            for number, answer in enumerate(question.answers):
                st.button(
                    answer,
                    key=f"stage_answer_{number}",
                    width="stretch",
                    on_click=stage.reply,
                    args=(answer,),
                )
            st.button(
                "Skip", key="stage_skip", type="tertiary", on_click=stage.reply, args=(SKIPPED,)
            )
            return
        st.markdown(glossed(reply_to(question, stage.answer)), unsafe_allow_html=True)


def reply_to(question: Question, answer: str) -> str:
    """What is said to an answer: why it is wrong, which one is right, and the reason."""

    def ended(words: str) -> str:
        return f"**{words if words[-1] in '.!?' else words + '.'}**"

    right = f"{question.answers[question.right]} {question.why}".strip()
    if answer == question.right:
        return f":green[✓] {ended(answer)} {right}"
    named = f"The answer is: {ended(question.right)} {right}"
    if answer == SKIPPED:
        return named
    return f":red[✗] {ended(answer)} {question.answers[answer]} {named}"


def _ways_on(stage: Stage, total: int) -> None:
    """Back and Next; at the end of an activity the next one, at the end of a lesson no more."""
    activities = stage.lesson.activities
    place = activities.index(stage.activity)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="stage_ways"):
        if stage.number > 1:
            back: tuple[str, int] | None = (stage.activity.slug, stage.number - 1)
        elif place:
            back = (activities[place - 1].slug, len(activities[place - 1].steps))
        else:
            back = None
        st.button(
            "Back",
            key="stage_back",
            icon=":material/arrow_back:",
            disabled=back is None,
            shortcut="pageup",
            on_click=stage.open if back else None,
            args=back,
        )
        if stage.mine:
            st.button(
                "Back to mine",
                key="stage_mine",
                type="tertiary",
                on_click=stage.back_to_mine,
                help="The state that you had made by hand before you opened a step",
            )
        if stage.number < total:
            label, on = "Next", (stage.activity.slug, stage.number + 1)
        elif place + 1 < len(activities):
            label, on = activities[place + 1].title, (activities[place + 1].slug, 1)
        else:
            _next_lesson(stage)
            return
        st.button(
            label,
            key="stage_next",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            shortcut="pagedown",
            on_click=stage.open,
            args=on,
        )


def _next_lesson(stage: Stage) -> None:
    """The way to the next lesson, from the last one to the lab: the frame knows it (`after`)."""
    follower = st.session_state.get("·after", {}).get(stage.lesson.slug)
    if follower is not None:
        st.page_link(
            follower,
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"present": "1"} if stage.present else None,
        )


def _reading(stage: Stage) -> None:
    """What stands below the stage: to read and to take away.

    While a question is asked, none of it is shown that may tell the answer.
    """
    parts: dict[str, Callable[[Any], None]] = dict(stage.lesson.reading)
    if stage.activity.take_away is not None:
        parts[TAKE_AWAY] = stage.activity.take_away
    if stage.lesson.papers:
        parts[PAPERS] = lambda _: pieces.papers(stage.lesson.papers)
    if not parts:
        return
    if list(parts) == [TAKE_AWAY]:  # what is taken away costs a second: only for who asks
        folded = st.expander(TAKE_AWAY, key=stage.key("take_away"), on_change="rerun")
        if folded.open:
            with folded:
                _read(stage, TAKE_AWAY, parts[TAKE_AWAY])
        return
    key = stage.key("reading")
    if st.session_state[key] not in parts:  # the activity has none of that
        st.session_state[key] = next(iter(parts))
    # Not Streamlit's tabs: the browser needs 20 ms for those in each run, a fifth of a step.
    with st.container(key="stage_reading"):
        st.segmented_control(
            "What to read",
            list(parts),
            key=key,
            required=True,
            wrap=True,
            label_visibility="collapsed",
        )
        chosen = st.session_state[key]
        _read(stage, chosen, parts[chosen])


def _read(stage: Stage, title: str, fill: Callable[[Any], None]) -> None:
    """One part of what stands below, or why it is not shown yet."""
    question = stage.step.question
    if question is None or not stage.asks:
        fill(stage)
    elif title != TAKE_AWAY:
        st.caption(AFTER_THE_ANSWER)
    elif question.hide:
        st.caption(ANSWER_FIRST)
    else:  # the files hold what the picture shows
        fill(stage)
