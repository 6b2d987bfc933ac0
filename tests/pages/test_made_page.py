"""The MADE lesson: activities, their link, their steps and what these claim, without a browser."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from arviz_models import MADE, cards
from arviz_models.analysis.made_graph import MISTAKES, network
from arviz_models.pretrained import save_checkpoint
from pages.made import training
from pages.made.lesson import LESSON
from pages.made.network import EXPLAINED
from pages.made.state import MISTAKES as NAMED
from pages.ui.claims import load
from pages.ui.models import cards as offered
from pages.ui.outline import Step
from tests.pages import visiting
from tests.pages.visiting import ROOT, link, open_reading, packed, whole, widget

SHIPPED = list(offered("MADE"))
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
CLAIMS = load(str(ROOT / "pages" / "made" / "lesson.py"))
FIVE = {"D": "5", "width": "8", "degrees": "random"}  # beside the slide that the lesson opens with

visit = partial(visiting.visit, "made")


def drawn(app: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the picture was given: meta and arrays."""
    return packed(app, "made")


def button(app: AppTest, key: str) -> Any:
    [found] = [each for each in app.button if each.key == key]
    return found


def reply(app: AppTest, number: int) -> None:
    button(app, f"stage_answer_{number}").click().run()
    whole(app)


# --- opening -------------------------------------------------------------------------------------


def test_page_opens_with_the_lectures_slide() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "MADE"
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}
    meta, _ = drawn(app)
    assert meta["sizes"] == [4, 4, 4, 4]
    assert meta["labels"] == [[1, 2, 3, 4], [1, 3, 2, 1], [2, 1, 3, 2], [1, 2, 3, 4]]
    assert {"Present", "Reset", "Reseed"} <= {button.label for button in app.button}


def test_a_link_restores_everything() -> None:
    query = {
        "D": "6",
        "layers": "1",
        "width": "3",
        "order": "5.0.4.1.3.2",
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
    assert arrays["direct"].sum() == 15
    expected = network(6, (3,), (5, 0, 4, 1, 3, 2), [[1, 5, 2]], direct=True, seed=9, trained=True)
    np.testing.assert_array_equal(arrays["counts"].reshape(6, 6), expected.path_counts().numpy())
    np.testing.assert_allclose(
        arrays["weight1"].reshape(3, 6), expected.layers[0].weight.detach().numpy()
    )
    x = torch.tensor([meta["x"]])
    with torch.no_grad():
        logits = expected.logits(x)
    np.testing.assert_allclose(arrays["logits"], (logits[0, :, 1] - logits[0, :, 0]).numpy())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "value", "text", "check"),
    [
        ("D", 16, "16", lambda meta: meta["sizes"] == [16, 4, 4, 16]),
        ("D", 3, "3", lambda meta: meta["sizes"] == [3, 4, 4, 3]),
        ("width", 32, "32", lambda meta: meta["sizes"] == [4, 32, 32, 4]),
        ("width", 1, "1", lambda meta: meta["sizes"] == [4, 1, 1, 4]),
        ("layers", 1, "1", lambda meta: meta["sizes"] == [4, 4, 4]),
        ("layers", 3, "3", lambda meta: meta["sizes"] == [4, 4, 4, 4, 4]),
        ("degrees", "even", "even", lambda meta: meta["labels"][1] == [1, 2, 3, 1]),
        ("weights", "trained", "trained", lambda meta: True),
        ("direct", True, "1", lambda meta: len(meta["sizes"]) == 4),
        ("mistake", "relaxed", "relaxed", lambda meta: meta["relaxed"]),
    ],
)
def test_every_control_changes_the_picture_and_the_link(
    key: str, value: Any, text: str, check: Any
) -> None:
    app = visit(degrees="random")
    _, before = drawn(app)
    widget(app, f"made.{key}").set_value(value).run()
    whole(app)
    assert link(app) == {"degrees": "random"} | {key: text}
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
    app = visit(D="3", layers="1", width="1", degrees="random")
    whole(app)
    assert drawn(app)[0]["sizes"] == [3, 1, 3]


@pytest.mark.slow
def test_degrees_by_hand_go_along_with_the_sizes() -> None:
    app = visit(hand="1.1.1.1-3.3.3.3")
    whole(app)
    assert link(app) == {"hand": "1.1.1.1-3.3.3.3"}
    assert drawn(app)[0]["labels"][1:-1] == [[1, 1, 1, 1], [3, 3, 3, 3]]
    widget(app, "made.width").set_value(5).run()
    whole(app)
    assert drawn(app)[0]["labels"][1:-1] == [[1, 1, 1, 1, 2], [3, 3, 3, 3, 2]]


def test_degrees_0_and_d_by_hand_are_drawn_too() -> None:
    app = visit(D="3", layers="1", width="4", hand="0.3.1.2")
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
    assert link(app) == {"order": "3.2.1.0"}
    assert drawn(app)[0]["order"] == [3, 2, 1, 0]
    widget(app, "made.order_name").set_value("random").run()
    whole(app)
    order = drawn(app)[0]["order"]
    assert sorted(order) == [0, 1, 2, 3]
    assert order not in ([0, 1, 2, 3], [3, 2, 1, 0])
    assert link(app) == {"order": ".".join(map(str, order))}
    widget(app, "made.order_name").set_value("natural").run()
    whole(app)
    assert link(app) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "name"),
    [("0.1.2.3", "natural"), ("3.2.1.0", "reversed"), ("2.0.1.3", "by hand")],
)
def test_the_control_names_the_order_of_the_link(order: str, name: str) -> None:
    app = visit(order=order)
    whole(app)
    assert widget(app, "made.order_name").value == name


def test_another_number_of_variables_takes_the_order_back() -> None:
    app = visit(**FIVE, order="2.0.4.1.3")
    widget(app, "made.D").set_value(7).run()
    whole(app)
    assert link(app) == {**FIVE, "D": "7"}
    assert widget(app, "made.order_name").value == "natural"


# --- mistakes, and layers too narrow -------------------------------------------------------------


def test_every_mistake_of_the_network_is_offered_and_explained() -> None:
    assert tuple(NAMED) == MISTAKES
    assert set(EXPLAINED) == set(MISTAKES) - {"none"}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name != "none"])
@pytest.mark.parametrize("weights", ["random", "trained"])
def test_each_mistake_is_explained(mistake: str, weights: str) -> None:
    app = visit(**FIVE, mistake=mistake, weights=weights)
    whole(app)
    [notice] = app.info
    assert EXPLAINED[mistake] in notice.value
    meta, arrays = drawn(app)
    counts = arrays["counts"].reshape(5, 5)
    assert bool(np.diag(counts).any()) == (mistake == "relaxed")
    if mistake == "degree D":
        assert meta["labels"][-2][0] == 5
    elif mistake == "degree 0":
        assert meta["labels"][1][0] == 0
    elif mistake == "all equal":
        assert {degree for layer in meta["labels"][1:-1] for degree in layer} == {3}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "own"),
    [
        ({"degrees": "even"}, [0, 1, 2, 3]),  # no unit has the last rank
        ({"degrees": "even", "order": "4.3.2.1.0"}, [1, 2, 3, 4]),
        ({"degrees": "even", "direct": "1"}, [0, 1, 2, 3, 4]),
        ({"layers": "1", "width": "1", "degrees": "by hand", "hand": "2"}, [1]),
        ({"layers": "2", "width": "1", "degrees": "by hand", "hand": "1-2"}, []),
    ],
)
def test_the_notice_names_the_outputs_that_read_their_own_inputs(
    query: dict[str, str], own: list[int]
) -> None:
    app = visit(**{**FIVE, **query}, mistake="relaxed")
    whole(app)
    counts = drawn(app)[1]["counts"].reshape(5, 5)
    assert np.flatnonzero(np.diag(counts)).tolist() == own
    [notice] = app.info
    said = notice.value.partition("Here: ")[2]
    assert [int(text.translate(SUBSCRIPTS)) - 1 for text in re.findall("x([₀-₉]+)", said)] == own
    assert ("no output" in said) == (not own)


def test_narrow_layers_say_which_dependencies_are_lost() -> None:
    app = visit(D="5", width="2", degrees="random", order="2.0.4.1.3")
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
    app = visit(**{**FIVE, **query})
    whole(app)
    assert len(app.info) == 0


# --- bad links -----------------------------------------------------------------------------------

BAD_LINKS = [
    {"D": "99"},
    {"D": "2"},
    {"order": "0.0.1"},
    {"order": "0.1.2"},
    {"hand": "9.9"},
    {"hand": "1.2.3.9-1.2.3.4"},
    {"width": "0"},
    {"width": "33"},
    {"layers": "4"},
    {"mistake": "<script>alert(1)</script>"},
    {"degrees": "odd"},
    {"weights": ""},
    {"direct": "yes"},
    {"show": "states"},
]


@pytest.mark.slow
@pytest.mark.parametrize("query", BAD_LINKS, ids=lambda query: "&".join(query))
def test_a_bad_link_falls_back_with_one_notice(query: dict[str, str]) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert "<script" not in notice.value
    assert link(app) == {}
    assert drawn(app)[0]["sizes"] == [4, 4, 4, 4]
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
    query = {"D": "6", "width": "4", "degrees": "random", "order": "5.4.3.2.0.1", "seed": "3"}
    app = visit(**query)
    [reseed] = [button for button in app.button if button.label == "Reseed"]
    reseed.click().run()
    whole(app)
    after = link(app)
    seed = after.pop("seed")
    assert seed != "3"
    assert after == {name: text for name, text in query.items() if name not in ("seed", "width")}
    [reset] = [button for button in app.button if button.label == "Reset"]
    reset.click().run()
    whole(app)
    assert link(app) == {"seed": seed}
    assert widget(app, "made.order_name").value == "natural"


def test_presenting_and_leaving_keeps_the_state() -> None:
    query = {"width": "3", "degrees": "even", "order": "3.1.0.2", "direct": "1"}
    app = visit(**query)
    for label, expected in (("Present", {**query, "present": "1"}), ("Leave", query)):
        [button] = [button for button in app.button if button.label == label]
        button.click().run()
        whole(app)
        assert link(app) == expected
        assert drawn(app)[0]["present"] == (label == "Present")


# --- what the steps say of what they show --------------------------------------------------------

NETWORK_STEPS = [
    pytest.param(activity.slug, number, step, id=f"{activity.slug}-{number}")
    for activity in LESSON.activities[:3]
    for number, step in enumerate(activity.steps, start=1)
    if step.state.get("show") != "states"
]


@pytest.mark.slow
@pytest.mark.parametrize(("activity", "number", "step"), NETWORK_STEPS)
def test_a_step_points_at_a_unit_that_is_there(activity: str, number: int, step: Step) -> None:
    app = visit(activity=activity, tour=str(number))
    meta, _ = drawn(app)
    asked = step.question.place if step.question and step.question.place else {}
    for place in (step.place, asked):
        if pin := place.get("pin"):
            layer, unit = pin
            assert 0 <= unit < meta["sizes"][layer]
    wanted = {name: each for name, each in meta["goto"].items() if name != "nonce"}
    assert wanted == dict(step.place)


def test_output_3_of_the_slide_reads_what_the_right_answer_says() -> None:
    app = visit(tour="5")
    assert drawn(app)[0]["hidden"] == ["reach"]
    reply(app, 1)
    meta, arrays = drawn(app)
    assert meta["hidden"] == []
    assert meta["goto"]["pin"] == [3, 2]
    counts = arrays["counts"].reshape(4, 4)
    assert counts[2].tolist() == [8, 2, 0, 0]
    assert counts.tolist() == CLAIMS["slide: paths"]
    above = np.flatnonzero(arrays["mask3"].reshape(4, 4)[1])  # p(x2 | x1)
    assert {meta["labels"][2][k] for k in above} == {1}


def test_the_question_of_ranks_shows_the_ranks_and_covers_the_order() -> None:
    app = visit(activity="order")
    meta, _ = drawn(app)
    assert meta["labels"][0] == [3, 1, 2]
    assert meta["hidden"] == ["order", "reach"]
    reply(app, 0)
    meta, _ = drawn(app)
    assert meta["hidden"] == []
    assert meta["order"] == [1, 2, 0]
    assert meta["goto"]["sort"]


def test_the_shuffled_order_has_an_output_that_reads_nothing_and_one_that_reads_all() -> None:
    meta, arrays = drawn(visit(activity="order", tour="3"))
    reads = (arrays["counts"].reshape(5, 5) > 0).sum(1)
    assert reads[meta["order"]].tolist() == list(range(5))


def test_the_broken_mask_shows_its_losses_once_it_is_answered() -> None:
    app = visit(activity="break")
    assert drawn(app)[0]["hidden"] == ["illegal", "loss", "reach"]
    assert not [each for each in app.info if "own input" in each.value]
    with pytest.raises(StopIteration):
        packed(app, "made_bars")
    reply(app, 0)
    assert link(app) == {"activity": "break", "weights": "trained"}
    [group] = packed(app, "made_bars")[0]["groups"]
    right, least, wrong = (bar["value"] for bar in group["bars"])
    assert wrong < least < right
    assert right == pytest.approx(CLAIMS["right: loss"], rel=1e-3)
    assert wrong == pytest.approx(CLAIMS["relaxed: loss"], rel=1e-3)


@pytest.mark.parametrize("seed", ["0", "7"])
def test_every_output_leaks_with_direct_weights_at_any_seed(seed: str) -> None:
    _, arrays = drawn(visit(activity="break", tour="2", seed=seed))
    assert (np.diag(arrays["counts"].reshape(4, 4)) > 0).all()
    gradient = arrays["gradient"].reshape(4, 4)
    assert (np.diag(gradient) > 0.25 * gradient.max(1)).all()  # each is seen, beside the others


def test_the_sum_over_all_states_is_1_for_the_right_mask_alone() -> None:
    app = visit(activity="break", tour="4")
    meta, arrays = packed(app, "made_states")
    assert meta["hidden"] == ["states"]
    sums = [arrays[f"factors{number}"].reshape(16, 4).prod(1).sum() for number in (0, 1)]
    assert sums == [pytest.approx(1, abs=1e-5), pytest.approx(CLAIMS["relaxed: sum"], rel=1e-3)]


def test_too_many_states_are_not_added_up_and_the_page_says_so() -> None:
    app = visit(activity="break", tour="4", D="16", degrees="even")
    whole(app)
    assert any("at most 8 variables" in each.value for each in app.info)


# --- train and draw ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "name"), [(3, "chain"), (1, "uniform"), (4, "two modes")])
def test_tiny_world_learns_what_it_shows(bits: int, name: str) -> None:
    app = visit(activity="learn", bits=str(bits), world=name)
    whole(app)
    meta, arrays = packed(app, "made_states")
    assert meta["bits"] == bits
    true = arrays["factors0"]
    for number in (1, 2):
        found = arrays[f"factors{number}"].reshape(2**bits, bits).prod(1)
        assert found.sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(found, true, atol=0.03)
    said = next(text.value for text in app.caption if "Entropy" in text.value)
    least, natural, backward = (float(text) for text in re.findall(r"\d+\.\d+", said))
    assert least - 1e-3 <= natural <= 1.02 * least + 1e-3
    assert least - 1e-3 <= backward <= 1.02 * least + 1e-3


def test_training_goes_on_to_its_end_and_its_samples_get_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "STEPS", 60)
    app = visit(activity="learn", tour="3")
    meta, arrays = packed(app, "made_training")
    assert [each["step"] for each in meta["moments"]] == [0]
    assert arrays["losses"].size == 0
    button(app, "made_train").click().run()
    whole(app)
    meta, arrays = packed(app, "made_training")
    assert not meta["live"]
    assert arrays["losses"].size == 60
    assert meta["moments"][-1]["step"] == 60
    tests = [each["test"] for each in meta["moments"]]
    assert tests[0] == pytest.approx(meta["yardsticks"]["coin tosses"], rel=0.02)
    assert tests[-1] < meta["yardsticks"]["independent pixels"]
    assert button(app, "made_train").label == "Train again"


def test_the_counts_of_passes_are_covered_while_they_are_asked() -> None:
    app = visit(activity="learn", tour="2")
    assert packed(app, "made_training")[0]["hidden"] == ["counts"]
    reply(app, 1)
    assert packed(app, "made_training")[0]["hidden"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_draws(name: str) -> None:
    app = visit(activity="learn", tour="4", model=name)
    whole(app)
    assert len(app.error) == len(app.warning) == 0
    meta, arrays = packed(app, "made_drawing")
    assert arrays["values"].size == arrays["nade"].size == meta["rows"] * meta["columns"]
    card = cards.read_card(name)
    assert any(f"{card['test_nll']:.2f}" in caption.value for caption in app.caption)
    offered = [box for box in app.selectbox if box.key == "made.pixels"]
    assert bool(offered) == bool(card["config"]["order_agnostic"])


def test_made_and_nade_draw_the_digit_that_the_step_names() -> None:
    _, arrays = packed(visit(activity="learn", tour="4"), "made_drawing")
    differ = int((arrays["values"] != arrays["nade"]).sum())
    assert differ == CLAIMS["digit: pixels that differ from NADE's"]


def ship(folder: Path, name: str, **options: Any) -> None:
    """An untrained MADE with a card that says no lies but these."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MADE((1, 3, 4), hidden=(6,), **options)
    card = {"data": "digits", "test_nll": 12.5, "levels": 2}
    save_checkpoint(model, name, card, folder)


def test_the_orders_offered_are_those_that_the_model_knows(checkpoints: Path) -> None:
    ship(checkpoints, "made-one")
    ship(checkpoints, "made-some", order_agnostic=True, masks=3)
    app = visit(activity="learn", show="drawing", model="made-one")
    assert app.selectbox(key="made.model").options == ["made-one", "made-some"]
    assert not [box for box in app.selectbox if box.key == "made.pixels"]
    app.selectbox(key="made.model").set_value("made-some").run()
    whole(app)
    box = app.selectbox(key="made.pixels")
    assert len(box.options) > 2
    for order in box.options:
        app.selectbox(key="made.pixels").set_value(order).run()
        whole(app)
        assert len(app.error) == 0


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_without_a_made_the_drawing_says_how_to_get_one(
    there: bool, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        monkeypatch.setattr(cards, "FOLDER", checkpoints / "nowhere")
    for show in ("drawing", "masks"):
        app = visit(activity="learn", show=show)
        [error] = app.error
        assert "python -m arviz_models train made" in error.value
    assert drawn(visit())[0]["sizes"] == [4, 4, 4, 4]  # the other activities work


def test_many_masks_shows_the_numbers_of_the_cards() -> None:
    app = visit(activity="learn", tour="6")
    groups = packed(app, "made_bars")[0]["groups"]
    shown = {bar["value"] for group in groups for bar in group["bars"]}
    card = cards.read_card("made-digits-any-order")
    assert {card["test_nll"], card["test_nll_one_mask"], card["config"]["masks"]} <= shown


# --- what is read and taken away -----------------------------------------------------------------


def test_code_shows_the_source_itself() -> None:
    app = open_reading(visit(), "Code")
    shown = "\n".join(code.value for code in app.code)
    assert "def masks(self) -> list[Tensor]:" in shown
    source = (ROOT / "arviz_models" / "made.py").read_text("utf-8")
    source += (ROOT / "arviz_models" / "layers.py").read_text("utf-8")
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


def test_take_away_offers_the_picture_and_its_arrays() -> None:
    app = open_reading(visit(tour="6", mistake="relaxed"), "Take away")
    buttons = app.get("download_button")
    assert len(buttons) == 5  # network and matrices as PNG and SVG, and the arrays
    images = [*app.get("image"), *app.get("imgs")]
    assert len(images) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("show", "files"), [("world", 1), ("drawing", 1), ("masks", 0)])
def test_take_away_offers_what_is_learned_and_drawn(show: str, files: int) -> None:
    app = open_reading(visit(activity="learn", show=show), "Take away")
    assert len(app.get("download_button")) == files
