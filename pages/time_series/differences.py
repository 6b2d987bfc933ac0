"""Activity: a model of the changes, and whether its residuals are independent."""

from __future__ import annotations

from pages.time_series.forecast import controls, picture, take_away
from pages.time_series.residuals import p_value
from pages.time_series.state import Forecasting, fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
NILE = {"series": "nile", "p": 1, "d": 0, "q": 0, "view": "many steps", "horizon": 60}
NILE |= {"futures": 30, "seed": 0}
CHANGES = {**NILE, "p": 0, "d": 1, "q": 1}
END = {"step": 60}
MEAN, ERROR = C.get("nile: levels off", (0, 0))
FIRST, MIDDLE, LAST = C.get("nile: grows", (0, 0, 0))

FAN = Question(
    text="With d = 1, what does the fan do over 60 years?",
    answers={
        "It levels off, as with AR(1)": "Changes are added up, so each error stays in all later "
        "values.",
        "It still grows": f"Its error is {FIRST:.0f}, {MIDDLE:.0f} and {LAST:.0f} after 1, 24 and "
        "60 steps.",
        "It shrinks": "No new data arrive, so nothing becomes more certain.",
    },
    right="It still grows",
    state=CHANGES,
    place=END,
)

STEPS = (
    Step(
        "Return to the mean",
        f"AR(1) on the flow of the Nile returns to the mean: its prediction goes to "
        f"{MEAN:.0f}, its standard error to {ERROR:.0f}: about the spread of the series "
        f"({C.get('nile: spread', 0):.0f}).",
        NILE,
        END,
    ),
    Step(
        "Model the changes",
        "d = 1 models the changes xₜ − xₜ₋₁ and adds them up. ARMA weighs past errors too (q of "
        "them). ARIMA(p, d, q) does all three. The fan of AR(1) is still shown.",
        NILE,
        END,
        question=FAN,
        after="Here p, d, q = 0, 1, 1.",
    ),
    Step(
        "Check residuals",
        "A residual is a value minus its one-step prediction. If the model uses all that the "
        "past tells, residuals are independent. The Ljung–Box test gives "
        f"{p_value(C['nile: Ljung-Box'])}: no sign that they are not.",
        {**CHANGES, "view": "residuals"},
    ),
    Step(
        "Residuals that still depend",
        "AR(2) on sunspots misses something: bars stand outside the dashed lines, and Ljung–Box "
        f"gives {p_value(C['AR(2): Ljung-Box'])}.",
        {"series": "sunspots", "p": 2, "d": 0, "q": 0, "view": "residuals"},
    ),
)

DIFFERENCES = Activity(
    slug="differences",
    title="Differences",
    state=Forecasting,
    fields=fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
