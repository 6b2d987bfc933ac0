"""The activity "Softmax" without a browser: its link, arrays and edits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from arviz_models import PixelCNN, load_dataset, load_pretrained
from arviz_models.analysis.conditionals import conditionals, gradient
from arviz_models.analysis.receptive_fields import first_seen
from arviz_models.pretrained import save_checkpoint
from pages.pixelcnn import softmax
from pages.pixelcnn.lesson import LESSON
from pages.pixelcnn.models import MODELS
from pages.pixelcnn.softmax import SOFTMAX, STEPS, UNREAD
from pages.ui import digits
from pages.ui.query import read_query, repair, write_query
from pages.ui.stage import Stage, link_of
from tests.pages import visiting
from tests.pages.visiting import packed, ship

PLAIN, GATED, GREY = "pixelcnn-mnist", "gated-pixelcnn-mnist", "pixelcnn-mnist-grey"


@pytest.fixture
def grey_too(checkpoints: Path) -> Path:
    """The shipped models, and a small one with four levels beside them."""
    ship(checkpoints, PLAIN, GATED)
    torch.manual_seed(0)
    model = PixelCNN((1, 28, 28), levels=4, features=4, layers=1)
    save_checkpoint(model, GREY, {"data": "mnist", "levels": 4})
    return checkpoints


def visit(**query: str) -> AppTest:
    """The activity opened by a link, at a step that asks nothing and covers nothing."""
    return visiting.visit("pixelcnn", activity="softmax", tour="2", **query)


def digit_of(index: int, name: str = "mnist_binary", levels: int | None = None) -> np.ndarray:
    image = load_dataset(name, levels).batch("test", [index])[0, 0].numpy()
    return image.astype(np.uint8)


def test_a_bad_link_falls_back_with_a_notice_for_each_field() -> None:
    wrong = {"model": "nade-mnist", "digit": "10000", "pixel": "784", "paint": "3-2"}
    fields = SOFTMAX.fields()
    values, notices = read_query(fields, wrong)
    assert len(notices) == len(wrong) == len(fields)
    assert write_query(fields, values) == {}


def test_a_link_says_that_the_paint_of_a_step_was_taken_off() -> None:
    field = softmax.PaintField()
    text = field.text(())
    assert text
    assert field.parse(text, {"model": PLAIN}) == ()


def test_painted_levels_are_those_of_the_model(grey_too: Path) -> None:
    field, fields = softmax.PaintField(), SOFTMAX.fields()
    assert field.parse("5-3", {"model": GREY}) == ((5, 3),)
    with pytest.raises(ValueError, match="level below 2"):
        field.parse("5-3", {"model": PLAIN})
    # A widget changes the model alone: paint that no longer fits goes, paint that fits stays.
    values, _ = read_query(fields, {"model": GREY, "paint": "5-3"})
    assert repair(fields, {**values, "model": PLAIN})["paint"] == ()
    values, _ = read_query(fields, {"model": PLAIN, "paint": "5-1"})
    assert repair(fields, {**values, "model": GATED})["paint"] == ((5, 1),)


def test_the_picture_shows_the_models_own_numbers() -> None:
    app = visit(digit="7", pixel="300", paint="250-1.251-0")
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
    table_meta, table = packed(app, "weights", "softmax_table")
    assert table_meta["name"] == meta["table"]
    np.testing.assert_array_equal(table["first_seen"], first_seen(shipped).ravel())


def test_where_the_browser_computes_the_server_does_only_what_it_is_asked_for() -> None:
    app = visit(digit="7", pixel="300", paint="250-1")
    assert re.fullmatch(
        r"Computed on the server \(cpu\), [\d,]+ ms for one pass\.",
        packed(app, "computed")[0]["cost"],
    )
    visiting.browser_has(app, PLAIN)
    app.run()
    meta, arrays = packed(app, "pixel_softmax")
    assert meta["engine"]["name"] == PLAIN
    assert "logits" not in arrays
    assert arrays["gradient"].size == 0  # no picture shows it
    app.session_state["pixelcnn.·gradient"] = True  # as `_edit` sets it
    app.run()
    assert packed(app, "pixel_softmax")[1]["gradient"].size == 784


def test_a_grey_model_appears_with_its_levels(grey_too: Path) -> None:
    app = visit(model=GREY, digit="3", paint="400-3")
    meta, arrays = packed(app, "pixel_softmax")
    digit = digit_of(3, "mnist", 4)
    assert meta["levels"] == 4
    assert meta["title"] == MODELS[GREY]
    np.testing.assert_array_equal(arrays["base"], digit.ravel())
    assert arrays["x"][400] == 3
    assert arrays["log_p"].size == 4 * 784


def test_without_a_checkpoint_it_says_what_to_do(checkpoints: Path) -> None:
    assert any("arviz_models train" in error.value for error in visit().error)


def test_the_question_is_asked_of_a_stroke_that_no_path_connects_with_the_target() -> None:
    asked = STEPS[2]
    shipped = load_pretrained(PLAIN, device="cpu")
    assert isinstance(shipped, PixelCNN)
    table = first_seen(shipped)[asked.state["pixel"]]
    assert all(table[index] > shipped.layers for index, _ in UNREAD)
    assert all(index < asked.state["pixel"] for index, _ in UNREAD)
    plain, painted = digit_of(45), digit_of(45)
    for index, level in UNREAD:
        assert painted.flat[index] != level
        painted.flat[index] = level
    pixel = asked.state["pixel"]
    before, after = (conditionals(shipped, x)["logits"][pixel] for x in (plain, painted))
    np.testing.assert_allclose(before, after, atol=1e-6)


# --- edits that come from the picture ------------------------------------------------------------


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The fields with their defaults, in a session that is a plain dict."""
    lesson_link = link_of(LESSON)
    values, _ = read_query(lesson_link.fields, {"activity": "softmax"})
    state = {lesson_link.key(name): value for name, value in values.items()}
    monkeypatch.setattr(st, "session_state", state | {lesson_link.key("·values"): {}})
    return Stage(LESSON, SOFTMAX, lesson_link, values)


def edit(stage: Stage, message: dict[str, Any] | None) -> None:
    st.session_state[stage.key("softmax")] = {"edit": message}
    softmax._edit(stage)


def test_a_stroke_sets_the_paint_and_the_pixel(stage: Stage) -> None:
    edit(stage, {"nonce": 4, "target": 300, "paint": [[40, 1], [20, 0]]})
    assert stage.link.get("paint") == ((20, 0), (40, 1))
    assert stage.link.get("pixel") == 300
    assert st.session_state[stage.key("·softmax_nonce")] == 4
    assert not st.session_state[stage.key("·gradient")]
    edit(stage, {"nonce": 5, "target": 300, "paint": [], "gradient": True})
    assert st.session_state[stage.key("·gradient")]


def test_another_digit_takes_the_paint_off(stage: Stage) -> None:
    stage.set(paint=((3, 1),))
    edit(stage, {"nonce": 1, "digit": 42})
    assert stage.link.get("digit") == 42
    assert stage.link.get("paint") == ()
    edit(stage, {"nonce": 2, "digit": None})
    assert 0 <= stage.link.get("digit") < digits.TEST_DIGITS


def test_no_edit_changes_nothing(stage: Stage) -> None:
    """Streamlit calls back once more when a trigger falls back to None."""
    before = dict(st.session_state)
    edit(stage, None)
    del st.session_state[stage.key("softmax")]
    assert dict(st.session_state) == before
