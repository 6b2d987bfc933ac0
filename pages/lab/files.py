"""A run as files: its weights with their card, one from a file, and the run as code."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.analysis.lab_settings import OWN
from pages.lab.here import BrowserRun
from pages.lab.images import pictures_button
from pages.lab.runs import LabRun, add, begin, from_file

if TYPE_CHECKING:
    from arviz_models.analysis.lab_history import History
    from pages.ui.stage import Stage

UPLOAD, PROBLEM = "lab.upload", "lab.upload.problem"


def card_of(run: LabRun) -> dict[str, Any]:
    """What the card says of a run beside its class and config."""
    from arviz_models.analysis.lab import VALIDATED

    now = run.now or {"valid": None}
    figures = (
        {}
        if now["valid"] is None
        else {"valid_nll": round(now["valid"], 4), "validated": VALIDATED}
    )
    trained: dict[str, Any] = {
        name: run.options[name]
        for name in ("data", "levels", "seed", "learning_rate", "batch_size", "epochs", "seconds")
        if name in run.options
    }
    if run.options["data"] == OWN:  # what they were like, and never themselves
        trained["shape"] = run.options["config"]["event_shape"]
        trained |= {} if run.conversion is None else {"conversion": asdict(run.conversion)}
    return {
        **trained,
        "lab": run.title,
        "steps": run.held,
        **figures,
        "training_seconds": round(run.seconds, 1),
        "device": run.device,
    }


def saved(run: LabRun) -> bytes:
    """The .zip of a run.

    Raises:
        ValueError: it cannot be saved; why, in words.
    """
    from arviz_models.analysis.lab_files import packed

    assert run.weights is not None
    options, name = run.options, name_of(run)
    history = history_of(run)
    return packed(name, options["model"], options["config"], run.weights, card_of(run), history)


def history_of(run: LabRun) -> History | None:
    """How it came to its weights; None of a run from a file that does not say so."""
    from arviz_models.analysis.lab_history import History

    if run.settings is None or run.now is None:
        return None
    mine = not isinstance(run, BrowserRun) and run.settings.data != OWN
    state = run.state if mine and run.paused else None
    held = run.now["step"]
    seconds, exploded = run.seconds, bool(run.problem) and run.closed
    return History(
        run.settings, run.losses, run.kept, run.frames, held, run.part, seconds, exploded, state
    )


def name_of(run: LabRun) -> str:
    """The stem of its files."""
    return f"{run.options['model'].lower()}-{run.options['data'].replace('_', '-')}"


def save_and_load(stage: Stage) -> None:
    """The run that is shown as a file, and a file as a run."""
    left, right = st.columns(2, gap="large")
    with left:
        _save(stage.made.get("run"))
    with right:
        _load()


def _save(run: LabRun | None) -> None:
    st.markdown("**Save this run**")
    if run is None or run.weights is None or run.live:
        st.caption("There are weights to save once a run has stopped, or is paused.")
        return
    if run.options["model"].startswith("Leaky"):
        st.caption(
            "This model reads what it must not, so that it is no density. No file may hold it. Its "
            "code is under *Code*."
        )
        return
    with np.errstate(over="ignore"):
        fits = bool(np.isfinite(run.weights.astype(np.float16)).all())
    if not fits:
        st.caption("Some weights are too large for a file in float16. Train with a lower rate.")
        return
    st.download_button(
        "Weights and card, zip",
        partial(saved, run),
        f"{name_of(run)}.zip",
        mime="application/zip",
        on_click="ignore",
    )
    st.caption(
        f"The weights of step {run.held:,} as .safetensors in float16, and a card in JSON that "
        "says what they are: the format of the shipped checkpoints. Beside them settings, losses "
        "and samples, so that the run can be loaded on any server; a paused run that has trained "
        "on a server can go on there."
    )


def _load() -> None:
    st.markdown("**Load a run**")
    st.file_uploader(
        "The .zip of a saved run, or its weights and card",
        type=["zip", "safetensors", "json", "pt", "pth", "bin", "pkl", "ckpt"],
        accept_multiple_files=True,
        max_upload_size=40,
        key=UPLOAD,
        on_change=_uploaded,
        help="Its sizes are compared with its card before anything is read, and nothing in it is "
        "run. It stays in this session.",
    )
    if PROBLEM in st.session_state:
        st.error(st.session_state[PROBLEM])


def _uploaded() -> None:
    """Callback: look at the model in the files, or say what is wrong with them."""
    from arviz_models.analysis.lab_files import FileError, read

    state = st.session_state
    state.pop(PROBLEM, None)
    given = state[UPLOAD]
    if not given:
        return
    try:
        loaded = read([(each.name, each.getvalue()) for each in given])
    except FileError as error:
        state[PROBLEM] = f"It cannot be loaded: {error}."
        return
    run = from_file(loaded, given[0].name[:40])
    if run.kept:  # all that a look would tell is there
        add(run)
    else:
        begin(run)


def code(stage: Stage) -> None:
    """The run as a script."""
    from arviz_models.analysis.lab_files import script

    run: LabRun | None = stage.made.get("run")
    if run is None or run.settings is None or run.live or run.weights is None:
        st.caption("Once a run has stopped, its script stands here.")
        return
    if run.settings.data == OWN and run.conversion is None:
        st.caption("There is no script of this run: its images are not in this session.")
        return
    text = script(run.settings, run.held, run.conversion)
    own = run.conversion is not None
    same = "to the same figures"
    if isinstance(run, BrowserRun):
        same += ", but for rounding"
    if own:
        st.markdown(
            f"This script trains the same model on the same pictures {same}. Save the pictures, "
            "and run it in the folder of ARViz: `python lab_run.py my_images.zip`. It takes a "
            "folder of pictures, too."
        )
    else:
        st.markdown(
            f"This script trains the same model {same}. Run it in the folder of ARViz: "
            "`python lab_run.py`."
        )
    with st.container(horizontal=True):
        st.download_button("Script", text, "lab_run.py", mime="text/x-python", on_click="ignore")
        if own:
            pictures_button(run.pictures, "lab.code.zip")
    st.code(text, language="python")
