"""What only the lesson on autoregressive flows has: its state, its training, its words."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.predict import Question
from pages.ui.source import show_source
from pages.ui.state import Choice, Flag, Integer, Link, Values, Words

DATA = ("moons", "rings", "pinwheel", "drawn")
STEPS = ("500", "200", "1000", "2000")
CONTROLS = ("kind", "data", "layers", "order", "steps", "train")
NAMES = {"maf": "MAF", "iaf": "IAF"}
ORDERS = {
    "reversed": "reversed in turn",
    "natural": "x₁ first, always",
    "random": "random",
}
DEVICE = "cpu"  # networks this small learn faster there than on a GPU
REMEMBERED = 8  # flows a session keeps
SLICE = 0.5  # seconds of training between two pictures
POLL = 0.06  # seconds between two looks for a click
FEWEST_POINTS, MOST_POINTS = 50, 5000  # as in arviz_models.flows; a test compares

QUESTION = Question(
    text="MAF reads the x before, IAF the z before. Which of the two samples in one pass?",
    answers={
        "MAF": "MAF has its density in one pass: all of x is there to be read. When it samples, x "
        "is what is still missing, so each variable waits for those before it.",
        "IAF": "All of z is drawn at once, and z is all that its network reads.",
        "Both": "One of them reads what is not there yet.",
        "Neither": "One of them reads only what is there from the start.",
    },
    right="IAF",
    why="Each kind is fast in one direction and takes D passes in the other. Below, both are "
    "counted and timed.",
)


@dataclass
class Run:
    """One flow of this session, as far as it has learned."""

    model: Any
    data: np.ndarray
    total: int
    seed: int
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    steps: Iterator[Any] | None = None  # while it learns
    kept: list[dict[str, Any]] = field(default_factory=list)  # step and loss of each picture
    frames: list[dict[str, np.ndarray]] = field(default_factory=list)
    still: tuple[dict[str, Any], dict[str, np.ndarray]] | None = None

    @property
    def loss(self) -> float:
        """Mean of the last 20 losses, nats."""
        return float(np.mean(self.losses[-20:]))

    def note_frame(self) -> None:
        """Keep a picture of this moment."""
        from arviz_models.figures.flows import frame_arrays
        from arviz_models.flows import loss_on

        self.frames.append(frame_arrays(self.model, self.data))
        loss = self.loss if self.losses else loss_on(self.model, self.data)
        self.kept.append({"step": len(self.losses), "loss": loss})


def link() -> Link:
    """The lesson's state and how the URL holds it."""
    return Link(
        "flows",
        {
            "kind": Choice(("maf", "iaf")),
            "data": Choice(DATA),
            "layers": Integer(1, 8, 4),
            "order": Choice(tuple(ORDERS)),
            "steps": Choice(STEPS),
            "seed": Integer(0, lesson.MOST_SEED),
            "present": Flag(),
            "pin": Words(CONTROLS),
        },
    )


# --- the flows of a session ----------------------------------------------------------------------


def _key(state: Values) -> tuple[Any, ...]:
    own = st.session_state.get("flows.drawing", 0) if state["data"] == "drawn" else 0
    return (*(state[name] for name in ("kind", "data", "layers", "order", "steps", "seed")), own)


def _known(state: Values) -> Run | None:
    runs: OrderedDict[Any, Run] = st.session_state.setdefault("flows.runs", OrderedDict())
    return runs.get(_key(state))


def _new(state: Values) -> Run:
    from arviz_models import flows

    if state["data"] == "drawn":
        data = st.session_state["flows.points"]
    else:
        data = flows.dataset(state["data"])
    model = flows.flow(state["kind"], 2, state["layers"], state["order"], seed=state["seed"])
    return Run(model, data, int(state["steps"]), state["seed"])


def run_of(state: Values) -> Run | None:
    """The flow that the controls describe, or None where its data are still to be drawn."""
    if state["data"] == "drawn" and "flows.points" not in st.session_state:
        return None
    run = _known(state)
    runs = st.session_state["flows.runs"]
    if run is None:
        run = runs[_key(state)] = _new(state)
    runs.move_to_end(_key(state))
    while len(runs) > REMEMBERED:
        runs.popitem(last=False)
    return run


def prepare(state: Values) -> None:
    """Begin the training that a click asked for. Call before the controls."""
    if not st.session_state.pop("flows.train_now", False):
        return
    run = run_of(state)
    if run is not None and not run.losses:
        start(state)


def start(state: Values) -> Run:
    """Train the flow that the controls describe, from the beginning."""
    from arviz_models.flows import train

    run = _new(state)
    run.note_frame()
    run.steps = train(run.model, run.data, run.total, seed=run.seed)
    runs = st.session_state["flows.runs"]
    runs[_key(state)] = run
    return run


def stop(state: Values) -> None:
    """Keep what was learned so far."""
    run = _known(state)
    if run is not None:
        run.steps = None
        run.still = None


def learn(state: Values, place: Any) -> None:
    """A slice of training, then the page again with what came of it. Call last."""
    run = _known(state)
    if run is None or run.steps is None:
        return
    from arviz_models.figures.flows import frame_steps

    wanted = set(frame_steps(run.total))
    end = time.monotonic() + SLICE
    while run.steps is not None and time.monotonic() < end:
        look_again = time.monotonic() + POLL
        while run.steps is not None and time.monotonic() < look_again:
            progress = next(run.steps, None)
            if progress is None:
                run.steps = None
                break
            run.losses.append(progress.loss)
            run.seconds = progress.seconds
            if progress.step in wanted:
                run.note_frame()
        # A click on Stop, or anywhere else, ends the script here.
        words = f"step {len(run.losses):,} of {run.total:,}: {run.loss:.2f} nats"
        place.progress(len(run.losses) / run.total, words)
    st.rerun()


# --- beside the picture --------------------------------------------------------------------------


def controls(link: Link, state: Values) -> Any:
    """The controls beside the picture; returns the place where training tells how far it is."""
    shown = state["pin"] if state["present"] else CONTROLS
    if "kind" in shown:
        st.segmented_control(
            "Flow",
            list(NAMES),
            format_func=lambda kind: NAMES[kind],
            key=link.key("kind"),
            required=True,
            help="MAF reads the x before a variable, IAF the z before it.",
        )
    if "data" in shown:
        st.selectbox(
            "Data",
            DATA,
            format_func=lambda name: "your own, drawn" if name == "drawn" else name,
            key=link.key("data"),
        )
        if state["data"] == "drawn" and "flows.points" in st.session_state:
            st.button("Draw again", on_click=_draw_again)
    if "layers" in shown:
        st.slider("Transforms K", 1, 8, key=link.key("layers"))
    if "order" in shown:
        st.selectbox(
            "Order of the variables",
            list(ORDERS),
            format_func=lambda order: ORDERS[order],
            key=link.key("order"),
            help="Which variable each transform begins with.",
        )
    if "steps" in shown:
        st.select_slider("Training steps", sorted(STEPS, key=int), key=link.key("steps"))
    run = _known(state)
    if "train" in shown and (state["data"] != "drawn" or "flows.points" in st.session_state):
        live = run is not None and run.steps is not None
        button = st.empty()  # one place: the one button takes that of the other
        if live:
            button.button("Stop", key="flows.stop", on_click=partial(stop, state), width="stretch")
        else:
            button.button(
                "Train again" if run is not None and run.losses else "Train",
                key="flows.train",
                type="primary",
                on_click=_train_now,
                args=(state,),
                width="stretch",
            )
    place = st.empty()
    if run is not None and run.losses:
        done, words = len(run.losses), f"{run.loss:.2f} nats"
        if run.steps is not None:
            place.progress(done / run.total, f"step {done:,} of {run.total:,}: {words}")
        else:
            stopped = "stopped after" if done < run.total else "after"
            place.caption(
                f"{words} in the last batches, {stopped} {done:,} steps and {run.seconds:.1f} s "
                f"on {DEVICE}."
            )
    return place


def _train_now(state: Values) -> None:
    runs = st.session_state.get("flows.runs", {})
    runs.pop(_key(state), None)
    st.session_state["flows.train_now"] = True


def _draw_again() -> None:
    del st.session_state["flows.points"]


def picture(state: Values) -> None:
    """The two planes; the drawing pad where data are still to be drawn."""
    from arviz_models.figures import flows as figures

    run = run_of(state)
    if run is None:
        _pad()
        return
    meta: dict[str, Any] = {
        "kind": state["kind"],
        "present": state["present"],
        "goto": st.session_state.get("flows.goto"),
        "steps": len(run.losses),
        "live": run.steps is not None,
        "shown": min(len(run.data), figures.SHOWN),
        "picture_id": repr((_key(state), len(run.losses), run.steps is not None, id(run))),
    }
    if run.steps is not None:
        sizes, arrays = figures.live_arrays(run.model, run.data, run.frames[-1])
        meta |= sizes | {"frames": run.kept[-1:]}
    else:
        if run.losses and run.kept[-1]["step"] != len(run.losses):
            run.note_frame()
        if run.still is None:
            run.still = figures.still_arrays(run.model, run.data)
        sizes, arrays = run.still
        meta |= sizes | {"frames": run.kept}
        if run.frames:
            arrays = arrays | figures.film(run.frames)
    mount("flows", key="flows_picture", data=pack(meta | look(), arrays))


def _pad() -> None:
    if problem := st.session_state.get("flows.problem"):
        st.error(problem)
    st.markdown("Draw what the flow is to learn. The points stay in this session, not in the link.")
    meta = {"fewest": FEWEST_POINTS, "most": MOST_POINTS, "window": 3.0}
    mount("flows_pad", key="flows_pad", data=pack(meta | look(), {}), on_points_change=_drawn)


def _drawn() -> None:
    """Callback of the pad: points to learn from."""
    from arviz_models.flows import drawn

    points = st.session_state["flows_pad"].get("points")
    if points is None:
        return
    try:
        st.session_state["flows.points"] = drawn(points)
    except ValueError as error:
        st.session_state["flows.problem"] = f"Not yet: {error}."
        return
    st.session_state.pop("flows.problem", None)
    st.session_state["flows.drawing"] = st.session_state.get("flows.drawing", 0) + 1


# --- question and cards --------------------------------------------------------------------------


def show(
    link: Link, *, train: bool = True, play: bool = False, mode: str = "layers", **values: Any
) -> None:
    """Set the picture to a state, and train its flow if it is not yet."""
    link.set(**values)
    before = st.session_state.get("flows.goto") or {"nonce": 0}
    st.session_state["flows.goto"] = {
        "play": play,
        "mode": mode,
        "pin": None,
        "nonce": before["nonce"] + 1,
    }
    if train:
        st.session_state["flows.train_now"] = True


def reveal(link: Link) -> Callable[[], None]:
    """Sets the picture to an IAF, and opens the measurement."""

    def then() -> None:
        show(link, train=False, play=True, kind="iaf")
        st.session_state["flows.tabs"] = "Passes and times"

    return then


def cards(link: Link) -> list[lesson.Card]:
    """The lesson's steps of prose."""
    return [
        lesson.Card(
            "Bend a Gaussian",
            "Every point of z goes to one point of x, through four transforms. Where the grid is "
            "squeezed, the density rises: that is all the determinant says.",
            partial(show, link, play=True, kind="maf", data="moons", layers=4, order="reversed"),
        ),
        lesson.Card(
            "One transform, one triangle",
            "x₁ is scaled and shifted by constants, x₂ by what the network reads from x₁. So a "
            "line of constant z₁ stays upright, and ∂z₁/∂x₂ is exactly 0.",
            partial(show, link, play=True, kind="maf", data="moons", layers=1, order="natural"),
        ),
        lesson.Card(
            "Turn the order round",
            "In the natural order throughout, x₁ stays a Gaussian through any number of "
            "transforms: two rings cannot come of it. Reversed in turn, both variables bend.",
            partial(show, link, play=True, kind="maf", data="rings", layers=6, order="natural"),
        ),
        lesson.Card(
            "The other direction",
            "IAF reads z in place of x. The picture looks the same, and sampling takes one pass: "
            "but to learn from data it now needs D passes for each density.",
            partial(show, link, play=True, kind="iaf", data="moons", layers=4, order="reversed"),
        ),
    ]


# --- below the picture ---------------------------------------------------------------------------


def tabs(link: Link, state: Values) -> None:
    """Formula, code, measurements, the MADE in it, loss, downloads, mistakes, papers."""
    lesson.tabs(_TABS, "flows", link, state)


def _formula(link: Link, state: Values) -> None:
    before = "x" if state["kind"] == "maf" else "z"
    st.latex(
        r"x_i = z_i \, \exp\big(\alpha_i(B_{<i})\big) + \mu_i(B_{<i}) \qquad "
        r"\log p(x) = \log \mathcal{N}(z;\, 0, I) - \sum_i \alpha_i".replace("B", before)
    )
    st.markdown(
        f"This is **{NAMES[state['kind']]}**: μ and α of a variable are read from the "
        f"**{before}** before it. Its Jacobian is **triangular**, with exp(−α) on the diagonal of "
        "∂z/∂x, so its determinant is a product of D numbers. Under the picture stands one matrix "
        "for each transform, its hatched cell 0 by structure; point at the planes and they are "
        "filled in. **Transforms** are stacked: log-determinants add, and the matrices multiply. "
        "Where the order is reversed in turn, the product is no longer triangular."
    )


def _code(link: Link, state: Values) -> None:
    from arviz_models import flows

    show_source(
        flows._step,
        flows.log_density,
        flows.train,
        note="The transforms are zuko's; what is ours is the direction, and the training.",
    )


def _passes(link: Link, state: Values) -> None:
    st.markdown(
        "| | reads | density of given x | one sample |\n|---|---|---|---|\n"
        "| **MAF** | x before i | **1 pass** | D passes |\n"
        "| **IAF** | z before i | D passes, and one for the determinant | **1 pass** |"
    )
    st.markdown(
        "A pass is one evaluation of the masked network, in each transform. So a MAF is trained by "
        "likelihood, and an IAF is taken where one samples and needs the density of those samples "
        "alone, as in a variational autoencoder."
    )
    if st.button("Count and time, D = 2 to 64", key="flows.measure"):
        from arviz_models.flows import count_passes

        with st.spinner("Counting", show_time=True):
            st.session_state["flows.measured"] = [
                count_passes(kind, D) for kind in NAMES for D in (2, 4, 8, 16, 32, 64)
            ]
    measured = st.session_state.get("flows.measured")
    if not measured:
        return
    from arviz_models.figures.flows import passes_figure

    left, right = st.columns([1, 1], gap="medium")
    left.dataframe(
        {
            "flow": [NAMES[row.kind] for row in measured],
            "D": [row.variables for row in measured],
            "density, passes": [row.density for row in measured],
            "density, ms": [round(1000 * row.density_seconds, 2) for row in measured],
            "sample, passes": [row.sample for row in measured],
            "sample, ms": [round(1000 * row.sample_seconds, 2) for row in measured],
        },
        hide_index=True,
        height=320,
    )
    ground = st.context.theme.type or "light"
    right.plotly_chart(passes_figure(measured, ground), config={"displayModeBar": False})
    st.caption(
        f"Measured on {DEVICE} just now: one point, one transform of 64 and 64 units, the least of "
        "three. Passes are counted by a hook on zuko's network."
    )


def _made(link: Link, state: Values) -> None:
    from arviz_models.figures.flows import made_figure, made_match

    st.markdown(
        "The lecture says that **autoregressive flows are a special case of normalizing flows, "
        "where each transformation masks certain inputs**. Here it is: the network of one step of "
        "a MAF is a MADE. On top are the masks in zuko's network, below those that this "
        "repository's MADE makes from the same degrees."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        D = st.segmented_control(
            "Variables D", [2, 3, 4, 5, 6, 8], default=4, required=True, key="flows.made_D"
        )
        order = st.segmented_control(
            "Order",
            ["natural", "reversed", "random"],
            default="natural",
            required=True,
            key="flows.made_order",
        )
    cells, difference = made_match(D, order, state["seed"])
    st.pyplot(made_figure(D, order, state["seed"]))
    st.caption(
        f"{cells} of the masks' cells differ. x from the same 64 z, once by zuko, once one "
        f"variable at a time with MADE's masks: they differ by {difference:.1e} at most. The "
        "last mask has two rows for each variable, μ and α."
    )


def _loss(link: Link, state: Values) -> None:
    run = _known(state)
    if run is None or not run.losses:
        st.markdown("Nothing learned yet: press **Train**, beside the picture.")
        return
    from arviz_models.figures.flows import loss_figure

    ground = st.context.theme.type or "light"
    st.plotly_chart(loss_figure(run.losses, run.total, ground), config={"displayModeBar": False})
    st.caption("The loss is the mean of −log p(x) over a batch of 256 points, in nats.")


def _take_away(link: Link, state: Values) -> None:
    from arviz_models.figures import flows as figures

    run = _known(state)
    if run is None or run.steps is not None:
        st.markdown("There is a picture to take away once the training is over.")
        return
    figure = figures.planes_figure(
        run.model, run.data, f"{NAMES[state['kind']]} on {state['data']}"
    )
    arrays = partial(figures.archive, run.model, run.data, run.losses)
    lesson.downloads("flow", figure, {"Arrays, NPZ": (arrays, "npz")}, "Planes")
    st.pyplot(figure)


def _classroom(link: Link, state: Values) -> None:
    lesson.classroom(link, CONTROLS)


def _mistakes(link: Link, state: Values) -> None:
    lesson.mistakes(
        [
            (
                "MAF and IAF are two names for one thing.",
                "They are the same map read in opposite directions. What the network reads decides "
                "which one is quick: x before i makes the density quick, z before i the sampling.",
            ),
            (
                "A flow with a triangular Jacobian can only do simple things.",
                "One step can only do simple things. The product of triangular matrices in "
                "opposite orders is full.",
            ),
            (
                "IAF cannot give a density.",
                "It can, of its own samples in one pass, and of any other point in D passes. That "
                "is how it learns here.",
            ),
            (
                "The flow cuts the Gaussian in pieces.",
                "It is continuous and invertible, so what hangs together stays so: a thin bridge "
                "of density remains between the two moons.",
            ),
        ]
    )


_TABS = {
    "Formula": _formula,
    "Code": _code,
    "Passes and times": _passes,
    "One MAF step is a MADE": _made,
    "Loss": _loss,
    "Take away": _take_away,
    "Classroom": _classroom,
    "What people get wrong": _mistakes,
    "Papers": lesson.papers_tab,
}
