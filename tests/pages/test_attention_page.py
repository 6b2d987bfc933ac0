"""The attention lesson: its tables, its weights and its words, without a browser."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.analysis.conditionals import given_rows
from arviz_models.data import load_dataset
from arviz_models.pixel_snail import PixelSNAIL
from arviz_models.pretrained import load_pretrained
from pages.attention import complete, content, costs
from pages.attention.lesson import LESSON
from pages.attention.models import BLOCKS, HEADS, NAME, SIDE, TEST_DIGITS
from pages.attention.reads import FEATURES, PIXEL, TRUNK, reads_table
from pages.ui.query import read_query
from tests.pages import visiting
from tests.pages.visiting import packed, whole

visit = partial(visiting.visit, "attention")


def answer(app: AppTest, number: int) -> None:
    app.button(key=f"stage_answer_{number}").click().run()
    whole(app)


def controls(app: AppTest) -> set[str]:
    return {str(each.key) for each in (*app.button_group, *app.selectbox) if each.key}


# --- complete -------------------------------------------------------------------------------------


def test_half_of_a_small_digit_is_given_and_the_rest_is_the_networks() -> None:
    app = visit(activity="complete", tour="2", digit=str(TEST_DIGITS - 1))
    whole(app)
    assert not app.warning
    meta, arrays = packed(app, "completion")
    assert (meta["rows"], meta["columns"], meta["given"]) == (8, 8, 4)
    x = load_dataset("digits").batch("test", [TEST_DIGITS - 1])[0, 0].numpy()
    given = given_rows(x, 4)
    expected = load_pretrained(NAME, "cpu").sample(
        8, given=given, generator=torch.Generator().manual_seed(0)
    )
    np.testing.assert_array_equal(arrays["drawn"], expected.flatten().numpy())


def test_there_are_as_many_digits_and_rows_as_the_link_takes() -> None:
    fields = LESSON.activity("complete").fields()
    values, notices = read_query(fields, {"digit": str(TEST_DIGITS), "rows": "8"})
    assert len(notices) == 2
    assert (values["rows"], values["digit"]) == (4, 12)
    assert load_dataset("digits").size("test") == TEST_DIGITS


def test_the_question_about_the_temperature_covers_its_answer_which_is_true() -> None:
    assert [complete.COLD.right, complete.C["complete: pictures, cold"]] == ["One", 1]
    app = visit(activity="complete", tour="3")
    assert packed(app, "completion")[0]["hidden"] == ["completions"]
    answer(app, 2)
    meta, arrays = packed(app, "completion")
    assert (meta["hidden"], meta["temperature"]) == ([], 0)
    assert len(np.unique(arrays["drawn"].reshape(8, -1), axis=0)) == 1


# --- what it reads --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bit", "layers", "own_pixel"), [(TRUNK, 0, True), (FEATURES, 1, False), (PIXEL, 1, True)]
)
def test_the_table_is_what_the_networks_depend_on(bit: int, layers: int, own_pixel: bool) -> None:
    model = PixelSNAIL((1, 11, 11), 2, 2, layers, 3, 3, 3, 1, 1, own_pixel)
    assert np.array_equal(reads_table(11) & bit > 0, model.dependencies().numpy())


def test_the_first_question_is_asked_while_only_the_trunk_can_be_shown() -> None:
    app = visit(activity="reads", tour="1")
    assert packed(app, "attention_reads")[0]["part"] == "trunk"
    assert not any("part" in key for key in controls(app))
    answer(app, 0)
    assert packed(app, "attention_reads")[0]["part"] == "pixel"
    assert any("part" in key for key in controls(app))


def test_the_missing_pixel_is_covered_until_the_question_is_answered() -> None:
    app = visit(activity="reads", tour="3")
    assert "map" in packed(app, "attention_reads")[0]["hidden"]
    said = [text.value for text in app.markdown]
    assert not any("459" in each for each in said)
    answer(app, 1)
    assert "map" not in packed(app, "attention_reads")[0]["hidden"]
    assert any("459" in text.value for text in app.markdown)


# --- content decides ------------------------------------------------------------------------------


def test_the_weights_that_are_shown_are_those_of_the_model() -> None:
    app = visit(activity="content", tour="3")
    meta, arrays = packed(app, "attention_weights")
    x = load_dataset("digits").batch("test", [content.FOUR])
    model = load_pretrained(NAME, "cpu")
    assert isinstance(model, PixelSNAIL)
    wanted = model.weights(x, divmod(meta["target"], SIDE)).flatten().numpy()
    assert np.allclose(arrays["w_left"], wanted, atol=1e-6)
    p = torch.softmax(model.logits(x).flatten(1, -2)[0, meta["target"]].double(), -1)[1]
    assert meta["p"][0] == pytest.approx(float(p), rel=1e-6)


def test_where_the_browser_computes_the_server_sends_no_weights() -> None:
    app = visit(activity="content", tour="5")
    assert re.fullmatch(
        r"Computed on the server \(cpu\), [\d,]+ ms for one image\.",
        packed(app, "computed")[0]["cost"],
    )
    visiting.browser_has(app, NAME)
    app.run()
    whole(app)
    meta, arrays = packed(app, "attention_weights")
    assert (meta["engine"]["name"], meta["p"]) == (NAME, [])
    assert not {"w_left", "w_right"} & arrays.keys()


@pytest.mark.parametrize("tour", ["1", "3", "4"])
def test_the_weights_of_every_head_sum_to_1_and_read_nothing_later(tour: str) -> None:
    meta, arrays = packed(visit(activity="content", tour=tour), "attention_weights")
    for side in ("w_left", "w_right"):
        weights = arrays[side].reshape(BLOCKS * HEADS, 1 + SIDE**2)
        assert np.allclose(weights.sum(1), 1, atol=1e-5)
        assert np.all(weights[:, 1 + meta["target"] :] == 0)


def test_paint_after_the_target_changes_nothing() -> None:
    app = visit(activity="content", tour="5", paint="60-0.63-1")
    meta, arrays = packed(app, "attention_weights")
    assert not np.array_equal(arrays["left"], arrays["right"])
    assert np.array_equal(arrays["w_left"], arrays["w_right"])
    assert meta["p"][0] == meta["p"][1]


def test_what_a_stroke_does_is_covered_until_the_question_is_answered() -> None:
    app = visit(activity="content", tour="4")
    assert packed(app, "attention_weights")[0]["hidden"] == ["after"]
    answer(app, 2)
    assert packed(app, "attention_weights")[0]["hidden"] == []


def test_a_link_opens_target_head_and_paint() -> None:
    app = visit(activity="content", tour="1", pixel="45", head="0", paint="3-1")
    whole(app)
    meta, arrays = packed(app, "attention_weights")
    assert (meta["target"], meta["head"], arrays["left"][3]) == (45, 0, 1)


def test_every_test_digit_can_be_opened() -> None:
    assert load_dataset("digits").batch("test", [TEST_DIGITS - 1]).shape[-1] == SIDE
    with pytest.raises(IndexError):
        load_dataset("digits").batch("test", [TEST_DIGITS])
    app = visit(activity="content", digit=str(TEST_DIGITS - 1))
    whole(app)
    assert len(app.warning) == 0


def test_the_table_of_weights_has_a_line_for_each_key_of_each_head() -> None:
    weights = np.arange(BLOCKS * HEADS * (1 + SIDE**2), dtype=float).reshape(BLOCKS * HEADS, -1)
    lines = content.weights_csv(weights, weights + 1).splitlines()
    assert len(lines) == 1 + weights.size
    assert lines[1] == "1,1,empty,,,0,1"
    assert content.name_of(7) == "block 2, head 4"  # as the picture and the words call it
    assert lines[-1] == "2,4,63,7,7,519,520"


# --- what it costs --------------------------------------------------------------------------------


def test_the_pairs_are_those_that_the_structure_allows() -> None:
    earlier = np.tril(np.ones((49, 49)), -1)
    assert costs.pairs(7) == int(earlier.sum())
    assert costs.pairs(28) == 306_936


def test_the_other_sizes_are_covered_until_the_question_is_answered() -> None:
    app = visit(activity="costs", tour="2")
    assert packed(app, "attention_pairs")[0]["hidden"] == ["pairs"]
    assert not any("4,915,680" in text.value for text in app.markdown)
    answer(app, 2)
    assert (
        packed(app, "attention_pairs")[0] | {"hidden": [], "side": 56}
        == packed(app, "attention_pairs")[0]
    )
    assert any("4,915,680" in text.value for text in app.markdown)
