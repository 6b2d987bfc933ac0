"""The drawing tabs of the PixelCNN page without a browser: their link, arrays and edits."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from arviz_models import PixelCNN, load_dataset, load_pretrained
from arviz_models.figures.pixelcnn_drawing import conditionals, gradient, surprise
from arviz_models.pretrained import save_checkpoint
from arviz_models.receptive_field import first_seen
from pages.ui import digits
from pages.ui import pixelcnn_drawing as tabs
from pages.ui.state import Link, read_query, repair, write_query
from tests.pages import visiting
from tests.pages.visiting import FRAME, link, packed, ship, whole

PLAIN, GATED, GREY = "pixelcnn-mnist", "gated-pixelcnn-mnist", "pixelcnn-mnist-grey"
SOFTMAX, COMPLETE = "A pixel's softmax", "Complete a drawing"


@pytest.fixture
def grey_too(checkpoints: Path) -> Path:
    """The shipped models, and a small one with four levels beside them."""
    ship(checkpoints, PLAIN, GATED)
    torch.manual_seed(0)
    model = PixelCNN((1, 28, 28), levels=4, features=4, layers=1)
    save_checkpoint(model, GREY, {"data": "mnist", "levels": 4})
    return checkpoints


def visit(tab: str, **query: str) -> AppTest:
    """The page opened by a link, with one of its tabs open."""
    return visiting.open_tab(visiting.visit("pixelcnn", **query), "pixelcnn", tab)


def digit_of(index: int, name: str = "mnist_binary", levels: int | None = None) -> np.ndarray:
    image = load_dataset(name, levels).batch("test", [index])[0, 0].numpy()
    return image.astype(np.uint8)


# --- the link ------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 3, 4, 16, 256])
def test_a_drawing_comes_back_from_its_text(levels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, levels, 784).astype(np.uint8)
    field, values = tabs.Drawing(), {"complete_model": PLAIN}
    value = (levels, pixels.tobytes())
    text = field.text(value)
    assert field.parse(text, values) == value
    assert len(text) <= 5 + np.ceil(784 * np.ceil(np.log2(levels)) / 6)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2.",
        "1.AAAA",
        "300." + "A" * 131,
        "2." + "A" * 130,
        "2." + "A" * 133,
        "2." + "é" * 131,
        "2." + "A" * 1999,
        "2." + "=" * 131,
        "3." + "_" * 262,  # levels of 3 where K = 3
    ],
)
def test_a_drawing_that_does_not_fit_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="784 pixels"):
        tabs.Drawing().parse(text, {"complete_model": PLAIN})


def test_a_bad_link_falls_back_with_a_notice_for_each_field() -> None:
    wrong = {
        "softmax_model": "nade-mnist",
        "softmax_digit": "10000",
        "softmax_pixel": "784",
        "softmax_paint": "3-2",
        "complete_model": "x",
        "complete_digit": "-1",
        "complete_rows": "28",
        "complete_temperature": "9",
        "complete_drawing": "2.AAAA",
    }
    values, notices = read_query(tabs.FIELDS, wrong)
    assert len(notices) == len(wrong) == len(tabs.FIELDS)
    assert write_query(tabs.FIELDS, values) == {}


def test_a_link_restores_all_fields() -> None:
    query = {
        "softmax_model": GATED,
        "softmax_digit": "4",
        "softmax_pixel": "300",
        "softmax_paint": "20-1.40-0",
        "complete_model": GATED,
        "complete_digit": "9",
        "complete_rows": "7",
        "complete_temperature": "0.5",
        "complete_drawing": tabs.Drawing().text((2, bytes([1] * 784))),
    }
    values, notices = read_query(tabs.FIELDS, query)
    assert notices == []
    assert write_query(tabs.FIELDS, values) == query
    assert write_query(tabs.FIELDS, repair(tabs.FIELDS, values)) == query


def test_there_are_as_many_test_digits_as_the_link_takes() -> None:
    assert load_dataset("mnist_binary").size("test") == digits.TEST_DIGITS


def test_painted_levels_are_those_of_the_model(grey_too: Path) -> None:
    assert tabs.Painted().parse("5-3", {"softmax_model": GREY}) == ((5, 3),)
    with pytest.raises(ValueError, match="level below 2"):
        tabs.Painted().parse("5-3", {"softmax_model": PLAIN})
    # A widget changes the model alone: paint that no longer fits goes, paint that fits stays.
    values, _ = read_query(tabs.FIELDS, {"softmax_model": GREY, "softmax_paint": "5-3"})
    assert repair(tabs.FIELDS, {**values, "softmax_model": PLAIN})["softmax_paint"] == ()
    values, _ = read_query(tabs.FIELDS, {"softmax_model": PLAIN, "softmax_paint": "5-1"})
    assert repair(tabs.FIELDS, {**values, "softmax_model": GATED})["softmax_paint"] == ((5, 1),)


# --- what the pictures are given -----------------------------------------------------------------


def test_the_softmax_tab_shows_the_models_own_numbers() -> None:
    app = visit(SOFTMAX, softmax_digit="7", softmax_pixel="300", softmax_paint="250-1.251-0")
    meta, arrays = packed(app, "pixel_softmax")
    shipped, digit = load_pretrained(PLAIN, device="cpu"), digit_of(7)
    x = digit.copy()
    x.flat[250], x.flat[251] = 1, 0
    assert meta["target"] == 300
    assert meta["layers"] == shipped.config["layers"]
    np.testing.assert_array_equal(arrays["base"], digit.ravel())
    np.testing.assert_array_equal(arrays["x"], x.ravel())
    for prefix, image in (("", x), ("base_", digit)):
        expected = conditionals(shipped, image)
        np.testing.assert_array_equal(arrays[f"{prefix}logits"], expected["logits"].ravel())
        np.testing.assert_array_equal(arrays[f"{prefix}log_p"], expected["log_p"].ravel())
    expected_gradient = gradient(shipped, x, divmod(300, 28))
    np.testing.assert_array_equal(arrays["gradient"], expected_gradient.ravel())
    assert 7 in arrays["strip_indices"]

    assert isinstance(shipped, PixelCNN)
    table_meta, table = packed(app, "weights", "pixelcnn_softmax_table")
    assert table_meta["name"] == meta["table"]
    np.testing.assert_array_equal(table["first_seen"], first_seen(shipped).ravel())
    assert len([each for each in app.get("download_button")]) >= 3


def test_the_completion_tab_shows_the_models_own_numbers() -> None:
    app = visit(COMPLETE, complete_digit="7", complete_rows="20", seed="5")
    meta, arrays = packed(app, "completion")
    shipped, digit = load_pretrained(PLAIN, device="cpu"), digit_of(7)
    drawn = arrays["drawn"].reshape(tabs.CONTINUATIONS, 28, 28)
    assert meta["trace_id"]
    np.testing.assert_array_equal(drawn[:, :20], np.broadcast_to(digit[:20], (8, 20, 28)))
    assert len(np.unique(drawn.reshape(8, -1), axis=0)) > 1
    given = torch.full((1, 1, 28, 28), -1)
    given[0, 0, :20] = torch.from_numpy(digit[:20].astype(np.int64))
    generator = torch.Generator().manual_seed(5)
    expected = shipped.sample(8, given=given, generator=generator)[:, 0].numpy()
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_allclose(
        arrays["drawn_surprise"], surprise(shipped, drawn).ravel(), atol=1e-4
    )
    np.testing.assert_allclose(
        arrays["surprise"], surprise(shipped, digit[None]).ravel(), atol=1e-4
    )
    assert any("784 steps of 8 samples" in caption.value for caption in app.caption)


def test_surprise_is_the_models_own_at_every_temperature() -> None:
    app = visit(COMPLETE, complete_temperature="2.5", complete_rows="24")
    _, arrays = packed(app, "completion")
    drawn = arrays["drawn"].reshape(8, 28, 28)
    expected = surprise(load_pretrained(PLAIN, device="cpu"), drawn)
    np.testing.assert_allclose(arrays["drawn_surprise"], expected.ravel(), atol=1e-4)


def test_a_grey_model_appears_with_its_levels(grey_too: Path) -> None:
    assert set(tabs.shipped()) == {PLAIN, GATED, GREY}
    app = visit(SOFTMAX, softmax_model=GREY, softmax_digit="3", softmax_paint="400-3")
    meta, arrays = packed(app, "pixel_softmax")
    digit = digit_of(3, "mnist", 4)
    assert meta["levels"] == 4
    assert meta["title"] == "PixelCNN, 4 levels"
    np.testing.assert_array_equal(arrays["base"], digit.ravel())
    assert arrays["x"][400] == 3
    assert arrays["log_p"].size == 4 * 784


def test_a_drawing_goes_along_to_a_model_with_other_levels(grey_too: Path) -> None:
    pixels = np.arange(784) % 2
    painted = tabs.Drawing().text((2, bytes(pixels.tolist())))
    app = visit(COMPLETE, complete_model=GREY, complete_drawing=painted, complete_rows="26")
    _, arrays = packed(app, "completion")
    np.testing.assert_array_equal(arrays["x"], 3 * pixels)
    assert link(app)["complete_drawing"] == painted


@pytest.mark.parametrize("tab", [SOFTMAX, COMPLETE])
def test_without_a_checkpoint_the_tab_says_what_to_do(checkpoints: Path, tab: str) -> None:
    app = visit(tab)
    assert any("arviz_models train" in error.value for error in app.error)


@pytest.mark.parametrize("tab", [SOFTMAX, COMPLETE])
def test_a_damaged_checkpoint_is_told_in_words(grey_too: Path, tab: str) -> None:
    (grey_too / f"{PLAIN}.safetensors").write_bytes(b"damaged")
    app = visit(tab)
    assert len(app.error) == 1


# --- edits that come from the pictures -----------------------------------------------------------


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Link:
    """The fields with their defaults, in a session that is a plain dict."""
    link = Link("pixelcnn", tabs.FIELDS)
    state = {link.key(name): value for name, value in read_query(tabs.FIELDS, {})[0].items()}
    monkeypatch.setattr(st, "session_state", state | {link.key("·values"): {}})
    return link


def test_a_stroke_sets_the_paint_and_the_pixel(lesson: Link) -> None:
    st.session_state["pixelcnn_softmax"] = {
        "edit": {"nonce": 4, "target": 300, "paint": [[40, 1], [20, 0]]}
    }
    tabs._edit_softmax(lesson)
    assert lesson.get("softmax_paint") == ((20, 0), (40, 1))
    assert lesson.get("softmax_pixel") == 300
    assert st.session_state["pixelcnn.softmax_nonce"] == 4


def test_another_digit_takes_the_paint_off(lesson: Link) -> None:
    lesson.set(softmax_paint=((3, 1),))
    st.session_state["pixelcnn_softmax"] = {"edit": {"nonce": 1, "digit": 42}}
    tabs._edit_softmax(lesson)
    assert lesson.get("softmax_digit") == 42
    assert lesson.get("softmax_paint") == ()
    st.session_state["pixelcnn_softmax"] = {"edit": {"nonce": 2, "digit": None}}
    tabs._edit_softmax(lesson)
    assert 0 <= lesson.get("softmax_digit") < digits.TEST_DIGITS


@pytest.mark.parametrize("key", ["pixelcnn_softmax", "pixelcnn_completion"])
def test_no_edit_changes_nothing(lesson: Link, key: str) -> None:
    """Streamlit calls back once more when a trigger falls back to None."""
    st.session_state[key] = {"edit": None}
    before = dict(st.session_state)
    tabs._edit_softmax(lesson) if "softmax" in key else tabs._edit_completion(lesson)
    assert dict(st.session_state) == before


def test_strokes_wait_for_complete_and_other_changes_do_not(lesson: Link) -> None:
    def edit(**message: Any) -> bool:
        st.session_state["pixelcnn_completion"] = {"edit": {"nonce": 1, **message}}
        tabs._edit_completion(lesson)
        return bool(st.session_state["pixelcnn.waiting"] == lesson.resets)

    painted = [1] * 784
    assert edit(rows=9, painted=painted, complete=False)
    assert lesson.get("complete_rows") == 9
    assert lesson.get("complete_drawing") == (2, bytes(painted))
    assert not edit(rows=9, painted=painted, complete=True)
    assert edit(rows=9, painted=None, complete=False)
    assert lesson.get("complete_drawing") is None
    assert not edit(digit=11)
    assert lesson.get("complete_digit") == 11


def test_complete_begins_a_stopped_run_again(lesson: Link) -> None:
    st.session_state["stopped"] = ("complete",)
    st.session_state["pixelcnn_completion"] = {
        "edit": {"nonce": 1, "rows": 9, "painted": None, "complete": True}
    }
    tabs._edit_completion(lesson)
    assert "stopped" not in st.session_state


def picture_file(good: bool) -> io.BytesIO:
    if not good:
        return io.BytesIO(b"not a picture")
    picture, file = Image.new("L", (200, 200), 255), io.BytesIO()
    ImageDraw.Draw(picture).line([(60, 40), (140, 40), (90, 160)], fill=0, width=12)
    picture.save(file, "PNG")
    file.seek(0)
    return file


def test_an_uploaded_picture_becomes_the_drawing(lesson: Link) -> None:
    st.session_state["pixelcnn.upload"] = picture_file(good=True)
    tabs._uploaded(lesson)
    levels, pixels = lesson.get("complete_drawing")
    assert levels == 2
    assert len(pixels) == 784
    assert 0 < sum(pixels) < 300
    assert "pixelcnn.upload_error" not in st.session_state


def test_a_file_that_is_no_picture_is_told_and_nothing_is_lost(lesson: Link) -> None:
    drawing = (2, bytes([1] * 784))
    lesson.set(complete_drawing=drawing)
    st.session_state["pixelcnn.upload"] = picture_file(good=False)
    tabs._uploaded(lesson)
    assert lesson.get("complete_drawing") == drawing
    assert "not a PNG or JPEG" in st.session_state["pixelcnn.upload_error"]
    st.session_state["pixelcnn.upload"] = None  # taken away again
    tabs._uploaded(lesson)
    assert lesson.get("complete_drawing") == drawing


def test_a_stopped_run_is_not_begun_again_by_itself() -> None:
    settings = {"complete_rows": 14, "complete_temperature": 1.0, "seed": 0}
    app = AppTest.from_file(str(FRAME), default_timeout=120)
    app.switch_page("../pixelcnn.py")
    app.session_state["pixelcnn.tabs"] = COMPLETE
    app.session_state["stopped"] = tabs._key(PLAIN, digit_of(0), settings)
    app.run()
    whole(app)
    meta, arrays = packed(app, "completion")
    assert meta["trace_id"] is None
    assert arrays["drawn"].size == 0
    assert any("Stopped" in info.value for info in app.info)
