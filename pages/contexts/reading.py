"""What there is to read below the contexts: differences, formula, code, mistakes."""

from __future__ import annotations

from typing import cast

import streamlit as st

from pages.ui import lesson
from pages.ui.source import show_source
from pages.ui.stage import Stage


def differences(stage: Stage) -> None:
    """How many pixels each network reads that each other does not, where the picture stands."""
    from arviz_models.analysis.contexts import differences as apart
    from pages.contexts import reads, uses

    slug = stage.activity.slug
    if slug not in ("reads", "uses"):
        st.caption("For a target on the grids: open *Who reads what*.")
        return
    if why := stage.withheld("blind", "counts", "field"):
        st.caption(why)
        return
    if slug == "reads":
        found, depths, target, _ = reads.standing(cast("Stage[reads.Reads]", stage))
        layers = f"{next(iter(depths.values()))} after the first"
    else:
        at_hand = uses.standing(cast("Stage[uses.Uses]", stage))
        if at_hand is None:
            st.info("There is no trained network to show this of.")
            return
        found, depths, target, *_ = at_hand
        layers = "as trained"
    titles = [panel.title for panel in found.panels]
    row, column = divmod(target, found.shape[1])
    st.markdown(
        f"For the target in row {row}, column {column}, of the {target} pixels before it: how many "
        "the network of the line reads and that of the column does not."
    )
    table = {"reads, and not ↓ →": titles}
    lines = apart(found, target, depths).T
    table |= {title: each.tolist() for title, each in zip(titles, lines, strict=True)}
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(f"Layers: {layers}. A line of zeros: whatever it reads, all others read too.")


def formula(stage: Stage) -> None:
    st.latex(
        r"\begin{aligned} "
        r"p(x) &= \textstyle\prod_i\, p(x_i \mid x_{C(i)}), \quad C(i) \subseteq \{1, \dots, i-1\} "
        r"\\ C_0(i) &= \{\, j : \text{the first kernel at } i \text{ has a 1 on } j \,\} \\ "
        r"C_l(i) &= \textstyle\bigcup_{j \in K_l(i)} C_{l-1}(j) \\ "
        r"G_j &= \big|\, \partial \log p(x_i \mid x_{C(i)}) \,/\, \partial x_j \,\big| "
        r"\end{aligned}"
    )
    st.markdown(
        "**C(i)** is the context, blue in *Who reads what*: the pixels that the conditional of the "
        "target **xᵢ** can read. The chain rule takes all that come before; each network takes "
        "what its layers let through. **l** is the layer, there on the player, **Kₗ(i)** the "
        "places that a layer reads at **i**: under a kernel, or handed on by a recurrence. "
        "**A \\ B**, the set difference, is what one context has and another has not. **Gⱼ**, the "
        "colour of the trained grids, is how much the prediction changes with pixel **j**, as "
        "measured; outside **C(i)** it is 0."
    )


def code(stage: Stage) -> None:
    from arviz_models.analysis.contexts import differences as apart
    from arviz_models.analysis.receptive_fields import first_seen, gradient_map
    from arviz_models.analysis.sensitivity import sensitivity

    show_source(first_seen, apart, gradient_map, sensitivity)


def mistakes(stage: Stage) -> None:
    lesson.mistakes(
        [
            (
                "The network with the largest context is the best.",
                "NADE reads every earlier pixel and knows nothing of neighbours; convolutions read "
                "less and share what they learn across the image. Compare the NLLs in *What it "
                "costs*.",
            ),
            (
                "Two models with the same context are equally good.",
                "What is read must also be used: features, layers and training decide. *What it "
                "costs* has networks that read the same and differ by nats.",
            ),
            (
                "Depth widens every context.",
                "It widens that of convolutions, up to their blind spot. A Diagonal BiLSTM reads "
                "with one layer all that it ever will.",
            ),
            (
                "The Diagonal BiLSTM reads all that comes before.",
                "All but the last pixel of the row above, unless the first kernel reaches it. Set "
                "the differences against full context to find it.",
            ),
            (
                "A pixel with a small gradient is not read.",
                "It may be read and count little at this image. Only what is hatched or dotted "
                "cannot count, at any image, with any weights.",
            ),
        ]
    )
