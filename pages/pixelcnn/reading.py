"""What there is to read in the PixelCNN lesson: formula, code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    st.latex(
        r"\begin{aligned} "
        r"p(x) &= \textstyle\prod_i\, p(x_i \mid x_1, \dots, x_{i-1}) \\ "
        r"h^0 &= (W^0 \odot M^{A}) * x \\ "
        r"u &= \rho(W_1\, \rho(h^{l-1})) \\ "
        r"h^{l} &= h^{l-1} + W_3\, \rho\big((W^l \odot M^{B}) * u\big) \\ "
        r"p(x_i \mid \cdot) &= \mathrm{softmax}(z_i) \end{aligned}"
    )
    st.markdown(
        "**xᵢ** is the pixel in the vermilion outline, **x₁ … xᵢ₋₁** are all that is not grey. "
        "**M** are the masks under the grids, 1 in blue and 0 in white: **Mᴬ** is 0 at the centre, "
        "**Mᴮ** is 1 there. **l** is the layer on the player, **ρ** the ReLU, **\\*** a "
        "convolution. **z** are two layers of 1×1 on the last **h**; like **W₁** and **W₃** they "
        "read one pixel each and leave every field as it is."
    )
    st.latex(
        r"\begin{aligned} a &= U^l * v^{l-1}, \quad v^l = g(a) \\ "
        r"h^l &= h^{l-1} + W\, g\big((W^l \odot M) * h^{l-1} + V a\big) "
        r"\\ g(a_1, a_2) &= \tanh(a_1) \odot \sigma(a_2) \end{aligned}"
    )
    st.markdown(
        "**v** is the vertical stack, upright stripes: **U** lies on rows above, over the whole "
        "width of the kernel, so it needs no mask. Its output is moved down by a row in the first "
        "layer; from then on it may be read on its own row too, on both sides. **h** is the "
        "horizontal stack, level stripes: **M** masks a single row. **V** hands **v** to **h**, "
        "never the other way: else the vertical stack would know its own row. **g** is the gate, "
        "over the two halves of the maps."
    )


def code(stage: Stage) -> None:
    from arviz_models.analysis.receptive_fields import first_seen
    from arviz_models.layers import MaskedConv2d, kernel_mask
    from arviz_models.pixelcnn import GatedLayer, PixelCNN

    show_source(kernel_mask, MaskedConv2d.forward, PixelCNN.forward, GatedLayer.forward)
    show_source(first_seen, note="The picture's tables, from the layers the models really have:")


def mistakes(stage: Stage) -> None:
    lesson.mistakes(
        [
            (
                "Deeper clears the blind spot.",
                "It clears what is pale, never what is hatched. Wider kernels narrow the wedge; "
                "only the second stack removes it.",
            ),
            (
                "Type B is a better A, it sees one pixel more.",
                "In the first layer that pixel is the answer. Choose *What if B?* and the target "
                "is lit: it reads itself.",
            ),
            (
                "Then every layer needs type A.",
                "Later centres are features of earlier pixels, which may be read. In a deep stack "
                "of A alone no path leads to the pixel just before the target.",
            ),
            (
                "Both stacks of the gated network do the same, turned by a quarter.",
                "The vertical one reads rows above, whole, and has no mask; the horizontal one "
                "reads its own row, masked. The second reads the first, and never the reverse.",
            ),
            (
                "One forward pass generates an image.",
                "One pass gives all conditionals of an image that is there, which is how it is "
                "trained. A sample takes a step for each pixel, each on those drawn before.",
            ),
            (
                "Take the likeliest value of each softmax.",
                "That draws the same image each time, and with the models of this page an empty "
                "one: at every step paper is likelier than ink. Draw from the softmax.",
            ),
        ]
    )
