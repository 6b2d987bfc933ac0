"""What completes a drawing, for every activity in which some pixels are given: see `show`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.ui import live
from pages.ui.components import look, mount, pack
from pages.ui.engine import offer

if TYPE_CHECKING:
    from pages.ui.stage import Stage

COMPLETIONS = 8


@dataclass(frozen=True, eq=False)
class Completion:
    """A drawing, what of it is given, and the model that draws the rest.

    Attributes:
        name: of the model.
        network: that model.
        levels: K.
        free: whether it was trained to draw in any order: what is given comes first then.
        checkpoint: whether it is a shipped one, which the reader's browser may draw.
        x: uint8 (H, W), the drawing.
        given: bool (H, W).
        temperature, seed: of the completions.
        key: equal for equal completions of all sessions, and for these alone.
        model_key: the same of models.
    """

    name: str
    network: Callable[[], Any]
    levels: int
    free: bool
    checkpoint: bool
    x: np.ndarray
    given: np.ndarray
    temperature: float
    seed: int
    key: tuple[Hashable, ...]
    model_key: Hashable

    def ordered(self) -> Any:
        """The model in the order in which it completes."""
        from arviz_models.analysis.conditionals import given_first, given_pixels

        network = self.network()
        if not self.free:
            return network
        return network.with_order(given_first(given_pixels(self.x, self.given)))

    def surprisal(self, x: np.ndarray) -> np.ndarray:
        """Of n images (n, H, W), in the order of the completion; float32 (n, H, W), nats."""
        return _surprisal(self.model_key, x, self.given if self.free else None, self.ordered)

    def trace(self) -> Any:
        """Of the completions, drawn on the server; None where the visitor stopped it."""
        from arviz_models.analysis.conditionals import given_pixels
        from arviz_models.sampler import Request

        request = Request(
            self.ordered(),
            self.seed,
            n=COMPLETIONS,
            given=given_pixels(self.x, self.given),
            temperature=self.temperature,
            record=False,
        )
        return live.run(request, self.key)

    def completions(self) -> tuple[np.ndarray, np.ndarray] | None:
        """They and the surprisal of their pixels, each (n, H, W); None where stopped."""
        trace = self.trace()
        if trace is None:
            return None
        drawn = trace.x[:, 0]
        return drawn, self.surprisal(drawn)


@st.cache_data(show_spinner=False, max_entries=64)
def _surprisal(
    key: Hashable, x: np.ndarray, given: np.ndarray | None, _network: Callable[[], Any]
) -> np.ndarray:
    from arviz_models.analysis.conditionals import surprisal

    return surprisal(_network(), x)


def show(
    stage: Stage,
    drawn: Completion,
    digit: np.ndarray,
    strip: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    edit: Callable[[], None],
) -> None:
    """Put a drawing and its completions on the page.

    The files below it find them by ``stage.made["completions"]``, a function.

    Args:
        drawn: what is shown.
        digit: uint8 (H, W), what is there without strokes.
        strip: of `digits.strip`.
        meta, arrays: what else the picture is told.
        edit: callback of the picture's trigger "edit": strokes, given pixels, temperature, seed.
    """
    engine = offer(stage, drawn.name) if drawn.checkpoint else None
    here = engine is not None
    waiting = not here and st.session_state.get(stage.key("·waiting")) == stage.link.resets
    trace = None if waiting or here else drawn.trace()
    x = drawn.x[None]
    found = x[:0] if trace is None else trace.x[:, 0]
    known = x[:0] if here else np.concatenate([x, found])
    nats = drawn.surprisal(known) if len(known) else known.astype(np.float32)
    told = {
        "model": drawn.name,
        "levels": drawn.levels,
        "rows": x.shape[1],
        "columns": x.shape[2],
        "free": drawn.free,
        "count": COMPLETIONS,
        "nonce": st.session_state.get(stage.key("·nonce"), 0),
        "engine": engine,
        "temperature": drawn.temperature,
        "seed": drawn.seed,
        "trace_id": repr((*drawn.key, stage.link.resets)) if here or trace else None,
    }
    sent = {
        "x": drawn.x,
        "surprisal": nats[:1].ravel(),
        "drawn": found.astype(np.uint8),
        "drawn_surprisal": nats[1:],
        "base": digit,
        "strip": strip["images"],
        "strip_indices": strip["indices"],
    }
    mount(
        "completion",
        key=stage.key("completion"),
        data=pack(stage.meta() | told | dict(meta) | look(), sent | dict(arrays)),
        on_edit_change=edit,
    )
    if here:
        stage.made["completions"] = drawn.completions
    elif trace is not None:
        stage.made["completions"] = partial(_kept, found, nats[1:])
        stage.cost = live.computed(live.cost(trace))
    elif not waiting:
        st.info("Stopped. Press **Complete** to begin again.")


def _kept(drawn: np.ndarray, nats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return drawn, nats
