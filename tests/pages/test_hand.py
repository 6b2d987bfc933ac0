"""Samples that the reader's browser draws: what the server sends, is told, and need not draw."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models.ordering import named_order
from arviz_models.pretrained import load_pretrained
from pages.ui import hand
from pages.ui.query import MOST_FLIPS
from tests.pages.visiting import browser_has, open_reading, packed, visit, whole

NADE = ("nade", {"activity": "flip", "tour": "3"}, ("nade-mnist",), "nade")
GAUSSIAN = ("nade", {"activity": "chance", "tour": "4"}, ("nade-mnist",), "nade")
DIAGRAM = ("nade", {"activity": "chance", "tour": "2"}, ("nade-digits",), "nade_chance")
MADE = ("made", {"activity": "learn", "tour": "4"}, ("made-digits", "nade-digits"), "made_drawing")
SPIRAL = (
    "made",
    {"activity": "learn", "tour": "5"},
    ("made-digits-any-order", "nade-digits-any-order"),
    "made_drawing",
)
PICTURES = [
    pytest.param(*NADE, id="nade"),
    pytest.param(*GAUSSIAN, id="gaussian"),
    pytest.param(*DIAGRAM, id="diagram"),
    pytest.param(*MADE, id="made"),
    pytest.param(*SPIRAL, id="made, spiral"),
]


def in_the_browser(app: AppTest, names: tuple[str, ...]) -> AppTest:
    """The page again, once the browser has the weights."""
    browser_has(app, *names)
    app.run()
    whole(app)
    return app


@pytest.mark.slow
@pytest.mark.parametrize(("stem", "query", "names", "picture"), PICTURES)
def test_the_server_draws_nothing_where_the_browser_does(
    stem: str, query: dict[str, str], names: tuple[str, ...], picture: str, submitted: list[Any]
) -> None:
    app = visit(stem, **query)
    before = len(submitted)
    assert before > 0  # until the weights are there it draws
    in_the_browser(app, names)
    app.session_state[f"{stem}.seed"] = 77
    app.run()
    whole(app)
    meta, arrays = packed(app, picture)
    assert meta["seed"] == 77
    assert len(submitted) == before
    assert not {"values", "p", "u"} & arrays.keys()
    offers = meta["engines"] if "engines" in meta else [meta["engine"]]
    assert [offer["name"] for offer in offers] == list(names)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stem", "activity", "name", "picture"),
    [
        ("pixelcnn", "train", "pixelcnn-mnist", "passes"),
        ("row_lstm", "race", "row-lstm-mnist", "row_race"),
    ],
)
def test_an_image_that_is_only_played_is_the_browsers_too(
    stem: str, activity: str, name: str, picture: str, submitted: list[Any]
) -> None:
    app = visit(stem, activity=activity, tour="3", seed="61")
    whole(app)
    assert [request.seed for request in submitted] == [61]
    meta, arrays = packed(app, picture)
    assert meta["engine"] is None
    assert arrays
    assert "784 steps" in packed(app, "computed")[0]["cost"]
    in_the_browser(app, (name,))
    app.session_state[f"{stem}.seed"] = 62
    app.run()
    whole(app)
    meta, arrays = packed(app, picture)
    assert (meta["seed"], meta["engine"]["name"]) == (62, name)
    assert not arrays
    assert len(submitted) == 1


def test_one_model_of_two_is_not_enough() -> None:
    """MADE and NADE stand side by side: both are drawn in the same place."""
    app = in_the_browser(visit("made", activity="learn", tour="4"), ("made-digits",))
    meta, arrays = packed(app, "made_drawing")
    assert meta["engines"] == []
    assert arrays["nade"].size == 64


def test_the_order_is_the_servers_and_the_numbers_are_the_browsers() -> None:
    app = in_the_browser(visit("made", activity="learn", tour="5"), SPIRAL[2])
    _, arrays = packed(app, "made_drawing")
    np.testing.assert_array_equal(arrays["order"], named_order("spiral", (1, 8, 8), 8))


@pytest.mark.slow
def test_the_digit_is_drawn_for_its_files_when_they_are_opened(submitted: list[Any]) -> None:
    app = in_the_browser(visit("nade", activity="flip", tour="2"), ("nade-digits",))
    app.session_state["nade.seed"] = 41
    app.run()
    before = len(submitted)
    open_reading(app, "Take away")
    [request] = submitted[before:]
    assert request.seed == 41
    assert len(app.get("download_button")) > 0


def told(said: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """What a telling of the picture sets, and what the reader is told."""
    changed: dict[str, Any] = {}
    notes: list[str] = []
    state = {"picture": {"hand": said}}
    stage: Any = SimpleNamespace(
        key=lambda name: f"lesson.{name}",
        link=SimpleNamespace(note=notes.append),
        set=lambda **values: changed.update(values),
    )
    monkeypatch.setattr(hand, "st", SimpleNamespace(session_state=state))
    hand.told(stage, "picture")
    assert state["lesson.·hand"] == said["number"]
    return changed, notes


def test_what_the_hand_did_not_touch_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    changed, notes = told({"number": 3, "temperature": 0.5}, monkeypatch)
    assert changed == {"temperature": 0.5}
    assert notes == []


def test_flips_are_told_in_the_order_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    changed, _ = told({"number": 1, "flips": [[20, 0], [3, 1]]}, monkeypatch)
    assert changed == {"flip": ((3, 1), (20, 0))}


def test_more_flips_than_a_link_can_hold_are_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flips = [[index, 1] for index in range(MOST_FLIPS + 5)]
    changed, notes = told({"number": 1, "flips": flips}, monkeypatch)
    assert len(changed["flip"]) == MOST_FLIPS
    assert len(notes) == 1


def test_a_made_digit_with_flips_and_temperature_is_the_models() -> None:
    app = visit("made", activity="learn", tour="4", temperature="0.7", flip="10-1", seed="5")
    whole(app)
    meta, arrays = packed(app, "made_drawing")
    assert (meta["temperature"], meta["given"]) == (0.7, [[10, 1]])
    made = load_pretrained("made-digits", "cpu")
    given = torch.full((1, 1, 8, 8), -1)
    given[0, 0, 1, 2] = 1
    for name, flipped in (("values", given), ("base", None)):
        x = made.sample(
            1, given=flipped, temperature=0.7, generator=torch.Generator().manual_seed(5)
        )
        np.testing.assert_array_equal(arrays[name], x.flatten().numpy())
