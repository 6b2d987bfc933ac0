"""The MADE page: its controls, its link, its mistakes and its tabs, without a browser."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models import MADE, cards
from arviz_models.figures.made import MISTAKES, network
from arviz_models.pretrained import save_checkpoint
from pages.ui import made_lesson
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, packed, whole, widget

SHIPPED = [name for name in cards.list_pretrained() if cards.read_card(name)["class"] == "MADE"]
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


visit = partial(visiting.visit, "made")


def open_tab(app: AppTest, label: str) -> AppTest:
    return visiting.open_tab(app, "made", label)


def drawn(app: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the picture was given: meta and arrays."""
    return packed(app, "made")


# --- opening -------------------------------------------------------------------------------------


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "MADE"
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}
    meta, arrays = drawn(app)
    assert meta["sizes"] == [5, 8, 8, 5]
    assert meta["order"] == [0, 1, 2, 3, 4]
    assert arrays["mask1"].size == 40
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert labels.count("Show this") == len(made_lesson.cards(made_lesson.link()))


def test_a_link_restores_everything() -> None:
    query = {
        "D": "6",
        "layers": "1",
        "width": "3",
        "order": "5.0.4.1.3.2",
        "degrees": "by hand",
        "hand": "1.5.2",
        "direct": "1",
        "weights": "trained",
        "seed": "9",
    }
    app = visit(**query)
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query
    meta, arrays = drawn(app)
    assert meta["sizes"] == [6, 3, 6]
    assert meta["order"] == [5, 0, 4, 1, 3, 2]
    assert meta["labels"] == [[2, 4, 6, 5, 3, 1], [1, 5, 2], [2, 4, 6, 5, 3, 1]]
    assert meta["weights"] == "trained"
    assert arrays["direct"].sum() == 15
    expected = network(6, (3,), (5, 0, 4, 1, 3, 2), [[1, 5, 2]], direct=True, seed=9, trained=True)
    np.testing.assert_array_equal(arrays["counts"].reshape(6, 6), expected.path_counts().numpy())


@pytest.mark.parametrize(
    ("key", "value", "text", "check"),
    [
        ("D", 16, "16", lambda meta: meta["sizes"] == [16, 8, 8, 16]),
        ("D", 3, "3", lambda meta: meta["sizes"] == [3, 8, 8, 3]),
        ("width", 32, "32", lambda meta: meta["sizes"] == [5, 32, 32, 5]),
        ("width", 1, "1", lambda meta: meta["sizes"] == [5, 1, 1, 5]),
        ("layers", 1, "1", lambda meta: meta["sizes"] == [5, 8, 5]),
        ("layers", 3, "3", lambda meta: meta["sizes"] == [5, 8, 8, 8, 5]),
        ("degrees", "even", "even", lambda meta: meta["labels"][1] == [1, 2, 3, 4, 1, 2, 3, 4]),
        ("weights", "trained", "trained", lambda meta: meta["weights"] == "trained"),
        ("direct", True, "1", lambda meta: len(meta["sizes"]) == 4),
        ("mistake", "relaxed", "relaxed", lambda meta: meta["relaxed"]),
    ],
)
def test_every_control_changes_the_picture_and_the_link(
    key: str, value: Any, text: str, check: Any
) -> None:
    app = visit()
    _, before = drawn(app)
    widget(app, f"made.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {key: text}
    meta, after = drawn(app)
    assert check(meta)
    assert any(bytes(before[name]) != bytes(after[name]) for name in before if name in after)


def test_the_largest_and_the_smallest_network() -> None:
    app = visit(D="16", layers="3", width="32", direct="1", degrees="even")
    whole(app)
    meta, arrays = drawn(app)
    assert meta["sizes"] == [16, 32, 32, 32, 16]
    assert arrays["counts"].max() > 1000
    assert len(app.info) == 0
    app = visit(D="3", layers="1", width="1")
    whole(app)
    assert drawn(app)[0]["sizes"] == [3, 1, 3]


def test_degrees_by_hand() -> None:
    app = visit(D="4", width="4")
    app.session_state["made.degrees"] = "by hand"
    app.session_state["made.hand"] = ((1, 3, 2, 1), (2, 1, 3, 2))
    app.run()
    whole(app)
    expected = {"D": "4", "width": "4", "degrees": "by hand", "hand": "1.3.2.1-2.1.3.2"}
    assert link(app) == expected
    meta, arrays = drawn(app)
    assert meta["labels"][1:-1] == [[1, 3, 2, 1], [2, 1, 3, 2]]
    assert arrays["counts"].reshape(4, 4)[1].tolist() == [2, 0, 0, 0]
    # Another number of variables may have no room for them.
    widget(app, "made.D").set_value(3).run()
    whole(app)
    assert drawn(app)[0]["sizes"] == [3, 4, 4, 3]


def test_degrees_0_and_d_by_hand_are_drawn_too() -> None:
    app = visit(D="3", layers="1", width="4", degrees="by hand", hand="0.3.1.2")
    whole(app)
    assert len(app.warning) == 0
    meta, arrays = drawn(app)
    assert meta["labels"][1] == [0, 3, 1, 2]
    assert not arrays["mask1"].reshape(4, 3)[0].any()
    assert not arrays["mask2"].reshape(3, 4)[:, 1].any()


# --- orders --------------------------------------------------------------------------------------


def test_named_orders() -> None:
    app = visit()
    assert widget(app, "made.order_name").value == "natural"
    widget(app, "made.order_name").set_value("reversed").run()
    whole(app)
    assert link(app) == {"order": "4.3.2.1.0"}
    assert drawn(app)[0]["order"] == [4, 3, 2, 1, 0]
    widget(app, "made.order_name").set_value("random").run()
    whole(app)
    order = drawn(app)[0]["order"]
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order not in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])
    assert link(app) == {"order": ".".join(map(str, order))}
    widget(app, "made.order_name").set_value("natural").run()
    whole(app)
    assert link(app) == {}


@pytest.mark.parametrize(
    ("order", "name"),
    [("0.1.2.3.4", "natural"), ("4.3.2.1.0", "reversed"), ("2.0.4.1.3", "by hand")],
)
def test_the_control_names_the_order_of_the_link(order: str, name: str) -> None:
    app = visit(order=order)
    whole(app)
    assert widget(app, "made.order_name").value == name


def test_another_number_of_variables_takes_the_order_back() -> None:
    app = visit(order="2.0.4.1.3")
    widget(app, "made.D").set_value(7).run()
    whole(app)
    assert link(app) == {"D": "7"}
    assert widget(app, "made.order_name").value == "natural"


# --- mistakes, and layers too narrow -------------------------------------------------------------


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name != "none"])
@pytest.mark.parametrize("weights", ["random", "trained"])
def test_each_mistake_is_explained(mistake: str, weights: str) -> None:
    app = visit(mistake=mistake, weights=weights)
    whole(app)
    [notice] = app.info
    assert made_lesson.EXPLAINED[mistake] in notice.value
    nats = re.findall(r"\d+\.\d+ nats", notice.value)
    assert bool(nats) == (mistake == "relaxed" and weights == "trained")
    meta, arrays = drawn(app)
    counts = arrays["counts"].reshape(5, 5)
    assert bool(np.diag(counts).any()) == (mistake == "relaxed")
    if mistake == "degree D":
        assert meta["labels"][-2][0] == 5
    elif mistake == "degree 0":
        assert meta["labels"][1][0] == 0
    elif mistake == "all equal":
        assert {degree for layer in meta["labels"][1:-1] for degree in layer} == {3}


def test_narrow_layers_say_which_dependencies_are_lost() -> None:
    app = visit(width="2", order="2.0.4.1.3")
    whole(app)
    [notice] = app.info
    model = network(5, (2, 2), (2, 0, 4, 1, 3), "random")
    lost = model.lost_dependencies()
    assert lost
    numbers = re.findall(r"\d+", notice.value.partition("x")[0])
    assert numbers == [str(len(lost)), "10"]
    pairs = re.findall(r"x([₀-₉]+)\D+?x([₀-₉]+)", notice.value)
    named = [tuple(int(text.translate(SUBSCRIPTS)) - 1 for text in pair) for pair in pairs]
    assert named == lost[: len(named)]
    assert len(named) == min(6, len(lost))
    counts = drawn(app)[1]["counts"].reshape(5, 5)
    assert all(counts[i, j] == 0 for i, j in lost)


@pytest.mark.parametrize("query", [{"degrees": "even"}, {"width": "2", "direct": "1"}])
def test_where_nothing_is_lost_nothing_is_said(query: dict[str, str]) -> None:
    app = visit(**query)
    whole(app)
    assert len(app.info) == 0


# --- bad links -----------------------------------------------------------------------------------

BAD_LINKS = [
    {"D": "99"},
    {"D": "2"},
    {"order": "0.0.1"},
    {"order": "0.1.2.3"},
    {"hand": "9.9"},
    {"hand": "1.2.3.4.1.2.3.9-1.2.3.4.1.2.3.4"},
    {"width": "0"},
    {"width": "33"},
    {"layers": "4"},
    {"mistake": "<script>alert(1)</script>"},
    {"degrees": "odd"},
    {"weights": ""},
    {"direct": "yes"},
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
    assert drawn(app)[0]["sizes"] == [5, 8, 8, 5]
    app.run()
    assert len(app.warning) == 0  # said once


def test_all_that_is_wrong_is_in_one_notice_and_the_rest_is_kept() -> None:
    app = visit(D="99", order="0.0.1", hand="9.9", width="0", mistake="<script>", seed="4")
    whole(app)
    [notice] = app.warning
    for name in ("D", "order", "hand", "width", "mistake"):
        assert f"`{name}`" in notice.value
    assert "`seed`" not in notice.value
    assert link(app) == {"seed": "4"}


# --- the whole lesson ----------------------------------------------------------------------------


def test_reseed_changes_the_seed_alone_and_reset_all_but_the_seed() -> None:
    query = {"D": "6", "width": "4", "order": "5.4.3.2.0.1", "mistake": "relaxed", "seed": "3"}
    app = visit(**query)
    [reseed] = [button for button in app.button if button.label == "Reseed"]
    reseed.click().run()
    whole(app)
    after = link(app)
    seed = after.pop("seed")
    assert seed != "3"
    assert after == {name: text for name, text in query.items() if name != "seed"}
    [reset] = [button for button in app.button if button.label == "Reset"]
    reset.click().run()
    whole(app)
    assert link(app) == {"seed": seed}
    assert widget(app, "made.order_name").value == "natural"


@pytest.mark.parametrize("pin", ["", "order", "size.mistake"])
def test_presenting_keeps_the_pinned_controls_alone(pin: str) -> None:
    app = visit(present="1", **({"pin": pin} if pin else {}))
    whole(app)
    groups = {
        "size": {"made.D", "made.width", "made.layers"},
        "order": {"made.order_name"},
        "mistake": {"made.mistake"},
    }
    expected = set().union(*(groups[name] for name in pin.split(".") if name))
    kinds = (app.number_input, app.selectbox, app.toggle, app.button_group)
    assert {each.key for kind in kinds for each in kind} == expected
    assert len(app.tabs) == 0
    assert drawn(app)[0]["present"]


def test_presenting_and_leaving_keeps_the_state() -> None:
    query = {"D": "4", "width": "3", "order": "3.1.0.2", "mistake": "all equal", "direct": "1"}
    app = visit(**query)
    for label, expected in (("Present", {**query, "present": "1"}), ("Leave presentation", query)):
        [button] = [button for button in app.button if button.label == label]
        button.click().run()
        whole(app)
        assert link(app) == expected


@pytest.mark.parametrize("number", range(1, len(made_lesson.cards(made_lesson.link())) + 1))
def test_every_card_sets_a_picture(number: int) -> None:
    app = visit(D="9", layers="1", width="5", mistake="degree 0")
    _, before = drawn(app)
    app.button(key=f"made.card.{number}").click().run()
    whole(app)
    assert len(app.warning) == 0
    meta, after = drawn(app)
    assert meta["goto"]["nonce"] == 1
    assert not np.array_equal(before["counts"], after["counts"])
    if (pin := meta["goto"]["pin"]) is not None:
        layer, unit = pin
        assert 0 <= unit < meta["sizes"][layer]
    shown = link(app)
    app = visit(**shown)  # and its link restores it
    assert len(app.warning) == 0
    np.testing.assert_array_equal(drawn(app)[1]["counts"], after["counts"])


@pytest.mark.parametrize("answer", made_lesson.QUESTION.answers)
def test_the_answer_sets_the_picture_to_the_questions_ranks(answer: str) -> None:
    app = visit(mistake="relaxed", order="4.3.2.1.0")
    widget(app, "made.question").set_value(answer).run()
    whole(app)
    said = " ".join(markdown.value for markdown in app.markdown)
    assert made_lesson.QUESTION.why in said
    assert made_lesson.QUESTION.answers[answer] in said
    meta, _ = drawn(app)
    assert meta["labels"][0] == [3, 1, 2]
    assert f"x{'₁₂₃'[meta['order'][0]]}" == made_lesson.QUESTION.right
    assert not meta["relaxed"]


# --- tabs ----------------------------------------------------------------------------------------


def test_every_tab_opens(checkpoints: Path) -> None:
    app = visit()
    for label in [tab.label for tab in app.tabs]:
        open_tab(app, label)
        [tab] = [tab for tab in app.tabs if tab.label == label]
        assert len(tab.children) > 0, label


def test_code_tab_shows_the_source_itself() -> None:
    app = open_tab(visit(), "Code")
    shown = "\n".join(code.value for code in app.code)
    assert "def masks(self) -> list[Tensor]:" in shown
    source = (ROOT / "arviz_models" / "made.py").read_text("utf-8")
    source += (ROOT / "arviz_models" / "layers.py").read_text("utf-8")
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


@pytest.mark.parametrize(("D", "name"), [(3, "chain"), (1, "uniform"), (4, "two modes")])
def test_tiny_exact_world_learns_what_it_shows(D: int, name: str) -> None:
    app = open_tab(visit(), "Tiny exact world")
    widget(app, "made.tiny_D").set_value(D).run()
    widget(app, "made.tiny").set_value(name).run()
    whole(app)
    [chart] = app.get("plotly_chart")
    bars = json.loads(chart.proto.spec)["data"]
    assert len(bars) == 3
    assert all(len(bar["x"]) == 2**D for bar in bars)
    said = next(text.value for text in app.caption if "nats" in text.value)
    least, natural, backward, *sums = (float(text) for text in re.findall(r"\d+\.\d+", said))
    assert least - 1e-3 <= natural <= 1.02 * least + 1e-3
    assert least - 1e-3 <= backward <= 1.02 * least + 1e-3
    assert sums == [pytest.approx(1, abs=1e-5)] * 2


@pytest.mark.parametrize("name", SHIPPED)
def test_trained_tab_draws_with_every_shipped_model(name: str) -> None:
    app = open_tab(visit(), "Trained on digits")
    app.selectbox(key="made.trained").set_value(name).run()
    whole(app)
    assert len(app.error) == 0
    card = cards.read_card(name)
    assert any(f"{card['test_nll']:.2f}" in caption.value for caption in app.caption)
    free = bool(card["config"]["order_agnostic"])
    assert (len(sample_order(app).options) > 1) == free


def sample_order(app: AppTest) -> Any:
    """The control of the order in which the trained model draws."""
    [found] = [box for box in app.selectbox if str(box.key).startswith("made.sample_order")]
    return found


def ship(folder: Path, name: str, **options: Any) -> None:
    """An untrained MADE with a card that says no lies but these."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MADE((1, 3, 4), hidden=(6,), **options)
    card = {"data": "digits", "test_nll": 12.5, "levels": 2}
    save_checkpoint(model, name, card, folder)


def test_trained_tab_offers_the_orders_that_the_model_knows(checkpoints: Path) -> None:
    ship(checkpoints, "made-one")
    ship(checkpoints, "made-some", order_agnostic=True, masks=3)
    app = open_tab(visit(), "Trained on digits")
    assert app.selectbox(key="made.trained").options == ["made-one", "made-some"]
    assert len(sample_order(app).options) == 1
    assert any("12.50" in caption.value for caption in app.caption)
    app.selectbox(key="made.trained").set_value("made-some").run()
    whole(app)
    assert len(sample_order(app).options) > 2
    for name in sample_order(app).options:
        sample_order(app).set_value(name).run()
        whole(app)
        assert len(app.error) == 0


@pytest.mark.parametrize("there", [True, False])
def test_without_a_made_the_trained_tab_says_how_to_get_one(
    there: bool, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        monkeypatch.setattr(cards, "FOLDER", checkpoints / "nowhere")
    app = open_tab(visit(), "Trained on digits")
    [error] = app.error
    assert "python -m arviz_models train made" in error.value
    assert drawn(app)[0]["sizes"] == [5, 8, 8, 5]  # the rest of the page works


def test_take_away_offers_the_picture_and_its_arrays() -> None:
    app = open_tab(visit(mistake="relaxed"), "Take away")
    buttons = app.get("download_button")
    assert len(buttons) == 3
    assert len(app.get("image")) == 1
