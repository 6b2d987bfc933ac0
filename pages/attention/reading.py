"""What there is to read in the attention lesson: formula, code, what people get wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def formula(stage: Stage) -> None:
    st.latex(
        r"\begin{aligned} q_i &= Q(h_i), \qquad k_j = K(h_j, x_j), \qquad v_j = V(h_j, x_j) \\ "
        r"w_{ij} &= \mathrm{softmax}_j \left( q_i \cdot k_j / \sqrt{d} \right), "
        r"\qquad j \in \{\varnothing\} \cup \{j < i\} \\ "
        r"h_i &\leftarrow h_i + W \textstyle\sum_j w_{ij} v_j \end{aligned}"
    )
    st.markdown(
        "**h** are features of the trunk, a PixelCNN. **i** is the target, **j** an earlier pixel. "
        "**q** is the query, **k** the key, **v** the value, each of length **d**; row and column "
        "are inputs to all three. **∅** is the empty key, which is learned: the first pixel has no "
        "other key. Every head has a **Q**, **K** and **V** of its own; **W** joins the heads."
    )


def code(stage: Stage) -> None:
    from arviz_models.pixel_snail import CausalAttention, PixelSNAIL

    show_source(PixelSNAIL.forward, CausalAttention.forward, CausalAttention.queries_keys_values)
    show_source(
        PixelSNAIL.next_reads, note="What one attention block reads, from which the picture comes:"
    )


def mistakes(stage: Stage) -> None:
    lesson.mistakes(
        [
            (
                "The attention weights are learned.",
                "The matrices that make queries and keys are learned. The weights are computed "
                "from them for each image anew.",
            ),
            (
                "Attention needs no order.",
                "Only earlier pixels have keys for a query. Without that rule a pixel reads "
                "itself. Row and column are inputs, because a sum over keys forgets places.",
            ),
            (
                "A large weight says that this pixel decides.",
                "It says how much of its value is read in this head. Other heads, the trunk and "
                "what follows decide too. To see the effect, paint and compare p.",
            ),
            (
                "Attention draws an image in one step.",
                "Training takes one pass, because the image is there. To draw, each pixel waits "
                "for the one before, as in every network of this course.",
            ),
            (
                "The mask A of the trunk is enough; xⱼ is not needed.",
                "Then no feature before the target holds the last pixel of the row above, unless "
                "the trunk's own window reaches it.",
            ),
        ]
    )
