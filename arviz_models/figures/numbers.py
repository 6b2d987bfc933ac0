"""How a number or a list is written in a sentence; in the browser pages/ui/browser/numbers.js."""

from __future__ import annotations

import math
from collections.abc import Sequence

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def significant(value: float, digits: int = 3) -> str:
    """With so many significant digits: 0.0123; far from 1 as a power of ten: 2.48·10⁻⁷.

    Right also at 0, at infinity and where there is no number.
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return _power_of_ten(f"{value:.{digits}g}")


def scientific(value: float, digits: int = 1) -> str:
    """A power of ten, with so many digits after the point: 4.2·10⁻⁷."""
    return _power_of_ten(f"{value:.{digits}e}")


def decimals(value: float, digits: int) -> str:
    """With so many digits after the point; as a power of ten where that would read 0."""
    if 0 < abs(value) < 0.5 * 10**-digits:
        return scientific(value)
    return _power_of_ten(f"{value:.{digits}f}")


def listed(items: Sequence[object], comma: str = ", ") -> str:
    """A list: "NADE, MADE and PixelCNN"; `comma` where an item may hold one itself."""
    *before, last = map(str, items or ("",))
    return f"{comma.join(before)} and {last}" if before else last


def _power_of_ten(text: str) -> str:
    """A number as Python writes it, as a reader sees it: "2.48e-07" is 2.48·10⁻⁷."""
    mantissa, _, power = text.partition("e")
    if power:
        mantissa += f"·10{str(int(power)).translate(_RAISED)}"
    return mantissa.replace("-", "−")
