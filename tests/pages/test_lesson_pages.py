"""Every page runs, with good and bad links, and where models or devices are missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from arviz_models import cards
from pages import LESSONS, navigation
from tests.pages.visiting import (
    ROOT,
    being_read,
    by_hand,
    link,
    open_reading,
    packed,
    readings,
    ship,
    visit,
    whole,
)

STEMS = [entry.slug.replace("-", "_") or "home" for entry in navigation.PAGES]
NEED_A_CHECKPOINT = ("home", "nade")  # the others show something without
SMALL, ANY_ORDER = "nade-digits", "nade-digits-any-order"


@pytest.mark.parametrize("stem", STEMS)
def test_page_opens(stem: str) -> None:
    app = visit(stem)
    whole(app)
    assert len(app.title) == 1
    assert len(app.error) == len(app.warning) == 0
    assert link(app) == {}


def test_every_lesson_leads_on_and_the_last_one_to_the_lab() -> None:
    after = visit("flows").session_state["·after"]
    slugs = [lesson.slug for lesson in LESSONS]
    assert [after[slug].url_path for slug in slugs] == [*slugs[1:], "lab"]


def test_nade_has_its_controls_and_parts() -> None:
    app = visit("nade")
    assert app.title[0].value == "NADE"
    assert app.session_state["nade.model"] == SMALL
    assert "nade.model" in [widget.key for widget in app.selectbox]
    meta, _ = packed(app, "nade")
    assert (meta["temperature"], meta["seed"]) == (1, 8)  # these stand beside the picture
    labels = [button.label for button in app.button]
    assert {"Present", "Reset", "Reseed"} <= set(labels)
    assert len(readings(app)) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("activity", ["draw", "flip", "score", "complete", "learn", "chance"])
def test_every_part_below_nade_opens(activity: str) -> None:
    app = visit("nade", activity=activity, tour="2")
    for label in readings(app):
        assert len(being_read(open_reading(app, label))) > 0, label


def test_code_shows_the_source_itself() -> None:
    app = visit("nade", tour="2")  # the first step asks
    open_reading(app, "Code")
    shown = "\n".join(code.value for code in app.code)
    source = (ROOT / "arviz_models" / "nade.py").read_text("utf-8")
    assert "def _update(self, index: int, value: Tensor) -> None:" in shown
    # Dedented or not, each shown line is one of the files'.
    for name in ("base", "descent"):
        source += (ROOT / "arviz_models" / f"{name}.py").read_text("utf-8")
    there = {line.strip() for line in source.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in there] == []


def test_another_seed_draws_another_digit_and_is_in_the_link() -> None:
    app = visit("nade")
    by_hand(app, seed=7)
    whole(app)
    assert link(app) == {"seed": "7"}
    by_hand(app, seed=8)
    assert link(app) == {}  # the seed of the step


def test_reseed_changes_the_seed_alone_and_reset_goes_to_what_the_step_shows() -> None:
    app = visit("nade", model=ANY_ORDER, order="spiral", temperature="0.5", seed="3", flip="0-1")
    whole(app)
    [reseed] = [button for button in app.button if button.label == "Reseed"]
    reseed.click().run()
    whole(app)
    after = link(app)
    assert after.pop("seed") != "3"
    assert after == {
        "model": ANY_ORDER,
        "order": "spiral",
        "temperature": "0.5",
        "flip": "0-1",
    }
    [reset] = [button for button in app.button if button.label == "Reset"]
    reset.click().run()
    whole(app)
    assert link(app) == {}
    assert app.session_state["nade.model"] == SMALL


def test_a_model_without_that_order_takes_it_back() -> None:
    app = visit("nade", model=ANY_ORDER, order="spiral")
    app.selectbox(key="nade.model").set_value(SMALL).run()
    whole(app)
    assert link(app) == {}
    assert "nade.order" not in {widget.key for widget in app.selectbox}


@pytest.mark.parametrize("temperature", [0.0, 3.0])
def test_ends_of_the_temperature(temperature: float) -> None:
    app = visit("nade")
    by_hand(app, temperature=temperature)
    whole(app)
    assert link(app) == {"temperature": f"{temperature:g}"}


def test_the_gaussian_start() -> None:
    app = visit("nade", start="gaussian")
    whole(app)
    assert len(app.warning) == 0
    assert app.session_state["nade.start"] == "gaussian"


def test_presenting_hides_what_is_to_be_read() -> None:
    app = visit("nade", present="1")
    whole(app)
    assert readings(app) == []


def test_presenting_can_be_entered_used_and_left() -> None:
    """Widgets that are not shown lose their state in Streamlit; the lesson keeps it."""
    app = visit("nade", model=ANY_ORDER, order="spiral", seed="3")
    for label in ("Present", "Reseed", "Reset", "Leave"):
        [button] = [button for button in app.button if button.label == label]
        button.click().run()
        whole(app)
        if label == "Present":
            expected = {"model": ANY_ORDER, "order": "spiral", "seed": "3", "present": "1"}
            assert link(app) == expected
        if label == "Reseed":
            seed = link(app)["seed"]
            assert seed != "3"
            assert link(app) == {**expected, "seed": seed}
    assert link(app) == {}
    assert app.session_state["nade.seed"] == 8


BAD_LINKS = [
    {"model": "unknown"},
    {"seed": "-1"},
    {"seed": ""},
    {"step": "1000000000"},
    {"temperature": "NaN"},
    {"order": "<script>alert(1)</script>"},
    {"start": "spiral"},
    {"flip": "abc"},
    {"flip": "99999-1"},
    {"present": "yes"},
]


@pytest.mark.slow
@pytest.mark.parametrize("query", BAD_LINKS, ids=lambda query: "&".join(query))
def test_a_bad_link_falls_back_with_a_notice(query: dict[str, str]) -> None:
    app = visit("nade", **query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert "<script" not in notice.value
    assert link(app) == {}
    assert app.session_state["nade.model"] == SMALL
    app.run()
    assert len(app.warning) == 0  # said once


def test_all_that_is_wrong_in_a_link_is_said_and_the_rest_is_kept() -> None:
    app = visit("nade", model=ANY_ORDER, seed="-1", temperature="NaN", order="spiral")
    whole(app)
    said = " ".join(notice.value for notice in app.warning)
    assert "`seed`" in said
    assert "`temperature`" in said
    assert "`order`" not in said
    assert link(app) == {"model": ANY_ORDER, "order": "spiral"}


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_without_checkpoints_the_page_says_how_to_get_one(stem: str, checkpoints: Path) -> None:
    app = visit(stem)
    whole(app)
    if stem in NEED_A_CHECKPOINT:
        [error] = app.error
        assert "python -m arviz_models train" in error.value


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_without_the_folder_the_page_says_how_to_get_one(
    stem: str, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "FOLDER", checkpoints / "nowhere")
    app = visit(stem)
    whole(app)
    if stem in NEED_A_CHECKPOINT:
        assert "python -m arviz_models train" in app.error[0].value


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.parametrize("stem", STEMS)
def test_a_device_that_is_not_there_is_said_in_words(
    stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARVIZ_DEVICE", "cuda")
    app = visit(stem)
    whole(app)
    if stem in NEED_A_CHECKPOINT:
        [error] = app.error
        assert "ARVIZ_DEVICE" in error.value
        assert "cpu" in error.value


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["half", "other model", "no weights", "declares too much"])
def test_a_damaged_checkpoint_is_said_in_words(damage: str, checkpoints: Path) -> None:
    ship(checkpoints, SMALL, ANY_ORDER)
    weights = checkpoints / f"{SMALL}.safetensors"
    if damage == "half":
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    elif damage == "other model":
        shutil.copy(checkpoints / f"{ANY_ORDER}.safetensors", weights)
    elif damage == "no weights":
        weights.write_bytes(b"")
    else:
        header = json.dumps(
            {"W": {"dtype": "F16", "shape": [10**6, 10**6], "data_offsets": [0, 2]}}
        )
        raw = header.encode()
        weights.write_bytes(len(raw).to_bytes(8, "little") + raw + b"\0\0")
    app = visit("nade", model=SMALL)
    whole(app)
    [error] = app.error
    assert SMALL in error.value
    app.selectbox(key="nade.model").set_value(ANY_ORDER).run()  # the others still open
    whole(app)
    assert len(app.error) == 0


def test_a_damaged_card_does_not_take_the_others_with_it(checkpoints: Path) -> None:
    ship(checkpoints, SMALL, ANY_ORDER)
    (checkpoints / f"{SMALL}.json").write_text("{")
    app = visit("nade")
    whole(app)
    assert app.session_state["nade.model"] == ANY_ORDER
    assert len(app.error) == 0


def test_home_draws_with_its_seed() -> None:
    app = visit("home", seed="5")
    whole(app)
    assert len(app.warning) == 0
    assert app.session_state["home.seed"] == 5
    [reseed] = [button for button in app.button if button.label == "Reseed"]
    reseed.click().run()
    whole(app)
    assert link(app)["seed"] != "5"
