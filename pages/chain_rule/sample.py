"""Activity: draw samples down the chain, and see what happens without the conditions."""

from __future__ import annotations

from arviz_models.analysis.chain_rule import JOINTS
from pages.chain_rule.state import Sampled, sampled_fields
from pages.chain_rule.tables import picture, sampled_controls, take_away
from pages.ui.claims import load
from pages.ui.outline import Activity, Question, Step

C = load(__file__)
CAUSES = {"joint": JOINTS["explaining away"], "order": (0, 1, 2), "n": "2000", "seed": 0}
XOR = {**CAUSES, "joint": JOINTS["xor"]}
END = 6000  # draws: three for each of 2,000 samples
FEW, MORE, MANY = C.get("distance", (0, 0, 0))

ALONE = Question(
    text="Now we draw each variable alone, with p = 0.5. How many samples are impossible under "
    "xor?",
    answers={
        "None": "Only conditionals can keep the impossible states out.",
        "About half": "All eight states get 1/8 each, and four of them have probability 0.",
        "All": "Half of them fit by chance.",
    },
    right="About half",
    why=f"Here it is {100 * C.get('xor, alone: impossible', 0):.0f} % of 2,000. The striped bars "
    f"are equal, and the distance stays near 0.5 (here {C.get('xor, alone: distance', 0):.2f}).",
    state={**XOR, "alone": True},
    place={"step": END},
)

STEPS = (
    Step(
        "Down the chain",
        "Draw the first variable, look up the row that it selects, and draw the next. The mark u "
        "on the bar is a random number; the part on which it falls is the value.",
        CAUSES,
        {"step": 0, "play": 2},
    ),
    Step(
        "Shares approach the joint",
        "The striped bars are the shares of the samples. Their total variation distance to the "
        f"joint falls about as 1/√n: here {FEW:.3f} after 100 samples, {MORE:.3f} after 500 and "
        f"{MANY:.4f} after 2,000.",
        CAUSES,
        {"step": 300, "play": 1024},
    ),
    Step(
        "Why conditions matter",
        "In this joint, x₃ is 1 where x₁ and x₂ differ (xor). Each variable alone is 1 with "
        "probability 0.5. The samples down the chain have only the four possible states.",
        XOR,
        {"step": END},
        question=ALONE,
        after="The switch **Each variable alone** brings the conditions back.",
    ),
)

SAMPLE = Activity(
    slug="draw",
    title="Draw",
    state=Sampled,
    fields=sampled_fields,
    picture=picture,
    controls=sampled_controls,
    steps=STEPS,
    take_away=take_away,
)
