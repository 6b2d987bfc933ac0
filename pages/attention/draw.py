"""Activity: PixelSNAIL draws a digit, of 8×8 pixels and of 28×28."""

from __future__ import annotations

from pages.attention.models import LARGE, MODELS, SIDE
from pages.ui.claims import load
from pages.ui.drawing_activity import draw_activity
from pages.ui.outline import Step

C = load(__file__)
SEED = 20  # a 3
FIRST_INK = 2
FLIP = (1 * SIDE + 4, 0)  # it becomes a 5


def _place(claim: str) -> str:
    found = C[claim]
    return f"({found[0]}, {found[1]})" if isinstance(found, list) else "(?, ?)"


STEPS = (
    Step(
        "Pixel by pixel",
        "This network draws row by row, from left to right. Its attention compares each new pixel "
        "with all that are drawn, and gives a probability of ink. A random number then decides.",
        {"seed": SEED},
        {"step": 0, "play": True},
        hide=("reads",),
    ),
    Step(
        "A chance",
        f"This is the first ink pixel, {_place('draw: first ink')}. Its probability was "
        f"{C['draw: p of first ink']:.3f}. The random number, {C['draw: u of first ink']:.3f}, "
        "falls into the part of ink, at the right end of the bar. So it becomes ink.",
        {"seed": SEED},
        {"step": FIRST_INK},
        hide=("reads",),
    ),
    Step(
        "Change a pixel",
        f"Pixel {_place('draw: flipped')} is set to paper by hand, and "
        f"{C['draw: pixels that change']} later pixels change: the 3 becomes a 5. All random "
        "numbers stay the same, so every difference comes from this pixel. Click another one.",
        {"seed": SEED, "flip": (FLIP,)},
        {"step": SIDE**2},
        hide=("reads",),
    ),
    Step(
        "28×28 pixels",
        "The same kind of network, trained on larger digits: with this seed it draws a 2. Of all "
        "networks here that learned these images it has the lowest test NLL: "
        f"{C['28×28: test NLL']:.2f} nats; the next one has {C['28×28: the next']:.2f}.",
        {"model": LARGE, "seed": SEED},
        {"step": 0, "play": True},
        hide=("reads",),
    ),
)

DRAW = draw_activity(MODELS, STEPS)
