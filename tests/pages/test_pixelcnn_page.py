"""The PixelCNN page: its controls, its link, its words and its tabs, without a browser."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import cards
from arviz_models.figures.pixelcnn import pixelcnn_fields
from arviz_models.receptive_field import NEVER
from pages.ui import fields, pixelcnn_lesson
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, packed, press, whole, widget

visit = partial(visiting.visit, "pixelcnn")


def open_tab(app: AppTest, label: str) -> AppTest:
    return visiting.open_tab(app, "pixelcnn", label)


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "fields")[0]


# --- opening -------------------------------------------------------------------------------------


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "PixelCNN"
    assert len(app.error) == len(app.warning) == len(app.info) == 0
    assert link(app) == {}
    shown = meta(app)
    assert (shown["rows"], shown["columns"]) == (11, 11)
    assert (shown["target"], shown["depth"]) == (7 * 11 + 5, 3)
    assert shown["most"] == 40
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert labels.count("Show this") == len(pixelcnn_lesson.cards(pixelcnn_lesson.link()))


def test_the_picture_has_the_tables_that_it_names() -> None:
    app = visit(size="8", first="5", kernel="5", mask="B")
    shown, (name, arrays) = meta(app), packed(app, "weights")
    assert name["name"] == shown["tables"]
    expected = pixelcnn_fields(8, 5, 5, "B").arrays
    assert arrays.keys() == expected.keys()
    for each, array in expected.items():
        np.testing.assert_array_equal(arrays[each], array.ravel())
    for panel in shown["panels"]:
        assert {panel["table"], *panel["streams"]} <= arrays.keys()
        assert {kernel["cells"] for kernel in panel["kernels"]} <= arrays.keys()


def test_a_link_restores_everything() -> None:
    query = {
        "size": "9",
        "first": "7",
        "kernel": "5",
        "mask": "B",
        "seed": "4",
        "target": "70",
        "depth": "6",
        "view": "later",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query
    shown = meta(app)
    assert shown["rows"] == 9
    assert [kernel["columns"] for kernel in shown["panels"][0]["kernels"]] == [7, 5]
    assert "mask B" in shown["panels"][0]["kernels"][0]["title"]
    assert [button.value for button in app.button_group if button.key == "pixelcnn.mask"] == ["B"]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("size", 7, "7"),
        ("size", 14, "14"),
        ("first", "7", "7"),
        ("kernel", "5", "5"),
        ("mask", "B", "B"),
    ],
)
def test_every_control_changes_the_picture_and_the_link(key: str, value: Any, text: str) -> None:
    app = visit()
    before = meta(app), packed(app, "weights")
    widget(app, f"pixelcnn.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {key: text}
    shown, (_, arrays) = meta(app), packed(app, "weights")
    assert shown["tables"] != before[0]["tables"]
    assert any(bytes(arrays[name]) != bytes(array) for name, array in before[1][1].items())
    assert bool(app.info) == (key == "mask")


@pytest.mark.parametrize("size", [7, 11, 16])
def test_the_first_target_stands_at_the_same_place_of_every_size(size: int) -> None:
    place = pixelcnn_lesson.start({"size": size})
    row, column = divmod(place.target, size)
    assert row / (size - 1) == pytest.approx(0.7, abs=0.5 / (size - 1))
    assert column / (size - 1) == pytest.approx(0.5, abs=0.5 / (size - 1))


def test_the_largest_image_is_whole_within_the_depths_offered() -> None:
    """At the depth of the prediction nothing is left that only waits for more layers."""
    smallest = min(map(int, pixelcnn_lesson.KERNELS))
    last = pixelcnn_fields(pixelcnn_lesson.MOST_SIZE, smallest, smallest, "A").last
    assert last <= fields.MOST_DEPTH


# --- what the browser keeps ----------------------------------------------------------------------


def test_target_and_depth_come_from_the_address() -> None:
    app = open_tab(visit(size="9", target="70", depth="6"), "Take away")
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 7, column 7, with 6 layers" in said
    app.query_params["target"] = "12"  # as the picture does, without a run
    app.run()
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 1, column 3" in said


@pytest.mark.parametrize("place", [{}, {"target": "-1", "depth": "x"}])
def test_where_the_address_says_nothing_the_start_is_taken(place: dict[str, str]) -> None:
    app = visit()
    for name, text in place.items():
        app.query_params[name] = text
    open_tab(app, "Take away")
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 7, column 5, with 3 layers" in said


def test_only_a_tab_that_shows_the_target_asks_to_be_told_of_it() -> None:
    app = visit()
    assert not meta(app)["report"]
    for label in [tab.label for tab in app.tabs]:
        if label in pixelcnn_lesson.FOLLOWING:
            assert meta(open_tab(app, label))["report"]
    assert not meta(open_tab(app, "Papers"))["report"]


def test_the_place_outlives_what_has_nothing_to_do_with_it() -> None:
    place = {"target": "30", "depth": "5", "view": "first"}
    app = visit(**place)
    for label in ("Reseed", "Present", "Leave presentation"):
        press(app, label)
        assert {name: link(app).get(name) for name in place} == place, label


def test_the_place_goes_with_another_picture_and_at_reset() -> None:
    """The picture then says by itself where it stands."""
    app = visit(target="30", depth="5")
    widget(app, "pixelcnn.kernel").set_value("5").run()
    assert link(app) == {"kernel": "5"}
    app = visit(target="30", depth="5", kernel="5")
    resets = meta(app)["resets"]
    press(app, "Reset")
    assert link(app) == {}
    assert meta(app)["resets"] == resets + 1


# --- bad links -----------------------------------------------------------------------------------

BAD_LINKS = [
    {"size": "6"},
    {"size": "29"},
    {"size": "eleven"},
    {"first": "4"},
    {"kernel": "9"},
    {"mask": "C"},
    {"mask": "<script>alert(1)</script>"},
    {"target": "121"},
    {"target": "-1"},
    {"depth": "41"},
    {"view": "kernel"},
    {"seed": "x"},
    {"present": "yes"},
    {"pin": "seed"},
]


@pytest.mark.parametrize("query", BAD_LINKS, ids=lambda query: "&".join(query))
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str]) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert "<script" not in notice.value
    assert link(app) == {}
    assert meta(app)["rows"] == 11
    app.run()
    assert len(app.warning) == 0  # said once


def test_a_target_outside_a_smaller_image_is_refused_and_the_rest_kept() -> None:
    app = visit(size="7", target="60", depth="2")
    whole(app)
    [notice] = app.warning
    assert "`target`" in notice.value
    assert "from 0 to 48" in notice.value
    assert link(app) == {"size": "7", "depth": "2"}


# --- the whole lesson ----------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["", "mask", "size.first.kernel"])
def test_presenting_keeps_the_pinned_controls_alone(pin: str) -> None:
    app = visit(present="1", **({"pin": pin} if pin else {}))
    whole(app)
    expected = {f"pixelcnn.{name}" for name in pin.split(".") if name}
    assert {each.key for kind in (app.number_input, app.button_group) for each in kind} == expected
    assert len(app.tabs) == 0
    assert meta(app)["present"]


@pytest.mark.parametrize("number", range(1, len(pixelcnn_lesson.cards(pixelcnn_lesson.link())) + 1))
def test_every_card_sets_a_picture(number: int) -> None:
    app = visit(size="7", first="7", kernel="5", mask="B")
    app.button(key=f"pixelcnn.card.{number}").click().run()
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == {}  # the picture puts its place there by itself
    shown = meta(app)
    assert shown["rows"] == 11
    goto = shown["goto"]
    assert goto["nonce"] == 1
    assert 0 <= goto.get("target", 0) < 121
    assert 0 <= goto.get("depth", 0) <= shown["most"]
    assert goto.get("view", "field") in fields.VIEWS


def test_the_wedge_and_its_cure_are_in_the_pictures_that_the_cards_set() -> None:
    """What the prose says of them: blind pixels at full depth, and with two stacks none."""
    found = pixelcnn_fields(11, 3, 3, "A")
    for number in (3, 4):
        app = visit()
        app.button(key=f"pixelcnn.card.{number}").click().run()
        goto = meta(app)["goto"]
        plain, gated = (found.arrays[panel.table][goto["target"]] for panel in found.panels)
        before = np.arange(121) < goto["target"]
        assert (plain[before] == NEVER).sum() > 0
        assert not ((plain[before] != NEVER) & (plain[before] > goto["depth"])).any()
        assert (gated[before] <= goto["depth"]).all()


@pytest.mark.parametrize("answer", pixelcnn_lesson.QUESTION.answers)
def test_the_answer_sets_the_deepest_stack(answer: str) -> None:
    app = visit(size="7", mask="B")
    widget(app, "pixelcnn.question").set_value(answer).run()
    whole(app)
    said = " ".join(markdown.value for markdown in app.markdown)
    question = pixelcnn_lesson.QUESTION
    assert question.why in said
    assert question.answers[answer] in said
    assert ("**Yes.**" in said) == (answer == question.right)
    assert meta(app)["goto"]["depth"] == 40
    assert str(fields.MOST_DEPTH) in question.text
    assert link(app) == {}


# --- tabs ----------------------------------------------------------------------------------------


def test_every_tab_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "FOLDER", tmp_path)  # without any trained model
    app = visit()
    for label in [tab.label for tab in app.tabs]:
        open_tab(app, label)
        [tab] = [tab for tab in app.tabs if tab.label == label]
        assert len(tab.children) > 0, label


def test_code_tab_shows_the_source_itself() -> None:
    app = open_tab(visit(), "Code")
    shown = "\n".join(code.value for code in app.code)
    for part in ("def kernel_mask(", "def forward(self, one_hot: Tensor)", "def first_seen("):
        assert part in shown
    files = ("layers.py", "pixelcnn.py", "receptive_field.py")
    source = "".join((ROOT / "arviz_models" / name).read_text("utf-8") for name in files)
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


def test_take_away_offers_the_picture_and_its_tables() -> None:
    app = open_tab(visit(mask="B"), "Take away")
    assert len(app.get("download_button")) == 5
    assert len(app.get("image")) == 1


def test_mistakes_are_met() -> None:
    app = open_tab(visit(), "What people get wrong")
    said = " ".join(text.value for text in app.markdown)
    for word in ("blind", "type A", "vertical", "forward pass", "softmax"):
        assert re.search(word, said, re.IGNORECASE), word


def test_papers_are_those_of_the_models() -> None:
    app = open_tab(visit(), "Papers")
    said = " ".join(text.value for text in app.markdown)
    assert "1601.06759" in said
    assert "1606.05328" in said
