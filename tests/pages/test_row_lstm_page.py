"""The Row LSTM page: its controls, its link, its words and its tabs, without a browser."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.data import load_dataset
from arviz_models.figures.row_lstm import MOST_LAYERS, row_reads
from arviz_models.pretrained import load_pretrained, save_checkpoint
from arviz_models.row_lstm import RowLSTM
from pages.ui import row_lstm_lesson
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, packed, whole

TYPES: dict[str, type] = {"u1": np.uint8, "i4": np.int32, "f4": np.float32}


visit = partial(visiting.visit, "row_lstm")


def open_tab(app: AppTest, label: str) -> AppTest:
    return visiting.open_tab(app, "row_lstm", label)


# A folder of its own for each test, empty at first.
pytestmark = pytest.mark.usefixtures("checkpoints")


def ship(name: str = "row-lstm-small", features: int = 4) -> None:
    """A small model, not trained, as a checkpoint."""
    torch.manual_seed(0)
    model = RowLSTM((1, 8, 8), 2, features, 1, 3, 3)
    save_checkpoint(model, name, {"data": "digits", "levels": 2, "test_nll": 44.36})


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "row_lstm")[0]


def group(app: AppTest, key: str) -> Any:
    [found] = [each for each in app.button_group if each.key == key]
    return found


# --- the picture and its link ---------------------------------------------------------------------


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "Row LSTM"
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}
    shown = meta(app)
    assert (shown["rows"], shown["columns"]) == (11, 11)
    assert shown["start"] == {"target": 7 * 11 + 5, "layers": 1, "rows": 0}
    assert (shown["first_kernel"], shown["kernel"]) == (None, 3)
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert labels.count("Show this") == len(row_lstm_lesson.cards(row_lstm_lesson.link()))


def test_the_picture_has_the_tables_of_the_models() -> None:
    app = visit(first="5", kernel="5")
    name, arrays = packed(app, "weights")
    assert name["name"] == meta(app)["tables"]
    for each, table in row_reads(11, 5, 5).tables().items():
        np.testing.assert_array_equal(arrays[each], table.ravel())


def test_a_link_restores_everything() -> None:
    ship()
    query = {"first": "7", "kernel": "5", "seed": "4", "digit": "9", "target": "70"}
    query |= {"layers": "3", "rows": "2", "pixel": "20", "feature": "3", "gate": "h"}
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query
    assert (meta(app)["first_kernel"], meta(app)["kernel"]) == (7, 5)


@pytest.mark.parametrize(("key", "value"), [("first", "3"), ("kernel", "5")])
def test_every_control_changes_the_picture_and_the_link(key: str, value: str) -> None:
    app = visit()
    before = meta(app)["tables"]
    group(app, f"row_lstm.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {key: value}
    assert meta(app)["tables"] != before


@pytest.mark.parametrize(
    "query",
    [
        {"first": "9"},
        {"kernel": "4"},
        {"target": "121"},
        {"layers": "0"},
        {"layers": "13"},
        {"rows": "11"},
        {"digit": "10000"},
        {"pixel": "64"},
        {"feature": "4"},
        {"gate": "x"},
        {"model": "<script>"},
        {"pin": "seed"},
    ],
    ids=lambda query: "&".join(f"{name}={text}" for name, text in query.items()),
)
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str]) -> None:
    ship()
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert "<script" not in notice.value
    assert link(app) == {}


def test_presenting_keeps_the_pinned_controls_alone() -> None:
    app = visit(present="1", pin="kernel")
    whole(app)
    assert [each.key for each in app.button_group] == ["row_lstm.kernel"]
    assert len(app.tabs) == 0
    assert meta(app)["present"]


# --- words ----------------------------------------------------------------------------------------


def test_every_card_sets_a_picture_of_the_form_it_speaks_of() -> None:
    for number in range(1, len(row_lstm_lesson.cards(row_lstm_lesson.link())) + 1):
        app = visit(first="5", kernel="7")
        app.button(key=f"row_lstm.card.{number}").click().run()
        whole(app)
        shown = meta(app)
        assert shown["kernel"] == 3
        assert shown["first_kernel"] == (7 if number == 4 else None)
        assert shown["goto"]["nonce"] == 1


def test_the_numbers_of_the_prose_are_those_of_the_models() -> None:
    target = row_lstm_lesson.START["target"]

    def seen(first: int | None, layers: int) -> int:
        return row_reads(11, 3, first).classes(target, layers, 10).count("seen")

    texts = [card.text for card in row_lstm_lesson.cards(row_lstm_lesson.link())]
    assert f"{seen(None, 1)} of {target}" in texts[1]
    assert f"{seen(None, 1)} of {target}" in row_lstm_lesson.QUESTION.why
    assert f"{seen(None, 5)} of {target}" in texts[2]
    assert seen(None, 5) == seen(None, MOST_LAYERS)
    assert f"{seen(7, 1)} of {target}" in texts[3]
    assert f"reaches {seen(3, 1)}." in texts[3]
    assert row_lstm_lesson.MOST_LAYERS == MOST_LAYERS


@pytest.mark.parametrize("answer", row_lstm_lesson.QUESTION.answers)
def test_an_answer_plays_the_bare_form(answer: str) -> None:
    app = visit(first="7")
    group(app, "row_lstm.question").set_value(answer).run()
    whole(app)
    said = " ".join(markdown.value for markdown in app.markdown)
    question = row_lstm_lesson.QUESTION
    assert question.why in said
    assert question.answers[answer] in said
    assert ("**Yes.**" in said) == (answer == question.right)
    assert meta(app)["goto"]["play"]
    assert link(app) == {}


# --- tabs -----------------------------------------------------------------------------------------


def test_every_tab_opens_without_a_trained_model() -> None:
    app = visit()
    for label in [tab.label for tab in app.tabs]:
        open_tab(app, label)
        [tab] = [tab for tab in app.tabs if tab.label == label]
        assert len(tab.children) > 0, label
        assert bool(app.error) == (label in ("Gates at a pixel", "Sample live"))


def test_the_gates_are_those_of_the_checkpoint_on_the_digit_of_the_link() -> None:
    ship()
    app = open_tab(visit(digit="5"), "Gates at a pixel")
    shown, arrays = packed(app, "row_lstm_gates")
    x = load_dataset("digits", 2).test[5:6]
    np.testing.assert_array_equal(arrays["x"], x.numpy().ravel())
    model = load_pretrained("row-lstm-small")
    assert isinstance(model, RowLSTM)
    expected = model.internals(x.to(model.device))[0].cpu().numpy()
    np.testing.assert_allclose(arrays["internals"], expected.ravel(), rtol=1e-5, atol=1e-6)
    assert (shown["features"], shown["kernel"], shown["digit"]) == (4, 3, 5)
    assert any("44.36 nats" in text.value for text in app.caption)


def test_samples_are_drawn_live_and_their_cost_is_said() -> None:
    ship()
    app = open_tab(visit(), "Sample live")
    shown, arrays = packed(app, "digits")
    assert shown["count"] == row_lstm_lesson.SAMPLES
    assert arrays["values"].size == 64 * row_lstm_lesson.SAMPLES
    assert any(re.search(r"\d ms for 64 steps", text.value) for text in app.caption)


def test_of_two_models_one_is_chosen() -> None:
    ship()
    ship("row-lstm-wide", features=6)
    app = open_tab(visit(model="row-lstm-wide"), "Gates at a pixel")
    assert packed(app, "row_lstm_gates")[0]["features"] == 6
    assert app.selectbox(key="row_lstm.model").options == ["row-lstm-small", "row-lstm-wide"]


def test_take_away_follows_the_target() -> None:
    app = open_tab(visit(target="70", layers="2", rows="9"), "Take away")
    assert len(app.get("download_button")) == 5
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 6, column 4, 2 layers, 6 rows up" in said  # there are no more above it
    assert meta(app)["report"]


def test_code_tab_shows_the_source_itself() -> None:
    app = open_tab(visit(), "Code")
    shown = "\n".join(code.value for code in app.code)
    files = ("row_lstm.py", "figures/row_lstm.py")
    source = "".join((ROOT / "arviz_models" / name).read_text("utf-8") for name in files)
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []
    assert "def rows(" in shown
