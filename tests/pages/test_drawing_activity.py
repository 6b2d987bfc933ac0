"""The activity "Draw a digit" of the image lessons: what it sends is the sampler's own trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from arviz_models.pretrained import load_pretrained
from pages.contexts.models import TITLES
from pages.ui import drawing_activity
from pages.ui.drawing_activity import INNER, Drawn, draw_activity
from pages.ui.outline import Step
from tests.pages.visiting import browser_has, packed, visit, whole

MODELS = ("pixelcnn-mnist", "gated-pixelcnn-mnist", "row-lstm-mnist", "diagonal-bilstm-mnist")
LARGEST_INNER = 410_000  # bytes that a session is sent of an inner state


def state_of(name: str, **changes: Any) -> Drawn:
    settings: dict[str, Any] = {"temperature": 1.0, "seed": 3, "flip": (), "layer": 1}
    return Drawn(name, **(settings | {"beside": "none"} | changes))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_only_the_rows_that_are_shown_are_recorded_and_sent_in_half_precision(name: str) -> None:
    state = state_of(name)
    trace = drawing_activity._trace(state, ())
    assert trace is not None
    shown = [row.name for row in drawing_activity._rows(name, 1)]
    assert list(trace.internals) == shown
    sent = drawing_activity._inner_arrays(state, trace)
    assert all(array.dtype == np.float16 for array in sent.values())
    assert 0 < sum(array.nbytes for array in sent.values()) <= LARGEST_INNER
    told = drawing_activity._inner_meta(
        drawing_activity._rows(name, 1), drawing_activity._units(name)
    )
    for meta, array in zip(told, sent.values(), strict=True):
        assert array.shape == (784, meta["units"])


@pytest.mark.parametrize("name", MODELS)
def test_every_row_of_the_inner_state_is_one_that_the_decoder_gives(name: str) -> None:
    model = load_pretrained(name, "cpu")
    with torch.no_grad():
        there = model.decoder(1).internals()
    rows = INNER[type(model).__name__]
    assert {row.name.format(layer=1) for row in rows} <= there.keys()


def test_the_features_are_what_the_head_turns_into_the_probability() -> None:
    model = load_pretrained("pixelcnn-mnist", "cpu")
    trace = drawing_activity._trace(state_of("pixelcnn-mnist"), ())
    assert trace is not None
    h = torch.from_numpy(trace.internals["features"][:, 0])  # (D, 2F)
    head: Any = model.head
    z = head(h.T[None, :, :, None])[0, 0, :, 0]  # (D,) logit of ink
    p = torch.from_numpy(trace.probs[:, 0, 1])
    torch.testing.assert_close(torch.sigmoid(z), p, atol=1e-4, rtol=0)


def test_a_flip_leaves_what_was_drawn_before_it() -> None:
    name, flip = "pixelcnn-mnist", ((174, 1),)
    base = drawing_activity._trace(state_of(name, seed=10), ())
    flipped = drawing_activity._trace(state_of(name, seed=10), flip)
    assert base is not None
    assert flipped is not None
    sent = drawing_activity.trace_arrays(flipped, base)
    assert np.array_equal(sent["values"][:174], sent["base"][:174])
    assert sent["values"][174] == 1
    assert not np.array_equal(sent["values"], sent["base"])
    assert np.array_equal(base.uniforms, flipped.uniforms)


def test_the_page_sends_the_sample_that_its_address_names() -> None:
    app = visit(
        "pixelcnn", activity="draw", seed="24", flip="300-1", beside="diagonal-bilstm-mnist"
    )
    whole(app)
    meta, arrays = packed(app, "draw")
    flipped = drawing_activity._trace(state_of("pixelcnn-mnist", seed=24), ((300, 1),))
    other = drawing_activity._trace(state_of("diagonal-bilstm-mnist", seed=24), ())
    assert flipped is not None
    assert other is not None
    assert arrays["values"].tolist() == flipped.values[:, 0].tolist()
    assert arrays["beside"].tolist() == other.values[:, 0].tolist()
    assert meta["flips"] == [300]


IN_THE_BROWSER = [
    pytest.param("pixelcnn", {"activity": "draw"}, ("pixelcnn-mnist",), "draw", id="PixelCNN"),
    pytest.param(
        "pixelcnn",
        {"activity": "draw", "beside": "diagonal-bilstm-mnist"},
        ("pixelcnn-mnist", "diagonal-bilstm-mnist"),
        "draw",
        id="beside",
    ),
    pytest.param("row-lstm", {"activity": "draw"}, ("row-lstm-mnist",), "draw", id="Row LSTM"),
    pytest.param("home", {}, ("diagonal-bilstm-mnist",), "draw", id="home"),
    pytest.param(
        "contexts", {"activity": "seeds", "tour": "3"}, tuple(TITLES), "same_seed", id="one seed"
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("stem", "query", "names", "picture"), IN_THE_BROWSER)
def test_the_server_draws_nothing_where_the_browser_does(
    stem: str, query: dict[str, str], names: tuple[str, ...], picture: str, submitted: list[Any]
) -> None:
    app = visit(stem, **query, seed="123457")
    assert len(submitted) == len(names)  # until the weights are there it draws
    browser_has(app, *names)
    app.session_state[f"{stem.replace('-', '_')}.seed"] = 77
    app.run()
    whole(app)
    meta, arrays = packed(app, picture)
    assert meta["seed"] == 77
    assert len(submitted) == len(names)
    assert arrays == {}


def test_one_model_of_two_is_not_enough() -> None:
    app = visit("pixelcnn", activity="draw", beside="diagonal-bilstm-mnist")
    browser_has(app, "pixelcnn-mnist")
    app.run()
    meta, arrays = packed(app, "draw")
    assert meta["engine"] is None
    assert {"values", "beside"} <= arrays.keys()


@pytest.mark.slow
def test_the_files_are_drawn_by_the_server_once_their_tab_is_open(submitted: list[Any]) -> None:
    app = visit("pixelcnn", activity="draw", seed="123458")
    browser_has(app, "pixelcnn-mnist")
    app.session_state["pixelcnn.seed"] = 78
    app.run()
    before = len(submitted)
    app.session_state["pixelcnn.reading"] = "Take away"
    app.run()
    whole(app)
    assert [request.seed for request in submitted[before:]] == [78]


def test_without_its_checkpoints_the_activity_says_what_to_do() -> None:
    activity = draw_activity({"no-such-model": "None"}, (Step("One", "Two."),))
    field = activity.fields()["model"]
    assert field.default({}) == drawing_activity.NOTHING
