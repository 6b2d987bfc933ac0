"""Activity: bend the plane, transform by transform; train a flow, on points of one's own too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from arviz_models import drawn_points
from pages.flows import here, learning, shelf
from pages.flows.runs import BrowserRun
from pages.flows.state import DATA, NAMES, ORDERS, STEPS, Bend, bend_fields
from pages.ui import lesson, training_here, work
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.stage import Stage
from pages.ui.uncut import uncut

C = load(__file__)
OWN = "flows.own"  # points that the student drew, kept while other data are shown
GAUSSIAN = 1 + float(np.log(2 * np.pi))  # nats: what a plain Gaussian costs
PIN = {"plane": "x", "at": C["one transform: x"]}
RINGS = {"data": "rings", "order": "natural", "layers": 1}

MORE = Question(
    text="Here is one transform, and it makes no rings. We stack eight, each with x₁ first. They "
    "learn:",
    answers={
        "Both rings": "Whatever x₁ is, x₂ given x₁ stays one Gaussian: it cannot have the two or "
        "four peaks that rings have.",
        "Neither ring": f"{C['maf-rings-1-natural']:.3f} nats with 1 transform, "
        f"{C['maf-rings-8-natural']:.3f} with 8. Stacked shifts and stretches of x₁ are one shift "
        "and one stretch.",
        "Both, after longer training": "With another order the same 2,000 training steps are "
        "enough, as the next step shows.",
    },
    right="Neither ring",
    why="So x₁ stays a Gaussian. The kurtosis, which tells heavy tails from light ones, shows it: "
    f"3 for every Gaussian, {C['rings: kurtosis of x1']:.1f} for the x₁ of the rings.",
    state={**RINGS, "layers": 8},
    place={"step": 8},  # all of them done: that is the answer
)

STEPS_TOLD = (
    Step(
        "A trained flow",
        "Eight transforms carry each point of a Gaussian, z, to one point of the data, x. Point at "
        "a plane: the picture shows its partner in the other plane, the way between them and "
        "log p. A plain Gaussian costs "
        f"{GAUSSIAN:.2f} nats a point, the shipped flow {C['maf-moons-8-reversed']:.2f}; the "
        f"entropy of the data is {C['moons: entropy']:.2f}.",
        {},
        {"play": True},
        hide=("jacobian",),
    ),
    Step(
        "One transform",
        "x₁ is scaled and shifted by constants, x₂ by numbers that the network reads from x₁. So "
        "∂z₁/∂x₂ is 0 (hatched), and lines of constant z₁ stay upright. At the marked point the "
        f"shipped flow has log p = {C['one transform: log N']:.2f} + "
        f"{C['one transform: log det']:.2f} = {C['one transform: log p']:.2f} "
        "nats.".replace("-", "−").replace("+ −", "− "),
        {"layers": 1, "order": "natural"},
        {"pin": PIN},
    ),
    Step(
        "More of the same",
        "Two rings are harder. Each transform takes x₁ first and x₂ second.",
        RINGS,
        {"step": 1},
        question=MORE,
        hide=("jacobian",),
    ),
    Step(
        "Turn the order",
        "In every second transform x₂ now comes first, so both variables bend. Of the shipped "
        f"flows the one of four transforms costs {C['maf-rings-4-reversed']:.2f} nats, that of "
        f"eight {C['maf-rings-8-reversed']:.2f}; the entropy is {C['rings: entropy']:.2f}. Thin "
        "bridges of density stay: the map is continuous, so it cannot cut the plane.",
        {"data": "rings"},
        {"play": True},
        hide=("jacobian",),
    ),
    Step(
        "Your own data",
        "Draw points, then press **Learn from these**. Training raises the mean of log p(x): the "
        "grid bends, and the data, carried to z, come nearer to a Gaussian. After 500 steps their "
        "shape is often still seen in z: this part is not learned yet. Choose more training steps, "
        "other data, fewer transforms or another order: the flow that you choose learns at once.",
        {"data": "drawn", "layers": 4, "steps": "500"},
        {"mode": "learning"},
        hide=("jacobian",),
    ),
)


def picture(stage: Stage[Bend]) -> None:
    """The two planes; the drawing pad where data are still to be drawn."""
    state = stage.state
    if learning.kind_of_run() is not BrowserRun:
        work.warm()
    with uncut():  # else a training could have ended whose steps the address never tells
        ended = learning.ended_here(state)
        other = ended not in (None, state.trained)
        if other:
            stage.set(trained=ended)
    if other:
        st.rerun()
    with uncut():
        run = learning.run_of(state)
    stage.made["run"] = run
    if run is None:
        with st.container():  # one place: the planes take that of the pad, words and all
            _pad(stage)
        here.place(stage)
        return
    stage.parts.add(
        partial(_planes, stage, run), lambda: run.job is not None and run.kept[-1]["step"]
    )
    _train(stage, run)


def _planes(stage: Stage[Bend], run: learning.Run) -> None:
    """The flow as it is now."""
    from arviz_models.analysis.flow_planes import SHOWN, film

    state = stage.state
    meta: dict[str, Any] = {
        "kind": state.kind,
        "steps": run.done,
        "shown": min(len(run.data), SHOWN),
        "live": run.live,
        "token": run.token if isinstance(run, BrowserRun) else None,
        "picture_id": repr((learning.key_of(state), run.done, run.live, id(run))),
    }
    if run.live:
        sizes, arrays = run.before
        meta |= sizes | {"frames": run.kept[-1:]}
        arrays = arrays | film(run.frames[-1:])
    else:
        sizes, arrays = _still(state, run)
        meta |= sizes | {"frames": run.kept}
        if run.frames:
            arrays = arrays | film(run.frames)
    mount("flows", key="flows_picture", data=pack(stage.meta() | meta | look(), arrays))


def _still(state: Bend, run: learning.Run) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the picture shows of a flow that does not learn now."""
    from arviz_models.analysis.flow_planes import still_arrays

    pictures, key = shelf.pictures(), (learning.key_of(state), run.done, run.owner)
    found = pictures.get(key)
    if found is None:
        found = still_arrays(run.model, run.data)
        pictures.put(key, found, sum(array.nbytes for array in found[1].values()))
    return found


def _pad(stage: Stage[Bend]) -> None:
    if problem := st.session_state.get("flows.problem"):
        st.error(problem)
    meta = {
        "fewest": drawn_points.FEWEST_POINTS,
        "most": drawn_points.MOST_POINTS,
        "window": drawn_points.WINDOW,
    }
    mount(
        "flows_pad",
        key="flows_pad",
        data=pack(stage.meta() | meta | look(), {}),
        on_points_change=partial(_drawn, stage),
    )


def _drawn(stage: Stage[Bend]) -> None:
    """Callback of the pad: points to learn from, and the training begins."""
    points = st.session_state["flows_pad"].get("points")
    if points is None:
        return
    try:
        text = drawn_points.to_text(points)
    except ValueError as error:
        st.session_state["flows.problem"] = f"Not yet: {error}."
        return
    st.session_state.pop("flows.problem", None)
    st.session_state[OWN] = text
    stage.set(points=text, trained=int(stage.state.steps))
    learning.train_now()


def _train(stage: Stage[Bend], run: learning.Run) -> None:
    """Train or Stop, and how far it is; what there is to train is done when all else is shown."""
    with st.container(horizontal=True, vertical_alignment="center", key="flows_training"):
        # One button: it is called Stop while the flow learns.
        st.button(
            "Stop" if run.live else "Train again",
            key="flows_train",
            type="secondary",
            on_click=partial(_stop, stage) if run.live else partial(_again, stage),
            disabled=isinstance(run, BrowserRun) and run.wanted == "stop",
        )
        if run.job is not None:
            run.tell(stage.parts, partial(learning.words, run))
        else:  # the browser tells of a training of its own
            _said(run)
        here.place(stage)
    run.say()
    if run.job is not None:
        stage.last = partial(stage.parts.follow, run, partial(_over, stage, run))
    elif run.losses and not run.live:
        learning.note_pace(run)
    here.await_answer(stage)


def _said(run: learning.Run) -> None:
    """The loss of a flow that has learned."""
    if run.live and not training_here.able():
        st.progress(0.0, training_here.WAITS)
    if run.live or not run.losses:
        return
    ended = "stopped after" if run.done < run.total else "after"
    where = "shipped" if run.shipped else f"{run.seconds:.1f} s {run.place}"
    st.caption(
        f"Loss {run.loss:.2f} nats a point (mean of the last 20 batches), {ended} {run.done:,} "
        f"steps ({where}).",
        help=learning.UNIT,
    )


def _again(stage: Stage[Bend]) -> None:
    stage.set(trained=int(stage.state.steps))
    learning.train_now()


def _stop(stage: Stage[Bend]) -> None:
    steps = learning.stop(stage.state)
    if steps is not None:
        stage.set(trained=steps)


def _over(stage: Stage[Bend], run: learning.Run) -> None:
    """The training has ended: the address tells its steps."""
    if not run.problem:
        with uncut():
            _stop(stage)


def controls(stage: Stage[Bend]) -> None:
    """What is trained, on what, and for how long."""
    state = stage.state

    def other(field: str) -> Callable[[], None]:
        return stage.link.on_change(field, partial(_another, stage))

    st.selectbox(
        "Data",
        DATA,
        format_func=lambda name: "your own, drawn" if name == "drawn" else name,
        key=stage.key("data"),
        on_change=other("data"),
    )
    if state.data == "drawn" and state.points:
        st.button("Draw again", on_click=lambda: stage.set(points=""))
    st.slider("Transforms K", 1, 8, key=stage.key("layers"), on_change=other("layers"))
    st.selectbox(
        "Order of the variables",
        list(ORDERS),
        format_func=lambda order: ORDERS[order],
        key=stage.key("order"),
        on_change=other("order"),
        help="Which variable each transform begins with.",
    )
    st.segmented_control(
        "Flow",
        list(NAMES),
        format_func=lambda kind: NAMES[kind],
        key=stage.key("kind"),
        required=True,
        on_change=other("kind"),
        help="MAF reads the x before a variable, IAF the z before it.",
        wrap=True,
    )
    st.select_slider(
        "Training steps", sorted(STEPS, key=int), key=stage.key("steps"), on_change=other("steps")
    )
    st.caption(f"{here.choice()} {learning.pace_in_words(state.layers)}")


def _another(stage: Stage[Bend]) -> None:
    """Callback of the controls: another flow, all of it; own points are kept for later."""
    data = stage.link.get("data")
    points = st.session_state.get(OWN, stage.state.points) if data == "drawn" else ""
    if stage.state.points:
        st.session_state[OWN] = stage.state.points
        points = stage.state.points if data == "drawn" else ""
    stage.set(points=points, trained=int(stage.link.get("steps")))


def take_away(stage: Stage[Bend]) -> None:
    """The planes as figure and film, points, losses and arrays."""
    from pages.flows import figures

    run: learning.Run | None = stage.made.get("run")
    if run is None or run.live or not run.losses:
        st.markdown("There is a picture to take away once the training is over.")
        return
    state = stage.state
    name = f"{NAMES[state.kind]} on {'own points' if state.data == 'drawn' else state.data}"
    figure = figures.planes_figure(run.model, run.data, name)
    files: dict[str, Any] = {
        "Transforms, GIF": (
            partial(figures.transforms_gif, run.model, run.data, name),
            "transforms.gif",
        ),
        "Points, CSV": (partial(figures.points_csv, run.model, run.data), "csv"),
        "Losses, CSV": (partial(figures.losses_csv, run.losses), "losses.csv"),
        "Arrays, NPZ": (partial(figures.archive, run.model, run.data, run.losses), "npz"),
    }
    if run.frames:
        training = partial(figures.training_gif, run.data, run.frames, run.kept, name)
        files["Training, GIF"] = (training, "training.gif")
    lesson.downloads("flow", figure, files, "Planes")
    st.caption("Points, CSV: every data point x (standardised), its z, and log p(x) in nats.")
    st.pyplot(figure, alt="The figure that the buttons save")
    ground = st.context.theme.type or "light"
    st.plotly_chart(
        figures.loss_figure(run.losses, run.total, ground), config={"displayModeBar": False}
    )
    st.caption(f"{learning.UNIT} One batch has 256 of them.")


BEND = Activity(
    slug="bend",
    title="Bend the plane",
    state=Bend,
    fields=bend_fields,
    picture=picture,
    controls=controls,
    steps=STEPS_TOLD,
    take_away=take_away,
)
