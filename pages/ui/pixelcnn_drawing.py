"""Two tabs of the PixelCNN lesson that take a brush: a pixel's softmax, and a drawing completed."""

from __future__ import annotations

import base64
import binascii
import random
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import digits, lesson, live
from pages.ui.components import look, mount, pack
from pages.ui.models import cards as model_cards
from pages.ui.models import model, problem
from pages.ui.state import MOST_FLIPS, Choice, Field, FlipList, Flips, Integer, Link, Number, Values

NO_MODEL = "none"
CLASSES = ("PixelCNN", "GatedPixelCNN")
CONTINUATIONS = 8
Painting = tuple[int, bytes]  # number of levels K, and the level of each pixel in raster order


def shipped() -> dict[str, dict[str, Any]]:
    """Cards of the shipped models that the tabs can show, by name: images of one channel."""
    found = {name: card for kind in CLASSES for name, card in model_cards(kind).items()}
    return {name: card for name, card in found.items() if card["config"]["event_shape"][0] == 1}


def _names(values: Values) -> tuple[str, ...]:
    return tuple(shipped()) or (NO_MODEL,)


def _config(name: str) -> dict[str, Any]:
    nothing = {"event_shape": [1, 1, 1], "levels": 2, "layers": 0}
    return dict(shipped().get(name, {}).get("config", nothing))


def _pixels(values: Values, of: str) -> int:
    _, height, width = _config(values[of])["event_shape"]
    return int(height * width)


def title_of(name: str) -> str:
    """A checkpoint as a control shows it."""
    if name == NO_MODEL:
        return name
    kind = "Gated PixelCNN" if shipped()[name]["class"] == "GatedPixelCNN" else "PixelCNN"
    levels = _config(name)["levels"]
    return kind if levels == 2 else f"{kind}, {levels} levels"


# --- what the link holds --------------------------------------------------------------------------


@dataclass(frozen=True)
class Painted:
    """Pixels painted over a digit, as `FlipList`; the levels are those of the model."""

    browser_owned: bool = False

    def default(self, values: Values) -> Flips:
        return ()

    def parse(self, text: str, values: Values) -> Flips:
        levels = _config(values["softmax_model"])["levels"]
        return self._flips(levels).parse(text, values)

    def text(self, value: Flips) -> str:
        return self._flips(2).text(value)

    def _flips(self, levels: int) -> FlipList:
        return FlipList(partial(_pixels, of="softmax_model"), levels)


@dataclass(frozen=True)
class Drawing:
    """A whole image painted by hand, or None: ``K.`` and its levels as bits, in base64.

    It keeps its own K, so that a model with other levels can show it too.
    """

    browser_owned: bool = False

    def default(self, values: Values) -> Painting | None:
        return None

    def parse(self, text: str, values: Values) -> Painting:
        pixels = _pixels(values, "complete_model")
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


FIELDS: dict[str, Field] = {
    "softmax_model": Choice(_names),
    "softmax_digit": Integer(0, digits.TEST_DIGITS - 1, 1),
    "softmax_pixel": Integer(0, lambda values: _pixels(values, "softmax_model") - 1, 16 * 28 + 12),
    "softmax_paint": Painted(),
    "complete_model": Choice(_names),
    "complete_digit": Integer(0, digits.TEST_DIGITS - 1, 0),
    "complete_rows": Integer(
        0, lambda values: _config(values["complete_model"])["event_shape"][1] - 1, 14
    ),
    "complete_temperature": Number(0, 3, 1),
    "complete_drawing": Drawing(),
}


# --- arrays, kept for all sessions ----------------------------------------------------------------


def _digits(name: str, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The strip that holds test digit `index` at a model's levels, and the digit itself."""
    card = shipped()[name]
    strip = digits.strip(card["data"], card["config"]["levels"], index)
    return strip, digits.chosen(strip, index)


@st.cache_data(show_spinner="Following every path through the layers", max_entries=8)
def _table(name: str) -> bytes:
    """What each pixel's conditional reads, for all targets: sent once, kept in the browser."""
    from arviz_models.figures.pixelcnn_drawing import field_table

    return pack({"name": f"field {name}"}, field_table(model(name)))


@st.cache_data(show_spinner=False, max_entries=128)
def _conditionals(name: str, x: np.ndarray) -> dict[str, np.ndarray]:
    from arviz_models.figures.pixelcnn_drawing import conditionals

    return conditionals(model(name), x)


@st.cache_data(show_spinner=False, max_entries=128)
def _gradient(name: str, x: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    from arviz_models.figures.pixelcnn_drawing import gradient

    return gradient(model(name), x, target)


@st.cache_data(show_spinner=False, max_entries=64)
def _surprise(name: str, x: np.ndarray) -> np.ndarray:
    from arviz_models.figures.pixelcnn_drawing import surprise

    return surprise(model(name), x)


# --- a pixel's softmax ----------------------------------------------------------------------------


def softmax_tab(link: Link, state: Values) -> None:
    """A real digit, the field of one pixel over it, and that pixel's softmax; paint and see."""
    name = state["softmax_model"]
    if name == NO_MODEL:
        st.error(problem("PixelCNN"))
        return
    st.markdown(
        "Click a pixel of this test digit for its softmax, then **paint**: what that pixel does "
        "not read cannot move it. Try to break that."
    )
    _choose_model(link, "softmax_model")
    strip, digit = _digits(name, state["softmax_digit"])
    x = digit.copy()
    for index, level in state["softmax_paint"]:
        x.flat[index] = level
    target = divmod(min(state["softmax_pixel"], x.size - 1), x.shape[1])
    now, before = _conditionals(name, x), _conditionals(name, digit)
    meta = {
        "model": name,
        "title": title_of(name),
        "table": f"field {name}",
        "layers": _config(name)["layers"],
        "levels": _config(name)["levels"],
        "rows": x.shape[0],
        "columns": x.shape[1],
        "target": target[0] * x.shape[1] + target[1],
        "digit": state["softmax_digit"],
        "most": MOST_FLIPS,
        "nonce": st.session_state.get("pixelcnn.softmax_nonce", 0),
        "resets": link.resets,
    }
    arrays = {
        "x": x,
        "base": digit,
        "logits": now["logits"],
        "log_p": now["log_p"],
        "base_logits": before["logits"],
        "base_log_p": before["log_p"],
        "gradient": _gradient(name, x, target),
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "pixel_softmax",
        key="pixelcnn_softmax",
        data=pack(meta | look(), arrays),
        on_edit_change=lambda: _edit_softmax(link),
    )
    mount("weights", key="pixelcnn_softmax_table", data=_table(name))
    _softmax_files(name, x, digit, target)


def _edit_softmax(link: Link) -> None:
    """Callback of the picture: another pixel, other paint, or another digit."""
    edit = st.session_state["pixelcnn_softmax"].get("edit")
    if not edit:
        return
    st.session_state["pixelcnn.softmax_nonce"] = int(edit["nonce"])
    if "digit" in edit:
        link.set(softmax_digit=_digit_of(edit), softmax_paint=())
    else:
        painted = {int(index): int(level) for index, level in edit["paint"]}
        link.set(softmax_pixel=int(edit["target"]), softmax_paint=tuple(sorted(painted.items())))


def _softmax_files(name: str, x: np.ndarray, digit: np.ndarray, target: tuple[int, int]) -> None:
    from arviz_models.figures import pixelcnn_drawing as figures

    lesson.downloads(
        f"softmax-{target[0]}-{target[1]}",
        lambda: figures.softmax_figure(model(name), x, digit, target),
        {"All pixels, CSV": (lambda: figures.conditional_table(model(name), x, target), "csv")},
    )


# --- a drawing completed --------------------------------------------------------------------------


def completion_tab(link: Link, state: Values) -> None:
    """The first rows of a drawing are given, the model draws the rest, and how surprised it is."""
    name = state["complete_model"]
    if name == NO_MODEL:
        st.error(problem("PixelCNN"))
        return
    st.markdown(
        "Draw the upper part of a digit, take a test digit's, or upload one: the model draws the "
        "rows below the line."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choose_model(link, "complete_model")
        st.slider(
            "Temperature",
            0.0,
            3.0,
            step=0.1,
            width=200,
            key=link.key("complete_temperature"),
            help="Divides the logits of what is drawn. 1 is the model as trained; 0 takes the "
            "likeliest value each time. The surprise is always that of the model as trained.",
        )
        # Another key is another popover: closed, once a picture was taken.
        uploads = st.session_state.get("pixelcnn.uploads", 0)
        with st.popover("Upload a picture", key=f"pixelcnn.upload_{uploads}"):
            st.file_uploader(
                "PNG or JPEG, with strokes on a plain ground",
                type=["png", "jpg", "jpeg"],
                key="pixelcnn.upload",
                on_change=partial(_uploaded, link),
            )
            if error := st.session_state.pop("pixelcnn.upload_error", None):
                st.error(error)
        running = st.container(width=200)  # here, where its Stop is in sight and moves nothing

    strip, digit = _digits(name, state["complete_digit"])
    x = _at_levels(state["complete_drawing"], name, digit)
    waiting = st.session_state.get("pixelcnn.waiting") == link.resets
    with running:
        trace = None if waiting else _continue(name, x, state)
    drawn = x[None][:0] if trace is None else trace.x[:, 0]
    rows = state["complete_rows"]
    nats = _surprise(name, np.concatenate([x[None], drawn]))
    meta = {
        "model": name,
        "levels": _config(name)["levels"],
        "rows": x.shape[0],
        "columns": x.shape[1],
        "given": rows,
        "count": CONTINUATIONS,
        "digit": state["complete_digit"],
        "painted": state["complete_drawing"] is not None,
        "nonce": st.session_state.get("pixelcnn.complete_nonce", 0),
        "trace_id": repr((*_key(name, x, state), link.resets)) if trace is not None else None,
    }
    arrays = {
        "x": x,
        "surprise": nats[0],
        "drawn": drawn.astype(np.uint8),
        "drawn_surprise": nats[1:],
        "base": digit,
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "completion",
        key="pixelcnn_completion",
        data=pack(meta | look(), arrays),
        on_edit_change=lambda: _edit_completion(link),
    )
    if trace is not None:
        st.caption(live.cost(trace))
        _completion_files(name, drawn, nats[1:], rows)
    elif not waiting:
        st.info("Stopped. Press **Complete** to begin again.")


def _key(name: str, x: np.ndarray, state: Values) -> tuple[Any, ...]:
    values = (state[f"complete_{field}"] for field in ("rows", "temperature"))
    return ("complete", name, x.tobytes(), *values, state["seed"])


def _continue(name: str, x: np.ndarray, state: Values) -> Any:
    """The trace of the continuations, or None where the visitor stopped it."""
    from arviz_models.figures.pixelcnn_drawing import given_rows
    from arviz_models.sampler import Request

    request = Request(
        model(name),
        state["seed"],
        n=CONTINUATIONS,
        given=given_rows(x, state["complete_rows"]),
        temperature=state["complete_temperature"],
        record=False,
    )
    return live.run(request, _key(name, x, state))


def _at_levels(drawing: Painting | None, name: str, digit: np.ndarray) -> np.ndarray:
    """A drawing as the model takes it, (H, W); the test digit where nothing is drawn."""
    if drawing is None:
        return digit
    own, pixels = drawing
    x = np.frombuffer(pixels, np.uint8).reshape(digit.shape)
    return np.rint(x * ((_config(name)["levels"] - 1) / (own - 1))).astype(np.uint8)


def _edit_completion(link: Link) -> None:
    """Callback of the picture: other strokes or rows, another digit, or the button Complete."""
    edit = st.session_state["pixelcnn_completion"].get("edit")
    if not edit:
        return
    state = st.session_state
    state["pixelcnn.complete_nonce"] = int(edit["nonce"])
    wait = not ("digit" in edit or edit["complete"])
    state["pixelcnn.waiting"] = link.resets if wait else None
    state.pop("stopped", None)
    if "digit" in edit:
        link.set(complete_digit=_digit_of(edit), complete_drawing=None)
        return
    painted = edit["painted"]
    levels = _config(link.get("complete_model"))["levels"]
    link.set(
        complete_rows=int(edit["rows"]),
        complete_drawing=None if painted is None else (levels, bytes(painted)),
    )


def _uploaded(link: Link) -> None:
    """Callback of the uploader: the picture becomes the drawing, or the reason is said."""
    from arviz_models.figures.pixelcnn_drawing import PictureError, read_picture

    file = st.session_state["pixelcnn.upload"]
    if file is None:
        return
    config = _config(link.get("complete_model"))
    _, height, width = config["event_shape"]
    try:
        x = read_picture(file, (height, width), config["levels"])
    except PictureError as error:
        st.session_state["pixelcnn.upload_error"] = str(error)
        return
    st.session_state["pixelcnn.waiting"] = None
    st.session_state["pixelcnn.uploads"] = st.session_state.get("pixelcnn.uploads", 0) + 1
    link.set(complete_drawing=(config["levels"], x.tobytes()))


def _completion_files(name: str, x: np.ndarray, nats: np.ndarray, rows: int) -> None:
    from arviz_models.figures import pixelcnn_drawing as figures

    levels = _config(name)["levels"]
    lesson.downloads(
        f"completed-{rows}",
        partial(figures.completion_figure, x, nats, rows, levels),
        {
            "Animation, GIF": (partial(figures.completion_animation, x, rows, levels), "gif"),
            "Every pixel, CSV": (partial(figures.completion_table, x, nats, rows), "csv"),
            "Arrays, NPZ": (partial(figures.completion_archive, x, nats, rows), "npz"),
        },
    )


# --- shared by both -------------------------------------------------------------------------------


def _choose_model(link: Link, field: str) -> None:
    st.segmented_control(
        "Model",
        list(shipped()),
        format_func=title_of,
        key=link.key(field),
        required=True,
        label_visibility="collapsed",
    )


def _digit_of(edit: dict[str, Any]) -> int:
    """The test digit that was picked; another one where that is left to chance."""
    picked = edit["digit"]
    return random.randrange(digits.TEST_DIGITS) if picked is None else int(picked)
