"""The Diagonal BiLSTM page: its controls, its link, its words and its tabs, without a browser."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.figures.diagonal_bilstm import MARKS, bidirectional_reads, diagonals
from arviz_models.pretrained import save_checkpoint
from pages.ui import diagonal_bilstm_lesson as page
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, packed, press, whole, widget

visit = partial(visiting.visit, "diagonal_bilstm")


def open_tab(app: AppTest, label: str) -> AppTest:
    return visiting.open_tab(app, "diagonal_bilstm", label)


@pytest.fixture
def checkpoint(checkpoints: Path) -> DiagonalBiLSTM:
    """A small untrained model of digits, as the shipped one is looked for."""
    torch.manual_seed(0)
    model = DiagonalBiLSTM((1, 8, 8), features=2, first_kernel=3)
    card = {"data": "digits", "levels": 2, "test_nll": 44.4}
    save_checkpoint(model, "diagonal-bilstm-digits", card, checkpoints)
    return model


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "diagonal")[0]


# --- opening -------------------------------------------------------------------------------------


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "Diagonal BiLSTM"
    assert len(app.error) == len(app.warning) == len(app.info) == 0
    assert link(app) == {}
    shown = meta(app)
    assert (shown["rows"], shown["columns"], shown["layers"]) == (11, 11, 7)
    assert (shown["target"], shown["depth"]) == (7 * 11 + 5, 1)
    assert (shown["shift"], shown["full"]) == (True, False)
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert labels.count("Show this") == len(page.cards(page.link()))


@pytest.mark.parametrize(
    ("query", "configuration"),
    [
        ({}, (11, 3, False, True)),
        ({"size": "8", "first": "7", "full": "1", "noshift": "1"}, (8, 7, True, False)),
    ],
)
def test_the_picture_has_the_tables_of_its_network(
    query: dict[str, str], configuration: tuple[int, int, bool, bool]
) -> None:
    app = visit(**query)
    shown, (name, arrays) = meta(app), packed(app, "weights")
    assert name["name"] == shown["tables"]
    expected = dict(diagonals(*configuration).arrays)
    expected |= {f"primer {way}": table for way, table in bidirectional_reads().items()}
    assert arrays.keys() == expected.keys()
    for each, array in expected.items():
        np.testing.assert_array_equal(arrays[each], array.ravel())
    assert set(shown["words"]) == set(MARKS)


def test_a_link_restores_everything() -> None:
    query = {
        "size": "9",
        "first": "7",
        "noshift": "1",
        "full": "1",
        "seed": "4",
        "target": "70",
        "depth": "6",
        "view": "sweep",
        "step": "12",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query
    shown = meta(app)
    assert (shown["rows"], shown["shift"], shown["full"]) == (9, False, True)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [("size", 7, "7"), ("first", "7", "7"), ("noshift", True, "1"), ("full", True, "1")],
)
def test_every_control_changes_the_picture_and_the_link(key: str, value: Any, text: str) -> None:
    app = visit()
    before, (_, arrays_before) = meta(app), packed(app, "weights")
    widget(app, f"diagonal_bilstm.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {key: text}
    shown, (_, arrays) = meta(app), packed(app, "weights")
    assert shown["tables"] != before["tables"]
    assert any(bytes(arrays[name]) != bytes(array) for name, array in arrays_before.items())


def test_the_steps_of_every_view_fit_the_link() -> None:
    """The longest: both directions over the largest image, and the skew in hundredths."""
    wavefronts = diagonals(page.MOST_SIZE, 3, False, True).wavefronts
    assert max(2 * len(wavefronts), 100) <= page.MOST_STEPS


# --- what the browser keeps ----------------------------------------------------------------------


def test_target_and_depth_come_from_the_address() -> None:
    app = open_tab(visit(size="9", target="70", depth="6"), "Take away")
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 7, column 7, after 6 layers" in said
    app.query_params["target"] = "12"  # as the picture does, without a run
    app.run()
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 1, column 3" in said


def test_only_a_tab_that_shows_the_target_asks_to_be_told_of_it() -> None:
    app = visit()
    assert not meta(app)["report"]
    assert meta(open_tab(app, "Take away"))["report"]
    assert not meta(open_tab(app, "Papers"))["report"]


def test_the_place_outlives_what_has_nothing_to_do_with_it() -> None:
    place = {"target": "30", "depth": "5", "view": "skew", "step": "40"}
    app = visit(**place)
    for label in ("Reseed", "Present", "Leave presentation"):
        press(app, label)
        assert {name: link(app).get(name) for name in place} == place, label
    resets = meta(app)["resets"]
    press(app, "Reset")
    assert not set(link(app)) & set(place)
    assert meta(app)["resets"] == resets + 1


# --- bad links -----------------------------------------------------------------------------------

BAD_LINKS = [
    {"size": "4"},
    {"size": "17"},
    {"first": "4"},
    {"noshift": "<script>alert(1)</script>"},
    {"full": "yes"},
    {"target": "121"},
    {"depth": "8"},
    {"view": "diagonal"},
    {"step": "101"},
    {"seed": "x"},
    {"digit": "10000"},
    {"pixel": "784"},
    {"paint": "3"},
    {"pin": "seed"},
]


@pytest.mark.parametrize("query", BAD_LINKS, ids=lambda query: "&".join(query))
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str], checkpoints: Path) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert "<script" not in notice.value
    assert link(app) == {}
    app.run()
    assert len(app.warning) == 0  # said once


# --- the whole lesson ----------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["", "noshift", "size.first.full"])
def test_presenting_keeps_the_pinned_controls_alone(pin: str) -> None:
    app = visit(present="1", **({"pin": pin} if pin else {}))
    whole(app)
    expected = {f"diagonal_bilstm.{name}" for name in pin.split(".") if name}
    kinds = (app.number_input, app.button_group, app.toggle)
    assert {each.key for kind in kinds for each in kind} == expected
    assert len(app.tabs) == 0
    assert meta(app)["present"]


@pytest.mark.parametrize("number", range(1, len(page.cards(page.link())) + 1))
def test_every_card_sets_a_picture(number: int) -> None:
    app = visit(size="7", first="7", noshift="1", full="1")
    app.button(key=f"diagonal_bilstm.card.{number}").click().run()
    whole(app)
    assert link(app) == {}  # the picture puts its place there by itself
    shown = meta(app)
    assert (shown["rows"], shown["shift"], shown["full"]) == (11, True, False)
    assert shown["goto"]["nonce"] == 1
    assert shown["goto"]["view"] in page.VIEWS


@pytest.mark.parametrize("answer", page.QUESTION.answers)
def test_the_answer_sets_the_network_that_leaks(answer: str) -> None:
    app = visit(size="7", full="1")
    widget(app, "diagonal_bilstm.question").set_value(answer).run()
    whole(app)
    said = " ".join(markdown.value for markdown in app.markdown)
    assert page.QUESTION.why in said
    assert page.QUESTION.answers[answer] in said
    assert ("**Yes.**" in said) == (answer == page.QUESTION.right)
    shown = meta(app)
    assert shown["goto"]["view"] == "contexts"
    assert (shown["rows"], shown["shift"], shown["full"]) == (11, False, False)
    assert link(app) == {"noshift": "1"}


# --- tabs ----------------------------------------------------------------------------------------


def test_every_tab_opens_without_a_trained_model(checkpoints: Path) -> None:
    app = visit()
    for label in [tab.label for tab in app.tabs]:
        open_tab(app, label)
        [tab] = [tab for tab in app.tabs if tab.label == label]
        assert len(tab.children) > 0, label
        trained = label in ("Trained gradient", "Sample")
        assert [("diagonal-bilstm" in error.value) for error in app.error] == [True] * trained


def test_the_trained_gradient_is_that_of_the_model(checkpoint: DiagonalBiLSTM) -> None:
    from arviz_models.data import load_dataset
    from arviz_models.pretrained import load_pretrained
    from arviz_models.receptive_field import first_seen, gradient_map

    app = open_tab(visit(digit="3", pixel="37", paint="2-1.11-1"), "Trained gradient")
    shown, arrays = packed(app, "pixel_softmax")
    assert (shown["rows"], shown["columns"], shown["target"]) == (8, 8, 37)
    digit = load_dataset("digits", 2).test[3:4].clone()
    np.testing.assert_array_equal(arrays["base"], digit.numpy().ravel())
    digit.view(-1)[[2, 11]] = 1
    np.testing.assert_array_equal(arrays["x"], digit.numpy().ravel())
    model = load_pretrained("diagonal-bilstm-digits")
    assert isinstance(model, DiagonalBiLSTM)
    expected = gradient_map(model, digit, (4, 5)).ravel()
    np.testing.assert_allclose(arrays["gradient"], expected, rtol=1e-4, atol=1e-8)
    reads = first_seen(model)[37] <= 1
    assert (arrays["gradient"][~reads] == 0).all()


def test_samples_are_drawn_live(checkpoint: DiagonalBiLSTM) -> None:
    app = open_tab(visit(seed="3"), "Sample")
    shown, arrays = packed(app, "digits")
    assert (shown["count"], shown["rows"], shown["columns"]) == (page.DIGITS, 8, 8)
    assert arrays["values"].size == 64 * page.DIGITS
    [said] = [text.value for text in app.caption if "steps" in text.value]
    assert "64 steps" in said
    assert "44.40 nats on digits" in said
    press(app, "Reseed")
    assert bytes(packed(app, "digits")[1]["values"]) != bytes(arrays["values"])


def test_code_tab_shows_the_source_itself() -> None:
    app = open_tab(visit(), "Code")
    shown = "\n".join(code.value for code in app.code)
    for part in ("def skew(", "def states(", "def layer_reads(", "def direction_reads("):
        assert part in shown
    files = ("layers.py", "diagonal_bilstm.py")
    source = "".join((ROOT / "arviz_models" / name).read_text("utf-8") for name in files)
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


def test_take_away_offers_the_picture_and_its_tables() -> None:
    app = open_tab(visit(noshift="1"), "Take away")
    assert len(app.get("download_button")) == 5
    assert len(app.get("image")) == 1


def test_mistakes_are_met() -> None:
    app = open_tab(visit(), "What people get wrong")
    said = " ".join(text.value for text in app.markdown)
    for word in ("right by r", "not drawn yet", "raster order", "equally good", "last of the row"):
        assert re.search(word, said), word


def test_papers_are_those_of_the_model() -> None:
    app = open_tab(visit(), "Papers")
    assert "1601.06759" in " ".join(text.value for text in app.markdown)
