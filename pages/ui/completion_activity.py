"""Activity of every image lesson: some rows are given, and the network draws the rest.

    COMPLETE = completion_activity({"pixelcnn-mnist": "PixelCNN"}, steps=(Step(...), ...))

The rows above a line are given. With `sides`, the reader may give those below it instead: a model
with one order comes to them last, so no pixel that it draws reads them. One that was trained over
many orders takes what is given first.

In a step, `state` sets model, digit, rows, side, temperature, drawing and seed; `place` sets

- step: pixels drawn below the line; play: whether it goes on from there
- chosen: which of the completions is shown large, from 0

What `hide` can cover: "completions".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import digits, hand, lesson, work
from pages.ui.completing import Completion, show
from pages.ui.models import model, shipped
from pages.ui.outline import Activity, Step
from pages.ui.query import Choice, Field, Integer, Number, Values
from pages.ui.stage import Stage

NOTHING = "none"
ABOVE, BELOW = "above", "below"
Painting = tuple[int, bytes]  # number of levels K, and the level of each pixel in raster order


@dataclass(frozen=True)
class Completing:
    """What decides the completions.

    Attributes:
        model: name of the checkpoint.
        digit: place in the test split.
        rows: above the line.
        side: whether the rows `ABOVE` or `BELOW` the line are given.
        temperature: divides the logits.
        drawing: painted by hand in place of the digit.
        seed: of the random numbers.
    """

    model: str
    digit: int
    rows: int
    side: str
    temperature: float
    drawing: Painting | None
    seed: int


def completion_activity(
    models: Mapping[str, str],
    steps: Sequence[Step],
    *,
    slug: str = "complete",
    title: str = "Complete",
    sides: bool = False,
) -> Activity:
    """The activity, for one lesson.

    Args:
        models: checkpoints of images with one channel, and what they are called; the first one
            shipped is the default.
        steps: as the module says.
        slug, title: of the activity.
        sides: whether the reader chooses which side of the line is given.
    """
    return Activity(
        slug=slug,
        title=title,
        state=Completing,
        fields=partial(_fields, models, sides),
        picture=partial(_picture, models=models),
        controls=partial(_controls, models=models, sides=sides),
        steps=tuple(steps),
        take_away=_take_away,
    )


def _config(name: str) -> dict[str, Any]:
    nothing = {"event_shape": [1, 1, 1], "levels": 2}
    return dict(shipped((name,)).get(name, {}).get("config", nothing))


def _pixels(values: Values) -> int:
    _, height, width = _config(values["model"])["event_shape"]
    return int(height * width)


@dataclass(frozen=True)
class Painted:
    """A whole image painted by hand, or None: ``K.`` and its levels as bits, in base64.

    It keeps its own K, so that a model with other levels can show it too.

    Attributes:
        pixels: D, given the fields declared before.
    """

    pixels: Callable[[Values], int] = _pixels
    browser_owned: bool = False

    def default(self, values: Values) -> Painting | None:
        return None

    def parse(self, text: str, values: Values) -> Painting:
        pixels = self.pixels(values)
        expected = f"a painted image of {pixels} pixels, as the page writes it"
        found = re.fullmatch(r"([0-9]{1,3})\.([\w-]{1,2000})", text, re.ASCII)
        levels = int(found[1]) if found else 0
        if found is None or not 2 <= levels <= 256:
            raise ValueError(expected)
        try:
            raw = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
        except binascii.Error:
            raise ValueError(expected) from None
        bits = (levels - 1).bit_length()
        if len(raw) != (pixels * bits + 7) // 8:
            raise ValueError(expected)
        each = np.unpackbits(np.frombuffer(raw, np.uint8))[: pixels * bits].reshape(pixels, bits)
        values_of = np.packbits(np.pad(each, ((0, 0), (8 - bits, 0))))
        if int(values_of.max()) >= levels:
            raise ValueError(expected)
        return levels, values_of.tobytes()

    def text(self, value: Painting) -> str:
        levels, pixels = value
        bits = (levels - 1).bit_length()
        each = np.unpackbits(np.frombuffer(pixels, np.uint8)).reshape(-1, 8)[:, 8 - bits :]
        return f"{levels}." + base64.urlsafe_b64encode(np.packbits(each).tobytes()).decode().rstrip(
            "="
        )


@dataclass(frozen=True)
class Rows(Integer):
    """Given rows, up to `high`: half of all where nothing else is said."""

    def default(self, values: Values) -> int:
        high = self.high(values) if callable(self.high) else self.high
        return (high + 1) // 2


def _test_digits(name: str) -> int:
    """How many test images there are of those that a checkpoint was trained on."""
    card = shipped((name,)).get(name)
    return digits.TEST_IMAGES[card["data"]] if card else digits.TEST_DIGITS


def _fields(models: Mapping[str, str], sides: bool) -> dict[str, Field]:
    def most_rows(values: Values) -> int:
        return int(_config(values["model"])["event_shape"][1]) - 1

    names = tuple(shipped(tuple(models))) or (NOTHING,)

    def last_digit(values: Values) -> int:
        # Another activity of the lesson may have a digit, too, and declare it before the model.
        return _test_digits(values.get("model", names[0])) - 1

    return {
        "model": Choice(names),
        "digit": Integer(0, last_digit, 12),
        "rows": Rows(0, most_rows),
        "side": Choice((ABOVE, BELOW) if sides else (ABOVE,)),
        "temperature": Number(0, 3, 1),
        "drawing": Painted(),
        "seed": Integer(0, lesson.MOST_SEED),
    }


# --- the picture ----------------------------------------------------------------------------------


def _picture(stage: Stage[Completing], models: Mapping[str, str]) -> None:
    state = stage.state
    if state.model == NOTHING:
        st.error(
            f"No checkpoint of {', '.join(models)} was found in `assets/checkpoints`. Restore that "
            "folder, or train one: `python -m arviz_models train --help`"
        )
        return
    card = shipped((state.model,))[state.model]
    strip = digits.strip(card["data"], card["config"]["levels"], state.digit)
    digit = digits.chosen(strip, state.digit)
    levels = card["config"]["levels"]
    x = at_levels(state.drawing, levels, digit)
    meta = {
        "given": line_of(state),
        "below": state.side == BELOW,
        "digit": state.digit,
        "painted": state.drawing is not None,
    }
    drawn = Completion(
        name=state.model,
        network=partial(model, state.model),
        levels=levels,
        free=_free(state.model),
        checkpoint=True,
        x=x,
        given=_given(state, x),
        temperature=state.temperature,
        seed=state.seed,
        key=_key(state, x),
        model_key=state.model,
    )
    show(stage, drawn, digit, strip, meta, {}, partial(_edit, stage))


def _given(state: Completing, x: np.ndarray) -> np.ndarray:
    """Which pixels are given, bool (H, W)."""
    above = np.broadcast_to(np.arange(len(x))[:, None] < line_of(state), x.shape)
    return ~above if state.side == BELOW else above


def line_of(state: Completing) -> int:
    """Rows above the line; one at least where these are drawn."""
    return max(state.rows, 1) if state.side == BELOW else state.rows


def _free(name: str) -> bool:
    """Whether a checkpoint was trained to draw in any order."""
    return bool(_config(name).get("order_agnostic"))


def _key(state: Completing, x: np.ndarray) -> tuple[Any, ...]:
    part = (line_of(state), state.side)
    return ("complete", state.model, x.tobytes(), *part, state.temperature, state.seed)


def at_levels(drawing: Painting | None, levels: int, digit: np.ndarray) -> np.ndarray:
    """A drawing as a model of so many levels takes it, (H, W); the digit where nothing is drawn."""
    if drawing is None:
        return digit
    own, pixels = drawing
    x = np.frombuffer(pixels, np.uint8).reshape(digit.shape)
    return np.rint(x * ((levels - 1) / (own - 1))).astype(np.uint8)


def _edit(stage: Stage) -> None:
    """Callback of the picture: other strokes or rows, another digit, temperature and seed, or the
    button Complete."""
    edit = st.session_state[stage.key("completion")].get("edit")
    if not edit:
        return
    state = st.session_state
    state[stage.key("·nonce")] = int(edit["nonce"])
    wait = not ("digit" in edit or edit["complete"])
    state[stage.key("·waiting")] = stage.link.resets if wait else None
    state.pop(work.STOPPED, None)
    name = stage.link.get("model")
    if "digit" in edit:
        digit = digits.picked(edit["digit"], _test_digits(name))
        stage.set(digit=digit, drawing=None, **hand.sample_of(edit))
        return
    painted = edit["painted"]
    levels = _config(name)["levels"]
    stage.set(
        rows=int(edit["rows"]),
        drawing=None if painted is None else (levels, bytes(painted)),
        **hand.sample_of(edit),
    )


# --- beside and below it --------------------------------------------------------------------------


def _controls(stage: Stage, models: Mapping[str, str], sides: bool) -> None:
    known = list(shipped(tuple(models)))
    if len(known) > 1:
        st.segmented_control(
            "Model",
            known,
            format_func=lambda name: models[name],
            key=stage.key("model"),
            required=True,
            wrap=True,
        )
    if sides:
        st.segmented_control(
            "Given rows",
            (ABOVE, BELOW),
            format_func={ABOVE: "Above the line", BELOW: "Below the line"}.__getitem__,
            key=stage.key("side"),
            required=True,
            wrap=True,
        )
    # Another key is another popover: closed, once a picture was taken.
    uploads = st.session_state.get(stage.key("·uploads"), 0)
    with st.popover("Upload a picture", key=stage.key(f"upload_{uploads}")):
        st.file_uploader(
            "PNG or JPEG, with strokes on a plain ground",
            type=["png", "jpg", "jpeg"],
            max_upload_size=5,
            key=stage.key("upload"),
            on_change=partial(_uploaded, stage),
        )
        if error := st.session_state.pop(stage.key("·upload_error"), None):
            st.error(error)


def _uploaded(stage: Stage) -> None:
    """Callback of the uploader: the picture becomes the drawing, or the reason is said."""
    from arviz_models.analysis.picture_file import PictureError, read_picture

    session = st.session_state
    file = session[stage.key("upload")]
    if file is None:
        return
    config = _config(stage.link.get("model"))
    _, height, width = config["event_shape"]
    try:
        x = read_picture(file, (height, width), config["levels"])
    except PictureError as error:
        session[stage.key("·upload_error")] = str(error)
        return
    session[stage.key("·waiting")] = None
    session[stage.key("·uploads")] = session.get(stage.key("·uploads"), 0) + 1
    stage.set(drawing=(config["levels"], x.tobytes()))


def _take_away(stage: Stage[Completing]) -> None:
    """The completions as figure, film and tables."""
    from arviz_models.figures import completion as figures

    completions = stage.made.get("completions")
    made = completions() if completions and "completions" not in stage.hidden else None
    if made is None:
        st.caption("There is nothing to save before the rest is drawn.")
        return
    (x, nats), rows, below = made, line_of(stage.state), stage.state.side == BELOW
    levels = _config(stage.state.model)["levels"]
    lesson.downloads(
        f"completed-{rows}",
        partial(figures.completion_figure, x, nats, rows, levels, below=below),
        {
            "Animation, GIF": (
                partial(figures.completion_animation, x, rows, levels, below=below),
                "gif",
            ),
            "Every pixel, CSV": (partial(figures.completion_table, x, nats, rows, below), "csv"),
            "Arrays, NPZ": (partial(figures.completion_archive, x, nats, rows, below), "npz"),
        },
    )
