"""The activity "Complete a drawing" without a browser: its link, arrays and edits."""

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
from arviz_models.analysis.conditionals import given_first, given_rows, surprisal
from arviz_models.pretrained import save_checkpoint
from pages.attention.lesson import LESSON as ATTENTION
from pages.pixelcnn.complete import COMPLETE
from pages.pixelcnn.lesson import LESSON as PIXELCNN
from pages.ui import completing, digits
from pages.ui import completion_activity as activity
from pages.ui.query import read_query, repair, write_query
from pages.ui.stage import Stage, link_of
from tests.pages import visiting
from tests.pages.visiting import FRAME, go_to, link, open_reading, packed, ship, whole

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
    return visiting.visit("pixelcnn", activity="complete", tour="2", **query)


def digit_of(index: int, name: str = "mnist_binary", levels: int | None = None) -> np.ndarray:
    image = load_dataset(name, levels).batch("test", [index])[0, 0].numpy()
    return image.astype(np.uint8)


@pytest.mark.parametrize("levels", [2, 3, 4, 16, 256])
def test_a_drawing_comes_back_from_its_text(levels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, levels, 784).astype(np.uint8)
    field, values = activity.Painted(), {"model": PLAIN}
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
        activity.Painted().parse(text, {"model": PLAIN})


def test_a_bad_link_falls_back_with_a_notice_for_each_field() -> None:
    wrong = {
        "model": "x",
        "digit": "-1",
        "rows": "28",
        "side": "below",
        "temperature": "9",
        "drawing": "2.AAAA",
        "seed": "-1",
    }
    fields = COMPLETE.fields()
    values, notices = read_query(fields, wrong)
    assert len(notices) == len(wrong) == len(fields)
    assert write_query(fields, values) == {}


def test_a_link_restores_all_fields() -> None:
    query = {
        "model": GATED,
        "digit": "9",
        "rows": "7",
        "temperature": "0.5",
        "drawing": activity.Painted().text((2, bytes([1] * 784))),
        "seed": "4",
    }
    fields = COMPLETE.fields()
    values, notices = read_query(fields, query)
    assert notices == []
    assert write_query(fields, values) == query
    assert write_query(fields, repair(fields, values)) == query


def test_there_are_as_many_test_digits_as_the_link_takes() -> None:
    assert load_dataset("mnist_binary").size("test") == digits.TEST_DIGITS


def test_the_picture_shows_the_models_own_numbers() -> None:
    app = visit(digit="7", rows="20", seed="5")
    meta, arrays = packed(app, "completion")
    shipped, digit = load_pretrained(PLAIN, device="cpu"), digit_of(7)
    drawn = arrays["drawn"].reshape(completing.COMPLETIONS, 28, 28)
    assert meta["trace_id"]
    np.testing.assert_array_equal(drawn[:, :20], np.broadcast_to(digit[:20], (8, 20, 28)))
    assert len(np.unique(drawn.reshape(8, -1), axis=0)) > 1
    given = torch.full((1, 1, 28, 28), -1)
    given[0, 0, :20] = torch.from_numpy(digit[:20].astype(np.int64))
    generator = torch.Generator().manual_seed(5)
    expected = shipped.sample(8, given=given, generator=generator)[:, 0].numpy()
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_allclose(
        arrays["drawn_surprisal"], surprisal(shipped, drawn).ravel(), atol=1e-4
    )
    np.testing.assert_allclose(
        arrays["surprisal"], surprisal(shipped, digit[None]).ravel(), atol=1e-4
    )
    assert "784 steps of 8 samples" in packed(app, "computed")[0]["cost"]


def test_surprisal_is_the_models_own_at_every_temperature() -> None:
    app = visit(temperature="2.5", rows="24")
    _, arrays = packed(app, "completion")
    drawn = arrays["drawn"].reshape(8, 28, 28)
    expected = surprisal(load_pretrained(PLAIN, device="cpu"), drawn)
    np.testing.assert_allclose(arrays["drawn_surprisal"], expected.ravel(), atol=1e-4)


def test_a_drawing_goes_along_to_a_model_with_other_levels(grey_too: Path) -> None:
    pixels = np.arange(784) % 2
    painted = activity.Painted().text((2, bytes(pixels.tolist())))
    app = visit(model=GREY, drawing=painted, rows="26")
    _, arrays = packed(app, "completion")
    np.testing.assert_array_equal(arrays["x"], 3 * pixels)
    assert link(app)["drawing"] == painted


def test_without_a_checkpoint_it_says_what_to_do(checkpoints: Path) -> None:
    app = visit()
    assert any("arviz_models train" in error.value for error in app.error)


def test_a_damaged_checkpoint_is_told_in_words(grey_too: Path) -> None:
    (grey_too / f"{PLAIN}.safetensors").write_bytes(b"damaged")
    assert len(visit().error) == 1


def test_what_is_asked_is_not_offered_as_a_file() -> None:
    app = visiting.visit("pixelcnn", activity="complete")
    open_reading(app, "Take away")
    assert packed(app, "completion")[0]["hidden"] == ["completions"]
    assert not app.get("download_button")


# --- edits that come from the picture ------------------------------------------------------------


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The fields with their defaults, in a session that is a plain dict."""
    lesson_link = link_of(PIXELCNN)
    values, _ = read_query(lesson_link.fields, {"activity": "complete"})
    state = {lesson_link.key(name): value for name, value in values.items()}
    monkeypatch.setattr(st, "session_state", state | {lesson_link.key("·values"): {}})
    return Stage(PIXELCNN, COMPLETE, lesson_link, values)


def edit(stage: Stage, **message: Any) -> None:
    st.session_state[stage.key("completion")] = {"edit": {"nonce": 1, **message}}
    activity._edit(stage)


def test_no_edit_changes_nothing(stage: Stage) -> None:
    """Streamlit calls back once more when a trigger falls back to None."""
    st.session_state[stage.key("completion")] = {"edit": None}
    before = dict(st.session_state)
    activity._edit(stage)
    assert dict(st.session_state) == before


def test_another_digit_is_one_of_those_that_the_model_was_trained_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []

    def picked(choice: int | None, of: int) -> int:
        sizes.append(of)
        return 0

    monkeypatch.setattr(digits, "picked", picked)
    for lesson in (PIXELCNN, ATTENTION):
        lesson_link = link_of(lesson)
        values, _ = read_query(lesson_link.fields, {"activity": "complete"})
        state = {lesson_link.key(name): value for name, value in values.items()}
        monkeypatch.setattr(st, "session_state", state | {lesson_link.key("·values"): {}})
        edit(Stage(lesson, lesson.activity("complete"), lesson_link, values), digit=None)
    assert sizes == [10_000, 270]
    assert sizes[1] == load_dataset("digits").size("test")


def test_strokes_wait_for_complete_and_other_changes_do_not(stage: Stage) -> None:
    def waits(**message: Any) -> bool:
        edit(stage, **message)
        return bool(st.session_state[stage.key("·waiting")] == stage.link.resets)

    painted = [1] * 784
    assert waits(rows=9, painted=painted, complete=False)
    assert stage.link.get("rows") == 9
    assert stage.link.get("drawing") == (2, bytes(painted))
    assert not waits(rows=9, painted=painted, complete=True)
    assert waits(rows=9, painted=None, complete=False)
    assert stage.link.get("drawing") is None
    assert not waits(digit=11)
    assert stage.link.get("digit") == 11
    edit(stage, digit=None)
    assert 0 <= stage.link.get("digit") < digits.TEST_DIGITS


def test_temperature_and_seed_come_with_the_strokes_and_with_another_digit(stage: Stage) -> None:
    edit(stage, rows=9, painted=None, complete=True, seed=7, temperature=0.35)
    assert (stage.link.get("seed"), stage.link.get("temperature")) == (7, 0.35)
    edit(stage, digit=11, seed=8, temperature=2)
    assert [stage.link.get(name) for name in ("digit", "seed", "temperature")] == [11, 8, 2.0]
    assert not st.session_state[stage.key("·waiting")]


def test_complete_begins_a_stopped_run_again(stage: Stage) -> None:
    st.session_state["stopped"] = ("complete",)
    edit(stage, rows=9, painted=None, complete=True)
    assert "stopped" not in st.session_state


def picture_file(good: bool) -> io.BytesIO:
    if not good:
        return io.BytesIO(b"not a picture")
    picture, file = Image.new("L", (200, 200), 255), io.BytesIO()
    ImageDraw.Draw(picture).line([(60, 40), (140, 40), (90, 160)], fill=0, width=12)
    picture.save(file, "PNG")
    file.seek(0)
    return file


def test_an_uploaded_picture_becomes_the_drawing(stage: Stage) -> None:
    st.session_state[stage.key("upload")] = picture_file(good=True)
    activity._uploaded(stage)
    levels, pixels = stage.link.get("drawing")
    assert levels == 2
    assert len(pixels) == 784
    assert 0 < sum(pixels) < 300
    assert stage.key("·upload_error") not in st.session_state


def test_a_file_that_is_no_picture_is_told_and_nothing_is_lost(stage: Stage) -> None:
    drawing = (2, bytes([1] * 784))
    stage.set(drawing=drawing)
    st.session_state[stage.key("upload")] = picture_file(good=False)
    activity._uploaded(stage)
    assert stage.link.get("drawing") == drawing
    assert "not a PNG or JPEG" in st.session_state[stage.key("·upload_error")]
    st.session_state[stage.key("upload")] = None  # taken away again
    activity._uploaded(stage)
    assert stage.link.get("drawing") == drawing


def test_a_stopped_run_is_not_begun_again_by_itself() -> None:
    state = activity.Completing(PLAIN, 12, 14, activity.ABOVE, 1.0, None, 2)  # of the second step
    app = AppTest.from_file(str(FRAME), default_timeout=120)
    go_to(app, "pixelcnn")
    app.query_params["activity"], app.query_params["tour"] = "complete", "2"
    app.session_state["stopped"] = activity._key(state, digit_of(12))
    app.run()
    whole(app)
    meta, arrays = packed(app, "completion")
    assert meta["trace_id"] is None
    assert arrays["drawn"].size == 0
    assert any("Stopped" in info.value for info in app.info)


# --- rows below the line -------------------------------------------------------------------------

ONE, ANY = "nade-mnist", "nade-mnist-any-order"


def below(model: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """NADE's picture at a step that covers nothing, rows 20 to 27 of digit 7 given."""
    app = visiting.visit(
        "nade", activity="complete", tour="3", model=model, digit="7", rows="20", seed="5"
    )
    return packed(app, "completion")


def test_a_model_of_one_order_draws_the_upper_rows_as_if_nothing_were_given() -> None:
    meta, arrays = below(ONE)
    assert (meta["below"], meta["free"]) == (True, False)
    drawn = arrays["drawn"].reshape(8, 28, 28)
    network = load_pretrained(ONE, device="cpu")
    free = network.sample(8, generator=torch.Generator().manual_seed(5))[:, 0].numpy()
    np.testing.assert_array_equal(drawn[:, :20], free[:, :20])
    np.testing.assert_array_equal(drawn[:, 20:], np.broadcast_to(digit_of(7)[20:], (8, 8, 28)))
    expected = surprisal(network, drawn).ravel()
    np.testing.assert_allclose(arrays["drawn_surprisal"], expected, atol=1e-4)


def test_a_model_of_any_order_takes_the_given_rows_first() -> None:
    meta, arrays = below(ANY)
    assert (meta["below"], meta["free"]) == (True, True)
    given = given_rows(digit_of(7), 20, below=True)
    network = load_pretrained(ANY, device="cpu").with_order(given_first(given))
    generator = torch.Generator().manual_seed(5)
    expected = network.sample(8, given=given, generator=generator)[:, 0].numpy()
    np.testing.assert_array_equal(arrays["drawn"], expected.ravel())
    nats = arrays["drawn_surprisal"].reshape(8, 28, 28)
    np.testing.assert_allclose(nats, surprisal(network, expected), atol=1e-4)
    np.testing.assert_allclose(nats[:, 20:], np.broadcast_to(nats[0, 20:], (8, 8, 28)), atol=1e-4)


def test_of_rows_below_the_line_one_row_is_left_to_draw() -> None:
    app = visiting.visit("nade", activity="complete", tour="3", rows="0")
    meta, arrays = packed(app, "completion")
    assert meta["given"] == 1
    drawn = arrays["drawn"].reshape(8, 28, 28)
    np.testing.assert_array_equal(drawn[:, 1:], np.broadcast_to(digit_of(12)[1:], (8, 27, 28)))


def test_what_is_given_comes_first_and_each_part_in_raster_order() -> None:
    given = given_rows(np.zeros((3, 2), np.uint8), 1, below=True)
    assert given_first(given).tolist() == [2, 3, 4, 5, 0, 1]
    assert given_first(torch.full((1, 1, 3, 2), -1)).tolist() == list(range(6))
