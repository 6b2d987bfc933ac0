"""What is read below MADE's stage: formula, code, mistakes."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    """The masks and the layers, and where the picture shows them."""
    st.latex(
        r"\begin{aligned} M^l_{k,k'} &= 1 \text{ where } m_{l-1}(k') \le m_l(k) \\ "
        r"M^V_{d,k} &= 1 \text{ where } m_L(k) < \mathrm{rank}(d) \\ "
        r"h_l &= \mathrm{ReLU}\big((W_l \odot M^l)\, h_{l-1} + b_l\big) \\ "
        r"z &= (V \odot M^V)\, h_L + (A \odot M^A)\, x + c \\ "
        r"p(x_d = 1 \mid \cdot) &= \sigma(z_d) \\ "
        r"\log p(x) &= \sum_d \log p(x_d \mid x_{<d}) "
        r"\end{aligned}"
    )
    st.markdown(
        "**m** are the degrees in the hidden units, **rank** the numbers in inputs and outputs "
        "(m₀ = rank). Each **M** is a matrix under the picture: a row for each unit of the layer, "
        "a column for each unit of the layer before. Their product counts the **paths** from every "
        "input to every output; **A** are the direct connections. The **gradient** is that of the "
        "real network, the largest of 64 random inputs. Where there is no path, the "
        "output cannot react to the input, whatever the weights are. "
        "Training minimises −log p(x), the sum of D cross-entropies."
    )


def code(stage: Stage) -> None:
    """The lines that do it."""
    from arviz_models.layers import MaskedLinear
    from arviz_models.made import MADE

    show_source(MADE.masks, MADE.path_counts, MaskedLinear)


def mistakes(stage: Stage) -> None:
    """What people get wrong."""
    lesson.mistakes(
        [
            (
                "Training teaches the network not to look ahead.",
                "The cut weights guarantee it, for all weights, also before training.",
            ),
            (
                "The order is the list of ranks.",
                "It is its inverse. With ranks 3, 1, 2 the variables are drawn x₂, x₃, x₁.",
            ),
            (
                "Degrees run from 0 to D.",
                "A unit of degree 0 reads no input and one of degree D feeds no output. Both are "
                "in the list of mistakes beside the picture.",
            ),
            (
                "More layers, more context.",
                "A path has to pass a unit of a fitting degree in every layer. Narrow layers with "
                "random degrees lose dependencies.",
            ),
            (
                "Masks are set once, in the weights.",
                "With several masks that destroys the weights: what one mask sets to 0 is gone for "
                "the next. A mask multiplies the weight each time it is used.",
            ),
            (
                "One pass trains, so one pass draws.",
                "In training all pixels are known. In drawing, each pixel waits for those before "
                "it.",
            ),
        ]
    )
