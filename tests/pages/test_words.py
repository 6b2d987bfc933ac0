"""What the words of all lessons must not claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages.ui.components import PAGES

FILES = sorted(path for kind in ("py", "js", "html", "json") for path in PAGES.rglob(f"*.{kind}"))
JOIN = re.compile(r"[\"'`]\s*\+?\s*\n\s*r?f?[\"'`]")  # two pieces of one string on two lines
# A gradient is measured: what it cannot be is said by the structure, that is by the paths.
CALLED_EXACT = re.compile(
    r"(gradients?|derivatives?|reactions?)\b[^.;]{0,80}\b(exactly|(is|are) (0|zero)\b)"
    r"|exactly (0|zero)\b",
    re.I,
)


def claims(text: str) -> list[str]:
    return [match[0] for match in CALLED_EXACT.finditer(JOIN.sub("", text))]


def test_a_claim_is_found_over_two_lines() -> None:
    assert claims('"there is no path, the gradient "\n        "is exactly 0, for all weights"')
    assert claims("`and its gradient is 0.`")
    assert not claims("the output cannot react: no path leads there")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PAGES)))
def test_no_gradient_is_called_exact(path: Path) -> None:
    assert claims(path.read_text(encoding="utf-8")) == []
