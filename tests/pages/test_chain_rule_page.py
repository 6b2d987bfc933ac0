"""The chain-rule lesson: its controls, its link, its edits and its steps, without a browser."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models.analysis import chain_rule
from arviz_models.analysis.chain_rule import JOINTS, joint_from, samples
from pages.chain_rule.networks import COUNTS_OF, counts
from pages.chain_rule.state import weights_of
from tests.pages import visiting
from tests.pages.visiting import being_read, link, open_reading, packed, readings, whole

visit = partial(visiting.visit, "chain_rule")


def drawn(app: AppTest) -> dict[str, Any]:
    """The meta that the picture was given."""
    return packed(app, "chain")[0]


def answer(app: AppTest, said: str) -> None:
    [button] = [each for each in app.button if each.label == said]
    button.click().run()
    whole(app)


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "Chain rule"
    assert len(app.warning) == 0
    assert link(app) == {}
    assert drawn(app)["order"] == [0, 1, 2]
    labels = [button.label for button in app.button]
    assert {"Present", "Reset"} <= set(labels)
    assert "Reseed" not in labels, "nothing is random here"
    assert len(app.get("plotly_chart")) == 0, "Plotly keeps the browser busy for seconds"


def test_a_link_restores_everything() -> None:
    query = {"activity": "draw", "joint": "1.2.3.4.5.6.7.8", "order": "2.0.1", "n": "500"}
    query |= {"seed": "5", "alone": "1"}
    app = visit(**query, step="30", state="110")
    whole(app)
    assert len(app.warning) == 0
    assert link(app) == query | {"step": "30", "state": "110"}
    np.testing.assert_allclose(drawn(app)["joint"], np.arange(1, 9) / 36)
    assert drawn(app)["order"] == [2, 0, 1]


BAD_LINKS = [
    {"joint": "0.0.0.0.0.0.0.0"},
    {"joint": "1.2.3"},
    {"joint": "1.1.1.1.1.1.1.9999999"},
    {"joint": "<script>"},
    {"order": "0.1"},
    {"order": "0.1.1"},
    {"n": "501"},
    {"seed": "-1"},
    {"step": "6001"},
    {"state": "102"},
    {"alone": "2"},
    {"variables": "785"},
    {"hidden": "0"},
    {"shown": "nothing"},
]


@pytest.mark.slow
@pytest.mark.parametrize("query", BAD_LINKS, ids=str)
def test_a_bad_link_falls_back_with_a_notice(query: dict[str, str]) -> None:
    of_networks = query.keys() & {"variables", "hidden", "shown"}
    activity = {"activity": "networks" if of_networks else "draw"}
    app = visit(**activity, **query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == activity


@pytest.mark.parametrize("name", JOINTS)
def test_a_named_joint_is_chosen(name: str) -> None:
    app = visit()
    app.selectbox(key="chain_rule.·joint_name").set_value(name).run()
    whole(app)
    np.testing.assert_allclose(drawn(app)["joint"], joint_from(JOINTS[name]))
    assert link(app) == ({} if name == "explaining away" else {"joint": name})


def test_another_order_leaves_the_joint() -> None:
    app = visit()
    before = drawn(app)
    app.selectbox(key="chain_rule.order").set_value((2, 1, 0)).run()
    whole(app)
    after = drawn(app)
    assert after["joint"] == before["joint"]
    assert after["factors"] != before["factors"]
    assert link(app) == {"order": "2.1.0"}


def test_the_answer_about_the_joint_is_shown_in_the_other_order() -> None:
    app = visit(activity="reorder")
    before = drawn(app)
    answer(app, "Nothing")
    assert drawn(app)["order"] == [2, 0, 1]
    assert drawn(app)["joint"] == before["joint"]


# --- every step: what its words claim is true of the state that it shows --------------------------


def shown(activity: str, number: int) -> tuple[dict[str, Any], chain_rule.Factors]:
    """What the picture is given in a step, and its factors."""
    meta = drawn(visit(activity=activity, tour=str(number)))
    joint, order = np.array(meta["joint"]), tuple(meta["order"])
    return meta, chain_rule.conditionals(joint, order)


def arrows(meta: dict[str, Any]) -> list[bool]:
    """Which arrows change something: first to second, first to third, second to third."""
    found = np.array(meta["influence"])
    return [bool(found[at] > 0.0005) for at in ((1, 0), (2, 0), (2, 1))]


def test_one_path_the_three_numbers_multiply_to_the_bar() -> None:
    meta, factors = shown("path", 3)
    assert meta["goto"]["state"] == 0b101
    taken = [
        factor[row] if value else 1 - factor[row]
        for factor, (row, value) in zip(
            factors, chain_rule.path(0b101, tuple(meta["order"])), strict=True
        )
    ]
    assert len(taken) == 3
    assert np.prod(taken) == pytest.approx(meta["joint"][0b101])


def test_causes_first_one_arrow_is_dotted_and_effect_first_none() -> None:
    assert arrows(shown("reorder", 2)[0]) == [False, True, True]
    meta, factors = shown("reorder", 3)
    assert meta["order"] == [2, 0, 1]
    assert arrows(meta) == [True, True, True]
    np.testing.assert_allclose(factors[2][2:], [0.885, 0.311], atol=5e-4)


def test_in_a_markov_chain_the_first_does_not_change_the_third_until_the_middle_comes_last() -> (
    None
):
    assert arrows(shown("reorder", 4)[0]) == [True, False, True]
    meta, _ = shown("reorder", 5)
    assert meta["order"] == [0, 2, 1]
    assert arrows(meta) == [True, True, True]


def test_under_xor_two_variables_are_independent_and_the_third_is_certain() -> None:
    meta, _ = shown("draw", 3)
    joint = np.array(meta["joint"])
    table = joint.reshape(2, 2, 2)
    for pair in ((0, 1), (0, 2), (1, 2)):
        [other] = {0, 1, 2} - set(pair)
        both = table.sum(axis=other)
        np.testing.assert_allclose(both, np.outer(both.sum(1), both.sum(0)))
    for order in permutations(range(3)):
        assert set(chain_rule.conditionals(joint, order)[2]) == {0.0, 1.0}
    assert all(
        (p > 0) == ((state & 1) == (state >> 2 ^ state >> 1 & 1)) for state, p in enumerate(joint)
    ), "x3 = x1 xor x2"


def test_the_answer_about_xor_draws_each_variable_alone() -> None:
    app = visit(activity="draw", tour="3")
    assert drawn(app)["alone"] is False
    answer(app, "About half")
    meta, arrays = packed(app, "chain")
    assert meta["alone"] is True
    assert meta["factors"] == [[0.5], [0.5] * 2, [0.5] * 4]
    impossible = np.array(meta["joint"])[arrays["states"]] == 0
    assert impossible.mean() == pytest.approx(0.5, abs=0.05)


def test_drawing_goes_down_the_chain_and_its_shares_come_to_the_joint_as_one_over_root_n() -> None:
    meta, _ = shown("draw", 1)
    assert meta["goto"]["play"] > 0, "it draws by itself"
    joint, order = np.array(meta["joint"]), tuple(meta["order"])
    distances = np.mean(
        [
            chain_rule.running_distance(joint, samples(joint, order, 2000, seed).states)[
                [20, 80, 320, 1280]
            ]
            for seed in range(40)
        ],
        axis=0,
    )
    np.testing.assert_allclose(distances[:-1] / distances[1:], 2, rtol=0.25)  # a quarter, half
    np.testing.assert_allclose(distances * np.sqrt([20, 80, 320, 1280]), 1, atol=0.5)


# --- D networks or one ----------------------------------------------------------------------------


def networks(app: AppTest) -> dict[str, Any]:
    return packed(app, "networks")[0]


def test_the_counts_are_covered_while_they_are_asked_about() -> None:
    app = visit(activity="networks")
    assert networks(app)["hidden"] == ["counts"]
    assert networks(app)["D"] == 3
    answer(app, "More")
    meta = networks(app)
    assert meta["hidden"] == []
    assert meta["D"] == 3  # the words speak of three variables
    assert [row["said"] for row in meta["counts"]] == ["7"] * 2


def test_separate_networks_are_counted_one_by_one() -> None:
    for D, H in ((1, 3), (3, 2), (20, 50)):
        by_hand = sum(H * (t - 1) + H + H + 1 for t in range(1, D + 1))
        assert counts(D, H)["D networks"] == by_hand
        assert counts(D, H)["joint"] == counts(D, H)["tables"] == 2**D - 1


@pytest.mark.slow
@pytest.mark.parametrize("shown", COUNTS_OF)
@pytest.mark.parametrize(("D", "H"), [(1, 1), (3, 5000), (784, 1), (784, 5000)])
def test_bars_are_in_proportion_and_say_where_they_go_on(shown: str, D: int, H: int) -> None:
    app = visit(activity="networks", tour="2", shown=shown, variables=str(D), hidden=str(H))
    whole(app)
    rows = networks(app)["counts"]
    assert [row["name"] for row in rows] == list(COUNTS_OF[shown])
    assert max(row["share"] for row in rows) == 1
    assert all(row["share"] == 1 for row in rows if row["beyond"])


@pytest.mark.slow
@pytest.mark.parametrize("activity", ["path", "reorder", "draw", "networks"])
@pytest.mark.parametrize("label", ["Formula", "Code", "What people get wrong", "Take away"])
def test_all_that_is_read_opens(label: str, activity: str) -> None:
    app = visit(activity=activity)
    assert len(being_read(open_reading(app, label))) > 0


def test_presenting_shows_no_reading() -> None:
    app = visit(present="1")
    whole(app)
    assert readings(app) == []


def test_weights_of_an_edited_joint_are_short_and_near() -> None:
    assert weights_of(np.full(8, 1 / 8)) == (1,) * 8
    joint = joint_from([3, 1, 4, 1, 5, 9, 2, 6])
    np.testing.assert_allclose(joint_from(weights_of(joint)), joint, atol=1e-6)
