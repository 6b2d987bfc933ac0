"""The activity "Draw a digit" of the image lessons: what it sends is the sampler's own trace."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from arviz_models.diagonal_bilstm import DiagonalBiLSTM
from arviz_models.pretrained import load_pretrained
from arviz_models.sampler import Request, get_sampler
from pages.contexts.models import TITLES
from pages.diagonal_bilstm.models import DRAWN_SEED
from pages.ui import drawing_activity
from pages.ui.drawing_activity import INNER, SECOND, Drawn, draw_activity
from pages.ui.outline import Step
from tests.pages.visiting import browser_has, link, open_reading, packed, visit, whole, widget

MODELS = ("pixelcnn-mnist", "gated-pixelcnn-mnist", "row-lstm-mnist", "diagonal-bilstm-mnist")
DIAGONAL = MODELS[-1]
SECOND_WORDS = "it brings only what lies in the rows above, from 3 columns left of that pixel"
LARGEST_INNER = 410_000  # bytes that a session is sent of an inner state


def state_of(name: str, **changes: Any) -> Drawn:
    settings: dict[str, Any] = {"temperature": 1.0, "seed": 3, "flip": (), "layer": 1}
    return Drawn(name, **(settings | {"direction": "left", "beside": "none"} | changes))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "direction"), [*((name, "left") for name in MODELS), (DIAGONAL, "right")]
)
def test_only_the_rows_that_are_shown_are_recorded_and_sent_in_half_precision(
    name: str, direction: str
) -> None:
    state = state_of(name, direction=direction)
    trace = drawing_activity._trace(state, ())
    assert trace is not None
    shown = [row.name for row in drawing_activity._rows(name, 1, direction)]
    assert list(trace.internals) == shown
    sent = drawing_activity._inner_arrays(state, trace)
    assert all(array.dtype == np.float16 for array in sent.values())
    assert 0 < sum(array.nbytes for array in sent.values()) <= LARGEST_INNER
    told = drawing_activity._inner_meta(
        drawing_activity._rows(name, 1, direction), drawing_activity._units(name)
    )
    for meta, array in zip(told, sent.values(), strict=True):
        assert array.shape == (784, meta["units"])


@pytest.mark.parametrize("name", MODELS)
def test_every_row_of_the_inner_state_is_one_that_the_decoder_gives(name: str) -> None:
    model = load_pretrained(name, "cpu")
    with torch.no_grad():
        there = model.decoder(1).internals()
    rows = (*INNER[type(model).__name__], *SECOND.get(type(model).__name__, ()))
    assert {row.name.format(layer=1) for row in rows} <= there.keys()


def test_either_direction_has_all_its_gates_and_states_shown_and_the_states_of_the_other() -> None:
    other = {"direct": "mirrored", "mirrored": "direct"}
    for rows, chosen in ((INNER, "direct"), (SECOND, "mirrored")):
        shown = [row.name for row in rows["DiagonalBiLSTM"]]
        assert shown == [f"layer{{layer}}.{chosen}.{name}" for name in "ofigch"] + [
            f"layer{{layer}}.{other[chosen]}.{name}" for name in "ch"
        ]
    # A bar that is shown over the picture becomes the one at the same place.
    pairs = zip(INNER["DiagonalBiLSTM"], SECOND["DiagonalBiLSTM"], strict=True)
    assert all(
        one.symbol.removesuffix("′") == two.symbol.removesuffix("′") and one.symbol != two.symbol
        for one, two in pairs
    )


def test_the_direction_that_is_chosen_is_what_the_page_asks_for_and_plays() -> None:
    app = visit("diagonal-bilstm", activity="draw", tour="3")
    assert packed(app, "draw")[0]["internals"][0] == "layer1.direct.o"
    assert not any(SECOND_WORDS in caption.value for caption in app.caption)
    widget(app, "diagonal_bilstm.direction").set_value("right").run()
    whole(app)
    assert link(app)["direction"] == "right"
    meta, _ = packed(app, "draw")
    assert meta["internals"][:4] == [f"layer1.mirrored.{name}" for name in "ofig"]
    assert [row["symbol"] for row in meta["inner"]][:4] == ["o′", "f′", "i′", "g′"]
    assert any(SECOND_WORDS in caption.value for caption in app.caption)
    trace = drawing_activity._trace(state_of(DIAGONAL, seed=DRAWN_SEED, direction="right"), ())
    assert trace is not None
    _, sent = packed(app, "weights", "draw_inner")
    np.testing.assert_array_equal(
        sent["row0"].reshape(784, -1), trace.internals["layer1.mirrored.o"][:, 0].astype("f2")
    )


def test_a_step_says_what_the_second_direction_reads() -> None:
    app = visit("diagonal-bilstm", activity="draw", tour="4")
    whole(app)
    assert packed(app, "draw")[0]["internals"][0] == "layer1.mirrored.o"
    assert any(SECOND_WORDS in said.value for said in app.markdown)


@pytest.mark.parametrize("first_kernel", [3, 7])
@pytest.mark.parametrize("full_context", [False, True])
def test_the_second_direction_reads_what_its_sentence_says(
    first_kernel: int, full_context: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    side, row, column = 9, 5, 5
    torch.manual_seed(1)
    model = DiagonalBiLSTM((1, side, side), 2, 4, 1, first_kernel, full_context)
    card = {"class": "DiagonalBiLSTM", "config": model.config}
    monkeypatch.setattr(drawing_activity, "shipped", lambda names: dict.fromkeys(names, card))
    said = re.search(r"from (\d+) columns left", drawing_activity.second_direction("any", 1))
    assert said is not None
    # One image, and each of the images that differ from it in one pixel.
    images = np.zeros((side**2 + 1, side**2), np.int64)
    images[1:] = np.eye(side**2, dtype=np.int64)
    given = torch.from_numpy(images).reshape(-1, 1, side, side)
    name = "layer1.mirrored.h"
    with torch.no_grad():
        request: Request = Request(model, 0, len(images), given=given, internals=(name,))
        with get_sampler(model.device).submit(request) as job:
            h = job.result().internals[name][row * side + column]  # (1 + D, F)
    read = np.flatnonzero((h[1:] != h[0]).any(1))
    rows, columns = read // side, read % side
    assert rows.max() == row - 1
    assert columns.min() == column - int(said[1])
    assert columns.max() == side - 1


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
    open_reading(app, "Take away")
    assert [request.seed for request in submitted[before:]] == [78]


def test_without_its_checkpoints_the_activity_says_what_to_do() -> None:
    activity = draw_activity({"no-such-model": "None"}, (Step("One", "Two."),))
    field = activity.fields()["model"]
    assert field.default({}) == drawing_activity.NOTHING
