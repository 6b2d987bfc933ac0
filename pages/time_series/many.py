"""Activity: feed each drawn value back, many steps and many futures."""

from __future__ import annotations

from pages.time_series.forecast import controls, picture, take_away
from pages.time_series.state import Forecasting, fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
FAN = {"series": "sunspots", "p": 2, "d": 0, "q": 0, "view": "many steps", "horizon": 24}
FAN |= {"futures": 30, "seed": 0}
FAR = {**FAN, "horizon": 60, "futures": 1}
PAST = {**FAN, "back": True, "futures": 0}
FIRST, LATER = C.get("error at 1 and 24", (0, 0))
SPREAD = C.get("sunspots: spread", 0)
ONE_2, MANY_2 = C.get("AR(2): RMSE", (0, 0))
ONE_9, MANY_9 = C.get("AR(9): RMSE", (0, 0))

WIDTH = Question(
    text=f"One step ahead the standard error is {FIRST:.1f}. What is it 24 steps ahead?",
    answers={
        f"{FIRST:.1f}, the same": "Each drawn value is fed back with its error.",
        f"{24 * FIRST:.0f}, 24 times as much": "Old errors fade: the weights shrink them at every "
        "step.",
        f"{LATER:.1f}, about {LATER / FIRST:.1f} times as much": "It comes close to "
        f"the spread of the series itself, {SPREAD:.1f}.",
    },
    right=f"{LATER:.1f}, about {LATER / FIRST:.1f} times as much",
    why="Far ahead the model knows only the mean and the spread of the series.",
    hide=("fan", "paths"),
)

TYPICAL = Question(
    text="Which curve looks like real sunspots?",
    answers={
        "Curve A": "Curve A is the mean: over the years 25 to 60 its spread is "
        f"{C.get('mean: spread', 0):.2f}.",
        "Curve B": "Curve B is one sampled path. The spread of such paths is "
        f"{C.get('paths: spread', 0):.0f} on average, that of the data {SPREAD:.1f}.",
        "Both": "Only one of them keeps the cycle.",
    },
    right="Curve B",
    why="Curve A is the mean of all paths, and looks like none of them. The most probable value is "
    "not a typical sample.",
    hide=("labels", "fan"),
)

STEPS = (
    Step(
        "Feed it back",
        "Draw 2009 from its Gaussian, treat it as known, draw 2010, and go on. Each path uses "
        "other random numbers. This is how images are drawn too, pixel by pixel.",
        FAN,
        {"step": 0, "play": 6},
        hide=("fan",),
    ),
    Step(
        "How wide?",
        "Every step adds noise to what is fed back. The paths and their spread are covered for a "
        "moment.",
        FAN,
        {"step": 24},
        question=WIDTH,
        after="The bands hold 50 % and 95 % of all futures.",
    ),
    Step(
        "Mean against samples",
        "The mean is the best single guess for each year: no other has a smaller squared error. "
        "Here are the mean and one sampled path, 60 years ahead.",
        FAR,
        {"step": 60},
        question=TYPICAL,
    ),
    Step(
        "Test it",
        "Start in 1985 and hide the later values: the circles show them. One step ahead AR(2) "
        "has a root "
        f"mean squared error (RMSE) of {ONE_2:.1f}; over all 24 steps at once, {MANY_2:.1f}.",
        PAST,
        {"step": 24},
    ),
    Step(
        "Test a longer memory",
        f"AR(9) has {ONE_9:.1f} one step ahead and {MANY_9:.1f} over all 24 steps: it keeps the "
        "cycle of about 11 years. The coefficients are still those of the whole series.",
        {**PAST, "p": 9},
        {"step": 24},
    ),
    Step(
        "A wrong conditional",
        f"Of the sampled values {100 * C.get('negative', 0):.0f} % are negative (marked), but "
        "counts of sunspots are not. A Gaussian is the wrong family here; image models use a "
        "softmax over the allowed levels.",
        {**FAN, "below": True},
        {"step": 24},
    ),
)

MANY = Activity(
    slug="many-steps",
    title="Many futures",
    state=Forecasting,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
