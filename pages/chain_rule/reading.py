"""What is read below the chain rule's stage: formula, code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from arviz_models.analysis import chain_rule
from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    """The rule, and which mark of the picture is which symbol."""
    st.latex(
        r"\begin{aligned} p(x_1, \dots, x_D) &= \prod_{t=1}^{D} "
        r"p(x_{o[t]} \mid x_{o[1]}, \dots, x_{o[t-1]}) \\ "
        r"p(x_b \mid x_a) &= \frac{p(x_a, x_b)}{p(x_a)} \end{aligned}"
    )
    st.markdown(
        "**o** is the order, the nodes from left to right. Each **factor** is a node, the arrows "
        "into it, and the table under it: a row for every setting of the earlier variables. The "
        "filled part of a bar, on its right, is the probability of a 1. The **joint** is the row "
        "of eight grey bars, one for each state x₁x₂x₃; a 1 takes p from a table, a 0 takes 1 − p. "
        "An arrow is as thick as what it can change, and dotted where it changes nothing. "
        "Editing a table's bar keeps all other conditionals of this order. Editing a bar of the "
        "joint keeps the proportions of the others. A condition of probability 0 leaves its "
        "conditional **undefined** (hatched): the sampler never asks for it, and in the product it "
        "meets a 0. The striped bars are the shares of the samples; the **total variation "
        "distance** is half the sum of |share − p|."
    )


def code(stage: Stage) -> None:
    """The lines that do it."""
    show_source(
        chain_rule.conditionals,
        chain_rule.joint_of,
        chain_rule.with_conditional,
        chain_rule.ancestral_samples,
    )


def mistakes(stage: Stage) -> None:
    """Claims that are not true, and what is."""
    lesson.mistakes(
        [
            (
                "The chain rule assumes something.",
                "It holds for every distribution. Assumptions begin where a condition is cut "
                "short, as in a Markov chain, or where a network has to fit the conditionals.",
            ),
            (
                "An arrow means a cause.",
                "An arrow means: may be read. Every order is right, whatever caused what.",
            ),
            (
                "It saves parameters.",
                "1 + 2 + 4 + … = 2ᴰ − 1. A shared network saves parameters: see the activity "
                "“D networks or one”.",
            ),
            (
                "The order never matters, then.",
                "Not for the joint. It does for a learned model, and for what is easy: completing "
                "an image is easy where the known pixels come first.",
            ),
            (
                "Each variable can be drawn from p(x) of its own.",
                "That draws from the product of the marginals. Take xor: half of such samples "
                "would be states of probability 0.",
            ),
        ]
    )
