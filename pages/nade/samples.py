"""Many samples of the chosen model at once, as a sheet to look at and to take away."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st

from pages.nade.drawing import Drawing, chosen_model, take_away
from pages.ui import live, work
from pages.ui.stage import Stage

SIZES = {16: 8, 64: 16, 256: 32, 1024: 64}  # how many samples, and how many of them in a row
ASKED = "nade.sheet"  # in the session: the sheet that is shown


def take_away_with_samples(stage: Stage[Drawing]) -> None:
    """The files of the sample, then the sheet."""
    take_away(stage)
    if "trace" in stage.made:
        many(stage)


def many(stage: Stage[Drawing]) -> None:
    """A sheet of samples, drawn when asked for."""
    from arviz_models.figures.sheets import sheet
    from arviz_models.sampler import Request

    state = stage.state
    nade = chosen_model(state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.segmented_control(
            "Many samples",
            list(SIZES),
            default=64,
            required=True,
            wrap=True,
            key="nade.count",
        )
        asked = st.button("Draw them", type="primary", key="nade.many")
    kind = (state.model, state.order, state.start, state.temperature, state.seed, count)
    if asked:
        st.session_state.pop(work.STOPPED, None)
        st.session_state[ASKED] = kind
    if st.session_state.get(ASKED) != kind:
        st.caption("They are drawn together, one pixel of all of them at each step.")
        return
    request = Request(nade, state.seed, n=count, temperature=state.temperature, record=False)
    trace = live.run(request, ("sheet", *kind))
    if trace is None:
        st.info("Stopped. Press **Draw them** to begin again.")
        return
    image = sheet(trace.x, nade.levels, SIZES[count], scale=3)
    st.image(image, width="stretch", alt="The samples of this seed, row by row")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Sheet, PNG",
            lambda: png(image),
            f"nade-{count}-samples.png",
            on_click="ignore",
            key="nade.sheet.png",
        )
        st.caption(f"Drawn {live.cost(trace)}: {1000 * trace.seconds / count:.2f} ms a sample.")


def png(image: np.ndarray) -> bytes:
    """uint8 (height, width, 3) as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
