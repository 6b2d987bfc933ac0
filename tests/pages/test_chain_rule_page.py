"""The chain-rule page: its controls, its link, its edits and its tabs, without a browser."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models.chain_rule import JOINTS, joint_from
from pages.ui import chain_rule_lesson
from tests.pages import visiting
from tests.pages.visiting import link, packed, whole

visit = partial(visiting.visit, "chain_rule")


def drawn(app: AppTest) -> dict[str, Any]:
    """The meta that the picture was given."""
    return packed(app, "chain")[0]


def test_page_opens_at_its_defaults() -> None:
    app = visit()
    whole(app)
    assert app.title[0].value == "Chain rule"
    assert len(app.warning) == 0
    assert link(app) == {}
    assert drawn(app)["order"] == [0, 1, 2]
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert labels.count("Show this") == 4


def test_a_link_restores_everything() -> None:
    query = {"joint": "1.2.3.4.5.6.7.8", "order": "2.0.1", "n": "2000", "seed": "5"}
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
    {"step": "1501"},
    {"state": "102"},
    {"pin": "device"},
]


@pytest.mark.parametrize("query", BAD_LINKS, ids=str)
def test_a_bad_link_falls_back_with_a_notice(query: dict[str, str]) -> None:
    app = visit(**query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == {}


@pytest.mark.parametrize("name", JOINTS)
def test_a_named_joint_is_chosen(name: str) -> None:
    app = visit()
    app.selectbox(key="chain_rule.joint_name").set_value(name).run()
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


def test_the_question_reveals_the_reversed_order() -> None:
    app = visit()
    [pills] = [group for group in app.button_group if group.key == "chain_rule.question"]
    pills.set_value("No").run()
    whole(app)
    assert drawn(app)["order"] == [2, 1, 0]
    assert any(said.value.startswith("**Yes.**") for said in app.markdown)


def test_every_card_shows_its_state() -> None:
    app = visit(joint="two modes")
    for number in range(1, 5):
        app.button(key=f"chain_rule.card.{number}").click().run()
        whole(app)
        assert drawn(app)["goto"]["nonce"] == number
    assert drawn(app)["goto"]["play"] == 8


@pytest.mark.parametrize("label", chain_rule_lesson._TABS)
def test_every_tab_opens(label: str) -> None:
    app = visit(order="2.0.1")
    app.session_state["chain_rule.tabs"] = label
    app.run()
    whole(app)
    tab = next(tab for tab in app.tabs if tab.label == label)  # the series has tabs as well
    assert len(tab.children) > 0


def test_presenting_keeps_the_pinned_controls_alone() -> None:
    app = visit(present="1", pin="order")
    whole(app)
    assert [box.key for box in app.selectbox] == ["chain_rule.order"]
    assert len(app.tabs) == 0


def test_weights_of_an_edited_joint_are_short_and_near() -> None:
    assert chain_rule_lesson.weights_of(np.full(8, 1 / 8)) == (1,) * 8
    joint = joint_from([3, 1, 4, 1, 5, 9, 2, 6])
    np.testing.assert_allclose(joint_from(chain_rule_lesson.weights_of(joint)), joint, atol=1e-6)
