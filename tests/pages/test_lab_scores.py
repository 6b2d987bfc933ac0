"""The lab's "Compare" and "Complete" without a browser: what is shown, and what is not yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from arviz_models import load_dataset, load_pretrained
from arviz_models.analysis.conditionals import given_first, given_pixels
from arviz_models.analysis.lab_settings import Settings
from arviz_models.analysis.ranking import places_right
from arviz_models.catalogue import CLASSES
from pages.lab import compare, complete, rivals, sheets
from pages.lab.page import LAB
from pages.lab.rivals import RUN
from pages.lab.runs import RUNS, LabRun, new
from pages.ui import digits
from pages.ui.completion_activity import Painted
from pages.ui.models import cards
from pages.ui.query import read_query
from pages.ui.stage import Stage, link_of
from tests.pages.visiting import open_reading, packed, visit, whole

FIGURES = {"nats", "bits", "range", "ms", "samples"}
SMALL = {"activity": "compare", "tour": "4"}  # 8x8 digits: quick
NAMES = {"nade-digits", "nade-digits-any-order", "made-digits", "made-digits-any-order"}
NAMES |= {"pixel-snail-digits"}


def digit_of(index: int, data: str = "digits") -> np.ndarray:
    return load_dataset(data).batch("test", [index])[0, 0].numpy().astype(np.uint8)


def finished(settings: Settings) -> LabRun:
    """A run that has ended, with the weights that it began with."""
    from arviz_models.analysis.lab import built
    from arviz_models.descent import weights_of

    run = new(settings)
    options = run.options
    run.weights = weights_of(built(options["model"], options["config"], 1))
    run.closed = True
    return run


def with_runs(app: AppTest, *runs: LabRun) -> AppTest:
    app.session_state[RUNS] = {run.token: run for run in runs}
    return app.run()


def revealed(app: AppTest, guess: list[str]) -> AppTest:
    """The page after the picture has told of a ranking."""
    app.session_state["lab.·guesses"] = {("digits", 3, None): tuple(guess)}
    return app.run()


def addresses(app: AppTest) -> list[str]:
    """Of the images on the page."""
    return [image.proto.imgs[0].url for image in app.get("image")]


def test_before_the_reveal_nothing_gives_the_answer_away() -> None:
    app = visit("lab", **SMALL)
    whole(app)
    meta, arrays = packed(app, "lab_compare")
    assert {each["id"] for each in meta["models"]} == NAMES
    assert [each["id"] for each in meta["models"]] == [
        each.name for each in rivals.groups()["digits"]
    ]
    assert not any(FIGURES & each.keys() for each in meta["models"])
    assert "surprisal" not in arrays
    assert (meta["shown"], meta["verdict"], meta["guess"]) == (False, "", [])
    open_reading(app, "Take away")
    assert not app.get("download_button")
    open_reading(app, "What shipped models draw")
    assert len(set(addresses(app))) == len(NAMES)


def test_the_revealed_figures_are_the_models_own_and_the_ranking_is_counted() -> None:
    app = visit("lab", **SMALL)
    guess = sorted(NAMES)
    revealed(app, guess)
    whole(app)
    meta, arrays = packed(app, "lab_compare")
    x = torch.from_numpy(digit_of(3).astype(np.int64))[None, None]
    expected = {name: -load_pretrained(name, "cpu").log_prob(x).item() for name in NAMES}
    order = [each["id"] for each in meta["models"]]
    assert order == sorted(NAMES, key=expected.__getitem__)
    for each in meta["models"]:
        assert each["nats"] == pytest.approx(expected[each["id"]], rel=1e-5)
        assert each["range"]["count"] == 270
    sums = arrays["surprisal"].reshape(len(order), -1).sum(1)
    np.testing.assert_allclose(sums, [expected[name] for name in order], rtol=1e-4)
    assert f"{places_right(guess, order)} of {len(order)} places" in meta["verdict"]
    notes = {each["id"]: each["note"] for each in meta["models"]}
    assert "raster order" in notes["nade-digits-any-order"]
    assert "mean over 32 masks" in notes["made-digits-any-order"]
    _, arrays = packed(app, "weights", "compare_tables")
    assert {f"reads {name}" for name in NAMES} <= arrays.keys()


def test_a_finished_run_is_compared_and_one_that_leaks_is_not() -> None:
    app = visit("lab", **SMALL)
    good, leaky = finished(Settings(width=3)), finished(Settings(model="pixelcnn-mask-b", width=2))
    with_runs(app, good, leaky)
    whole(app)
    meta, _ = packed(app, "lab_compare")
    names = {each["id"] for each in meta["models"]}
    assert names == NAMES | {RUN + good.token}
    assert any("no NLL: run 2" in said.value for said in app.caption)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a stage of an activity, in a session that is a plain dict."""

    def made(slug: str) -> Stage:
        found = link_of(LAB)
        values, _ = read_query(found.fields, {"activity": slug})
        state = {found.key(name): value for name, value in values.items()}
        monkeypatch.setattr(st, "session_state", state | {found.key("·values"): {}})
        return Stage(LAB, LAB.activity(slug), found, values)

    return made


def test_models_of_14x14_are_compared_in_the_lab_and_offered_by_no_lesson() -> None:
    found = rivals.groups()["mnist14"]
    assert len({each.title for each in found}) == len(found) >= 2
    offered = {name for kind in CLASSES for name in cards(kind)}
    assert not offered & {each.name for each in found}


def test_a_ranking_holds_for_its_picture_alone_and_is_not_made_again(stage: Any) -> None:
    on = stage("compare")
    assert compare.guess_of(on) is None
    names = [each.name for each in rivals.groups()["mnist_binary"]]
    key = on.key("compare")
    st.session_state[key] = {"reveal": {"guess": [*names, "stranger"], "number": 1}}
    compare._revealed(on)
    assert compare.guess_of(on) == tuple(names)
    assert compare.is_shown(on)
    st.session_state[key] = {"reveal": {"guess": names[::-1], "number": 2}}
    compare._revealed(on)
    assert compare.guess_of(on) == tuple(names)
    st.session_state[key] = {"edit": {"digit": None, "nonce": 1}}
    compare._edit(on)
    assert 0 <= on.link.get("digit") < digits.TEST_IMAGES["mnist_binary"]


def test_a_verdict_says_by_which_measure() -> None:
    order = ["a", "b", "c", "d"]
    assert compare.verdict(["b", "a", "c", "d"], order).startswith(
        "You had 2 of 4 places right, and 5 of 6 pairs in the right order."
    )
    assert compare.verdict(["a", "b"], order).startswith("You had 2 of 2 places right")
    assert compare.verdict([], order) == ""


def test_the_sizes_of_the_test_sets_are_true() -> None:
    for name, size in digits.TEST_IMAGES.items():
        assert load_dataset(name).size("test") == size


# --- Complete -------------------------------------------------------------------------------------


def box(low: int, high: int) -> tuple[int, bytes]:
    """All of an 8x8 image but a box is given."""
    mask = np.ones((8, 8), np.uint8)
    mask[low:high, low:high] = 0
    return 2, mask.tobytes()


def completed(**query: str) -> tuple[AppTest, dict[str, Any], dict[str, Any]]:
    given = Painted(lambda values: 64).text(box(2, 6))
    app = visit("lab", activity="complete", digit="7", given=given, seed="5", **query)
    whole(app)
    return app, *packed(app, "completion")


def test_a_model_of_any_order_takes_any_part_first() -> None:
    app, meta, arrays = completed(model="nade-digits-any-order")
    assert meta["free"]
    x, mask = digit_of(7), np.frombuffer(box(2, 6)[1], np.uint8).reshape(8, 8) > 0
    np.testing.assert_array_equal(arrays["given"].reshape(8, 8), mask)
    given = given_pixels(x, mask)
    network = load_pretrained("nade-digits-any-order", "cpu").with_order(given_first(given))
    expected = network.sample(8, given=given, generator=torch.Generator().manual_seed(5))
    np.testing.assert_array_equal(arrays["drawn"], expected.flatten())
    score, _ = packed(app, "lab_score")
    whole_x = torch.from_numpy(x.astype(np.int64))[None, None]
    own = -load_pretrained("nade-digits-any-order", "cpu").log_prob(whole_x).item()
    assert score["nats"] == pytest.approx(own, rel=1e-5)  # in its own order, as the test images
    assert score["range"]["count"] == 270


def test_a_model_of_one_order_draws_as_if_what_comes_later_were_not_given() -> None:
    _, meta, arrays = completed(model="nade-digits")
    assert not meta["free"]
    x, mask = digit_of(7), np.frombuffer(box(2, 6)[1], np.uint8).reshape(8, 8) > 0
    only = mask.copy()
    only[3:] = False  # rows below the first drawn pixel
    network = load_pretrained("nade-digits", "cpu")
    generator = torch.Generator().manual_seed(5)
    free = network.sample(8, given=given_pixels(x, only), generator=generator)[:, 0].numpy()
    drawn = arrays["drawn"].reshape(8, 8, 8)
    np.testing.assert_array_equal(drawn[:, 2, 2:6], free[:, 2, 2:6])
    np.testing.assert_array_equal(drawn[:, mask], np.broadcast_to(x[mask], (8, mask.sum())))


def test_a_question_about_the_range_covers_it() -> None:
    app = visit("lab", activity="complete", tour="4", model="nade-digits", drawing="2.AAAAAAAAAAA")
    score, _ = packed(app, "lab_score")
    assert (score["covered"], score["range"]) == (True, None)
    assert addresses(app) == [sheets.address("nade-digits", "light")]


def test_given_pixels_and_strokes_come_from_the_picture(stage: Any) -> None:
    on = stage("complete")
    mask, size = [1, 0] * 392, 784
    st.session_state[on.key("completion")] = {
        "edit": {"nonce": 1, "rows": 9, "painted": None, "mask": mask, "complete": True}
    }
    complete._edit(on)
    assert on.link.get("given") == (2, bytes(mask))
    assert (on.link.get("rows"), on.link.get("drawing")) == (9, None)
    st.session_state[on.key("completion")] = {
        "edit": {"nonce": 2, "rows": 3, "painted": [1] * size, "mask": None, "complete": False}
    }
    complete._edit(on)
    assert on.link.get("given") is None
    assert on.link.get("drawing") == (2, bytes([1] * size))


def test_claims_of_the_steps_are_those_of_their_words() -> None:
    from pages.lab.compare_steps import C

    assert C["best on the mean"] == "pixel-snail-mnist"
    assert C["best on the digit"] == "row-lstm-mnist"  # the words name it
    assert (C["blank, least"], C["blank, most"]) == ("nade-mnist", "diagonal-bilstm-mnist-full")
    assert 45 < C["best is best at, percent"] < 55  # "about half"
    assert C["late, own"] < C["late, any order"] < C["late, drawn"]
    assert C["upside down above, percent"] > 80  # "above most of them"
