"""What is read below the activities on flows: the formula, the code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.flows.state import NAMES, Bend
from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    """The formula of the kind shown, with each symbol tied to its mark in the picture."""
    kind = stage.state.kind if isinstance(stage.state, Bend) else "maf"
    before = "x" if kind == "maf" else "z"
    st.latex(
        r"x_i = z_i \, \exp\big(\alpha_i(B_{<i})\big) + \mu_i(B_{<i}) \qquad "
        r"\log p(x) = \log \mathcal{N}(z;\, 0, I) - \sum_i \alpha_i".replace("B", before)
    )
    st.markdown(
        f"This is **{NAMES[kind]}**: μ and α of a variable are read from the **{before}** before "
        "it. Its Jacobian is **triangular**, with exp(−α) on the diagonal of ∂z/∂x, so its "
        "determinant is a product of D numbers. Step 2 of *Bend the plane* shows it under the "
        "planes, its hatched cell 0 by structure; point at the planes and it is filled in. "
        "**Transforms** are stacked: log-determinants add, and the matrices multiply. Where the "
        "order is reversed in every second one, the product is no longer triangular."
    )


def code(stage: Stage) -> None:
    """The lines of this repository that do it."""
    from arviz_models import flows
    from arviz_models.descent import Descent

    show_source(
        flows._step,
        flows.log_density,
        flows.train,
        Descent.__next__,
        note="The transforms are zuko's; what is ours is the direction, and the training.",
    )


def mistakes(stage: Stage) -> None:
    """What people get wrong; two of them once the question they answer is answered."""
    direction = [
        (
            "MAF and IAF are two names for one thing.",
            "They are the same map read in opposite directions. What the network reads decides "
            "which one is quick: x before i makes the density quick, z before i the sampling.",
        ),
        (
            "IAF cannot give a density.",
            "It can: of its own samples in one pass, of any other point in D passes and one for "
            "the determinant. That is how it learns here.",
        ),
    ]
    shape = [
        (
            "A flow with a triangular Jacobian can only do simple things.",
            "One step can only do simple things. The product of triangular matrices in opposite "
            "orders is full.",
        ),
        (
            "The flow cuts the Gaussian in pieces.",
            "It is continuous and invertible, so connected mass stays connected: a thin bridge of "
            "density remains between the two moons.",
        ),
    ]
    told = answered(stage)
    lesson.mistakes([*direction, *shape] if told else shape)
    if not told:
        st.caption("Two more are shown once you have answered the question of *Two directions*.")


def answered(stage: Stage) -> bool:
    """Whether the question about the directions is answered or skipped."""
    [number] = [
        number
        for number, step in enumerate(stage.lesson.activity("maf-or-iaf").steps, start=1)
        if step.question is not None
    ]
    return stage.answer_to("maf-or-iaf", number) is not None
