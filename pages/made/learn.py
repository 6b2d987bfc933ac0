"""Activity: train MADE in one pass, and draw with it in D steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from arviz_models.jobs import Request
from pages.made import training
from pages.made.leak import show_states
from pages.made.state import Learning, draws_in_any_order, learning_fields, models
from pages.ui import engine, hand, lesson, live, work
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.models import cards, missing_checkpoint, model
from pages.ui.outline import Activity, Question, Step
from pages.ui.stage import Stage

if TYPE_CHECKING:
    from arviz_models.sampler import Trace

C = load(__file__)
HIDDEN = 64  # units of the networks that learn the tiny world
SHOWN = {
    "world": "A tiny world",
    "training": "Training",
    "drawing": "Drawing",
    "masks": "Many masks",
}
NOTHING = "Nothing to save here yet."
DIFFER = C["digit: pixels that differ from NADE's"]
DRAW = {"show": "drawing", "model": "made-digits", "seed": 8}

PASSES = Question(
    text="How many passes of the network does it take to train on one digit, and how many to draw "
    "one? D = 64.",
    answers={
        "64 and 64": "In training all pixels of the digit are known, so nothing has to wait.",
        "1 and 64": "In training all pixels are known; a drawn pixel is not known before its step.",
        "1 and 1": "Drawing pixel 2 needs the value of pixel 1, and so on.",
    },
    right="1 and 64",
    hide=("counts",),
)

STEPS = (
    Step(
        "A tiny world",
        "Two MADEs learn the same three bits: one in the order x₁, x₂, x₃, one in the reversed "
        f"order. Both reach {C['world: natural']:.3f} nats, the entropy. Click a state: its "
        "factors differ, their product is the same.",
        {"show": "world"},
        {"play": True},
    ),
    Step(
        "Learn from one digit",
        "A digit goes in, and D outputs come out: one conditional for each pixel. The target is "
        "the digit itself. The loss is the sum of D cross-entropies, −log p(x).",
        {"show": "training"},
        question=PASSES,
    ),
    Step(
        "Watch it learn",
        "Press **Train** and wait a few seconds. The loss falls from coin tosses to less than "
        "independent pixels, and the samples turn from noise to digits. Then move the player back "
        "through the training. All samples use the same random numbers.",
        {"show": "training"},
    ),
    Step(
        "Draw in D steps",
        "Set one input at a time: compute the outputs, draw pixel t from its conditional, write it "
        "into the input. With the same random numbers NADE draws "
        + (f"a 5 that differs in {DIFFER} pixels." if DIFFER else "the very same 5."),
        DRAW,
        {"step": 0, "play": True},
    ),
    Step(
        "Draw in any order",
        "This MADE was trained over random orders and 32 sets of masks. The same weights draw "
        "along a spiral.",
        {"show": "drawing", "model": "made-digits-any-order", "pixels": "spiral", "seed": 8},
        {"step": 0, "play": True},
    ),
    Step(
        "Many masks",
        f"The any-order model averages {C['any order: masks']} masks: "
        f"{C['any order: test NLL']:.2f} nats, against "
        f"{C['any order: test NLL, one mask']:.2f} with one of them, at "
        f"{C['any order: masks']} times the work. The model with one mask and one order is better "
        f"still: {C['made-digits: test NLL']:.2f}. It learns only one task.",
        {"show": "masks"},
    ),
)


def picture(stage: Stage[Learning]) -> None:
    """The tiny world, the training, the drawing, or the masks."""
    {"world": _world, "training": training.picture, "drawing": _drawing, "masks": _masks}[
        stage.state.show
    ](stage)


def _world(stage: Stage[Learning]) -> None:
    from arviz_models.analysis.tiny import (
        DISTRIBUTIONS,
        distribution,
        entropy,
        normalised,
    )

    state = stage.state
    assert state.world in DISTRIBUTIONS
    try:
        edited = st.session_state.get(_table_key(state), {}).get("edited_rows", {})
        weights = distribution(state.world, state.bits) * 100
        for row, change in edited.items():
            weights[int(row)] = change.get("weight") or 0
        true = normalised(weights)
    except ValueError as error:
        st.error(str(error))
        return
    bits = tuple(range(state.bits))
    options = {
        "probabilities": tuple(true.tolist()),
        "orders": (bits, bits[::-1]),
        "hidden": HIDDEN,
        "seed": state.seed,
    }
    found = work.result_of(
        Request("world", options),
        ("world", *options.values()),
        lambda news: "Two networks are learning",
    )
    if found is None:
        st.info("Stopped. Press **Reseed**, or change anything, to train again.")
        return
    (natural, nll), (backward, other) = found
    series: list[dict[str, Any]] = [
        {"name": "true", "colour": "quiet", "striped": False, "order": []},
        {"name": "natural order", "colour": "seen", "striped": False, "order": list(bits)},
        {"name": "reversed order", "colour": "target", "striped": True, "order": list(bits[::-1])},
    ]
    show_states(stage, "made_world", series, [true[:, np.newaxis], natural, backward])
    stage.made["world"] = (true, natural.prod(1), backward.prod(1))
    stage.cost = f"Entropy {entropy(true):.4f} nats; learned: {nll:.4f} and {other:.4f} nats."


def _table_key(state: Learning) -> str:
    return f"made.table.{state.bits}.{state.world}"


def _drawing(stage: Stage[Learning]) -> None:
    state = stage.state
    known = cards("MADE")
    if not known:
        st.error(missing_checkpoint("MADE"))
        return
    twin = state.model.replace("made", "nade", 1)
    names = [state.model, *([twin] if twin in cards("NADE") else [])]
    offers = [engine.offer(stage, name) for name in names]
    config = known[state.model]["config"]
    if all(offers):  # the browser draws; its engine knows the model's own order
        drawn = draws_in_any_order(state.model)
        order = _order(state, config["event_shape"]).numpy().astype(np.int32) if drawn else None
        arrays = {} if order is None else {"order": order}
        stage.made["trace"] = partial(_drawn, state, state.model)
    else:
        found = _drawn_and_compared(state, names)
        if found is None:
            st.info("Stopped. Press **Reseed** to draw again.")
            return
        trace, arrays = found
        stage.made["trace"] = lambda: trace
        stage.cost = live.computed(live.cost(trace))
    _, rows, columns = config["event_shape"]
    meta = {
        "model": state.model,
        "order": state.pixels,
        "rows": rows,
        "columns": columns,
        "engines": offers if all(offers) else [],
    }
    meta |= hand.meta(stage, seed=state.seed, temperature=state.temperature, flip=state.flip)
    mount(
        "made_drawing",
        key="made_drawing",
        data=pack(stage.meta() | look() | meta, arrays),
        on_hand_change=lambda: hand.told(stage, "made_drawing"),
    )


def _order(state: Learning, event_shape: Sequence[int]) -> Any:
    from arviz_models.ordering import named_order

    return named_order(state.pixels, event_shape, state.seed)


def _drawn(state: Learning, name: str, *, flipped: bool = True) -> Trace | None:
    """The server's sample of a checkpoint; None where the visitor stopped it."""
    from arviz_models.base import given_values
    from arviz_models.sampler import Request

    network = model(name)
    if network.order_agnostic:
        network = network.with_order(_order(state, network.event_shape))
    flip = state.flip if flipped else ()
    given = given_values(network.event_shape, dict(flip)) if flip else None
    request = Request(network, state.seed, temperature=state.temperature, given=given)
    key = ("made draw", name, state.pixels, state.temperature, state.seed, flip)
    return live.run(request, key)


def _drawn_and_compared(
    state: Learning, names: Sequence[str]
) -> tuple[Trace, dict[str, np.ndarray]] | None:
    """The server's sample, and what the picture plays; None where the visitor stopped it.

    Args:
        state: what decides the sample.
        names: of the MADE, then of the NADE that draws with the same random numbers, if any.
    """
    from arviz_models.figures.traces import trace_arrays

    traces = []
    for name, flipped in [(names[0], False), *((name, True) for name in names)]:
        trace = _drawn(state, name, flipped=flipped)
        if trace is None:
            return None
        traces.append(trace)
    base, trace, *others = traces
    arrays = trace_arrays(trace, base)
    nade = others[0].values[:, 0].astype(np.uint8) if others else np.empty(0, np.uint8)
    return trace, arrays | {"nade": nade}


def _masks(stage: Stage) -> None:
    known = cards("MADE")
    many = [(name, card) for name, card in known.items() if "test_nll_one_mask" in card]
    if not many:
        st.error(missing_checkpoint("MADE"))
        return
    groups = []
    for name, card in many:
        count = card["config"]["masks"]
        single = known.get(name.removesuffix("-any-order"))
        rows = [
            ("one mask, any order", card["test_nll_one_mask"], 1, "seen"),
            (f"{count} masks, any order", card["test_nll"], count, "seen"),
        ]
        if single:
            rows.append(("one mask, one order", single["test_nll"], 1, "quiet"))
        groups += [
            {
                "title": f"{name}: test NLL, nats (lower is better)",
                "bars": [
                    {"name": label, "value": nll, "colour": tone, "words": f"{nll:.2f} nats"}
                    for label, nll, _, tone in rows
                ],
            },
            {
                "title": f"{name}: passes of the network for one log p(x)",
                "bars": [
                    {"name": label, "value": passes, "colour": tone, "words": str(passes)}
                    for label, _, passes, tone in rows
                ],
            },
        ]
    mount(
        "made_bars",
        key="made_masks",
        data=pack(stage.meta() | look() | {"groups": groups, "tall": True}, {}),
    )


def controls(stage: Stage[Learning]) -> None:
    """Which picture, and what it needs."""
    state = stage.state
    st.segmented_control(
        "Picture",
        list(SHOWN),
        format_func=SHOWN.__getitem__,
        key=stage.key("show"),
        required=True,
        wrap=True,
    )
    if state.show == "world":
        _edit_world(stage)
    elif state.show == "drawing":
        st.selectbox(
            "Model",
            models(),
            key=stage.key("model"),
            # Other pixels have those places there.
            on_change=stage.link.on_change("model", lambda: stage.set(flip=())),
        )
        if draws_in_any_order(state.model):
            field = stage.link.fields["pixels"]
            st.selectbox("Order", field.options(stage.values), key=stage.key("pixels"))  # type: ignore[attr-defined]
        if card := cards("MADE").get(state.model):
            st.caption(f"Test NLL {card['test_nll']:.2f} nats on {card['data']}.")
    if state.show in ("world", "training"):  # beside a drawing it stands with the picture
        st.number_input("Seed", 0, lesson.MOST_SEED, key=stage.key("seed"))


def _edit_world(stage: Stage[Learning]) -> None:
    """The true distribution: one of some, or the student's own table."""
    from arviz_models.analysis.tiny import DISTRIBUTIONS, distribution

    state = stage.state
    st.number_input("Bits", 1, 8, key=stage.key("bits"))
    st.selectbox("Distribution", DISTRIBUTIONS, key=stage.key("world"))
    with st.popover("Edit its table"):
        names = [format(number, f"0{state.bits}b") for number in range(2**state.bits)]
        weights = np.round(distribution(state.world, state.bits) * 100, 2).tolist()
        st.data_editor(
            {"state": names, "weight": weights},
            key=_table_key(state),
            hide_index=True,
            disabled=["state"],
            column_config={"weight": st.column_config.NumberColumn(min_value=0, step=0.01)},
            height=300,
        )


def take_away(stage: Stage[Learning]) -> None:
    """What is shown, as tables."""
    from pages.made import figures

    state = stage.state
    if state.show == "world" and "world" in stage.made:
        true, natural, backward = stage.made["world"]
        st.download_button(
            "Probabilities, CSV",
            partial(figures.world_table, true, natural, backward),
            "made-world.csv",
            on_click="ignore",
        )
    elif state.show == "drawing" and "trace" in stage.made:
        from arviz_models.figures.traces import batch_arrays

        trace = stage.made["trace"]()
        if trace is None:
            return

        figures_of = partial(figures.trace_archive, batch_arrays(trace))
        st.download_button("Trace, NPZ", figures_of, "made-digit.npz", on_click="ignore")
    elif state.show == "training":
        stage.parts.add(
            partial(_losses, state.seed), lambda: training.present_run(state.seed) is None
        )
    else:
        st.caption(NOTHING)


def _losses(seed: int) -> None:
    run = training.present_run(seed)
    if run is None:
        st.caption(NOTHING)
        return
    st.download_button(
        "Losses, CSV", partial(training.table, run), "made-losses.csv", on_click="ignore"
    )


LEARN = Activity(
    slug="learn",
    title="Train and draw",
    state=Learning,
    fields=learning_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
