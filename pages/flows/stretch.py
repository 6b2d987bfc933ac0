"""Activity: stretch one variable; the change of variables, for one and for several."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from pages.flows.state import (
    MOST_ALPHA,
    MOST_MU,
    MOST_PLACE,
    STRETCHED,
    Stretch,
    stretch_fields,
)
from pages.ui import lesson
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.stage import Stage

VIEWS = {"curves": "One variable", "triangle": "Four variables", "family": "Which models are flows"}
VARIABLES = 4
START = {**STRETCHED, "x": STRETCHED["mu"]}
PEAK = 1 / math.sqrt(2 * math.pi)
LOG_N = math.log(PEAK)  # log N(0), nats


def _minus(text: str) -> str:
    return text.replace("-", "−")


AREA = Question(
    text="We stretch by 2: exp(α) = 2. What happens to the peak of the curve, "
    f"p(0) = {PEAK:.3f} at first?",
    answers={
        f"It stays {PEAK:.3f}": "The curve is twice as wide, so its area would be 2.",
        f"It falls to {PEAK / 2:.3f}": "Twice as wide and half as high: the area stays 1.",
        f"It rises to {2 * PEAK:.3f}": "That is the peak of a curve squeezed to half its width.",
    },
    right=f"It falls to {PEAK / 2:.3f}",
    why="The orange strips have the same area too: what lies in one lands in the other.",
    hide=("curve",),
    place={**START, "play": True},
)

STEPS = (
    Step(
        "Move and stretch",
        "Draw z from a Gaussian N(0, 1) and set x = exp(α) · z + μ. The curve of x comes "
        "with the question of the next step. Each z has one x, and each x one "
        "z. With exp(α) = 2 and μ = 1, z = 0 goes to x = 1. Move the sliders, or point at an axis.",
        place={**START, "play": True},
        hide=("curve",),
    ),
    Step(
        "Area stays 1",
        "Every z goes somewhere, so all probability under the curve of z must lie under the curve "
        "of x.",
        place=START,
        question=AREA,
    ),
    Step(
        "Change of variables",
        "A narrow strip keeps its area: p(x) |dx| = p(z) |dz|. So p(x) = p(z) · |dz/dx|, with "
        "dz/dx = exp(−α), and **log p(x) = log N(z) − α**. At x = 1: "
        + _minus(
            f"{LOG_N:.3f} − {STRETCHED['alpha']:.3f} = {LOG_N - STRETCHED['alpha']:.3f} nats."
        ),
        place=START,
    ),
    Step(
        "Many variables",
        "The slope becomes the determinant of the Jacobian ∂z/∂x. In general it costs about D³ "
        "operations. If zᵢ reads only x₁ to xᵢ, the matrix is a triangle, and its determinant is "
        "the product of D diagonal numbers: **log p(x) = log N(z) − Σᵢ αᵢ**.",
        {"view": "triangle", "seed": 3},
    ),
    Step(
        "A special case",
        "Normalizing flows stack invertible maps. Autoregressive flows mask each map, so that "
        "variable i reads only those before it. Not every autoregressive model is a "
        "flow: NADE on 0/1 pixels has no invertible map.",
        {"view": "family"},
    ),
)


def picture(stage: Stage[Stretch]) -> None:
    """Both curves; the triangle; the family."""
    {"curves": _curves, "triangle": _triangle, "family": _family}[stage.state.view](stage)


def _curves(stage: Stage) -> None:
    meta = {"start": START, "most": {"alpha": MOST_ALPHA, "mu": MOST_MU, "x": MOST_PLACE}}
    mount(
        "flows_stretch",
        key="flows_stretch",
        data=pack(stage.meta() | meta | look(), {}),
        on_moved_change=lambda: stage.link.tell(st.session_state["flows_stretch"].get("moved")),
    )


def _triangle(stage: Stage[Stretch]) -> None:
    from arviz_models.analysis.flow_planes import triangle

    jacobian, log_det = triangle(VARIABLES, stage.state.seed)
    meta = {"D": VARIABLES, "log_det": log_det}
    mount(
        "flows_triangle",
        key="flows_triangle",
        data=pack(stage.meta() | meta | look(), {"jacobian": jacobian}),
    )


def _family(stage: Stage) -> None:
    mount("flows_family", key="flows_family", data=pack(stage.meta() | look(), {}))


def controls(stage: Stage) -> None:
    """What is shown."""
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key=stage.key("view"),
        required=True,
        wrap=True,
    )


def take_away(stage: Stage[Stretch]) -> None:
    """Both curves as figure and table, or the Jacobian as a table."""
    from pages.flows import figures

    if why := stage.withheld():
        st.caption(why)
        return
    if stage.state.view == "triangle":
        from arviz_models.analysis.flow_planes import triangle

        jacobian, _ = triangle(VARIABLES, stage.state.seed)
        rows = "\n".join(",".join(f"{value:.6g}" for value in row) for row in jacobian)
        st.download_button("Jacobian, CSV", rows + "\n", "jacobian.csv", on_click="ignore")
        return
    kept = stage.link.kept(stage.values, START | _asked(stage))
    alpha, mu = float(kept["alpha"]), float(kept["mu"])
    figure = figures.stretch_figure(alpha, mu)
    files: lesson.Files = {"Curves, CSV": (lambda: figures.stretch_csv(alpha, mu), "csv")}
    lesson.downloads("stretch", figure, files)
    st.pyplot(figure, alt="The figure that the buttons save")


def _asked(stage: Stage) -> dict[str, Any]:
    """Where the step has the sliders."""
    return {name: value for name, value in (stage.goto or {}).items() if name in START}


STRETCH = Activity(
    slug="stretch",
    title="Stretch one variable",
    state=Stretch,
    fields=stretch_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
