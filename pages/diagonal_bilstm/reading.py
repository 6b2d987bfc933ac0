"""Reading matter of the Diagonal BiLSTM: the formula, the code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(_: Stage) -> None:
    """The equations, and what each symbol is in the pictures."""
    st.latex(
        r"\begin{aligned} "
        r"a_t &= K^{ss} * h_{t-1} + K^{is} * x_t \\ "
        r"[o_t, f_t, i_t, g_t] &= [\sigma, \sigma, \sigma, \tanh](a_t) \\ "
        r"c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\ "
        r"h_t &= o_t \odot \tanh(c_t) \\ "
        r"y_{r} &= x_{r} + W\,(h^{\rightarrow}_{r} + h^{\leftarrow}_{r-1}) \end{aligned}"
    )
    st.markdown(
        "**t** counts the columns of the skewed map, the numbers in the cells of *Skew*. **hₜ** "
        "are the states of a whole column, the yellow cells: one step. **Kˢˢ** is the 2×1 kernel "
        "on the column before, the two blue cells; **Kⁱˢ** reads one cell of the layer's input "
        "**x**, and no other. As in the Row LSTM, the paper writes one σ for all four, which "
        "stands for tanh at **g**."
    )
    st.markdown(
        "**The two directions are added**, in the paper and in the trained model. An average would "
        "do as well: it is half the sum, and the weights **W** can take up the "
        "factor, so both describe the same networks. The arrows at **h** are the two directions, "
        "each with its own weights. **r − 1** is the shift: what the second direction computed one "
        "row up. The first **x** are features of a convolution with mask A, later ones the **y** "
        "of the layer before."
    )


def code(_: Stage) -> None:
    """The model's own lines."""
    from arviz_models.diagonal_bilstm import DiagonalBiLSTMLayer, direction_reads, layer_reads
    from arviz_models.layers import skew

    show_source(skew, DiagonalBiLSTMLayer.states, DiagonalBiLSTMLayer.added)
    show_source(
        layer_reads, direction_reads, note="What the layers can read, from which the grids come:"
    )


def mistakes(_: Stage) -> None:
    """What people get wrong."""
    lesson.mistakes(
        [
            (
                "The diagonals run from the upper left to the lower right.",
                "That is the way the wavefront moves. The pixels that are computed at once lie on "
                "a line from the lower left to the upper right: play *Sweep*.",
            ),
            (
                "Rows are moved left, or columns down.",
                "Row r moves right by r columns. Then the pixel on the left and the pixel above "
                "both stand in the column before. For the second direction the image is mirrored "
                "first; the skew stays the same.",
            ),
            (
                "The second direction is moved down because it starts on the other side.",
                "It is moved down because its state at a pixel has read pixels on the right in the "
                "same row, which are not drawn yet. Leave out the shift: the picture shows them.",
            ),
            (
                "It does not matter at which end the shift puts the row of zeros.",
                "The states move down, so the zeros come in at the top. In some public code that "
                "row is put at the bottom: then each pixel reads the row below it, which leaks.",
            ),
            (
                "It reads all that comes before.",
                "In the paper's form one pixel is missing: the last of the row above, unless the "
                "first kernel reaches it. Drag the target to the right, or take a wider kernel.",
            ),
            (
                "A whole diagonal is sampled at once.",
                "All states of a diagonal are computed at once when the image is known, as in "
                "training. A sample is drawn in raster order, since each pixel waits for the one "
                "on its left.",
            ),
            (
                "Two models that read the same pixels are equally good.",
                "Seven layers read no pixel more than one layer does. Still the paper measures "
                "79.20 nats with seven and 80.75 with one, on binarized MNIST. It also matters how "
                "well a network uses what it reads.",
            ),
        ]
    )
