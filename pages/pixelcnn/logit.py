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


@st.cache_data(show_spinner=False, max_entries=8)
def _weights(name: str) -> dict[str, np.ndarray]:
    from arviz_models.analysis.last_layer import last_weights

    return last_weights(model(name))


def show_logit(
    stage: Stage, name: str, levels: int, x: np.ndarray, target: int, *, here: bool
) -> None:
    """The last layer of a model at one pixel: at the one, and of the image, that the bars show.

    Where the reader's browser computes, the picture tells the panel the features as the hand moves,
    and only the weights are sent. Else the features of this image and pixel are sent too: the panel
    shows them while the bars are those of this image and pixel.

    Args:
        stage: of the activity that shows the pixel.
        name: of the checkpoint.
        levels: K.
        x: (H, W) integers 0..K-1.
        target: flat index.
        here: whether the browser computes.
    """
    meta = {"model": name, "levels": levels, "columns": x.shape[1], "target": target}
    arrays = _weights(name)
    if not here:
        h = _last_layer(name, x, target)["h"]
        arrays = arrays | {"h": h, "x": x.astype(np.uint8)}
    data = pack(meta | {"present": stage.present}, arrays)
    mount("pixel_logit", key=stage.key("logit"), data=data)
