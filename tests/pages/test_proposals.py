"""Other seeds and flips for the words of a lesson: what is proposed meets what is wanted."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from arviz_models.analysis.candidates import FLIPS, candidates
from pages.nade.claims import LOOKED_AT, WANTED
from pages.ui.claims import lessons
from pages.ui.looked_at import Sample
from pages.ui.proposals import propose

FIVE, FLIPPED = "a digit stands there, a 5", "A 1 becomes a 6"


def test_seeds_are_proposed_that_meet_the_conditions_and_no_others() -> None:
    wanted = WANTED[FIVE]
    found = {each.seed: each for each in candidates(wanted, range(12))}
    assert 8 in found  # the lesson's own
    for seed in range(12):
        trace = Sample(wanted.name, seed).trace()
        nats, ink = -float(trace.log_prob[0]), int(trace.values.sum())
        met = wanted.nats[0] <= nats <= wanted.nats[1] and wanted.ink[0] <= ink <= wanted.ink[1]
        assert met == (seed in found), seed
        if met:
            assert found[seed].nats == pytest.approx(nats, rel=1e-4)
            assert found[seed].ink == ink
            assert (found[seed].x == trace.x[:, 0]).all()


def test_a_proposed_flip_changes_as_many_later_pixels_as_is_said() -> None:
    wanted = WANTED[FLIPPED]
    found = list(candidates(wanted, [38]))
    assert 0 < len(found) <= FLIPS
    for each in found:
        assert each.flip is not None
        index, level = each.flip
        assert level == wanted.to
        before, after = each.x.reshape(2, -1)
        assert after[index] == level != before[index]
        assert (before[:index] == after[:index]).all()
        changed = int((before[index + 1 :] != after[index + 1 :]).sum())
        assert changed == each.changed >= (wanted.changes or 0)


def test_the_sheets_are_saved_where_it_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.nade.claims.WANTED", {FIVE: WANTED[FIVE]})
    found = propose("nade", tmp_path / "new", [3, 8])
    assert [each.seed for each in found[FIVE]] == [8]
    assert "seed 8: " in capsys.readouterr().out
    [path] = (tmp_path / "new").iterdir()
    assert Image.open(path).width > 8 * 4


def test_a_lesson_that_wants_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="WANTED"):
        propose("made", tmp_path)


@pytest.mark.parametrize("lesson", lessons())
def test_conditions_belong_to_words_that_were_looked_at(lesson: str) -> None:
    claims = import_module(f"pages.{lesson}.claims")
    looked_at = getattr(claims, "LOOKED_AT", {})
    for words in getattr(claims, "WANTED", {}):
        assert any(each.startswith(words) for each in looked_at), words
    assert LOOKED_AT
