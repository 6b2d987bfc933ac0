"""Numbers in sentences have powers of ten, and are right where they are out of the ordinary."""

from __future__ import annotations

import math

import pytest

from arviz_models.figures.numbers import decimals, listed, scientific, significant


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1, "1"),
        (0.012345, "0.0123"),
        (-0.5, "−0.5"),
        (2.48e-07, "2.48·10⁻⁷"),
        (-3e-300, "−3·10⁻³⁰⁰"),
        (123456.0, "1.23·10⁵"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "–"),
    ],
)
def test_every_number_has_words_that_are_true_of_it(value: float, words: str) -> None:
    assert significant(value) == words


def test_a_number_that_would_read_0_is_a_power_of_ten() -> None:
    assert decimals(0.3111, 3) == "0.311"
    assert decimals(-1.5, 1) == "−1.5"
    assert decimals(0, 3) == "0.000"
    assert decimals(2.5e-07, 3) == "2.5·10⁻⁷"
    assert scientific(-4.2e-07) == "−4.2·10⁻⁷"
    assert scientific(1234.0, 2) == "1.23·10³"


def test_a_list_has_commas_and_an_and() -> None:
    assert listed([]) == ""
    assert listed(["NADE"]) == "NADE"
    assert listed((1, 2)) == "1 and 2"
    assert listed(["42,561", "45,761", "85,633"], "; ") == "42,561; 45,761 and 85,633"
