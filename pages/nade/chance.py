"""Activity: where the chance enters: z before all pixels, or one random number for each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.nade import drawing
from pages.nade.state import Drawing
from pages.nade.state import fields as drawing_fields
from pages.ui import engine, live
from pages.ui.claims import load
from pages.ui.components import look, mount, pack
from pages.ui.models import cards, missing_checkpoint, model
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Choice, Field
from pages.ui.stage import Stage

C = load(__file__)
VIEWS = {"diagram": "z or u", "sample": "A sample"}
SMALL = "nade-digits"
LATENTS = 8


@dataclass(frozen=True)
class Chance(Drawing):
    """What decides the sample, and whether the diagram or the sample is shown.

    Attributes:
        view: "diagram" or "sample".
    """

    view: str


def fields() -> Mapping[str, Field]:
    """How the address holds a `Chance`."""
    return {"view": Choice(tuple(VIEWS)), **drawing_fields()}


@st.cache_data(show_spinner=False, max_entries=1)
def decoder() -> tuple[np.ndarray, np.ndarray]:
    """The linear decoder of the diagram: mu (D,), W (D, LATENTS)."""
    from arviz_models.analysis.latent import linear_decoder

    return linear_decoder("digits", LATENTS)


def picture(stage: Stage[Chance]) -> None:
    """The diagram, or NADE at work."""
    if stage.state.view == "sample":
        drawing.picture(stage)
    elif SMALL not in cards("NADE"):
        st.error(missing_checkpoint("NADE"))
    else:
        _diagram(stage)


def _diagram(stage: Stage[Chance]) -> None:
    from arviz_models.sampler import Request

    seed = stage.state.seed
    offered = engine.offer(stage, SMALL)
    drawn: dict[str, np.ndarray] = {}
    if offered is None:
        trace = live.run(Request(model(SMALL), seed), ("chance", SMALL, seed))
        if trace is None:
            st.info("Stopped. Press **Reset** to draw again.")
            return
        drawn["u"] = trace.uniforms[:, 0].astype(np.float32)
        drawn["values"] = trace.values[:, 0].astype(np.uint8)
        stage.cost = live.computed(live.cost(trace))
    mean, weights = decoder()
    _, rows, columns = cards("NADE")[SMALL]["config"]["event_shape"]
    meta = {"model": SMALL, "rows": rows, "columns": columns, "seed": seed, "engine": offered}
    meta["picture_id"] = repr((seed, stage.link.resets))
    arrays = drawn | {
        "z": np.random.default_rng(seed).normal(size=LATENTS).astype(np.float32),
        "mean": mean,
        "decoder": weights,
    }
    mount("nade_chance", key="nade_chance", data=pack(stage.meta() | meta | look(), arrays))
    mount("weights", key="nade_weights", data=drawing.packed_weights(SMALL))


def controls(stage: Stage[Chance]) -> None:
    """Diagram or sample; where the first h comes from, and the rest as for every drawing."""
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key=stage.key("view"),
        required=True,
        wrap=True,
    )
    if stage.state.view == "diagram":
        return
    st.segmented_control(
        "First h",
        ["bias", "gaussian"],
        format_func=lambda start: {"bias": "σ(c)", "gaussian": "N(0, 1)"}[start],
        key=stage.key("start"),
        required=True,
        wrap=True,
        help="The constant σ(c), as in the paper, or a draw from a Gaussian, for the first pixel "
        "alone.",
    )
    drawing.controls(stage)


def take_away(stage: Stage[Chance]) -> None:
    """What a Gaussian start does to p of the first pixel; the sample's files."""
    from arviz_models.nade import compare_starts
    from pages.nade.figures import start_figure

    if stage.state.view == "diagram":
        st.caption("Choose **A sample** to save its figure, animation and numbers.")
        return
    drawing.take_away(stage)
    comparison = compare_starts(drawing.chosen_model(stage.state), 2000, stage.state.seed)
    st.markdown(
        "**p of the first pixel** for 2,000 draws of a Gaussian first h, and for the constant "
        "σ(c). The likelihood, log p(x), is always that of σ(c)."
    )
    ground = st.context.theme.type or "light"
    st.plotly_chart(start_figure(comparison, ground), config={"displayModeBar": False})


LIKELIER = Question(
    text="We never draw: every pixel takes its likelier value (temperature 0). What appears?",
    answers={
        "The best digit": "The likelier value of each pixel is not the likeliest digit.",
        "An empty image": "In every step 0 is the likelier value, even where a stroke is likely to "
        "begin soon.",
        "Noise": "Nothing is random any more.",
    },
    right="An empty image",
    why=f"It costs {C['cost of the empty image']:.1f} nats. The cheapest of 1,000 test digits "
    f"costs {C['cheapest of 1,000 test digits']:.1f}. Yet only "
    f"{100 * C['share of empty images']:.3f} % of the samples are empty: one image is not the "
    "distribution.",
    state={
        "model": "nade-mnist",
        "seed": 20,
        "view": "sample",
        "temperature": 0.0,
    },
    place={"step": 784},
)
LARGE = {"model": "nade-mnist", "view": "sample"}

STEPS = (
    Step(
        "With latent variables",
        "A GAN or a VAE draws z once, and a decoder turns it into all pixels together. Move a "
        "number of z: every pixel answers at once. Here the decoder is linear. A "
        "GAN gives no p(x), and a VAE only a bound on it.",
        {"view": "diagram", "seed": 8},
        hide=("visible",),
    ),
    Step(
        "Fully visible",
        "NADE has no latent variable: one random number u decides each pixel. Click a u: no pixel "
        "before it changes, but any later one may. log p(x) is exact; to draw takes 64 steps.",
        {"view": "diagram", "seed": 8},
    ),
    Step(
        "A random start",
        "One could draw the first hidden layer h₁ from a Gaussian, like a z. The paper takes the "
        "constant σ(c). The trained weights here, and every log p, belong to the constant.",
        {**LARGE, "seed": 18, "start": "bias"},
        {"step": 0},
    ),
    Step(
        "What a Gaussian h₁ does",
        "It changes p of the first pixel only: from "
        f"{C['p of the first pixel']:.6f} to {C['its mean with a Gaussian']:.2f} on average. So "
        f"{C['corner dots in 40 seeds']} of 40 samples get a dot in the corner that no training "
        f"digit has. Here the dot and {C['changed by the dot, seed 18'] - 1} later pixels differ "
        "(coloured corners). In a sample without the dot nothing changes.",
        {**LARGE, "seed": 18, "start": "gaussian"},
        {"step": 784},
    ),
    Step(
        "Always the likelier value",
        "This sample was drawn at temperature 1, as the model was trained.",
        {**LARGE, "seed": 20},
        {"step": 784},
        question=LIKELIER,
        after="The 8×8 model has one such image too: a 0 with "
        f"{C['pixels on at temperature 0, 8×8']} pixels, the same for every seed.",
    ),
)

CHANCE = Activity(
    slug="chance",
    title="Chance",
    state=Chance,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
