"""Activity: any part of a picture is given, any model draws the rest, and scores the whole picture.

In a step, `state` sets model, digit, rows, given, temperature, drawing and seed; `place` is that of
`pages.ui.completion_activity`. What `hide` can cover: "completions", and "range", where the picture
lies among the test images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.lab import rivals, sheets
from pages.lab.compare import pixels_csv, range_told
from pages.lab.complete_steps import STEPS
from pages.lab.rivals import Rival
from pages.lab.runs import take_all
from pages.ui import digits, hand, lesson, work
from pages.ui.completing import Completion, show
from pages.ui.completion_activity import Painted, Painting, Rows, at_levels
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity
from pages.ui.query import Choice, Field, Integer, Number, Values
from pages.ui.stage import Stage

NOTHING = "none"
RESERVE = 116  # CSS pixels, for the score below the picture


@dataclass(frozen=True)
class Completed:
    """What decides the completions.

    Attributes:
        model: name of a `Rival`.
        digit: place in the test split.
        rows: given above the line, where `given` is None.
        given: 1 for each pixel that is given, as a painting with two levels.
        temperature: divides the logits.
        drawing: painted by hand in place of the digit.
        seed: of the random numbers.
    """

    model: str
    digit: int
    rows: int
    given: Painting | None
    temperature: float
    drawing: Painting | None
    seed: int


def _chosen(values: Values) -> Rival | None:
    return rivals.rival_of(values["model"])


def pixels(values: Values) -> int:
    """D."""
    found = _chosen(values)
    return 1 if found is None else found.dimensions


def most_rows(values: Values) -> int:
    """One row at least is left to draw."""
    found = _chosen(values)
    return 0 if found is None else found.shape[0] - 1


def most(values: Values) -> int:
    """The last test image."""
    found = _chosen(values)
    return 0 if found is None else digits.TEST_IMAGES[found.data] - 1


def fields() -> Mapping[str, Field]:
    """How the address holds `Completed`."""
    names = [each.name for each in rivals.all_rivals()]
    return {
        "model": Choice(tuple(names) or (NOTHING,)),
        "digit": Integer(0, most, 12),
        "rows": Rows(0, most_rows),
        "given": Painted(pixels),
        "temperature": Number(0, 3, 1),
        "drawing": Painted(pixels),
        "seed": Integer(0, lesson.MOST_SEED),
    }


# --- the picture ----------------------------------------------------------------------------------


def picture(stage: Stage[Completed]) -> None:
    """The drawing with its completions; below them its score."""
    work.warm()
    take_all()
    state = stage.state
    rival = _chosen(stage.values)
    if rival is None:
        st.error(
            "No checkpoint was found in `assets/checkpoints`. Restore that folder, or train a "
            "model in the lab."
        )
        return
    strip = digits.strip(rival.data, rival.levels, state.digit)
    digit = digits.chosen(strip, state.digit)
    drawn = completion_of(state, rival, at_levels(state.drawing, rival.levels, digit))
    arrays = {}
    if state.given is not None:
        arrays["given"] = drawn.given.astype(np.uint8)
    if not rival.raster:
        arrays["order"] = np.array(rival.config["order"], np.int32)
    meta = {
        "given": state.rows,
        "below": False,
        "digit": state.digit,
        "painted": state.drawing is not None,
        "any": True,
        "reserve": RESERVE,
    }
    show(stage, drawn, digit, strip, meta, arrays, partial(_edit, stage))
    _score(stage, rival, drawn.x)


def completion_of(state: Completed, rival: Rival, x: np.ndarray) -> Completion:
    """What is completed, and by what."""
    if state.given is None:
        given = np.broadcast_to(np.arange(len(x))[:, None] < state.rows, x.shape)
    else:
        given = np.frombuffer(state.given[1], np.uint8).reshape(x.shape) > 0
    how = (state.temperature, state.seed)
    return Completion(
        rival.name,
        rival.network,
        rival.levels,
        rival.any_order,
        rival.shipped,
        x,
        given,
        *how,
        ("lab complete", rival.key, x.tobytes(), given.tobytes(), *how),
        rival.key,
    )


def _score(stage: Stage[Completed], rival: Rival, x: np.ndarray) -> None:
    """The surprisal map of the whole picture, its NLL, and the range of test images."""
    found = rivals.known_scores([rival], x)
    if found is None:
        stage.last = partial(_learn, rival, x, st.container())
        return
    nats, surprisal = found[rival.name]["nll"], found[rival.name]["surprisal"]
    range_of = None if "range" in stage.hidden else rivals.range_of(rival)
    meta = {
        "rows": rival.shape[0],
        "columns": rival.shape[1],
        "nats": nats,
        "bits": nats / math.log(2) / rival.dimensions,
        "title": rival.title,
        "note": rival.note,
        "digit": None if stage.state.drawing is not None else stage.state.digit,
        "covered": "range" in stage.hidden,
        "range": None if range_of is None else range_told(range_of, nats),
    }
    arrays = {"surprisal": surprisal.astype(np.float32)}
    mount("lab_score", key=stage.key("score"), data=pack(stage.meta() | meta | look(), arrays))
    stage.made |= {"nats": nats, "surprisal": surprisal, "x": x, "rival": rival}
    if not rival.shipped and rivals.range_of(rival) is None:
        stage.last = partial(_learn, rival, None, st.container())


def _learn(rival: Rival, x: np.ndarray | None, place: Any) -> None:
    """The score of a picture, or else the range of a run; then the page again. Call last."""
    with place:
        done = rivals.learn_ranges([rival]) if x is None else rivals.learn_scores([rival], x)
    if done:
        st.rerun()


def _edit(stage: Stage) -> None:
    """Callback of the picture: other strokes or given pixels, another digit, temperature and seed,
    or Complete."""
    edit = st.session_state[stage.key("completion")].get("edit")
    rival = _chosen({"model": stage.link.get("model")})
    if not edit or rival is None:
        return
    state = st.session_state
    state[stage.key("·nonce")] = int(edit["nonce"])
    wait = not ("digit" in edit or edit["complete"])
    state[stage.key("·waiting")] = stage.link.resets if wait else None
    state.pop(work.STOPPED, None)
    if "digit" in edit:
        digit = digits.picked(edit["digit"], digits.TEST_IMAGES[rival.data])
        stage.set(digit=digit, drawing=None, **hand.sample_of(edit))
        return
    painted, mask = edit["painted"], edit["mask"]
    stage.set(
        rows=int(edit["rows"]),
        given=None if mask is None else (2, bytes(mask)),
        drawing=None if painted is None else (rival.levels, bytes(painted)),
        **hand.sample_of(edit),
    )


# --- beside and below it --------------------------------------------------------------------------


def controls(stage: Stage) -> None:
    """The model, and what it has learned from."""
    found = {each.name: each for each in rivals.all_rivals()}
    st.selectbox(
        "Model",
        list(found) or [NOTHING],
        format_func=lambda name: _said(found[name]) if name in found else "None",
        key=stage.key("model"),
        on_change=stage.link.on_change(
            "model", partial(_other_model, stage, _chosen(stage.values))
        ),
    )
    sheets.beside(_chosen(stage.values))


def _said(rival: Rival) -> str:
    return f"{rival.title}; {rivals.group_title(rival)}"


def _other_model(stage: Stage, before: Rival | None) -> None:
    """Callback: another model; what was drawn and given stays where the images have one size."""
    now = _chosen({"model": st.session_state[stage.key("model")]})
    if before is None or now is None or before.shape == now.shape:
        return
    digit = min(stage.link.get("digit"), digits.TEST_IMAGES[now.data] - 1)
    stage.set(drawing=None, given=None, rows=now.shape[0] // 2, digit=digit)


def take_away(stage: Stage[Completed]) -> None:
    """The completions and the score as tables."""
    if "rival" not in stage.made:
        return
    name = f"completed-{stage.state.digit}"
    with st.container(horizontal=True):
        completions = stage.made.get("completions")
        if completions is not None and "completions" not in stage.hidden:
            st.download_button(
                "Completions, NPZ", partial(archive, completions), f"{name}.npz", on_click="ignore"
            )
        st.download_button(
            "Surprisal of the picture, CSV",
            partial(pixels_csv, stage.made["x"], {"surprisal_nats": stage.made["surprisal"]}),
            f"{name}-surprisal.csv",
            on_click="ignore",
        )


def archive(completions: Any) -> bytes:
    """The completions and the surprisal of their pixels, as NPZ."""
    import io

    target = io.BytesIO()
    found = completions()
    x, nats = found if found is not None else (np.zeros(0), np.zeros(0))
    np.savez_compressed(target, x=x, surprisal_nats=nats)
    return target.getvalue()


COMPLETE = Activity(
    slug="complete",
    title="Complete",
    state=Completed,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
