"""What the chain-rule page draws and gives away is what the joint says."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from arviz_models.analysis.chain_rule import JOINTS, chain_arrays, conditionals, joint_from, samples
from arviz_models.figures.export import figure_bytes
from pages.chain_rule import figures

JOINT = joint_from(JOINTS["explaining away"])
ORDER = (2, 0, 1)
GIVEN = (JOINT, ORDER, 100, 3)
ZEROS = joint_from([1, 0, 0, 1, 0, 0, 0, 0])


def test_arrays_hold_the_factors_and_the_samples() -> None:
    meta, arrays = chain_arrays(*GIVEN)
    assert meta["joint"] == JOINT.tolist()
    for sent, factor in zip(meta["factors"], conditionals(JOINT, ORDER), strict=True):
        assert sent == factor.tolist()
    assert {name: (a.dtype.name, a.shape) for name, a in arrays.items()} == {
        "values": ("uint8", (100, 3)),
        "states": ("uint8", (100,)),
        "u": ("float32", (100, 3)),
        "p": ("float32", (100, 3)),
        "distance": ("float32", (101,)),
    }


def test_undefined_factors_are_none() -> None:
    meta, _ = chain_arrays(ZEROS, (0, 1, 2), 10, 0)
    assert meta["factors"] == [[0.0], [0.5, None], [0.0, 1.0, None, None]]


def test_same_seed_same_samples() -> None:
    one, again = samples(*GIVEN), samples(*GIVEN)
    assert one.states.tolist() == again.states.tolist()
    assert one.states.tolist() != samples(JOINT, ORDER, 100, 4).states.tolist()


def test_table_multiplies() -> None:
    rows = list(csv.reader(io.StringIO(figures.table(*GIVEN))))
    assert rows[0][3:6] == ["p(x₃)", "p(x₁ | x₃)", "p(x₂ | x₃ x₁)"]
    assert len(rows) == 9
    for state, row in enumerate(rows[1:]):
        assert "".join(row[:3]) == format(state, "03b")
        product = np.prod([float(cell) for cell in row[3:6]])
        assert product == pytest.approx(float(row[6]), rel=1e-4)
        assert float(row[6]) == pytest.approx(JOINT[state], rel=1e-5)
    assert sum(float(row[7]) for row in rows[1:]) == pytest.approx(1)


def test_archive_has_everything() -> None:
    found = np.load(io.BytesIO(figures.archive(*GIVEN)))
    assert set(found) >= {"joint", "order", "factor1", "factor3", "states", "uniforms", "values"}
    np.testing.assert_array_equal(found["joint"], JOINT)


@pytest.mark.slow
@pytest.mark.parametrize("joint", [JOINT, ZEROS], ids=["causes", "zeros"])
def test_figures_are_drawn(joint: np.ndarray) -> None:
    given = (joint, (0, 1, 2), 20, 0)
    assert figure_bytes(figures.summary_figure(*given), "png").startswith(b"\x89PNG")
    assert b"<svg" in figure_bytes(figures.summary_figure(*given), "svg")
    assert figures.animation(*given).startswith(b"GIF8")


def test_what_is_drawn_alone_is_taken_away_alone() -> None:
    rows = list(csv.reader(io.StringIO(figures.table(*GIVEN, alone=True))))
    assert rows[0][3:6] == ["p(x₃)", "p(x₁)", "p(x₂)"]
    found = np.load(io.BytesIO(figures.archive(*GIVEN, alone=True)))
    assert len(set(found["factor3"])) == 1
    drawn = samples(*GIVEN, alone=True)
    np.testing.assert_array_equal(found["states"], drawn.states)


def test_numbers_read_well() -> None:
    assert figures.rounded(1023) == "1,023"
    assert figures.rounded(2**784 - 1) == "1.01 · 10²³⁶"
    assert figures.factor_name((2, 0, 1), 2) == "p(x₂ | x₃, x₁)"
