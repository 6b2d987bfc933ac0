"""Numbers that the words of a lesson claim, kept as data and computed anew by a test.

A lesson that claims numbers of trained weights has `claims.py` with `compute() -> dict[str, value]`
beside a `claims.json` that holds what `compute` found last. Its words take the numbers from there:

    CLAIMS = load(__file__)
    Step("...", f"The model asks for pixel (0, 2): p = {CLAIMS['p of (0, 2)']:.3f}.")

When weights change, the test names the claims that no longer hold. This writes them all again, and
prints what has changed:

    python -m pages.ui.claims

Where the words name a seed or a flip that no longer does what they say, this lists others for each
`WANTED` of a lesson's claims.py (proposals.py), and saves their pictures in a folder:

    python -m pages.ui.claims --propose LESSON FOLDER
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

PAGES = Path(__file__).resolve().parents[1]
CLOSE = 2e-3  # of a number, relative: the words round to three digits


class Claims(dict[str, Any]):
    """Claims by name; one that has not been computed yet is NaN, so that it can be computed."""

    def __missing__(self, name: str) -> float:
        return math.nan


def load(module_file: str) -> Claims:
    """The claims beside a lesson's module; empty where they have not been computed yet."""
    path = Path(module_file).with_name("claims.json")
    return Claims(json.loads(path.read_text("utf-8")) if path.exists() else {})


def lessons() -> tuple[str, ...]:
    """The folders of the lessons that claim numbers."""
    return tuple(
        sorted(path.parent.name for path in PAGES.glob("*/claims.py") if path.parent.name != "ui")
    )


def broken(said: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The claims that do not hold: what is said, and what is found; None where one is missing."""
    return {
        name: (said.get(name), found.get(name))
        for name in sorted({*said, *found})
        if not _same(said.get(name), found.get(name))
    }


def _same(said: Any, found: Any) -> bool:
    """Equal up to rounding, which differs from one kind of processor to the next."""
    if isinstance(said, float) and isinstance(found, int | float):
        return math.isclose(said, found, rel_tol=CLOSE, abs_tol=1e-9)
    if isinstance(said, list) and isinstance(found, list):
        return len(said) == len(found) and all(map(_same, said, found))
    if isinstance(said, dict) and isinstance(found, dict):
        return said.keys() == found.keys() and all(_same(said[name], found[name]) for name in said)
    return bool(said == found)


def main(names: tuple[str, ...]) -> None:
    """Compute and write the claims of these lessons, all if none is named."""
    for name in names or lessons():
        path = PAGES / name / "claims.json"
        before = json.loads(path.read_text("utf-8")) if path.exists() else {}
        found = import_module(f"pages.{name}.claims").compute()
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
        for claim, (said, now) in broken(before, found).items():
            print(f"{name}: {claim}: {said} is now {now}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--propose"]:
        from pages.ui.proposals import propose

        if len(sys.argv) != 4:
            sys.exit("python -m pages.ui.claims --propose LESSON FOLDER")
        try:
            propose(sys.argv[2].replace("-", "_"), Path(sys.argv[3]))
        except (LookupError, ModuleNotFoundError) as error:
            sys.exit(str(error))
    else:
        main(tuple(sys.argv[1:]))
