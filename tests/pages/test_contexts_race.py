"""The race in the contexts lesson without a browser: who races, what is covered, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from arviz_models.analysis.costs import Measured, Row
from arviz_models.analysis.timing import Comparison, Cost
from arviz_models.cards import read_card
from pages.contexts import costs, pairs
from tests.pages import visiting
from tests.pages.visiting import packed

DIAGONAL = "diagonal-bilstm-mnist"
DIGIT = np.arange(784, dtype=np.uint8).reshape(1, 1, 28, 28) % 2


def lanes(tour: str, skip: bool = False) -> list[dict[str, Any]]:
    app = visiting.visit("contexts", activity="race", tour=tour)
    if skip:
        [button] = [each for each in app.button if each.label == "Skip"]
        button.click().run()
    found: list[dict[str, Any]] = packed(app, "contexts_race")[0]["lanes"]
    return found


@pytest.fixture
def measured() -> Iterator[None]:
    """The Diagonal BiLSTM was measured on the server."""
    known = costs._device().measured
    found = {
        "decoder": Cost(0, 784, 784, 0.05, (0.04, 0.05, 0.05, 0.05, 0.07)),
        "naive": Cost(100, 100, 784, 0.5, (0.005,) * 100),
    }
    known[DIAGONAL] = Measured(Comparison(1, "cpu", None, found, DIGIT), 0.0)
    yield
    del known[DIAGONAL]


def test_two_ways_of_one_network_race_and_then_three_networks() -> None:
    ways = [(lane["title"], lane["way"]) for lane in lanes("2")]
    assert ways == [("Diagonal BiLSTM", "decoder"), ("Diagonal BiLSTM", "naive")]
    kinds = [(lane["title"], lane["way"]) for lane in lanes("4")]
    assert kinds == [(title, "decoder") for title in ("PixelCNN", "Row LSTM", "Diagonal BiLSTM")]


def test_every_lane_has_the_parameters_and_the_nats_of_its_card() -> None:
    names = ("pixelcnn-mnist", "row-lstm-mnist", DIAGONAL)
    for lane, name in zip(lanes("4"), names, strict=True):
        card = read_card(name)
        assert lane["parameters"] == card["parameters"]
        assert lane["nats"] == card["binarized_mnist_test_nll"]


def test_networks_are_matched_and_their_race_has_the_size_of_their_images() -> None:
    app = visiting.visit("contexts", activity="race", tour="5")
    meta = packed(app, "contexts_race")[0]
    assert (meta["lineup"], meta["rows"], meta["columns"]) == ("size", 14, 14)
    titles = [lane["title"] for lane in meta["lanes"]]
    assert titles == ["PixelCNN", "Row LSTM", "Diagonal BiLSTM"]
    sizes = [lane["parameters"] for lane in meta["lanes"]]
    assert max(sizes) <= (1 + pairs.SHARE) * min(sizes)
    rows = [Row(word, card) for word, card in pairs.of_equal_size().items()]
    assert len({row.test_set for row in rows}) == 1
    assert [lane["nats"] for lane in meta["lanes"]] == [row.test_nll for row in rows]
    assert [lane["title"] for lane in lanes("6")] == ["PixelCNN", "Row LSTM"]
    one, other = (Row(word, card) for word, card in pairs.equally_good().items())
    assert one.test_nll == pytest.approx(other.test_nll, abs=pairs.NATS)
    assert one.test_set == other.test_set


@pytest.mark.usefixtures("measured")
def test_what_the_server_took_is_told_once_the_question_is_answered() -> None:
    assert [lane["server"] for lane in lanes("1")] == [None, None]
    decoder, naive = (lane["server"] for lane in lanes("1", skip=True))
    assert decoder == pytest.approx(
        {"median": 50, "low": 40, "high": 70, "runs": 5, "estimated": False}
    )
    assert naive == pytest.approx(
        {"median": 3920, "low": 3920, "high": 3920, "runs": 100, "estimated": True}
    )


@pytest.mark.usefixtures("measured")
def test_the_lanes_of_the_server_replay_the_digit_that_was_timed_once_it_may_be_seen() -> None:
    app = visiting.visit("contexts", activity="race", tour="1", where="both")
    assert packed(app, "contexts_race")[1] == {}
    visiting.press(app, "Skip")
    meta, arrays = packed(app, "contexts_race")
    assert meta["where"] == "both"
    assert list(arrays) == ["0", "1"]
    for array in arrays.values():
        assert array.tolist() == DIGIT.ravel().tolist()
    visiting.widget(app, "contexts.where").set_value("server").run()
    assert packed(app, "contexts_race")[0]["where"] == "server"
    assert visiting.link(app)["where"] == "server"


def test_a_network_that_was_not_measured_has_no_digit_of_the_server() -> None:
    app = visiting.visit("contexts", activity="race", tour="7")
    meta, arrays = packed(app, "contexts_race")
    assert meta["where"] == "both"
    assert arrays == {}
