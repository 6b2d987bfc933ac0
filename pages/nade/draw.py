"""Activity: NADE draws a digit, one pixel at a time."""

from __future__ import annotations

from arviz_models.figures.numbers import scientific
from pages.nade.drawing import controls, picture
from pages.nade.samples import take_away_with_samples
from pages.nade.state import Drawing, fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
SMALL = {"model": "nade-digits", "seed": 8}

FIRST = Question(
    text="Nothing is drawn yet. What does p of the first pixel depend on?",
    answers={
        "On that pixel": "That is the pixel it predicts.",
        "On a random z": "A VAE or a GAN draws a z first. NADE draws nothing before this pixel.",
        "On nothing: it is a learned constant": "The running sum is the bias c, so p = σ(V · σ(c) "
        "+ b): weights alone.",
        "On the whole image": "No pixel of it exists yet.",
    },
    right="On nothing: it is a learned constant",
    why="Press **Reseed**: u changes, p stays.",
    hide=("p",),
)

STEPS = (
    Step(
        "The first pixel",
        "No pixel is known yet. The first one comes now: the outlined cell on the right. NADE "
        "needs its p, the probability that it is 1 (ink).",
        SMALL,
        {"step": 0},
        question=FIRST,
        after="The running sum **a** is the bias c, and the hidden units are h = σ(c). Here "
        f"p = {scientific(C['p of pixel 0'], 0)}: this corner is empty in every training digit.",
    ),
    Step(
        "A random number decides",
        f"The model asks for pixel (0, 2): p = {C['p of pixel 2']:.3f}. The random number is "
        f"u = {C['u of pixel 2']:.3f}. It is at least 1 − p = {1 - C['p of pixel 2']:.3f}, so the "
        "pixel becomes 1. This is the only chance there is: same seed, same digit.",
        SMALL,
        {"step": 2},
    ),
    Step(
        "Add one column",
        "The new 1 (yellow ring) adds its column of **W**, the weights from pixels to hidden "
        "units, to the running sum. A 0 adds nothing. No layer is computed again: an image of D "
        "pixels costs D · H multiplications with H hidden units, not D² · H.",
        SMALL,
        {"step": 3},
    ),
    Step(
        "Read the next",
        "The sum gives h, and h gives the next p: "
        f"{C['p of pixel 3']:.3f}. Each hₜ depends only on the pixels before t. Each pixel has its "
        "own row of **V**, the weights from hidden units to pixels.",
        SMALL,
        {"step": 3},
    ),
    Step(
        "Go on to the end",
        "After 64 steps a digit stands there, a 5. The network did not change, only its sum did. "
        f"The 64 probabilities multiply to p(x): log p = −{-C['log p']:.1f} nats.",
        SMALL,
        {"step": 3, "play": True},
    ),
    Step(
        "Any order",
        "This model was trained over many orders of the pixels, so you can choose one. Here the "
        "pixels follow a spiral. A model trained in one order alone is poor in any other.",
        {"model": "nade-digits-any-order", "order": "spiral", "seed": 8},
        {"step": 0, "play": True},
    ),
)

DRAW = Activity(
    slug="draw",
    title="Draw a digit",
    state=Drawing,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away_with_samples,
)
