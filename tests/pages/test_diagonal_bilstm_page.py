"""The Diagonal BiLSTM lesson: its controls, its link and its words, without a browser."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models.analysis.diagonals import (
    MARKS,
    NOWHERE,
    bidirectional_reads,
    diagonals,
)
from arviz_models.analysis.receptive_fields import NEVER
from pages.diagonal_bilstm import build, network, readers, sweep
from pages.diagonal_bilstm.network import target_of
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, open_reading, packed, press, whole, widget

visit = partial(visiting.visit, "diagonal_bilstm")
TARGET = 7 * 11 + 5
COMPONENTS = {"readers": "diagonal", "sweep": "diagonal", "build": "diagonal_build"}


def meta(app: AppTest, activity: str = "build") -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, COMPONENTS[activity])[0]


# --- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize("activity", COMPONENTS)
def test_an_activity_opens_at_its_defaults(activity: str) -> None:
    app = visit(activity=activity)
    whole(app)
    assert app.title[0].value == "Diagonal BiLSTM"
    assert len(app.error) == len(app.warning) == len(app.info) == 0
    assert link(app) == {"activity": activity}
    shown = meta(app, activity)
    assert (shown["rows"], shown["columns"]) == (11, 11)
    target = 7 * 11 + 2 if activity == "sweep" else TARGET  # mirrored, it stands elsewhere
    assert (shown["start"]["target"], shown["shift"], shown["full"]) == (target, True, False)
    assert {"Present", "Reset"} <= {button.label for button in app.button}


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
    app = visit(activity="build", **query)
    shown, (name, arrays) = meta(app), packed(app, "weights")
    assert name["name"] == shown["tables"]
    expected = dict(diagonals(*configuration).arrays)
    expected |= {f"primer {way}": table for way, table in bidirectional_reads().items()}
    assert arrays.keys() == expected.keys()
    for each, array in expected.items():
        np.testing.assert_array_equal(arrays[each], array.ravel())
    assert set(shown["words"]) == set(MARKS)


@pytest.mark.parametrize(
    "query",
    [
        {
            "activity": "build",
            "tour": "3",
            "size": "9",
            "first": "7",
            "noshift": "1",
            "full": "1",
            "target": "70",
            "part": "both",
            "step": "4",
        },
        {"activity": "sweep", "size": "9", "target": "70", "view": "sweep", "step": "12"},
        {"activity": "readers", "tour": "2", "step": "1"},
    ],
    ids=lambda query: query["activity"],
)
def test_a_link_restores_everything(query: dict[str, str]) -> None:
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "value", "text"),
    [("size", 7, "7"), ("first", "7", "7"), ("noshift", True, "1"), ("full", True, "1")],
)
def test_every_control_changes_the_picture_and_the_link(key: str, value: Any, text: str) -> None:
    app = visit(activity="build")
    before, (_, arrays_before) = meta(app), packed(app, "weights")
    widget(app, f"diagonal_bilstm.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {"activity": "build", key: text}
    shown, (_, arrays) = meta(app), packed(app, "weights")
    assert shown["tables"] != before["tables"]
    assert any(bytes(arrays[name]) != bytes(array) for name, array in arrays_before.items())


def test_the_steps_of_every_view_fit_the_link() -> None:
    """The longest: both directions over the largest image, and the skew in hundredths."""
    wavefronts = diagonals(network.MOST_SIZE, 3, False, True).wavefronts
    assert max(2 * len(wavefronts), 100) <= network.MOST_STEPS


# --- what the browser keeps ----------------------------------------------------------------------


def test_the_target_comes_from_the_address() -> None:
    app = open_reading(visit(activity="build", size="9", target="70"), "Take away")
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 7, column 7" in said
    app.query_params["target"] = "12"  # as the picture does, without a run
    app.run()
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 1, column 3" in said


def test_only_a_part_that_shows_the_target_asks_to_be_told_of_it() -> None:
    app = visit(activity="build")
    assert not meta(app)["report"]
    assert meta(open_reading(app, "Take away"))["report"]
    assert not meta(open_reading(app, "Papers"))["report"]


def test_the_place_outlives_what_has_nothing_to_do_with_it() -> None:
    place = {"target": "30", "view": "skew", "step": "40"}
    app = visit(activity="sweep", **place)
    for label in ("Present", "Leave"):
        press(app, label)
        assert {name: link(app).get(name) for name in place} == place, label
    resets = meta(app, "sweep")["resets"]
    press(app, "Reset")
    assert not set(link(app)) & set(place)
    assert meta(app, "sweep")["resets"] == resets + 1


BAD_LINKS = [
    {"activity": "build", "size": "4"},
    {"activity": "build", "size": "17"},
    {"activity": "build", "first": "4"},
    {"activity": "build", "noshift": "<script>alert(1)</script>"},
    {"activity": "build", "full": "yes"},
    {"activity": "build", "target": "121"},
    {"activity": "build", "part": "diagonal"},
    {"activity": "sweep", "view": "contexts"},
    {"activity": "sweep", "step": "101"},
    {"activity": "readers", "step": "5"},
    {"activity": "draw", "seed": "x"},
    {"activity": "sweep", "part": "both"},
]


@pytest.mark.slow
@pytest.mark.parametrize("query", BAD_LINKS, ids=lambda query: "&".join(query))
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str], checkpoints: Path) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    [bad] = query.keys() - {"activity"}
    assert f"`{bad}`" in notice.value
    assert "<script" not in notice.value
    assert bad not in link(app)
    app.run()
    assert len(app.warning) == 0  # said once


# --- words ---------------------------------------------------------------------------------------


def test_the_readers_read_what_the_words_say() -> None:
    reads = bidirectional_reads()
    assert reads["direct"].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]  # f0 reads x0, f2 all
    assert reads["mirrored"][0].tolist() == [1, 1, 1]  # b0 reads all
    joined = reads["direct"] | reads["mirrored"]
    assert joined.all()  # "So y₀ reads all inputs", and y₁ reads x₁
    assert reads["direct"][1, 1] and reads["mirrored"][1, 1]  # each reader passes x₁
    assert readers.PREDICTS.right == "No"


def states_at(way: str, back: int) -> set[tuple[int, int]]:
    table = diagonals(11, 3, False, True).arrays[f"states {way}"][TARGET]
    return {(int(i) // 11, int(i) % 11) for i in np.flatnonzero(table == back)}


def test_the_states_that_the_words_name_are_those_of_the_network() -> None:
    assert states_at("direct", 1) == {(7, 4), (6, 5)}
    assert states_at("direct", 2) == {(7, 3), (6, 4), (5, 5)}
    assert states_at("mirrored", 0) == {(6, 5)}
    assert states_at("mirrored", 1) == {(6, 6), (5, 5)}
    named = [str(step.text) for step in build.STEPS]
    assert "(7, 4)" in named[1] and "(6, 5)" in named[1]
    assert "(7, 3), (6, 4), (5, 5)" in named[2]
    assert "(6, 6) and (5, 5)" in named[4]


def test_what_is_followed_to_the_end_is_what_the_layer_reads() -> None:
    for full, shift in ((False, True), (True, True), (False, False)):
        found = diagonals(9, 3, full, shift).arrays
        for way in ("direct", "mirrored"):
            read = found[way] == 1
            np.testing.assert_array_equal(found[f"followed {way}"] != NEVER, read)


def test_a_pixel_arrives_no_sooner_than_a_state_that_reads_it() -> None:
    """With a first kernel of 3 a state reads its neighbours: one diagonal on, or two."""
    found = diagonals(11, 3, False, True).arrays
    followed, states = found["followed direct"], found["states direct"]
    assert followed[TARGET, TARGET - 1] == 0
    assert states[TARGET, TARGET] == 0
    both = (followed[TARGET] != NEVER) & (states[TARGET] != NEVER)
    late = followed[TARGET][both].astype(int) - states[TARGET][both]
    assert (late >= -2).all()


def test_the_right_answers_are_those_of_the_network() -> None:
    leaking = diagonals(11, 3, False, False)
    leaks = np.flatnonzero(leaking.marks(TARGET, 1).ravel() == MARKS.index("leak")).tolist()
    assert leaks == list(range(TARGET, 8 * 11 - 1)) == build.C["leaks"]
    assert build.LEAKS.right == "The target and pixels on its right"
    assert diagonals(11, 3, False, True).counts(TARGET, 1)["leak"] == 0
    assert build.C["not read"] == [6 * 11 + 10]
    assert "(6, 10)" in build.MISSING.right
    assert (7 * 11 + 6, 6 * 11 + 5) == (83, 71)
    assert target_of(11) == TARGET == 82
    assert "83" in build.USABLE.answers[build.USABLE.right]


def test_left_and_above_stand_in_the_column_before() -> None:
    found = diagonals(11, 3, False, True)
    skewed, size = found.arrays["skewed direct"], 11
    column = {int(index): t for (_, t), index in np.ndenumerate(skewed) if index != NOWHERE}
    row = {int(index): r for (r, _), index in np.ndenumerate(skewed) if index != NOWHERE}
    for index, t in column.items():
        assert t == index % size + row[index]  # "Row r moves right by r columns"
        if index % size:
            assert column[index - 1] == t - 1
        if index >= size:
            assert column[index - size] == t - 1


def test_the_sweep_takes_two_sides_less_one_steps() -> None:
    assert (sweep.C["diagonals of 11"], sweep.C["diagonals of 28"]) == (21, 55)
    assert sum(diagonals(11, 3, False, True).wavefronts) == 121


@pytest.mark.parametrize(
    ("activity", "tour", "name"),
    [
        ("readers", "4", "arrows"),
        ("build", "4", "numbers"),
        ("build", "5", "leak"),
        ("build", "7", "blind"),
    ],
)
def test_a_question_covers_its_answer_until_it_is_answered(
    activity: str, tour: str, name: str
) -> None:
    app = visit(activity=activity, tour=tour)
    whole(app)
    assert meta(app, activity)["hidden"] == [name]
    app.button(key="stage_answer_0").click().run()
    whole(app)
    assert meta(app, activity)["hidden"] == []


def test_the_answer_about_the_shift_shows_the_network_that_leaks() -> None:
    app = visit(activity="build", tour="5")
    app.button(key="stage_answer_0").click().run()
    whole(app)
    assert (meta(app)["shift"], meta(app)["start"]["part"]) == (False, "right")
    widget(app, "diagonal_bilstm.noshift").set_value(False).run()
    assert meta(app)["shift"]


def test_the_formula_says_why_a_sum_is_as_good_as_an_average() -> None:
    formula = " ".join(text.value for text in open_reading(visit(), "Formula").markdown)
    assert "The two directions are added" in formula
    assert "it is half the sum" in formula
    assert "stands for tanh" in formula


# --- below the stage -----------------------------------------------------------------------------


def test_code_shows_the_source_itself() -> None:
    app = open_reading(visit(activity="readers"), "Code")
    shown = "\n".join(code.value for code in app.code)
    for part in ("def skew(", "def states(", "def layer_reads(", "def direction_reads("):
        assert part in shown
    files = ("layers.py", "diagonal_bilstm.py")
    source = "".join((ROOT / "arviz_models" / name).read_text("utf-8") for name in files)
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


@pytest.mark.parametrize(("activity", "files"), [("build", 4), ("sweep", 4)])
def test_take_away_offers_the_picture_and_its_tables(activity: str, files: int) -> None:
    app = (
        open_reading(visit(activity=activity, noshift="1"), "Take away")
        if (activity == "build")
        else open_reading(visit(activity=activity), "Take away")
    )
    assert len(app.get("download_button")) == files


def test_mistakes_are_met() -> None:
    app = open_reading(visit(activity="readers"), "What people get wrong")
    said = " ".join(text.value for text in app.markdown)
    for word in (
        "right by r",
        "not drawn yet",
        "raster order",
        "equally good",
        "last of the row",
        "at the top",
    ):
        assert re.search(word, said), word


def test_papers_are_those_of_the_model() -> None:
    app = open_reading(visit(activity="readers"), "Papers")
    assert "1601.06759" in " ".join(text.value for text in app.markdown)
