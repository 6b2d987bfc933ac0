"""The costs beneath the contexts: measured, stopped, shared, and where something is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from arviz_models import cards
from arviz_models.analysis import timing
from arviz_models.analysis.costs import Measured
from arviz_models.analysis.networks import NETWORKS
from arviz_models.analysis.timing import Comparison, Cost
from arviz_models.sampler import SamplerError
from pages.contexts import costs as contexts_costs
from pages.contexts import costs_steps
from pages.contexts.costs_figures import COLUMNS, IN_FRONT
from pages.contexts.models import of_equal_size, shipped
from tests.pages.visiting import ship, whole

D = 784


def script(which: str, hidden: tuple[str, ...] = (), present: bool = False) -> None:
    from pages.contexts import costs as contexts_costs
    from pages.ui import lesson

    with lesson.guarded():
        contexts_costs.section(which, hidden, present=present)()


def visit(
    which: str = costs_steps.TRAINED, hidden: tuple[str, ...] = (), present: bool = False
) -> AppTest:
    return AppTest.from_function(script, default_timeout=60, args=(which, hidden, present)).run()


def button(app: AppTest, name: str) -> Any:
    return app.button(key=f"contexts.costs.{name}")


def table(app: AppTest) -> Any:
    [found] = app.dataframe
    return found.value


def measured() -> dict[str, Measured]:
    return contexts_costs._device().measured


def comparison(done: int = D, doing: str | None = None) -> Comparison:
    costs = {
        "decoder": Cost(0, D, D, 0.05),
        "forward": Cost(1, 1, 1, 0.004),
        "training": Cost(1, 1, 1, 0.011),
        "naive": Cost(done, done, D, 0.005 * done),
    }
    return Comparison(1, "cpu", doing, costs)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float | None]]:
    """Nothing is drawn: a made-up measurement at once. Lists what was asked to be measured."""
    asked: list[tuple[str, float | None]] = []

    def compare(model: Any, n: int, seed: int, naive_seconds: float | None) -> Iterator[Comparison]:
        asked.append((model, naive_seconds))
        yield Comparison(n, "cpu", "decoder")
        yield comparison(D if naive_seconds is None else 200)

    monkeypatch.setattr(timing, "compare", compare)
    monkeypatch.setattr(contexts_costs, "model", lambda name: name)
    return asked


def test_before_measuring_the_table_has_the_cards_and_empty_cells() -> None:
    app = visit()
    whole(app)
    found = shipped()
    assert list(table(app)["network"]) == [NETWORKS[word].title for word in found]
    nats = [card["binarized_mnist_test_nll"] for card in found.values()]
    assert list(table(app)["test_nll"]) == nats
    assert list(table(app)["parameters"]) == [card["parameters"] for card in found.values()]
    assert list(table(app).columns) == list(COLUMNS)
    assert table(app)["decoder_ms"].isna().all()
    assert any("press **Measure on the server**" in each.value for each in app.caption)
    assert button(app, "start").label == "Measure on the server"
    assert button(app, "stop").disabled
    assert measured() == {}


def shown(app: AppTest) -> str:
    """All words on the page."""
    every = (*app.markdown, *app.caption, *app.info)
    return " ".join(each.value for each in every)


@pytest.mark.slow
def test_while_it_is_asked_which_reads_better_no_nats_are_shown(
    quick: list[tuple[str, float | None]],
) -> None:
    app = visit(hidden=("nll",))
    button(app, "start").click().run()
    whole(app)
    assert "test_nll" not in table(app)
    assert not app.get("plotly_chart")
    assert not app.get("download_button")
    for card in shipped().values():
        assert f"{card['binarized_mnist_test_nll']:.2f}" not in shown(app)
    assert len(visit().get("plotly_chart")) == 1


def test_while_it_is_asked_what_grows_nothing_is_measured() -> None:
    app = visit(hidden=("table", "nll"))
    whole(app)
    assert len(app.button) == 0
    [sizes] = app.table
    told = sizes.value.to_string() + shown(app)
    assert not any(word in told for word in ("10 layers", "28 rows", "diagonals"))


def test_the_words_name_the_button_that_stands_there(
    quick: list[tuple[str, float | None]],
) -> None:
    assert "**Measure on the server**" in contexts_costs._measure_these(costs_steps.TRAINED)
    button(visit(), "start").click().run()
    assert "**Measure again**" in contexts_costs._measure_these(costs_steps.TRAINED)
    assert button(visit(), "start").label == "Measure again"


def test_the_columns_that_the_steps_speak_of_come_first() -> None:
    assert list(COLUMNS)[:3] == ["network", "training_ms", "decoder_ms"]


def test_the_columns_that_are_seen_fit_beside_a_step_and_all_are_there_on_demand() -> None:
    app = visit()

    def seen() -> list[str]:
        [found] = app.dataframe
        return list(found.proto.column_order)

    assert seen() == [name for name in COLUMNS if name in IN_FRONT]
    app.toggle(key="contexts.costs.columns").set_value(True).run()
    assert seen() == list(COLUMNS)


def test_presented_the_table_in_front_is_html_and_has_the_same_values(
    quick: list[tuple[str, float | None]],
) -> None:
    button(visit(), "start").click().run()
    app = visit(present=True)
    [shown] = app.table
    seen = [name for name in COLUMNS if name in IN_FRONT]
    assert list(shown.value) == [COLUMNS[name].label for name in seen]
    assert shown.value.to_numpy().tolist() == table(visit())[seen].to_numpy().tolist()
    assert not app.dataframe


@pytest.mark.slow
def test_every_network_is_measured_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts_costs, "NAIVE_SECONDS", 0.0)
    app = visit()
    button(app, "start").click().run(timeout=280)
    whole(app)
    assert measured().keys() == {card["name"] for card in shipped().values()}
    shown = table(app).set_index("network")
    for word, card in shipped().items():
        found = measured()[card["name"]].comparison
        line = shown.loc[NETWORKS[word].title]
        assert line["passes_to_train"] == found.costs["training"].passes == 1
        assert line["passes_decoder"] == found.costs["decoder"].passes == 0
        assert line["passes_naive"] == D
        assert line["decoder_ms"] == pytest.approx(1000 * found.costs["decoder"].seconds)
        assert line["training_ms"] == pytest.approx(1000 * found.costs["training"].seconds)
        assert line["naive_s"] == pytest.approx(found.costs["naive"].whole)
        assert line["speedup"] == pytest.approx(found.speedup)
        assert found.different == 0
    said = [each.value for each in app.caption if "Measured on the server" in each.value]
    assert len(said) == 1
    assert "just now, one image at a time" in said[0]  # the last of them, however long it took
    assert button(app, "start").label == "Measure again"
    assert button(app, "stop").disabled


def test_a_click_measures_every_network_in_turn(quick: list[tuple[str, float | None]]) -> None:
    app = visit()
    button(app, "start").click().run()
    whole(app)
    names = [card["name"] for card in shipped().values()]
    assert quick == [(name, contexts_costs.NAIVE_SECONDS) for name in names]
    assert not table(app)["naive_s"].isna().any()
    assert any("estimated from 200 of" in each.value for each in app.caption)


def test_every_naive_pass_is_made_where_it_is_wanted(
    quick: list[tuple[str, float | None]],
) -> None:
    app = visit()
    app.toggle(key="contexts.costs.every").set_value(True).run()
    button(app, "start").click().run()
    whole(app)
    assert {seconds for _, seconds in quick} == {None}
    assert not any("estimated from" in each.value for each in app.caption)


def test_networks_of_equal_size_are_measured_with_random_weights(
    quick: list[tuple[str, float | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts_costs, "untrained", lambda word: f"random {word}")
    app = visit(costs_steps.EQUAL)
    whole(app)
    sizes = table(app)["parameters"]
    assert list(table(app)["network"])[:3] == ["PixelCNN", "Gated PixelCNN", "Row LSTM"]
    assert (abs(sizes - shipped()["row"]["parameters"]) < 0.06 * sizes).all()
    assert "test_nll" not in table(app)
    button(app, "start").click().run()
    whole(app)
    assert [name for name, _ in quick] == [f"random {word}" for word in of_equal_size()]
    assert not table(app)["training_ms"].isna().any()
    app = visit(costs_steps.TRAINED)
    assert table(app)["training_ms"].isna().all()  # those are others


@pytest.mark.usefixtures("quick")
def test_a_visitor_who_comes_later_sees_what_the_first_measured() -> None:
    first = visit()
    button(first, "start").click().run()
    measured().update({name: Measured(comparison(), time.time() - 200) for name in measured()})
    later = visit()
    whole(later)
    assert not table(later)["decoder_ms"].isna().any()
    assert any(
        "Measured on the server (cpu) 3 minutes ago," in each.value for each in later.caption
    )
    assert button(later, "start").label == "Measure again"
    assert button(later, "stop").disabled


def test_what_another_session_measured_since_the_click_is_not_measured_again(
    quick: list[tuple[str, float | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, second, third, *rest] = [card["name"] for card in shipped().values()]
    measure: Callable[..., None] = contexts_costs._compare

    def another_too(*given: Any) -> None:
        measure(*given)
        if len(quick) == 1:  # a whole one, and one of a session that was stopped
            now = time.time()
            measured()[second] = Measured(comparison(200), now)
            measured()[third] = Measured(comparison(12, doing="naive"), now)

    monkeypatch.setattr(contexts_costs, "_compare", another_too)
    button(visit(), "start").click().run()
    assert [name for name, _ in quick] == [first, third, *rest]


def test_a_click_measures_again_after_the_clock_was_set_back(
    quick: list[tuple[str, float | None]],
) -> None:
    names = [card["name"] for card in shipped().values()]
    before_it_was = time.time() + 3600
    measured().update({name: Measured(comparison(), before_it_was) for name in names})
    button(visit(), "start").click().run()
    assert [name for name, _ in quick] == names


@pytest.mark.slow
def test_two_sessions_do_not_measure_at_once(quick: list[tuple[str, float | None]]) -> None:
    app, turn = visit(), contexts_costs._device().turn
    meanwhile = []

    def other_is_done() -> None:
        meanwhile.extend(quick)
        turn.release()

    turn.acquire()
    threading.Timer(0.5, other_is_done).start()
    button(app, "start").click().run()
    whole(app)
    assert meanwhile == []
    assert len(quick) == len(shipped())
    assert not turn.locked()


@pytest.mark.usefixtures("quick")
def test_stop_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit()
    names = [card["name"] for card in shipped().values()]
    whole_round: Callable[..., None] = contexts_costs._compare

    def stopped_at_the_third(*given: Any) -> None:
        whole_round(*given)
        if len(measured()) == 2:
            st.session_state["contexts.costs.round"].stop()
            st.stop()

    monkeypatch.setattr(contexts_costs, "_compare", stopped_at_the_third)
    button(app, "start").click().run()
    app.run()
    whole(app)
    assert list(measured()) == names[:2]
    assert list(table(app)["naive_s"].isna()) == [False] * 2 + [True] * (len(names) - 2)
    assert button(app, "stop").disabled
    assert not contexts_costs._device().turn.locked()


def test_a_measurement_that_a_click_interrupts_goes_on_at_its_network(
    quick: list[tuple[str, float | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit()
    names = [card["name"] for card in shipped().values()]
    whole_round: Callable[..., None] = contexts_costs._compare

    def interrupted(*given: Any) -> None:
        if len(measured()) == 2:
            monkeypatch.setattr(contexts_costs, "_compare", whole_round)
            st.stop()
        whole_round(*given)

    monkeypatch.setattr(contexts_costs, "_compare", interrupted)
    button(app, "start").click().run()
    assert [name for name, _ in quick] == names[:2]
    app.run()
    whole(app)
    assert [name for name, _ in quick] == names


def test_half_a_measurement_never_takes_the_place_of_a_whole_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(model: Any, n: int, seed: int, naive_seconds: float | None) -> Iterator[Comparison]:
        yield comparison(1, doing="naive")

    monkeypatch.setattr(timing, "compare", half)
    monkeypatch.setattr(contexts_costs, "model", lambda name: name)
    [first, second, *_] = [card["name"] for card in shipped().values()]
    before = Measured(comparison(), time.time() - 100)
    measured()[first] = before
    app = visit()
    button(app, "start").click().run()
    assert measured()[first] is before
    assert measured()[second].comparison.costs["naive"].done == 1


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_network_that_fails_is_said_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = timing.compare

    def compare(model: Any, n: int, seed: int, naive_seconds: float | None) -> Iterator[Comparison]:
        if model == "row-lstm-mnist":
            raise SamplerError("cpu has no memory left: draw fewer at once")
        yield from sound(model, n, seed, naive_seconds=naive_seconds)

    monkeypatch.setattr(timing, "compare", compare)
    app = visit()
    button(app, "start").click().run()
    whole(app)
    [error] = app.error
    assert error.value.startswith("Row LSTM could not be measured: cpu has no memory left")
    shown = table(app).set_index("network")["naive_s"].isna()
    assert list(shown[shown].index) == ["Row LSTM"]
    monkeypatch.setattr(timing, "compare", sound)
    button(app, "start").click().run()
    assert len(app.error) == 0
    assert "row-lstm-mnist" in measured()


def test_an_unforeseen_error_does_not_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[Comparison]:
        raise ZeroDivisionError

    monkeypatch.setattr(timing, "compare", broken)
    app = visit()
    button(app, "start").click().run()
    assert len(app.exception) == 1
    assert not contexts_costs._device().turn.locked()
    app.run()
    whole(app)


def test_a_missing_checkpoint_is_named_with_the_command_that_trains_it(
    checkpoints: Path,
) -> None:
    ship(checkpoints, "nade-mnist")
    app = visit()
    whole(app)
    assert list(table(app)["network"]) == ["NADE"]
    [said] = [each.value for each in app.caption if "No checkpoint of" in each.value]
    assert "train row-lstm --data mnist_binary" in said
    assert "NADE was" not in said


def test_without_any_checkpoint_there_is_nothing_to_measure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    app = visit()
    whole(app)
    assert all(network.title in app.error[0].value for network in NETWORKS.values())
    assert len(app.button) == len(app.dataframe) == len(app.table) == 0
