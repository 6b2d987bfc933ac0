"""Break the mask, and train and sample: train both, stop, go on; time, stop; links and words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.pixelcnn import break_mask
from pages.pixelcnn import train as timing_activity
from tests.pages.visiting import PATIENCE, link, packed, press, visit, whole

LEAK, TIMING = "break", "train"


def tab(activity: str, **query: str) -> AppTest:
    """The activity where nothing is covered, untrained; the times, which stand below, are open."""
    app = visit("pixelcnn", activity=activity, **query)
    state = app.session_state
    if activity == LEAK:  # its last step trains by itself, but once
        leak = break_mask.Leak(query.get("training", "400"), int(query.get("seed", "1")))
        state["pixelcnn.leak.begun"] = (leak, 0)
    state["pixelcnn.tour"] = 3
    state["pixelcnn.reading"] = "Take away"
    return app.run(timeout=120)


def button(app: AppTest, key: str) -> Any:
    return app.button(key=key)


def run(app: AppTest) -> break_mask.Run:
    """The training shown, the one used last."""
    found: break_mask.Run = list(app.session_state["pixelcnn.leak.runs"].values())[-1]
    return found


def learned(app: AppTest, steps: int) -> break_mask.Run:
    """As after a click on Stop: at least so many steps of the training shown."""
    found = run(app)
    found.begin()
    while found.done < steps:
        assert found.job is not None
        assert found.job.wait(PATIENCE)
        found.take()
    found.stop()
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured on hardly more than one naive pass."""
    monkeypatch.setattr(timing_activity, "BATCHES", dict.fromkeys(timing_activity.BATCHES, 0.0))


# Break the mask -----------------------------------------------------------------------------------


def test_it_opens_untrained() -> None:
    app = tab(LEAK)
    whole(app)
    assert run(app).losses == []
    assert [moment["step"] for moment in run(app).kept] == [0]
    assert button(app, "pixelcnn.leak.stop").disabled
    assert link(app) == {"activity": "break", "tour": "3"}


@pytest.mark.slow
def test_the_button_trains_both_to_the_end_and_keeps_moments() -> None:
    app = tab(LEAK, training="200")
    button(app, "pixelcnn.leak.train").click().run(timeout=280)
    whole(app)
    found = run(app)
    assert len(found.losses) == 200
    sound, leaking = found.recent
    assert leaking < 0.01 < 15 < sound
    assert [found.kept[0]["step"], found.kept[-1]["step"]] == [0, 200]
    assert len(found.kept) == len(found.frames) > 10
    [said] = [caption.value for caption in app.caption if "after 200 steps" in caption.value]
    assert "on the server (cpu)" in said
    assert f"mask A {sound:.2f} nats" in said
    assert button(app, "pixelcnn.leak.train").label == "Train both again"
    assert button(app, "pixelcnn.leak.stop").disabled


@pytest.mark.slow
def test_a_stopped_training_loses_nothing_and_goes_on_from_there() -> None:
    app = tab(LEAK, training="200")
    found = learned(app, 150)
    app.run()
    whole(app)
    done = found.done
    assert done < 200
    assert any(f"stopped after {done} steps" in caption.value for caption in app.caption)
    assert found.kept[-1]["step"] == done
    meta, arrays = packed(app, "curves")
    assert list(zip(arrays["y0"], arrays["y1"], strict=True)) == found.losses
    assert meta["axes"]["across"] == [0, 200]  # the axis stays while the curves grow
    before = list(found.losses)
    assert button(app, "pixelcnn.leak.stop").label == "Go on"
    button(app, "pixelcnn.leak.stop").click().run(timeout=120)
    whole(app)
    assert run(app) is found
    assert found.losses[:done] == before
    assert len(found.losses) == 200


@pytest.mark.slow
def test_training_again_begins_anew() -> None:
    app = tab(LEAK, training="200")
    found = learned(app, 3)
    app.run()
    button(app, "pixelcnn.leak.train").click().run(timeout=280)
    assert run(app) is not found
    assert run(app).losses[: found.done] == found.losses  # of the same seed
    assert len(run(app).losses) == 200


def test_another_seed_is_another_pair_and_the_first_is_kept() -> None:
    app = tab(LEAK, seed="3")
    first = run(app)
    app.session_state["pixelcnn.seed"] = 2
    app.session_state["pixelcnn.leak.begun"] = (break_mask.Leak("400", 2), 0)
    app.run()
    whole(app)
    assert run(app) is not first
    assert first in app.session_state["pixelcnn.leak.runs"].values()


@pytest.mark.slow
def test_an_answer_trains_both_and_uncovers_losses_and_samples() -> None:
    app = visit("pixelcnn", activity=LEAK, tour="2", training="200")
    assert packed(app, "leak")[0]["hidden"] == ["losses", "samples"]
    assert run(app).losses == []
    assert button(app, "pixelcnn.leak.train").disabled
    button(app, "stage_answer_0").click().run(timeout=280)
    whole(app)
    assert any("The answer is" in said.value for said in app.markdown)
    assert len(run(app).losses) == 200
    assert packed(app, "leak")[0]["hidden"] == []


def test_one_who_goes_back_to_the_question_sees_the_moment_before_the_training() -> None:
    app = tab(LEAK)
    learned(app, 60)
    press(app, "Back")
    whole(app)
    meta, arrays = packed(app, "leak")
    assert [frame["step"] for frame in meta["frames"]] == [0]
    assert not meta["live"]
    untrained = run(app).frames[0]["told"]
    assert np.array_equal(arrays["told"], untrained.ravel().astype(arrays["told"].dtype))
    assert "Training waits for the answer to the question." in [c.value for c in app.caption]
    button(app, "stage_skip").click().run(timeout=280)
    assert len(packed(app, "leak")[0]["frames"]) > 1


def test_the_yardsticks_are_those_of_the_data() -> None:
    from arviz_models.analysis.break_the_mask import DATA, independent_pixels, training_entropy
    from arviz_models.data import load_dataset

    dataset = load_dataset(DATA)
    assert sorted(break_mask._yardsticks().values()) == [
        training_entropy(dataset),
        independent_pixels(dataset),
    ]


@pytest.mark.parametrize("query", [{"training": "500"}, {"seed": "-1"}])
def test_a_bad_link_falls_back_with_a_notice(query: dict[str, str]) -> None:
    app = visit("pixelcnn", activity=LEAK, **query)
    whole(app)
    [notice] = app.warning
    assert all(f"`{name}`" in notice.value for name in query)
    assert link(app) == {"activity": LEAK}


def test_a_link_brings_the_state_back() -> None:
    wanted = {"training": "800", "seed": "5"}
    app = tab(LEAK, **wanted)
    whole(app)
    assert link(app) == {"activity": LEAK, "tour": "3", **wanted}
    assert run(app).total == 800


# In parallel or in sequence -----------------------------------------------------------------------


def test_nothing_is_timed_before_it_is_asked_for() -> None:
    app = tab(TIMING)
    whole(app)
    assert app.session_state["pixelcnn.timing"] == {}
    assert button(app, "pixelcnn.timing.start").label == "Time it here"
    assert button(app, "pixelcnn.timing.stop").disabled


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_both_models_are_timed_at_both_batch_sizes() -> None:
    app = tab(TIMING)
    button(app, "pixelcnn.timing.start").click().run(timeout=280)
    whole(app)
    measured = app.session_state["pixelcnn.timing"]
    assert {n for _, n in measured} == {1, 16}
    assert len({name for name, _ in measured}) == 2
    assert app.session_state["pixelcnn.timing.asked"].left == []
    said = "\n".join(each.value for each in app.markdown)
    for found in measured.values():
        assert found.different == 0
        assert found.costs["naive"].passes == found.costs["naive"].done
        assert f"{found.n * 784:,} conditionals" in said
    assert len(re.findall(r"\*\*about [\d,]+ times\*\* as fast", said)) == 4
    assert any("Measured on the server (cpu)" in caption.value for caption in app.caption)
    assert button(app, "pixelcnn.timing.start").label == "Time it again"


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_what_is_measured_when_it_is_stopped_stays() -> None:
    app = tab(TIMING)
    from arviz_models.analysis.timing import compare
    from pages.ui.models import model

    *_, found = compare(model("pixelcnn-mnist"), 1, naive_seconds=0.0)
    app.session_state["pixelcnn.timing"] = {("pixelcnn-mnist", 1): found}
    app.run()
    whole(app)
    assert any("**1 image:**" in each.value for each in app.markdown)
    assert not any("16 images" in each.value for each in app.markdown)


def test_a_failure_is_said_in_words_and_does_not_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from arviz_models.analysis import timing
    from arviz_models.sampler import SamplerError

    class Full:
        def __iter__(self) -> Any:
            raise SamplerError("cpu has no memory left: draw fewer at once")

        def close(self) -> None: ...

    monkeypatch.setattr(timing, "compare", lambda *_: Full())
    app = tab(TIMING)
    button(app, "pixelcnn.timing.start").click().run()
    whole(app)
    assert "no memory left" in app.error[0].value
    app.run()
    assert len(app.error) == 0


def test_without_checkpoints_it_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from arviz_models import cards

    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    st.cache_data.clear()
    app = tab(TIMING)
    whole(app)
    st.cache_data.clear()
    assert any("No trained PixelCNN" in error.value for error in app.error)
    assert "pixelcnn.timing.start" not in [each.key for each in app.button]
