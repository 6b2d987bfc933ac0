"""Activity of the lab: the student's own images, uploaded or drawn, and how they are converted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from arviz_models.analysis.lab_settings import KINDS, MOST_EPOCHS, OWN, SIDES, Settings
from pages.lab.own import PAD, SET, OwnSet, mine, ready
from pages.lab.presets import OWN_STEP
from pages.lab.runs import shown
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Step
from pages.ui.stage import Stage

MOST_LEVELS = 256
MOST_SHOWN = 400  # images of the sheet
MOST_FILE = 32  # megabytes of an upload
LEAST_STEPS = 600  # that a training of few images takes, where so many epochs are allowed
UPLOADS, CLEARED = "lab.own.uploads", "lab.own.cleared"
PLACES = {"centred": "Centred strokes", "whole": "The whole picture"}
GUESS = "Guess"
INKS = {GUESS: None, "Dark on light": True, "Light on dark": False}
PRIVATE = (
    "Your pictures stay in the memory of this session: no file of them is written, and no other "
    "visitor sees them. They are gone two minutes after this page is closed."
)


@dataclass(frozen=True)
class NothingInTheAddress:
    """What is set here belongs to the pictures, which no link holds."""


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage) -> None:
    """The pad, and the sheet of what was understood."""
    stage.made["run"] = shown()
    _take_uploads()
    own = mine()
    left, right = st.columns([1, 2.4], gap="medium")
    with left:
        _pad(stage, own)
    with right:
        if own.problem:
            st.error(own.problem)
        if own.greys:
            _sheet(stage, own)
        else:
            _empty(own)


def _take_uploads() -> None:
    """Read what the uploader has, and empty it: Streamlit would keep the files themselves."""
    key = _upload_key()
    files = st.session_state.get(key)
    if not files:
        return
    with st.spinner("Reading the pictures"):
        mine().read([(each.name, each.getvalue()) for each in files])
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1  # an uploader with nothing
    st.session_state.pop(CLEARED, None)
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for each in files:
            context.uploaded_file_mgr.remove_file(context.session_id, each.file_id)


def _upload_key() -> str:
    return f"lab.own.files.{st.session_state.get(UPLOADS, 0)}"


def _pad(stage: Stage, own: OwnSet) -> None:
    mount(
        "lab_pad",
        key="lab_pad",
        data=pack(stage.meta() | look() | {"side": PAD, "heard": own.heard}, {}),
        on_drawings_change=_drawn,
    )


def _drawn() -> None:
    """Callback of the pad: drawings that were added."""
    st.session_state.pop(CLEARED, None)
    mine().draw(st.session_state["lab_pad"].get("drawings") or [])


def _empty(own: OwnSet) -> None:
    st.markdown(
        "**Draw a digit in the pad, and press *Add this drawing*.** Or upload pictures at the "
        "right: many PNG or JPEG files, or one zip. Every picture then stands here as a model "
        "will see it."
    )
    _left_out(own)


def _sheet(stage: Stage, own: OwnSet) -> None:
    now = own.conversion
    with st.spinner("Converting the pictures"):
        inks = own.inks()[:MOST_SHOWN]
    meta = {
        "side": now.side,
        "levels": now.levels,
        "threshold": now.threshold,
        "count": len(own.greys),
        "names": [each[:60] for each in own.names[:MOST_SHOWN]],
        "out": sorted(own.out),
    }
    mount(
        "lab_sheet",
        key="lab_sheet",
        data=pack(stage.meta() | look() | meta, {"inks": inks}),
        on_threshold_change=_threshold,
        on_out_change=_out,
    )
    st.markdown(counted(own.standing(), len(own.refused)))
    if not stage.present:
        _left_out(own)


def _threshold() -> None:
    """Callback of the sheet: the hand has left the threshold."""
    given = st.session_state["lab_sheet"].get("threshold")
    if isinstance(given, (int, float)) and 0 <= given <= 1:
        _convert(threshold=round(float(given), 2))


def _out() -> None:
    """Callback of the sheet: which pictures are left out by hand."""
    own, given = mine(), st.session_state["lab_sheet"].get("out")
    if isinstance(given, list):
        own.out = frozenset(int(each) for each in given if 0 <= int(each) < len(own.greys))


def _convert(**changed: Any) -> None:
    own = mine()
    own.conversion = replace(own.conversion, **changed)


def counted(standing: Sequence[str], refused: int) -> str:
    """How many images there are, what was left out, and how they are split, in words."""
    from arviz_models.analysis.own_images import LEAST_IMAGES, shares, too_few

    count = Counter(standing)
    kept = count["kept"]
    gone = [
        f"{count[word]:,} {said}"
        for word, said in (
            ("repeat", "equal to an image before"),
            ("empty", "empty"),
            ("out", "by your hand"),
        )
        if count[word]
    ]
    if refused:
        gone.append(f"{refused:,} {'file' if refused == 1 else 'files'} that could not be read")
    words = f"**{kept:,} different {'image' if kept == 1 else 'images'}**"
    words += f"; left out: {', '.join(gone)}. " if gone else ". "
    if kept < LEAST_IMAGES:
        return words + f":orange[{too_few(kept)}]"
    train, valid, test = shares(kept)
    rough = " With so few, the validation NLL is rough." if valid < 20 else ""
    return words + (
        f"They are shuffled, always in the same way: **{train:,}** to learn from, **{valid:,}** "
        f"for the validation NLL, **{test:,}** kept for a test.{rough}"
    )


def _left_out(own: OwnSet) -> None:
    """Each file that was left out, and each with which something was done."""
    told = [("Left out", own.refused), ("To know", own.notes)]
    if not any(listed for _, listed in told):
        return
    title = f"Files left out: {len(own.refused):,}" if own.refused else "Notes on the files"
    with st.expander(title, expanded=not own.greys):
        for word, listed in told:
            for name, why in listed.items():
                st.text(f"{word}: {name[:80]}: {why}")


# --- the controls ---------------------------------------------------------------------------------


def controls(stage: Stage) -> None:
    """The upload, the conversion, and the way to a training."""
    from arviz_models.analysis.own_images import MOST_BYTES, MOST_IMAGES

    own = mine()
    st.file_uploader(
        "Pictures, PNG or JPEG, or a zip of them",
        type=["png", "jpg", "jpeg", "zip"],
        accept_multiple_files=True,
        max_upload_size=MOST_FILE,
        key=_upload_key(),
        help=f"Up to {MOST_IMAGES:,} pictures of up to 16 million pixels each, and "
        f"{MOST_BYTES // 2**20} MB together. Colours become grey. Labels are not needed. What is "
        "added later joins what is here.",
    )
    _conversion(own)
    with st.container(horizontal=True, key="lab_own_buttons"):
        st.button(
            "Train on these",
            key="lab.own.train",
            type="primary",
            disabled=ready(_settings(own)) is None,
            on_click=partial(_train, stage),
        )
        if own.greys or CLEARED not in st.session_state:
            st.button("Clear", key="lab.own.clear", disabled=not own.greys, on_click=_clear)
        else:
            st.button("Undo clear", key="lab.own.undo", on_click=_undo)
    st.caption(PRIVATE)


def _conversion(own: OwnSet) -> None:
    now, state = own.conversion, st.session_state
    state["lab.own.side"], state["lab.own.levels"] = now.side, now.levels
    state["lab.own.dark"] = next(word for word, dark in INKS.items() if dark is now.dark)
    state["lab.own.fit"] = now.fit
    left, right = st.columns([1.6, 1], gap="small")
    with left:
        st.segmented_control(
            "Size",
            SIDES,
            format_func=lambda side: f"{side}×{side}",
            key="lab.own.side",
            required=True,
            wrap=True,
            on_change=_chosen,
            args=("side",),
        )
    with right:
        st.number_input(
            "Levels K",
            2,
            MOST_LEVELS,
            key="lab.own.levels",
            step=1,
            on_change=_chosen,
            args=("levels",),
            help="2: black and white, by the threshold below the sheet. More: the range from "
            "ground to full ink is cut evenly.",
        )
    st.segmented_control(
        "Ink",
        list(INKS),
        key="lab.own.dark",
        required=True,
        wrap=True,
        on_change=_chosen,
        args=("dark",),
        help="Guess takes the colour of each picture's border for its ground.",
    )
    st.caption(_guessed(own))
    st.segmented_control(
        "What is taken",
        list(PLACES),
        format_func=PLACES.__getitem__,
        key="lab.own.fit",
        required=True,
        wrap=True,
        on_change=_chosen,
        args=("fit",),
        help="Centred strokes are cut out, scaled and put in the middle, as the digits of MNIST "
        "were. The whole picture is only made smaller.",
    )


def _chosen(name: str) -> None:
    """Callback of a control of the conversion."""
    value = st.session_state[f"lab.own.{name}"]
    _convert(**{name: INKS[value] if name == "dark" else value})


def _guessed(own: OwnSet) -> str:
    """What the pictures themselves look like."""
    dark = own.dark()
    ways = (("dark on light", dark), ("light on dark", len(own.greys) - dark))
    said = [f"{count:,} {way}" for way, count in ways if count]
    return f"The borders say: {', '.join(said)}." if said else ""


def _clear() -> None:
    """Callback: no pictures; what is set stays, and one press brings the pictures back."""
    state, before = st.session_state, mine()
    state[CLEARED] = before
    state[SET] = OwnSet(conversion=before.conversion, heard=before.heard)


def _undo() -> None:
    """Callback: the pictures of before Clear."""
    state = st.session_state
    heard, conversion = mine().heard, mine().conversion
    state[SET] = replace(state.pop(CLEARED), heard=heard, conversion=conversion)


# --- to a training --------------------------------------------------------------------------------


def _settings(own: OwnSet) -> Settings:
    return Settings(data=OWN, side=own.conversion.side, levels=own.conversion.levels)


def _train(stage: Stage) -> None:
    """Callback: the activity "Train", with these images."""
    stage.open("train", OWN_STEP)
    suit(stage)


def suit(stage: Stage) -> None:
    """Set what a training of the own images needs: size, levels, a batch that is not too large."""
    from arviz_models.analysis.own_images import shares

    own = mine()
    count = own.standing().count("kept")
    train = max(1, shares(count)[0]) if count > 2 else 1
    batch = min(KINDS[stage.link.get("model") or Settings.model].batch, train)
    epochs = -(-LEAST_STEPS * batch // train)
    stage.link.set(
        data=OWN,
        side=own.conversion.side,
        levels=own.conversion.levels,
        batch=batch,
        epochs=max(Settings.epochs, min(MOST_EPOCHS, epochs)),
    )


def told(settings: Settings) -> None:
    """How many own images a training has."""
    from arviz_models.analysis.own_images import shares, standing

    images = ready(settings)
    if images is not None:
        train, valid, _ = shares(standing(images).count("kept"))
        st.caption(
            f"{settings.side}×{settings.side}: {train:,} to learn from, {valid:,} for the "
            "validation NLL. **Your images** shows them."
        )


def absent(stage: Stage, why: str) -> None:
    """In place of a training on own images that are not here: why, and what there is instead."""
    st.warning(why)
    with st.container(horizontal=True):
        st.button(
            "Your images",
            key="lab.own.go",
            type="primary",
            on_click=stage.open,
            args=("images", 1),
        )
        st.button(
            "Take the digits of 8×8",
            key="lab.own.instead",
            on_click=partial(stage.link.set, data="digits", levels=2, side=Settings.side),
        )


def take_away(stage: Stage) -> None:
    """The pictures as a zip, which gives the same data set when it is uploaded."""
    own = mine()
    if not own.kept:
        st.caption("There is nothing to save before pictures are added.")
        return
    pictures_button(own.kept, "lab.own.zip")
    st.caption(
        "Drawings and uploads as PNG files, in grey and upright, at most 128 pixels a side. "
        "Uploaded again, with the same settings, they give the same images."
    )


def pictures_button(greys: Sequence[np.ndarray], key: str) -> None:
    """A button that saves pictures as a zip."""

    def packed() -> bytes:
        from arviz_models.analysis.own_images import zipped

        return zipped(greys)

    st.download_button(
        "Pictures, zip",
        packed,
        "my_images.zip",
        mime="application/zip",
        on_click="ignore",
        key=key,
    )


IMAGES = Activity(
    slug="images",
    title="Your images",
    state=NothingInTheAddress,
    fields=dict,
    picture=picture,
    controls=controls,
    steps=(
        Step(
            "Images of your own",
            "Draw digits one after the other, or upload pictures. The sheet shows each as a model "
            "sees it: few pixels, few levels. Drag the threshold and watch what becomes ink. "
            "Click an image to leave it out. Ten different images are enough to begin, hundreds "
            "are better.",
        ),
    ),
    take_away=take_away,
)
