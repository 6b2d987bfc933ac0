"""Activity: number MADE's units, and cut each weight that looks ahead."""

from __future__ import annotations

from pages.made.network import controls, picture, take_away
from pages.made.state import SLIDE, Network, network_fields
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
PATHS: list[list[int]] = C["slide: paths"]
LEFT: list[int] = C["slide: weights left"]
ALL = C["slide: weights"]

REACH = Question(
    text="Which inputs reach output 3, p(x₃ | ·)?",
    answers={
        "x₁ only": "Units of degree 2 feed output 3 as well, since 2 < 3.",
        "x₁ and x₂": "Output 3 reads units of degrees 1 and 2, and these read x₁ and x₂.",
        "x₁, x₂ and x₃": "Output 3 would need a unit of degree 3, but the last rule is strict.",
    },
    right="x₁ and x₂",
    why=f"{PATHS[2][0]} paths lead from x₁ and {PATHS[2][1]} from x₂.",
    hide=("reach",),
    place={"to": "end", "pin": [3, 2]},
)

STEPS = (
    Step(
        "Number inputs and outputs",
        "An autoencoder computes its outputs from all inputs, also from x₁ for x₁. We want output "
        f"i to read only what is drawn before xᵢ. First, number inputs and outputs by their rank: "
        f"rank 1 is drawn first. All {ALL} weights are still there.",
        SLIDE,
        {"from": "start", "to": "ranks", "speed": 2},
        hide=("reach",),
    ),
    Step(
        "Number hidden units",
        "Each hidden unit gets a degree from 1 to D − 1 = 3, here chosen by hand. "
        "Degree m means: this unit may read the inputs of rank 1 to m.",
        SLIDE,
        {"from": "ranks", "to": "degrees", "speed": 2},
        hide=("reach",),
    ),
    Step(
        "Rule ≤ for hidden units",
        "Test each weight from a number i to a number j. Keep it where **i ≤ j**, else multiply it "
        "by 0. A unit of degree 3 keeps x₁, x₂ and x₃; a unit of degree 1 keeps only x₁. "
        f"{LEFT[0]} and {LEFT[1]} of 16 weights remain.",
        SLIDE,
        {"from": "degrees", "to": "hidden", "speed": 4},
        hide=("reach",),
    ),
    Step(
        "Rule < for outputs",
        "At the outputs the rule is strict: keep a weight where **i < j**. Equality is cut, since "
        f"a unit of degree 2 may have read x₂ itself. {LEFT[2]} of 16 weights remain.",
        SLIDE,
        {"from": "hidden", "to": "cut", "speed": 4},
        hide=("reach",),
    ),
    Step(
        "Follow the arrows back",
        "The weights that remain say what each output can read.",
        SLIDE,
        {"to": "end"},
        question=REACH,
        after="Point at the other outputs. p(x₂ | x₁) reads only units of degree 1, and p(x₄ | ·) "
        "reads degrees 1, 2 and 3. Output 1 reads nothing: its logit is a bias.",
    ),
    Step(
        "One unit and its numbers",
        "Click a unit: the picture shows its sum with numbers. A cut weight is struck out and "
        "counts as 0, whatever training does to it. Change a bit of x that the unit cannot read: "
        "its value stays.",
        SLIDE,
        {"to": "end", "pin": [2, 2]},
    ),
    Step(
        "Count paths",
        "The product of the three masks counts the paths from each input to each output: "
        f"{PATHS[1][0]} for output 2; {PATHS[2][0]} and {PATHS[2][1]} for output 3; "
        f"{PATHS[3][0]}, {PATHS[3][1]} and {PATHS[3][2]} for output 4. Where it is 0, there is no "
        "path, so the output cannot react to that input, for all weights. No training is needed "
        "for that.",
        SLIDE,
        {"to": "end"},
    ),
)

CUT = Activity(
    slug="cut",
    title="Number and cut",
    state=Network,
    fields=network_fields,
    picture=picture,
    controls=controls,
    steps=STEPS,
    take_away=take_away,
)
