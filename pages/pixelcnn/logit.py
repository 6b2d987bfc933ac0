"""How one probability of a pixel is computed: its logit as a sum of products, then the softmax."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.ui.components import mount, pack
from pages.ui.models import model
from pages.ui.stage import Stage


@st.cache_data(show_spinner=False, max_entries=128)
def _last_layer(name: str, x: np.ndarray, target: int) -> dict[str, np.ndarray]:
    from arviz_models.analysis.last_layer import last_layer

    return last_layer(model(name), x, target)


def show_logit(stage: Stage, name: str, levels: int, x: np.ndarray, target: int) -> None:
    """The last layer of a model at one pixel.

    Args:
        stage: of the activity that shows the pixel.
        name: of the checkpoint.
        levels: K.
        x: (H, W) integers 0..K-1.
        target: flat index.
    """
    row, column = divmod(target, x.shape[1])
    meta = {"levels": levels, "row": row, "column": column, "present": stage.present}
    mount("pixel_logit", key=stage.key("logit"), data=pack(meta, _last_layer(name, x, target)))
