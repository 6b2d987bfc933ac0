"""The contexts lesson without a browser: its links, pictures, questions, and what can be saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import load_dataset, load_pretrained
from arviz_models.analysis.contexts import contexts, differences, missed_by_one, reads, trained
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.receptive_fields import NEVER
from arviz_models.analysis.sensitivity import sensitivity
from pages.contexts import claims, seeds, uses
from pages.contexts import reads as page
from pages.contexts.grids import FIVE
from pages.contexts.lesson import LESSON
from pages.contexts.models import TITLES, shipped
from pages.ui import digits
from pages.ui.query import read_query
from pages.ui.stage import link_of
from tests.pages import visiting
from tests.pages.visiting import browser_has, link, open_reading, packed, ship, whole

START = {"reads": "1", "uses": "2"}  # a step that asks nothing


def visit(activity: str = "reads", tour: str = "", **query: str) -> AppTest:
    number = tour or START.get(activity, "1")
    return visiting.visit("contexts", activity=activity, tour=number, **query)


def own(app: AppTest) -> dict[str, str]:
    """The address, but for activity and step."""
    return {name: text for name, text in link(app).items() if name not in ("activity", "tour")}


def meta(app: AppTest) -> dict[str, Any]:
    """What the grids were told."""
    return packed(app, "contexts")[0]


def answer(app: AppTest, label: str) -> AppTest:
    [button] = [each for each in app.button if each.label == label]
    button.click().run()
    whole(app)
    return app


def saved(app: AppTest) -> set[str]:
    return {button.proto.label for button in app.get("download_button")}


# --- who reads what ------------------------------------------------------------------------------


def test_it_opens_with_what_networks_can_read() -> None:
    app = visiting.visit("contexts")
    whole(app)
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}
    shown = meta(app)
    assert shown["mode"] == "structure"
    assert (shown["rows"], shown["columns"], shown["target"]) == (11, 11, 82)
    assert [panel["table"] for panel in shown["panels"]] == list(NETWORKS)
    assert shown["nets"] == list(FIVE)


def test_the_picture_has_the_tables_that_it_names() -> None:
    app = visit(size="8", first="5")
    shown, (name, arrays) = meta(app), packed(app, "weights")
    assert name["name"] == shown["tables"]
    expected = contexts(8, 5).arrays
    assert arrays.keys() == expected.keys() == {panel["table"] for panel in shown["panels"]}
    for each, array in expected.items():
        np.testing.assert_array_equal(arrays[each], array.ravel())


def test_a_link_restores_everything() -> None:
    query = {
        "size": "9",
        "first": "7",
        "target": "70",
        "depth": "6",
        "nets": "row.full",
        "against": "row",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert own(app) == query
    assert meta(app)["rows"] == 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activity", "query", "name"),
    [
        ("reads", {"size": "6"}, "size"),
        ("reads", {"size": "8", "target": "64"}, "target"),
        ("uses", {"target": "784"}, "target"),
        ("uses", {"digit": "10000"}, "digit"),
        ("uses", {"paint": "784-1"}, "paint"),
        ("reads", {"nets": "pixelcnn.vgg"}, "nets"),
        ("reads", {"against": "vgg"}, "against"),
        ("reads", {"depth": "-1"}, "depth"),
        ("seeds", {"beside": "vgg"}, "beside"),
        ("costs", {"which": "all"}, "which"),
    ],
)
def test_what_does_not_fit_is_told_and_left_out(
    activity: str, query: dict[str, str], name: str
) -> None:
    app = visit(activity, **query)
    whole(app)
    [notice] = app.warning
    assert f"`{name}`" in notice.value
    assert name not in link(app)


@pytest.mark.parametrize("size", [7, 11, 28])
def test_the_first_target_stands_at_the_same_place_of_every_size(size: int) -> None:
    row, column = divmod(meta(visit(size=str(size)))["target"], size)
    assert row / (size - 1) == pytest.approx(0.7, abs=0.5 / (size - 1))
    assert column / (size - 1) == pytest.approx(0.5, abs=0.5 / (size - 1))


@pytest.mark.parametrize("tour", range(1, 5))
def test_a_step_has_the_picture_where_its_words_are(tour: int) -> None:
    shown, place = meta(visit(tour=str(tour))), page.STEPS[tour - 1].place
    for name in ("target", "depth"):
        assert shown[name] == place[name]
    assert shown["nets"] == list(place.get("nets", FIVE))


def test_before_its_question_no_step_shows_what_is_never_read() -> None:
    for tour in "12":
        assert "blind" in meta(visit(tour=tour))["hidden"]
    app = visit(tour="3")
    assert {"blind", "counts"} <= set(meta(app)["hidden"])
    assert not saved(open_reading(app, "Take away"))
    assert len(open_reading(app, "Set differences").dataframe) == 0
    answer(app, "All but PixelCNN")
    shown = meta(app)
    assert shown["hidden"] == []
    assert (shown["goto"]["play"], shown["goto"]["to"]) == (True, page.DEEP)


def mark(app: AppTest, word: str, pixel: int) -> str:
    """As after a click on a cell; what is then said of it."""
    app.session_state["contexts.·marked"] = (word, pixel)
    answer(app, NETWORKS[word].title)
    return " ".join(text.value for text in app.markdown)


def test_the_pixel_asked_for_is_missed_by_one_network_alone() -> None:
    depths = dict.fromkeys(NETWORKS, page.DEEP)
    found = contexts(page.START_SIZE, 3)
    assert missed_by_one(found, page.ASKED, page.ASKED_TARGET, depths) == {43: "diagonal"}
    assert found.last <= page.DEEP  # with as many layers as they need
    assert page.ONE_PIXEL.right == NETWORKS["diagonal"].title
    assert {NETWORKS[word].title for word in page.ASKED} < page.ONE_PIXEL.answers.keys()


def test_to_be_marked_the_fields_are_covered() -> None:
    app = visit(tour="4")
    shown = meta(app)
    assert {"field", "counts", "blind"} <= set(shown["hidden"])
    assert shown["nets"] == list(page.ASKED)
    assert not [text for text in app.markdown if "mask" in text.value]


@pytest.mark.parametrize(
    ("word", "pixel", "said"),
    [
        ("diagonal", 43, "(3, 10) in Diagonal BiLSTM. It never reads it."),
        ("gated", 43, "(3, 10) in Gated PixelCNN. It does read that pixel."),
        ("diagonal", 42, "(3, 9) in Diagonal BiLSTM. It does read that pixel."),
    ],
)
def test_a_marked_pixel_is_judged_by_what_the_networks_read(
    word: str, pixel: int, said: str
) -> None:
    words = mark(visit(tour="4"), word, pixel)
    assert said in words
    assert "row 3, column 10, the last pixel of the row above" in words


# --- trained networks ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_gradients_are_those_of_the_checkpoints_at_the_target_of_the_address() -> None:
    app = visit("uses", target="300", digit="7")
    whole(app)
    shown, arrays = packed(app, "contexts")
    assert shown["at"] == 300
    assert shown["digit"] == 7
    x = load_dataset("mnist_binary").test[7, 0].numpy()
    np.testing.assert_array_equal(arrays["x"], x.ravel())
    names = {word: card["name"] for word, card in shipped().items()}
    assert list(names) == list(NETWORKS)
    for panel in shown["panels"]:
        word = panel["table"]
        model = load_pretrained(names[word])
        expected = sensitivity(model, x, 300)
        np.testing.assert_allclose(
            arrays[f"gradient {word}"], expected.gradient.ravel(), atol=1e-6, err_msg=word
        )
        p = expected.probability if x.flat[300] else 1 - expected.probability
        assert panel["sensitivity"]["ink"] == pytest.approx(p, abs=1e-6)
        assert panel["sensitivity"]["before"] == panel["sensitivity"]["ink"]  # no paint
        assert panel["sensitivity"]["near"] == expected.near
        assert panel["depth"] == model.card["config"].get("layers", 0)


@pytest.mark.slow
def test_the_gradients_of_another_target_come_with_the_next_run() -> None:
    app = visit("uses")
    first = packed(app, "contexts")
    assert first[0]["at"] == uses.TARGET
    app.query_params["target"] = str(uses.TARGET + 1)  # as the picture does
    app.run()
    whole(app)
    second = packed(app, "contexts")
    assert second[0]["at"] == uses.TARGET + 1
    assert second[1]["gradient row"][uses.TARGET] > 0 == first[1]["gradient row"][uses.TARGET]


def in_the_browser(app: AppTest) -> AppTest:
    """The page again, once the browser has the weights."""
    browser_has(app, *(card["name"] for card in shipped().values()))
    app.run()
    whole(app)
    return app


@pytest.mark.slow
def test_the_server_computes_gradients_alone_and_those_only_where_they_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, int]] = []
    found = uses._sensitivity

    def counted(name: str, x: np.ndarray, target: int) -> Any:
        asked.append((name, target))
        return found(name, x, target)

    monkeypatch.setattr(uses, "_sensitivity", counted)
    app = in_the_browser(visit("uses"))
    asked.clear()
    app.query_params |= {"view": "read", "paint": "300-1"}
    app.run()
    whole(app)
    shown, arrays = packed(app, "contexts")
    assert asked == []
    assert not [name for name in arrays if name.startswith("gradient")]
    assert {panel["sensitivity"] for panel in shown["panels"]} == {None}
    names = [card["name"] for card in shipped().values()]
    assert [panel["engine"]["name"] for panel in shown["panels"]] == names
    assert np.flatnonzero(arrays["x"] != arrays["base"]).tolist() == [300]
    app.query_params["view"] = "use"
    app.run()
    whole(app)
    shown, arrays = packed(app, "contexts")
    assert asked == [(name, uses.TARGET) for name in names]  # none for the digit without paint
    assert f"gradient {next(iter(shipped()))}" in arrays


def test_a_network_that_the_browser_lacks_keeps_all_of_them_on_the_server() -> None:
    app = visit("uses")
    browser_has(app, "pixelcnn-mnist")
    app.run()
    whole(app)
    panels = meta(app)["panels"]
    assert all(panel["engine"] is None and panel["sensitivity"] for panel in panels)


def test_the_stroke_changes_p_only_where_it_is_read() -> None:
    app = visit("uses", tour="3")
    shown = meta(app)
    assert {"bars", "field"} <= set(shown["hidden"])
    answer(app, "All five")
    shown = meta(app)
    assert shown["hidden"] == []
    assert len(shown["paint"]) == len(uses.STROKE)
    changed = {
        panel["table"]
        for panel in shown["panels"]
        if panel["sensitivity"]["before"] != panel["sensitivity"]["ink"]
    }
    assert changed & set(FIVE) == {"gated", "diagonal", "full"}


def test_no_paint_where_the_step_has_some_is_in_the_link() -> None:
    app = visit("uses", tour="3", paint="none")
    whole(app)
    assert len(app.warning) == 0
    assert own(app) == {"paint": "none"}
    assert meta(app)["paint"] == []


def test_a_network_whose_weights_are_damaged_is_left_out_and_named(checkpoints: Path) -> None:
    ship(checkpoints, "row-lstm-mnist", "pixelcnn-mnist")
    weights = checkpoints / "row-lstm-mnist.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    app = visit("uses")
    whole(app)
    [warning] = app.warning
    assert warning.value.startswith("Row LSTM is left out.")
    assert [panel["table"] for panel in meta(app)["panels"]] == ["pixelcnn"]


@pytest.mark.parametrize("activity", ["uses", "seeds", "complete", "costs"])
def test_without_checkpoints_it_says_how_to_get_one(checkpoints: Path, activity: str) -> None:
    app = visit(activity)
    whole(app)
    assert any("python -m arviz_models train" in error.value for error in app.error)


# --- one seed ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_network_draws_with_the_same_random_numbers() -> None:
    app = visit("seeds", tour="2", seed="3")
    whole(app)
    shown, arrays = packed(app, "same_seed")
    assert shown["names"] == list(TITLES)
    assert arrays["values"].size == arrays["p"].size == 5 * 784
    p, u = arrays["p"].reshape(5, -1), arrays["u"]
    np.testing.assert_array_equal(arrays["values"].reshape(5, -1), u >= 1 - p)


@pytest.mark.slow
def test_the_step_stands_where_the_networks_part() -> None:
    _, arrays = packed(visit("seeds"), "same_seed")
    values = arrays["values"].reshape(5, -1)
    assert np.flatnonzero((values != values[0]).any(0))[0] == seeds.SPLIT
    assert seeds.STEPS[1].place["step"] == seeds.SPLIT
    app = visit("seeds", tour="1")
    assert "later" in packed(app, "same_seed")[0]["hidden"]
    assert not saved(open_reading(app, "Take away"))


# --- below the stage -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("activity", ["reads", "uses"])
def test_the_set_differences_are_those_of_the_networks(activity: str) -> None:
    place = {"target": "100", "depth": "2"} if activity == "reads" else {"target": "100"}
    app = visit(activity, tour="3", **place)
    answer(app, "All but PixelCNN")
    app.query_params["target"] = "100"
    app.run()
    open_reading(app, "Set differences")
    if activity == "uses":
        models = {word: load_pretrained(card["name"]) for word, card in shipped().items()}
        fields = trained(models)
        depths = {word: model.card["config"].get("layers", 0) for word, model in models.items()}
    else:
        fields = contexts(11, 3)
        depths = dict.fromkeys(NETWORKS, int(place["depth"]))
    table = app.dataframe[-1].value
    titles = [NETWORKS[word].title for word in NETWORKS]
    assert table.iloc[:, 0].tolist() == titles
    assert table[titles].to_numpy().tolist() == differences(fields, 100, depths).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        ("reads", {"Growing fields, GIF", "First layers, CSV", "Counts, CSV", "All tables, NPZ"}),
        ("uses", {"Gradients, CSV", "Counts, CSV", "All tables, NPZ"}),
        ("seeds", {"Every pixel, CSV"}),
    ],
)
def test_what_can_be_taken_away(activity: str, expected: set[str]) -> None:
    tour = {"reads": "3", "uses": "2", "seeds": "2"}[activity]
    app = visit(activity, tour=tour)
    if activity == "reads":
        answer(app, "All but PixelCNN")
    open_reading(app, "Take away")
    assert saved(app) == {"Figure, PNG", "Figure, SVG"} | expected


@pytest.mark.slow
@pytest.mark.parametrize("label", list(LESSON.reading))
@pytest.mark.parametrize("activity", ["reads", "uses", "costs"])
def test_every_part_below_the_stage_opens(activity: str, label: str) -> None:
    open_reading(visit(activity), label)


def test_the_digits_are_as_many_as_the_link_allows() -> None:
    assert load_dataset("mnist_binary").size("test") == digits.TEST_DIGITS
    query = {"activity": "uses", "digit": str(digits.TEST_DIGITS - 1)}
    values, notices = read_query(link_of(LESSON).fields, query)
    assert (values["digit"], notices) == (digits.TEST_DIGITS - 1, [])


# --- what the words claim beside their numbers ---------------------------------------------------


def reads_of(depth: int) -> dict[str, np.ndarray]:
    """Of each network what it reads at the steps' target with so many layers."""
    return reads(contexts(page.START_SIZE, 3), page.TARGET, dict.fromkeys(NETWORKS, depth))


def test_a_convolution_reaches_one_pixel_further_with_each_layer() -> None:
    for word in ("pixelcnn", "gated"):
        top = [np.argwhere(reads_of(depth)[word].reshape(11, 11))[:, 0].min() for depth in range(5)]
        assert (np.diff(top) == -1).all(), word


@pytest.mark.parametrize("word", ["row", "diagonal"])
def test_one_recurrent_layer_reads_as_far_as_the_image_goes(word: str) -> None:
    assert reads_of(1)[word].reshape(11, 11)[0].any()


def test_with_fifteen_layers_only_what_structure_forbids_is_left() -> None:
    found = contexts(page.START_SIZE, 3)
    for word, seen in reads_of(page.DEEP).items():
        never = found.arrays[word][page.TARGET][: page.TARGET] == NEVER
        assert (seen.ravel()[: page.TARGET] == ~never).all()
    full = {word for word in FIVE if reads_of(page.DEEP)[word].sum() == page.TARGET}
    assert full == {"gated", "full"}


def test_the_claims_hold_what_the_words_only_say() -> None:
    assert page.C["deep PixelCNN and Row LSTM read the same"] is True
    assert page.C["the gradient is above 0 at what is read"] is True
    assert page.C["25: split"] == list(divmod(seeds.SPLIT, 28))
    assert tuple(claims.NAMES) == FIVE
    assert list(claims.NAMES.values()) == list(TITLES)
