"""The Row LSTM lesson: its controls, its link and its words, without a browser."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.analysis.receptive_fields import NEVER
from arviz_models.analysis.row_reads import MOST_LAYERS, RowReads, row_reads
from arviz_models.data import load_dataset
from arviz_models.pretrained import load_pretrained, save_checkpoint
from arviz_models.row_lstm import RowLSTM
from pages.row_lstm import gates, reads
from pages.row_lstm.models import DRAWN_SEED
from pages.row_lstm.reads import SIZE, START
from pages.ui.outline import Step
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, open_reading, packed, readings, whole

TYPES: dict[str, type] = {"u1": np.uint8, "i4": np.int32, "f4": np.float32}


visit = partial(visiting.visit, "row_lstm")


def answer(app: AppTest, number: int) -> None:
    app.button(key=f"stage_answer_{number}").click().run()
    whole(app)


# A folder of its own for each test, empty at first.
pytestmark = pytest.mark.usefixtures("checkpoints")


def ship(name: str = "row-lstm-small", features: int = 4, layers: int = 1) -> None:
    """A small model, not trained, as a checkpoint."""
    torch.manual_seed(0)
    model = RowLSTM((1, 8, 8), 2, features, layers, 3, 3)
    save_checkpoint(model, name, {"data": "digits", "levels": 2, "test_nll": 44.36})


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "row_lstm")[0]


def group(app: AppTest, key: str) -> Any:
    [found] = [each for each in app.button_group if each.key == key]
    return found


# --- the picture and its link ---------------------------------------------------------------------


def test_page_opens_at_its_defaults() -> None:
    app = visit(activity="reads")
    whole(app)
    assert app.title[0].value == "Row LSTM"
    assert len(app.error) == len(app.warning) == 0
    shown = meta(app)
    assert (shown["rows"], shown["columns"]) == (11, 11)
    assert shown["start"] == START | {"rows": 1}
    assert (shown["first_kernel"], shown["kernel"]) == (None, 3)
    labels = [button.label for button in app.button]
    assert {"Present", "Reset"} <= set(labels)


def test_the_picture_has_the_tables_of_the_models() -> None:
    app = visit(activity="reads", first="5", kernel="5")
    name, arrays = packed(app, "weights")
    assert name["name"] == meta(app)["tables"]
    for each, table in row_reads(11, 5, 5).tables().items():
        np.testing.assert_array_equal(arrays[each], table.ravel())


def test_a_link_restores_everything() -> None:
    ship()
    query = {"activity": "reads", "tour": "3", "first": "7", "kernel": "5"}
    query |= {"target": "70", "layers": "3", "up": "2"}
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert {**link(app), "activity": "reads"} == query
    assert (meta(app)["first_kernel"], meta(app)["kernel"]) == (7, 5)
    query = {"activity": "gates", "digit": "9", "erase": "3", "pixel": "20", "feature": "3"}
    query |= {"gate": "h", "view": "units"}
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query


@pytest.mark.parametrize(("key", "value"), [("first", "3"), ("kernel", "5")])
def test_every_control_changes_the_picture_and_the_link(key: str, value: str) -> None:
    app = visit(activity="reads")
    before = meta(app)["tables"]
    group(app, f"row_lstm.{key}").set_value(value).run()
    whole(app)
    assert link(app)[key] == value
    assert meta(app)["tables"] != before


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        {"activity": "reads", "first": "9"},
        {"activity": "reads", "kernel": "4"},
        {"activity": "reads", "target": "121"},
        {"activity": "reads", "layers": "0"},
        {"activity": "reads", "layers": "13"},
        {"activity": "reads", "up": "11"},
        {"activity": "gates", "digit": "10000"},
        {"activity": "gates", "pixel": "64"},
        {"activity": "gates", "feature": "4"},
        {"activity": "gates", "gate": "x"},
        {"activity": "gates", "view": "x"},
        {"activity": "gates", "erase": "29"},
        {"activity": "gates", "layer": "2"},
        {"activity": "gates", "model": "<script>"},
        {"activity": "race", "step": "785"},
        {"activity": "race", "up": "3"},
    ],
    ids=lambda query: "&".join(f"{name}={text}" for name, text in query.items()),
)
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str]) -> None:
    ship()
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    [bad] = query.keys() - {"activity"}
    assert f"`{bad}`" in notice.value
    assert "<script" not in notice.value
    assert bad not in link(app)


def test_presenting_shows_no_reading() -> None:
    app = visit(activity="reads", present="1")
    whole(app)
    assert readings(app) == []
    assert meta(app)["present"]


# --- words ----------------------------------------------------------------------------------------


def shown_by(step: Step) -> tuple[RowReads, int, int, int]:
    """What a step shows: the model's reads, target, layers, rows that are followed at the end."""
    state = {"first": "bare", "kernel": "3"} | dict(step.state)
    place = START | {name: step.place[name] for name in START if name in step.place}
    above = place["target"] // SIZE
    rows = above if step.place.get("play") else min(place["rows"], above)
    found = row_reads(*reads.Reads(**state).network)
    return found, place["target"], place["layers"], rows


def read_by(step: Step) -> np.ndarray:
    found, target, layers, rows = shown_by(step)
    return np.array([name == "seen" for name in found.classes(target, layers, rows)])


def test_step_1_one_pixel_and_three_states() -> None:
    found, target, layers, rows = shown_by(reads.STEPS[0])
    assert (layers, rows) == (1, 1)
    own = [pixel for pixel in range(target) if found.rows[0, target, pixel] == 0]
    assert own == [target - 1]
    assert (found.states[target] == 1).sum() == 3
    assert found.masks["state to state"] == [[1, 1, 1]]
    assert found.masks["input to state"] == [[1, 0, 0]]


def test_step_2_three_five_and_seven_states_reach_the_target() -> None:
    found, target, _, rows = shown_by(reads.STEPS[1])
    states = found.states[target].reshape(SIZE, SIZE)
    by_row = [int((states[target // SIZE - up] == up).sum()) for up in range(1, rows + 1)]
    assert by_row[:3] == [3, 5, 7]
    assert (states[0] == rows).any()  # "up to the first row"


def test_step_3_the_pixels_stand_one_column_left_of_the_states() -> None:
    step = reads.STEPS[2]
    found, target, _, _ = shown_by(step)
    seen = read_by(step).reshape(SIZE, SIZE)
    states = (found.states[target] != NEVER).reshape(SIZE, SIZE)
    np.testing.assert_array_equal(seen[:, :-1], states[:, 1:])
    assert not seen[:, -1].any()  # "Column 10 is never read"
    assert np.flatnonzero(states[6]).tolist() == [4, 5, 6]
    assert np.flatnonzero(seen[6]).tolist() == [3, 4, 5]


def test_the_right_answer_is_what_the_model_misses() -> None:
    """Those outside the triangle of states, moved one column to the left, and no others."""
    found, target, _, _ = shown_by(reads.STEPS[2])
    seen = set(np.flatnonzero(read_by(reads.STEPS[2])))
    states = {place for place in range(target) if found.states[target, place] != NEVER} | {target}
    assert seen == {place - 1 for place in states if place % SIZE}
    assert seen - states  # so it is not those outside the triangle as it stands
    assert f"{len(seen)} of {target}" in reads.MISSED.answers[reads.MISSED.right]


def test_step_4_five_layers_read_all_that_is_dotted_and_nothing_on_the_right() -> None:
    step = reads.STEPS[3]
    found, target, layers, rows = shown_by(step)
    before, after = (found.classes(target, number, rows) for number in (1, layers))
    assert layers == 5
    assert "depth-limited" not in after
    assert "depth-limited" in found.classes(target, layers - 1, rows)  # fewer do not
    assert after.count("seen") == found.classes(target, MOST_LAYERS, rows).count("seen")
    for pixel, (name, then) in enumerate(zip(before, after, strict=True)):
        if name != then:  # gained: on the left of all that one layer reads in this row
            assert "seen" not in before[pixel // SIZE * SIZE : pixel]
    assert f"{after.count('blind')} pixels are never read" in str(step.text)


def test_step_5_a_first_kernel_reads_three_rows_up_and_three_columns_to_the_right() -> None:
    found, *_ = shown_by(reads.STEPS[4])
    mask = np.array(found.masks["first"])
    assert mask.shape == (7, 7)
    rows_up, columns = np.nonzero(mask)
    assert (3 - rows_up.min(), columns.max() - 3) == (3, 3)
    assert f"{read_by(reads.STEPS[4]).sum()} of {START['target']}" in str(reads.STEPS[4].text)


def test_the_mistakes_say_what_is_true_of_the_model() -> None:
    """Enough layers read all on the left; a first kernel as wide as k covers the states."""
    target = START["target"]
    bare = row_reads(SIZE, 3, None).classes(target, MOST_LAYERS, SIZE)
    assert all(bare[p] == "seen" for p in range(target) if p % SIZE <= target % SIZE)
    assert "blind" in bare
    for kernel in (3, 5, 7):
        found = row_reads(SIZE, kernel, kernel)
        classes = found.classes(target, 1, SIZE)
        assert all(classes[p] == "seen" for p in range(target) if found.states[target, p] != NEVER)
    states = row_reads(SIZE, 3, None).states[target]
    assert states[target - SIZE + 3] == NEVER  # one row up, three columns to the right


def test_a_cell_counts_the_rows_since_the_stroke() -> None:
    """What the words say of the unit without a number of their own."""
    found = gates.C
    assert found["ink of the column"] == [5, 6, 21, 22]
    cell = [found[f"c of row {row}"] for row in (2, 4, 5, 7, 9, 12, 14, 16, 19)]
    assert cell[0] == pytest.approx(cell[1], abs=0.05)  # "stays as it was"
    assert found["f of row 4"] == pytest.approx(0.5, abs=0.05)  # "about half"
    assert cell[1] < cell[2] < cell[3] < cell[4]  # "c rises"
    assert found["f of row 5"] < 0.25  # "most of the old c is forgotten"
    assert cell[5] > cell[6] > cell[7] > cell[8]  # "falls row by row"
    assert found["most g"] < -0.85  # "near −1"
    assert found["c of row 16"] < found["erased c of row 16"] < 0  # "Nearer to 0"
    assert found["edge"] in found["ink of the column"]  # "its pixel"
    assert found["erased p of the edge"] < found["p of the edge"]  # "less likely too"
    assert cell[8] < 0  # with σ at g every term of c were at least 0


@pytest.mark.parametrize(
    ("activity", "tour", "name"),
    [
        ("reads", "3", "above"),
        ("gates", "4", "erased"),
        ("gates", "5", "g"),
        ("race", "2", "drawing"),
    ],
)
def test_a_question_covers_its_answer_until_it_is_answered(
    activity: str, tour: str, name: str
) -> None:
    ship()
    component = {"reads": "row_lstm", "gates": "row_lstm_gates", "race": "row_race"}[activity]
    app = visit(activity=activity, tour=tour)
    whole(app)
    assert packed(app, component)[0]["hidden"] == [name]
    answer(app, 0)
    assert packed(app, component)[0]["hidden"] == []


def test_the_page_says_where_the_slide_writes_otherwise() -> None:
    formula = " ".join(text.value for text in open_reading(visit(), "Formula").markdown)
    assert "The lecture's slide writes one σ for all four" in formula
    assert "tanh for the content" in formula


# --- the trained model ----------------------------------------------------------------------------


@pytest.mark.parametrize("activity", ["gates", "race"])
def test_without_a_trained_model_the_page_says_what_to_do(activity: str) -> None:
    app = visit(activity=activity)
    whole(app)
    [error] = app.error
    assert "python -m arviz_models train-all row-lstm-mnist" in error.value


def test_the_gates_are_those_of_the_checkpoint_on_the_digit_of_the_link() -> None:
    ship()
    app = visit(activity="gates", digit="5", erase="4")
    shown, arrays = packed(app, "row_lstm_gates")
    x = load_dataset("digits", 2).test[5:6]
    np.testing.assert_array_equal(arrays["x"], x.numpy().ravel())
    network = load_pretrained("row-lstm-small")
    assert isinstance(network, RowLSTM)
    expected = network.internals(x.to(network.device))[0].cpu().numpy()
    np.testing.assert_allclose(arrays["internals"], expected.ravel(), rtol=1e-5, atol=1e-6)
    without = x.clone()
    without[:, :, :4] = 0
    expected = network.internals(without.to(network.device))[0].cpu().numpy()
    np.testing.assert_allclose(arrays["erased"], expected.ravel(), rtol=2e-3, atol=2e-3)
    assert (shown["features"], shown["kernel"], shown["digit"]) == (4, 3, 5)
    assert any("44.36 nats" in text.value for text in app.caption)
    assert [each.key for each in app.button_group if each.key == "row_lstm.layer"] == []


@pytest.mark.parametrize("layers", [2, 3])
def test_each_layer_of_a_model_can_be_shown(layers: int) -> None:
    """The words count layers and units as the model has them."""
    ship(layers=layers)
    app = visit(activity="gates", digit="5")
    network = load_pretrained("row-lstm-small")
    assert isinstance(network, RowLSTM)
    x = load_dataset("digits", 2).test[5:6]
    internals = network.internals(x.to(network.device)).cpu().numpy()
    for layer in (2, 1):
        if layer != 2:
            group(app, "row_lstm.layer").set_value(str(layer)).run()
            whole(app)
        shown, arrays = packed(app, "row_lstm_gates")
        assert (shown["layer"], shown["layers"]) == (layer, layers)
        expected = internals[layer - 1].ravel()
        np.testing.assert_allclose(arrays["internals"], expected, rtol=1e-5, atol=1e-6)
    assert link(app) == {"activity": "gates", "digit": "5", "layer": "1"}
    assert any(f"{layers} layers of 4 units" in text.value for text in app.caption)


def test_a_layer_that_the_model_does_not_have_falls_back() -> None:
    ship(layers=1)
    assert packed(visit(activity="gates"), "row_lstm_gates")[0]["layer"] == 1


def test_of_two_models_one_is_chosen() -> None:
    ship()
    ship("row-lstm-wide", features=6)
    app = visit(activity="gates", model="row-lstm-wide")
    assert packed(app, "row_lstm_gates")[0]["features"] == 6
    assert app.selectbox(key="row_lstm.model").options == ["row-lstm-small", "row-lstm-wide"]


def test_the_race_reads_the_image_that_is_drawn_and_says_what_both_took() -> None:
    ship()
    app = visit(activity="race", tour="3")
    whole(app)
    shown, arrays = packed(app, "row_race")
    assert arrays["x"].size == shown["rows"] * shown["columns"] == 64
    said = packed(app, "computed")[0]["cost"]
    assert said.startswith("Drawn on the server (cpu), ")
    assert re.search(r"\d ms for 64 steps", said)
    assert re.search(r"One pass over the finished image: [\d,]+ ms, 8 rows", said)
    assert shown_seed(app) == DRAWN_SEED


def shown_seed(app: AppTest) -> int:
    [found] = [each.value for each in app.number_input if each.key == "row_lstm.seed"]
    return int(found or -1)


# --- below the stage ------------------------------------------------------------------------------


def test_take_away_follows_the_target() -> None:
    app = open_reading(
        visit(activity="reads", tour="4", target="70", layers="2", up="9"), "Take away"
    )
    assert len(app.get("download_button")) == 5
    [said] = [text.value for text in app.caption if text.value.startswith("Target")]
    assert "row 6, column 4, 2 layers, 6 rows up" in said  # there are no more above it
    assert meta(app)["report"]


def test_take_away_of_the_gates_has_every_layer_and_the_column() -> None:
    ship()
    app = open_reading(visit(activity="gates"), "Take away")
    assert len(app.get("download_button")) == 4
    assert gates.COLUMN == 16


def test_code_shows_the_source_itself() -> None:
    app = open_reading(visit(activity="reads"), "Code")
    shown = "\n".join(code.value for code in app.code)
    files = ("row_lstm.py", "analysis/row_reads.py")
    source = "".join((ROOT / "arviz_models" / name).read_text("utf-8") for name in files)
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []
    assert "def rows(" in shown
