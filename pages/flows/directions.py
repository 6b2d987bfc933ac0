"""Activity: MAF or IAF; what the network reads decides which direction takes one pass."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from arviz_models.figures.numbers import scientific
from pages.flows.runs import DEVICE
from pages.flows.state import (
    MADE_SIZES,
    MOST_VARIABLES,
    NAMES,
    Directions,
    directions_fields,
)
from pages.ui import lesson
from pages.ui.charts import show_chart
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.live import on_server
from pages.ui.outline import Activity, Question, Step
from pages.ui.stage import Stage

C = load(__file__)
SHOWN = {"reads": "What is read", "measured": "Count and time", "made": "MAF and MADE"}
TASKS = {"sample": "draw x", "density": "score x"}
SIZES = (2, 4, 8, 16, 32, 64)
MEASURED = "flows.measured"  # in the session
COUNTS = {
    (kind, task): C[f"{kind}: passes for a {task}, D = 64"]
    for kind in NAMES
    for task in ("density", "sample")
}

FAST = Question(
    text="Both use the same masked network. Which of them draws a sample of D = 64 variables in "
    "one pass?",
    answers={
        "MAF": "It reads the x before i, and a new sample has no x yet.",
        "IAF": "All of z is drawn at once, and z is all that its network reads.",
        "Both": "Only one of them reads what is there from the start.",
    },
    right="IAF",
    why=f"One sample: MAF {COUNTS['maf', 'sample']} passes, IAF {COUNTS['iaf', 'sample']}. The "
    f"density of a given x: MAF {COUNTS['maf', 'density']}, IAF {COUNTS['iaf', 'density']}.",
    hide=("counts",),
    place={"play": True},
)

STEPS = (
    Step(
        "What is read",
        "Each variable is xᵢ = exp(αᵢ) · zᵢ + μᵢ. In a MAF (masked autoregressive flow) the "
        "network reads the **x** before i to "
        "give αᵢ and μᵢ; in an IAF (inverse autoregressive flow) it reads the **z** before "
        "i. Point at a variable to see what "
        f"it reads. Both learn the moons: MAF {C['maf-moons-4-reversed']:.2f} nats, IAF "
        f"{C['iaf-moons-4-reversed']:.2f}, with four transforms.",
        {"task": "sample"},
        hide=("counts",),
    ),
    Step(
        "Which samples fast?",
        "A sample starts with all of z and no x. A variable can be computed when all that it reads "
        "is there. One pass is one evaluation of the network.",
        {"task": "sample"},
        question=FAST,
    ),
    Step(
        "The other way round",
        "To score a given x, all of x is there, and z is missing. Now the MAF takes one pass. The "
        "IAF takes one for each variable, and one more for the determinant.",
        {"task": "density"},
        {"play": True},
    ),
    Step(
        "Choose by use",
        "MAF suits learning from data: each training step scores given x. IAF suits fast sampling, "
        "as inside a VAE, which needs the density of its own samples alone. The passes are counted "
        "on the network, and timed here.",
        {"show": "measured"},
    ),
    Step(
        "One step is a MADE",
        "The network of one MAF step is a MADE with two outputs for each variable, μ and α. Above "
        "are the masks of the flow's network, made by zuko, the PyTorch library of flows that "
        "this app uses; below those of this app's MADE with the same degrees. No cell differs, "
        "and both give the same x from the same z.",
        {"show": "made", "made_d": "4"},
    ),
)


def picture(stage: Stage[Directions]) -> None:
    """Who reads what, pass by pass; the measurement; the masks."""
    {"reads": _reads, "measured": _measured, "made": _made}[stage.state.show](stage)


def _reads(stage: Stage[Directions]) -> None:
    state = stage.state
    meta = {"task": state.task, "D": state.variables}
    mount("flows_reads", key="flows_reads", data=pack(stage.meta() | meta | look(), {}))


def _measured(stage: Stage) -> None:
    from pages.flows.figures import passes_figure

    measured = st.session_state.get(MEASURED)
    if measured is None:
        measured = measure()
    ground = st.context.theme.type or "light"
    show_chart(passes_figure(measured, ground), present=stage.present)
    st.markdown(_count_table())
    if st.button("Measure again", key="flows_measure"):
        measure()
        st.rerun()
    stage.cost = (
        f"Measured {on_server(DEVICE)}: one point, one transform of 64 and 64 units, the least of "
        "three. Passes are counted as the network is called."
    )
    stage.made["measured"] = measured


def _count_table() -> str:
    """The passes at D = 64, as they were counted."""
    rows = "".join(
        f"\n| **{name}** | {COUNTS[kind, 'density']} | {COUNTS[kind, 'sample']} |"
        for kind, name in NAMES.items()
    )
    return f"| passes, D = 64 | to score a given x | to draw a sample |\n|---|---|---|{rows}"


def measure() -> list[Any]:
    """Count and time both kinds; kept in the session."""
    from arviz_models.flows import count_passes

    with st.spinner("Counting", show_time=True):
        found = [count_passes(kind, D) for kind in NAMES for D in SIZES]
    st.session_state[MEASURED] = found
    return found


def _made(stage: Stage[Directions]) -> None:
    from arviz_models.analysis.flow_planes import made_match
    from pages.flows.figures import made_figure

    state = stage.state
    D = int(state.made_d)
    cells, difference = made_match(D, state.made_order, state.seed)
    figure = made_figure(D, state.made_order, state.seed)
    stage.made["masks"] = figure
    st.pyplot(figure, alt="The figure that the buttons save")
    differ = (
        f"they differ by {scientific(difference)} at most, by rounding" if difference else "equal"
    )
    st.markdown(
        f"**{cells} of the masks' cells differ.** x from the same 64 z, once by the flow, once one "
        f"variable at a time with MADE's masks: {differ}. The last mask has two rows for each "
        "variable, μ and α. A row is a unit, a column what it may read: grey is a weight that is "
        "kept, white one that is cut."
    )


def controls(stage: Stage[Directions]) -> None:
    """What is shown, and for how many variables."""
    control = partial(st.segmented_control, required=True, wrap=True)
    if "counts" in stage.hidden:
        st.caption(
            "More can be shown once the question is answered."
            if stage.asks
            else "The next steps show more."
        )
        return
    control("Show", list(SHOWN), format_func=SHOWN.__getitem__, key=stage.key("show"))
    if stage.state.show == "reads":
        control("Task", list(TASKS), format_func=TASKS.__getitem__, key=stage.key("task"))
        st.slider("Variables D", 2, MOST_VARIABLES, key=stage.key("variables"))
    elif stage.state.show == "made":
        control("Variables D", sorted(MADE_SIZES), key=stage.key("made_d"))
        control("Order", ["natural", "reversed", "random"], key=stage.key("made_order"))


def take_away(stage: Stage) -> None:
    """The passes as a table, or the masks as a figure."""
    from pages.flows import figures

    if (measured := stage.made.get("measured")) is not None:
        text = figures.passes_csv(measured)
        st.download_button("Passes, CSV", text, "passes.csv", on_click="ignore")
    elif (masks := stage.made.get("masks")) is not None:
        lesson.downloads("masks", masks, {})
    else:
        st.markdown("The other two pictures, **Count and time** and **MAF and MADE**, have files.")


DIRECTIONS = Activity(
    slug="maf-or-iaf",
    title="Two directions",
    state=Directions,
    fields=directions_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
