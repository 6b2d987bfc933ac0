"""What is read below NADE's activities: the formula, the code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    """The formula, with each symbol tied to its mark in the picture."""
    st.latex(
        r"\begin{aligned} a_0 &= c, \quad h_t = \sigma(a_t), \quad i = o[t] \\ "
        r"p(x_i = 1 \mid x_{\text{earlier}}) &= \sigma(V_i \cdot h_t + b_i) \\ "
        r"a_{t+1} &= a_t + W_i\,x_i \\ "
        r"-\log p(x) &= \sum_i -\log p(x_i \mid x_{\text{earlier}}) \end{aligned}"
    )
    st.markdown(
        "**x** is the left image, its newest pixel in the yellow ring. **W** are the lines from "
        "that pixel to the hidden units, and the middle bar below: solid blue raises the sum, "
        "dashed orange lowers it. **a** is the running sum, the lower bar. **h** are the hidden "
        "units: dark is 0, yellow is 1. **V** are the lines to the outlined cell, **p** its "
        "colour. **u** is the tick on the bar of 0 and 1. Point at any of them, in the formula "
        "under the picture or in the picture itself, and the rest steps back. Where there are "
        "more than 48 lines, the 48 strongest are drawn. The bars below reach from −4 to 4; a "
        "dark tip marks one that is longer. **bits/dim** is nats / (ln 2 · pixels)."
    )


def code(stage: Stage) -> None:
    """The lines of this repository that do it."""
    from arviz_models.base import inverse_cdf
    from arviz_models.descent import Descent, likelihood_descent
    from arviz_models.nade import NADE, NADEDecoder

    show_source(NADEDecoder, NADE.column, inverse_cdf, likelihood_descent, Descent.__next__)


def mistakes(stage: Stage) -> None:
    """What people get wrong."""
    lesson.mistakes(
        [
            (
                "One forward pass generates an image.",
                "Training is one pass, since all of x is known. Sampling takes one step for each "
                "pixel, since each needs those before it.",
            ),
            (
                "Take the likelier value each time.",
                "There is no chance left then, so in one order every seed draws the same image. "
                "The likelier value of each pixel does not make the likeliest image, and one "
                "image is not the distribution. *Chance*, step 5, shows it.",
            ),
            (
                "The first conditional needs an input.",
                "It is a learned constant. See step 1 of *Draw a digit*.",
            ),
            (
                "An order is a list of ranks.",
                "`order[t]` is the pixel drawn at step t; its inverse permutation says at which "
                "step a pixel is drawn.",
            ),
        ]
    )
