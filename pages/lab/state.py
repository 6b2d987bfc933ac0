"""The lab's settings, and how the address holds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from arviz_models.analysis import lab_settings as bounds
from arviz_models.analysis.lab_settings import BUDGETS, DATA, KINDS, ORDERS, Settings
from pages.ui.query import Choice, Field, Integer, Number, Values

START = Settings()
WIDEST = max(kind.width.high for kind in KINDS.values())
DEEPEST = max(kind.depth.high for kind in KINDS.values() if kind.depth is not None)


@dataclass(frozen=True)
class Token:
    """The name of a run: twelve hexadecimal digits, or nothing."""

    browser_owned: bool = True

    def default(self, values: Values) -> str:
        return ""

    def parse(self, text: str, values: Values) -> str:
        if not re.fullmatch(r"[0-9a-f]{12}", text):
            raise ValueError("the name of a run, twelve hexadecimal digits")
        return text

    def text(self, value: str) -> str:
        return value


def fields() -> Mapping[str, Field]:
    """How the address holds `Settings`, and the run that was trained by them.

    Their bounds are those of the widest model: what one model or one data set cannot have is
    refused in words (`arviz_models.analysis.lab.check`), and not changed silently.
    """
    return {
        "model": Choice(tuple(KINDS)),
        "data": Choice(tuple(DATA)),
        "levels": Integer(2, bounds.MOST_LEVELS, START.levels),
        "order": Choice(ORDERS),
        "width": Integer(1, WIDEST, START.width),
        "depth": Integer(0, DEEPEST, START.depth),
        "seed": Integer(0, bounds.MOST_SEED, START.seed),
        "rate": Number(bounds.LEAST_RATE, bounds.MOST_RATE, START.rate),
        "batch": Integer(1, bounds.MOST_BATCH, START.batch),
        "budget": Choice(BUDGETS),
        "epochs": Integer(1, bounds.MOST_EPOCHS, START.epochs),
        "seconds": Integer(1, bounds.MOST_SECONDS, START.seconds),
        "side": Integer(min(bounds.SIDES), max(bounds.SIDES), START.side),
        "run": Token(),
    }
