"""The contexts page: its controls, its link, its pictures, its question and its tabs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models import load_dataset, load_pretrained
from arviz_models.figures.contexts import contexts, differences, heed, missed_by_one, trained
from arviz_models.figures.networks import NETWORKS
from pages.ui import contexts_lesson as page
from pages.ui import digits
from pages.ui.state import read_query
from tests.pages import visiting
from tests.pages.visiting import link, packed, ship, whole

visit = partial(visiting.visit, "contexts")
open_tab = partial(visiting.open_tab, stem="contexts")
TARGET = 16 * 28 + 12  # of the trained networks, where a link says nothing


def meta(app: AppTest) -> dict[str, Any]:
    """What the picture was told."""
    return packed(app, "contexts")[0]


def said(app: AppTest, start: str) -> str:
    """The only text on the page that starts like this."""
    [found] = [text.value for text in app.markdown if text.value.startswith(start)]
    return str(found)


def marked(app: AppTest, word: str, pixel: int) -> AppTest:
    """As after a click on a cell while the page asks for one."""
    app.session_state["contexts.marked"] = (word, pixel)
    app.run()
    whole(app)
    return app


# --- opening -------------------------------------------------------------------------------------


def test_it_opens_with_what_networks_can_read() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "Who sees what"
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}
    shown = meta(app)
    assert shown["mode"] == "structure"
    assert (shown["rows"], shown["columns"], shown["target"]) == (11, 11, 82)
    assert [panel["table"] for panel in shown["panels"]] == list(NETWORKS)
    assert set(shown["start"]) <= set(NETWORKS)


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
        "nets": "row.full",
        "size": "9",
        "first": "7",
        "target": "70",
        "depth": "6",
        "against": "row",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query
    assert meta(app)["rows"] == 9


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"show": "everything"}, "show"),
        ({"size": "6"}, "size"),
        ({"size": "8", "target": "64"}, "target"),
        ({"show": "trained", "target": "784"}, "target"),
        ({"nets": "pixelcnn.vgg"}, "nets"),
        ({"against": "vgg"}, "against"),
        ({"digit": "10000"}, "digit"),
        ({"depth": "-1"}, "depth"),
    ],
)
def test_what_does_not_fit_is_told_and_left_out(query: dict[str, str], name: str) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert f"`{name}`" in notice.value
    assert name not in link(app)


@pytest.mark.parametrize("size", [7, 11, 28])
def test_the_first_target_stands_at_the_same_place_of_every_size(size: int) -> None:
    place = page.start({"show": "structure", "size": size})
    row, column = divmod(place.target, size)
    assert row / (size - 1) == pytest.approx(0.7, abs=0.5 / (size - 1))
    assert column / (size - 1) == pytest.approx(0.5, abs=0.5 / (size - 1))


def test_presenting_keeps_only_what_was_pinned() -> None:
    app = visit(present="1", pin="size")
    whole(app)
    assert [each.key for each in app.number_input] == ["contexts.size"]
    assert [each.key for each in app.button_group] == []
    assert not [text for text in app.markdown if text.value.startswith("**Predict.**")]
    assert meta(app)["present"]


@pytest.mark.parametrize("number", range(1, 5))
def test_every_card_sets_the_picture(number: int) -> None:
    app = visit(size="7", first="5")
    app.button(key=f"contexts.card.{number}").click().run()
    whole(app)
    shown = meta(app)
    assert shown["goto"]["nonce"] == 1
    assert shown["mode"] == ("trained" if number == 4 else "structure")
    assert set(shown["goto"].get("shown", [])) <= set(NETWORKS)
    assert link(app) == ({"show": "trained"} if number == 4 else {})


# --- trained networks ----------------------------------------------------------------------------


def test_the_gradients_are_those_of_the_checkpoints_at_the_target_of_the_address() -> None:
    app = visit(show="trained", target="300", digit="7")
    whole(app)
    shown, arrays = packed(app, "contexts")
    assert shown["at"] == 300
    assert shown["digit"] == 7
    x = load_dataset("mnist_binary").test[7, 0].numpy()
    np.testing.assert_array_equal(arrays["x"], x.ravel())
    names = {word: card["name"] for word, card in page.shipped().items()}
    assert list(names) == list(NETWORKS)
    for panel in shown["panels"]:
        word = panel["table"]
        model = load_pretrained(names[word])
        expected = heed(model, x, 300)
        np.testing.assert_allclose(
            arrays[f"gradient {word}"], expected.gradient.ravel(), atol=1e-6, err_msg=word
        )
        assert panel["heed"]["probability"] == pytest.approx(expected.probability, abs=1e-6)
        assert panel["heed"]["near"] == expected.near
        assert panel["depth"] == model.card["config"].get("layers", 0)


def test_the_gradients_of_another_target_come_with_the_next_run() -> None:
    app = visit(show="trained")
    first = packed(app, "contexts")
    assert first[0]["at"] == TARGET
    app.query_params["target"] = str(TARGET + 1)  # as the picture does
    app.run()
    whole(app)
    second = packed(app, "contexts")
    assert second[0]["at"] == TARGET + 1
    assert second[1]["gradient row"][TARGET] > 0 == first[1]["gradient row"][TARGET]


def test_a_network_whose_weights_are_damaged_is_left_out_and_named(checkpoints: Path) -> None:
    ship(checkpoints, "row-lstm-mnist", "pixelcnn-mnist")
    weights = checkpoints / "row-lstm-mnist.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    app = visit(show="trained")
    whole(app)
    [warning] = app.warning
    assert warning.value.startswith("Row LSTM is left out.")
    assert [panel["table"] for panel in meta(app)["panels"]] == ["pixelcnn"]


def test_without_checkpoints_it_says_how_to_get_one(checkpoints: Path) -> None:
    app = visit(show="trained")
    whole(app)
    assert any("python -m arviz_models train pixelcnn" in error.value for error in app.error)


# --- the question --------------------------------------------------------------------------------


def question(answer: str) -> AppTest:
    app = visit(size="7", show="trained")
    app.button_group(key="contexts.question").set_value(answer).run()
    whole(app)
    return app


def test_the_pixel_asked_for_is_missed_by_one_network_alone() -> None:
    depths = dict.fromkeys(NETWORKS, page.DEEP)
    found = contexts(page.START_SIZE, 3)
    assert missed_by_one(found, page.ASKED, page.ASKED_TARGET, depths) == {43: "diagonal"}
    assert found.last <= page.DEEP  # with as many layers as they need


def test_to_be_marked_the_picture_is_hidden_and_set_to_the_question() -> None:
    app = question(page.MARK)
    shown = meta(app)
    assert shown["mode"] == "structure"
    assert shown["rows"] == page.START_SIZE
    assert shown["goto"]["shown"] == list(page.ASKED)
    assert shown["goto"]["target"] == page.ASKED_TARGET
    assert "grid of that network" in shown["goto"]["ask"]
    assert not [text for text in app.markdown if "mask B" in text.value and "never" in text.value]


@pytest.mark.parametrize(
    ("word", "pixel", "verdict"),
    [
        ("diagonal", 43, "**Yes.**"),
        ("gated", 43, "**Not quite.** Gated PixelCNN does read row 3, column 10"),
        ("diagonal", 42, "**Not quite.** Diagonal BiLSTM does read row 3, column 9"),
    ],
)
def test_a_marked_pixel_is_judged_by_what_the_networks_read(
    word: str, pixel: int, verdict: str
) -> None:
    app = marked(question(page.MARK), word, pixel)
    assert "row 3, column 10, the last of the row above" in said(app, verdict)


def test_that_there_is_none_is_not_so() -> None:
    app = question(page.NO_PIXEL)
    assert "ask" not in meta(app)["goto"]
    assert "Diagonal BiLSTM never reads" in said(app, "**Not quite.**")


def test_to_ask_again_forgets_what_was_marked() -> None:
    app = marked(question(page.MARK), "gated", 3)
    app.button_group(key="contexts.question").set_value(page.NO_PIXEL).run()
    app.button_group(key="contexts.question").set_value(page.MARK).run()
    whole(app)
    assert not [text for text in app.markdown if text.value.startswith("**Not quite.**")]


# --- tabs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", list(page.SHOWS))
def test_the_set_differences_are_those_of_the_networks(show: str) -> None:
    app = open_tab(visit(show=show, target="100", depth="2"), label="Set differences")
    if show == "trained":
        models = {word: load_pretrained(card["name"]) for word, card in page.shipped().items()}
        fields = trained(models)
        depths = {word: model.card["config"].get("layers", 0) for word, model in models.items()}
    else:
        fields, depths = contexts(11, 3), dict.fromkeys(NETWORKS, 2)
    table = app.dataframe[-1].value
    titles = [NETWORKS[word].title for word in NETWORKS]
    assert table.iloc[:, 0].tolist() == titles
    assert table[titles].to_numpy().tolist() == differences(fields, 100, depths).tolist()


@pytest.mark.parametrize(
    ("show", "own"),
    [("structure", {"Growing fields, GIF", "First layers, CSV"}), ("trained", {"Gradients, CSV"})],
)
def test_what_can_be_taken_away(show: str, own: set[str]) -> None:
    app = open_tab(visit(show=show, nets="row.full"), label="Take away")
    shared = {"Figure, PNG", "Figure, SVG", "Counts, CSV", "All tables, NPZ", "Costs, CSV"}
    assert {button.proto.label for button in app.get("download_button")} == shared | own


@pytest.mark.parametrize("label", list(page._TABS))
@pytest.mark.parametrize("show", list(page.SHOWS))
def test_every_tab_opens(show: str, label: str) -> None:
    whole(open_tab(visit(show=show), label=label))


def test_the_digits_are_as_many_as_the_link_allows() -> None:
    assert load_dataset("mnist_binary").size("test") == digits.TEST_DIGITS
    values, notices = read_query(page.link().fields, {"digit": str(digits.TEST_DIGITS - 1)})
    assert (values["digit"], notices) == (digits.TEST_DIGITS - 1, [])
