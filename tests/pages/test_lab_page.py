"""The lab's page: what it refuses, links, and a training from Start to the files."""

from __future__ import annotations

import io
import math
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from arviz_models.analysis.lab import built, options_of
from arviz_models.analysis.lab_files import read
from arviz_models.analysis.lab_settings import OWN, Settings
from arviz_models.analysis.lab_training import ModelTraining
from arviz_models.descent import weights_of
from pages.lab import figures, files, presets
from pages.lab.runs import (
    LabRun,
    curves_csv,
    device_said,
    from_file,
    new,
    rows,
    shelve,
    table_csv,
)
from pages.lab.state import fields
from pages.ui.curves import MOST_POINTS, thinned
from pages.ui.query import read_query, write_query
from tests.pages.visiting import by_hand, link, open_reading, packed, visit, whole

TOKEN = "0123456789ab"


def only_run(app: AppTest) -> LabRun:
    [found] = app.session_state["lab.runs"].values()
    run: LabRun = found
    return run


def finished(settings: Settings) -> LabRun:
    """A run as it is after its end, with figures that are made up."""
    run = new(settings)
    for step, valid in ((0, 44.0), (2, 30.0)):
        told = {"step": step, "epoch": step / 5, "valid": valid, "seconds": 0.1 * step, "pace": 9.0}
        run.kept.append(told)
        run.frames.append({"samples": np.zeros((8, 64), np.uint8)})
    run.losses, run.held, run.closed, run._part = [40.0, 35.0], 2, True, 1.0
    return run


@pytest.mark.slow
def test_every_preset_can_be_trained_and_is_held_by_a_link() -> None:
    from arviz_models.analysis.lab import check

    known = fields()
    for step in presets.PRESETS:
        settings = Settings(**step.state)
        if settings.data != OWN:  # which has to be given first
            check(settings)
        values, _ = read_query(known, {})
        values |= dict(step.state)
        back, notices = read_query(known, write_query(known, values))
        assert notices == []
        assert {name: back[name] for name in step.state} == step.state


def test_a_link_restores_the_settings_and_what_cannot_be_is_refused_in_words() -> None:
    app = visit("lab", data="mnist_binary", levels="4", width="7", rate="0.003", run=TOKEN)
    whole(app)
    assert app.button(key="lab.start").disabled
    [refused] = app.error
    assert "can have 2 levels; 4 were asked for" in refused.value
    assert any("no longer has the run" in notice.value for notice in app.warning)
    assert app.session_state["lab.width"] == 7
    assert app.session_state["lab.rate"] == 0.003
    by_hand(app, "lab", data="digits")
    assert len(app.error) == 0
    assert link(app) == {"levels": "4", "width": "7", "rate": "0.003"}


def test_the_table_and_the_curves_are_those_of_the_runs() -> None:
    run = finished(Settings(width=3))
    [row] = rows([run])
    assert (row["valid_nats"], row["steps"], row["state"]) == (30.0, 2, "done")
    assert table_csv([run]).splitlines()[0].startswith("run,title,state,valid_nats")
    assert curves_csv([run]).splitlines()[1:3] == ["1,0,,44,,0.991853,0", "1,1,40,,0.901684,,"]


def test_the_curves_are_the_losses_and_the_looks_in_both_units() -> None:
    run, other = finished(Settings(width=3)), finished(Settings(width=4))
    drawn = [figures.Curve(run, 1, main=True), figures.Curve(other, 2, main=False)]
    bits = 1 / (64 * math.log(2))
    for unit, scale in (("nats", 1.0), ("bits/dim", bits)):
        loss, valid, second = figures.curves(drawn, unit, "epochs")
        assert list(loss.y) == pytest.approx([40 * scale, 35 * scale])
        assert list(loss.x) == pytest.approx([0.2, 0.4])  # five steps are an epoch
        assert list(valid.y) == list(second.y) == pytest.approx([44 * scale, 30 * scale])
        assert list(valid.y * valid.factor) == pytest.approx([44 * bits / scale, 30 * bits / scale])
        assert (valid.dashed, second.dashed, second.name) == (False, True, "validation, run 2")
        assert valid.style()["tone"] != second.style()["tone"]
        assert valid.style()["mark"] != second.style()["mark"]


def test_a_long_curve_is_drawn_as_means_of_all_its_steps() -> None:
    steps, means = thinned([float(each) for each in range(1001)])
    assert len(steps) <= MOST_POINTS
    assert list(steps[:2]) == [2, 5]  # of steps 1 to 3, and 4 to 6
    assert list(means[:2]) == [1, 4]
    assert len(thinned([])[0]) == 0


def test_a_run_comes_back_from_its_file_with_its_settings_curves_and_samples() -> None:
    run = finished(Settings(width=3))
    run.weights = weights_of(built("NADE", run.options["config"], 3))
    back = from_file(read([("nade.zip", files.saved(run))]), "nade.zip")
    assert back.settings == run.settings
    assert curves_csv([back]) == curves_csv([run])
    assert table_csv([back]) == table_csv([run])
    assert back.samples is not None
    assert not back.paused
    assert back.device == "cpu"
    assert device_said("![](http://a.b/c)") == device_said(3) == "another computer"


def test_a_run_whose_best_weights_are_the_first_has_its_script() -> None:
    """As after "Learning rate too high": it is of step 0, and has ended."""
    run = finished(Settings(width=3, rate=10.0))
    run.held, run.weights = 0, np.zeros(run.parameters, np.float32)
    app = visit("lab", width="3", rate="10")
    app.session_state["lab.runs"] = OrderedDict({run.token: run})
    app.session_state["lab.shown"] = run.token
    open_reading(app, "Code")
    assert "for step in range(1, 0 + 1)" in "".join(code.value for code in app.code)


def test_the_chart_is_one_component_whose_data_change() -> None:
    """It keeps what is pointed at and enlarged: its key is the same before and after Start."""
    app = visit("lab", width="3")
    meta, arrays = packed(app, "curves")
    assert (meta["series"], arrays) == ([], {})
    assert [each["word"] for each in meta["levels"]][:2] == ["guessing", "independent pixels"]
    [before] = [each.proto.id for each in app.get("bidi_component") if "curves" in each.proto.id]
    run = finished(Settings(width=3))
    app.session_state["lab.runs"] = OrderedDict({run.token: run})
    app.session_state["lab.shown"] = run.token
    app.run()
    whole(app)
    meta, arrays = packed(app, "curves")
    assert [each["name"] for each in meta["series"]] == ["training loss", "validation"]
    assert list(arrays["y0"]) == [40, 35]
    assert (list(arrays["x1"]), list(arrays["y1"])) == ([0, 2], [44, 30])
    [after] = [each.proto.id for each in app.get("bidi_component") if "curves" in each.proto.id]
    assert before == after


def test_a_budget_in_seconds_is_what_the_queue_is_told() -> None:
    assert new(Settings(budget="seconds", seconds=10)).agreed == 10
    assert new(Settings()).agreed is None


def test_a_file_of_a_paused_run_is_loaded_on_the_page_and_can_be_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = ModelTraining(**options_of(Settings(width=3)))
    steps = task.steps()
    news: list[Mapping[str, Any]] = []
    while sum("losses" in each for each in news) < 6:  # a look is several steps of its own
        news.append(next(steps).news or {})
    looks = [each["moment"] for each in news if "moment" in each]
    run = new(Settings(width=3))
    run.losses = [each["losses"][0] for each in news if "losses" in each]
    run.kept, run.frames = ([each[number] for each in looks] for number in (0, 1))
    run.state, run.weights = task.state(), weights_of(task.model)
    app = visit("lab")
    given = [SimpleNamespace(name="nade.zip", getvalue=lambda: files.saved(run))]
    monkeypatch.setattr(files.st, "session_state", {files.UPLOAD: given, "lab.runs": OrderedDict()})
    files._uploaded()
    [loaded] = files.st.session_state["lab.runs"].values()
    monkeypatch.undo()
    app.session_state["lab.runs"] = OrderedDict({loaded.token: loaded})
    app.session_state["lab.shown"] = loaded.token
    app.run()
    whole(app)
    assert app.button(key="lab.pause").label == "Resume"
    assert not app.button(key="lab.pause").disabled
    assert loaded.done == len(run.losses) == 6
    assert any("Samples, step" in said.value for said in app.markdown)


@pytest.mark.slow
def test_start_trains_to_the_end_and_the_run_is_in_the_link_the_code_and_the_file() -> None:
    app = visit("lab", width="4", batch="400", epochs="1")
    app.button(key="lab.start").click().run(timeout=280)
    whole(app)
    run = only_run(app)
    assert run.closed
    assert (run.done, run.held) == (4, 4)
    assert link(app)["run"] == run.token
    assert any("bits/dim at step 4" in said.value for said in app.markdown)
    for tab, words in (("Code", "run.take_step()"), ("Save and load", "")):
        open_reading(app, tab)
        assert words in "".join(code.value for code in app.code)
    with zipfile.ZipFile(io.BytesIO(files.saved(run))) as archive:
        suffixes = ("safetensors", "json", "history")
        assert archive.namelist() == [f"nade-digits.{suffix}" for suffix in suffixes]
    other = visit("lab", **link(app))  # another session of this server
    whole(other)
    theirs = only_run(other)
    assert (theirs.token, theirs.losses) == (run.token, run.losses)
    theirs.losses.clear()
    assert run.done == 4


def test_a_paused_run_comes_back_by_its_link_and_goes_on_in_each_session_by_itself() -> None:
    paused = finished(Settings(width=3))
    paused.closed, paused.state = False, {"step": 2}
    shelve(paused)
    app = visit("lab", width="3", run=paused.token)
    whole(app)
    theirs = only_run(app)
    assert theirs is not paused
    assert theirs.state == {"step": 2}
    assert app.button(key="lab.pause").label == "Resume"
