"""What lessons claim of the shipped weights is what these weights give."""

from __future__ import annotations

import json
import re
from importlib import import_module

import numpy as np
import pytest

from pages import LESSONS
from pages.home import HOME
from pages.ui.claims import PAGES, broken, lessons, load
from pages.ui.looked_at import PREFIX, digest

LONG = {"attention", "contexts", "nade", "pixelcnn"}  # seconds each


@pytest.mark.slow
@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, marks=[pytest.mark.slow] if lesson in LONG else [])
        for lesson in lessons()
    ],
)
def test_claims_hold(lesson: str) -> None:
    """If not, weights have changed: `python -m pages.ui.claims`, then read the words again."""
    said = json.loads((PAGES / lesson / "claims.json").read_text("utf-8"))
    assert broken(said, import_module(f"pages.{lesson}.claims").compute()) == {}


def test_words_take_no_claim_that_was_never_computed() -> None:
    for lesson in (HOME, *LESSONS):
        for activity in lesson.activities:
            for step in activity.steps:
                said = [step.title, step.after, step.text if isinstance(step.text, str) else ""]
                if step.question is not None:
                    said += [step.question.text, step.question.why, *step.question.answers.values()]
                assert not [text for text in said if re.search(r"\bnan\b", text)], step.title


def _all_words() -> str:
    said = []
    for lesson in (HOME, *LESSONS):
        for activity in lesson.activities:
            for step in activity.steps:
                said += [step.title, step.after, step.text if isinstance(step.text, str) else ""]
                if step.question is not None:
                    said += [step.question.text, step.question.why, *step.question.answers.values()]
    return "\n".join(said)


@pytest.mark.parametrize("lesson", lessons())
def test_what_was_looked_at_is_what_the_words_say(lesson: str) -> None:
    """Words that are written anew are to be compared with their pictures again."""
    kept = load(str(PAGES / lesson / "claims.py"))
    looked_at = getattr(import_module(f"pages.{lesson}.claims"), "LOOKED_AT", {})
    assert {name for name in kept if name.startswith(PREFIX)} == {PREFIX + w for w in looked_at}
    said = _all_words()
    assert [words for words in looked_at if words not in said] == []


@pytest.mark.parametrize(
    "claim",
    [
        r"\b([Tt]he|A) [0-9] becomes an? [0-9]",
        r"\bthere are [0-9]s",
        r"completions (are 0s|close)",
        r"Seeds .* draw a 0",
    ],
)
def test_each_sentence_about_a_digit_that_is_drawn_was_looked_at(claim: str) -> None:
    found = [hit.group() for hit in re.finditer(claim, _all_words())]
    looked_at = [
        words
        for lesson in lessons()
        for words in getattr(import_module(f"pages.{lesson}.claims"), "LOOKED_AT", {})
    ]
    assert found
    assert [hit for hit in found if not any(hit in words for words in looked_at)] == []


def test_a_picture_of_other_pixels_is_another_claim() -> None:
    x = np.zeros((2, 4, 4), np.uint8)
    changed = x.copy()
    changed[1, 2, 3] = 1
    assert digest(x) == digest(x.copy())
    assert len({digest(x), digest(changed), digest(x.reshape(1, 8, 4))}) == 3


def test_a_claim_that_no_longer_holds_is_named() -> None:
    said = {"p": 0.25, "changed": 12, "digit": "5"}
    assert broken(said, {"p": 0.2501, "changed": 12, "digit": "5"}) == {}
    assert broken({"all": [0.25, {"a": 1.5}]}, {"all": [0.2501, {"a": 1.5001}]}) == {}
    for other in ([0.25], [0.26, {"a": 1.5}], [0.25, {"a": 1.6}], [0.25, {"b": 1.5}]):
        assert broken({"all": [0.25, {"a": 1.5}]}, {"all": other}) != {}
    found = {"p": 0.26, "changed": 11, "digit": "5", "new": 1}
    assert broken(said, found) == {"p": (0.25, 0.26), "changed": (12, 11), "new": (None, 1)}


def test_a_lesson_without_claims_has_none() -> None:
    assert load(str(PAGES / "ui" / "stage.py")) == {}
