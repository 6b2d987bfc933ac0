"""Activity: the next value as a weighted sum of the last ones, plus noise."""

from __future__ import annotations

from pages.time_series.forecast import controls, picture, take_away
from pages.time_series.state import Forecasting, fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
TWO = {"series": "sunspots", "p": 2, "d": 0, "q": 0, "view": "one step"}
NINE = {**TWO, "p": 9}
c, A, B = C.get("AR(2): weights", (0, 0, 0))
BEFORE, LAST = C.get("last values", (0, 0, 0))[1:]
NEXT, NOISE = C.get("AR(2): next", 0), C.get("AR(2): noise", 0)
RULE = f"xₜ = {c:.1f} + {A:.3f} xₜ₋₁ − {-B:.3f} xₜ₋₂ + noise"

FALLING = Question(
    text="The last values are "
    f"{C.get('last values', (0, 0, 0))[0]:g}, {BEFORE:g} and {LAST:g}: the series is falling. "
    "What does AR(2) predict for 2009?",
    answers={
        f"Below {LAST:g}": "The second weight is negative, so a falling series is turned.",
        f"About {LAST:g}": "That is the last value, a different model.",
        f"Above {LAST:g}: it turns up": f"{c:.1f} + {A:.3f} · {LAST:g} − {-B:.3f} · {BEFORE:g} = "
        f"{NEXT:.1f}.",
    },
    right=f"Above {LAST:g}: it turns up",
    hide=("prediction",),
)

STEPS = (
    Step(
        "Past values predict the next",
        "Given the sunspots of every year up to 2008, how many come in 2009? AR(p) takes a "
        f"weighted sum of the last p values, and adds noise: AR(2) is {RULE}. Each arrow is a "
        "weight.",
        TWO,
        hide=("prediction",),
    ),
    Step(
        "Predict 2009",
        f"The model is {RULE}. Its mean for 2009 needs the values of 2008 and 2007 alone.",
        TWO,
        question=FALLING,
        after="The dotted line shows the same sum for every year before.",
    ),
    Step(
        "A line plus noise",
        f"The noise has standard deviation {NOISE:.1f}. So the model gives a Gaussian for 2009, "
        "not one number: it is drawn on its side. NADE replaces this line by a network.",
        TWO,
    ),
    Step(
        "More past helps",
        f"AR(9) reads nine values. It lowers the AIC from {C.get('AR(2): AIC', 0):,.1f} to "
        f"{C.get('AR(9): AIC', 0):,.1f}, and its noise is {C.get('AR(9): noise', 0):.1f}. The AIC "
        "is a score, lower is better, that counts every weight as a cost.",
        NINE,
    ),
)

ONE = Activity(
    slug="one-step",
    title="One step",
    state=Forecasting,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
