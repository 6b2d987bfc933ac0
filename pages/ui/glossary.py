"""The terms of docs/GLOSSARY.md, for the glossary page and for tooltips."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "GLOSSARY.md"
_ENTRY = re.compile(r"^- \*\*(?P<names>.+?)\*\*: (?P<meaning>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: as the glossary lists it.
        others: other spellings.
        meaning: one or two sentences.
    """

    name: str
    others: tuple[str, ...]
    meaning: str


@cache
def terms() -> tuple[Term, ...]:
    """All entries, in alphabetical order."""
    found = []
    for entry in _ENTRY.finditer(FILE.read_text(encoding="utf-8")):
        name, *others = entry["names"].split(", ")
        found.append(Term(name, tuple(others), entry["meaning"]))
    return tuple(found)


@cache
def _spellings() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds any spelling of any term, the longest first; each spelling's meaning."""
    found = {name.lower(): term.meaning for term in terms() for name in (term.name, *term.others)}
    words = "|".join(re.escape(name) for name in sorted(found, key=len, reverse=True))
    # Not within a formula, code, a link's address or another tooltip.
    kept = r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)|<[^>]*>"
    return re.compile(rf"{kept}|(?<![\w-])(?P<term>(?:{words})s?)(?![\w-])", re.IGNORECASE), found


def glossed(text: str) -> str:
    """Markdown with a tooltip at the first use of each term of the glossary, or of its plural."""
    pattern, meanings = _spellings()
    said: set[str] = set()

    def tooltip(found: re.Match[str]) -> str:
        term = found["term"]
        if term is None:
            return found[0]
        name = term.lower()
        about = meanings.get(name) or meanings[name.removesuffix("s")]
        if about in said:
            return found[0]
        said.add(about)
        return f'<abbr title="{html.escape(about)}" tabindex="0">{term}</abbr>'

    return pattern.sub(tooltip, text)


def meaning(name: str) -> str:
    """What a term means: the text of its tooltip.

    Args:
        name: in any of its spellings, small letters or capitals.

    Raises:
        KeyError: the glossary has no such term.
    """
    for term in terms():
        if name.lower() in (each.lower() for each in (term.name, *term.others)):
            return term.meaning
    raise KeyError(f"docs/GLOSSARY.md has no term {name!r}")
