"""Activity: a bidirectional RNN, and why it is not yet a generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pages.diagonal_bilstm.network import START_SIZE, drawn, start, target_of
from pages.ui.components import look, mount, pack
from pages.ui.outline import Activity, Question, Step
from pages.ui.query import Field, Integer
from pages.ui.stage import Stage

LAST = 4  # the step after which the outputs are computed


@dataclass(frozen=True)
class Readers:
    """Nothing to choose: the browser keeps the player's step."""


def fields() -> Mapping[str, Field]:
    """How the address holds the step of the player."""
    return {"step": Integer(0, LAST, browser_owned=True)}


def picture(stage: Stage) -> None:
    """Inputs, states of both directions and outputs."""
    meta, tables = drawn(START_SIZE, 3, False, True)
    usual = {"target": target_of(START_SIZE), "view": "primer", "step": LAST, "node": "y1"}
    told = {"start": start(stage, usual), "views": ["primer"], "report": False}
    mount("diagonal", key="diagonal_readers", data=pack(meta | stage.meta() | told | look(), {}))
    mount("weights", key="diagonal_tables", data=tables)


PREDICTS = Question(
    text="Can y₁, which joins both readers, be used to predict x₁?",
    answers={
        "Yes": "It reads x₁ and would copy it.",
        "Yes, if it leaves out x₂": "Each reader also passes x₁ itself.",
        "No": "Both arrows into y₁ come from states that have read x₁, and one has read x₂.",
    },
    right="No",
    hide=("arrows",),
)

STEPS = (
    Step(
        "Forward",
        "One reader goes from left to right. Its state f₂ has read x₀, x₁ and x₂; f₀ has read x₀ "
        "alone. Point at any circle to see what it reads.",
        place={"step": 3, "node": "f2"},
    ),
    Step(
        "Backward",
        "The other reader goes from right to left. Its state b₀ has read all three inputs. The "
        "readers are independent: they could run at the same time.",
        place={"step": 3, "node": "b0"},
    ),
    Step(
        "Join",
        "Each output joins two states. One could average them; this network adds them. The sum "
        "is twice the average, and the next weights take up the factor. So y₀ reads all inputs.",
        place={"step": LAST, "node": "y0"},
    ),
    Step(
        "Not yet a generator",
        "A bidirectional RNN is made to label a finished sequence.",
        place={"step": LAST, "node": "y1"},
        question=PREDICTS,
        after="It can label x₁, not predict it: what follows x₁ is not drawn yet. In an image "
        "there is a way out: the second reader is moved down by a row.",
    ),
)

READERS = Activity(
    slug="readers",
    title="Two readers",
    state=Readers,
    fields=fields,
    picture=picture,
    steps=STEPS,
)
