"""The lab: any model on any small data, trained live; runs side by side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from arviz_models.analysis.lab_settings import (
    DATA,
    OWN,
    Settings,
)
from pages.lab import figures, files, here, images, own, rivals, sheets
from pages.lab.compare import COMPARE, NLL_IN_WORDS
from pages.lab.complete import COMPLETE
from pages.lab.controls import TABLES, actions, check, controls
from pages.lab.presets import PRESETS
from pages.lab.runs import (
    MOST_RUNS,
    REFUSED,
    LabRun,
    curves_csv,
    restore,
    rows,
    runs,
    shown,
    table_csv,
    take_all,
)
from pages.lab.state import fields
from pages.ui import curves, stage_page, work
from pages.ui.live import on_server
from pages.ui.outline import Activity, Entry, Lesson
from pages.ui.stage import Stage

ARRIVED, LOST = "lab.arrived", "lab.lost"
HEIGHT = 340  # of the curves, in pixels
VIEW = {"unit": "lab.unit", "across": "lab.across"}


@st.cache_data(show_spinner="Reading the images", max_entries=30)
def _lines_of_data(data: str, levels: int, model: str) -> list[Any]:
    from arviz_models.analysis.lab import yardsticks

    return yardsticks(data, levels, model)


def _yardsticks(run: LabRun | None, settings: Settings) -> list[Any]:
    """The lines that a run is measured by, or would be one of these settings."""
    if run is None:
        data, levels, model = settings.data, settings.levels, settings.kind.name
    else:
        data, levels, model = run.options["data"], run.levels, run.options["model"]
    if data != OWN:  # what is here alone is computed for all sessions once
        return _lines_of_data(data, levels, model)
    mine = own.ready(settings) if run is None else run.images
    return own.yardsticks(run.dimensions if run else settings.dimensions, levels, model, mine)


@st.cache_data(show_spinner=False, max_entries=30)
def _real_images(data: str, levels: int) -> np.ndarray:
    """The first training images, uint8 (8, D)."""
    from arviz_models.analysis.lab import training_images

    return training_images(data, levels)


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage[Settings]) -> None:
    """Curves and samples of the run that is shown; below them all runs."""
    work.warm("model", model=stage.state.kind.name)
    take_all()
    _follow_link(stage)
    chosen = _selected()
    run = chosen[0] if len(chosen) == 1 else shown()
    stage.made["run"] = run
    if run is None:
        st.empty()  # what is below stays the same element
    else:
        _note_in_link(stage, run)
        run.tell(stage.parts, partial(_progress, run))
    here.place(stage)
    _refusals(run)
    if run is None:
        _before_any(stage)
    else:
        _shown(stage, run, chosen)
    if runs() and not stage.present:
        _table()
    trains = next((each for each in runs().values() if each.job is not None), None)
    if trains is not None:  # the table tells of it, whichever run is shown
        stage.last = partial(stage.parts.follow, trains)
    here.await_answer(stage)


def _follow_link(stage: Stage[Settings]) -> None:
    """The run of a link, when someone has come by it."""
    token = str(stage.link.kept(stage.values, {"run": ""})["run"])
    seen, now = st.session_state.get(ARRIVED), (stage.link.arrivals, token)
    st.session_state[ARRIVED] = now
    if token and seen != now:
        st.session_state[LOST] = not restore(token)
    lost = st.session_state.get(LOST) and token not in runs()  # a browser may have kept it
    if token and lost and stage.state.data != OWN:  # which says so itself
        st.warning(
            "This server no longer has the run of this link. Its settings are here: **Start** "
            "trains it again, to the same figures."
        )


def _note_in_link(stage: Stage[Settings], run: LabRun) -> None:
    """The address names the run that is shown, as long as it also has its settings."""
    mine = run.settings is not None and run.settings == stage.state.used
    if mine and st.query_params.get("run") != run.token:
        st.query_params["run"] = run.token
        st.session_state[ARRIVED] = (stage.link.arrivals, run.token)
        st.session_state.pop(LOST, None)


def _refusals(run: LabRun | None) -> None:
    if REFUSED in st.session_state:
        st.error(st.session_state[REFUSED])
    if run is not None:
        run.say()


def _before_any(stage: Stage[Settings]) -> None:
    """Nothing has been trained: the images, and the lines that a loss will be measured by."""
    state = stage.state
    if not 2 <= state.levels <= DATA[state.data].most_levels:
        return
    if state.data == OWN and own.ready(state) is None:
        images.absent(stage, check(state.used)[1])
        return
    ground = _ground()
    left, right = _halves()
    lines = _yardsticks(None, state)
    with left:
        _choices()
        # A part as later, so that it is the same chart in the browser.
        stage.parts.add(lambda: _chart(stage, [], lines, state.dimensions), lambda: None)
    with right:
        real = (
            own.training_images(state)
            if state.data == OWN
            else _real_images(state.data, state.levels)
        )
        st.markdown("**What it learns from**")
        st.image(
            figures.real(real, state.shape[1:], state.levels, ground),
            width="stretch",
            alt=f"Eight images of {DATA[state.data].title}",
        )
        st.caption("Eight of the training images. Press **Start**, and the model's own stand here.")


def _shown(stage: Stage[Settings], run: LabRun, chosen: list[LabRun]) -> None:
    numbers = {id(each): number for number, each in enumerate(runs().values(), start=1)}
    others = [each for each in chosen if each is not run]
    drawn = [figures.Curve(each, numbers[id(each)], main=each is run) for each in (run, *others)]
    left, right = _halves()
    lines = _yardsticks(run, stage.state)
    with left:
        _choices()
        stage.parts.add(
            lambda: _chart(stage, drawn, lines, run.dimensions),
            lambda: tuple((each.done, len(each.kept)) for each in [run, *others]),
        )
    ground = _ground()
    with right:
        stage.parts.add(partial(_samples, run, ground), lambda: len(run.kept))
    stage.parts.add(partial(_readout, stage, run), lambda: (run.done, len(run.kept)))


def _halves() -> list[Any]:
    """The places of the curves and of the images, which come first on a phone."""
    return st.container(key="lab_picture").columns([1.7, 1], gap="medium")


def _choices() -> None:
    """How the curves are drawn."""
    with st.container(horizontal=True, vertical_alignment="center", key="lab_view"):
        for name, options in (("unit", figures.UNITS), ("across", figures.ACROSS)):
            st.segmented_control(
                name,
                options,
                default=options[0],
                key=VIEW[name],
                required=True,
                wrap=True,
                label_visibility="collapsed",
            )


def _chart(stage: Stage, drawn: list[figures.Curve], lines: list[Any], dimensions: int) -> None:
    state = st.session_state
    # A run of the page that another one has overtaken may leave a choice empty for a moment.
    unit = state[VIEW["unit"]] or figures.UNITS[0]
    across = state[VIEW["across"]] or figures.ACROSS[0]
    curves.show(
        "lab_curves",
        f"Training loss and validation NLL over {across}, logarithmic",
        figures.curves(drawn, unit, across),
        figures.levels(lines, unit, dimensions),
        figures.axes(unit, across),
        figures.units(unit, across),
        HEIGHT,
        stage.present,
        shows=f"{drawn[0].run.token if drawn else ''} {unit} {across}",
    )


def _samples(run: LabRun, ground: str) -> None:
    now = run.now
    if now is None or run.samples is None:
        st.caption("The first samples come in a moment.")
        return
    when = f"step {now['step']:,}"
    st.markdown(f"**Samples, {when}**")
    st.image(
        figures.large(run.samples, run, ground),
        width="stretch",
        alt=f"Eight samples of the model after {when}",
    )
    before = figures.moments(run)
    if before:
        steps = ", ".join(f"{run.kept[number]['step']:,}" for number in before)
        st.image(
            figures.small(run, ground),
            width="stretch",
            alt=f"The same eight samples at steps {steps}",
        )
        st.caption(f"Below, a row each: the same eight seeds earlier, after step {steps}.")


def _readout(stage: Stage[Settings], run: LabRun) -> None:
    """The run in figures: what it is, how good, how fast."""
    now, bits = run.now, 1 / math.log(2) / run.dimensions
    words = [f"**{run.title}**"]
    if now is not None and now["valid"] is None:
        words.append("no NLL: the images that it has learned from are not in this session")
    elif now is not None:
        words.append(
            f"validation {now['valid']:.2f} nats = {now['valid'] * bits:.3f} bits/dim at step "
            f"{now['step']:,}"
        )
    if run.losses:
        words.append(f"training loss {run.recent:.2f} nats")
    if now is not None and now["pace"]:
        words.append(f"{now['pace']:,.0f} images a second")
    own = isinstance(run, here.BrowserRun)
    where = f"in {run.device}" if own else on_server(run.device)
    words.append(f"{run.parameters:,} parameters {where}")
    if run.options["model"].startswith("Leaky"):
        words.append("it leaks: this is no NLL")
    st.markdown(" · ".join(words))
    if run.settings is not None and run.settings != stage.state.used and not stage.present:
        st.caption("The settings beside describe another run: **Start** trains that one.")


def _table() -> None:
    """All runs of this session; those that are marked are drawn over each other."""
    found = list(runs().values())
    config = {
        "run": st.column_config.NumberColumn("Run", width="small"),
        "title": st.column_config.TextColumn("What", width="medium"),
        "state": st.column_config.TextColumn("State", width="small"),
        "valid_nats": st.column_config.NumberColumn("Valid, nats", format="%.2f"),
        "valid_bits_per_dim": st.column_config.NumberColumn("bits/dim", format="%.3f"),
        "loss_nats": st.column_config.NumberColumn("Training, nats", format="%.2f"),
        "steps": st.column_config.NumberColumn("Steps", format="%d"),
        "epochs": st.column_config.NumberColumn("Epochs", format="%.1f"),
        "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
        "images_per_second": st.column_config.NumberColumn("Images/s", format="%d"),
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
    }
    listed = rows(found)
    st.dataframe(
        {name: [each[name] for each in listed] for name in listed[0]},
        column_config=config,
        hide_index=True,
        height=min(35 * (len(found) + 1) + 3, 213),
        on_select="rerun",
        selection_mode="multi-row",
        key=_table_key(),
        placeholder="–",
    )
    st.caption(
        "Mark one run to see it, several to see their validation curves over each other. A click "
        "on a head sorts. A run that trains has its figures here once it is paused or has ended: "
        f"until then they are –. The last {MOST_RUNS} runs are kept."
    )


def _table_key() -> str:
    return f"lab.table.{st.session_state.get(TABLES, 0)}"


def _selected() -> list[LabRun]:
    """The runs that are marked in the table."""
    found = list(runs().values())
    marked = st.session_state.get(_table_key()) or {}
    chosen = marked.get("selection", {}).get("rows", [])
    return [found[number] for number in chosen if number < len(found)]


def _ground() -> str:
    return st.context.theme.type or "light"


def _progress(run: LabRun) -> str:
    if run.asked_to:
        return "It looks at what it has, and then stops"
    if run.settings is None:
        return "It is looked at"
    settings = run.settings
    length = f"{getattr(settings, settings.budget):,} {settings.budget}"
    return f"Step {run.done:,}, {run.part:.0%} of {length}"


# --- what can be taken away -----------------------------------------------------------------------


def take_away(stage: Stage) -> None:
    """The numbers as CSV."""

    def found() -> list[LabRun]:
        return [run for run in runs().values() if run.kept]

    stage.parts.add(lambda: _files(found()), lambda: len(found()))


def _files(found: list[LabRun]) -> None:
    if not found:
        st.caption("There is nothing to save before something is trained.")
        return
    with st.container(horizontal=True):
        st.download_button("Runs, CSV", partial(table_csv, found), "runs.csv", on_click="ignore")
        st.download_button(
            "Curves, CSV", partial(curves_csv, found), "curves.csv", on_click="ignore"
        )


def meaning(stage: Stage[Settings]) -> None:
    """What the lines of the picture are."""
    if stage.activity is not TRAIN:
        st.markdown(NLL_IN_WORDS)
        return
    state = stage.state
    run: LabRun | None = stage.made.get("run")
    if run is None and not 2 <= state.levels <= DATA[state.data].most_levels:
        return
    dimensions = state.dimensions if run is None else run.dimensions
    for each in _yardsticks(run, state):
        bits = each.nats / math.log(2) / dimensions
        st.markdown(f"- **{each.word}**, {each.nats:.2f} nats = {bits:.3f} bits/dim: {each.why}.")
    st.markdown(
        "The training loss is that of each batch before its step. The validation NLL is the mean "
        "of the first 300 validation images, or of all where there are fewer: always the same "
        "images. Nats count a whole image; bits/dim are nats / (D · ln 2), so that images of "
        "different size can be compared."
    )


def samples(stage: Stage[Settings]) -> None:
    """What the shipped models of the same images draw."""
    if stage.activity is TRAIN:
        sheets.of_group(rivals.group_name(stage.state.data, stage.state.levels))
    elif stage.activity is COMPARE:
        sheets.of_group(stage.state.data)
    else:
        chosen = rivals.rival_of(stage.values.get("model", ""))
        sheets.of_group("" if chosen is None else rivals.group_of(chosen))


def page(lesson: Entry) -> None:
    """The page."""
    assert isinstance(lesson, Lesson)
    stage_page.perform(lesson)


TRAIN = Activity(
    slug="train",
    title="Train",
    state=Settings,
    fields=fields,
    picture=picture,
    actions=actions,
    controls=controls,
    steps=PRESETS,
    take_away=take_away,
)

LAB = Lesson(
    slug="lab",
    title="Lab",
    heading="The lab",
    idea="Train any model, live; complete pictures with it, and compare what models give them.",
    page=page,
    activities=(TRAIN, images.IMAGES, COMPLETE, COMPARE),
    reading={
        "What the lines mean": meaning,
        "What shipped models draw": samples,
        "Save and load": files.save_and_load,
        "Code": files.code,
    },
)
