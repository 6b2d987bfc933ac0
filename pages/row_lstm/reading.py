"""Reading matter of the Row LSTM: the formula, the code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(_: Stage) -> None:
    """The equations, and what each symbol is in the pictures."""
    st.latex(
        r"\begin{aligned} "
        r"a_i &= K^{ss} * h_{i-1} + K^{is} * x_i \\ "
        r"[o_i, f_i, i_i, g_i] &= [\sigma, \sigma, \sigma, \tanh](a_i) \\ "
        r"c_i &= f_i \odot c_{i-1} + i_i \odot g_i \\ "
        r"h_i &= o_i \odot \tanh(c_i) \end{aligned}"
    )
    st.markdown(
        "**i** is a row, and everything holds for all its pixels at once. **h** and **c** are the "
        "circles, a hidden state and a cell for each unit. **Kˢˢ**, state to state, is a "
        "convolution of 1×k over the row above, the lines between the circles. That row is "
        "finished, so it needs no mask. **Kⁱˢ**, input to state, is a masked convolution of 1×k "
        "along row **i** of the layer's input **x**; it is computed for the whole image in "
        "advance. **⊙** multiplies unit by unit. In *Gates* each symbol is a row of bars."
    )
    st.markdown(
        "**The lecture's slide writes one σ for all four.** The paper does so too, and says what "
        "it stands for: the logistic function for the gates **o**, **f** and **i**, tanh for the "
        "content **g**. So a cell can also go down. The page writes both out, and the trained "
        "model computes them so."
    )
    st.latex(
        r"\begin{aligned} \text{bare:}\; & h^1 = U^1\, \mathrm{LSTM}^{A}(x) \\ "
        r"\text{paper:}\; & h^0 = (W \odot M^{A}) * x \\ "
        r"& h^{l} = h^{l-1} + U^l\, \mathrm{LSTM}^{B}(h^{l-1}) \\ "
        r"& z = V_2\, \rho(V_1\, \rho(h^L)) \\ "
        r"& p(x_i \mid \cdot) = \mathrm{softmax}(z_i) \end{aligned}"
    )
    st.markdown(
        "**A** and **B** are the masks of **Kⁱˢ**: A leaves out the pixel itself, B keeps it. "
        "**Mᴬ** is the mask of the first convolution. **U** and **V** are 1×1 convolutions, **ρ** "
        "is the ReLU. The sum with **h** of the layer below is the residual connection. "
        "Layers after the first are the same in both forms. The trained model has the paper's form."
    )


def code(_: Stage) -> None:
    """The model's own lines."""
    from arviz_models.analysis.row_reads import rows_above
    from arviz_models.row_lstm import RowLSTM, RowLSTMLayer, RowLSTMState

    show_source(RowLSTMLayer.rows, RowLSTMLayer.forward, RowLSTM.forward)
    show_source(RowLSTMState, note="The decoder's state of one layer, a pixel at a time:")
    show_source(rows_above, note="The triangle, from the taps the model really has:")


def mistakes(_: Stage) -> None:
    """What people get wrong."""
    lesson.mistakes(
        [
            (
                "A recurrence remembers everything above.",
                "What reaches a pixel goes through a kernel at each row. With k = 3 the triangle "
                "of states gains one column on each side with every row. A pixel one row up and "
                "three columns to the right stays outside.",
            ),
            (
                "The triangle of the slide is what is read.",
                "That is the triangle of states. In the bare form the triangle of pixels stands "
                "one column to the left of it. A first convolution as wide as the kernel brings "
                "the pixels back under the states; a wider one reads further.",
            ),
            (
                "With enough layers everything is read.",
                "On the left it is. No number of Row LSTMs reads the hatched pixels: only wider "
                "kernels do, or another recurrence (Diagonal BiLSTM).",
            ),
            (
                "State to state needs the mask too.",
                "The row above is finished, so all of it comes before the target. With a mask "
                "there the right half of the triangle is lost.",
            ),
            (
                "A row is computed at once, so it is also drawn at once.",
                "In training the image is known, and one step computes a row. In a sample each "
                "pixel waits for the one on its left, because the masked input to state reads it.",
            ),
            (
                "The paper's k×1 kernel runs down a column.",
                "It runs along the row. Down a column, every column would be a model of its own: "
                "a mistake of several public implementations.",
            ),
        ]
    )
