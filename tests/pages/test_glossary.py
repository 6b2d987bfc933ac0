"""The glossary: its file is well formed, and the page shows all of it."""

from __future__ import annotations

import pytest

from pages.ui import glossary
from tests.pages.visiting import visit, whole


def test_terms_are_in_alphabetical_order_and_each_has_one_meaning() -> None:
    names = [term.name for term in glossary.terms()]
    assert names == sorted(names, key=str.lower)
    spellings = [each.lower() for term in glossary.terms() for each in (term.name, *term.others)]
    assert len(set(spellings)) == len(spellings)
    assert len(names) > 25


def test_every_line_of_a_list_is_an_entry() -> None:
    lines = [line for line in glossary.FILE.read_text("utf-8").splitlines() if line[:2] == "- "]
    assert len(lines) == len(glossary.terms())


@pytest.mark.parametrize("term", glossary.terms(), ids=lambda term: term.name)
def test_a_meaning_is_short_enough_for_a_tooltip_and_ends_a_sentence(term: glossary.Term) -> None:
    assert len(term.meaning) <= 160
    assert term.meaning.endswith(".")


def test_a_term_is_found_whatever_its_capitals() -> None:
    assert glossary.meaning("logit") == glossary.meaning("Logit")
    with pytest.raises(KeyError, match="no term 'flux'"):
        glossary.meaning("flux")


def test_the_page_shows_every_term() -> None:
    app = visit("glossary")
    whole(app)
    shown = [each.value for each in app.markdown]
    for term in glossary.terms():
        assert f"**{term.name}**: {term.meaning}" in shown


def test_a_term_is_searched_by_its_name_or_its_meaning() -> None:
    app = visit("glossary")
    app.text_input(key="glossary.wanted").set_value("softmax").run()
    whole(app)
    shown = [each.value for each in app.markdown[1:]]
    assert [text.split("**")[1] for text in shown] == ["Logit", "Softmax"]
    app.text_input(key="glossary.wanted").set_value("zebra").run()
    assert len(app.info) == 1
